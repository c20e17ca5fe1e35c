# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a playbook writes is what Kafka Connect stores, and what may be secret appears nowhere."""

from __future__ import annotations

from typing import Any

import pytest

from tests.connect.conftest import Ansible, Rest, Unsafe

LONG = "".join(chr(ord("a") + number % 26) for number in range(64 * 1024))
VALUES: dict[str, tuple[Any, str]] = {
    "file": ("/nowhere", "/nowhere"),
    "topic": ("lines", "lines"),
    "an.int": (42, "42"),
    "a.negative.int": (-7, "-7"),
    "true": (True, "true"),
    "false": (False, "false"),
    "a.float": (1.5, "1.5"),
    "a.whole.float": (3.0, "3"),
    "digits.in.quotes": ("007", "007"),
    "boolean.in.quotes": ("True", "True"),
    "null.in.quotes": ("null", "null"),
    "empty": ("", ""),
    "blanks": ("  around  ", "  around  "),
    "jinja": (Unsafe("{{ lookup('env', 'HOME') }} {% if true %}x{% endif %}"), "{{ lookup('env', 'HOME') }} {% if true %}x{% endif %}"),
    "templated": ("{{ 'from' ~ '.template' }}", "from.template"),
    "json.text": ("{{ {'a': [1, 2]} | to_json }}", '{"a": [1, 2]}'),
    "reference": ("${file:/x:y}", "${file:/x:y}"),
    "backslashes": (r"(.*)\.v(\d+) \\ \n", r"(.*)\.v(\d+) \\ \n"),
    "emoji": ("grün 🚀 日本", "grün 🚀 日本"),
    "lines": ("one\ntwo\n\n  three\n", "one\ntwo\n\n  three\n"),
    "long": (LONG, LONG),
    "transforms.a->b.Type": ("x", "x"),
    "CAPITALS.Kept": ("Kept", "Kept"),
    "key with blanks": ("x", "x"),
}


def options(config: dict[str, Any]) -> dict[str, Any]:
    # Stopped: a task could not resolve the reference.
    return {"name": "values", "connector_class": "FileStreamSource", "run_state": "stopped", "config": config}


def test_awkward_values_arrive_as_they_are(ansible: Ansible, rest: Rest) -> None:
    given = options({key: value for key, (value, _) in VALUES.items()})
    created = ansible.play(given, diff=True)
    assert created.result["actions"] == ["create"], created.output[-2000:]
    own = {"name": "values", "connector.class": "FileStreamSource"}
    assert rest.config("values") == {**own, **{key: stored for key, (_, stored) in VALUES.items()}}
    assert not ansible.play(given).result["changed"]


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"a.map": {"x": 1}}, ("a.map", "to_json", "string")),
        ({"a.list": [1]}, ("a.list", "to_json")),
        ({"a.null": None}, ("a.null", "null is no value")),
        ({"big": 2**70}, ("big", "in quotes")),
        ({"tasks.max": 2}, ("tasks.max", "tasks_max")),
        ({"name": "other"}, ("name", "reserved")),
    ],
)
def test_what_cannot_be_stored_is_refused(ansible: Ansible, rest: Rest, config: dict[str, Any], words: tuple[str, ...]) -> None:
    refused = ansible.play(options(config))
    assert refused.failed
    assert refused.result["error"]["reason"] == "InvalidSpec"
    assert all(word in refused.result["msg"] for word in ("connector values", *words)), refused.result["msg"]
    assert rest.config("values") is None


@pytest.mark.parametrize("name", ["a/b", "a;b", " a", "..", "a{b}", "%41"])
def test_a_name_that_workers_cannot_pass_on_is_refused(ansible: Ansible, rest: Rest, name: str) -> None:
    refused = ansible.play({**options({}), "name": name})
    assert refused.failed
    assert "is no name for a connector" in refused.result["msg"]
    assert rest.get("/connectors").json() == []


SECRETS = {
    "my.password": "sesame-open-1",
    "db.secret": "öffne dich",
    "sasl.jaas.config": 'org.example.LoginModule required username="u" password="sesame-2";',
    "connection.url": "jdbc:db://user:sesame-3@host/x",
    "undeclared": "only-for-you",
}


def test_secrets_appear_nowhere(ansible: Ansible) -> None:
    wanted = options({"file": "/nowhere", "topic": "lines", **SECRETS})
    connection = {"token": "bearer-4711", "headers": {"X-Api-Key": "key-4712"}}
    changed = {key: f"{text}-changed" for key, text in SECRETS.items()}
    runs = [
        ansible.play({**wanted, **connection}, verbose="-vvv", diff=True),
        ansible.play({**wanted, **connection, "config": {**wanted["config"], **changed}}, verbose="-vvv", diff=True),
        ansible.play({**wanted, **connection, "config": {**wanted["config"], "tasks.max": "1"}}, verbose="-vvv", diff=True),
        ansible.play({**wanted, **connection, "surplus": True}, verbose="-vvv", diff=True),
        ansible.play({"name": "values", "state": "absent", **connection}, verbose="-vvv", diff=True),
    ]
    assert [run.result.get("actions") for run in runs] == [["create"], ["update"], None, None, ["delete"]]
    assert [run.failed for run in runs] == [False, False, True, True, False]
    secrets = [*SECRETS.values(), "sesame", "bearer-4711", "key-4712"]
    for run in runs:
        said = run.output + str(run.result)
        assert "TASK [saiello.kafka_connect.connector]" in run.output
        assert [secret for secret in secrets if secret in said] == []
    assert "(changed)" in runs[1].output


def test_words_of_the_configuration_are_not_masked(ansible: Ansible) -> None:
    created = ansible.play(options({"file": "RUNNING", "topic": "values", "my.password": "on"}))
    assert created.result["connector"]["message"] == "the connector is stopped, as wanted"
    assert created.result["connector"]["name"] == "values"
