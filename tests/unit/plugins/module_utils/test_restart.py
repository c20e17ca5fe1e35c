# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a restart starts anew, and what has come of it."""

from __future__ import annotations

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import ConnectorStatus, Reason, TaskStatus
from ansible_collections.saiello.kafka_connect.plugins.module_utils._restart import FAILED_SECONDS, Restart, Scope, failed_again, has_settled, planned

TRACE = "org.example.Bad: password is sesame\n\tat x"


def status(connector: str, *tasks: str) -> ConnectorStatus:
    return ConnectorStatus(connector, tuple(TaskStatus(number, state, trace=TRACE) for number, state in enumerate(tasks)), trace=TRACE)


MIXED = status("RUNNING", "RUNNING", "FAILED")


@pytest.mark.parametrize(
    ("scope", "seen", "restart"),
    [
        (Scope(), MIXED, Restart(connector=True)),
        (Scope(include_tasks=True), MIXED, Restart(connector=True, tasks=(0, 1))),
        (Scope(include_tasks=True, only_failed=True), MIXED, Restart(tasks=(1,))),
        (Scope(include_tasks=True, only_failed=True), status("FAILED", "RUNNING"), Restart(connector=True)),
        (Scope(only_failed=True), MIXED, Restart()),
        (Scope(only_failed=True), status("FAILED", "FAILED"), Restart(connector=True)),
        (Scope(task=0), MIXED, Restart(tasks=(0,))),
        (Scope(task=0, only_failed=True), MIXED, Restart()),
        (Scope(task=1, only_failed=True), MIXED, Restart(tasks=(1,))),
        (Scope(task=2), MIXED, Restart()),
        (Scope(include_tasks=True), status("STOPPED"), Restart()),
        (Scope(include_tasks=True), status("PAUSED", "PAUSED"), Restart(connector=True, tasks=(0,))),
    ],
)
def test_planned(scope: Scope, seen: ConnectorStatus, restart: Restart) -> None:
    assert planned(scope, seen) == restart
    assert bool(restart) == bool(restart.connector or restart.tasks)


@pytest.mark.parametrize(
    ("restart", "seen", "waited", "settled"),
    [
        (Restart(True, (0,)), status("RUNNING", "RUNNING"), 0.5, True),
        (Restart(True), status("RUNNING", "RESTARTING"), 0.5, True),
        (Restart(True, (0,)), status("RUNNING", "RESTARTING"), 9.0, False),
        (Restart(True), status("UNASSIGNED"), 9.0, False),
        (Restart(tasks=(0,)), status("UNASSIGNED", "RUNNING"), 0.5, True),
        (Restart(tasks=(0,)), status("RUNNING", "FAILED"), 0.5, False),
        (Restart(tasks=(0,)), status("RUNNING", "FAILED"), FAILED_SECONDS, True),
        (Restart(tasks=(0,)), status("RUNNING"), FAILED_SECONDS, False),
        (Restart(True), None, 9.0, False),
    ],
)
def test_settled(restart: Restart, seen: ConnectorStatus | None, waited: float, settled: bool) -> None:
    assert has_settled(restart, seen, waited) is settled


@pytest.mark.parametrize(
    ("restart", "seen", "message"),
    [
        (Restart(True, (0, 1)), status("FAILED", "FAILED"), "the connector was restarted and failed (org.example.Bad); mend its cause"),
        (Restart(True, (0, 1)), MIXED, "task 1 was restarted and failed (org.example.Bad); mend the cause"),
        (Restart(tasks=(0, 1)), status("RUNNING", "FAILED", "FAILED"), "tasks 0, 1 were restarted and failed (org.example.Bad); mend the cause"),
    ],
)
def test_failed_again(restart: Restart, seen: ConnectorStatus, message: str) -> None:
    verdict = failed_again(restart, seen)
    assert verdict is not None
    assert (verdict.reason, verdict.message) == (Reason.RESTART_FAILED, message)


@pytest.mark.parametrize("seen", [None, status("RUNNING", "RUNNING", "FAILED")])
def test_what_was_not_restarted_may_have_failed(seen: ConnectorStatus | None) -> None:
    assert failed_again(Restart(True, (0,)), seen) is None
