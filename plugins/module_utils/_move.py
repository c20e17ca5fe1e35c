# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""A connector whose object names another Connect than before: what is remembered of the old place, and whether the two are one. Pure.

``status.movedFrom`` is the record of ownership at the old place; it is written before anything is created on the new one, and stands until the
old connector is gone. So whatever ends a run, the next one knows of both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from . import _objects, _status
from ._address import Endpoint, EndpointError
from ._model import Action, Delete, Observed, Ownership, Presence, Reason, RunState, Switch, Verdict
from ._objects import LABELS, MOVED_FROM, REFERENCED, Object, Place

# What a status remembers of a connector at one place.
PLACE = ("endpoint", "connectCluster", "url")
_RECORD = ("ownership", "ownershipTime", "unconfirmedWrite", "kafkaClusterId", REFERENCED, *PLACE)
# What is not about the connector at one place.
_LASTING = ("connectorName", "acceptedCluster", "lastChange", MOVED_FROM)

_OWNED = (Ownership.CREATED, Ownership.ADOPTED)


def is_leaving(obj: Object) -> bool:
    """Whether the connector is at another place than the one that its object names."""
    owned = _objects.owned_place(obj)
    if owned is None or _objects.is_deleting(obj):
        return False
    try:
        return _objects.named_place(obj) != owned
    except EndpointError:
        return False


def is_returning(obj: Object) -> bool:
    """Whether a move that has created nothing yet is called off."""
    if not record_of(obj) or _objects.ownership_of(obj) is not Ownership.NONE or _objects.is_deleting(obj):
        return False
    try:
        return _objects.named_place(obj) == former_place(obj)
    except EndpointError:
        return False


def is_going_on(obj: Object) -> bool:
    """Whether a third place is named while there is still something left at the first."""
    return is_leaving(obj) and bool(record_of(obj)) and _objects.named_place(obj) != former_place(obj)


def is_between(obj: Object) -> bool:
    """Whether nothing is to be done for the connector but to move it."""
    return is_leaving(obj) or is_returning(obj)


def record_of(obj: Object) -> Mapping[str, Any]:
    """What is remembered of the connector at the old place; empty if there is none."""
    found = _objects.status_of(obj).get(MOVED_FROM)
    return found if isinstance(found, dict) else {}


def former(obj: Object) -> dict[str, Any]:
    """The object as it would be at the old place, and deleted there: what is written for deletions holds for what a move leaves behind."""
    record = record_of(obj)
    metadata = {**obj["metadata"], "deletionTimestamp": record.get("time", "")}
    spec = {key: value for key, value in obj.get("spec", {}).items() if key != "connectClusterRef"}
    labels = {key: value for key, value in (metadata.get("labels") or {}).items() if key not in LABELS.values()}
    cluster, endpoint = record.get("connectCluster"), record.get("endpoint")
    if isinstance(cluster, dict):
        spec["connectClusterRef"] = {part: cluster.get(part, "") for part in ("namespace", "name")}
    elif isinstance(endpoint, dict):
        labels.update({LABELS[part]: str(endpoint.get(part, "")) for part in LABELS})
    return {**obj, "metadata": {**metadata, "labels": labels}, "spec": spec, "status": record}


def left_by(obj: Object, place: Mapping[str, Any], now: float) -> dict[str, Any]:
    """The object at its old place, as it would be once a move that is only planned is carried out.

    :param place: as for ``departed``.
    """
    spec = {key: value for key, value in obj.get("spec", {}).items() if key != "mode"}
    return former({**obj, "spec": spec, "status": departed(obj, place, [], now)})


def former_place(obj: Object) -> Place | None:
    """The old place, if there is something left on it."""
    return _objects.owned_place(former(obj)) if record_of(obj) else None


def arrival(obj: Object) -> dict[str, Any]:
    """The object as it would be at the place that it names, where it owns nothing yet."""
    status = {key: value for key, value in _objects.status_of(obj).items() if key in _LASTING}
    return {**obj, "status": {**status, "observedGeneration": -1}}


def is_established(obj: Object) -> bool:
    """Whether the connector is at its new place and was read back as wanted, so that the old one may go."""
    synced = any(one.get("type") == "Synced" and one.get("status") == _status.TRUE for one in _objects.status_of(obj).get("conditions", ()))
    return _objects.ownership_of(obj) in _OWNED and _objects.is_observed(obj) and synced and not is_leaving(obj)


def may_clear(obj: Object) -> bool:
    """Whether it is time for the old connector to go. What only a plan is asked for leaves it as it is, while the object is there."""
    if _objects.is_deleting(obj):
        return bool(record_of(obj))
    was_established = is_going_on(obj) and _objects.ownership_of(obj) in _OWNED
    return bool(record_of(obj)) and (is_established(obj) or was_established) and obj.get("spec", {}).get("mode") != "Plan"


# -- from one status to the next; each of them is written as a whole or not at all


def departed(obj: Object, place: Mapping[str, Any], conditions: list[dict[str, Any]], now: float) -> dict[str, Any]:
    """The status of an object that leaves: what it owned is that of the old place, and at the new one it owns nothing.

    Where it comes back to the place that it left last, it owns again what it owned there.

    :param place: the fields of a status that say where it goes to.
    """
    status = _objects.status_of(obj)
    back = record_of(obj)
    left = {key: status[key] for key in _RECORD if key in status}
    fresh = {key: value for key, value in status.items() if key in _LASTING and key != MOVED_FROM}
    owned = {key: back[key] for key in _RECORD if key in back} if back else dict(place)
    return {**fresh, **owned, "observedGeneration": -1, "conditions": conditions, MOVED_FROM: {**left, "time": _objects.timestamp(now)}}


def returned(obj: Object) -> dict[str, Any]:
    """The status of an object that owned nothing at the new place, and owns again what it owned at the old one."""
    back = record_of(obj)
    kept = {key: value for key, value in _objects.status_of(obj).items() if key in (*_LASTING, "conditions") and key != MOVED_FROM}
    return {**kept, **{key: back[key] for key in _RECORD if key in back}, "observedGeneration": -1}


def readdressed(obj: Object, place: Mapping[str, Any]) -> dict[str, Any]:
    """The status of an object that names the same Connect in another way."""
    kept = {key: value for key, value in _objects.status_of(obj).items() if key not in PLACE}
    return {**kept, **place}


def told(obj: Object, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The status with something else remembered of the old place; without changes it is cleared."""
    status = dict(_objects.status_of(obj))
    record = status.pop(MOVED_FROM, {})
    if not changes:
        return status
    merged = {key: value for key, value in {**record, **changes}.items() if value}
    return {**status, MOVED_FROM: merged}


# -- whether it is another Connect


class Relation(str, Enum):
    """What two places are to each other."""

    SAME = "same"
    APART = "apart"
    UNTOLD = "untold"


@dataclass(frozen=True)
class Sighting:
    """A connector as a place shows it, the id of the Kafka cluster that the place works for (empty if it does not tell), and the names of all
    connectors there (None if they are not known)."""

    observed: Observed
    cluster_id: str = ""
    names: frozenset[str] | None = None

    @property
    def worker(self) -> str:
        """Who runs it."""
        return self.observed.status.worker_id if self.observed.status else ""


def relation(old: Sighting, new: Sighting) -> Relation:
    """Whether two places are one Connect, by a connector of one name on both.

    Connect has no id of its own. Two are apart for sure if they work for different Kafka clusters, if only one of them has the connector, or if
    different workers run it: all workers of one Connect name the same. They are the same if all that they show is equal, also what other connectors
    there are; that this differs proves nothing, as one may have come in between.
    """
    if old.cluster_id and new.cluster_id and old.cluster_id != new.cluster_id:
        return Relation.APART
    presences = {old.observed.presence, new.observed.presence}
    if presences == {Presence.PRESENT, Presence.ABSENT}:
        return Relation.APART
    if presences != {Presence.PRESENT} or not (old.worker and new.worker):
        return Relation.UNTOLD
    if old.worker != new.worker:
        return Relation.APART
    is_told = bool(old.cluster_id) and old.names is not None
    return Relation.SAME if is_told and _shown(old) == _shown(new) else Relation.UNTOLD


def _shown(sighting: Sighting) -> tuple[Any, ...]:
    """All of a sighting that is the same however one asks for it."""
    status = sighting.observed.status
    tasks = tuple((task.id, task.state, task.worker_id) for task in status.tasks) if status else ()
    return (sighting.cluster_id, sighting.names, sighting.observed.config, status and status.state, tasks)


def agreed(first: Relation, second: Relation) -> Relation:
    """What two looks, one after the other, say together: what was in between states in one of them proves nothing."""
    return first if first is second else Relation.UNTOLD


# -- what people are told


def spoken(place: Place | None) -> str:
    """A place in words."""
    if place is None:
        return "another Connect"
    return place.url if isinstance(place, Endpoint) else f"the KafkaConnectCluster {place.key}"


def not_stopped(old: Place, new: Place) -> Verdict:
    """A move asked for while the connector may run: the steps."""
    return Verdict(
        Reason.INVALID_SPEC,
        f"the connector is on {spoken(old)} and {spoken(new)} is named; it moves only while state is stopped. Set state: stopped, list its offsets, "
        "and when it has moved set them at the new place and set state: running (docs/moving.md); or name the old place again",
    )


def waits(verdict: Verdict, old: Place) -> Verdict:
    """What keeps a connector from moving."""
    return Verdict(verdict.reason, f"the connector stays on {spoken(old)} until it can move: {verdict.message}")


def one_at_a_time(obj: Object) -> Verdict:
    """A third place."""
    return Verdict(Reason.CONVERGING, f"the connector moves on when the one that it left on {spoken(former_place(obj))} is gone")


def planned(arriving: tuple[Action, ...], here: Observed, *, stays: bool) -> tuple[Action, ...]:
    """The writes of a move in their order: at the old place, at the new one, and at the old one again.

    :param here: the connector at the old place.
    :param stays: whether it is left there.
    """
    stop = () if here.status is None or is_stopped(here) else (Switch(here.status.state, RunState.STOPPED),)
    end = () if stays or here.presence is Presence.ABSENT else (Delete(),)
    return (*stop, *arriving, *end)


def name_of(place: Place) -> str:
    """How a plan names a place."""
    return place.url if isinstance(place, Endpoint) else place.key


def is_stopped(observed: Observed) -> bool:
    """Whether nothing runs of a connector."""
    status = observed.status
    return observed.presence is Presence.ABSENT or (status is not None and status.state == RunState.STOPPED.name and not status.tasks)
