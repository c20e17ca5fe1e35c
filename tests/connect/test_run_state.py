# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run states, and connectors that fail."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from testbed.connect import ConnectCluster
from testbed.process import wait_until
from tests.connect.conftest import Ansible, Rest

NAME = "states"


def source(**more: Any) -> dict[str, Any]:
    return {"name": NAME, "connector_class": "FileStreamSource", "config": {"file": "/nowhere", "topic": "lines"}, **more}


def sink(file: Path, **more: Any) -> dict[str, Any]:
    """Its task fails if the folder of the file is not there."""
    return {"name": NAME, "connector_class": "FileStreamSink", "config": {"file": str(file), "topics": "lines"}, **more}


@contextmanager
def watched(rest: Rest) -> Iterator[set[str]]:
    """All states that the connector and its tasks go through."""
    seen: set[str] = set()
    end = threading.Event()

    def watch() -> None:
        while not end.wait(0.002):
            seen.update(rest.states(NAME))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        end.set()
        thread.join()


@pytest.mark.parametrize(("state", "expected"), [("paused", ["PAUSED"]), ("stopped", ["STOPPED"])])
def test_created_without_running_for_a_moment(ansible: Ansible, rest: Rest, state: str, expected: list[str]) -> None:
    with watched(rest) as seen:
        created = ansible.play(source(run_state=state))
    assert created.result["actions"] == ["create"]
    assert rest.states(NAME) == expected
    assert seen == set(expected) or seen == {*expected, "UNASSIGNED"}
    assert not ansible.play(source(run_state=state)).result["changed"]
    assert not ansible.play(source()).result["changed"], "an unset run_state leaves it alone"


@pytest.mark.timeout(300)
def test_from_every_run_state_to_every_other(ansible: Ansible, rest: Rest) -> None:
    ansible.play(source(run_state="running"))
    states = {"running": ["RUNNING", "RUNNING"], "paused": ["PAUSED", "PAUSED"], "stopped": ["STOPPED"]}
    for state in ("paused", "running", "stopped", "running"):
        predicted = ansible.play(source(run_state=state), check_mode=True, diff=True)
        done = ansible.play(source(run_state=state), diff=True)
        assert rest.states(NAME) == states[state]
        assert done.result["actions"] == predicted.result["actions"] == [{"paused": "pause", "stopped": "stop", "running": "resume"}[state]]
        assert done.result["diff"] == predicted.result["diff"]
        assert done.result["diff"]["after"] == f"run_state: {state}\n"
    ansible.play(source(run_state="stopped"))
    assert ansible.play(source(run_state="paused")).result["actions"] == ["pause"]
    # There are no tasks to pause.
    assert rest.states(NAME) == ["PAUSED"]
    assert not ansible.play(source(run_state="paused")).result["changed"]


def test_an_update_keeps_a_run_state_that_is_not_asked_for(ansible: Ansible, rest: Rest) -> None:
    ansible.play(source(run_state="paused"))
    changed = ansible.play(source(tasks_max=1))
    assert changed.result["actions"] == ["update"]
    assert changed.result["connector"]["reason"] == "Paused"
    assert rest.states(NAME) == ["PAUSED"]


def test_tasks_that_fail_fail_the_run_that_started_them(ansible: Ansible, rest: Rest, tmp_path: Path) -> None:
    broken, mended = sink(tmp_path / "missing" / "out"), sink(tmp_path / "out")
    created = ansible.play(broken)
    assert created.failed
    assert created.result["changed"]
    assert created.result["msg"].startswith(f"connector {NAME}: tasks failed (java.nio.file.NoSuchFileException)")
    assert created.result["error"]["reason"] == "TasksFailed"
    assert [task["state"] for task in created.result["connector"]["tasks"]] == ["FAILED"]
    again = ansible.play(broken)
    assert not again.failed
    assert not again.result["changed"]
    assert "tasks failed" in str(again.result["warnings"])
    repaired = ansible.play(mended)
    assert not repaired.failed, repaired.result
    assert repaired.result["connector"]["reason"] == "Running"
    assert rest.states(NAME) == ["RUNNING", "RUNNING"]


def test_a_broken_connector_can_be_paused_and_stopped(ansible: Ansible, rest: Rest, tmp_path: Path) -> None:
    broken = sink(tmp_path / "missing" / "out")
    ansible.play(broken)
    paused = ansible.play({**broken, "run_state": "paused"})
    assert (paused.failed, paused.result["actions"]) == (False, ["pause"])
    assert not ansible.play({**broken, "run_state": "paused"}).result["changed"]
    stopped = ansible.play({**broken, "run_state": "stopped"})
    assert (stopped.failed, stopped.result["actions"], rest.states(NAME)) == (False, ["stop"], ["STOPPED"])


def test_a_run_state_does_not_change_a_failed_connector_for_ever(ansible: Ansible, rest: Rest, connect: ConnectCluster) -> None:
    setting = connect.secrets / "batch.properties"
    setting.write_text("size=20\n", encoding="utf-8")
    task = source(config={"file": "/nowhere", "topic": "lines", "batch.size": f"${{file:{setting}:size}}"})
    assert not ansible.play(task).failed
    setting.write_text("size=many\n", encoding="utf-8")
    assert requests.post(f"{rest.url}/connectors/{NAME}/restart", timeout=100).status_code == 500
    wait_until(lambda: rest.states(NAME)[:1] == ["FAILED"], timeout=30, what="the connector has failed")
    for state in ("running", "paused"):
        left = ansible.play({**task, "run_state": state})
        assert (left.failed, left.result["changed"]) == (False, False)
        assert "the connector failed (org.apache.kafka.common.config.ConfigException)" in str(left.result["warnings"])
    assert ansible.play({**task, "run_state": "stopped"}).result["actions"] == ["stop"]
    assert not ansible.play({**task, "run_state": "stopped"}).result["changed"]
