# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""KafkaConnector objects: what they want, who has a name, and the status that they get."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _objects
from ansible_collections.saiello.kafka_connect.plugins.module_utils._address import Endpoint, EndpointError
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import (
    ConnectorStatus,
    Observed,
    Outcome,
    Ownership,
    Presence,
    Reason,
    Refusal,
    RunState,
    TaskStatus,
    UnconfirmedWrite,
    Verdict,
    Write,
)
from ansible_collections.saiello.kafka_connect.plugins.module_utils._objects import LABELS, duplicates, rendered_status, status_patch, wanted_of

NOW = 1_767_225_600.0
RUNNING = Verdict(Reason.RUNNING, "runs")


def an_object(
    name: str = "c", *, status: dict[str, Any] | None = None, host: str = "connect", spec: dict[str, Any] | None = None, **metadata: Any
) -> dict[str, Any]:
    return {
        "metadata": {
            "namespace": "ns",
            "name": name,
            "uid": f"uid-{name}",
            "generation": 1,
            "resourceVersion": "1",
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "labels": {LABELS["schema"]: "http", LABELS["host"]: host, LABELS["port"]: "8083"},
            **metadata,
        },
        "spec": {"class": "C", "tasksMax": 2, "config": {"file": "/a"}, **(spec or {})},
        "status": {"observedGeneration": -1} if status is None else status,
    }


def owning(ownership: str = "Created", host: str = "connect", **more: Any) -> dict[str, Any]:
    return {"ownership": ownership, "endpoint": {"schema": "http", "host": host, "port": "8083"}, **more}


# -- where


def test_the_labels_say_where() -> None:
    assert _objects.endpoint_of(an_object()) == Endpoint("http", "connect", 8083)


@pytest.mark.parametrize("label", LABELS.values())
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_label_is_named(label: str, value: str | None) -> None:
    obj = an_object()
    obj["metadata"]["labels"][label] = value
    with pytest.raises(EndpointError, match=f"label {label} is missing"):
        _objects.endpoint_of(obj)
    del obj["metadata"]["labels"]
    with pytest.raises(EndpointError, match="is missing"):
        _objects.endpoint_of(obj)


def test_a_connector_that_is_owned_is_where_it_was_put() -> None:
    moved = an_object(host="elsewhere", status=owning())
    assert _objects.endpoint_of(moved) == Endpoint("http", "connect", 8083)
    del moved["metadata"]["labels"]
    assert _objects.endpoint_of(moved) == Endpoint("http", "connect", 8083)


@pytest.mark.parametrize("endpoint", [None, "x", {}, {"schema": "http", "host": "", "port": "1"}])
def test_a_broken_record_leaves_the_labels(endpoint: Any) -> None:
    assert _objects.endpoint_of(an_object(status={"ownership": "Created", "endpoint": endpoint})) == Endpoint("http", "connect", 8083)


# -- what it wants


def test_a_spec_is_wanted() -> None:
    wanted = wanted_of(an_object(spec={"state": "paused"}))
    assert wanted.problem is None
    assert (wanted.key, wanted.name, wanted.state, wanted.absent) == ("ns/c", "c", RunState.PAUSED, False)
    assert wanted.config == {"name": "c", "connector.class": "C", "tasks.max": "2", "file": "/a"}


def test_the_connector_may_have_a_name_of_its_own() -> None:
    assert wanted_of(an_object(spec={"connectorName": "a->b"})).config["name"] == "a->b"


def test_an_object_that_is_being_deleted_wants_it_absent() -> None:
    assert wanted_of(an_object(deletionTimestamp="2026-01-01T00:00:00Z")).absent


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ({"config": {"a": None}}, "spec.config key a: null"),
        ({"config": {"a": {"b": "hunter2"}}}, "spec.config key a: a map"),
        ({"config": {"name": "x"}}, "use the field connectorName"),
        ({"connectorName": "a/b"}, "it holds /"),
    ],
)
def test_an_impossible_spec_is_a_problem(spec: dict[str, Any], says: str) -> None:
    problem = wanted_of(an_object(spec=spec)).problem
    assert problem is not None
    assert problem.reason is Reason.INVALID_SPEC
    assert says in problem.message
    assert "hunter2" not in problem.message


def test_moved_labels_are_no_order_to_move() -> None:
    problem = wanted_of(an_object(host="elsewhere", status=owning())).problem
    assert problem is not None
    assert problem.reason is Reason.INVALID_SPEC
    assert "http://elsewhere:8083" in problem.message
    assert "http://connect:8083" in problem.message
    assert wanted_of(an_object(host="elsewhere", status={})).problem is None


def test_the_memory_of_an_object() -> None:
    conditions = [{"type": "Ready", "status": "True", "reason": "Running", "message": "runs"}]
    status = owning(
        observedGeneration=1,
        ownershipTime="2026-01-01T00:00:00Z",
        conditions=conditions,
        unconfirmedWrite={"action": "update", "time": "2026-01-01T00:00:01Z"},
        refused={"generation": 1, "count": 2, "time": "2026-01-01T00:00:02Z"},
        lastChange={"keys": ["a"]},
    )
    memory = _objects.memory_of(an_object(status=status))
    assert (memory.ownership, memory.owned_since, memory.observed, memory.ready) == (Ownership.CREATED, NOW, True, True)
    assert memory.verdict == RUNNING
    assert memory.unconfirmed == UnconfirmedWrite("update", NOW + 1)
    assert memory.refused == Refusal(2, NOW + 2)
    assert memory.changed_keys == ("a",)


def test_a_refusal_is_forgotten_with_the_spec_that_was_refused() -> None:
    """Also after a pass that could not reach Connect has dealt with the new spec."""
    status = owning(observedGeneration=2, refused={"generation": 1, "count": 2, "time": "2026-01-01T00:00:02Z"})
    assert _objects.memory_of(an_object(status=status, generation=2)).refused is None


@pytest.mark.parametrize(
    "status", [None, {}, {"ownership": "Odd", "conditions": [{"type": "Ready", "reason": "Odd"}], "ownershipTime": "x", "lastChange": None}]
)
def test_a_strange_status_is_no_memory(status: dict[str, Any] | None) -> None:
    memory = _objects.memory_of({**an_object(), "status": status})
    assert (memory.ownership, memory.verdict, memory.owned_since, memory.changed_keys) == (Ownership.NONE, None, 0.0, ())


# -- what is to be done


@pytest.mark.parametrize(
    ("reason", "generation", "pending"),
    [("Running", 1, False), ("Running", 2, True), ("Converging", 1, True), ("InvalidSpec", 1, False), ("Odd", 1, True)],
)
def test_pending(reason: str, generation: int, pending: bool) -> None:
    status = {"observedGeneration": 1, "conditions": [{"type": "Ready", "status": "True", "reason": reason}]}
    assert _objects.is_pending(an_object(status=status, generation=generation)) is pending


def test_a_deletion_is_pending_while_the_finalizer_is_there() -> None:
    assert not _objects.is_pending(an_object(deletionTimestamp="x"))
    assert _objects.is_pending(an_object(deletionTimestamp="x", finalizers=[_objects.FINALIZER]))


# -- who has a name


def test_the_oldest_has_the_name() -> None:
    old, new = an_object("old", spec={"connectorName": "x"}), an_object("new", spec={"connectorName": "x"}, creationTimestamp="2026-01-02T00:00:00Z")
    other = an_object("other")
    found = duplicates([new, other, old])
    assert list(found) == ["ns/new"]
    assert found["ns/new"].reason is Reason.DUPLICATE_CLAIM
    assert "ns/old" in found["ns/new"].message


def test_among_those_of_one_moment_the_uid_decides() -> None:
    first, second = an_object("b", uid="1", spec={"connectorName": "x"}), an_object("a", uid="2", spec={"connectorName": "x"})
    assert list(duplicates([second, first])) == list(duplicates([first, second])) == ["ns/a"]


def test_an_owner_keeps_its_name_whatever_is_older() -> None:
    old = an_object("old", spec={"connectorName": "x"})
    owner = an_object("owner", spec={"connectorName": "x"}, status=owning(), creationTimestamp="2026-01-02T00:00:00Z")
    assert list(duplicates([old, owner])) == ["ns/old"]
    owner["metadata"]["deletionTimestamp"] = "x"
    assert list(duplicates([old, owner])) == ["ns/old"]


def test_what_is_being_deleted_without_owning_claims_nothing() -> None:
    old = an_object("old", spec={"connectorName": "x"}, deletionTimestamp="x")
    assert duplicates([old, an_object("new", spec={"connectorName": "x"})]) == {}


# -- status


def outcome(obj: dict[str, Any], verdict: Verdict = RUNNING, **more: Any) -> Outcome:
    tasks = (TaskStatus(0, "RUNNING", "w1"), TaskStatus(1, "RUNNING", "w2"))
    live = ConnectorStatus("RUNNING", tasks, "w1", "source", "4.3.1")
    config = {"tasks.max": "2"}
    return Outcome(
        wanted_of(obj), verdict, **{"observed": Observed(Presence.PRESENT, config, live), "ownership": Ownership.CREATED, "owned_since": NOW, **more}
    )


def test_the_status_of_a_connector_that_is_ours() -> None:
    status = rendered_status(an_object(generation=4), outcome(an_object()), NOW)
    conditions = status.pop("conditions")
    assert {one["type"]: one["status"] for one in conditions} == {"Ready": "True", "Synced": "True"}
    assert {one["observedGeneration"] for one in conditions} == {4}
    assert status == {
        "observedGeneration": 4,
        "connectorName": "c",
        "endpoint": {"schema": "http", "host": "connect", "port": "8083"},
        "url": "http://connect:8083",
        "ownership": "Created",
        "ownershipTime": "2026-01-01T00:00:00Z",
        "tasksMax": 2,
        "tasks": {"total": 2, "running": 2, "failed": 0, "paused": 0, "unassigned": 0},
        "tasksReady": "2/2",
        "failedTasks": [],
        "connectorState": "RUNNING",
        "type": "source",
        "workerId": "w1",
        "pluginVersion": "4.3.1",
    }


def test_nothing_of_a_connector_that_is_not_ours_is_shown() -> None:
    status = rendered_status(an_object(), outcome(an_object(), ownership=Ownership.NONE), NOW)
    assert set(status) == {"endpoint", "url", "observedGeneration", "connectorName", "conditions"}


@pytest.mark.parametrize("tasks_max", ["²", "9" * 20, "-1", "x", "", "1.5"])
def test_a_number_of_tasks_that_is_none_is_not_shown(tasks_max: str) -> None:
    seen = Observed(Presence.PRESENT, {"tasks.max": tasks_max})
    assert "tasksMax" not in rendered_status(an_object(), outcome(an_object(), observed=seen), NOW)


def test_what_is_to_be_remembered_is_written() -> None:
    writes = (Write("update", "drift", ("b", "a"), "done", 0.1), Write("stop", "drift", (), "ConnectTimeout", 0.1))
    told = outcome(an_object(), unconfirmed=UnconfirmedWrite("stop", NOW), refused=Refusal(3, NOW), writes=writes)
    status = rendered_status(an_object(), told, NOW)
    assert status["unconfirmedWrite"] == {"action": "stop", "time": "2026-01-01T00:00:00Z"}
    assert status["refused"] == {"generation": 1, "count": 3, "time": "2026-01-01T00:00:00Z"}
    assert status["lastChange"] == {"time": "2026-01-01T00:00:00Z", "action": "update", "cause": "drift", "keys": ["a", "b"]}


def test_the_keys_of_a_change_are_bounded() -> None:
    many = (Write("update", "spec", tuple(f"k{number:03}" for number in range(99)), "done", 0.1),)
    assert len(rendered_status(an_object(), outcome(an_object(), writes=many), NOW)["lastChange"]["keys"]) == 50


def test_freeze_is_told() -> None:
    frozen = rendered_status(an_object(), outcome(an_object(), Verdict(Reason.DRIFTED, "differs"), frozen=True), NOW)
    assert {one["type"] for one in frozen["conditions"]} == {"Ready", "Synced", "Stalled", "ReconciliationPaused"}


def test_of_an_object_that_has_changed_only_what_was_done_is_recorded() -> None:
    before = owning(observedGeneration=1, unconfirmedWrite={"action": "create", "time": "x"}, tasksReady="1/1")
    obj = an_object(status=before, generation=2)
    assert _objects.remembered_status(obj, outcome(obj, ownership=Ownership.NONE), NOW) == {
        "observedGeneration": 1,
        "tasksReady": "1/1",
        "endpoint": before["endpoint"],
        "url": "http://connect:8083",
    }
    assert _objects.remembered_status(obj, outcome(obj), NOW)["ownership"] == "Created"


# -- patches


def merged(target: Any, patch: Any) -> Any:
    """JSON merge patch (RFC 7396), as the API server does it."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


OUTCOMES: list[dict[str, Any]] = [
    {},
    {
        "verdict": Verdict(Reason.TASKS_FAILED, "failed"),
        "observed": Observed(Presence.PRESENT, {}, ConnectorStatus("RUNNING", (TaskStatus(0, "FAILED", "w"),))),
    },
    {"verdict": Verdict(Reason.CONNECT_UNREACHABLE, "down"), "observed": Observed(Presence.UNKNOWN)},
    {"verdict": Verdict(Reason.CONNECT_TIMEOUT, "t"), "unconfirmed": UnconfirmedWrite("update", NOW)},
    {"verdict": Verdict(Reason.INVALID_CONFIG, "i"), "refused": Refusal(1, NOW)},
    {"verdict": Verdict(Reason.CONNECTOR_EXISTS, "e"), "ownership": Ownership.NONE},
    {"verdict": Verdict(Reason.DRIFTED, "d"), "frozen": True},
    {"writes": (Write("create", "spec", (), "done", 0.1),)},
]


@pytest.mark.parametrize("first", OUTCOMES)
@pytest.mark.parametrize("second", OUTCOMES)
def test_a_patch_leads_to_the_new_status_and_is_not_needed_again(first: dict[str, Any], second: dict[str, Any]) -> None:
    obj = an_object()
    for told, now in ((first, NOW), (second, NOW + 60)):
        rendered = rendered_status(obj, outcome(obj, **told), now)
        obj["status"] = merged(obj["status"], status_patch(obj, rendered))
        assert obj["status"] == rendered
    again = rendered_status(obj, outcome(obj, **{**second, "writes": ()}), NOW + 3600)
    assert status_patch(obj, again) == {}


def test_a_worker_alone_is_no_reason_to_write() -> None:
    obj = an_object()
    told = outcome(obj, observed=Observed(Presence.PRESENT, {}, ConnectorStatus("RUNNING", (TaskStatus(0, "FAILED", "w1"),), "w1")))
    obj["status"] = rendered_status(obj, told, NOW)
    moved = replace(told, observed=Observed(Presence.PRESENT, {}, ConnectorStatus("RUNNING", (TaskStatus(0, "FAILED", "w9"),), "w9")))
    assert status_patch(obj, rendered_status(obj, moved, NOW + 60)) == {}


def test_times_are_those_of_kubernetes() -> None:
    assert _objects.timestamp(NOW + 0.9) == "2026-01-01T00:00:00Z"
    assert _objects.seconds_of("2026-01-01T00:00:00Z") == NOW
    assert _objects.seconds_of(None) == 0.0
