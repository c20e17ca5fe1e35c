# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which credentials and headers are sent, and what is said of the others."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils._credentials import CredentialError, basic, bearer, extra_headers, together


@pytest.mark.parametrize(("user", "password"), [("ada", "secret:word"), ("ada", ""), ("Zoë", "pässwörd \U0001f600"), ("a b", " ")])
def test_basic(user: str, password: str) -> None:
    scheme, _, encoded = basic(user, password)["Authorization"].partition(" ")
    assert scheme == "Basic"
    assert base64.b64decode(encoded).decode("utf-8") == f"{user}:{password}"


def test_bearer() -> None:
    assert bearer("ey.J-_~+/=") == {"Authorization": "Bearer ey.J-_~+/="}


@pytest.mark.parametrize("headers", [{}, {"X-Api-Key": "a b"}, {"authorization": "ApiKey x"}, {"X": "1", "x-y.z_!": "~"}])
def test_headers(headers: dict[str, str]) -> None:
    assert together({}, extra_headers(headers)) == headers


def test_headers_beside_an_authentication() -> None:
    assert together(bearer("t"), {"X": "1"}) == {"X": "1", "Authorization": "Bearer t"}


@pytest.mark.parametrize(
    ("act", "part", "words"),
    [
        (lambda: basic("", "4711"), "username", "empty"),
        (lambda: basic("4711:x", "4711"), "username", "colon"),
        (lambda: basic("4711\n", "x"), "username", "does a line break end it?"),
        (lambda: basic("x", "4711\r\n"), "password", "does a line break end it?"),
        (lambda: basic("x", "47\x0011"), "password", "printable"),
        (lambda: bearer(""), "token", "empty"),
        (lambda: bearer("4711\n"), "token", "does a line break end it?"),
        (lambda: bearer("47 11"), "token", "without blanks"),
        (lambda: bearer("4711ü"), "token", "ASCII"),
        (lambda: extra_headers({"X y": "4711"}), "header", "'X y' is no name of a header"),
        (lambda: extra_headers({"X:": "4711"}), "header", "is no name of a header"),
        (lambda: extra_headers({"X\r\nEvil": "4711"}), "header", r"'X\r\nEvil' is no name"),
        (lambda: extra_headers({"": "4711"}), "header", "is no name of a header"),
        (lambda: extra_headers({"Host": "4711"}), "header", "leave it out"),
        (lambda: extra_headers({"content-length": "4711"}), "header", "leave it out"),
        (lambda: extra_headers({"Transfer-Encoding": "4711"}), "header", "leave it out"),
        (lambda: extra_headers({"X": "47\r\nEvil: 11"}), "header", "printable"),
        (lambda: extra_headers({"X": "4711\n"}), "header", "does a line break end it?"),
        (lambda: extra_headers({"X": " 4711"}), "header", "without blanks around it"),
        (lambda: extra_headers({"X": "ü4711"}), "header", "ASCII"),
        (lambda: extra_headers({"X": ""}), "header", "printable"),
        (lambda: together(basic("x", "y"), {"AUTHORIZATION": "4711"}), "header", "give only one of them"),
    ],
)
def test_what_cannot_be_sent_is_named_without_its_value(act: Callable[[], Any], part: str, words: str) -> None:
    with pytest.raises(CredentialError) as error:
        act()
    assert error.value.part == part
    assert words in str(error.value)
    assert "4711" not in str(error.value)
    assert "\n" not in str(error.value)
