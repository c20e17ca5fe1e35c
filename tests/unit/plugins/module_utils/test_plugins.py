# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of connector classes, and what plugins declare."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import Definitions, FieldError
from ansible_collections.saiello.kafka_connect.plugins.module_utils._payloads import PayloadError, Plugin, definitions
from ansible_collections.saiello.kafka_connect.plugins.module_utils._plugins import close_matches, faults, is_known, type_of

FILE_SOURCE = "org.apache.kafka.connect.file.FileStreamSourceConnector"
FILE_SINK = "org.apache.kafka.connect.file.FileStreamSinkConnector"
POSTGRES = "io.debezium.connector.postgresql.PostgresConnector"
ODD = "org.example.Heartbeat"
PLUGINS = [Plugin(name, "source", "1") for name in (FILE_SOURCE, FILE_SINK, POSTGRES, ODD)]


@pytest.mark.parametrize("name", [FILE_SOURCE, "FileStreamSourceConnector", "FileStreamSource", "Postgres", "Heartbeat", ODD])
def test_a_class_is_known_by_the_names_that_connect_knows(name: str) -> None:
    assert is_known(name, PLUGINS)


@pytest.mark.parametrize("name", ["", "Connector", "filestreamsource", "connect.file.FileStreamSource", "org.example", FILE_SOURCE + "s"])
def test_other_names_are_not(name: str) -> None:
    assert not is_known(name, PLUGINS)


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("org.apache.kafka.connect.file.FileStreamSourceConector", FILE_SOURCE),
        ("FileStreamSurce", FILE_SOURCE),
        ("filestreamsink", FILE_SINK),
        ("io.confluent.PostgresConnector", POSTGRES),
        ("io.debezium.connector.postgres.PostgresConnector", POSTGRES),
    ],
)
def test_who_mistypes_a_class_is_told_of_those_like_it(name: str, first: str) -> None:
    assert close_matches(name, PLUGINS)[0] == first


@pytest.mark.parametrize("name", ["", "com.acme.Unheard", "x", FILE_SOURCE, "FileStreamSource"])
def test_nothing_is_guessed_where_nothing_is_close(name: str) -> None:
    assert close_matches(name, PLUGINS) == ()


def test_few_are_named_and_each_once() -> None:
    plugins = [Plugin(f"org.example.Sink{number}Connector", "sink", "1") for number in range(9)]
    found = close_matches("org.example.SinkConnector", plugins)
    assert len(found) == len(set(found)) == 3


def row(name: Any, kind: Any = "STRING", *, required: Any = False, default: Any = None) -> dict[str, Any]:
    return {"name": name, "type": kind, "required": required, "default_value": default}


def test_what_a_plugin_declares() -> None:
    rows = [
        row("file", required=True),
        row("size", "INT", required=True, default="5"),
        row("login", "PASSWORD", required=True),
        row("batch", "INT", default="1"),
        row(7),
        row("odd", None),
        "text",
    ]
    found = definitions(rows)
    assert found == Definitions(
        plain=frozenset(("file", "size", "batch")),
        passwords=frozenset(("login",)),
        required=frozenset(("file", "login")),
        types={"size": "INT", "batch": "INT"},
    )
    with pytest.raises(PayloadError):
        definitions({})


DECLARED = Definitions(required=frozenset(("file",)), types={"batch": "INT", "wait": "LONG", "few": "SHORT", "rate": "DOUBLE", "on": "BOOLEAN"})


@pytest.mark.parametrize(
    ("config", "kind", "expected"),
    [
        ({}, "source", {"file": "is required"}),
        ({"file": ""}, "source", {}),
        ({"file": "x", "batch": "7", "wait": "-7", "few": " +7 ", "rate": "1e3", "on": "TRUE"}, "source", {}),
        ({"file": "x", "batch": "many"}, "", {"batch": "must be a number of type INT"}),
        ({"file": "x", "batch": "2147483648"}, "", {"batch": "must be a number of type INT"}),
        ({"file": "x", "wait": "2147483648", "few": "32768"}, "", {"few": "must be a number of type SHORT"}),
        ({"file": "x", "batch": "1_000", "rate": "fast"}, "", {"batch": "must be a number of type INT", "rate": "must be a number of type DOUBLE"}),
        ({"file": "x", "on": "yes"}, "", {"on": "must be true or false"}),
        ({"file": "x", "batch": "${file:/etc/batch:size}", "on": "${env:ON}"}, "", {}),
        ({"file": "x"}, "sink", {"topics": "topics or topics.regex is needed"}),
        ({"file": "x", "topics": " "}, "sink", {"topics": "topics or topics.regex is needed"}),
        ({"file": "x", "topics": "a"}, "sink", {}),
        ({"file": "x", "topics.regex": "a.*"}, "sink", {}),
        ({"file": "x", "topics": "a", "topics.regex": "a.*"}, "sink", {"topics.regex": "must not be set together with topics"}),
    ],
)
def test_what_is_wrong_by_what_is_declared(config: dict[str, str], kind: str, expected: dict[str, str]) -> None:
    assert faults(config, DECLARED, kind) == tuple(FieldError(*pair) for pair in expected.items())


@pytest.mark.parametrize(("name", "kind"), [(FILE_SOURCE, "source"), ("FileStreamSink", "sink"), ("Unheard", "")])
def test_the_type_of_a_class(name: str, kind: str) -> None:
    assert type_of(name, [Plugin(FILE_SOURCE, "source", "1"), Plugin(FILE_SINK, "sink", "1")]) == kind
