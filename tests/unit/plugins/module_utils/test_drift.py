# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is drift, and what becomes of it; what a plan and a refusal leave in the status."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _objects, _status
from ansible_collections.saiello.kafka_connect.plugins.module_utils._connection import connection_of
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import (
    ConnectorStatus,
    DriftPolicy,
    FieldError,
    Memory,
    Observed,
    Outcome,
    Ownership,
    Presence,
    Reason,
    RunState,
    Verdict,
    Wanted,
)
from ansible_collections.saiello.kafka_connect.plugins.module_utils._objects import PAUSE, memory_of
from ansible_collections.saiello.kafka_connect.plugins.module_utils._plan import REFUSAL_MINUTES, REPORTED, make_plan
from ansible_collections.saiello.kafka_connect.plugins.module_utils._playbook import problem_of
from ansible_collections.saiello.kafka_connect.plugins.module_utils._progress import Progress
from ansible_collections.saiello.kafka_connect.plugins.module_utils._wanted import PLANNED, Terms, effective, wanted_of

from .manifests import a_connection, an_object, referring
from .world import World, own_by

REPORT = Terms(drift_policy=DriftPolicy.REPORT)
STATES = tuple(RunState)


@pytest.fixture
def world(tmp_path: Any) -> World:
    return World(tmp_path)


def synced(generation: int = 1, state: str = "running") -> dict[str, Any]:
    return {"synced": {"generation": generation, "state": state}}


# -- why an object is held


@pytest.mark.parametrize(
    ("spec", "status", "terms", "message"),
    [
        ({}, synced(), Terms(), None),
        ({"mode": "Apply"}, synced(), Terms(), None),
        ({"mode": "Plan"}, {}, Terms(), PLANNED),
        ({"mode": "Plan", "driftPolicy": "Report"}, synced(), Terms(), PLANNED),
        ({"driftPolicy": "Report"}, synced(), Terms(), REPORTED),
        ({}, synced(), REPORT, REPORTED),
        ({"driftPolicy": "Repair"}, synced(), REPORT, None),
        ({"driftPolicy": "RepairConfig"}, synced(), REPORT, None),
        # It was never as this spec says: so this is no drift.
        ({"driftPolicy": "Report"}, {}, Terms(), None),
        ({"driftPolicy": "Report"}, synced(generation=0), Terms(), None),
        ({"driftPolicy": "Report"}, {"observedGeneration": 1}, Terms(), None),
    ],
)
def test_why_nothing_is_written(spec: dict[str, Any], status: dict[str, Any], terms: Terms, message: str | None) -> None:
    hold = hold_of(wanted_of(an_object(spec=spec, status=status), terms=terms), {"file": "by hand"})
    assert (hold and hold.message) == message
    assert hold is None or hold.reason is (Reason.PLAN_ONLY if message == PLANNED else Reason.DRIFTED)


def hold_of(one: Wanted, live: dict[str, str] | None) -> Verdict | None:
    """Why nothing is written for a connector with this on Connect."""
    observed = Observed(Presence.ABSENT) if live is None else Observed(Presence.PRESENT, live)
    return Progress(one, observed).hold


def test_a_deletion_is_no_drift() -> None:
    assert hold_of(wanted_of(an_object(spec={"driftPolicy": "Report"}, status=synced(), deletionTimestamp="x")), {}) is None


@pytest.mark.parametrize(
    ("references", "live", "is_held"),
    [
        # Nobody has touched the Secret.
        ("1", {"file": "by hand", "password": "x"}, True),
        ("1", {"file": "/a", "password": "by hand"}, True),
        # It has another value, and that is to be written.
        ("2", {"file": "/a", "password": "old"}, False),
        ("2", {"file": "by hand", "password": "old"}, False),
        # It was labelled, or another of its keys was changed.
        ("2", {"file": "by hand", "password": "x"}, True),
        ("2", None, True),
    ],
)
def test_a_secret_that_somebody_touched_is_no_reason_to_repair(references: str, live: dict[str, str] | None, is_held: bool) -> None:
    memory = Memory(Ownership.CREATED, observed=True, synced=True, synced_references="1", sent_keys=frozenset({"password"}))
    config, keys = {"file": "/a", "password": "x"}, frozenset({"password"})
    one = Wanted("ns/c", "c", config, memory=memory, drift=DriftPolicy.REPORT, references=references, referenced_keys=keys)
    assert (hold_of(one, live) is not None) is is_held


def test_a_pause_and_the_connection_come_before_a_plan() -> None:
    above = Verdict(Reason.DRIFTED, "the connection is paused")
    paused = an_object(spec={"mode": "Plan"}, annotations={PAUSE: "true"})
    assert wanted_of(paused).hold == Verdict(Reason.DRIFTED, _objects.PAUSED)
    assert wanted_of(paused, terms=Terms(hold=above)).hold == above


@pytest.mark.parametrize(
    ("own", "default", "policy"), [(None, None, "Repair"), (None, "Report", "Report"), ("RepairConfig", "Report", "RepairConfig")]
)
def test_whose_drift_policy_counts(own: str | None, default: str | None, policy: str) -> None:
    defaults = {"connectorDefaults": {"driftPolicy": default}} if default else {}
    terms = connection_of(a_connection(spec={"url": "http://connect:8083", **defaults})).terms
    obj = referring(spec={"driftPolicy": own} if own else {})
    assert wanted_of(obj, terms=terms).drift is DriftPolicy(policy)
    assert effective(obj, terms).get("driftPolicy") == (default if own is None else None)


# -- a pause or stop by hand


def a_connector(drift: DriftPolicy, state: RunState, synced_state: RunState | None) -> Wanted:
    memory = Memory(Ownership.CREATED, observed=True, synced=True, synced_state=synced_state)
    return Wanted("ns/c", "c", {"name": "c"}, state, memory=memory, drift=drift)


@pytest.mark.parametrize("drift", DriftPolicy)
@pytest.mark.parametrize("before", [*STATES, None])
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("live", [*STATES])
def test_only_a_pause_or_stop_that_the_spec_did_not_ask_for_is_left(
    drift: DriftPolicy, before: RunState | None, state: RunState, live: RunState
) -> None:
    one = a_connector(drift, state, before)
    by_hand = live is not state and before is state and live is not RunState.RUNNING
    left = drift is DriftPolicy.REPAIR_CONFIG and by_hand
    actions = make_plan(one, Observed(Presence.PRESENT, {"name": "c"}, ConnectorStatus(live.name)), 0.0).actions
    assert bool(actions) is (live is not state and not left)
    verdict = _status.judge(one, ConnectorStatus(live.name)).verdict
    assert (verdict.reason is Reason.DRIFTED) is left
    assert not left or f"was {live.name} by hand" in verdict.message


# -- what is written down


def test_what_was_seen_in_sync_is_remembered(world: World) -> None:
    world.server.add(a_connection())
    world.make("c")
    world.sync()
    status = world.connector()["status"]
    assert status["synced"] == {"generation": 1, "state": "stopped"}
    memory = memory_of(world.connector())
    assert (memory.synced, memory.synced_state) == (True, RunState.STOPPED)


def test_an_edit_that_nobody_could_carry_out_is_no_drift_later(world: World) -> None:
    """Connect was away when the object was edited: the status is about the new spec, Connect is not."""
    world.server.add(a_connection())
    world.make("c", spec={"driftPolicy": "Report", "state": "stopped"})
    world.sync()
    world.server.edit(referring(), spec={"config": {"file": "/b"}}, metadata={"generation": 2})
    world.tiny.replies["GET /connectors?expand=info&expand=status"] = (503, None)
    world.tiny.replies["GET /connectors/c/config"] = (503, None)
    world.sync()
    assert world.reason() == "ConnectUnreachable"
    assert world.connector()["status"]["observedGeneration"] == 2
    assert world.connector()["status"]["synced"]["generation"] == 1
    world.tiny.replies.clear()
    world.time.now += 60
    world.sync()
    assert (world.reason(), world.tiny.configs["c"]["file"]) == ("Stopped", "/b")
    assert world.connector()["status"]["lastChange"]["cause"] == "spec"


def test_reported_drift_shows_a_plan_and_no_pause(world: World) -> None:
    world.server.add(a_connection())
    world.make("c", spec={"driftPolicy": "Report", "state": "stopped"})
    world.sync()
    world.tiny.configs["c"]["file"] = "/by-hand"
    world.tiny.writes.clear()
    world.time.now += 60
    world.sync()
    status = world.connector()["status"]
    assert (world.reason(), world.tiny.writes) == ("Drifted", [])
    assert status["plan"]["changes"] == [{"key": "file", "change": "changed", "before": "/by-hand", "after": "/a"}]
    assert {one["type"] for one in status["conditions"]} == {"Ready", "Synced", "Stalled"}
    world.tiny.configs["c"]["file"] = "/a"
    world.time.now += 60
    world.sync()
    assert (world.reason(), "plan" in world.connector()["status"]) == ("Stopped", False)


def test_what_connect_refuses_is_told_until_the_spec_is_another(world: World) -> None:
    world.server.add(a_connection())
    world.make("c")
    text = "Connector configuration is invalid and contains the following 1 error(s):\nInvalid value hunter2 for configuration file: no\nYou"
    world.tiny.replies["POST /connectors"] = (400, {"error_code": 400, "message": text})
    told = [{"field": "file", "message": "is refused by the plugin; the worker's log says why"}]
    for _period in range(3):
        world.sync()
        world.time.now += 60
        assert (world.reason(), world.connector()["status"]["validationErrors"]) == ("InvalidConfig", told)
    assert memory_of(world.connector()).errors == (FieldError(**told[0]),)
    # It stays refused also when it would be sent again, while nothing is sent.
    world.server.edit(world.connector(), metadata={"annotations": {PAUSE: "true"}})
    world.time.now += REFUSAL_MINUTES[0] * 60
    world.sync()
    assert (world.reason(), world.connector()["status"]["validationErrors"]) == ("Drifted", told)
    world.server.edit(world.connector(), metadata={"annotations": {PAUSE: None}})
    world.tiny.replies.clear()
    world.server.edit(referring(), spec={"config": {"file": "/b"}}, metadata={"generation": 2})
    world.sync()
    assert (world.reason(), "validationErrors" in world.connector()["status"]) == ("Stopped", False)


def test_what_a_refusal_does_not_tell_is_asked_for_once(world: World) -> None:
    world.server.add(a_connection())
    world.make("c")
    world.tiny.replies["POST /connectors"] = (400, {"error_code": 400, "message": "hunter2 is not well"})
    rows = {"configs": [{"value": {"name": "file", "errors": ["hunter2 is not well"]}}, {"value": {"name": "x", "errors": []}}]}
    world.tiny.replies["PUT /connector-plugins/C/config/validate"] = (200, rows)
    world.sync()
    assert [row["field"] for row in world.connector()["status"]["validationErrors"]] == ["file"]
    assert "hunter2" not in str(world.connector()["status"])


def test_a_plan_is_looked_at_more_closely(world: World) -> None:
    """A list leaves out a connector without a status: that is no reason to plan its creation."""
    world.server.add(a_connection())
    world.make("c", "d", "e", spec={"mode": "Plan", "state": "stopped"})
    world.live("c")
    world.tiny.replies["GET /connectors?expand=info&expand=status"] = (200, {})
    world.sync()
    assert world.reason("c") == "Stopped"
    assert [world.connector(name)["status"]["plan"]["actions"] for name in "de"] == [["create"]] * 2
    assert world.tiny.reads.count("/connector-plugins/C/config") == 1, "once for all of a class"
    assert world.tiny.writes == []


VALIDATE = "PUT /connector-plugins/C/config/validate"


def test_a_plan_is_validated_once_for_each_order(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The code of the plugin runs for an order and for an edit, and not for each look."""
    asked: list[str] = []
    answer = {"configs": [{"value": {"name": "file", "errors": ["hunter2"]}}]}
    real = world.tiny.answer

    def counting(method: str, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        if path.endswith("/validate"):
            asked.append(body.get("file", ""))
            return 200, answer
        return real(method, path, body)

    monkeypatch.setattr(world.tiny, "answer", counting)
    world.server.add(a_connection())
    world.make("c", spec={"mode": "Plan", "state": "stopped"})
    world.sync()
    assert (world.reason(), asked) == ("PlanOnly", [])

    def look(*, order: str = "", **edit: Any) -> tuple[str, int]:
        if order:
            world.server.edit(referring(), metadata={"annotations": {_objects.VALIDATE: order}})
            assert _objects.is_pending(world.connector())
        if edit:
            world.server.edit(referring(), **edit)
        for _period in range(2):
            world.time.now += 60
            world.sync()
        assert not _objects.is_pending(world.connector())
        return world.reason(), len(asked)

    assert look(order="true") == ("InvalidConfig", 1)
    assert [row["field"] for row in world.connector()["status"]["validationErrors"]] == ["file"]
    assert look(order="true@2") == ("InvalidConfig", 2)
    answer["configs"] = []
    assert look(spec={"config": {"file": "/b"}}, metadata={"generation": 2}) == ("PlanOnly", 3)
    assert "validationErrors" not in world.connector()["status"]
    assert world.tiny.writes == []


def test_a_validation_that_says_nothing_is_ordered_still(world: World) -> None:
    world.server.add(a_connection())
    world.make("c", spec={"mode": "Plan"}, annotations={_objects.VALIDATE: "true"})
    world.tiny.replies[VALIDATE] = (500, {"error_code": 500, "message": "Request timed out"})
    world.sync()
    assert (world.reason(), "validated" in world.connector()["status"]) == ("PlanOnly", False)
    assert _objects.is_pending(world.connector())


@pytest.mark.parametrize(("value", "order"), [("true", "true"), (" True@x ", "True@x"), ("false", ""), ("", ""), ("yes", ""), ("@true", "")])
def test_what_orders_a_validation(value: str, order: str) -> None:
    assert _objects.validation(an_object(annotations={_objects.VALIDATE: value})) == order


def test_each_side_of_a_plan_is_judged_by_its_own_class(world: World) -> None:
    """What one plugin takes for text may have been a password of the other."""
    world.tiny.replies["GET /connector-plugins/Vault/config"] = (200, [{"name": "file", "type": "PASSWORD"}, {"name": "path", "type": "STRING"}])
    world.server.add(a_connection())
    world.make("c", spec={"class": "Vault", "config": {"file": "sesame open", "path": "a"}})
    world.sync()
    world.server.edit(referring(), spec={"class": "C", "mode": "Plan", "config": {"file": "/b", "path": None}}, metadata={"generation": 2})
    world.sync()
    changes = {row.pop("key"): row for row in world.connector()["status"]["plan"]["changes"]}
    assert changes == {
        "connector.class": {"change": "changed", "before": "Vault", "after": "C"},
        "file": {"change": "changed"},
        "path": {"change": "removed", "before": "a"},
    }
    assert [world.tiny.reads.count(f"/connector-plugins/{one}/config") for one in ("C", "Vault")] == [1, 1]


def test_what_was_refused_is_sent_when_the_plugins_are_others(world: World) -> None:
    world.server.add(a_connection())
    world.make("c")
    world.sync()
    world.server.edit(referring(), spec={"config": {"file": "/b"}}, metadata={"generation": 2})
    world.tiny.replies["PUT /connectors/c/config"] = (400, {"error_code": 400, "message": "Failed to find any class that implements Connector"})
    world.sync()
    assert world.reason() == "PluginNotFound"
    world.tiny.replies.clear()
    world.time.now += 60
    world.sync()
    assert (world.reason(), world.tiny.configs["c"]["file"]) == ("PluginNotFound", "/a"), "it is not tried at each look"
    connection = world.connection()
    world.server.edit(a_connection(), status={**connection["status"], "plugins": [{"class": "C", "type": "sink", "version": "2"}]})
    world.time.now += 60
    world.sync()
    assert (world.reason(), world.tiny.configs["c"]["file"]) == ("Stopped", "/b")


def test_a_plan_of_an_unknown_class_is_doubted(world: World) -> None:
    world.server.add(a_connection())
    world.make("c", spec={"mode": "Plan", "class": "org.example.Sinkk"})
    world.make("d", spec={"mode": "Plan", "class": "Sink"})
    world.sync()
    assert (world.reason("c"), world.reason("d")) == ("PluginNotFound", "PlanOnly")
    message = _objects.ready_condition(world.connector("c"))["message"]
    assert message.endswith("org.example.Sinkk; did you mean org.example.Sink?")
    assert {one["type"] for one in world.connector("c")["status"]["conditions"]} == {"Ready", "Synced", "Stalled"}


def test_a_connect_that_does_not_know_its_plugins_gives_no_doubt(world: World) -> None:
    world.server.add(a_connection())
    world.make("c", spec={"mode": "Plan", "class": "Odd"})
    world.tiny.replies["GET /connector-plugins"] = (500, {"error_code": 500, "message": "x"})
    world.sync()
    assert world.reason("c") == "PlanOnly"


def test_a_plan_of_a_connector_that_is_well_is_none(world: World) -> None:
    world.server.add(a_connection())
    world.server.add(referring("c", spec={"mode": "Plan", "state": "stopped"}, status=own_by({"ownership": "Created"})))
    world.live("c")
    world.sync()
    assert (world.reason("c"), "plan" in world.connector("c")["status"]) == ("Stopped", False)
    assert "/connector-plugins/C/config" not in world.tiny.reads


def test_a_playbook_does_not_fail_for_what_is_held() -> None:
    one = Wanted("c", "c", hold=Verdict(Reason.DRIFTED, REPORTED))
    outcome = Outcome(one, Verdict(Reason.DRIFTED, "it differs"), held=REPORTED)
    assert problem_of(outcome) is None
    assert problem_of(replace(outcome, held="")) is not None
