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
from typing import Any, NoReturn

from . import _claims, _identity, _move, _objects, _places, _plan, _status
from ._apply import FROZEN
from ._former import FormerJournal
from ._group import Environment, Group, members_of, site_of
from ._journal import KubeJournal
from ._kube import KubeError, path_of
from ._model import DriftPolicy, Observed, Outcome, Ownership, Reason, RunState, Verdict, Wanted
from ._move import Relation, Sighting
from ._schedule import RETRY_SECONDS, is_unavailable
from ._settings import Settings
from ._site import advised
from ._usecase import PassResult, run_pass

# No step is begun so late in a run (seconds); the longest ends 45 s later.
STEP_SECONDS = 10.0
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
                old = self._group(_objects.place_of(self.obj))
                self._report(old, self._outcome(old, _move.one_at_a_time(self.obj)))
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
        is_renamed = bool(_places.addresses(old) & _places.addresses(new))
        wanted = self._wanted(new, named, {**self.obj, "status": renamed} if is_renamed else _move.arrival(self.obj))
        if is_renamed and not wanted.problem:
            return self._rename(new, renamed)
        [here_wanted] = old.wanted([self.obj], [self.obj])
        here, there, relation = _places.compare(old, here_wanted, new, wanted, old.known_down(RETRY_SECONDS))
        stands_against = wanted.problem or self._hidden(new, there)
        if stands_against:
            self._tell(old, _move.waits(stands_against, place), here)
        if relation is Relation.SAME:
            return self._rename(new, renamed)
        self._make_sure_that_it_may(old, new, wanted, here, there)
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

    def _hidden(self, group: Group, sighting: Sighting) -> Verdict | None:
        """Why a place does not show the connector, if so, and what its connection has to do with that."""
        error = sighting.observed.error
        return advised(group.site, self.obj["metadata"]["namespace"], error.verdict) if error else None

    def _make_sure_that_it_may(self, old: Group, new: Group, wanted: Wanted, here: Sighting, there: Sighting) -> None:
        """:raises _Waits: if the new place would refuse the connector, it is not to be stopped, or writes are off."""
        place = _objects.place_of(self.obj)
        refused = _plan.make_plan(_identity.with_rivals_on(wanted, there.cluster_id), there.observed, self._now()).verdict
        if refused:
            self._tell(old, _move.waits(refused, place), here)
        if self.obj["spec"].get("state") != RunState.STOPPED.value:
            self._tell(old, _move.not_stopped(place, _objects.named_place(self.obj)), here)
        hold = wanted.hold or (FROZEN if self.settings.freeze else None)
        if not (hold or here.observed.error or _move.is_stopped(here.observed)):
            [here_wanted] = old.wanted([self.obj], [self.obj])
            hold = here_wanted.hold
        if hold:
            self._tell_plan(old, new, wanted, hold, here)

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

    def _tell_plan(self, old: Group, new: Group, wanted: Wanted, hold: Verdict, here: Sighting) -> NoReturn:
        """Say what the move would do, and why it does not. What of that is to be done at the new place, a pass there says, which is held.

        :param wanted: as the object wants it at the new place.
        :raises _Waits: always
        """
        place, memory = _objects.place_of(self.obj), _objects.memory_of(self.obj)
        one = replace(wanted, hold=hold, memory=replace(wanted.memory, validated=memory.validated, errors=memory.errors))
        result = run_pass(new.open(), [one], new.journal([self.obj], _Unreported), self.environment.clock)
        self._note(result)
        arriving = next(iter(result.outcomes), None)
        if arriving is None or not (arriving.held or arriving.ownership is Ownership.ADOPTED):
            self._tell(old, _move.waits(hold, place), here)
        [left] = old.wanted([_move.left_by(self.obj, new.site.place, self._now())], [self.obj])
        verdict = arriving.verdict if arriving.held and hold.reason is Reason.PLAN_ONLY else hold
        outcome = replace(
            self._outcome(old, _move.waits(verdict, place), here),
            wanted=one,
            held=hold.message,
            errors=arriving.errors,
            validated=arriving.validated,
            planned=_move.planned(arriving.planned, here.observed, stays=bool(_plan.why_kept(left))),
            plain_keys=arriving.plain_keys,
            route=(_move.name_of(place), _move.name_of(_objects.named_place(self.obj))),
        )
        self._report(old, outcome)
        self._wait(verdict.reason)

    def _tell(self, old: Group, verdict: Verdict, here: Sighting | None = None) -> NoReturn:
        """Say why the connector has not moved.

        :raises _Waits: always
        """
        self._report(old, self._outcome(old, verdict, here))
        self._wait(verdict.reason)

    def _wait(self, reason: Reason) -> NoReturn:
        """:raises _Waits: always"""
        if _status.REASONS[reason].stalled:
            raise _Waits(IDLE_SECONDS)
        raise _Waits(LATER_SECONDS if is_unavailable(reason) else SOON_SECONDS)

    def _outcome(self, old: Group, verdict: Verdict, here: Sighting | None = None) -> Outcome:
        """What there is to say of a connector that is still at its old place."""
        [wanted] = old.wanted([self.obj], [self.obj])
        memory = wanted.memory
        return Outcome(
            wanted,
            verdict,
            observed=here.observed if here else None,
            ownership=memory.ownership,
            owned_since=memory.owned_since,
            unconfirmed=memory.unconfirmed,
            masked=memory.masked,
        )

    def _report(self, old: Group, outcome: Outcome) -> None:
        journal = old.journal([self.obj], KubeJournal)
        # It may be about the other connection.
        journal.advise = lambda obj, told: told
        journal.report(outcome)
        self.obj = journal.objects[_objects.key_of(self.obj)]

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
        here, there, relation = _places.compare(old, here_wanted, new, there_wanted)
        if here.observed.error or there.observed.error:
            return None
        if relation is Relation.APART:
            return ""
        return f"it cannot be told apart from the one on {_move.spoken(place)}"

    # -- what all of them need

    def _group(self, place: _objects.Place, obj: _objects.Object | None = None) -> Group:
        site = site_of(self.environment, place, obj or self.obj)
        return Group(self.environment, self.settings, site, self.environment.directory.record(site.key))

    def _rename(self, new: Group, renamed: dict[str, Any]) -> None:
        """Own the connector under the other name from now on.

        :raises _Waits: if somebody changed the object or the connection meanwhile
        """
        if not new.journal([self.obj], KubeJournal).guard.holds_connection():
            raise _Waits(LOCKED_SECONDS)
        self._write(renamed)

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
