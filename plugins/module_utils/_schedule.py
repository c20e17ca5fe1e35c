# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""Which objects a run goes through, and when the object of the run is looked at again. Pure, but for jitter that is handed in."""

from __future__ import annotations

from collections.abc import Sequence

from . import _objects, _status
from ._model import Look, Outcome, Reason
from ._run_directory import EndpointRecord

# A run whose object needs nothing ends at once if its endpoint was gone through more recently than this (seconds).
RECENT_SECONDS = 5.0
# The objects next in age to the poller look whether it is still there: the first each period, each further one half as often.
HEIRS = 3
# The others ask again after this, to take over when all of those went at once.
IDLE_SECONDS = (600.0, 900.0)
# A Connect that does not answer is tried again after this; the more objects wait for it, the more rarely each asks.
RETRY_SECONDS, RETRY_SECONDS_PER_OBJECT = 30.0, 2.0
FOLLOW_UP_SECONDS, FOLLOW_UP_SECONDS_PER_OBJECT = 5.0, 1.0
# A write that hangs does not hold up the next period for all, but it has at least so long.
LEAST_PATIENCE_SECONDS = 10.0
# A list that was too much is not tried again for so long.
SLICED_SECONDS = 900.0

_UNAVAILABLE = frozenset(
    (
        Reason.CONNECT_UNREACHABLE,
        Reason.CONNECT_TIMEOUT,
        Reason.CONNECT_THROTTLED,
        Reason.CONNECT_UNAUTHORIZED,
        Reason.CONNECT_FORBIDDEN,
        Reason.NOT_CONNECT,
        Reason.DELETION_BLOCKED,
    )
)


# After these, what Connect lists is not trusted at once. One connector that hangs is no such thing.
_AWAY = frozenset((Reason.CONNECT_UNREACHABLE, Reason.NOT_CONNECT))


def is_unavailable(reason: Reason | None) -> bool:
    """Whether it is Connect that does not answer, rather than one connector that is not well."""
    return reason in _UNAVAILABLE


def is_recent(then: float, now: float, period: float) -> bool:
    """Whether a Connect that was asked then need not be asked again yet."""
    return now - then < 0.9 * period


def patience_of(period: float) -> float:
    """Seconds that a pass over everything waits for writes that hang, when all else is done."""
    return max(LEAST_PATIENCE_SECONDS, period)


def look_for(scope: Sequence[_objects.Object], record: EndpointRecord, now: float, *, whole: bool = False) -> Look:
    """How Connect is to be read for these objects."""
    was_away = not record.answered or any(_objects.reason_of(obj) in _AWAY for obj in scope)
    return Look(whole=whole, distrust=was_away, sliced=now - record.sliced < SLICED_SECONDS)


def next_referred_run(obj: _objects.Object, outcome: Outcome | None, *, jitter: float) -> float:
    """Seconds until an object that refers to a connection is looked at by itself again; 0: its connection's period is enough."""
    if outcome and outcome.deferred:
        return 1.0 + jitter
    if outcome is None and not _objects.is_observed(obj):
        return FOLLOW_UP_SECONDS
    return 0.0


def poller(objects: Sequence[_objects.Object]) -> str | None:
    """The key of the object that polls the endpoint for all: the oldest that is not being deleted."""
    return next(iter(_by_age(objects)), None)


def heirs(objects: Sequence[_objects.Object]) -> list[str]:
    """The keys of those that take over from the poller when it goes, in their order."""
    return _by_age(objects)[1 : 1 + HEIRS]


def _by_age(objects: Sequence[_objects.Object]) -> list[str]:
    living = [obj for obj in objects if not _objects.is_deleting(obj)]
    return [_objects.key_of(obj) for obj in sorted(living, key=_objects.age_order)]


def poll_is_due(is_poller: bool, record: EndpointRecord, now: float, period: float) -> bool:
    """Whether this run reads all connectors of the endpoint. Others than the poller do when it has missed two periods."""
    age = now - record.polled
    if not is_poller:
        return age >= 2 * period
    return age >= 0.9 * (period if record.answered else min(period, RETRY_SECONDS))


def next_run(
    obj: _objects.Object,
    outcome: Outcome | None,
    *,
    is_poller: bool,
    waiting: int,
    answered: bool,
    period: float,
    jitter: float,
    heir: int | None = None,
) -> float:
    """Seconds until the object of a run is looked at again.

    :param outcome: what this run has to say of it, if it dealt with it.
    :param heir: its place among those that take over from the poller, from 0.
    :param waiting: how many objects of the endpoint are not at rest.
    :param jitter: a number from 0 to 1.
    """
    reason = outcome.verdict.reason if outcome else _objects.reason_of(obj)
    usual = _between(IDLE_SECONDS, jitter)
    if is_poller:
        usual = period if answered else min(period, RETRY_SECONDS)
    elif heir is not None:
        usual = min(usual, period * 2**heir)
    if outcome and outcome.deferred:
        return 1.0 + jitter
    if reason is None or (is_unavailable(reason) and _status.REASONS[reason].reconciling):
        return min(usual, max(RETRY_SECONDS, RETRY_SECONDS_PER_OBJECT * waiting) * (1 + 0.2 * jitter))
    if outcome and outcome.follow_up is not None:
        return min(usual, max(outcome.follow_up, FOLLOW_UP_SECONDS_PER_OBJECT * waiting))
    if _status.REASONS[reason].reconciling or (not _objects.is_observed(obj) and outcome is None):
        return min(usual, max(FOLLOW_UP_SECONDS, FOLLOW_UP_SECONDS_PER_OBJECT * waiting))
    return usual


def _between(bounds: tuple[float, float], jitter: float) -> float:
    low, high = bounds
    return low + (high - low) * jitter
