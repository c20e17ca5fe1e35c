# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""The status that an outcome gives to a KafkaConnector. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from . import _config, _status
from ._model import Outcome, Ownership, Presence, Reason, Wanted, kept_keys
from ._objects import ACCEPT, MOVED_FROM, PAUSED, REFERENCED, Object, annotation, is_paused, memory_of, merge_patch, status_of, timestamp
from ._plan import REPORTED
from ._planned import plan_of
from ._wanted import Terms, effective

# What is kept of a status that is not rewritten: whose the connector is, where, and what was sent.
_RECORD = ("ownership", "ownershipTime", "unconfirmedWrite", "endpoint", "connectCluster", "url", "lastChange")


def rendered_status(obj: Object, outcome: Outcome, now: float, place: Mapping[str, Any], terms: Terms) -> dict[str, Any]:
    """The whole status of an object after a pass.

    :param place: the fields that say where the connector is.
    """
    generation = obj["metadata"]["generation"]
    previous = status_of(obj).get("conditions") or []
    status = {**ownership_record(obj, outcome, now, place), "observedGeneration": generation, "connectorName": outcome.wanted.name}
    if outcome.refused:
        refused = outcome.refused
        status["refused"] = {"generation": generation, "count": refused.count, "time": timestamp(refused.since), "sources": refused.version}
    if outcome.validated:
        status["validated"] = {"generation": generation, "order": outcome.validated.order, "sources": outcome.validated.version}
    if outcome.errors:
        status["validationErrors"] = [{"field": error.field, "message": error.message} for error in outcome.errors]
    if outcome.planned:
        status["plan"] = plan_of(outcome)
    if outcome.unremoved:
        status["notConverging"] = {"generation": generation, "keys": list(outcome.unremoved.keys), "sources": outcome.unremoved.version}
    if outcome.ownership is not Ownership.NONE:
        if outcome.masked:
            status["masked"] = dict(outcome.masked)
        status.update(_synced(obj, outcome))
        status.update(_live(outcome))
    status.update(_referenced(_hidden_keys(obj, outcome)))
    status.update(_cluster(obj, outcome))
    if MOVED_FROM in status_of(obj):
        status[MOVED_FROM] = status_of(obj)[MOVED_FROM]
    defaults = effective(obj, terms, outcome.wanted.referenced_keys)
    if defaults:
        status["effective"] = defaults
    paused = PAUSED if is_paused(obj) else _pause_of(outcome)
    status["conditions"] = _status.conditions(outcome.verdict, generation, previous, timestamp(now), paused=paused)
    return status


def _synced(obj: Object, outcome: Outcome) -> dict[str, Any]:
    """The last spec that Connect was seen to follow."""
    if outcome.synced and outcome.wanted.state:
        wanted = outcome.wanted
        synced = {"generation": obj["metadata"]["generation"], "state": outcome.wanted.state.value}
        return {"synced": {**synced, **({"sources": wanted.references} if wanted.references else {})}}
    before = status_of(obj).get("synced")
    return {"synced": before} if before else {}


def to_be_sent(obj: Object, wanted: Wanted) -> dict[str, Any]:
    """What must be remembered of a configuration before it is sent, if it is not yet: the keys whose values come from references.

    No pass may come to see what becomes of it.
    """
    sent_keys = memory_of(obj).sent_keys
    return {} if wanted.referenced_keys <= sent_keys else _referenced(sent_keys | wanted.referenced_keys)


def _hidden_keys(obj: Object, outcome: Outcome) -> frozenset[str]:
    """The keys whose values come from references, and those for which Connect may still have what once came from one."""
    wanted, sent_keys = outcome.wanted, memory_of(obj).sent_keys
    if not (outcome.synced and outcome.observed):
        return wanted.referenced_keys | sent_keys
    live = outcome.observed.config
    # Connect is as wanted, but for keys that are ignored and values that it masks.
    return wanted.referenced_keys | {key for key in sent_keys & live.keys() if live[key] != wanted.config.get(key)}


def _referenced(keys: frozenset[str]) -> dict[str, Any]:
    return {REFERENCED: sorted(keys)} if keys else {}


def _pause_of(outcome: Outcome) -> str:
    """Why writes are off, where that keeps the connector from what it should be."""
    planned = outcome.verdict.reason in (Reason.PLAN_ONLY, Reason.INVALID_CONFIG, Reason.PLUGIN_NOT_FOUND, Reason.CONNECT_CLUSTER_CHANGED)
    return "" if planned or outcome.held == REPORTED else outcome.held


def _cluster(obj: Object, outcome: Outcome) -> dict[str, Any]:
    """The Kafka cluster that the connector is on."""
    before = status_of(obj)
    known = {key: before[key] for key in ("kafkaClusterId", "acceptedCluster") if before.get(key)}
    if outcome.cluster_id is None or outcome.ownership is Ownership.NONE:
        return known
    if outcome.cluster_id:
        known["kafkaClusterId"] = outcome.cluster_id
    if annotation(obj, ACCEPT):
        known["acceptedCluster"] = annotation(obj, ACCEPT).strip()
    return known


def remembered_status(obj: Object, outcome: Outcome, now: float, place: Mapping[str, Any]) -> dict[str, Any]:
    """The status of an object that has changed under a pass: as it is, but for what the pass did to the connector."""
    kept = {key: value for key, value in status_of(obj).items() if key not in _RECORD}
    return {**kept, **ownership_record(obj, outcome, now, place)}


def ownership_record(obj: Object, outcome: Outcome, now: float, place: Mapping[str, Any]) -> dict[str, Any]:
    """What must be remembered of a pass even if the object has changed under it: whose the connector is, and what was sent."""
    status: dict[str, Any] = dict(place)
    if outcome.verdict.reason is Reason.NAMESPACE_NOT_ALLOWED and outcome.ownership is Ownership.NONE:
        # Where the Connect of another namespace is, is its owner's to tell.
        status.pop("url", None)
    if outcome.ownership is not Ownership.NONE:
        status["ownership"] = outcome.ownership.value
        status["ownershipTime"] = timestamp(outcome.owned_since or now)
    if outcome.unconfirmed:
        # Rounded up: a write is never repeated before its time.
        status["unconfirmedWrite"] = {"action": outcome.unconfirmed.action, "time": timestamp(math.ceil(outcome.unconfirmed.since))}
    change = _last_change(outcome, now) or status_of(obj).get("lastChange")
    if change:
        status["lastChange"] = change
    return status


def _last_change(outcome: Outcome, now: float) -> dict[str, Any] | None:
    done = [write for write in outcome.writes if write.result == "done"]
    if not done:
        return None
    keys = kept_keys(sorted({key for write in done for key in write.keys}))
    return {"time": timestamp(now), "action": done[0].action, "cause": done[0].cause, "keys": list(keys)}


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
    """The merge patch from an object's status to a new one; empty if nothing but a time, a worker or the course of an outage is another."""
    old = status_of(obj)
    return {} if _essence(old) == _essence(new) else merge_patch(old, new)


# What is said of a Connect that goes down, is down, or comes up again: all of its connectors would have to be told of each step.
_DOWN = re.compile(r".*(workers run| is starting)", re.DOTALL)


def _essence(status: Mapping[str, Any]) -> dict[str, Any]:
    essence = {key: value for key, value in status.items() if key != "workerId"}
    essence["failedTasks"] = [{**task, "workerId": ""} for task in status.get("failedTasks", ())]
    essence["conditions"] = [{**one, "lastTransitionTime": "", "message": _course(one)} for one in status.get("conditions", ())]
    return essence


def _course(condition: Mapping[str, Any]) -> str:
    message = str(condition.get("message", ""))
    return "" if condition.get("reason") == Reason.CONNECT_UNREACHABLE.value and _DOWN.fullmatch(message) else message
