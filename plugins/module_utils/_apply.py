# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""The writes of one connector, under its lock, each one claimed just before it is sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import Enum
from typing import Protocol

from . import _plan
from ._connect import Connect
from ._http import Clock
from ._model import (
    Action,
    ConnectError,
    Create,
    Delete,
    JournalError,
    Observed,
    Outcome,
    Ownership,
    Presence,
    Reason,
    Switch,
    Update,
    Verdict,
    Wanted,
    Write,
)
from ._progress import Progress, Stage

# How long the end of a connector is waited for, once Connect accepted its deletion, and how often it is looked for.
GONE_SECONDS, LOOK_SECONDS = 8.0, 0.1


class Claim(str, Enum):
    """Whether a write may be sent now."""

    GRANTED = "granted"
    SUPERSEDED = "superseded"  # the object is gone or another one than was planned for
    FROZEN = "frozen"


FROZEN = Verdict(Reason.DRIFTED, "writes are frozen by the operator settings (freeze)")


class Journal(Protocol):
    """Where a pass asks and writes down. The operator's writes to Kubernetes, a playbook's only collects."""

    def hold(self, wanted: Wanted) -> Callable[[], None] | None:
        """Take the connector's lock without waiting: what lets go of it, or None if somebody else has it."""

    def claim(self, wanted: Wanted, action: Action) -> Claim:
        """Before each write: read the object again, make sure of the finalizer, write down the ownership of a creation.

        :raises JournalError: as the others do.
        """

    def wrote(self, wanted: Wanted, write: Write) -> None:
        """A write was sent, whatever came of it."""

    def released(self, outcome: Outcome) -> None:
        """Nothing of this connector is ours any more."""

    def report(self, outcome: Outcome) -> None:
        """Write down what the pass has to say."""

    def lasted(self, wanted: Wanted, unsettled: bool) -> float:
        """Seconds for which a connector that we did not touch has been unsettled."""


def apply(progress: Progress, connect: Connect, journal: Journal, clock: Clock, no_work_after: float) -> None:
    """Carry out the plan of one connector; where a list only suggested it, on the strength of the connector's own answers."""
    if clock.now() > no_work_after:
        return progress.defer()
    release = journal.hold(progress.wanted)
    if release is None:
        return progress.defer()
    progress.let_go = release
    if progress.observed.listed and not _is_creation(progress.plan):
        _look_again(progress, connect, clock)
    try:
        if not _carry_out(progress, connect, journal, clock):
            _look_again(progress, connect, clock)
            if _must_ask_around(progress):
                return progress.defer()
            _carry_out(progress, connect, journal, clock)
    except ConnectError as error:
        progress.error = error
    except JournalError:
        progress.defer()
    return None


def confirm(progress: Progress, connect: Connect, clock: Clock, no_work_after: float) -> None:
    """Plan again on the strength of the connector's own answer, without doing it: a list only finds candidates. A status is as good from a list."""
    if clock.now() > no_work_after:
        return progress.defer()
    try:
        config = connect.config(progress.wanted.name)
        status = progress.observed.status
        if config is not None and status is None:
            status = connect.status(progress.wanted.name)
        progress.observed = Observed(Presence.ABSENT) if config is None else Observed(Presence.PRESENT, config, status)
    except ConnectError as error:
        progress.observed = Observed(Presence.UNKNOWN, error=error)
    progress.plan = _plan.make_plan(progress.wanted, progress.observed, clock.now())
    return None


def _look_again(progress: Progress, connect: Connect, clock: Clock) -> None:
    progress.observed = connect.observe(progress.wanted.name)
    progress.plan = _plan.make_plan(progress.wanted, progress.observed, clock.now())


def _must_ask_around(progress: Progress) -> bool:
    """Somebody made it between our look and our POST. Who, that is known in the next pass; a playbook has none, and asks nobody."""
    return progress.wanted.mark is not None and _plan.adopts(progress.wanted, progress.plan.ownership)


def _is_creation(plan: _plan.Plan) -> bool:
    """A list that does not show a connector is enough to try a POST: that fails for one that exists."""
    return len(plan.actions) == 1 and isinstance(plan.actions[0], Create)


def _carry_out(progress: Progress, connect: Connect, journal: Journal, clock: Clock) -> bool:
    """The writes of the plan in their order. False: a POST met a connector of that name, and the plan does not hold any more.

    :raises ConnectError: for anything else but success.
    """
    for action in progress.plan.actions:
        if progress.given_up:
            return True  # the pass has ended, and nobody would hear of it
        claim = journal.claim(progress.wanted, action)
        if claim is Claim.SUPERSEDED:
            progress.defer()
            return True
        if claim is Claim.FROZEN:
            progress.hold, progress.held = FROZEN, True
            return True
        if not _send(progress, action, connect, journal, clock):
            return False
    return True


def _send(progress: Progress, action: Action, connect: Connect, journal: Journal, clock: Clock) -> bool:
    """One write. False: the connector to be created exists.

    :raises ConnectError: for anything else but success.
    """
    before = progress.ownership_so_far
    if isinstance(action, Create):
        progress.ownership_so_far, progress.owned_since = Ownership.CREATING, clock.now()
    started = clock.now()
    progress.in_flight = (action.name, started)
    result = "failed"
    try:
        done = _request(progress.wanted.name, action, connect)
        result = "done" if done else "exists"
    except ConnectError as error:
        result = error.verdict.reason.value
        if not error.outcome_unknown:
            progress.ownership_so_far = before
        raise
    finally:
        progress.in_flight = None
        if not progress.given_up:
            progress.writes.append(Write(action.name, cause_of(progress.wanted), action.keys, result, clock.now() - started))
            journal.wrote(progress.wanted, progress.writes[-1])
    if not done:
        progress.ownership_so_far = before
        return False
    progress.applied.append(action)
    if isinstance(action, (Create, Update)):
        progress.wanted = replace(progress.wanted, given=True)
    progress.stage, progress.written_at = Stage.WRITTEN, clock.now()
    if isinstance(action, Delete):
        _await_end(progress, connect, clock)
    return True


def _request(name: str, action: Action, connect: Connect) -> bool:
    if isinstance(action, Create):
        return connect.create(name, action.config, action.state)
    if isinstance(action, Update):
        connect.update(name, action.config)
    elif isinstance(action, Switch):
        connect.switch(name, action.state)
    else:
        connect.delete(name)
    return True


def _await_end(progress: Progress, connect: Connect, clock: Clock) -> None:
    """Look until Connect itself says that the connector is not there any more."""
    until = clock.now() + GONE_SECONDS
    while clock.now() < until:
        progress.observed = connect.observe(progress.wanted.name)
        if progress.observed.presence is Presence.ABSENT:
            progress.stage = Stage.GONE
            return
        if progress.observed.error is not None:
            raise progress.observed.error
        clock.sleep(LOOK_SECONDS)
    progress.stage = Stage.FINISHED
    raise ConnectError(Verdict(Reason.DELETING, "Connect accepted the deletion and still shows the connector"))


def cause_of(wanted: Wanted) -> str:
    """Why something was written, in a word."""
    if wanted.absent:
        return "deletion"
    if not wanted.memory.synced:
        return "spec"
    return "drift" if wanted.references == wanted.memory.synced_references else "source"
