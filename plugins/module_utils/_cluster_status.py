# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""The status of a KafkaConnectCluster, from a pass over all connectors on it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import _identity, _status
from ._model import NAME_LIMIT, ClusterMark, Outcome, Ownership, Reason, Verdict
from ._objects import (
    ACCEPT,
    PAUSED,
    Object,
    accepted_cluster,
    annotation,
    is_deleting,
    is_observed,
    is_paused,
    key_of,
    merge_patch,
    ownership_of,
    ready_condition,
    reason_of,
    seconds_of,
    status_of,
    timestamp,
)
from ._payloads import Plugin

# So much of a Connect is shown: enough to find one's way, far from the size limit of an object.
PLUGINS_LIMIT, UNMANAGED_LIMIT, USERS_LIMIT = 100, 100, 10
# A status that does not change is written again after this (seconds): the sign that somebody still looks.
SIGN_OF_LIFE_SECONDS = 900.0

_FAILED = (Reason.CONNECTOR_FAILED, Reason.TASKS_FAILED, Reason.RESTART_FAILED, Reason.RESTARTS_EXHAUSTED)


@dataclass(frozen=True)
class Sync:
    """What a pass found: ``verdict`` on the connection, the URL that answered (empty if none did, or none was asked), what the worker said of itself
    if it was asked (no cluster that has to be accepted first), and the names of connectors that no object claims (None: not known)."""

    verdict: Verdict
    url: str = ""
    version: str = ""
    cluster_id: str | None = None
    plugins: tuple[Plugin, ...] | None = None
    unmanaged: tuple[str, ...] | None = None


def is_due(obj: Object, asked: float, now: float) -> bool:
    """Whether the worker is to be asked again for version, cluster and plugins: with the sign of life, and where the last status is no good.

    :param asked: when it answered last, be it that a gate before it does not let it say anything; 0 if never.
    """
    if is_deleting(obj):
        return False
    status = status_of(obj)
    fresh = now - seconds_of(status.get("lastSyncTime")) < SIGN_OF_LIFE_SECONDS
    known = bool(status.get("version")) or now - asked < SIGN_OF_LIFE_SECONDS
    return not (fresh and known and is_observed(obj) and reason_of(obj) is Reason.RUNNING)


def verdict_of(obj: Object, problem: Verdict | None, users: Sequence[Object], answers_at: str) -> Verdict:
    """What the connection is like.

    :param problem: what stands against it, if so.
    :param users: the objects that own something on it.
    """
    if is_deleting(obj) and users:
        return _still_used(users)
    return problem or Verdict(Reason.RUNNING, f"Kafka Connect answers at {answers_at}")


def changed_cluster(obj: Object, outcomes: Sequence[Outcome], live_id: str) -> Verdict | None:
    """Why somebody has to accept the Connect that answers now, if so.

    :param live_id: of the Kafka cluster that Connect works for, if it was asked.
    """
    changed = next((one.verdict for one in outcomes if one.verdict.reason is Reason.CONNECT_CLUSTER_CHANGED), None)
    mark = ClusterMark(str(status_of(obj).get("kafkaClusterId", "")), accepted_cluster(obj))
    return changed or _identity.other_cluster(mark, live_id)


def _still_used(users: Sequence[Object]) -> Verdict:
    leaving = [one for one in users if is_deleting(one)]
    staying = [one for one in users if not is_deleting(one)]
    texts = [f"connectors still use it: {_shown_keys(staying)}; delete these KafkaConnectors first"] if staying else []
    if leaving:
        texts.append(f"connectors on it are still being deleted: {_shown_keys(leaving)}; their KafkaConnectors say what they wait for")
    return Verdict(Reason.DELETION_BLOCKED, "; ".join(texts))


def _shown_keys(objects: Sequence[Object]) -> str:
    names = sorted(key_of(one) for one in objects)
    return ", ".join(names[:USERS_LIMIT]) + (", ..." if len(names) > USERS_LIMIT else "")


def rendered(obj: Object, sync: Sync, outcomes: Sequence[Outcome], members: Sequence[Object], now: float) -> dict[str, Any]:
    """The whole status of a connection after a pass.

    :param members: the objects that it serves, as they are after the pass.
    """
    before = status_of(obj)
    generation = obj["metadata"]["generation"]
    kept = ("version", "kafkaClusterId", "acceptedCluster", "plugins", "url", "lastSyncTime")
    status: dict[str, Any] = {key: before[key] for key in kept if key in before}
    status["observedGeneration"] = generation
    found = {"url": sync.url, "version": sync.version, "kafkaClusterId": sync.cluster_id}
    status.update({key: value for key, value in found.items() if value})
    # What it was accepted for is done, or tells of another trouble by now.
    if annotation(obj, ACCEPT) and sync.cluster_id is not None and not any(one.deferred for one in outcomes):
        status["acceptedCluster"] = annotation(obj, ACCEPT).strip()
    if sync.plugins is not None:
        status["plugins"] = [_shown_plugin(one) for one in sync.plugins[:PLUGINS_LIMIT]]
    status["connectors"] = _counts(before, sync, members)
    unmanaged = before.get("unmanagedConnectors") if sync.unmanaged is None else [_shown_name(one) for one in sync.unmanaged[:UNMANAGED_LIMIT]]
    if unmanaged:
        status["unmanagedConnectors"] = unmanaged
    previous = before.get("conditions") or []
    paused = PAUSED if is_paused(obj) else ""
    rows = _status.conditions(sync.verdict, generation, previous, timestamp(now), paused=paused)
    status["conditions"] = [row for row in rows if row["type"] != "Synced"]
    if sync.url:
        status["lastSyncTime"] = timestamp(now)
    return status


def _shown_name(name: str) -> str:
    """A name that Connect gives: there are no bounds to what it may be, but to what an object may hold."""
    return name if len(name) <= NAME_LIMIT else f"{name[:NAME_LIMIT]}..."


def _shown_plugin(plugin: Plugin) -> dict[str, str]:
    return {"class": plugin.connector_class, "type": plugin.type, **({"version": plugin.version} if plugin.version else {})}


def _counts(before: Mapping[str, Any], sync: Sync, members: Sequence[Object]) -> dict[str, int]:
    known = (before.get("connectors") or {}).get("unmanaged", 0)
    return {
        "managed": len(members),
        "ready": sum(ready_condition(one).get("status") == _status.TRUE for one in members),
        "failed": sum(reason_of(one) in _FAILED for one in members),
        "unmanaged": known if sync.unmanaged is None else len(sync.unmanaged),
    }


def status_patch(obj: Object, new: Mapping[str, Any], now: float) -> dict[str, Any]:
    """The merge patch to a new status; empty if nothing but the time is another, and a sign of life is not due."""
    old = status_of(obj)
    if _essence(old) == _essence(new) and now - seconds_of(old.get("lastSyncTime")) < SIGN_OF_LIFE_SECONDS:
        return {}
    return merge_patch(old, new)


def _essence(status: Mapping[str, Any]) -> dict[str, Any]:
    essence = {key: value for key, value in status.items() if key != "lastSyncTime"}
    essence["conditions"] = [{**one, "lastTransitionTime": ""} for one in status.get("conditions", ())]
    return essence


def users_of(members: Sequence[Object]) -> list[Object]:
    """Those that own something on the connection: it stays as long as they are there."""
    return [one for one in members if ownership_of(one) is not Ownership.NONE]
