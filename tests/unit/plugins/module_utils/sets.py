# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets of manifests as people write them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _manifest
from ansible_collections.saiello.kafka_connect.plugins.module_utils._connect import Connect
from ansible_collections.saiello.kafka_connect.plugins.module_utils._fleet import Fleet, NewConnect, Target
from ansible_collections.saiello.kafka_connect.plugins.module_utils._manifest import ManifestSet
from ansible_collections.saiello.kafka_connect.plugins.module_utils._objects import LABELS
from ansible_collections.saiello.kafka_connect.plugins.module_utils._values import Values

from .tiny import Tiny

API_VERSION = "external.saiello.github.io/v1alpha1"


def connector(name: str = "a", *, labels: Mapping[str, str] | None = None, namespace: str = "", **spec: Any) -> dict[str, Any]:
    metadata = {"name": name, **({"labels": dict(labels)} if labels else {}), **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": API_VERSION, "kind": "KafkaConnector", "metadata": metadata, "spec": {"class": "x", **spec}}


def cluster(name: str = "prod", **spec: Any) -> dict[str, Any]:
    whole = spec if "urls" in spec else {"url": "http://cluster:8083", **spec}
    return {"apiVersion": API_VERSION, "kind": "KafkaConnectCluster", "metadata": {"name": name}, "spec": whole}


def secret(name: str, **texts: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": texts}


def strimzi(api_version: str = "v1", annotations: Mapping[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    metadata = {"name": "s", "labels": {"strimzi.io/cluster": "prod", "team": "t"}, "annotations": dict(annotations or {})}
    return {"apiVersion": f"kafka.strimzi.io/{api_version}", "kind": "KafkaConnector", "metadata": metadata, "spec": {"class": "x", **spec}}


def read(path: Path, *objects: Any) -> ManifestSet:
    (path / "all.yaml").write_text(yaml.safe_dump_all(objects), encoding="utf-8")
    return _manifest.read([str(path)])


def new_connect(url: str) -> NewConnect:
    return lambda: Connect(url, Tiny())


def targets(found: ManifestSet, **connections: str) -> dict[str, Target]:
    default = connections.pop("default", "")
    named = {name.replace("__", "/"): new_connect(url) for name, url in connections.items()}
    fleet = Fleet(found, Values(found.values), named, new_connect(default) if default else None)
    assert not found.faults
    return {target.url: target for target in fleet.targets()}


AT_LABELS: Any = dict(zip(LABELS.values(), ("http", "labelled", "80"), strict=True))
AT_PROD: dict[str, Any] = {"connectClusterRef": {"name": "prod"}}
