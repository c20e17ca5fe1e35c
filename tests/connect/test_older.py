# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules on the oldest Kafka Connect that the project is tested with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from testbed.connect import ConnectCluster
from tests.connect.conftest import Ansible, Rest, task

pytestmark = pytest.mark.timeout(400)

NAME = "old-lines"
BEFORE = {"file": "/nowhere", "topic": "lines"}


@pytest.fixture
def old(older: ConnectCluster, tmp_path: Path) -> Iterator[Ansible]:
    yield Ansible(older.url, tmp_path)
    Rest(older.url).clear()


def options(config: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": NAME, "connector_class": "FileStreamSource", "tasks_max": 1, "config": config, **more}


def stored(config: dict[str, Any]) -> dict[str, str]:
    return {"name": NAME, "connector.class": "FileStreamSource", "tasks.max": "1", **config}


def test_what_changes_nothing(old: Ansible) -> None:
    asked = [
        task("connector", options(BEFORE)),
        task("connector_restart", {"name": NAME, "include_tasks": True}),
        task("connector_restart", {"name": NAME, "include_tasks": True, "only_failed": True}),
        task("connector_info", {"names": [NAME]}),
        task("cluster_info", {"all_plugins": True}),
        task("connector_validation_info", {"connector_class": "FileStreamSource", "config": {"batch.size": "many", "topic": "lines"}}),
        task("connector_validation_info", {"connector_class": "org.example.Missing"}),
    ]
    _, restarted, nothing, info, cluster, validation, missing = (one.result for one in old.plays(*asked))
    assert (restarted["changed"], restarted["restarted"]) == (True, {"connector": True, "tasks": [0]})
    assert restarted["connector"]["reason"] == "Running"
    assert not nothing["changed"]
    assert info["connectors"][0]["config"] == stored(BEFORE)
    assert (info["connectors"][0]["version"], cluster["version"], cluster["ready"]) == ("", "3.9.1", True)
    assert "converter" in {plugin["type"] for plugin in cluster["plugins"]}
    assert validation["errors"] == [{"field": "batch.size", "message": "must be a number of type INT"}]
    assert missing["error"]["reason"] == "PluginNotFound"
