# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of reasons, the judgement of every state, and what a condition says."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import ConnectorStatus, Reason, RunState, TaskStatus, Verdict, Wanted
from ansible_collections.saiello.kafka_connect.plugins.module_utils._status import PASSING_SECONDS, REASONS, cause_of, conditions, judge, task_summary

NOW, LATER = "2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z"
TRACE = "org.apache.ConnectException: password=hunter2\n\tat org.apache.X.run(X.java:1)\nCaused by: java.net.ConnectException: to hunter2\n"


def wanted(state: RunState | None) -> Wanted:
    return Wanted("ns/c", "c", state=state)


def status(state: str, *tasks: str, trace: str = "") -> ConnectorStatus:
    return ConnectorStatus(state, tuple(TaskStatus(number, task, trace=trace) for number, task in enumerate(tasks)), trace=trace)


# -- the table


def test_every_reason_has_a_row() -> None:
    assert set(REASONS) == set(Reason)


@pytest.mark.parametrize("reason", Reason)
def test_what_is_not_ready_either_goes_on_or_waits_for_a_person(reason: Reason) -> None:
    row = REASONS[reason]
    assert row.ready in ("True", "False", "Unknown")
    assert row.reconciling + row.stalled == (row.ready != "True")
    assert row.ready != "True" or row.synced == "True"


def kstatus(obj: dict[str, Any]) -> str:
    """The rules of sigs.k8s.io/cli-utils kstatus for a kind that it does not know."""
    if "deletionTimestamp" in obj["metadata"]:
        return "Terminating"
    found = {condition["type"]: condition["status"] for condition in obj["status"].get("conditions", ())}
    if obj["status"].get("observedGeneration", obj["metadata"]["generation"]) != obj["metadata"]["generation"]:
        return "InProgress"
    if found.get("Reconciling") == "True":
        return "InProgress"
    if found.get("Stalled") == "True":
        return "Failed"
    return "Current" if found.get("Ready", "True") == "True" else "InProgress"


CURRENT = {Reason.RUNNING, Reason.PAUSED, Reason.STOPPED}
IN_PROGRESS = {
    Reason.CONVERGING,
    Reason.UNASSIGNED,
    Reason.CONNECT_UNREACHABLE,
    Reason.CONNECT_REBALANCING,
    Reason.CONNECT_TIMEOUT,
    Reason.CONNECT_THROTTLED,
    Reason.DELETING,
    Reason.DELETION_BLOCKED,
}


@pytest.mark.parametrize("reason", Reason)
def test_kstatus_sees_current_in_progress_or_failed(reason: Reason) -> None:
    expected = "Current" if reason in CURRENT else "InProgress" if reason in IN_PROGRESS else "Failed"
    obj = {"metadata": {"generation": 3}, "status": {"observedGeneration": 3, "conditions": conditions(Verdict(reason, "m"), 3, [], NOW)}}
    assert kstatus(obj) == expected
    assert kstatus({**obj, "metadata": {"generation": 4}}) == "InProgress"
    assert kstatus({"metadata": {"generation": 1}, "status": {"observedGeneration": -1}}) == "InProgress"


# -- the judgement


@pytest.mark.parametrize(
    ("state", "live", "reason"),
    [
        (RunState.RUNNING, status("RUNNING", "RUNNING", "RUNNING"), Reason.RUNNING),
        (RunState.PAUSED, status("PAUSED", "PAUSED"), Reason.PAUSED),
        (RunState.PAUSED, status("PAUSED"), Reason.PAUSED),
        (RunState.STOPPED, status("STOPPED"), Reason.STOPPED),
        (None, status("RUNNING", "RUNNING"), Reason.RUNNING),
        (None, status("PAUSED", "PAUSED"), Reason.PAUSED),
        (None, status("STOPPED"), Reason.STOPPED),
        *((state, status("FAILED", trace=TRACE), Reason.CONNECTOR_FAILED) for state in (*RunState, None)),
        *((state, status("FAILED", "RUNNING"), Reason.CONNECTOR_FAILED) for state in (*RunState, None)),
        *((state, status("RUNNING", "RUNNING", "FAILED"), Reason.TASKS_FAILED) for state in (*RunState, None)),
        (RunState.PAUSED, status("PAUSED", "PAUSED", "FAILED"), Reason.TASKS_FAILED),
        (RunState.RUNNING, status("UNASSIGNED", "FAILED"), Reason.TASKS_FAILED),
    ],
)
def test_states_that_say_it_all(state: RunState | None, live: ConnectorStatus, reason: Reason) -> None:
    for lasted in (0.0, PASSING_SECONDS, 3600.0):
        judgement = judge(wanted(state), live, lasted=lasted)
        assert judgement.settled
        assert judgement.verdict.reason is reason


@pytest.mark.parametrize(
    ("state", "live", "after"),
    [
        (RunState.RUNNING, None, Reason.UNASSIGNED),
        (RunState.PAUSED, None, Reason.UNASSIGNED),
        (None, None, Reason.UNASSIGNED),
        *((state, status("UNASSIGNED", "RUNNING"), Reason.UNASSIGNED) for state in (*RunState, None)),
        *((state, status("RESTARTING"), Reason.UNASSIGNED) for state in (*RunState, None)),
        (RunState.RUNNING, status("RUNNING", "RUNNING", "UNASSIGNED"), Reason.UNASSIGNED),
        (RunState.RUNNING, status("RUNNING", "RESTARTING"), Reason.UNASSIGNED),
        (RunState.RUNNING, status("RUNNING"), Reason.RUNNING),
        (None, status("RUNNING"), Reason.RUNNING),
        (None, status("PAUSED", "RUNNING"), Reason.CONVERGING),
        (None, status("STOPPED", "RUNNING"), Reason.CONVERGING),
        (None, status("DESTROYED"), Reason.CONVERGING),
        (RunState.RUNNING, status("RUNNING", "PAUSED"), Reason.CONVERGING),
        (RunState.RUNNING, status("PAUSED", "PAUSED"), Reason.CONVERGING),
        (RunState.RUNNING, status("STOPPED"), Reason.CONVERGING),
        (RunState.PAUSED, status("RUNNING", "RUNNING"), Reason.CONVERGING),
        (RunState.PAUSED, status("PAUSED", "RUNNING"), Reason.CONVERGING),
        (RunState.STOPPED, status("STOPPED", "RUNNING"), Reason.CONVERGING),
        (RunState.STOPPED, status("RUNNING"), Reason.CONVERGING),
        (RunState.STOPPED, status("STOPPED", "UNASSIGNED"), Reason.UNASSIGNED),
        (RunState.RUNNING, status("DESTROYED"), Reason.CONVERGING),
    ],
)
def test_states_on_the_way_count_only_when_they_last(state: RunState | None, live: ConnectorStatus | None, after: Reason) -> None:
    for lasted in (0.0, PASSING_SECONDS - 0.01):
        judgement = judge(wanted(state), live, lasted=lasted)
        assert not judgement.settled
        assert judgement.verdict.reason is Reason.CONVERGING
    judgement = judge(wanted(state), live, lasted=PASSING_SECONDS)
    assert judgement.verdict.reason is after
    assert judgement.settled is (after is Reason.RUNNING)


# -- what is said of failures


@pytest.mark.parametrize(
    ("trace", "cause"),
    [
        (TRACE, "java.net.ConnectException"),
        ("org.apache.kafka.common.KafkaException", "org.apache.kafka.common.KafkaException"),
        ("a.b.Outer$Inner: x", "a.b.Outer$Inner"),
        ("", "no exception given"),
        ("hunter2", "no exception given"),
        ("a.b.FailedException: see\nhunter2.secret.example\nhunter2.Secret and more\n\tat x.Y(Z)", "a.b.FailedException"),
        ("a.b.FailedException: Caused by: hunter2.Secret: x", "a.b.FailedException"),
        ("hunter2.secret: x", "no exception given"),
        ("a." * 500 + "FailedException", "no exception given"),
    ],
)
def test_the_cause_is_the_class_of_the_innermost_exception(trace: str, cause: str) -> None:
    assert cause_of(trace) == cause


@pytest.mark.parametrize("live", [status("FAILED", trace=TRACE), status("RUNNING", "FAILED", trace=TRACE)])
def test_no_text_of_a_trace_is_shown(live: ConnectorStatus) -> None:
    message = judge(wanted(RunState.RUNNING), live).verdict.message
    assert "java.net.ConnectException" in message
    assert "hunter2" not in message
    assert "hunter2" not in str(task_summary(live.tasks))


def test_many_causes_stay_a_short_message() -> None:
    tasks = tuple(TaskStatus(number, "FAILED", trace=f"org.example.Failed{number}Exception: x") for number in range(500))
    assert len(judge(wanted(RunState.RUNNING), ConnectorStatus("RUNNING", tasks)).verdict.message) < 400


def test_tasks_are_counted_and_the_failed_ones_listed() -> None:
    states = ["RUNNING", "FAILED", "PAUSED", "UNASSIGNED", "RESTARTING", "FAILED"]
    tasks = tuple(TaskStatus(9 - number, state, f"w{number}", TRACE) for number, state in enumerate(states))
    assert task_summary(tasks) == {
        "tasks": {"total": 6, "running": 1, "failed": 2, "paused": 1, "unassigned": 1},
        "tasksReady": "1/6",
        "failedTasks": [
            {"id": 4, "workerId": "w5", "reason": "java.net.ConnectException"},
            {"id": 8, "workerId": "w1", "reason": "java.net.ConnectException"},
        ],
    }


def test_the_list_of_failed_tasks_is_bounded() -> None:
    tasks = tuple(TaskStatus(number, "FAILED") for number in range(100))
    assert [task["id"] for task in task_summary(tasks)["failedTasks"]] == list(range(20))


# -- conditions


def by_type(found: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {condition["type"]: condition for condition in found}


def test_a_transition_time_is_kept_while_the_status_stays() -> None:
    first = conditions(Verdict(Reason.RUNNING, "runs"), 1, [], NOW)
    second = conditions(Verdict(Reason.PAUSED, "paused"), 2, first, LATER)
    assert [(one["type"], one["lastTransitionTime"], one["reason"], one["observedGeneration"]) for one in second] == [
        ("Ready", NOW, "Paused", 2),
        ("Synced", NOW, "Paused", 2),
    ]
    third = by_type(conditions(Verdict(Reason.TASKS_FAILED, "failed"), 2, second, LATER))
    assert third["Ready"]["lastTransitionTime"] == LATER
    assert third["Synced"]["lastTransitionTime"] == NOW
    assert third["Stalled"] == {**third["Ready"], "type": "Stalled", "status": "True"}


def test_only_what_is_true_is_told_besides_ready_and_synced() -> None:
    assert [one["type"] for one in conditions(Verdict(Reason.RUNNING, ""), 1, [], NOW)] == ["Ready", "Synced"]
    assert [one["type"] for one in conditions(Verdict(Reason.CONVERGING, ""), 1, [], NOW)] == ["Ready", "Synced", "Reconciling"]
    paused = by_type(conditions(Verdict(Reason.DRIFTED, "differs"), 1, [], NOW, paused="frozen"))
    assert set(paused) == {"Ready", "Synced", "Stalled", "ReconciliationPaused"}
    assert paused["ReconciliationPaused"]["message"] == "frozen"


def test_conditions_of_others_and_sparse_ones_are_no_obstacle() -> None:
    previous: list[dict[str, Any]] = [{"type": "Failure", "status": "True"}, {"type": "Ready", "status": "True"}]
    found = by_type(conditions(Verdict(Reason.RUNNING, "runs"), 1, previous, NOW))
    assert set(found) == {"Ready", "Synced"}
    assert found["Ready"]["lastTransitionTime"] == NOW
