# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The status of a KafkaConnectCluster, field by field, and when it is written."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils._cluster_status import (
    PLUGINS_LIMIT,
    SIGN_OF_LIFE_SECONDS,
    UNMANAGED_LIMIT,
    USERS_LIMIT,
    Sync,
    changed_cluster,
    is_due,
    rendered,
    status_patch,
    users_of,
    verdict_of,
)
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import NAME_LIMIT, Outcome, Reason, Verdict, Wanted
from ansible_collections.saiello.kafka_connect.plugins.module_utils._objects import ACCEPT, PAUSE, PAUSED, timestamp
from ansible_collections.saiello.kafka_connect.plugins.module_utils._payloads import Plugin

from .manifests import NOW, NOW_TEXT, a_connection, merged, owning_on, referring

URL = "http://connect:8083"
RUNNING = Verdict(Reason.RUNNING, f"Kafka Connect answers at {URL}")
CHANGED = Verdict(Reason.CONNECT_CLUSTER_CHANGED, "another cluster")
DOWN = Verdict(Reason.CONNECT_UNREACHABLE, "no answer")
PLUGINS = (Plugin("org.example.Sink", "sink", "1.0"), Plugin("org.example.Source", "source", ""))
SYNC = Sync(RUNNING, URL, "4.3.1", "a", PLUGINS, ("theirs",))


def told(reason: Reason, name: str = "c") -> Outcome:
    return Outcome(Wanted(f"ns/{name}", name), Verdict(reason, ""))


def ready(name: str, status: str = "True", reason: Reason = Reason.RUNNING) -> dict[str, Any]:
    return referring(name, status=owning_on(conditions=[{"type": "Ready", "status": status, "reason": reason.value}]))


# -- the fields


def test_a_connection_that_answers() -> None:
    failed = (Reason.TASKS_FAILED, Reason.CONNECTOR_FAILED, Reason.RESTARTS_EXHAUSTED)
    others = (Reason.CONVERGING, Reason.INVALID_SPEC)
    members = [ready("a"), ready("c", "Unknown"), referring("d"), *(ready(one.value, "False", one) for one in (*failed, *others))]
    status = rendered(a_connection(generation=3), SYNC, [told(Reason.RUNNING)], members, NOW)
    conditions = status.pop("conditions")
    assert status == {
        "observedGeneration": 3,
        "url": URL,
        "version": "4.3.1",
        "kafkaClusterId": "a",
        "plugins": [{"class": "org.example.Sink", "type": "sink", "version": "1.0"}, {"class": "org.example.Source", "type": "source"}],
        "connectors": {"managed": 8, "ready": 1, "failed": 3, "unmanaged": 1},
        "unmanagedConnectors": ["theirs"],
        "lastSyncTime": NOW_TEXT,
    }
    assert conditions == [
        {
            "type": "Ready",
            "status": "True",
            "reason": "Running",
            "message": f"Kafka Connect answers at {URL}",
            "observedGeneration": 3,
            "lastTransitionTime": NOW_TEXT,
        }
    ]


@pytest.mark.parametrize(
    ("verdict", "ready", "beside"),
    [
        (RUNNING, "True", []),
        (DOWN, "Unknown", ["Reconciling"]),
        (CHANGED, "False", ["Stalled"]),
        (Verdict(Reason.REFERENCE_NOT_FOUND, "no Secret"), "False", ["Stalled"]),
        (Verdict(Reason.DELETION_BLOCKED, "used"), "False", ["Reconciling"]),
    ],
)
def test_conditions_are_those_of_the_table_without_synced(verdict: Verdict, ready: str, beside: list[str]) -> None:
    found = {one["type"]: one["status"] for one in rendered(a_connection(), replace(SYNC, verdict=verdict), [], [], NOW)["conditions"]}
    assert found == {"Ready": ready, **dict.fromkeys(beside, "True")}


def test_a_pause_shows() -> None:
    conditions = rendered(a_connection(annotations={PAUSE: "true"}), SYNC, [], [], NOW)["conditions"]
    assert [one["message"] for one in conditions if one["type"] == "ReconciliationPaused"] == [PAUSED]


def test_what_was_known_stays_while_connect_cannot_be_asked() -> None:
    obj = a_connection(status=rendered(a_connection(), SYNC, [], [], NOW))
    status = rendered(obj, Sync(DOWN), [], [], NOW + 60)
    kept = ("url", "version", "kafkaClusterId", "plugins", "unmanagedConnectors", "connectors", "lastSyncTime")
    assert {key: status[key] for key in kept} == {key: obj["status"][key] for key in kept}


def test_what_is_not_known_yet_is_not_there() -> None:
    assert set(rendered(a_connection(), Sync(DOWN), [], [], NOW)) == {"observedGeneration", "connectors", "conditions"}


def test_a_long_outage_is_no_sign_of_life() -> None:
    obj = a_connection(status=rendered(a_connection(), SYNC, [], [], NOW))
    obj["status"] = rendered(obj, Sync(DOWN), [], [], NOW + 60)
    later = NOW + 60 + SIGN_OF_LIFE_SECONDS
    assert status_patch(obj, rendered(obj, Sync(DOWN), [], [], later), later) == {}


def test_what_is_reported_is_bounded_and_what_is_counted_is_not() -> None:
    plugins = tuple(Plugin(f"org.P{number}", "sink", "1") for number in range(PLUGINS_LIMIT + 9))
    names = tuple(f"c{number:04}" for number in range(UNMANAGED_LIMIT + 9))
    status = rendered(a_connection(), replace(SYNC, plugins=plugins, unmanaged=names), [], [], NOW)
    assert (len(status["plugins"]), len(status["unmanagedConnectors"])) == (PLUGINS_LIMIT, UNMANAGED_LIMIT)
    assert status["connectors"]["unmanaged"] == UNMANAGED_LIMIT + 9


def test_the_longest_names_fit_into_an_object() -> None:
    names = tuple(f"{number:03}" + "\u20ac" * 100_000 for number in range(UNMANAGED_LIMIT))
    status = rendered(a_connection(), replace(SYNC, unmanaged=(*names, "x" * NAME_LIMIT)[1:]), [], [], NOW)
    assert len(json.dumps(status, ensure_ascii=False).encode()) < 100_000
    assert status["unmanagedConnectors"][0] == "001" + "\u20ac" * (NAME_LIMIT - 3) + "..."
    assert status["unmanagedConnectors"][-1] == "x" * NAME_LIMIT


@pytest.mark.parametrize(("unmanaged", "names", "count"), [(None, ["theirs"], 1), ((), None, 0), (("x", "y"), ["x", "y"], 2)])
def test_unmanaged_names_are_kept_only_while_they_are_not_known(unmanaged: tuple[str, ...] | None, names: list[str] | None, count: int) -> None:
    obj = a_connection(status=rendered(a_connection(), SYNC, [], [], NOW))
    status = rendered(obj, replace(SYNC, unmanaged=unmanaged), [], [], NOW)
    assert (status.get("unmanagedConnectors"), status["connectors"]["unmanaged"]) == (names, count)


# -- which Kafka cluster


@pytest.mark.parametrize(
    ("recorded", "accepted", "live", "outcomes", "changed"),
    [
        ("", "", "b", [], False),
        ("a", "", "a", [], False),
        ("a", "", "", [], False),
        ("a", "", "b", [], True),
        ("a", "b", "b", [], False),
        ("a", "b", "c", [], True),
        ("a", "", "a", [told(Reason.RUNNING), Outcome(Wanted("ns/c", "c"), CHANGED)], True),
    ],
)
def test_somebody_has_to_accept_another_cluster(recorded: str, accepted: str, live: str, outcomes: list[Outcome], changed: bool) -> None:
    obj = a_connection(status={"kafkaClusterId": recorded}, annotations={ACCEPT: accepted})
    verdict = changed_cluster(obj, outcomes, live)
    assert bool(verdict) is changed
    assert verdict is None or verdict.reason is Reason.CONNECT_CLUSTER_CHANGED


@pytest.mark.parametrize(
    ("verdict", "live", "after"),
    [
        (RUNNING, "b", {"kafkaClusterId": "b", "acceptedCluster": "b@2"}),
        (RUNNING, "", {"kafkaClusterId": "a", "acceptedCluster": "b@2"}),
        (RUNNING, None, {"kafkaClusterId": "a"}),
        (CHANGED, None, {"kafkaClusterId": "a"}),
    ],
)
def test_the_cluster_is_recorded_unless_it_has_to_be_accepted_first(verdict: Verdict, live: str | None, after: dict[str, str]) -> None:
    obj = a_connection(status={"kafkaClusterId": "a"}, annotations={ACCEPT: " b@2"})
    status = rendered(obj, replace(SYNC, verdict=verdict, cluster_id=live), [], [], NOW)
    assert {key: value for key, value in status.items() if key in ("kafkaClusterId", "acceptedCluster")} == after


# -- what it is like


def test_a_problem_is_the_verdict_and_without_one_it_answers() -> None:
    assert verdict_of(a_connection(), None, [], URL) == RUNNING
    assert verdict_of(a_connection(), DOWN, [ready("a")], "") == DOWN


def test_while_it_is_used_its_deletion_waits_and_names_the_users() -> None:
    leaving = a_connection(deletionTimestamp="x")
    verdict = verdict_of(leaving, DOWN, [ready("b"), ready("a")], "")
    assert verdict.reason is Reason.DELETION_BLOCKED
    assert verdict.message == "connectors still use it: ns/a, ns/b; delete these KafkaConnectors first"
    many = [ready(f"c{number:02}") for number in range(USERS_LIMIT + 2)]
    text = verdict_of(leaving, None, many, "").message
    assert text.count("ns/c") == USERS_LIMIT
    assert "ns/c09, ...; delete" in text
    assert verdict_of(leaving, None, [], URL) == RUNNING
    assert verdict_of(a_connection(), None, many, URL) == RUNNING


def test_it_waits_in_other_words_for_those_that_are_being_deleted_already() -> None:
    leaving = a_connection(deletionTimestamp="x")
    waits = "connectors on it are still being deleted: ns/b; their KafkaConnectors say what they wait for"
    gone = {**ready("b"), "metadata": {**ready("b")["metadata"], "deletionTimestamp": "x"}}
    assert verdict_of(leaving, DOWN, [gone], "").message == waits
    assert verdict_of(leaving, DOWN, [gone, ready("a")], "").message == (
        f"connectors still use it: ns/a; delete these KafkaConnectors first; {waits}"
    )


def test_users_are_those_that_own_something() -> None:
    members = [referring("none"), *(referring(one, status=owning_on(ownership=one)) for one in ("Creating", "Created", "Adopted"))]
    assert [one["metadata"]["name"] for one in users_of(members)] == ["Creating", "Created", "Adopted"]


# -- when the worker is asked, and when it is written


@pytest.mark.parametrize(
    ("change", "later", "due"),
    [
        ({}, 0.0, False),
        ({}, SIGN_OF_LIFE_SECONDS - 1, False),
        ({}, SIGN_OF_LIFE_SECONDS, True),
        ({"version": None}, 0.0, True),
        ({"observedGeneration": 0}, 0.0, True),
        ({"lastSyncTime": None}, 0.0, True),
        ({"conditions": [{"type": "Ready", "status": "Unknown", "reason": "ConnectUnreachable"}]}, 0.0, True),
        ({"conditions": None}, 0.0, True),
    ],
)
def test_the_worker_is_asked_for_itself_now_and_then_and_after_trouble(change: dict[str, Any], later: float, due: bool) -> None:
    obj = a_connection(status=merged(rendered(a_connection(), SYNC, [], [], NOW), change))
    assert is_due(obj, 0.0, NOW + later) is due


def test_a_new_connection_asks() -> None:
    assert is_due(a_connection(), 0.0, NOW)
    assert is_due(a_connection(), NOW, NOW)


@pytest.mark.parametrize(("age", "due"), [(0.0, False), (SIGN_OF_LIFE_SECONDS - 1, False), (SIGN_OF_LIFE_SECONDS, True)])
def test_a_worker_that_may_not_say_what_it_is_is_asked_no_more_often(age: float, due: bool) -> None:
    obj = a_connection(status=rendered(a_connection(), replace(SYNC, version=""), [], [], NOW))
    assert is_due(obj, NOW - age, NOW) is due


def synced(sync: Sync = SYNC) -> dict[str, Any]:
    return a_connection(status=rendered(a_connection(), sync, [told(Reason.RUNNING)], [ready("a")], NOW))


@pytest.mark.parametrize("later", [0.0, 60.0, SIGN_OF_LIFE_SECONDS - 1])
def test_nothing_is_written_when_nothing_changed(later: float) -> None:
    obj = synced()
    again = rendered(obj, Sync(RUNNING, URL, unmanaged=("theirs",)), [told(Reason.RUNNING)], [ready("a")], NOW + later)
    assert status_patch(obj, again, NOW + later) == {}


def test_the_sign_of_life_is_the_time_alone() -> None:
    obj = synced()
    now = NOW + SIGN_OF_LIFE_SECONDS
    again = rendered(obj, SYNC, [told(Reason.RUNNING)], [ready("a")], now)
    assert status_patch(obj, again, now) == {"lastSyncTime": timestamp(now)}


CHANGES: list[dict[str, Any]] = [
    {"verdict": DOWN, "url": "", "version": "", "cluster_id": "", "plugins": None, "unmanaged": None},
    {"verdict": CHANGED, "cluster_id": ""},
    {"version": "4.4.0"},
    {"url": "http://other:8083"},
    {"plugins": PLUGINS[:1]},
    {"unmanaged": ()},
    {"unmanaged": ("a", "b")},
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_patch_leads_to_the_new_status_and_back(change: dict[str, Any]) -> None:
    obj = synced()
    for number, sync in enumerate((replace(SYNC, **change), SYNC), 1):
        new = rendered(obj, sync, [told(Reason.RUNNING)], [ready("a")], NOW + number)
        patch = status_patch(obj, new, NOW + number)
        assert patch.get("lastSyncTime") == (timestamp(NOW + number) if sync.url else None)
        obj["status"] = merged(obj["status"], patch)
        assert obj["status"] == new


@pytest.mark.parametrize("members", [[ready("a", "True", Reason.TASKS_FAILED)], [ready("a", "False")], [ready("a"), ready("b")]])
def test_counts_alone_are_written_too(members: list[dict[str, Any]]) -> None:
    obj = synced()
    patch = status_patch(obj, rendered(obj, SYNC, [told(Reason.RUNNING)], members, NOW + 60), NOW + 60)
    assert set(patch) == {"connectors", "lastSyncTime"}


def test_a_failed_connector_counts_also_where_a_pass_had_no_time_for_it() -> None:
    later = replace(told(Reason.CONNECT_TIMEOUT, "a"), deferred=True)
    status = rendered(a_connection(), SYNC, [later], [ready("a", "False", Reason.TASKS_FAILED)], NOW)
    assert status["connectors"]["failed"] == 1
