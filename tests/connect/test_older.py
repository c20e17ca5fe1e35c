# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules on the oldest Kafka Connect that the project is tested with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from testbed.connect import ConnectCluster
from testbed.kafka import Broker
from testbed.process import Processes
from tests.connect.conftest import Ansible, Rest, task

pytestmark = pytest.mark.timeout(400)

NAME = "old-lines"
BEFORE = {"file": "/nowhere", "topic": "lines"}
AFTER = {"file": "/nowhere", "topic": "other.lines"}


@pytest.fixture(scope="module")
def older(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rest]:
    """An older Kafka Connect of one worker, beside the other one."""
    with Processes(tmp_path_factory.mktemp("older")) as processes, ConnectCluster(processes, broker, name="older", older=True) as cluster:
        yield Rest(cluster.url)


@pytest.fixture
def old(ansible: Ansible, older: Rest) -> Ansible:
    return replace(ansible, url=older.url)


def options(config: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": NAME, "connector_class": "FileStreamSource", "tasks_max": 1, "config": config, **more}


def stored(config: dict[str, Any]) -> dict[str, str]:
    return {"name": NAME, "connector.class": "FileStreamSource", "tasks.max": "1", **config}


def test_the_twelve_steps(old: Ansible, older: Rest) -> None:
    assert older.get("/").json()["version"] == "3.9.1"
    look = {"ansible.builtin.uri": {"url": f"{older.url}/connectors/{NAME}/config", "status_code": [200, 404]}, "check_mode": False}
    steps = (
        (options(BEFORE), None, stored(BEFORE), ["create"]),
        (options(AFTER), stored(BEFORE), stored(AFTER), ["update"]),
        ({"name": NAME, "state": "absent"}, stored(AFTER), None, ["delete"]),
    )
    for wanted, before, after, actions in steps:
        four = [task("connector", wanted, check_mode=check, diff=True) for check in (True, False, True, False)]
        played = old.plays(*(one for step in four for one in (step, look)))
        done, seen = played[::2], [None if one.result["status"] == 404 else one.result["json"] for one in played[1::2]]
        assert [one.result["actions"] for one in done] == [actions, actions, [], []]
        assert [one.result["changed"] for one in done] == [True, True, False, False]
        assert done[0].result["diff"] == done[1].result["diff"]
        assert seen == [before, after, after, after]


def test_the_other_modules(old: Ansible, older: Rest) -> None:
    row = {"partition": {"filename": "/nowhere"}, "offset": {"position": 5}}
    logger = {"name": "org.apache.kafka.connect.runtime.Worker", "level": "DEBUG", "scope": "cluster"}
    twice = [
        task("connector", options(BEFORE, run_state="stopped")),
        task("connector_offsets", {"name": NAME, "offsets": [row]}),
        task("connector_offsets", {"name": NAME, "state": "absent"}),
        task("logger", logger),
    ]
    asked = [
        task("connector", options(BEFORE)),
        task("connector_restart", {"name": NAME, "include_tasks": True}),
        task("connector_restart", {"name": NAME, "include_tasks": True, "only_failed": True}),
        task("connector_info", {"names": [NAME]}),
        task("cluster_info", {"all_plugins": True}),
        task("connector_validation_info", {"connector_class": "FileStreamSource", "config": {"batch.size": "many", "topic": "lines"}}),
        task("connector_validation_info", {"connector_class": "org.example.Missing"}),
    ]
    played = old.plays(*asked, *(one for step in twice for one in (step, step)))
    _, restarted, nothing, info, cluster, validation, missing, *rest = (one.result for one in played)
    assert (restarted["changed"], restarted["restarted"]) == (True, {"connector": True, "tasks": [0]})
    assert restarted["connector"]["reason"] == "Running"
    assert not nothing["changed"]
    assert info["connectors"][0]["config"] == stored(BEFORE)
    assert (info["connectors"][0]["version"], cluster["version"], cluster["ready"]) == ("", "3.9.1", True)
    assert "converter" in {plugin["type"] for plugin in cluster["plugins"]}
    assert validation["errors"] == [{"field": "batch.size", "message": "must be a number of type INT"}]
    assert missing["error"]["reason"] == "PluginNotFound"
    assert [one["changed"] for one in rest] == [True, False] * len(twice), rest
    assert rest[2]["offsets"] == [row]
    assert rest[4]["offsets"] == []
    assert older.get(f"/admin/loggers/{logger['name']}").json()["level"] == "DEBUG"
