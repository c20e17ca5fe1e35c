# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""What a restart starts anew, and what has come of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from . import _status
from ._model import ConnectorStatus, Reason, TaskStatus, Verdict

# Seconds for which one that was FAILED may still show so: what failed again looks the same (observed on 4.3.1).
FAILED_SECONDS = 3.0


@dataclass(frozen=True)
class Scope:
    """What is to be started anew: the connector itself, or with its tasks, or one task by its id; of these, all or only what has failed."""

    include_tasks: bool = False
    only_failed: bool = False
    task: int | None = None


@dataclass(frozen=True)
class Restart:
    """What is started anew: the connector itself or not, and tasks by their ids."""

    connector: bool = False
    tasks: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return self.connector or bool(self.tasks)


def planned(scope: Scope, status: ConnectorStatus) -> Restart:
    """What Connect would start anew; nothing of a connector that is stopped."""
    if status.state == "STOPPED":
        return Restart()

    def meant(state: str) -> bool:
        return state == "FAILED" or not scope.only_failed

    if scope.task is not None:
        return Restart(tasks=tuple(task.id for task in status.tasks if task.id == scope.task and meant(task.state)))
    tasks = tuple(task.id for task in status.tasks if meant(task.state)) if scope.include_tasks else ()
    return Restart(meant(status.state), tasks)


def has_settled(restart: Restart, status: ConnectorStatus | None, waited: float) -> bool:
    """Whether everything that was started anew is where it will stay.

    :param waited: seconds since the restart was asked for.
    """
    if status is None:
        return False
    tasks = {task.id: task.state for task in status.tasks}
    states = [tasks.get(number, "RESTARTING") for number in restart.tasks]
    if restart.connector:
        states.append(status.state)
    if any(state in _status.PASSING for state in states):
        return False
    return "FAILED" not in states or waited >= FAILED_SECONDS


def failed_again(restart: Restart, status: ConnectorStatus | None) -> Verdict | None:
    """Why the restart has failed, if so."""
    if status is None:
        return None
    if restart.connector and status.state == "FAILED":
        return Verdict(Reason.RESTART_FAILED, f"the connector was restarted and failed ({_status.cause_of(status.trace)}); mend its cause")
    failed = [task for task in status.tasks if task.id in restart.tasks and task.state == "FAILED"]
    if not failed:
        return None
    return Verdict(Reason.RESTART_FAILED, f"{_named(failed)} restarted and failed ({_causes(failed)}); mend the cause")


def _named(tasks: list[TaskStatus]) -> str:
    numbers = ", ".join(str(task.id) for task in tasks)
    return f"task {numbers} was" if len(tasks) == 1 else f"tasks {numbers} were"


def _causes(tasks: list[TaskStatus]) -> str:
    return ", ".join(sorted({_status.cause_of(task.trace) for task in tasks})[: _status.CAUSES_LIMIT])
