# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""What a plan changes, as the before and after that Ansible prints. Redacted. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping

from . import _config
from ._model import Action, Create, Delete, RunState, Switch, Update

# A longer value is cut; where that hides how two values differ, the later one says so.
VALUE_LIMIT = 200
CHANGED = "(changed)"
NOT_COMPARED = "(not compared)"

# The keys that a plugin declares and not as PASSWORD, by its class.
PlainKeys = Callable[[str], frozenset[str]]


def diff_of(
    name: str,
    actions: Iterable[Action],
    plain_keys: PlainKeys,
    hidden_keys: frozenset[str] = frozenset(),
    *,
    unresolved_keys: frozenset[str] = frozenset(),
) -> dict[str, str]:
    """The diff of one connector; a connector that is created or deleted is compared with nothing.

    :param hidden_keys: the keys whose values are shown on neither side.
    :param unresolved_keys: the keys whose wanted values are not known.
    """
    live: dict[str, str] = {}
    wanted: dict[str, str] = {}
    states: tuple[str, str] = ("", "")
    for action in actions:
        if isinstance(action, Create):
            wanted, states = dict(action.config), ("", (action.state or RunState.RUNNING).value)
        elif isinstance(action, Update):
            live, wanted = dict(action.before), dict(action.config)
        elif isinstance(action, Delete):
            live = dict(action.before)
        elif isinstance(action, Switch):
            states = (action.before.lower(), action.state.value)
    shown_live, shown_wanted = (_shown(one, plain_keys, hidden_keys) for one in (live, wanted))
    for key in live.keys() & wanted.keys():
        if live[key] != wanted[key] and shown_live[key] == shown_wanted[key]:
            shown_wanted[key] = CHANGED
    for shown in (shown_live, shown_wanted):
        shown.update(dict.fromkeys(unresolved_keys & shown.keys(), NOT_COMPARED))
    return {
        "before_header": f"{name} (live)",
        "after_header": f"{name} (wanted)",
        "before": _text(shown_live, states[0]),
        "after": _text(shown_wanted, states[1]),
    }


def _shown(config: Mapping[str, str], plain_keys: PlainKeys, hidden_keys: frozenset[str]) -> dict[str, str]:
    plain = plain_keys(config.get(_config.CLASS, "")) if config else frozenset()
    return {key: _quoted(_config.shown(key, value, plain, hidden_keys)) for key, value in config.items()}


def _quoted(value: str) -> str:
    if value == _config.HIDDEN:
        return value
    if value.startswith("\x00"):  # no text: how ``_connect`` marks a stored null
        return value[1:]
    cut = value if len(value) <= VALUE_LIMIT else f"{value[:VALUE_LIMIT]}..."
    return json.dumps(cut, ensure_ascii=False)


def _text(config: Mapping[str, str], state: str) -> str:
    """Read like YAML, sorted."""
    lines = [f"  {_key(key)}: {value}" for key, value in sorted(config.items())]
    if lines:
        lines.insert(0, "config:")
    if state:
        lines.append(f"run_state: {state}")
    return "".join(f"{line}\n" for line in lines)


def _key(key: str) -> str:
    return key if re.fullmatch(r"[\w.$-]+", key) else json.dumps(key, ensure_ascii=False)
