# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""One run for a KafkaConnector: from its name to a pass over what is pending on its Connect, and the time of the next run."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

from . import _claims, _move, _objects, _schedule
from ._address import Endpoint, EndpointError
from ._group import Environment, Group, RunResult, candidates, is_at, site_of
from ._kube import connectors_path
from ._relocate import Relocation
from ._run_directory import EndpointRecord
from ._site import Site
from ._usecase import PassResult


def reconcile(environment: Environment, namespace: str, name: str) -> RunResult:
    """One run.

    :raises JournalError: if the Kubernetes API does not answer; the run is to be repeated.
    """
    own = environment.api.get(connectors_path(namespace, name))
    if own is None or not _objects.is_alive(own):
        return RunResult(finished=True)
    started = environment.clock.now()
    settings = environment.api.settings(environment.operator_namespace)
    try:
        place = _objects.place_of(own)
    except EndpointError:
        run = _Run(own, Group(environment, settings, Site(""), EndpointRecord()), None)
        return _relocated(run, run.alone(), started)
    site = site_of(environment, place, own)
    group = Group(environment, settings, site, environment.directory.record(site.key))
    run = _Run(own, group, place)
    is_missing = site.object is None and not isinstance(place, Endpoint)
    return _relocated(run, run.alone() if is_missing else run.among_others(), started)


def _relocated(run: _Run, result: RunResult, started: float) -> RunResult:
    """The result of a run that has also gone on with the moves of its objects: of its own, and of those that raised no event (an edit of labels)."""
    outcomes, stuck, waits = list(result.outcomes), result.stuck, []
    for obj in run.movers():
        move = Relocation(run.group.environment, run.group.settings, obj, started)
        wait = move.go_on()
        outcomes, stuck = [*outcomes, *move.outcomes], stuck or move.stuck
        if wait is not None and _objects.key_of(obj) == run.key:
            waits.append(wait)
    if not waits:
        return replace(result, outcomes=tuple(outcomes), stuck=stuck)
    seconds = waits[0] if result.finished else min(result.requeue_after, waits[0])
    return RunResult(False, seconds, tuple(outcomes), result.requests, stuck)


@dataclass
class _Run:
    own: dict[str, Any]
    group: Group
    place: _objects.Place | None
    lock: ExitStack = field(default_factory=ExitStack)
    straggled: bool = False
    looked_after: Sequence[dict[str, Any]] = ()
    started: float = field(init=False)

    def __post_init__(self) -> None:
        self.started = self.group.environment.clock.now()

    @property
    def key(self) -> str:
        return _objects.key_of(self.own)

    @property
    def period(self) -> float:
        connection = self.group.site.connection
        return connection.sync_period if connection else self.group.settings.poll_period

    @property
    def retry_period(self) -> float:
        return min(self.period, _schedule.RETRY_SECONDS) if self.polls else self.period

    @property
    def polls(self) -> bool:
        """Whether the objects look after the others of their Connect; those that refer to a connection leave that to its period."""
        return isinstance(self.place, Endpoint)

    def movers(self) -> list[dict[str, Any]]:
        """The objects, as last seen, whose connectors this run helps to another Connect."""
        others = [obj for obj in self.looked_after if _objects.key_of(obj) != self.key and _move.is_between(obj)]
        own = self.group.objects.get(self.key, self.own)
        return [obj for obj in (own, *others) if Relocation.concerns(obj)]

    def alone(self) -> RunResult:
        """The object names no Connect that there is: nothing is sent for it, and nothing of others is looked at."""
        return self._result(self.group.go_through([self.own], [self.own]), is_poller=False, waiting=0)

    def among_others(self) -> RunResult:
        now = self.group.environment.clock.now()
        record = self.group.record
        is_poller = self.polls and record.poller == self.key
        due = self.polls and _schedule.poll_is_due(is_poller, record, now, self.period)
        if not due and not _objects.is_pending(self.own) and now - record.listed < _schedule.RECENT_SECONDS:
            return self._result(None, is_poller=is_poller, waiting=0)
        let_go = self.group.lock()
        if let_go is None:
            return self._own_only()
        with ExitStack() as self.lock:
            self.lock.callback(let_go)
            return self._locked()

    def _own_only(self) -> RunResult:
        """Another run goes through the endpoint just now; the object of this one need not wait for it."""
        members = self._members()
        if not _objects.is_pending(self.own):
            return self._result(None, is_poller=self._is_poller(members), waiting=0)
        result = self.group.go_through([self.own], members, known_down=self.group.known_down(self.retry_period))
        return self._result(result, is_poller=self._is_poller(members), waiting=0)

    def _locked(self) -> RunResult:
        """This run goes through the endpoint: what is pending, or everything when the poll is due.

        A write that hangs keeps this run, and so the next one of its object, but not the lock: other runs go on with what comes up.
        """
        record, clock = self.group.record, self.group.environment.clock
        now = clock.now()
        members = self._members()
        is_poller = self._is_poller(members)
        if self.polls:
            record.poller, record.heirs = _schedule.poller(members) or "", _schedule.heirs(members)
        due = self.polls and _schedule.poll_is_due(is_poller, record, now, self.period)
        scope = [obj for obj in members if _objects.is_pending(obj) or (due and not _objects.is_deleting(obj))]
        record.listed = now
        if due:
            record.polled = now
            self.looked_after = members
        self.group.keep_record()
        result = self._pass(scope, members, due=due) if scope else None
        if not self.straggled:
            record.listed = clock.now()
            self.group.keep_record()
        if due:
            # Where there is no connection, nobody else does.
            self.group.prune_folders(members)
        waiting = sum(_objects.is_pending(obj) for obj in self.group.objects.values()) if result else 0
        return self._result(result, is_poller=is_poller, waiting=waiting)

    def _pass(self, scope: Sequence[dict[str, Any]], members: Sequence[dict[str, Any]], *, due: bool) -> PassResult:
        known_down = None if due else self.group.known_down(self.retry_period)
        look = _schedule.look_for(scope, self.group.record, self.group.environment.clock.now())
        return self.group.go_through(scope, members, look=look, spare=due, known_down=known_down, straggling=self._straggle)

    def _straggle(self) -> None:
        self.straggled = True
        self.lock.close()

    def _members(self) -> list[dict[str, Any]]:
        """All objects of this Connect; the object of the run also when it names another by now.

        For one that owns nothing yet those of other places are read along: they may own what it is about to take.
        """
        among = None if _claims.is_newcomer(self.own) else self.place
        found = candidates(self.group.environment, among)
        self.group.everything = None if isinstance(among, Endpoint) else found
        members = {_objects.key_of(obj): obj for obj in found if self.place and is_at(obj, self.place)}
        self.own = members.setdefault(self.key, self.own)
        return list(members.values())

    def _is_poller(self, members: Sequence[_objects.Object]) -> bool:
        return self.polls and _schedule.poller(members) == self.key

    def _result(self, result: PassResult | None, *, is_poller: bool, waiting: int) -> RunResult:
        done = result or PassResult((), 0)
        own = next((outcome for outcome in done.outcomes if outcome.wanted.key == self.key), None)
        seconds = 0.0
        if not (own and own.released):
            seconds = self._next_run(own, is_poller=is_poller, waiting=waiting)
        return RunResult(seconds <= 0, seconds, done.outcomes, done.requests, done.stuck)

    def _next_run(self, own: Any, *, is_poller: bool, waiting: int) -> float:
        """Seconds; 0 for an object that is left to the period of its connection."""
        if not self.polls and self.place is not None and not _objects.is_deleting(self.own):
            return _schedule.next_referred_run(self.own, own, jitter=random.random())
        heirs = self.group.record.heirs
        # A period is counted from the start of one run to the start of the next.
        taken = self.group.environment.clock.now() - self.started
        seconds = _schedule.next_run(
            self.own,
            own,
            is_poller=is_poller,
            waiting=waiting,
            answered=self.group.record.answered,
            period=max(1.0, self.group.settings.poll_period - taken),
            jitter=random.random(),
            heir=heirs.index(self.key) if self.key in heirs else None,
        )
        return max(1.0, seconds)
