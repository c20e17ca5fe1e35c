# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connectors that run as manifests, and manifests read again."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _export, _files, _manifest
from ansible_collections.saiello.kafka_connect.plugins.module_utils._connect import Connect
from ansible_collections.saiello.kafka_connect.plugins.module_utils._fleet import Fleet
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import ConnectorStatus, Observed, Presence, RunState
from ansible_collections.saiello.kafka_connect.plugins.module_utils._values import Values
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .tiny import Tiny

TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
KEYS = TEXT.filter(lambda key: key not in ("", "name", "connector.class", "tasks.max", "connector.plugin.version"))


def observed(config: dict[str, str], state: str = "RUNNING") -> Observed:
    return Observed(Presence.PRESENT, {"connector.class": "x", **config}, ConnectorStatus(state))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(config=st.dictionaries(KEYS, TEXT), passwords=st.sets(TEXT))
def test_what_is_written_is_read_again(tmp_path: Path, config: dict[str, str], passwords: set[str]) -> None:
    config = {key: value for key, value in config.items() if not value.startswith("\x00")}
    live = observed({"name": "N", "tasks.max": "3", **config}, "STOPPED")
    manifest = _export.exported("n", live, frozenset(passwords))
    (tmp_path / "a.yaml").write_text(_export.text_of([manifest.object, manifest.secret(filled=False)]), encoding="utf-8", newline="")
    (tmp_path / "b.yaml").write_text(_export.text_of([manifest.secret(filled=True)]), encoding="utf-8", newline="")
    found = _manifest.read([str(tmp_path)])
    assert found.faults == []
    fleet = Fleet(found, Values(found.values), {}, lambda: Connect("http://d", Tiny()))
    (target,) = fleet.targets()
    wanted = target.entries[0].wanted
    assert (fleet.unresolved, wanted.config, wanted.state) == ([], live.config, RunState.STOPPED)
    assert wanted.hidden_keys == manifest.secrets.keys()


def test_names() -> None:
    names = _export.object_names(["A->b", "a-b", "a b", "Ü", "..", "a.B", "x" * 249])
    assert names == {"a-b": "a-b", "..": "connector", "A->b": "a-b-2", "a b": "a-b-3", "a.B": "a.b", "x" * 249: "x" * 230, "Ü": "connector-2"}


@pytest.mark.parametrize(
    ("key", "value", "secret"),
    [
        ("database.password", "x", True),
        ("database.password", "${file:/a:b}", False),
        ("database.password", "", False),
        ("declared", "x", True),
        ("ssl.keystore.location", "/a/b", False),
        ("connection.url", "jdbc:postgresql://h/db", False),
        ("connection.url", "jdbc:postgresql://u:p@h/db", True),
        ("connection.url", "jdbc:oracle:thin:@h:1521/db", False),
        ("headers", "X-Api-Key:abc", True),
        ("transforms.rename.renames", "password:hash", True),  # not certain, and so not for everybody
        ("db.pwd", "x", True),
        ("partition.key", "id", False),
        ("some.jaas.config", "org.x.PlainLoginModule required", True),
        ("topic", "a-rather-long-name-of-a-topic-with-dashes", False),
    ],
)
def test_what_is_a_secret(key: str, value: str, secret: bool) -> None:
    found = _export.exported("a", observed({"name": "a", key: value}), frozenset({"declared"}))
    assert (key in found.secrets, key in found.object["spec"]["config"]) == (secret, not secret)


def test_what_cannot_be_said() -> None:
    found = _export.exported("a", observed({"name": "a", "tasks.max": "02", "null": "\x00null"}), frozenset())
    assert found.losses == ("the key null holds what is no text", "tasks.max is no number that a spec can hold")
    assert "tasksMax" not in found.object["spec"]


def test_a_file_is_only_written_for_a_change(tmp_path: Path) -> None:
    path = tmp_path / "sub" / "a"
    assert [_files.put(str(path), "a", 0o600, check=True), path.exists()] == [True, False]
    assert [_files.put(str(path), "a", 0o600), _files.put(str(path), "a", 0o600), _files.put(str(path), "a", 0o644)] == [True, False, True]
    assert list(path.parent.iterdir()) == [path]
