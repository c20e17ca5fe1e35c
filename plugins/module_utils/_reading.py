# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""What the objects of a pass want, their references read at this moment, or spared as long as nothing is to be sent."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from . import _objects, _seals, _wanted
from ._http import Clock
from ._model import Observed, Outcome, Presence, Verdict, Wanted
from ._references import SourceReader
from ._run_directory import RunDirectory
from ._sources import NOTHING

# References are read again after a time between this part of their period and the whole of it, so that not all are due at once.
EARLIEST = 0.5


@dataclass
class Reading:
    """``site``: the key of the Connect. ``spread``: seconds after which references are read again at the latest; 0: in every pass.

    ``spare``: only those are read that are due, and those of connectors that are not as they were.
    """

    reader: SourceReader
    directory: RunDirectory
    clock: Clock
    site: str
    terms: _wanted.Terms
    spread: float = 0.0
    spare: bool = False
    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    seals: dict[str, _seals.Seal] = field(default_factory=dict)
    spared: set[str] = field(default_factory=set)

    def wanted(self, scope: Sequence[dict[str, Any]], verdicts: Mapping[str, Verdict | None]) -> list[Wanted]:
        """What the objects want. Nothing is read for an object that something stands against."""
        self.objects = {_objects.key_of(obj): obj for obj in scope}
        usable = {key: obj for key, obj in self.objects.items() if verdicts[key] is None and _objects.needs_config(obj)}
        if self.spread > 0 and any(self.reader.names_any(obj) for obj in usable.values()):
            self.seals = _seals.seals_in(self.directory.notes(self.site))
        now = self.clock.now()
        if self.spare:
            self.spared = {key for key, obj in usable.items() if _seals.spares(self.seals.get(key), obj, self.terms, now)}
        wanted = self._read([obj for key, obj in usable.items() if key not in self.spared])
        return [wanted.get(key) or self._unread(key, verdicts[key]) for key in self.objects]

    def _unread(self, key: str, verdict: Verdict | None) -> Wanted:
        sourced = self.seals[key].sourced if key in self.spared else NOTHING
        return _wanted.wanted_of(self.objects[key], verdict, self.terms, sourced)

    def _read(self, objects: Sequence[dict[str, Any]]) -> dict[str, Wanted]:
        found = self.reader.read(objects)
        wanted = {}
        for obj in objects:
            key = _objects.key_of(obj)
            sourced, fault = found.get(key, (NOTHING, None))
            wanted[key] = _wanted.wanted_of(obj, fault, self.terms, sourced)
        return wanted

    def completed(self, wanted: Sequence[Wanted], observed: Mapping[str, Observed]) -> list[Wanted]:
        """What is wanted where not all was read, now that Connect was: a connector that is as it was is as it is wanted."""
        completed: dict[str, Wanted] = {}
        unlike = []
        for one in wanted:
            seen = observed.get(one.name)
            # Nothing is sent for what Connect does not tell of.
            if one.key not in self.spared or seen is None or seen.presence is Presence.UNKNOWN:
                continue
            if self.seals[one.key].is_on(seen, self.objects[one.key]):
                completed[one.key] = replace(one, config=seen.config)
            else:
                unlike.append(one.key)
        self.spared.difference_update(unlike)
        read = self._read([self.objects[key] for key in unlike])
        completed.update({one.key: _with_sources(one, read[one.key]) for one in wanted if one.key in read})
        return [completed.get(one.key, one) for one in wanted]

    def keep(self, outcomes: Sequence[Outcome], members: Sequence[_objects.Object]) -> None:
        """Note which connectors are as they are wanted."""
        if self.spread <= 0:
            return
        known = {_objects.key_of(obj) for obj in members}
        seals = {key: seal for key, seal in self.seals.items() if key in known}
        for outcome in outcomes:
            key = outcome.wanted.key
            if key in self.spared:
                continue
            due = self.clock.now() + self.spread * random.uniform(EARLIEST, 1)
            seal = _seals.seal_of(outcome, self.objects[key], self.terms, due)
            if seal:
                seals[key] = seal
            else:
                seals.pop(key, None)
        if seals != self.seals:
            self.directory.keep_notes(self.site, _seals.notes_of(seals))


# What of a connector comes from its references.
_SOURCED = ("config", "problem", "referenced_keys", "version", "keepers", "references")


def _with_sources(wanted: Wanted, read: Wanted) -> Wanted:
    """One that was spared, with what was read for it; what the pass knows of it besides stays."""
    return replace(wanted, **{name: getattr(read, name) for name in _SOURCED})
