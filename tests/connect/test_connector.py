# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module for one connector returns, shows and changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.connect.conftest import Ansible, Rest

NAME = "orders->lines"
BEFORE = {"file": "/nowhere", "topic": "lines", "batch.size": 20}


def options(config: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": NAME, "connector_class": "FileStreamSource", "tasks_max": 1, "config": config, **more}


def stored(config: dict[str, Any]) -> dict[str, str]:
    own = {"name": NAME, "connector.class": "FileStreamSource", "tasks.max": "1"}
    return {**own, **{key: str(value) for key, value in config.items()}}


def test_what_it_returns(ansible: Ansible, rest: Rest) -> None:
    created = ansible.play(options(BEFORE)).result
    shown = dict(created["connector"])
    (task,) = shown.pop("tasks")
    worker = shown.pop("worker_id")
    assert rest.states(NAME) == ["RUNNING", "RUNNING"]
    assert task == {"id": 0, "state": "RUNNING", "worker_id": worker}
    assert shown == {
        "name": NAME,
        "present": True,
        "reason": "Running",
        "message": "the connector and all of its tasks run",
        "state": "RUNNING",
        "type": "source",
        "version": "4.3.1",
    }
    # One for the configuration, one for the status, and no more.
    assert ansible.play(options(BEFORE)).result["requests"] == 2
    assert ansible.play({"name": NAME, "state": "absent"}).result["connector"] == {"name": NAME, "present": False}


def test_a_diff_reads_like_yaml_and_hides_what_may_be_secret(ansible: Ansible) -> None:
    secrets = {"my.password": "sesame-1", "undeclared": "plain"}
    ansible.play(options({**BEFORE, **secrets}))
    changed = ansible.play(options({**BEFORE, **secrets, "my.password": "sesame-2", "topic": "two"}, run_state="paused"), diff=True)
    assert changed.result["diff"]["before_header"] == f"{NAME} (live)"
    assert changed.result["diff"]["after_header"] == f"{NAME} (wanted)"
    common = ['  name: "orders->lines"', '  tasks.max: "1"']
    head = ["config:", '  batch.size: "20"', '  connector.class: "FileStreamSource"', '  file: "/nowhere"']
    before = [*head, "  my.password: (hidden)", *common, '  topic: "lines"', "  undeclared: (hidden)", "run_state: running"]
    after = [*head, "  my.password: (changed)", *common, '  topic: "two"', "  undeclared: (hidden)", "run_state: paused"]
    assert changed.result["diff"]["before"].splitlines() == before
    assert changed.result["diff"]["after"].splitlines() == after
    assert '-  topic: "lines"' in changed.output


@pytest.mark.parametrize("check", [True, False])
def test_what_somebody_else_made_is_changed_as_well(ansible: Ansible, rest: Rest, check: bool) -> None:
    ansible.play(options({**BEFORE, "added.by.hand": "x"}))
    changed = ansible.play(options(BEFORE), check_mode=check)
    assert changed.result["actions"] == ["update"]
    assert rest.config(NAME) == stored({**BEFORE, **({"added.by.hand": "x"} if check else {})})


def test_connection_comes_from_environment_and_group_defaults(ansible: Ansible, rest: Rest) -> None:
    nowhere = replace(ansible, url="")
    created = nowhere.play(options(BEFORE), module_defaults={"group/saiello.kafka_connect.connect": {"url": ansible.url}})
    assert created.result["actions"] == ["create"]
    deleted = nowhere.play({"name": NAME, "state": "absent"}, env={"KAFKA_CONNECT_URL": ansible.url, "KAFKA_CONNECT_TIMEOUT": "20"})
    assert deleted.result["actions"] == ["delete"]
    assert rest.config(NAME) is None
