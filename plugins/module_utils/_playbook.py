# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""A pass for a playbook: nothing is remembered, the run itself waits, and its end is a result or a failure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from . import _shown, _status
from ._apply import Claim
from ._connect import Connect
from ._http import Clock
from ._model import Action, Create, Look, Observed, Outcome, Presence, Reason, RunState, Switch, Update, Verdict, Wanted, Write
from ._usecase import run_pass

# A connector that is between two states cannot be told a third; a rebalance passes in this time.
BETWEEN_SECONDS, LOOK_SECONDS = 10.0, 0.5


class NoJournal:
    """A playbook holds no lock, asks nobody and writes nothing down; what it did is in the outcomes."""

    def hold(self, wanted: Wanted) -> Callable[[], None]:
        return lambda: None

    def claim(self, wanted: Wanted, action: Action) -> Claim:
        return Claim.GRANTED

    def wrote(self, wanted: Wanted, write: Write) -> None:
        """It is in the outcome."""

    def released(self, outcome: Outcome) -> None:
        """It is returned."""

    def report(self, outcome: Outcome) -> None:
        """It is returned."""

    def lasted(self, wanted: Wanted, unsettled: bool) -> float:
        return 0.0


@dataclass(frozen=True)
class Carried:
    """What came of connectors, in their order; ``stuck``: a thread hangs in a request, so the process must be left by ``os._exit``."""

    outcomes: tuple[Outcome, ...]
    requests: int = 0
    stuck: bool = False


def carry_out(connect: Connect, wanted: Wanted, clock: Clock, *, check: bool) -> tuple[Outcome, bool]:
    """The pass for one connector, again while it is between two states; and whether a thread hangs in a request."""
    carried = carry_out_all(lambda: connect, [wanted], clock, check=check)
    return carried.outcomes[0], carried.stuck


def carry_out_all(new_connect: Callable[[], Connect], wanted: Sequence[Wanted], clock: Clock, *, check: bool) -> Carried:
    """Passes for several connectors of one Connect: again for those that are between two states, and for those that a pass had no time for.

    :param new_connect: a Connect as it is before a pass, which takes the time of one from it.
    """
    until = clock.now() + BETWEEN_SECONDS
    found: dict[str, Outcome] = {}
    todo, requests, stuck, look = list(wanted), 0, False, Look()
    while todo and not stuck:
        connect = new_connect()
        before = connect.requests
        result = run_pass(connect, todo, NoJournal(), clock, check, look=look)
        found.update({outcome.wanted.key: _after(found.get(outcome.wanted.key), outcome) for outcome in result.outcomes})
        requests, stuck = requests + connect.requests - before, result.stuck
        deferred = [outcome.wanted for outcome in result.outcomes if outcome.deferred]
        between = [outcome.wanted for outcome in result.outcomes if _is_between(outcome)] if clock.now() <= until else []
        if len(deferred) == len(todo):
            # Reading took all the time. In slices it leaves some.
            if look.sliced:
                break
            look = Look(sliced=True)
        todo = [*deferred, *between]
        if todo and not deferred:
            clock.sleep(LOOK_SECONDS)
    return Carried(tuple(_ended(found[one.key]) for one in wanted), requests, stuck)


def _after(earlier: Outcome | None, outcome: Outcome) -> Outcome:
    """What came of a connector in a pass, with what was done for it in the passes before."""
    return replace(outcome, actions=(*earlier.actions, *outcome.actions)) if earlier else outcome


_NO_TIME = Verdict(Reason.CONNECT_TIMEOUT, "Kafka Connect answers so slowly that no time was left for it; ask for fewer connectors at a time")


def _ended(outcome: Outcome) -> Outcome:
    """What comes of it at the end of a run, after which nothing is done any more."""
    return replace(outcome, verdict=_NO_TIME) if outcome.deferred else outcome


def _is_between(outcome: Outcome) -> bool:
    observed = outcome.observed
    if outcome.actions or outcome.deferred or outcome.held:
        return False
    if outcome.wanted.state is None or observed is None or observed.presence is not Presence.PRESENT or outcome.wanted.absent:
        return False
    return observed.status is None or observed.status.state in _status.PASSING


_FINE = (Reason.RUNNING, Reason.PAUSED, Reason.STOPPED, Reason.CONVERGING, Reason.UNASSIGNED, Reason.PLAN_ONLY)
_FAILED = (Reason.CONNECTOR_FAILED, Reason.TASKS_FAILED)


def problem_of(outcome: Outcome) -> Verdict | None:
    """Why the run has failed, if so. A connector that failed by itself is no failure of a run that did not touch it."""
    verdict = outcome.verdict
    if outcome.released or outcome.held:
        return None
    if outcome.observed and outcome.observed.error and not outcome.deferred:
        return outcome.observed.error.verdict
    if outcome.unconfirmed:
        return Verdict(verdict.reason, f"{verdict.message}; whether the {outcome.unconfirmed.action} took effect is not known")
    cut_short = outcome.deferred or (outcome.writes and outcome.writes[-1].result not in ("done", "exists"))
    if verdict.reason in _FINE and not cut_short:
        return None
    if verdict.reason in _FAILED and not any(map(_starts_something, outcome.actions)):
        return None
    return verdict


def _starts_something(action: Action) -> bool:
    return isinstance(action, (Create, Update)) or (isinstance(action, Switch) and action.state is RunState.RUNNING)


def warning_of(outcome: Outcome) -> str:
    """What is worth a word although the run has not failed; "" if nothing."""
    verdict = outcome.verdict
    unfinished = verdict.reason is Reason.CONVERGING and outcome.actions
    return verdict.message if verdict.reason in _FAILED or unfinished else ""


def connector_of(outcome: Outcome, observed: Observed) -> dict[str, Any]:
    """The connector as Connect showed it last."""
    return _shown.connector(outcome.wanted.name, observed, None if outcome.released else outcome.verdict)
