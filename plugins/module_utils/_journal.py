# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""The operator's journal: it asks Kubernetes before each write to Connect, and writes there what a pass has to say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from . import _connector_status, _objects, _status, _wanted
from ._apply import Claim
from ._events import Event, record_event, record_last_event, secret_in_spec
from ._http import Clock
from ._kube import KubeApi, KubeError, path_of
from ._model import Action, Create, Outcome, Ownership, Reason, Update, Verdict, Wanted, Write
from ._plan import ASKED_FOR
from ._run_directory import EndpointRecord, RunDirectory

TRIES = 4


@dataclass(frozen=True)
class Guard:
    """Whether anything may be written at this moment: the operator settings, and the connection as it was planned for.

    The runtime puts the finalizer on a connection only in its own first run. Until then its deletion would leave connectors that nobody can reach.
    """

    api: KubeApi
    namespace: str
    connection: Mapping[str, Any] | None

    def claim(self) -> Claim:
        """Looked up for each write: an emergency stop counts at once.

        :raises KubeError: if Kubernetes does not say.
        """
        if self.api.settings(self.namespace).freeze:
            return Claim.FROZEN
        return Claim.GRANTED if self.holds_connection() else Claim.SUPERSEDED

    def holds_connection(self) -> bool:
        """Whether the connection is as it was planned for, and stays as long as connectors own something on it.

        :raises KubeError: if Kubernetes does not say.
        """
        planned = self.connection
        if planned is None:
            return True
        for _attempt in range(TRIES):
            fresh = self.api.get(path_of(planned))
            if fresh is None or not _same(planned, fresh):
                return False
            if _objects.has_finalizer(fresh) or _objects.is_deleting(fresh):
                return True
            try:
                _with_finalizer(self.api, fresh)
                return True
            except KubeError as error:
                if error.status not in (404, 409):
                    raise
        return False


@dataclass
class KubeJournal:
    """The journal of the operator.

    ``objects`` by key, as they were last seen. ``site``: the key of their Connect, which its locks have too. ``place``: the fields of a status that
    say where it is. ``advise`` adds to a verdict what the readers of an object can do about it.
    """

    api: KubeApi
    objects: dict[str, dict[str, Any]]
    site: str
    place: Mapping[str, Any]
    terms: _wanted.Terms
    guard: Guard
    directory: RunDirectory
    record: EndpointRecord
    clock: Clock
    log: Callable[[Mapping[str, Any]], None]
    advise: Callable[[_objects.Object, Verdict], Verdict] = lambda obj, verdict: verdict
    seen_unsettled: set[str] = field(default_factory=set)

    def hold(self, wanted: Wanted) -> Callable[[], None] | None:
        return self.directory.lock("connector", self.site, wanted.name)

    def claim(self, wanted: Wanted, action: Action) -> Claim:
        above = self.guard.claim()
        if above is not Claim.GRANTED:
            return above
        planned = self.objects[wanted.key]
        for _attempt in range(TRIES):
            try:
                self.objects[wanted.key] = self._claimed(wanted, action)
                return Claim.GRANTED
            except KubeError as error:
                if error.status not in (404, 409):
                    raise
            fresh = self.api.get(path_of(planned))
            if fresh is None or not _unchanged(self.objects[wanted.key], fresh):
                return Claim.SUPERSEDED
            self.objects[wanted.key] = fresh
        return Claim.SUPERSEDED

    def _claimed(self, wanted: Wanted, action: Action) -> dict[str, Any]:
        """The object as it is now, with finalizer and all that must be remembered of the write.

        A patch with the resourceVersion is a fresh look, too.
        """
        obj = self.objects[wanted.key]
        touched = not _objects.has_finalizer(obj) and not wanted.absent
        if touched:
            obj = _with_finalizer(self.api, obj)
        status = self._before(obj, wanted, action)
        if status:
            obj = self._patch_status(obj, status)
            touched = True
        if not touched:
            fresh = self.api.get(path_of(obj))
            if fresh is None or not _unchanged(obj, fresh):
                raise KubeError("the object is another one now", 409)
            obj = fresh
        return obj

    def _before(self, obj: _objects.Object, wanted: Wanted, action: Action) -> dict[str, Any]:
        """What must be in the status before a write is sent: the ownership of a creation, and what must be hidden of a configuration."""
        status: dict[str, Any] = {}
        if isinstance(action, Create):
            creating = Outcome(wanted, _NO_VERDICT, ownership=Ownership.CREATING, owned_since=self.clock.now())
            status = _connector_status.ownership_record(obj, creating, self.clock.now(), self.place)
        if isinstance(action, (Create, Update)):
            status.update(_connector_status.to_be_sent(obj, wanted))
        return status

    def wrote(self, wanted: Wanted, write: Write) -> None:
        obj = self.objects[wanted.key]
        self.log(
            {
                "time": _objects.timestamp(self.clock.now()),
                "connector": wanted.name,
                "url": self.place.get("url", ""),
                "object": wanted.key,
                "generation": obj["metadata"]["generation"],
                "action": write.action,
                "cause": write.cause,
                "keys": list(write.keys),
                "result": write.result,
                "seconds": round(write.seconds, 3),
            }
        )

    def report(self, outcome: Outcome) -> None:
        key = outcome.wanted.key
        planned = self.objects[key]
        outcome = replace(outcome, verdict=self.advise(planned, outcome.verdict))
        for _attempt in range(TRIES):
            obj = self.objects[key]
            now = self.clock.now()
            outcome = _as_known(outcome, obj)
            whole = _same(planned, obj) and not outcome.deferred
            if whole:
                status = _connector_status.rendered_status(obj, outcome, now, self.place, self.terms)
            else:
                status = _connector_status.remembered_status(obj, outcome, now, self.place)
            patch = _connector_status.status_patch(obj, status)
            if not patch:
                return None
            try:
                obj = self._owner(obj, outcome.ownership)
                self.objects[key] = self._patch_status(obj, patch)
                return self._tell(obj, outcome) if whole else None
            except KubeError as error:
                if error.status == 404:
                    return None
                if error.status != 409:
                    raise
            fresh = self.api.get(path_of(planned))
            if fresh is None or fresh["metadata"]["uid"] != planned["metadata"]["uid"]:
                return None
            if not outcome.writes and not _unchanged(planned, fresh):
                return None  # somebody else dealt with it since, and knows better
            self.objects[key] = fresh
        return None

    def _owner(self, obj: dict[str, Any], ownership: Ownership) -> dict[str, Any]:
        """The object, held if it owns something. What is adopted as it is was not claimed by a write, and is to go with its object all the same.

        :raises KubeError: with 404 if the connection is not there any more: another run finds out what there is to be said then.
        """
        if ownership is Ownership.NONE:
            return obj
        if _objects.ownership_of(obj) is Ownership.NONE and not self.guard.holds_connection():
            raise KubeError("the connection is another one now", 404)
        return obj if _objects.has_finalizer(obj) or _objects.is_deleting(obj) else _with_finalizer(self.api, obj)

    def released(self, outcome: Outcome) -> None:
        key = outcome.wanted.key
        planned = self.objects[key]
        for _attempt in range(TRIES):
            obj = self.objects[key]
            try:
                self._let_go(obj)
                return self._tell_orphaned(planned, outcome) if outcome.orphaned else None
            except KubeError as error:
                if error.status == 404:
                    return None
                if error.status != 409:
                    raise
            fresh = self.api.get(path_of(planned))
            if fresh is None or fresh["metadata"]["uid"] != planned["metadata"]["uid"] or not _objects.has_finalizer(fresh):
                return None
            if outcome.orphaned and not _same(planned, fresh):
                return None  # it may be that the connector is to be deleted now
            self.objects[key] = fresh
        return None

    def _tell_orphaned(self, obj: Mapping[str, Any], outcome: Outcome) -> None:
        """An Event, and a line in the log of writes: no later status tells of it."""
        kind = "Normal" if outcome.orphaned in ASKED_FOR else "Warning"
        event = Event("Orphaned", f"the connector {outcome.wanted.name} stays on Connect: {outcome.orphaned}", kind)
        record_last_event(self.api, self.clock, obj, event)
        self.wrote(outcome.wanted, Write("orphan", outcome.orphaned, (), "done", 0.0))

    def _let_go(self, obj: Mapping[str, Any]) -> None:
        """The connector is no concern of the object any more. One that a move has left behind holds the object all the same."""
        if _objects.MOVED_FROM not in _objects.status_of(obj):
            left = [name for name in obj["metadata"].get("finalizers", ()) if name != _objects.FINALIZER]
            self.api.patch(path_of(obj), {"metadata": {"finalizers": left, "resourceVersion": _version(obj)}})
        elif _objects.ownership_of(obj) is not Ownership.NONE:
            self.objects[_objects.key_of(obj)] = self._patch_status(obj, {"ownership": None, "ownershipTime": None, "unconfirmedWrite": None})

    def lasted(self, wanted: Wanted, unsettled: bool) -> float:
        if not unsettled:
            return 0.0
        self.seen_unsettled.add(wanted.name)
        return self.clock.now() - self.record.unsettled.setdefault(wanted.name, self.clock.now())

    def _patch_status(self, obj: Mapping[str, Any], status: Mapping[str, Any]) -> dict[str, Any]:
        return self.api.patch(f"{path_of(obj)}/status", {"metadata": {"resourceVersion": _version(obj)}, "status": status})

    def _tell(self, before: Mapping[str, Any], outcome: Outcome) -> None:
        """Events for what was written, and for a turn to the worse that a person should see."""
        for write in outcome.writes:
            if write.result == "done":
                keys = f" ({', '.join(write.keys[:10])})" if write.keys else ""
                text = f"{write.action} of connector {outcome.wanted.name}{keys}; cause: {write.cause}"
                self._record(before, Event(_PAST[write.action], text))
        typed = secret_in_spec(before, before.get("spec", {}).get("config") or {}, "spec.config", "use configValueFrom")
        if typed:
            self._record(before, typed)
        reason = outcome.verdict.reason
        if _objects.reason_of(before) is not reason and _status.REASONS[reason].ready != _status.TRUE and reason is not Reason.CONVERGING:
            self._record(before, Event(reason.value, outcome.verdict.message, "Warning"))

    def _record(self, obj: Mapping[str, Any], event: Event) -> None:
        record_event(self.api, self.clock, obj, event)


def _as_known(outcome: Outcome, obj: _objects.Object) -> Outcome:
    """The outcome for an object whose creation could not be read back, with what another run has seen of it since that was claimed."""
    if outcome.ownership is Ownership.CREATING and _objects.ownership_of(obj) is Ownership.CREATED:
        return replace(outcome, ownership=Ownership.CREATED)
    return outcome


_PAST = {"create": "Created", "update": "Updated", "pause": "Paused", "resume": "Resumed", "stop": "Stopped", "delete": "Deleted"}
_NO_VERDICT = Verdict(Reason.CONVERGING, "")


def _version(obj: Mapping[str, Any]) -> str:
    return str(obj["metadata"]["resourceVersion"])


def _with_finalizer(api: KubeApi, obj: Mapping[str, Any]) -> dict[str, Any]:
    finalizers = [*obj["metadata"].get("finalizers", ()), _objects.FINALIZER]
    return api.patch(path_of(obj), {"metadata": {"finalizers": finalizers, "resourceVersion": _version(obj)}})


def _same(planned: Mapping[str, Any], fresh: Mapping[str, Any]) -> bool:
    """Whether a plan for one still holds for the other."""
    fields = ("uid", "generation", "deletionTimestamp")
    return all(planned["metadata"].get(name) == fresh["metadata"].get(name) for name in fields) and (
        _objects.is_paused(planned) == _objects.is_paused(fresh)
    )


def _unchanged(planned: Mapping[str, Any], fresh: Mapping[str, Any]) -> bool:
    """Whether nobody else dealt with the object since it was planned for, either."""
    return _same(planned, fresh) and _objects.memory_of(planned) == _objects.memory_of(fresh)
