# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""YAML and JSON as kubectl reads them."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils._yaml import DocumentError, documents
from hypothesis import given
from hypothesis import strategies as st

from .scalars import ANCHORED, ANCHORS, MERGED, REFUSED, STORED


def only(text: str) -> Any:
    (document,) = documents(text)
    return document.value


@pytest.mark.parametrize(("text", "value"), [(text, value) for text, value in STORED.items() if text not in REFUSED])
def test_scalars(text: str, value: Any) -> None:
    found = only(f"a:\n    b: {text}\n")["a"]["b"]
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{a: b}", {"a": "b"}),
        ('{"a": 1.0, "b": [1e3], "c": 1.5}', {"a": 1, "b": [1000], "c": 1.5}),
        ('{"c": "\\ud83d\\ude00"}', {"c": "\U0001f600"}),
        ("a: &x {b: 1}\nc:\n  <<: *x\n  d: 2\n", {"a": {"b": 1}, "c": {"b": 1, "d": 2}}),
        *((f"{ANCHORS}c: {{{text}}}\n", {**ANCHORED, "c": value}) for text, value in MERGED.items()),
        ("8: a\ny: b\n1.5: c\n", {"8": "a", "true": "b", "1.5": "c"}),
        ("\ufeffa: 1", {"a": 1}),
    ],
)
def test_documents(text: str, value: Any) -> None:
    assert only(text) == value


def test_streams_know_their_lines() -> None:
    found = documents("# nothing\n---\na: 1\n---\n---\nspec:\n  config:\n    b:\n    - 3\n")
    assert [(document.value, document.line) for document in found] == [({"a": 1}, 3), ({"spec": {"config": {"b": [3]}}}, 6)]
    assert found[1].line_of(("spec", "config", "b", 0)) == 9
    assert found[1].line_of(("spec", "nothing")) == 6
    assert [document.line for document in documents('{"a": 1}\n\n{"a": 2}')] == [1, 3]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\nb: 2\na: 3", 3, "the key a is there twice"),
        ("y: 1\ntrue: 2", 2, "the key true is there twice"),
        ('{"a": 1,\n"a": 2}', 1, "the key a is there twice"),
        ("a: b: c", 1, "it is no YAML: mapping values are not allowed in this context"),
        ("a: 1\n\tb: 2", 2, "it is no YAML"),
        ("a: &a [*a]", 1, "an anchor holds itself"),
        ("a: !foo b", 1, "tags are not supported"),
        ("a: !!python/object/apply:os.system [x]", 1, "tags are not supported"),
        ("a: *b", 1, "it is no YAML"),
        ("? {a: b}\n: c", 1, "a key is a map or a list"),
        ("~: 1", 1, "a key is null"),
        ("a: \x00", 1, "it is no YAML"),
        ("[" * 100_000, 1, "nested too deeply"),
        ('{"a": ' + "9" * 5000 + "}", 1, "a number in it is too long"),
        ("<<: 3", 1, "<< takes a map"),
    ],
)
def test_refused(text: str, line: int, words: str) -> None:
    with pytest.raises(DocumentError) as error:
        documents(text)
    assert (error.value.line, words in str(error.value)) == (line, True)


@given(st.text() | st.text("abc-:{}[]'\"&*!|>\n\t #%@,?0123456789._eExo+~", max_size=40))
def test_nothing_but_its_own_error(text: str) -> None:
    with contextlib.suppress(DocumentError):
        assert all(document.line >= 1 for document in documents(text))
