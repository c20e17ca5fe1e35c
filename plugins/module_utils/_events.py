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

from . import _objects
from ._http import Clock
from ._kube import KubeApi, KubeError

COMPONENT = "kafka-connect-operator"


@dataclass(frozen=True)
class Event:
    """``kind``: Normal or Warning."""

    reason: str
    message: str
    kind: str = "Normal"


def record_event(api: KubeApi, clock: Clock, obj: Mapping[str, Any], event: Event) -> None:
    """Write an Event. Best effort: one that cannot be written holds nothing up."""
    metadata = obj["metadata"]
    now = _objects.timestamp(clock.now())
    body = {
        "metadata": {"name": f"{metadata['name'][:220]}.{time.time_ns():x}", "namespace": metadata["namespace"]},
        "involvedObject": {
            "apiVersion": f"{_objects.GROUP}/{_objects.VERSION}",
            "kind": obj.get("kind", _objects.KIND),
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "uid": metadata["uid"],
        },
        "type": event.kind,
        "reason": event.reason,
        "message": event.message[:1000],
        "source": {"component": COMPONENT},
        "reportingComponent": COMPONENT,
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
    }
    with contextlib.suppress(KubeError):
        api.create(f"/api/v1/namespaces/{quote(metadata['namespace'])}/events", body)
