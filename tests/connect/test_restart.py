# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Restarts: what is started anew is what check mode says, and what fails again is said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from testbed.connect import ConnectCluster
from testbed.faults import FaultProxy
from tests.connect.conftest import Ansible, Played, Rest, task

# Many tasks of Ansible, on a machine that may have much else to do.
pytestmark = pytest.mark.timeout(300)

NAME = "again->lines"
WITH_TASKS = {"name": NAME, "include_tasks": True}
FAILED = {**WITH_TASKS, "only_failed": True}


@pytest.fixture
def proxy(connect: ConnectCluster) -> Iterator[FaultProxy]:
    """Counts what is sent to Connect."""
    with FaultProxy(connect.url) as proxy:
        yield proxy


def source(tasks: int = 2, **config: Any) -> dict[str, Any]:
    return task("connector", {"name": NAME, "connector_class": "troubled.TroubledSource", "tasks_max": tasks, "config": config})


def restarted(played: Played) -> tuple[bool, bool, list[int]]:
    """Whether there was a change, whether the connector itself was restarted, and which of its tasks."""
    told = played.result["restarted"]
    return played.result["changed"], told["connector"], told["tasks"]


def test_what_runs(ansible: Ansible, rest: Rest, proxy: FaultProxy) -> None:
    through = replace(ansible, url=proxy.url)
    every = (
        {"name": NAME},
        WITH_TASKS,
        {"name": NAME, "task": 1},
        FAILED,
        {"name": NAME, "only_failed": True},
        {"name": NAME, "task": 0, "only_failed": True},
    )
    _, *checked = through.plays(source(), *(task("connector_restart", one, check_mode=True, diff=True) for one in every))
    assert proxy.count("POST", ".*/restart.*") == 0
    expected = [(True, True, []), (True, True, [0, 1]), (True, False, [1]), (False, False, []), (False, False, []), (False, False, [])]
    assert [restarted(one) for one in checked] == expected
    done = through.plays(*(task("connector_restart", one, diff=True) for one in every))
    assert [restarted(one) for one in done] == expected
    assert [one.result.get("diff") for one in done] == [one.result.get("diff") for one in checked]
    assert done[1].result["diff"]["before"] == "connector: RUNNING\ntask 0: RUNNING\ntask 1: RUNNING\n"
    assert [one.path.rpartition("lines/")[2] for one in proxy.matching("POST", ".*/restart.*")] == [
        "restart?includeTasks=false&onlyFailed=false",
        "restart?includeTasks=true&onlyFailed=false",
        "tasks/1/restart",
    ]
    assert {one.result["connector"]["reason"] for one in done} == {"Running"}
    assert rest.states(NAME) == ["RUNNING"] * 3


def test_what_has_failed(ansible: Ansible, rest: Rest, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    sink = {"name": NAME, "connector_class": "FileStreamSink", "tasks_max": 1, "config": {"file": str(folder / "out"), "topics": "lines"}}
    _, checked, again = ansible.plays(task("connector", sink), task("connector_restart", FAILED, check_mode=True), task("connector_restart", FAILED))
    assert restarted(checked) == restarted(again) == (True, False, [0])
    assert not checked.failed
    assert again.failed
    assert again.result["msg"] == f"connector {NAME}: task 0 was restarted and failed (java.nio.file.NoSuchFileException); mend the cause"
    assert again.result["error"]["reason"] == "RestartFailed"
    folder.mkdir()
    mended, twice = ansible.plays(task("connector_restart", FAILED), task("connector_restart", FAILED))
    assert (mended.failed, restarted(mended)) == (False, (True, False, [0]))
    assert mended.result["connector"]["reason"] == "Running"
    assert restarted(twice) == (False, False, [])
    assert rest.states(NAME) == ["RUNNING", "RUNNING"]


def test_a_connector_that_does_not_start(ansible: Ansible, rest: Rest, connect: ConnectCluster) -> None:
    setting = connect.secrets / "restart.properties"
    setting.write_text("size=20\n", encoding="utf-8")
    options = {"file": "/nowhere", "topic": "lines", "batch.size": f"${{file:{setting}:size}}"}
    ansible.plays(task("connector", {"name": NAME, "connector_class": "FileStreamSource", "tasks_max": 1, "config": options}))
    setting.write_text("size=many-4711\n", encoding="utf-8")
    (broken,) = ansible.plays(task("connector_restart", {"name": NAME}), verbose="-vvv")
    assert broken.failed
    assert (broken.result["changed"], broken.result["error"]["reason"]) == (True, "RestartFailed")
    assert "the connector was restarted and failed (org.apache.kafka.common.config.ConfigException)" in broken.result["msg"]
    assert "many-4711" not in broken.output
    setting.write_text("size=20\n", encoding="utf-8")
    (mended,) = ansible.plays(task("connector_restart", FAILED))
    assert not mended.failed, mended.result
    assert rest.states(NAME) == ["RUNNING", "RUNNING"]


def test_what_cannot_be_restarted(ansible: Ansible, rest: Rest, proxy: FaultProxy) -> None:
    through = replace(ansible, url=proxy.url)
    _, task_of_none, both, _, stopped, missing, no_name = through.plays(
        source(),
        task("connector_restart", {"name": NAME, "task": 2}),
        task("connector_restart", {**WITH_TASKS, "task": 1}),
        task("connector", {"name": NAME, "connector_class": "troubled.TroubledSource", "tasks_max": 2, "run_state": "stopped"}),
        task("connector_restart", WITH_TASKS),
        task("connector_restart", {"name": "nosuch"}),
        task("connector_restart", {"name": "a/b"}),
    )
    assert [(one.failed, one.result["error"]["reason"]) for one in (task_of_none, both, missing, no_name)] == [
        (True, "TaskNotFound"),
        (True, "InvalidSpec"),
        (True, "ConnectorNotFound"),
        (True, "InvalidSpec"),
    ]
    assert missing.result["msg"] == "connector nosuch: there is no such connector on this Connect"
    assert restarted(stopped) == (False, False, [])
    assert stopped.result["connector"]["reason"] == "Stopped"
    assert proxy.count("POST", ".*/restart.*") == 0
    assert rest.states(NAME) == ["STOPPED"]
