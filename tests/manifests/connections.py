# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""KafkaConnectClusters for the tests of their API."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from testbed.control_plane import ControlPlane
from testbed.kubernetes_api import CONNECTORS, ApiError

URL = "https://connect.example.com:8083"
REFERENCE = {"secretRef": {"name": "credentials"}}
_numbers = itertools.count()


def path(name: str = "", subresource: str = "") -> str:
    """The path of a KafkaConnectCluster, of its subresource, or of all of them."""
    return "/".join(part for part in (CONNECTORS, "namespaces", "default", "kafkaconnectclusters", name, subresource) if part)


def connection(spec: dict[str, Any] | None = None, **metadata: Any) -> dict[str, Any]:
    """An object with a name of its own, and an address unless the spec has or refuses one."""
    return {
        "apiVersion": "external.saiello.github.io/v1alpha1",
        "kind": "KafkaConnectCluster",
        "metadata": {"name": f"connection-{next(_numbers)}", **metadata},
        "spec": {"url": URL, **(spec or {})},
    }


def create(control_plane: ControlPlane, body: dict[str, Any], validation: str = "Strict", *, dry_run: bool = True) -> dict[str, Any]:
    """What the API server makes of an object, without keeping it unless asked to."""
    params = {"fieldValidation": validation, **({"dryRun": "All"} if dry_run else {})}
    return control_plane.api.request("POST", path(), body, params=params)


def refuse(control_plane: ControlPlane, spec: dict[str, Any], message: str) -> None:
    """The API server refuses the spec, and says so."""
    with pytest.raises(ApiError, match=message) as refused:
        create(control_plane, connection(spec))
    assert refused.value.status == 422
