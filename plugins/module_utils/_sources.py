# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""What a spec names in Secrets and ConfigMaps, and how its sources make one configuration. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import _config
from ._model import Reason, Verdict


@dataclass(frozen=True)
class KeyRef:
    """One key of a Secret or a ConfigMap. ``field``: where the spec names it. Without ``key``: all of them. ``optional``: it may be missing."""

    field: str
    name: str
    key: str = ""
    kind: str = "Secret"
    optional: bool = False

    def __str__(self) -> str:
        key = f", key {self.key}" if self.key else ""
        return f"the {self.kind} {self.name} that {self.field} names{key}"


class ReferenceFault(Exception):
    """What a reference names cannot be used; ``verdict`` says why, and holds no value. ``missing``: it is not there."""

    def __init__(self, reason: Reason, text: str, *, missing: bool = False) -> None:
        super().__init__(text)
        self.verdict = Verdict(reason, text)
        self.missing = missing


@dataclass(frozen=True)
class Sources:
    """The references of a connector: whole maps, of which a later one wins, and single values by their configuration key."""

    maps: tuple[KeyRef, ...] = ()
    values: Mapping[str, KeyRef] = field(default_factory=dict)

    @property
    def refs(self) -> tuple[KeyRef, ...]:
        return (*self.maps, *self.values.values())


_MAPS = {"configMapRef": "ConfigMap", "secretRef": "Secret"}
_VALUES = {"configMapKeyRef": "ConfigMap", "secretKeyRef": "Secret"}


def sources_of(spec: Mapping[str, Any]) -> Sources:
    """What a spec names in ``configFrom`` and ``configValueFrom``.

    :raises ReferenceFault: for what names nothing, or two things. The CRD refuses that already; an object may be older than it.
    """
    maps = (_ref(f"spec.configFrom[{index}]", entry, _MAPS) for index, entry in enumerate(spec.get("configFrom") or ()))
    values = {str(key): _ref(f"spec.configValueFrom[{key}]", entry, _VALUES) for key, entry in (spec.get("configValueFrom") or {}).items()}
    return Sources(tuple(maps), values)


def _ref(where: str, entry: Mapping[str, Any], kinds: Mapping[str, str]) -> KeyRef:
    named = [name for name in kinds if entry.get(name)]
    if len(named) != 1:
        raise ReferenceFault(Reason.INVALID_SPEC, f"{where}: name exactly one of {' and '.join(sorted(kinds))}")
    ref = entry[named[0]]
    return KeyRef(f"{where}.{named[0]}", str(ref["name"]), str(ref.get("key", "")), kinds[named[0]], bool(ref.get("optional", False)))


@dataclass(frozen=True)
class Sourced:
    """What the references of a connector gave: ``below`` counts less than its own configuration, ``above`` more.

    ``version`` is another one when anything that was read is. ``keepers``: by key, the uid of what holds the value. Whoever may learn that
    may read the value.
    """

    below: Mapping[str, str] = field(default_factory=dict, repr=False)
    above: Mapping[str, str] = field(default_factory=dict, repr=False)
    version: str = ""
    keepers: Mapping[str, str] = field(default_factory=dict, repr=False)


NOTHING = Sourced()


def check_reserved(ref: KeyRef, key: str) -> None:
    """:raises ReferenceFault: for a key that the object has a field of its own for."""
    if key in _config.RESERVED:
        raise ReferenceFault(Reason.INVALID_SPEC, f"{ref.field}: the key {key} is reserved; use the field {_config.RESERVED[key]}")


def merged(defaults: Mapping[str, Any], sourced: Sourced, own: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration that counts: defaults of the connection, then ``configFrom``, then ``config``, then ``configValueFrom``."""
    return {**defaults, **sourced.below, **own, **sourced.above}


def referenced_keys(sourced: Sourced, own: Mapping[str, Any]) -> frozenset[str]:
    """The keys whose values came from a reference."""
    return frozenset((sourced.below.keys() - own.keys()) | sourced.above.keys())


def keepers(defaults: Mapping[str, str], sourced: Sourced, own: Mapping[str, str]) -> dict[str, str]:
    """By key, what only those know who may read the value that counts; ``defaults`` and ``own``: that of their keys."""
    above = {key: sourced.keepers.get(key, "") for key in sourced.above}
    below = {key: sourced.keepers.get(key, "") for key in sourced.below}
    return {**defaults, **below, **own, **above}


def version_of(parts: Sequence[object]) -> str:
    """One short text for versions of several things; no value is derived from it."""
    return hashlib.sha256(repr(sorted(map(str, parts))).encode()).hexdigest()[:16]


def with_plugins(version: str, plugins: str) -> str:
    """A version that is another one also with other plugins.

    :param plugins: the version of these, empty if they are not known.
    """
    return f"{version}.{plugins}" if plugins else version


def is_same_version(one: str, other: str) -> bool:
    """Whether two versions are of the same things; those of plugins are compared only where both are known."""
    (ours, *ours_known), (theirs, *theirs_known) = one.split("."), other.split(".")
    return ours == theirs and (ours_known == theirs_known or not (ours_known and theirs_known))
