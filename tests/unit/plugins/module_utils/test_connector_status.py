# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The status that a KafkaConnector gets, and the patches that lead there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _connector_status
from ansible_collections.saiello.kafka_connect.plugins.module_utils._connector_status import status_patch
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import (
    KEY_LIMIT,
    KEYS_LIMIT,
    ConnectorStatus,
    Observed,
    Outcome,
    Ownership,
    Presence,
    Reason,
    Refusal,
    TaskStatus,
    UnconfirmedWrite,
    Unremoved,
    Verdict,
    Write,
)
from ansible_collections.saiello.kafka_connect.plugins.module_utils._objects import ACCEPT, PAUSE, PAUSED
from ansible_collections.saiello.kafka_connect.plugins.module_utils._wanted import Terms, wanted_of

from .manifests import NOW, NOW_TEXT, an_object, merged, owning, referring

RUNNING = Verdict(Reason.RUNNING, "runs")
PLACE = {"endpoint": {"schema": "http", "host": "connect", "port": "8083"}, "url": "http://connect:8083"}
NO_TERMS = Terms()
CLUSTER = {"connectCluster": {"namespace": "ns", "name": "prod", "uid": "uid-prod"}, "url": "http://connect:8083"}


def rendered_status(obj: dict[str, Any], told: Outcome, now: float, place: dict[str, Any] | None = None, terms: Terms = NO_TERMS) -> dict[str, Any]:
    return _connector_status.rendered_status(obj, told, now, PLACE if place is None else place, terms)


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


def test_keys_of_a_change_are_cut() -> None:
    keys = ("a" * 9999, *(f"key{number:03}" for number in range(80)))
    status = rendered_status(an_object(), outcome(an_object(), writes=(Write("update", "spec", keys, "done", 0.1),)), NOW)
    assert len(status["lastChange"]["keys"]) == KEYS_LIMIT
    assert max(map(len, status["lastChange"]["keys"])) <= KEY_LIMIT


@pytest.mark.parametrize("tasks_max", ["²", "9" * 20, "-1", "x", "", "1.5"])
def test_a_number_of_tasks_that_is_none_is_not_shown(tasks_max: str) -> None:
    seen = Observed(Presence.PRESENT, {"tasks.max": tasks_max})
    assert "tasksMax" not in rendered_status(an_object(), outcome(an_object(), observed=seen), NOW)


def test_what_is_to_be_remembered_is_written() -> None:
    writes = (Write("update", "drift", ("b", "a"), "done", 0.1), Write("stop", "drift", (), "ConnectTimeout", 0.1))
    told = outcome(an_object(), unconfirmed=UnconfirmedWrite("stop", NOW + 0.1), refused=Refusal(3, NOW, "v"), writes=writes)
    status = rendered_status(an_object(), told, NOW)
    assert status["unconfirmedWrite"] == {"action": "stop", "time": "2026-01-01T00:00:01Z"}
    assert status["refused"] == {"generation": 1, "count": 3, "time": "2026-01-01T00:00:00Z", "sources": "v"}
    assert status["lastChange"] == {"time": "2026-01-01T00:00:00Z", "action": "update", "cause": "drift", "keys": ["a", "b"]}


def test_the_keys_of_a_change_are_bounded() -> None:
    many = (Write("update", "spec", tuple(f"k{number:03}" for number in range(99)), "done", 0.1),)
    assert len(rendered_status(an_object(), outcome(an_object(), writes=many), NOW)["lastChange"]["keys"]) == 50


def test_freeze_is_told() -> None:
    frozen = rendered_status(an_object(), outcome(an_object(), Verdict(Reason.DRIFTED, "differs"), held="frozen"), NOW)
    assert {one["type"] for one in frozen["conditions"]} == {"Ready", "Synced", "Stalled", "ReconciliationPaused"}


def test_of_an_object_that_has_changed_only_what_was_done_is_recorded() -> None:
    before = owning(observedGeneration=1, unconfirmedWrite={"action": "create", "time": "x"}, tasksReady="1/1")
    obj = an_object(status=before, generation=2)
    assert _connector_status.remembered_status(obj, outcome(obj, ownership=Ownership.NONE), NOW, PLACE) == {
        "observedGeneration": 1,
        "tasksReady": "1/1",
        "endpoint": before["endpoint"],
        "url": "http://connect:8083",
    }
    assert _connector_status.remembered_status(obj, outcome(obj), NOW, PLACE)["ownership"] == "Created"


# -- patches


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
    {"verdict": Verdict(Reason.DRIFTED, "d"), "held": "frozen"},
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


DOWN = "Kafka Connect at http://c:8083: connection refused; check the address and that its workers run"
BROKEN = "Kafka Connect at http://c:8083: the connection broke before the answer was whole; check the address and that its workers run"
UNTRUSTED = "Kafka Connect at http://c:8083: its certificate is not trusted; name the authority that signed it in spec.tls"


@pytest.mark.parametrize(
    ("reason", "text", "written"),
    [
        (Reason.CONNECT_UNREACHABLE, BROKEN, False),
        (Reason.CONNECT_UNREACHABLE, "none of the 2 workers answers: a: refused; b: refused; check the addresses, and that the workers run", False),
        (Reason.CONNECT_UNREACHABLE, "Kafka Connect at http://c:8083 is starting", False),
        (Reason.CONNECT_UNREACHABLE, UNTRUSTED, True),
        (Reason.CONNECT_TIMEOUT, BROKEN, True),
        (Reason.STOPPED, "the connector is stopped, as wanted", True),
    ],
)
def test_the_course_of_an_outage_is_no_reason_to_write_but_another_cause_is(reason: Reason, text: str, written: bool) -> None:
    obj = an_object()
    obj["status"] = rendered_status(obj, outcome(obj, Verdict(Reason.CONNECT_UNREACHABLE, DOWN)), NOW)
    assert bool(status_patch(obj, rendered_status(obj, outcome(obj, Verdict(reason, text)), NOW + 60))) is written


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (CLUSTER, {"connectCluster": {"namespace": "ns", "name": "prod"}}),
        (CLUSTER, PLACE),
        (PLACE, CLUSTER),
    ],
)
def test_a_patch_takes_out_what_is_not_known_of_the_place_any_more(before: dict[str, Any], after: dict[str, Any]) -> None:
    obj = referring()
    told = outcome(obj, Verdict(Reason.CONNECT_CLUSTER_NOT_FOUND, "gone"), ownership=Ownership.NONE)
    obj["status"] = rendered_status(obj, told, NOW, before)
    wanted = rendered_status(obj, told, NOW, after)
    obj["status"] = merged(obj["status"], status_patch(obj, wanted))
    assert obj["status"] == wanted
    assert status_patch(obj, rendered_status(obj, told, NOW + 60, after)) == {}


def test_a_default_that_is_withdrawn_is_not_shown_any_more() -> None:
    obj = {**an_object(), "spec": {"class": "C"}}
    both, one = Terms(config={"a": "1"}, tasks_max=2), Terms(config={"a": "1"})
    obj["status"] = rendered_status(obj, outcome(obj), NOW, terms=both)
    assert obj["status"]["effective"] == {"configKeys": ["a"], "tasksMax": 2}
    obj["status"] = merged(obj["status"], status_patch(obj, rendered_status(obj, outcome(obj), NOW, terms=one)))
    assert obj["status"]["effective"] == {"configKeys": ["a"]}
    obj["status"] = merged(obj["status"], status_patch(obj, rendered_status(obj, outcome(obj), NOW)))
    assert "effective" not in obj["status"]


# -- why nothing is written


@pytest.mark.parametrize(
    ("annotation", "held", "reason", "shown"),
    [
        ("", "", Reason.RUNNING, None),
        ("true", "", Reason.RUNNING, PAUSED),
        ("true", "the connection is paused", Reason.DRIFTED, PAUSED),
        ("", "the connection is paused", Reason.DRIFTED, "the connection is paused"),
        ("", "the connection is paused", Reason.DELETION_BLOCKED, "the connection is paused"),
        ("", "mode: Plan", Reason.PLAN_ONLY, None),
        ("", "another cluster", Reason.CONNECT_CLUSTER_CHANGED, None),
    ],
)
def test_the_condition_says_why_writes_are_off(annotation: str, held: str, reason: Reason, shown: str | None) -> None:
    obj = an_object(annotations={PAUSE: annotation})
    conditions = rendered_status(obj, outcome(obj, Verdict(reason, "so"), held=held), NOW)["conditions"]
    assert next((one["message"] for one in conditions if one["type"] == "ReconciliationPaused"), None) == shown


def test_what_our_own_write_did_not_remove_is_written_with_its_generation() -> None:
    obj = an_object(generation=3)
    status = rendered_status(obj, outcome(obj, unremoved=Unremoved(("a", "b"), "v")), NOW)
    assert status["notConverging"] == {"generation": 3, "keys": ["a", "b"], "sources": "v"}


# -- which Kafka cluster


@pytest.mark.parametrize(
    ("before", "live", "ownership", "reason", "after"),
    [
        ({}, "b", Ownership.CREATED, Reason.RUNNING, {"kafkaClusterId": "b"}),
        ({}, "", Ownership.CREATED, Reason.RUNNING, {}),
        ({}, "b", Ownership.NONE, Reason.CONNECTOR_EXISTS, {}),
        ({"kafkaClusterId": "a"}, "", Ownership.CREATED, Reason.RUNNING, {"kafkaClusterId": "a"}),
        ({"kafkaClusterId": "a"}, "b", Ownership.CREATED, Reason.RUNNING, {"kafkaClusterId": "b"}),
        ({"kafkaClusterId": "a"}, "", Ownership.CREATED, Reason.CONNECT_CLUSTER_CHANGED, {"kafkaClusterId": "a"}),
        ({"kafkaClusterId": "a", "acceptedCluster": "a"}, "", Ownership.CREATED, Reason.RUNNING, {"kafkaClusterId": "a", "acceptedCluster": "a"}),
    ],
)
def test_the_kafka_cluster_is_kept(before: dict[str, str], live: str, ownership: Ownership, reason: Reason, after: dict[str, str]) -> None:
    obj = an_object(status=before)
    status = rendered_status(obj, outcome(obj, Verdict(reason, "so"), ownership=ownership, cluster_id=live), NOW)
    assert {key: value for key, value in status.items() if key in ("kafkaClusterId", "acceptedCluster")} == after


def test_an_accepted_cluster_is_recorded_as_done() -> None:
    obj = an_object(status=owning(kafkaClusterId="a"), annotations={ACCEPT: " b@2 "})
    status = rendered_status(obj, outcome(obj, cluster_id="b"), NOW)
    assert (status["kafkaClusterId"], status["acceptedCluster"]) == ("b", "b@2")
    assert "acceptedCluster" not in rendered_status(obj, outcome(obj), NOW)


def test_an_own_connection_takes_the_place_of_the_labels() -> None:
    obj = referring()
    status = rendered_status(obj, outcome(obj), NOW, CLUSTER)
    assert (status["connectCluster"], status["ownershipTime"]) == (CLUSTER["connectCluster"], NOW_TEXT)
    assert "endpoint" not in status
