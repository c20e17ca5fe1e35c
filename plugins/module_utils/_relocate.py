# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""The move of one connector to another Connect, as far as one run comes with it.

Each step leaves behind a status from which any other run goes on: the connector is stopped at the old place; the old place is written down; the
connector is created at the new one and read back; only then the old one goes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from . import _claims, _identity, _move, _objects, _plan, _status
from ._connect import Connect
from ._former import FormerJournal
from ._group import Environment, Group, members_of, site_of
from ._journal import KubeJournal
from ._kube import KubeError, path_of
from ._model import ConnectError, DriftPolicy, Observed, Outcome, Ownership, Presence, Reason, RunState, Verdict, Wanted
from ._move import Relation, Sighting
from ._schedule import RETRY_SECONDS, is_unavailable
from ._settings import Settings
from ._site import advised
from ._usecase import PassResult, run_pass

# No step is begun so late in a run (seconds); the longest ends 45 s later.
STEP_SECONDS = 10.0
# A connector is looked for at both places for so long, and a second time after a pause: what is in between states proves nothing.
LOOK_SECONDS, LOOK_PAUSE_SECONDS = 15.0, 0.5
# When a move is looked at again: while it goes on, while a Connect does not answer, and while a person has to act.
SOON_SECONDS, LATER_SECONDS, IDLE_SECONDS = 2.0, 30.0, 120.0
LOCKED_SECONDS = 1.0

# They pass by themselves, and a connector that nobody saw stopped may be seen again soon.
_PASSING = (Reason.CONNECT_TIMEOUT, Reason.CONNECT_REBALANCING, Reason.CONNECT_THROTTLED)


class _Waits(Exception):
    """The move does not go on in this run."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds


class _Unreported(KubeJournal):
    """For a write on the way: what there is to say of it is said by the move."""

    def hold(self, wanted: Wanted) -> Callable[[], None] | None:
        return lambda: None  # the move has the lock

    def report(self, outcome: Outcome) -> None:
        return None


@dataclass
class Relocation:
    """``obj`` as it was last seen; ``outcomes`` and ``stuck``: of the passes on the way."""

    environment: Environment
    settings: Settings
    obj: dict[str, Any]
    started: float
    outcomes: list[Outcome] = field(default_factory=list)
    stuck: bool = False

    @staticmethod
    def concerns(obj: _objects.Object) -> bool:
        """Whether there is a move to go on with."""
        return _move.is_between(obj) or bool(_move.record_of(obj))

    def go_on(self) -> float | None:
        """Do what can be done now. Seconds until it is to be looked at again; None: there is nothing left to move.

        :raises JournalError: if the Kubernetes API does not answer.
        """
        fresh = self.environment.api.get(path_of(self.obj))
        if fresh is None or fresh["metadata"]["uid"] != self.obj["metadata"]["uid"]:
            return None
        self.obj = fresh
        if not (self.concerns(fresh) and _objects.is_alive(fresh)):
            return None
        try:
            if _move.is_going_on(self.obj):
                self._say(self._group(_objects.place_of(self.obj)), _move.one_at_a_time(self.obj))
            elif _move.is_between(self.obj):
                self._begin_step()
                self._leave()
                self._arrive()
            if not _move.record_of(self.obj):
                return SOON_SECONDS
            if not _move.may_clear(self.obj):
                return LATER_SECONDS
            self._begin_step()
            return self._clear()
        except _Waits as wait:
            return wait.seconds

    def _begin_step(self) -> None:
        if self._now() - self.started >= STEP_SECONDS:
            raise _Waits(LOCKED_SECONDS)

    # -- from the old place

    def _leave(self) -> None:
        """:raises _Waits: if the object stays where it is for now."""
        if _move.is_returning(self.obj):
            return self._write(_move.returned(self.obj))
        old = self._group(_objects.place_of(self.obj))
        release = old.lock_connector(_objects.connector_name(self.obj))
        if release is None:
            raise _Waits(LOCKED_SECONDS)
        try:
            return self._leave_locked(old)
        finally:
            release()

    def _leave_locked(self, old: Group) -> None:
        place = _objects.place_of(self.obj)
        named = _objects.named_place(self.obj)
        new = self._group(named)
        renamed = _move.readdressed(self.obj, new.site.place)
        is_renamed = bool(self._addresses(old) & self._addresses(new))
        wanted = self._wanted(new, named, {**self.obj, "status": renamed} if is_renamed else _move.arrival(self.obj))
        if is_renamed and not wanted.problem:
            return self._write(renamed)
        here, there, relation = self._compare(old, new, wanted)
        stands_against = wanted.problem or self._hidden(new, there)
        if stands_against:
            self._tell(old, _move.waits(stands_against, place), here)
        if relation is Relation.SAME:
            return self._write(renamed)
        refused = _plan.make_plan(wanted, there.observed, self._now()).verdict
        if refused or wanted.hold or self.settings.freeze:
            frozen = Verdict(Reason.DRIFTED, "writes are frozen by the operator settings (freeze)")
            self._tell(old, _move.waits(refused or wanted.hold or frozen, place), here)
        if self.obj["spec"].get("state") != RunState.STOPPED.value:
            self._tell(old, _move.not_stopped(place, named), here)
        self._make_sure_that_it_stopped(old, here)
        moving = Verdict(Reason.CONVERGING, f"the connector moves from {_move.spoken(place)} to {_move.spoken(named)}")
        previous = _objects.status_of(self.obj).get("conditions") or []
        conditions = _status.conditions(moving, self.obj["metadata"]["generation"], previous, _objects.timestamp(self._now()))
        return self._write(_move.departed(self.obj, new.site.place, conditions, self._now()))

    def _wanted(self, new: Group, named: _objects.Place, arriving: dict[str, Any]) -> Wanted:
        """What the object wants of the new place.

        :param arriving: the object as it would be there.
        """
        others = [one for one in members_of(self.environment, named) if _objects.key_of(one) != _objects.key_of(arriving)]
        [wanted] = new.wanted([arriving], [*others, arriving])
        return wanted

    def _make_sure_that_it_stopped(self, old: Group, here: Sighting) -> None:
        """:raises _Waits: unless it has, as far as that can be known."""
        place = _objects.place_of(self.obj)
        if _move.is_stopped(here.observed):
            return
        hidden = self._hidden(old, here)
        if hidden:
            seen_stopped = _objects.status_of(self.obj).get("connectorState") == RunState.STOPPED.name
            if hidden.reason in _PASSING and not seen_stopped:
                self._tell(old, _move.waits(hidden, place), here)
            return
        outcome = self._stop(old, here.observed)
        if outcome is None or outcome.observed is None or not _move.is_stopped(outcome.observed):
            held = outcome.verdict if outcome and outcome.held else None
            stopping = Verdict(Reason.CONVERGING, f"the connector is being stopped on {_move.spoken(place)} before it moves")
            self._tell(old, _move.waits(held, place) if held else stopping, here)

    def _stop(self, old: Group, observed: Observed) -> Outcome | None:
        """Stop the connector where it is, and leave the rest of it as it is."""
        [wanted] = old.wanted([self.obj], [self.obj])
        one = replace(wanted, config=dict(observed.config), state=RunState.STOPPED, problem=None, drift=DriftPolicy.REPAIR)
        journal = old.journal([self.obj], _Unreported)
        result = run_pass(old.open(), [one], journal, self.environment.clock)
        self._note(result)
        self.obj = journal.objects[_objects.key_of(self.obj)]
        return next(iter(result.outcomes), None)

    def _tell(self, old: Group, verdict: Verdict, here: Sighting | None = None) -> None:
        """Say why the connector has not moved.

        :raises _Waits: always
        """
        self._say(old, verdict, here)
        if _status.REASONS[verdict.reason].stalled:
            raise _Waits(IDLE_SECONDS)
        raise _Waits(LATER_SECONDS if is_unavailable(verdict.reason) else SOON_SECONDS)

    def _say(self, old: Group, verdict: Verdict, here: Sighting | None = None) -> None:
        [wanted] = old.wanted([self.obj], [self.obj])
        memory = wanted.memory
        outcome = Outcome(
            wanted,
            verdict,
            observed=here.observed if here else None,
            ownership=memory.ownership,
            owned_since=memory.owned_since,
            unconfirmed=memory.unconfirmed,
        )
        journal = old.journal([self.obj], KubeJournal)
        # It may be about the other connection.
        journal.advise = lambda obj, told: told
        journal.report(outcome)
        self.obj = journal.objects[_objects.key_of(self.obj)]

    # -- whether it is another place

    def _addresses(self, group: Group) -> set[str]:
        """Under which addresses a Connect is known to be one and the same."""
        last_known = group.site.place.get("url")
        return set(group.site.urls) or ({str(last_known)} if last_known else set())

    def _compare(self, old: Group, new: Group, wanted: Wanted) -> tuple[Sighting, Sighting, Relation]:
        """The connector at both places, and what these are to each other.

        :param wanted: as the object wants it at the new place; what stands against that keeps anything from being asked there.
        """
        [here_wanted] = old.wanted([self.obj], [self.obj])
        known_down = old.known_down(RETRY_SECONDS)
        found: list[tuple[Sighting, Sighting]] = []
        for _round in range(2):
            here = self._look(old, here_wanted, known_down)
            there = self._look(new, wanted)
            found.append((here, there))
            if here.observed.error or there.observed.error:
                return here, there, Relation.UNTOLD
            if not _round:
                self.environment.clock.sleep(LOOK_PAUSE_SECONDS)
        return *found[1], _move.agreed(_move.relation(*found[0]), _move.relation(*found[1]))

    def _look(self, group: Group, wanted: Wanted, known_down: ConnectError | None = None) -> Sighting:
        """One look at one place. Nothing is asked where something stands against the object."""
        if wanted.problem:
            return Sighting(Observed(Presence.UNKNOWN, error=ConnectError(wanted.problem)))
        connect = group.open(known_down)
        connect.deadline = self._now() + LOOK_SECONDS
        try:
            worker = connect.worker_info()
        except ConnectError as error:
            return Sighting(Observed(Presence.UNKNOWN, error=error))
        sighting = Sighting(connect.observe(wanted.name), worker.kafka_cluster_id, _names_on(connect))
        other = _other_cluster(wanted, sighting)
        return Sighting(Observed(Presence.UNKNOWN, error=ConnectError(other)), sighting.cluster_id) if other else sighting

    def _hidden(self, group: Group, sighting: Sighting) -> Verdict | None:
        """Why a place does not show the connector, if so, and what its connection has to do with that."""
        error = sighting.observed.error
        return advised(group.site, self.obj["metadata"]["namespace"], error.verdict) if error else None

    # -- to the new place

    def _arrive(self) -> None:
        """A pass at the new place."""
        self._begin_step()
        place = _objects.place_of(self.obj)
        new = self._group(place)
        result = new.go_through([self.obj], members_of(self.environment, place))
        self._note(result)
        self.obj = new.objects.get(_objects.key_of(self.obj), self.obj)

    # -- what is left behind

    def _clear(self) -> float | None:
        """The old connector goes as its object would."""
        left = _move.former(self.obj)
        place = _move.former_place(self.obj)
        if place is None:
            self._write(_move.told(self.obj, {}))
            return None
        old = self._group(place, left)
        key = _objects.key_of(self.obj)
        journal = old.journal([self.obj], FormerJournal)
        journal.prove = lambda: self._why_not(old, left)
        others = [one for one in members_of(self.environment, place) if _objects.key_of(one) != key]
        heir = next((one for one in others if _owns(one, _objects.connector_name(left))), None)
        wanted = old.wanted([left], [left])
        if heir:
            released = Verdict(Reason.DELETING, "the connector is released")
            journal.released(Outcome(wanted[0], released, released=True, orphaned=f"it belongs to {_claims.told(heir, self.obj)} by now"))
            return SOON_SECONDS
        known_down = old.known_down(RETRY_SECONDS)
        result = run_pass(old.open(known_down), wanted, journal, self.environment.clock)
        self._note(result)
        if not known_down:
            old.remember_outage(result)
        outcome = next(iter(result.outcomes), None)
        if outcome and journal.doubt:
            journal.released(replace(outcome, released=True, orphaned=journal.doubt))
        self.obj = journal.objects[key]
        if not _move.record_of(self.obj):
            return SOON_SECONDS if not _objects.is_deleting(self.obj) or _objects.ownership_of(self.obj) is not Ownership.NONE else None
        waits = journal.untold or (outcome is not None and not outcome.deferred and is_unavailable(outcome.verdict.reason))
        return LATER_SECONDS if waits else SOON_SECONDS

    def _why_not(self, old: Group, left: dict[str, Any]) -> str | None:
        """Why the old connector must not be deleted: it may be the new one. Empty if it is another, None if that cannot be told now."""
        if _objects.ownership_of(self.obj) is Ownership.NONE:
            return ""
        place = _objects.place_of(self.obj)
        new = self._group(place)
        [here_wanted] = old.wanted([left], [left])
        [there_wanted] = new.wanted([self.obj], [self.obj])
        relations = []
        for _round in range(2):
            here, there = self._look(old, here_wanted), self._look(new, there_wanted)
            if here.observed.error or there.observed.error:
                return None
            relations.append(_move.relation(here, there))
            if not _round:
                self.environment.clock.sleep(LOOK_PAUSE_SECONDS)
        if _move.agreed(*relations) is Relation.APART:
            return ""
        return f"it cannot be told apart from the one on {_move.spoken(place)}"

    # -- what all of them need

    def _group(self, place: _objects.Place, obj: _objects.Object | None = None) -> Group:
        site = site_of(self.environment, place, obj or self.obj)
        return Group(self.environment, self.settings, site, self.environment.directory.record(site.key))

    def _write(self, status: dict[str, Any]) -> None:
        """:raises _Waits: if somebody else changed the object meanwhile"""
        patch = _objects.merge_patch(_objects.status_of(self.obj), status)
        version = self.obj["metadata"]["resourceVersion"]
        try:
            self.obj = self.environment.api.patch(f"{path_of(self.obj)}/status", {"metadata": {"resourceVersion": version}, "status": patch})
        except KubeError as error:
            if error.status not in (404, 409):
                raise
            raise _Waits(LOCKED_SECONDS) from error

    def _note(self, result: PassResult) -> None:
        self.outcomes.extend(result.outcomes)
        self.stuck = self.stuck or result.stuck

    def _now(self) -> float:
        return self.environment.clock.now()


def _owns(obj: _objects.Object, name: str) -> bool:
    return _objects.connector_name(obj) == name and _objects.ownership_of(obj) is not Ownership.NONE


def _names_on(connect: Connect) -> frozenset[str] | None:
    """All connectors there; None where a gate hides what is not about one of them."""
    try:
        return frozenset(connect.names())
    except ConnectError:
        return None


def _other_cluster(wanted: Wanted, sighting: Sighting) -> Verdict | None:
    """The verdict on a place that works for another Kafka cluster than was recorded."""
    return _identity.other_cluster(wanted.mark, sighting.cluster_id) if wanted.mark else None
