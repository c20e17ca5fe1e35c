# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""KafkaConnector objects: what they want, what they remember, and the status that an outcome gives them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from . import _config, _status
from ._address import Endpoint, EndpointError, endpoint
from ._model import (
    KEYS_LIMIT,
    Memory,
    Outcome,
    Ownership,
    Presence,
    Reason,
    Refusal,
    RunState,
    UnconfirmedWrite,
    Verdict,
    Wanted,
    name_problem,
)

GROUP, VERSION, KIND, PLURAL = "external.saiello.github.io", "v1alpha1", "KafkaConnector", "kafkaconnectors"
FINALIZER = f"{GROUP}/finalizer"
LABELS = {"schema": f"{GROUP}/api-schema", "host": f"{GROUP}/api-host", "port": f"{GROUP}/api-port"}

Object = Mapping[str, Any]


def key_of(obj: Object) -> str:
    return f"{obj['metadata'].get('namespace', '')}/{obj['metadata']['name']}"


def connector_name(obj: Object) -> str:
    return str(obj.get("spec", {}).get("connectorName") or obj["metadata"]["name"])


def is_deleting(obj: Object) -> bool:
    return "deletionTimestamp" in obj["metadata"]


def has_finalizer(obj: Object) -> bool:
    return FINALIZER in obj["metadata"].get("finalizers", ())


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


def is_pending(obj: Object) -> bool:
    """Whether something is to be done for it now: an edit nobody has dealt with, a deletion, or what we said that we would do."""
    if is_deleting(obj):
        return has_finalizer(obj)
    reason = reason_of(obj)
    return not is_observed(obj) or reason is None or _status.REASONS[reason].reconciling


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


def owned_endpoint(obj: Object) -> Endpoint | None:
    """The endpoint that holds the connector which the object owns, if it owns one."""
    recorded = status_of(obj).get("endpoint")
    if ownership_of(obj) is Ownership.NONE or not isinstance(recorded, dict):
        return None
    try:
        return endpoint(*(str(recorded.get(part, "")) for part in ("schema", "host", "port")))
    except EndpointError:
        return None


def endpoint_of(obj: Object) -> Endpoint:
    """Where to act for an object: where its connector is, else where the labels say.

    :raises EndpointError: if neither says it.
    """
    return owned_endpoint(obj) or labelled_endpoint(obj)


# -- what it wants


def wanted_of(obj: Object, problem: Verdict | None = None) -> Wanted:
    """What an object wants; ``problem``, or what is wrong with its spec, stands against sending anything for it."""
    spec = obj.get("spec", {})
    name = connector_name(obj)
    config: dict[str, str] = {}
    found = problem or _name_verdict(name) or _moved_verdict(obj)
    try:
        config = _config.canonical(name, str(spec.get("class", "")), spec.get("tasksMax"), spec.get("config") or {})
    except _config.ConfigError as error:
        found = found or Verdict(Reason.INVALID_SPEC, f"spec.{error}")
    state = RunState(spec.get("state") or "running")
    return Wanted(key_of(obj), name, config, state, absent=is_deleting(obj), memory=memory_of(obj), problem=found)


def _name_verdict(name: str) -> Verdict | None:
    wrong = name_problem(name)
    return Verdict(Reason.INVALID_SPEC, f"the connector name is not possible: {wrong}; set spec.connectorName to another") if wrong else None


def _moved_verdict(obj: Object) -> Verdict | None:
    """The labels were changed under a connector that is somewhere else: that is no order to abandon or to copy it."""
    owned = owned_endpoint(obj)
    try:
        labelled = labelled_endpoint(obj)
    except EndpointError as error:
        return Verdict(Reason.INVALID_SPEC, str(error))
    if owned is None or owned == labelled:
        return None
    text = f"the labels name {labelled.url}, but the connector is on {owned.url}; put the labels back, or delete this object and apply it anew"
    return Verdict(Reason.INVALID_SPEC, text)


def memory_of(obj: Object) -> Memory:
    status = status_of(obj)
    ready = ready_condition(obj)
    reason = reason_of(obj)
    unconfirmed, refused = status.get("unconfirmedWrite"), status.get("refused")
    if refused and refused.get("generation") != obj["metadata"]["generation"]:
        refused = None  # that was another spec
    return Memory(
        ownership=ownership_of(obj),
        owned_since=seconds_of(status.get("ownershipTime")),
        observed=is_observed(obj),
        verdict=Verdict(reason, str(ready.get("message", ""))) if reason else None,
        ready=ready.get("status") == "True",
        unconfirmed=UnconfirmedWrite(str(unconfirmed.get("action", "")), seconds_of(unconfirmed.get("time"))) if unconfirmed else None,
        refused=Refusal(int(refused.get("count", 1)), seconds_of(refused.get("time"))) if refused else None,
        changed_keys=tuple((status.get("lastChange") or {}).get("keys", ())),
    )


def duplicates(objects: Sequence[Object]) -> dict[str, Verdict]:
    """By object key, the verdict on those that claim a connector which another object of the same Connect has.

    The object whose status owns the name keeps it; only without an owner the oldest gets it.
    """
    claims: dict[str, list[Object]] = {}
    for obj in objects:
        if not is_deleting(obj) or ownership_of(obj) is not Ownership.NONE:
            claims.setdefault(connector_name(obj), []).append(obj)
    verdicts = {}
    for name, claimants in claims.items():
        first, *others = sorted(claimants, key=_claim_order)
        verdict = Verdict(Reason.DUPLICATE_CLAIM, f"the connector {name} belongs to {key_of(first)} already; choose another connectorName")
        verdicts.update({key_of(obj): verdict for obj in others})
    return verdicts


def _claim_order(obj: Object) -> tuple[bool, str, str]:
    return (ownership_of(obj) is Ownership.NONE, *age_order(obj))


def age_order(obj: Object) -> tuple[str, str]:
    return (str(obj["metadata"].get("creationTimestamp", "")), str(obj["metadata"].get("uid", "")))


# -- what is written about it


def timestamp(now: float) -> str:
    """Seconds of the epoch as Kubernetes writes a time."""
    return datetime.fromtimestamp(now, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds_of(text: Any) -> float:
    try:
        return datetime.strptime(str(text), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).timestamp()
    except ValueError:
        return 0.0


FREEZE_TEXT = "nothing is written to any Connect: freeze is set in the operator settings"


def rendered_status(obj: Object, outcome: Outcome, now: float) -> dict[str, Any]:
    """The whole status of an object after a pass."""
    generation = obj["metadata"]["generation"]
    previous = status_of(obj).get("conditions") or []
    status = {**ownership_record(obj, outcome, now), "observedGeneration": generation, "connectorName": outcome.wanted.name}
    if outcome.refused:
        status["refused"] = {"generation": generation, "count": outcome.refused.count, "time": timestamp(outcome.refused.since)}
    if outcome.ownership is not Ownership.NONE:
        status.update(_live(outcome))
    paused = FREEZE_TEXT if outcome.frozen else ""
    status["conditions"] = _status.conditions(outcome.verdict, generation, previous, timestamp(now), paused=paused)
    return status


def remembered_status(obj: Object, outcome: Outcome, now: float) -> dict[str, Any]:
    """The status of an object that has changed under a pass: as it is, but for what the pass did to the connector."""
    kept = {key: value for key, value in status_of(obj).items() if key not in ("ownership", "ownershipTime", "unconfirmedWrite")}
    return {**kept, **ownership_record(obj, outcome, now)}


def ownership_record(obj: Object, outcome: Outcome, now: float) -> dict[str, Any]:
    """What must be remembered of a pass even if the object has changed under it: whose the connector is, and what was sent."""
    status: dict[str, Any] = {}
    place = owned_endpoint(obj) or _labelled_or_none(obj)
    if place is not None:
        status["endpoint"] = {"schema": place.scheme, "host": place.host, "port": str(place.port)}
        status["url"] = place.url
    if outcome.ownership is not Ownership.NONE:
        status["ownership"] = outcome.ownership.value
        status["ownershipTime"] = timestamp(outcome.owned_since or now)
    if outcome.unconfirmed:
        status["unconfirmedWrite"] = {"action": outcome.unconfirmed.action, "time": timestamp(outcome.unconfirmed.since)}
    change = _last_change(outcome, now) or status_of(obj).get("lastChange")
    if change:
        status["lastChange"] = change
    return status


def _labelled_or_none(obj: Object) -> Endpoint | None:
    try:
        return labelled_endpoint(obj)
    except EndpointError:
        return None


def _last_change(outcome: Outcome, now: float) -> dict[str, Any] | None:
    done = [write for write in outcome.writes if write.result == "done"]
    if not done:
        return None
    keys = sorted({key for write in done for key in write.keys})
    return {"time": timestamp(now), "action": done[0].action, "cause": done[0].cause, "keys": keys[:KEYS_LIMIT]}


def _live(outcome: Outcome) -> dict[str, Any]:
    """What Connect shows of a connector that is ours; nothing while it cannot be asked."""
    observed = outcome.observed
    if observed is None or observed.presence is not Presence.PRESENT:
        return {}
    live: dict[str, Any] = {}
    tasks_max = observed.config.get(_config.TASKS_MAX, "")
    if re.fullmatch(r"[0-9]{1,9}", tasks_max):
        live["tasksMax"] = int(tasks_max)
    if observed.status is not None:
        live.update(_status.task_summary(observed.status.tasks))
        live["connectorState"] = observed.status.state
        texts = {"type": observed.status.type, "workerId": observed.status.worker_id, "pluginVersion": observed.status.version}
        live.update({key: text for key, text in texts.items() if text})
    return live


def status_patch(obj: Object, new: Mapping[str, Any]) -> dict[str, Any]:
    """The merge patch from an object's status to a new one; empty if nothing but a time or a worker is another."""
    old = status_of(obj)
    if _essence(old) == _essence(new):
        return {}
    patch: dict[str, Any] = {key: value for key, value in new.items() if old.get(key) != value}
    patch.update({key: None for key in old if key not in new})
    return patch


def _essence(status: Mapping[str, Any]) -> dict[str, Any]:
    essence = {key: value for key, value in status.items() if key != "workerId"}
    essence["failedTasks"] = [{**task, "workerId": ""} for task in status.get("failedTasks", ())]
    essence["conditions"] = [{**one, "lastTransitionTime": ""} for one in status.get("conditions", ())]
    return essence
