# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""The journal for a connector that a move has left behind: what it has to say goes into ``status.movedFrom``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from . import _move, _objects, _status
from ._apply import Claim
from ._events import Event, record_event
from ._journal import TRIES, KubeJournal
from ._kube import KubeError, path_of
from ._model import Action, Outcome, Ownership, Reason, Verdict, Wanted, Write
from ._plan import ASKED_FOR


@dataclass
class FormerJournal(KubeJournal):
    """``prove``: called before the old connector is deleted; says why it must not be, empty if it may, None if that cannot be told now.

    ``doubt``: what it said, if that kept the connector; ``untold``: it could not be told.
    ``objects`` are the real ones, not as they would be at the old place.
    """

    prove: Callable[[], str | None] = lambda: None
    doubt: str = field(default="", init=False)
    untold: bool = field(default=False, init=False)

    def claim(self, wanted: Wanted, action: Action) -> Claim:
        above = self.guard.claim()
        if above is not Claim.GRANTED:
            return above
        planned = self.objects[wanted.key]
        fresh = self._fresh(planned)
        if fresh is None or not _move.may_clear(fresh) or _objects.is_paused(fresh) != _objects.is_paused(planned):
            return Claim.SUPERSEDED
        self.objects[wanted.key] = fresh
        doubt = self.prove()
        self.doubt, self.untold = doubt or "", doubt is None
        return Claim.GRANTED if doubt == "" else Claim.SUPERSEDED

    def report(self, outcome: Outcome) -> None:
        verdict = outcome.verdict
        unconfirmed = outcome.unconfirmed
        changes: dict[str, Any] = {
            "unconfirmedWrite": {"action": unconfirmed.action, "time": _objects.timestamp(unconfirmed.since)} if unconfirmed else None
        }
        if not outcome.deferred:
            verdict = self.advise(self.objects[outcome.wanted.key], verdict)
            changes.update(reason=verdict.reason.value, message=verdict.message)
        before = self.objects[outcome.wanted.key]
        self._keep(outcome.wanted.key, changes, None if outcome.deferred else verdict)
        turned = _move.record_of(before).get("reason") != verdict.reason.value
        if not outcome.deferred and turned and verdict.reason is Reason.DELETION_BLOCKED:
            self._event(before, Event(verdict.reason.value, f"left behind by a move: {verdict.message}", "Warning"))

    def released(self, outcome: Outcome) -> None:
        key = outcome.wanted.key
        before = self.objects[key]
        if not self._keep(key, {}, None):
            return
        place = _move.spoken(_move.former_place(before))
        if outcome.orphaned:
            kind = "Normal" if outcome.orphaned in ASKED_FOR else "Warning"
            self._event(before, Event("Orphaned", f"the connector {outcome.wanted.name} stays on {place}: {outcome.orphaned}", kind))
            self.wrote(outcome.wanted, Write("orphan", outcome.orphaned, (), "done", 0.0))
        elif not _objects.is_deleting(before):
            self._event(before, Event("Moved", f"the connector {outcome.wanted.name} has moved; the one on {place} is gone"))
        after = self.objects[key]
        if _objects.is_deleting(after) and _objects.ownership_of(after) is Ownership.NONE:
            super().released(replace(outcome, orphaned=""))

    def lasted(self, wanted: Wanted, unsettled: bool) -> float:
        return 0.0

    def _keep(self, key: str, changes: Mapping[str, Any], verdict: Verdict | None) -> bool:
        """Write down what is known of the old connector; without changes, that it is no concern any more. False: somebody else was there first.

        :param verdict: what an object shows whose deletion waits for this connector only.
        """
        planned = self.objects[key]
        for _attempt in range(TRIES):
            obj = self.objects[key]
            status = _move.told(obj, changes)
            if verdict and _objects.is_deleting(obj) and _objects.ownership_of(obj) is Ownership.NONE:
                previous = _objects.status_of(obj).get("conditions") or []
                now = _objects.timestamp(self.clock.now())
                status["conditions"] = _status.conditions(verdict, obj["metadata"]["generation"], previous, now)
                status["observedGeneration"] = obj["metadata"]["generation"]
            patch = _objects.merge_patch(_objects.status_of(obj), status)
            if not patch:
                return True
            try:
                self.objects[key] = self._patch_status(obj, patch)
                return True
            except KubeError as error:
                if error.status not in (404, 409):
                    raise
            fresh = self._fresh(planned)
            if fresh is None:
                return False
            self.objects[key] = fresh
        return False

    def _fresh(self, planned: Mapping[str, Any]) -> dict[str, Any] | None:
        """The object as it is now, None if there is nothing left of that very move."""
        fresh = self.api.get(path_of(planned))
        if fresh is None or fresh["metadata"]["uid"] != planned["metadata"]["uid"]:
            return None
        same = all(_move.record_of(fresh).get(part) == _move.record_of(planned).get(part) for part in ("time", *_move.PLACE))
        return fresh if same and _move.record_of(fresh) else None

    def _event(self, obj: Mapping[str, Any], event: Event) -> None:
        record_event(self.api, self.clock, obj, event)
