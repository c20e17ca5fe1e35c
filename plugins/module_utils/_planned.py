# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""What is planned and not carried out, as the status of an object shows it. Bounded and redacted. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from . import _config
from ._model import KEY_LIMIT, KEYS_LIMIT, Create, Outcome, RunState, Switch, Update

VALUE_LIMIT = 120


def plan_of(outcome: Outcome) -> dict[str, Any]:
    """``status.plan``: the actions in their order, where from and to of a move, the run state, and each key that is added, changed or removed."""
    if not outcome.planned:
        return {}
    plan: dict[str, Any] = {"actions": [action.name for action in outcome.planned]}
    if outcome.route:
        plan["from"], plan["to"] = outcome.route
    for action in outcome.planned:
        if isinstance(action, Create):
            plan["state"] = {"after": (action.state or RunState.RUNNING).value}
            plan.update(_changes(outcome, {}, action.config))
        elif isinstance(action, Update):
            plan.update(_changes(outcome, action.before, action.config))
        elif isinstance(action, Switch):
            plan["state"] = {**({"before": action.before.lower()} if _is_ours(outcome) else {}), "after": action.state.value}
    return plan


def _is_ours(outcome: Outcome) -> bool:
    return outcome.wanted.memory.owns


def _changes(outcome: Outcome, before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, Any]:
    difference = _config.difference(before, after, outcome.wanted.ignored_keys)
    if before and not _is_ours(outcome):
        return _set(outcome, after, len(difference.removed))
    kinds = {"added": difference.added, "changed": difference.changed, "removed": difference.removed}
    return _rows(outcome, [(key, kind) for kind, keys in kinds.items() for key in keys], before, after)


def _set(outcome: Outcome, after: Mapping[str, str], removed: int) -> dict[str, Any]:
    """For a connector that is not ours: which of its values are those of the spec already is told to nobody, as they could be guessed so."""
    return {**_rows(outcome, [(key, "set") for key in after], {}, after), **({"removedKeys": removed} if removed else {})}


def _rows(outcome: Outcome, changes: Sequence[tuple[str, str]], before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, Any]:
    rows = sorted(changes)
    shown: dict[str, Any] = {
        "class": after.get(_config.CLASS, "")[:KEY_LIMIT],
        "changes": [{"key": key[:KEY_LIMIT], "change": kind, **_values(outcome, key, before, after)} for key, kind in rows[:KEYS_LIMIT]],
    }
    if len(rows) > KEYS_LIMIT:
        shown["moreChanges"] = len(rows) - KEYS_LIMIT
    return shown


def _values(outcome: Outcome, key: str, before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
    """The values of a key where all of them may be shown; of a connector that is not ours nothing that Connect told of it."""
    shown = {side: _shown(outcome, key, config) for side, config in (("before", before), ("after", after)) if key in config}
    if not _is_ours(outcome):
        shown.pop("before", None)
    texts = {side: text for side, text in shown.items() if text is not None}
    hides = len(texts) < len(shown) or len(set(texts.values())) < len(texts)
    return {} if hides else texts


def _shown(outcome: Outcome, key: str, config: Mapping[str, str]) -> str | None:
    """A value that its own class lets be shown, cut; None for any other, and for what is no text (how ``_payloads`` marks a stored null)."""
    value = config[key]
    plain_keys = outcome.plain_keys.get(config.get(_config.CLASS, ""), frozenset())
    if value.startswith("\x00") or _config.shown(key, value, plain_keys, outcome.wanted.hidden_keys) == _config.HIDDEN:
        return None
    return value if len(value) <= VALUE_LIMIT else f"{value[:VALUE_LIMIT]}..."
