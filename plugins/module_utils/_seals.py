# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""What spares reading references in every period: to tell that a connector is as it was when it was compared, no value is needed. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import _config, _objects, _status, _wanted
from ._model import Observed, Outcome, Presence
from ._sources import Sourced


@dataclass(frozen=True)
class Seal:
    """A connector was on Connect exactly as its object wanted it.

    ``digest``: of that configuration; ``spec``: which object, and which version of it and of its connection; ``due``: when its references are read
    again at the latest, in seconds of the epoch. The others: what else is known of the references.
    """

    digest: str
    spec: str
    due: float
    references: str
    referenced_keys: tuple[str, ...] = ()

    @property
    def sourced(self) -> Sourced:
        """The references without their values."""
        return Sourced(above=dict.fromkeys(self.referenced_keys, ""), version=self.references)

    def is_on(self, observed: Observed, obj: _objects.Object) -> bool:
        """Whether the connector is as it was."""
        return observed.presence is Presence.PRESENT and _digest(obj, observed.config) == self.digest


def seals_in(notes: Mapping[str, Any]) -> dict[str, Seal]:
    """By object key, from notes of earlier runs; what is unreadable is as good as none."""
    found = {}
    for key, note in notes.items():
        try:
            digest, spec, due, references, hidden = note
            found[str(key)] = Seal(str(digest), str(spec), float(due), str(references), tuple(map(str, hidden)))
        except (TypeError, ValueError):
            continue
    return found


def notes_of(seals: Mapping[str, Seal]) -> dict[str, Any]:
    return {key: [one.digest, one.spec, one.due, one.references, list(one.referenced_keys)] for key, one in seals.items()}


def spares(seal: Seal | None, obj: _objects.Object, terms: _wanted.Terms, now: float) -> bool:
    """Whether the references of an object need not be read as long as its connector is as it was: nothing is to be done for it or amiss with it."""
    if seal is None or now >= seal.due or seal.spec != _spec(obj, terms) or _objects.is_pending(obj):
        return False
    reason = _objects.reason_of(obj)
    return reason is not None and _status.REASONS[reason].synced == _status.TRUE


def seal_of(outcome: Outcome, obj: _objects.Object, terms: _wanted.Terms, due: float) -> Seal | None:
    """The seal on a connector that has references and is exactly as wanted: without a key that is ignored, or a value that is masked."""
    wanted, observed = outcome.wanted, outcome.observed
    if not wanted.references or observed is None or observed.presence is not Presence.PRESENT or observed.config != wanted.config:
        return None
    return Seal(_digest(obj, observed.config), _spec(obj, terms), due, wanted.references, tuple(sorted(wanted.referenced_keys)))


def _spec(obj: _objects.Object, terms: _wanted.Terms) -> str:
    return f"{obj['metadata'].get('uid', '')} {obj['metadata'].get('generation', 0)} {terms.generation}"


def _digest(obj: _objects.Object, config: Mapping[str, str]) -> str:
    return _config.digest(str(obj["metadata"].get("uid", "")), "", json.dumps(config, sort_keys=True))
