# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects of our kinds as the API server gives them, and its merge patch."""

from __future__ import annotations

from typing import Any

from ansible_collections.saiello.kafka_connect.plugins.module_utils._objects import LABELS

NOW = 1_767_225_600.0
NOW_TEXT = "2026-01-01T00:00:00Z"
LABELLED = {LABELS["schema"]: "http", LABELS["host"]: "connect", LABELS["port"]: "8083"}


def an_object(
    name: str = "c", *, status: dict[str, Any] | None = None, host: str = "connect", spec: dict[str, Any] | None = None, **metadata: Any
) -> dict[str, Any]:
    """A KafkaConnector that labels say the place of."""
    return {
        "metadata": {
            "namespace": "ns",
            "name": name,
            "uid": f"uid-{name}",
            "generation": 1,
            "resourceVersion": "1",
            "creationTimestamp": NOW_TEXT,
            "labels": {**LABELLED, LABELS["host"]: host},
            **metadata,
        },
        "spec": {"class": "C", "tasksMax": 2, "config": {"file": "/a"}, **(spec or {})},
        "status": {"observedGeneration": -1} if status is None else status,
    }


def referring(name: str = "c", to: str = "prod", *, spec: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A KafkaConnector that refers to a connection."""
    return an_object(name, spec={"connectClusterRef": {"name": to}, **(spec or {})}, **{"labels": {}, **more})


def a_connection(
    name: str = "prod", *, namespace: str = "ns", status: dict[str, Any] | None = None, spec: dict[str, Any] | None = None, **metadata: Any
) -> dict[str, Any]:
    """A KafkaConnectCluster."""
    return {
        "apiVersion": "external.saiello.github.io/v1alpha1",
        "kind": "KafkaConnectCluster",
        "metadata": {
            "namespace": namespace,
            "name": name,
            "uid": f"uid-{name}",
            "generation": 1,
            "resourceVersion": "1",
            "creationTimestamp": NOW_TEXT,
            **metadata,
        },
        "spec": {"url": "http://connect:8083"} if spec is None else spec,
        "status": {"observedGeneration": -1} if status is None else status,
    }


def owning(ownership: str = "Created", host: str = "connect", **more: Any) -> dict[str, Any]:
    """The status of an object that owns a connector at a labelled place."""
    return {"ownership": ownership, "endpoint": {"schema": "http", "host": host, "port": "8083"}, **more}


def owning_on(cluster: str = "prod", ownership: str = "Created", **more: Any) -> dict[str, Any]:
    """The status of an object that owns a connector on a connection."""
    return {"ownership": ownership, "connectCluster": {"namespace": "ns", "name": cluster, "uid": f"uid-{cluster}"}, **more}


def merged(target: Any, patch: Any) -> Any:
    """JSON merge patch (RFC 7396), as the API server does it."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result
