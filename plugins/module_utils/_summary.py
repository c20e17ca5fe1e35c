# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""What is told of many connectors: one by one, in numbers, and as what Ansible prints. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ._diff import PlainKeys, diff_of
from ._fleet import Entry
from ._gone import Gone
from ._model import Action, Create, Delete, Observed, Outcome, Presence, Reason, Update, Verdict
from ._playbook import connector_of, problem_of, warning_of

# In this order they are counted and told.
KINDS = ("create", "update", "state", "delete", "planned", "unchanged", "failed")


@dataclass(frozen=True)
class Told:
    """What came of one connector, and where. ``differs``: Connect is not, or was not, as it is wanted."""

    url: str
    entry: Entry
    outcome: Outcome
    planned: tuple[Action, ...]
    problem: Verdict | None
    held: str

    @property
    def differs(self) -> bool:
        return bool(self.planned)

    @property
    def changed(self) -> bool:
        return self.differs and not self.held

    @property
    def kind(self) -> str:
        if self.problem:
            return "failed"
        if not self.planned:
            return "unchanged"
        return "planned" if self.held else _kind(self.planned)


def _kind(actions: Sequence[Action]) -> str:
    for kind, name in ((Create, "create"), (Delete, "delete"), (Update, "update")):
        if any(isinstance(action, kind) for action in actions):
            return name
    return "state"


def told(url: str, entry: Entry, outcome: Outcome) -> Told:
    """What is to be said of an outcome."""
    hold = entry.wanted.hold.message if entry.wanted.hold else ""
    planned = outcome.planned or outcome.actions
    return Told(url, entry, outcome, planned, problem_of(outcome), hold if planned else "")


def failed(url: str, entry: Entry, verdict: Verdict) -> Told:
    """What is to be said of a connector that nothing could be asked about."""
    return Told(url, entry, Outcome(entry.wanted, verdict, observed=Observed(Presence.ABSENT)), (), verdict, "")


def result_of(one: Told) -> dict[str, Any]:
    """What the module returns of one connector."""
    outcome = one.outcome
    result: dict[str, Any] = {
        "name": one.entry.wanted.name,
        "source": one.entry.source,
        "url": one.url,
        "actions": [action.name for action in one.planned],
        "changed_keys": sorted({key for action in one.planned for key in action.keys}),
        "changed": one.changed,
        "failed": one.problem is not None,
    }
    if one.held:
        result["held"] = one.held
    if one.entry.wanted.unresolved_keys:
        result["not_compared"] = sorted(one.entry.wanted.unresolved_keys)
    if one.entry.notes:
        result["notes"] = list(one.entry.notes)
    if one.problem:
        return {**result, "reason": one.problem.reason.value, "message": one.problem.message}
    if outcome.orphaned:
        return {**result, "message": f"it stays on Connect: {outcome.orphaned}"}
    return {**connector_of(outcome, outcome.observed or Observed(Presence.ABSENT)), **result}


def warnings_of(everything: Sequence[Told]) -> list[str]:
    """What is worth a word although nothing failed for it."""
    found = [(one, one.held or one.outcome.orphaned or warning_of(one.outcome)) for one in everything if not one.problem]
    return [f"connector {one.entry.wanted.name}: {_left(one)}{text}" for one, text in found if text]


def _left(one: Told) -> str:
    if one.held:
        return f"{', '.join(action.name for action in one.planned)} planned and not carried out: "
    return "it stays on Connect: " if one.outcome.orphaned else ""


def diffs_of(everything: Sequence[Told], plain_keys: Mapping[str, PlainKeys]) -> list[dict[str, str]]:
    """One diff for each connector that differs; of one that failed, only if something was done for it."""
    return [
        diff_of(
            one.entry.wanted.name,
            one.planned,
            plain_keys[one.url],
            one.entry.wanted.hidden_keys,
            unresolved_keys=one.entry.wanted.unresolved_keys,
        )
        for one in everything
        if one.planned and (one.outcome.actions or not one.problem)
    ]


def counts_of(everything: Sequence[Told]) -> dict[str, int]:
    """How many there are of each kind, and in total."""
    counted = Counter(one.kind for one in everything)
    return {"total": len(everything), **{kind: counted[kind] for kind in KINDS}}


_SPOKEN = {
    "create": "{} to create",
    "update": "{} to update",
    "state": "{} to change the run state of",
    "delete": "{} to delete",
    "planned": "{} planned only",
    "unchanged": "{} unchanged",
    "failed": "{} failed",
}


def spoken(counts: Mapping[str, int]) -> str:
    """The numbers in words."""
    parts = [_SPOKEN[kind].format(counts[kind]) for kind in KINDS if counts[kind]]
    noun = "connector" if counts["total"] == 1 else "connectors"
    return f"{counts['total']} {noun}: {', '.join(parts)}" if parts else "no connectors"


def gone_of(gone: Sequence[Gone]) -> list[dict[str, Any]]:
    """What the module returns of objects that are gone from the manifests."""
    return [{"name": one.name, "object": one.key, "source": one.source, "deleted": one.deleted, "effect": one.effect} for one in gone]


def spoken_gone(one: Gone) -> str:
    """The same in a sentence."""
    return f"{one.key} is gone from the manifests; when its object goes, {one.effect}"


def difference_of(counts: Mapping[str, int], gone: Sequence[Gone]) -> str:
    """What differs, in a sentence."""
    keys = [one.key for one in gone if one.deleted]
    more = f" and {len(keys) - NAMES} more" if len(keys) > NAMES else ""
    return f"{spoken(counts)}{'; gone from the manifests: ' if keys else ''}{', '.join(keys[:NAMES])}{more}"


def notes_of(everything: Sequence[Told]) -> list[str]:
    """What of the manifests is not applied, and for how many connectors."""
    counted = Counter(note for one in everything for note in one.entry.notes)
    return [f"{note} ({number} {'connector' if number == 1 else 'connectors'})" for note, number in sorted(counted.items())]


def is_unreachable(everything: Sequence[Told]) -> bool:
    """Whether nothing else failed than reaching Connect."""
    problems = [one.problem for one in everything if one.problem]
    return bool(problems) and all(problem.reason is Reason.CONNECT_UNREACHABLE for problem in problems)


def failure_of(everything: Sequence[Told]) -> str:
    """What failed, in a sentence for each connector; of many only the first, and one cause that is common to several once."""
    causes: dict[str, list[str]] = {}
    for one in everything:
        if one.problem:
            causes.setdefault(one.problem.message, []).append(one.entry.wanted.name)
    lines = [f"{_named(names)}: {message}" for message, names in causes.items()]
    return "; ".join([*lines[:LINES], *([f"and {len(lines) - LINES} other causes"] if len(lines) > LINES else [])])


LINES, NAMES = 20, 3


def _named(names: Sequence[str]) -> str:
    if len(names) == 1:
        return f"connector {names[0]}"
    more = f" and {len(names) - NAMES} others" if len(names) > NAMES else ""
    return f"connectors {', '.join(names[:NAMES])}{more}"
