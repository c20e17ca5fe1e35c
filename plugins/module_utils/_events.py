# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""Kubernetes Events about our objects."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from . import _config, _objects
from ._http import Clock
from ._kube import KubeApi, KubeError

COMPONENT = "kafka-connect-operator"
FORBIDDEN = 403


@dataclass(frozen=True)
class Event:
    """``kind``: Normal or Warning."""

    reason: str
    message: str
    kind: str = "Normal"


def record_event(api: KubeApi, clock: Clock, obj: Mapping[str, Any], event: Event) -> None:
    """Write an Event. Best effort: one that cannot be written holds nothing up."""
    with contextlib.suppress(KubeError):
        _write(api, clock, obj["metadata"]["namespace"], _reference(obj), event)


def record_last_event(api: KubeApi, clock: Clock, obj: Mapping[str, Any], event: Event) -> None:
    """Write an Event about an object that goes. In a namespace that is being deleted the API server takes none: then it is about the namespace,
    and where Events about what has no namespace are."""
    metadata = obj["metadata"]
    try:
        _write(api, clock, metadata["namespace"], _reference(obj), event)
    except KubeError as error:
        if error.status == FORBIDDEN:
            about = {"apiVersion": "v1", "kind": "Namespace", "name": metadata["namespace"]}
            text = f"the KafkaConnector {metadata['name']} is let go of: {event.message}"
            with contextlib.suppress(KubeError):
                _write(api, clock, "default", about, Event(event.reason, text, event.kind))


def secret_in_spec(obj: Mapping[str, Any], config: Mapping[str, Any], name: str, remedy: str) -> Event | None:
    """The warning of secrets that are written down in a configuration; None if nothing looks like one, or if this spec was warned of already.

    :param name: of the field that holds it.
    """
    typed = () if _objects.is_observed(obj) else _config.typed_secrets(config)
    if not typed:
        return None
    text = f"{name} holds what looks like a secret, for all who can read this object; keys: {', '.join(typed[:10])}; {remedy}"
    return Event("SecretInSpec", text, "Warning")


def _reference(obj: Mapping[str, Any]) -> dict[str, str]:
    metadata = obj["metadata"]
    return {
        "apiVersion": f"{_objects.GROUP}/{_objects.VERSION}",
        "kind": obj.get("kind", _objects.KIND),
        "name": metadata["name"],
        "namespace": metadata["namespace"],
        "uid": metadata["uid"],
    }


def _write(api: KubeApi, clock: Clock, namespace: str, about: Mapping[str, str], event: Event) -> None:
    """:raises KubeError: unless it was written."""
    now = _objects.timestamp(clock.now())
    body = {
        "metadata": {"name": f"{about['name'][:220]}.{time.time_ns():x}", "namespace": namespace},
        "involvedObject": dict(about),
        "type": event.kind,
        "reason": event.reason,
        "message": event.message[:1000],
        "source": {"component": COMPONENT},
        "reportingComponent": COMPONENT,
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
    }
    api.create(f"/api/v1/namespaces/{quote(namespace)}/events", body)
