# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""KafkaConnector objects: where their connectors are, what they want, and what they remember. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Any, Union

from . import _config, _duration, _identity, _sources, _status
from ._address import Endpoint, EndpointError, endpoint
from ._model import (
    Adoption,
    ClusterMark,
    Deletion,
    DriftPolicy,
    FieldError,
    Memory,
    Ownership,
    Reason,
    Refusal,
    RunState,
    UnconfirmedWrite,
    Unremoved,
    Validated,
    Verdict,
    Wanted,
    name_problem,
)
from ._plan import BY_PLAN, BY_POLICY, NOT_OURS
from ._sources import NOTHING, Sourced

GROUP, VERSION, KIND, PLURAL = "external.saiello.github.io", "v1alpha1", "KafkaConnector", "kafkaconnectors"
CLUSTER_KIND, CLUSTER_PLURAL = "KafkaConnectCluster", "kafkaconnectclusters"
FINALIZER = f"{GROUP}/finalizer"
LABELS = {"schema": f"{GROUP}/api-schema", "host": f"{GROUP}/api-host", "port": f"{GROUP}/api-port"}
PAUSE, ACCEPT = f"{GROUP}/pause-reconciliation", f"{GROUP}/{_identity.ANNOTATION}"
VALIDATE = f"{GROUP}/validate"
# Where a status remembers the connector that a move has left behind.
MOVED_FROM = "movedFrom"
# And which keys of a configuration have values, on Connect too, that nobody may be shown.
REFERENCED = "referencedKeys"
PAUSED = "reconciliation is paused by the annotation pause-reconciliation"
PLANNED = "Nothing is written while spec.mode is Plan"
PROTECTED = "its KafkaConnectCluster protects the connectors on it (protectConnectors)"

Object = Mapping[str, Any]


def key_of(obj: Object) -> str:
    return f"{obj['metadata'].get('namespace', '')}/{obj['metadata']['name']}"


def connector_name(obj: Object) -> str:
    return str(obj.get("spec", {}).get("connectorName") or obj["metadata"]["name"])


def is_deleting(obj: Object) -> bool:
    return "deletionTimestamp" in obj["metadata"]


def has_finalizer(obj: Object) -> bool:
    return FINALIZER in obj["metadata"].get("finalizers", ())


def is_alive(obj: Object) -> bool:
    """Whether there is anything left to do for it: an object that is being deleted waits only for whom its finalizer names."""
    return not is_deleting(obj) or has_finalizer(obj)


def needs_config(obj: Object) -> bool:
    """Whether it matters what its configuration is: for a deletion only where that is to prove whose a connector is."""
    return not is_deleting(obj) or ownership_of(obj) is Ownership.CREATING


def status_of(obj: Object) -> Mapping[str, Any]:
    status = obj.get("status")
    return status if isinstance(status, dict) else {}


def ownership_of(obj: Object) -> Ownership:
    try:
        return Ownership(status_of(obj).get("ownership", ""))
    except ValueError:
        return Ownership.NONE


def is_observed(obj: Object) -> bool:
    """Whether a pass has dealt with this generation of the object."""
    return bool(status_of(obj).get("observedGeneration", -1) == obj["metadata"]["generation"])


def ready_condition(obj: Object) -> Mapping[str, Any]:
    return next((one for one in status_of(obj).get("conditions", ()) if one.get("type") == "Ready"), {})


def reason_of(obj: Object) -> Reason | None:
    """The reason that the object shows, for the generation that it was given for."""
    try:
        return Reason(ready_condition(obj).get("reason", ""))
    except ValueError:
        return None


def verdict_of(obj: Object) -> Verdict | None:
    """Reason and message that the object shows."""
    reason = reason_of(obj)
    return Verdict(reason, str(ready_condition(obj).get("message", ""))) if reason else None


def is_pending(obj: Object) -> bool:
    """Whether something is to be done for it now: an edit nobody has dealt with, a deletion, or what we said that we would do."""
    if is_deleting(obj):
        return has_finalizer(obj)
    reason = reason_of(obj)
    if not is_observed(obj) or reason is None or _status.REASONS[reason].reconciling:
        return True
    # Annotations are no part of the generation.
    return is_paused(obj) != _shows_pause(obj) or bool(accepted_cluster(obj)) or _is_to_validate(obj)


def annotation(obj: Object, name: str) -> str:
    return str((obj["metadata"].get("annotations") or {}).get(name, ""))


def is_paused(obj: Object) -> bool:
    """Whether its annotation forbids every write to Connect for now."""
    return annotation(obj, PAUSE).strip().lower() == "true"


def _shows_pause(obj: Object) -> bool:
    return any(one.get("type") == "ReconciliationPaused" and one.get("message") == PAUSED for one in status_of(obj).get("conditions", ()))


_ORDER_LIMIT = 100


def validation(obj: Object) -> str:
    """The annotation ``validate``, if it orders that what is planned is validated. What follows an ``@`` makes it another order."""
    order = annotation(obj, VALIDATE).strip()[:_ORDER_LIMIT]
    return order if order.partition("@")[0].lower() == "true" else ""


def _is_to_validate(obj: Object) -> bool:
    status = status_of(obj)
    return "plan" in status and bool(validation(obj)) and (status.get("validated") or {}).get("order") != validation(obj)


def accepted_cluster(obj: Object) -> str:
    """The id that the annotation ``accept-cluster`` accepts; empty if there is none, or it was carried out already.

    What follows an ``@`` makes the same id another order.
    """
    value = annotation(obj, ACCEPT).strip()
    return "" if value == status_of(obj).get("acceptedCluster", "") else value.partition("@")[0]


# -- where it is


def labelled_endpoint(obj: Object) -> Endpoint:
    """The endpoint that the three labels name.

    :raises EndpointError: naming the label that is missing or wrong.
    """
    labels = obj["metadata"].get("labels") or {}
    missing = [name for name in LABELS.values() if not labels.get(name)]
    if missing:
        raise EndpointError(f"the label {missing[0]} is missing; it takes {', '.join(LABELS.values())} to say where Connect is")
    return endpoint(*(str(labels[LABELS[part]]) for part in ("schema", "host", "port")))


@dataclass(frozen=True)
class ClusterRef:
    """A KafkaConnectCluster by its name."""

    namespace: str
    name: str

    @property
    def key(self) -> str:
        return f"{self.namespace}/{self.name}"


# Where connectors are: on the Connect at an address, or on the one that a KafkaConnectCluster describes.
Place = Union[Endpoint, ClusterRef]


def named_place(obj: Object) -> Place:
    """Where the spec or the labels say that the connector shall be.

    :raises EndpointError: if they do not say it, or both do.
    """
    reference = obj.get("spec", {}).get("connectClusterRef")
    if not reference:
        return labelled_endpoint(obj)
    labels = obj["metadata"].get("labels") or {}
    double = [name for name in LABELS.values() if name in labels]
    if double:
        raise EndpointError(f"spec.connectClusterRef and the label {double[0]} both say where Connect is; remove one of them")
    return ClusterRef(str(reference.get("namespace") or obj["metadata"].get("namespace", "")), str(reference.get("name", "")))


def owned_place(obj: Object) -> Place | None:
    """Where the connector is that the object owns, if it owns one."""
    status = status_of(obj)
    if ownership_of(obj) is Ownership.NONE:
        return None
    cluster, recorded = status.get("connectCluster"), status.get("endpoint")
    if isinstance(cluster, dict):
        return ClusterRef(str(cluster.get("namespace", "")), str(cluster.get("name", "")))
    if not isinstance(recorded, dict):
        return None
    try:
        return endpoint(*(str(recorded.get(part, "")) for part in ("schema", "host", "port")))
    except EndpointError:
        return None


def place_of(obj: Object) -> Place:
    """Where to act for an object: where its connector is, else where it shall be.

    :raises EndpointError: if neither is said.
    """
    return owned_place(obj) or named_place(obj)


# -- what it wants


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


def memory_of(obj: Object) -> Memory:
    status = status_of(obj)
    ready = ready_condition(obj)
    unconfirmed = status.get("unconfirmedWrite")
    # What was found out about another spec says nothing of this one.
    found = {key: status.get(key) or {} for key in ("refused", "notConverging", "validated")}
    current = {key: one for key, one in found.items() if one.get("generation") == obj["metadata"]["generation"]}
    refused, unremoved, validated = (current.get(key) for key in ("refused", "notConverging", "validated"))
    synced = status.get("synced") or {}
    return Memory(
        ownership=ownership_of(obj),
        owned_since=seconds_of(status.get("ownershipTime")),
        observed=is_observed(obj),
        synced=synced.get("generation") == obj["metadata"]["generation"],
        synced_state=next((state for state in RunState if state.value == synced.get("state")), None),
        synced_references=str(synced.get("sources", "")),
        sent_keys=frozenset(map(str, status.get(REFERENCED) or ())),
        verdict=verdict_of(obj),
        ready=ready.get("status") == "True",
        unconfirmed=UnconfirmedWrite(str(unconfirmed.get("action", "")), seconds_of(unconfirmed.get("time"))) if unconfirmed else None,
        refused=Refusal(int(refused.get("count", 1)), seconds_of(refused.get("time")), str(refused.get("sources", ""))) if refused else None,
        validated=Validated(str(validated.get("order", "")), str(validated.get("sources", ""))) if validated else None,
        errors=_errors_of(status) if refused or validated else (),
        masked={str(key): str(digest) for key, digest in (status.get("masked") or {}).items()},
        unremoved=Unremoved(tuple(unremoved.get("keys", ())), str(unremoved.get("sources", ""))) if unremoved else None,
    )


def _errors_of(status: Object) -> tuple[FieldError, ...]:
    return tuple(FieldError(str(one.get("field", "")), str(one.get("message", ""))) for one in status.get("validationErrors", ()))


def age_order(obj: Object) -> tuple[str, str]:
    return (str(obj["metadata"].get("creationTimestamp", "")), str(obj["metadata"].get("uid", "")))


# -- its status


def merge_patch(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON merge patch (RFC 7396) that makes one map the other: also what is not in an inner map any more has to be taken out."""
    patch: dict[str, Any] = {key: None for key in old if key not in new}
    for key, value in new.items():
        before = old.get(key)
        if value != before:
            patch[key] = merge_patch(before, value) if isinstance(before, dict) and isinstance(value, dict) else value
    return patch


# -- times


def timestamp(now: float) -> str:
    """Seconds of the epoch as Kubernetes writes a time."""
    return datetime.fromtimestamp(now, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds_of(text: Any) -> float:
    """Seconds of the epoch of a time as Kubernetes writes it; 0 for anything else."""
    try:
        return datetime.strptime(str(text), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).timestamp()
    except ValueError:
        return 0.0
