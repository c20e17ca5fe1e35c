# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""A connector as a module returns it, without what may be secret. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import _config, _status
from ._model import Observed, Presence, Verdict


def connector(name: str, observed: Observed, verdict: Verdict | None) -> dict[str, Any]:
    """What Connect showed of a connector last, and what is to be said of that."""
    present = observed.presence is Presence.PRESENT
    result: dict[str, Any] = {"name": name, "present": present}
    if verdict:
        result.update(reason=verdict.reason.value, message=verdict.message)
    status = observed.status if present else None
    if status is None:
        return result
    tasks = []
    for task in status.tasks:
        shown: dict[str, Any] = {"id": task.id, "state": task.state, "worker_id": task.worker_id}
        tasks.append({**shown, "reason": _status.cause_of(task.trace)} if task.state == "FAILED" else shown)
    return {**result, "state": status.state, "type": status.type, "version": status.version, "worker_id": status.worker_id, "tasks": tasks}


def config(live: Mapping[str, str], plain_keys: frozenset[str]) -> dict[str, str | None]:
    """A configuration whose values are hidden unless the plugin declares their keys, and nothing looks like a secret; a stored null is None."""
    shown = {key: _config.shown(key, value, plain_keys) for key, value in sorted(live.items())}
    return {key: None if value == "\x00null" else value.removeprefix("\x00") for key, value in shown.items()}
