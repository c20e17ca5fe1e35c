# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is shown of a move that is held, that nothing of it is done, and that it is what is done afterwards."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils._objects import PAUSE, VALIDATE

from .manifests import a_connection, referring
from .two import Two

KEYS = ["connector.class", "file", "name", "tasks.max"]
RUNNING = [{"id": 0, "state": "RUNNING", "worker_id": "w"}]


@pytest.fixture
def two(tmp_path: Path) -> Two:
    return Two(tmp_path)


def plan_of(two: Two) -> dict[str, Any]:
    found: dict[str, Any] = two.connector()["status"].get("plan", {})
    return found


def edited(two: Two, **spec: Any) -> None:
    two.server.edit(referring(), metadata={"generation": two.connector()["metadata"]["generation"] + 1}, spec=spec)


def annotated(two: Two, name: str, value: str | None) -> None:
    two.server.edit(referring(), metadata={"annotations": {name: value}})


# By what holds the move: how it is set, and how it is taken away.
HOLDS: dict[str, tuple[Callable[[Two], None], Callable[[Two], None], str]] = {
    "object": (lambda two: edited(two, mode="Plan"), lambda two: edited(two, mode="Apply"), "PlanOnly"),
    "connection": (
        lambda two: two.server.edit(a_connection("there"), spec={"mode": "Plan"}),
        lambda two: two.server.edit(a_connection("there"), spec={"mode": "Apply"}),
        "PlanOnly",
    ),
    "pause": (lambda two: annotated(two, PAUSE, "true"), lambda two: annotated(two, PAUSE, None), "Drifted"),
    "freeze": (lambda two: two.server.settings(freeze="true"), lambda two: two.server.settings(), "Drifted"),
}


@pytest.mark.parametrize("hold", HOLDS)
def test_what_a_held_move_shows_is_what_it_does(two: Two, hold: str) -> None:
    begin, end, reason = HOLDS[hold]
    begin(two)
    two.name_instead("there")
    two.until_the_end()
    assert two.message().startswith(f"{reason}: the connector stays on the KafkaConnectCluster ns/prod until it can move")
    plan = plan_of(two)
    assert (plan["actions"], plan["from"], plan["to"]) == (["create", "delete"], "ns/prod", "ns/there")
    assert (plan["class"], plan["state"]) == ("C", {"after": "stopped"})
    assert [(row["key"], row["change"]) for row in plan["changes"]] == [(key, "added") for key in KEYS]
    assert next(row for row in plan["changes"] if row["key"] == "file")["after"] == "/a"
    assert (two.old.writes, two.new.writes, two.left_behind) == ([], [], {})
    status = two.connector()["status"]
    assert (status["ownership"], status["connectCluster"]["name"], status["connectorState"]) == ("Created", "prod", "STOPPED")
    before = len(two.server.writes())
    two.time.now += 300
    two.until_the_end()
    assert len(two.server.writes()) == before, "a plan is written down once"

    end(two)
    two.until_the_end()
    assert [(entry["action"], entry["url"]) for entry in two.log] == [("create", "http://there:8083"), ("delete", "http://connect:8083")]
    assert plan_of(two) == {}
    assert two.message().startswith("Stopped")


@pytest.mark.parametrize(
    ("spec", "ownership", "live", "actions"),
    [
        ({}, "Created", "RUNNING", ["stop", "create", "delete"]),
        ({"deletionPolicy": "Orphan"}, "Created", "STOPPED", ["create"]),
        ({}, "Adopted", "STOPPED", ["create"]),
        ({"deletionPolicy": "Delete"}, "Adopted", "STOPPED", ["create", "delete"]),
        ({}, "Created", "", ["create"]),
    ],
)
def test_only_what_would_be_written_is_planned(two: Two, spec: dict[str, Any], ownership: str, live: str, actions: list[str]) -> None:
    """``live``: its state at the old place, empty if it is not there."""
    two.server.edit(referring(), status={"ownership": ownership})
    two.old.states["c"] = live
    if not live:
        two.old.configs.clear()
    two.name_instead("there", mode="Plan", **spec)
    two.until_the_end()
    assert plan_of(two)["actions"] == actions
    edited(two, mode="Apply")
    two.until_the_end()
    assert [entry["action"] for entry in two.log if entry["action"] != "orphan"] == actions


def test_what_exists_at_the_new_place_is_planned_as_it_would_be_taken(two: Two) -> None:
    """One that is equal is adopted, and nothing is written there."""
    two.new.configs["c"], two.new.states["c"] = dict(two.old.configs["c"]), "STOPPED"
    two.name_instead("there", mode="Plan")
    two.until_the_end()
    assert two.message().startswith("PlanOnly: the connector stays on")
    assert plan_of(two) == {"actions": ["delete"], "from": "ns/prod", "to": "ns/there"}
    two.new.configs["c"]["file"] = "theirs"
    two.time.now += 300
    two.until_the_end()
    assert two.message().startswith("ConnectorExists")
    assert plan_of(two) == {}


def test_what_may_not_be_stopped_does_not_move(two: Two) -> None:
    """The old connection only plans, and the connector runs on it."""
    two.server.edit(a_connection("prod"), spec={"mode": "Plan"})
    two.old.states["c"], two.old.tasks["c"] = "RUNNING", RUNNING
    two.name_instead("there")
    two.until_the_end()
    assert two.message().startswith("PlanOnly: the connector stays on the KafkaConnectCluster ns/prod until it can move")
    assert plan_of(two)["actions"] == ["stop", "create", "delete"]
    assert (two.old.writes, two.new.writes) == ([], [])


def test_of_a_connector_that_would_not_move_no_plan_is_shown(two: Two) -> None:
    two.old.states["c"], two.old.tasks["c"] = "RUNNING", RUNNING
    two.name_instead("there", mode="Plan", state="running")
    two.until_the_end()
    assert two.message().startswith("InvalidSpec: the connector is on the KafkaConnectCluster ns/prod")
    assert plan_of(two) == {}


def test_a_move_that_the_new_connect_would_refuse_says_so(two: Two) -> None:
    two.name_instead("there", mode="Plan", **{"class": "org.example.Sik"})
    two.until_the_end()
    assert two.message().startswith("PluginNotFound: the connector stays on the KafkaConnectCluster ns/prod until it can move")
    assert "org.example.Sink" in two.message()
    assert plan_of(two)["actions"] == ["create", "delete"]


def test_the_plugin_is_asked_once_for_each_order(two: Two) -> None:
    validate = "PUT /connector-plugins/C/config/validate"
    asked: list[str] = []
    real = two.new.answer

    def answer(method: str, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        if f"{method} {path}" == validate:
            asked.append(path)
            return 200, {"name": "C", "error_count": 0, "groups": [], "configs": []}
        return real(method, path, body)

    two.new.answer = answer  # type: ignore[method-assign]
    annotated(two, VALIDATE, "true")
    two.name_instead("there", mode="Plan")
    for _run in range(3):
        two.until_the_end()
        two.time.now += 300
    assert len(asked) == 1
    assert plan_of(two)["actions"] == ["create", "delete"]


def test_values_that_a_service_masks_are_not_forgotten(two: Two) -> None:
    two.server.edit(referring(), status={"masked": {"login": "d"}})
    two.name_instead("there", mode="Plan")
    two.until_the_end()
    assert two.connector()["status"]["masked"] == {"login": "d"}
