# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""What a connector's state means, and the one table from reasons to conditions. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ._model import ConnectorStatus, Reason, RunState, TaskStatus, Verdict, Wanted

TRUE, FALSE, UNKNOWN = "True", "False", "Unknown"


@dataclass(frozen=True)
class Row:
    """Ready and Synced as texts; exactly one of the others is set unless Ready is True (kstatus, Flux, Argo CD)."""

    ready: str
    synced: str
    reconciling: bool = False
    stalled: bool = False


_fine = Row(TRUE, TRUE)
_acting = Row(FALSE, FALSE, reconciling=True)
_asking = Row(UNKNOWN, UNKNOWN, reconciling=True)
_cannot_ask = Row(UNKNOWN, UNKNOWN, stalled=True)
_person = Row(FALSE, FALSE, stalled=True)
_broken = Row(FALSE, TRUE, stalled=True)

REASONS: dict[Reason, Row] = {
    Reason.RUNNING: _fine,
    Reason.PAUSED: _fine,
    Reason.STOPPED: _fine,
    Reason.CONVERGING: _acting,
    Reason.CONNECTOR_FAILED: _broken,
    Reason.TASKS_FAILED: _broken,
    Reason.UNASSIGNED: Row(FALSE, TRUE, reconciling=True),
    Reason.CONNECT_UNREACHABLE: _asking,
    Reason.CONNECT_UNAUTHORIZED: _cannot_ask,
    Reason.CONNECT_FORBIDDEN: _cannot_ask,
    Reason.CONNECT_REBALANCING: _asking,
    Reason.CONNECT_TIMEOUT: _asking,
    Reason.CONNECT_THROTTLED: _asking,
    Reason.NOT_CONNECT: _cannot_ask,
    Reason.CONNECT_CLUSTER_CHANGED: Row(FALSE, UNKNOWN, stalled=True),
    Reason.INVALID_SPEC: _person,
    Reason.INVALID_CONFIG: _person,
    Reason.PLUGIN_NOT_FOUND: _person,
    Reason.CONNECTOR_EXISTS: _person,
    Reason.DUPLICATE_CLAIM: _person,
    Reason.ENDPOINT_NOT_ALLOWED: _person,
    Reason.NAMESPACE_NOT_ALLOWED: _person,
    Reason.CONNECT_CLUSTER_NOT_FOUND: _person,
    Reason.REFERENCE_NOT_FOUND: _person,
    Reason.DRIFTED: _person,
    Reason.NOT_CONVERGING: _person,
    Reason.PLAN_ONLY: _person,
    Reason.RESTART_FAILED: _broken,
    Reason.RESTARTS_EXHAUSTED: _broken,
    Reason.OFFSETS_REFUSED: _broken,
    Reason.DELETING: _acting,
    Reason.DELETION_BLOCKED: Row(FALSE, UNKNOWN, reconciling=True),
}

# States that Connect passes through by itself; they count only when they last.
PASSING = ("UNASSIGNED", "RESTARTING")
PASSING_SECONDS = 15.0


@dataclass(frozen=True)
class Judgement:
    """``settled`` False: Connect is on its way from one state to another, and a later look may say more."""

    verdict: Verdict
    settled: bool = True


def judge(wanted: Wanted, status: ConnectorStatus | None, *, lasted: float = 0.0) -> Judgement:
    """Whether a connector whose configuration is as wanted does what it should.

    :param lasted: seconds for which it has been unsettled already.
    """
    judgement = _judge(wanted, status)
    if judgement.settled or lasted < PASSING_SECONDS:
        return judgement
    if is_idle(status) and wanted.state in (RunState.RUNNING, None):
        return Judgement(Verdict(Reason.RUNNING, "the connector runs; it has found nothing to make tasks for"))
    if status is None or status.state in PASSING or any(task.state in PASSING for task in status.tasks):
        return Judgement(
            Verdict(Reason.UNASSIGNED, "no worker runs the connector or all of its tasks; look at the workers of this Connect"), settled=False
        )
    return judgement


def is_idle(status: ConnectorStatus | None) -> bool:
    """Whether a connector runs and has no tasks."""
    return status is not None and status.state == "RUNNING" and not status.tasks


def _judge(wanted: Wanted, status: ConnectorStatus | None) -> Judgement:
    if status is None:
        return _converging("Connect has no status of the connector yet")
    if status.state == "FAILED":
        return Judgement(Verdict(Reason.CONNECTOR_FAILED, f"the connector failed ({cause_of(status.trace)}); mend its cause, then restart it"))
    if any(task.state == "FAILED" for task in status.tasks):
        causes = sorted({cause_of(task.trace) for task in status.tasks if task.state == "FAILED"})[:CAUSES_LIMIT]
        return Judgement(Verdict(Reason.TASKS_FAILED, f"tasks failed ({', '.join(causes)}); mend the cause, then restart them"))
    if status.state in PASSING:
        return _converging(f"the connector is {status.state}")
    if wanted.state is None:
        return _judge_left_alone(status)
    if wanted.leaves(status.state):
        text = f"the connector was {status.state} by hand and is left so (driftPolicy: RepairConfig); resume it by hand, or edit spec.state"
        return Judgement(Verdict(Reason.DRIFTED, text))
    if status.state != wanted.state.name:
        return _converging(f"the connector is {status.state}, to become {wanted.state.name}")
    return _judge_tasks(wanted.state, status)


def _judge_left_alone(status: ConnectorStatus) -> Judgement:
    """A connector that may be in any run state: its tasks have to be in the same."""
    state = next((state for state in RunState if state.name == status.state), None)
    if state is None:
        return _converging(f"the connector is {status.state}")
    judgement = _judge_tasks(state, status)
    if judgement.settled and state is not RunState.RUNNING:
        return Judgement(Verdict(judgement.verdict.reason, f"the connector is {status.state}"))
    return judgement


def _judge_tasks(state: RunState, status: ConnectorStatus) -> Judgement:
    if state is RunState.STOPPED:
        if status.tasks:
            return _converging("its tasks are being stopped")
        return Judgement(Verdict(Reason.STOPPED, "the connector is stopped, as wanted"))
    if any(task.state != state.name for task in status.tasks):
        return _converging(f"not all of its tasks are {state.name} yet")
    if state is RunState.PAUSED:
        return Judgement(Verdict(Reason.PAUSED, "the connector is paused, as wanted"))
    if not status.tasks:
        return _converging("the connector runs and has no tasks yet")
    return Judgement(Verdict(Reason.RUNNING, "the connector and all of its tasks run"))


def _converging(message: str) -> Judgement:
    return Judgement(Verdict(Reason.CONVERGING, message), settled=False)


# A message may have lines of its own, so only what stands where Java writes a class counts.
_EXCEPTION = re.compile(r"(?:\A|^Caused by: )((?:[A-Za-z_]\w{0,60}\.){1,12}[A-Z][\w$]{0,120})(?=:|\s*$)", re.MULTILINE)
CAUSES_LIMIT = 3


def cause_of(trace: str) -> str:
    """The class of the innermost exception of a trace. Its message stays out: it may hold a resolved secret."""
    found = _EXCEPTION.findall(trace)
    return found[-1] if found else "no exception given"


FAILED_TASKS_LIMIT = 20


def task_summary(tasks: tuple[TaskStatus, ...]) -> dict[str, Any]:
    """The task part of a status: counts, "2/2", and the failed ones (at most 20, by id)."""
    counts = {state: sum(task.state == state.upper() for task in tasks) for state in ("running", "failed", "paused", "unassigned")}
    failed = sorted((task for task in tasks if task.state == "FAILED"), key=lambda task: task.id)
    summary: dict[str, Any] = {
        "tasks": {"total": len(tasks), **counts},
        "tasksReady": f"{counts['running']}/{len(tasks)}",
        "failedTasks": [{"id": task.id, "workerId": task.worker_id, "reason": cause_of(task.trace)} for task in failed[:FAILED_TASKS_LIMIT]],
    }
    return summary


def conditions(verdict: Verdict, generation: int, previous: list[dict[str, Any]], now: str, *, paused: str = "") -> list[dict[str, Any]]:
    """The conditions of an object; ``lastTransitionTime`` is kept while a status stays the same.

    :param paused: why nothing is written to Connect for now, if so.
    """
    row = REASONS[verdict.reason]
    states = {"Ready": row.ready, "Synced": row.synced}
    if row.reconciling:
        states["Reconciling"] = TRUE
    if row.stalled:
        states["Stalled"] = TRUE
    if paused:
        states["ReconciliationPaused"] = TRUE
    before = {condition.get("type"): condition for condition in previous}
    result = []
    for kind, state in states.items():
        old = before.get(kind, {})
        kept = old.get("lastTransitionTime") if old.get("status") == state else None
        message = paused if kind == "ReconciliationPaused" else verdict.message
        result.append(
            {
                "type": kind,
                "status": state,
                "reason": verdict.reason.value,
                "message": message,
                "observedGeneration": generation,
                "lastTransitionTime": kept or now,
            }
        )
    return result
