# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""KafkaConnector objects: where their connectors are, and what they remember. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Union

from . import _identity, _status
from ._address import Endpoint, EndpointError, endpoint
from ._model import (
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
)

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


# -- what it remembers


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
