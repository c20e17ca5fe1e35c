# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""What a KafkaConnector wants, by its spec and by the terms of its Connect. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from . import _config, _duration, _sources
from ._address import EndpointError
from ._model import (
    Adoption,
    ClusterMark,
    Deletion,
    DriftPolicy,
    Memory,
    Ownership,
    Reason,
    RunState,
    Verdict,
    Wanted,
    name_problem,
)
from ._objects import (
    PAUSED,
    Object,
    accepted_cluster,
    connector_name,
    is_deleting,
    is_paused,
    key_of,
    memory_of,
    named_place,
    ownership_of,
    seconds_of,
    status_of,
    validation,
)
from ._plan import BY_PLAN, BY_POLICY, NOT_OURS
from ._sources import NOTHING, Sourced

PLANNED = "Nothing is written while spec.mode is Plan"
PROTECTED = "its KafkaConnectCluster protects the connectors on it (protectConnectors)"


@dataclass(frozen=True)
class Terms:
    """What a Connect says of all connectors on it: defaults, bounds, what stands against writing, which Kafka cluster it has to work for.

    ``deletion_deadline``: a duration as users write it, empty for none.
    ``generation`` of the object that says so; ``keeper``: what only those know who may log in there.
    """

    config: Mapping[str, Any] = field(default_factory=dict)
    tasks_max: int | None = None
    ignored_keys: tuple[str, ...] = ()
    protected: bool = False
    drift_policy: DriftPolicy | None = None
    adoption: Adoption | None = None
    adoption_bound: Adoption = Adoption.ALWAYS
    deletion: Deletion | None = None
    deletion_deadline: str = ""
    hold: Verdict | None = None
    mark: ClusterMark = field(default_factory=ClusterMark)
    generation: int = 0
    plugins: str = ""
    keeper: str = field(default="", repr=False)


def wanted_of(obj: Object, problem: Verdict | None = None, terms: Terms = Terms(), sourced: Sourced = NOTHING) -> Wanted:
    """What an object wants; ``problem``, or what is wrong with its spec, stands against sending anything for it.

    :param sourced: what the references of its spec gave.
    """
    spec = obj.get("spec", {})
    own = spec.get("config") or {}
    name = connector_name(obj)
    config: dict[str, str] = {}
    found = problem or _name_verdict(name) or _place_verdict(obj)
    try:
        tasks_max = spec.get("tasksMax", terms.tasks_max)
        values = _sources.merged(terms.config, sourced, own)
        config = _config.canonical(name, str(spec.get("class", "")), tasks_max, values, spec.get("version"))
    except _config.ConfigError as error:
        found = found or Verdict(Reason.INVALID_SPEC, f"spec.{error}")
    version = _sources.with_plugins(_sources.version_of((terms.generation, sourced.version)), terms.plugins)
    return Wanted(
        key_of(obj),
        name,
        config,
        RunState(spec.get("state") or "running"),
        absent=is_deleting(obj),
        adoption=_adoption(obj, terms),
        adoption_bound=terms.adoption_bound,
        memory=_as_of_now(memory_of(obj), version),
        problem=found,
        hold=_hold(obj, terms),
        mark=ClusterMark(
            recorded=terms.mark.recorded or str(status_of(obj).get("kafkaClusterId", "")),
            accepted=terms.mark.accepted or accepted_cluster(obj),
            doubt=terms.mark.doubt,
        ),
        ignored_keys=terms.ignored_keys,
        kept=kept_by(obj, terms),
        deadline=_deadline(obj, terms),
        referenced_keys=_sources.referenced_keys(sourced, own),
        version=version,
        drift=_drift_policy(obj, terms),
        validation=validation(obj),
        references=sourced.version,
        keepers=_sources.keepers(dict.fromkeys(terms.config, terms.keeper), sourced, dict.fromkeys(own, str(obj["metadata"].get("uid", "")))),
    )


def _as_of_now(memory: Memory, version: str) -> Memory:
    """What was found out with the very sources of now, before the plugins of Connect were known, is as true of those that are known by now."""

    def same(one: Any) -> Any:
        return replace(one, version=version) if one and _sources.is_same_version(one.version, version) else one

    return replace(memory, refused=same(memory.refused), unremoved=same(memory.unremoved), validated=same(memory.validated))


def _hold(obj: Object, terms: Terms) -> Verdict | None:
    """Why nothing is written for an object although it is looked at. What its connection says comes first."""
    if terms.hold:
        return terms.hold
    if is_paused(obj):
        return Verdict(Reason.DRIFTED, PAUSED)
    if obj.get("spec", {}).get("mode") == "Plan":
        return Verdict(Reason.PLAN_ONLY, PLANNED)
    return None


def _drift_policy(obj: Object, terms: Terms) -> DriftPolicy:
    return DriftPolicy(obj.get("spec", {}).get("driftPolicy") or terms.drift_policy or DriftPolicy.REPAIR)


def _adoption(obj: Object, terms: Terms) -> Adoption:
    """What may become of a connector that exists; an object that is being deleted adopts nothing any more."""
    if is_deleting(obj):
        return Adoption.NEVER
    return Adoption(obj.get("spec", {}).get("adoptionPolicy") or terms.adoption or Adoption.IF_IDENTICAL)


def kept_by(obj: Object, terms: Terms) -> str:
    """Why the connector of an object stays on Connect when that goes, if so."""
    spec = obj.get("spec", {})
    asked = spec.get("deletionPolicy") or terms.deletion
    if spec.get("mode") == "Plan":
        return BY_PLAN
    if asked == Deletion.ORPHAN:
        return BY_POLICY
    if asked is None and ownership_of(obj) is Ownership.ADOPTED:
        return NOT_OURS
    return PROTECTED if terms.protected else ""


def _deadline(obj: Object, terms: Terms) -> float | None:
    """From when on a Connect that cannot be asked does not hold the object, in seconds of the epoch; counted from its deletion."""
    text = str(obj.get("spec", {}).get("deletionDeadline") or terms.deletion_deadline)
    if not (text and is_deleting(obj)):
        return None
    try:
        return seconds_of(obj["metadata"]["deletionTimestamp"]) + _duration.seconds_of(text)
    except ValueError:
        return None


def effective(obj: Object, terms: Terms, referenced_keys: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Which defaults of the Connect count for an object: values of fields, and the names of keys.

    :param referenced_keys: those that its references gave.
    """
    spec = obj.get("spec", {})
    keys = sorted(terms.config.keys() - (spec.get("config") or {}).keys() - referenced_keys)
    found: dict[str, Any] = {"configKeys": keys} if keys else {}
    defaults = {
        "tasksMax": terms.tasks_max,
        "driftPolicy": terms.drift_policy and terms.drift_policy.value,
        "adoptionPolicy": terms.adoption and terms.adoption.value,
        "deletionPolicy": terms.deletion and terms.deletion.value,
        "deletionDeadline": terms.deletion_deadline or None,
    }
    found.update({name: value for name, value in defaults.items() if value is not None and name not in spec})
    return found


def _name_verdict(name: str) -> Verdict | None:
    wrong = name_problem(name)
    return Verdict(Reason.INVALID_SPEC, f"the connector name is not possible: {wrong}; set spec.connectorName to another") if wrong else None


def _place_verdict(obj: Object) -> Verdict | None:
    try:
        named_place(obj)
    except EndpointError as error:
        return Verdict(Reason.INVALID_SPEC, str(error))
    return None
