# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""What the operator would do about connectors whose objects are gone from a set of manifests. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from . import _objects, _plan, _wanted
from ._manifest import Manifest
from ._model import Observed, Ownership, Presence
from ._wanted import Terms


@dataclass(frozen=True)
class Gone:
    """An object that was in the base and is not in the set. ``deleted``: its connector goes with it; ``effect`` says so, or why not."""

    key: str
    name: str
    source: str
    deleted: bool
    effect: str


def gone(base: Sequence[Manifest], now: Sequence[Manifest], terms_of: Callable[[_objects.Object], Terms]) -> list[Gone]:
    """What is gone, in the order of the base.

    :param terms_of: the terms of the Connect that an object names.
    """
    left = {manifest.key for manifest in now}
    return [_gone(manifest, terms_of(manifest.object)) for manifest in base if manifest.key not in left]


def _gone(manifest: Manifest, terms: Terms) -> Gone:
    deleted, effect = _effect(manifest.object, terms)
    return Gone(manifest.key, _objects.connector_name(manifest.object), manifest.source, deleted, effect)


def _effect(obj: _objects.Object, terms: Terms) -> tuple[bool, str]:
    """The very decision of the operator about the object when it is deleted."""
    known = "status" in obj
    status = obj["status"] if known else {"ownership": Ownership.CREATED.value}
    deleting = {**obj, "status": status, "metadata": {**obj["metadata"], "deletionTimestamp": _objects.timestamp(0.0)}}
    wanted = _wanted.wanted_of(deleting, None, terms)
    plan = _plan.make_plan(wanted, Observed(Presence.PRESENT, wanted.config), 0.0)
    if plan.orphaned:
        return False, f"the connector stays on Connect: {plan.orphaned}"
    if not plan.actions:
        return False, "the connector stays on Connect: it never belonged to the object"
    if wanted.hold:
        return False, f"the deletion waits: {wanted.hold.message}"
    asked = (obj.get("spec") or {}).get("deletionPolicy") or terms.deletion
    return True, "the connector is deleted" if known or asked else "the connector is deleted, unless the operator adopted it"
