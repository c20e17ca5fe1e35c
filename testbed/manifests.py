# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shipped manifests, as kustomize renders them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from testbed import paths, tools

NAMESPACE = "kafka-connect-operator-system"
NAME = "kafka-connect-operator"
SETTINGS = "kafka-connect-operator-settings"
CRDS = ("kafkaconnectclusters.external.saiello.github.io", "kafkaconnectors.external.saiello.github.io")
SAMPLE = paths.ROOT / "config" / "samples" / "external_v1alpha1_kafkaconnector.yaml"


def render(folder: Path) -> str:
    """The YAML text of a kustomization."""
    return tools.run(tools.KUSTOMIZE, "build", str(folder))


def default() -> str:
    """What an administrator installs."""
    return render(paths.ROOT / "config" / "default")


@dataclass(frozen=True)
class Container:
    """How the Deployment runs the operator: its arguments, and its environment as far as it is known before."""

    arguments: list[str]
    environment: dict[str, str]


def _value(variable: Mapping[str, Any], fields: Mapping[str, str]) -> str:
    if "valueFrom" in variable:
        return fields[variable["valueFrom"]["fieldRef"]["fieldPath"]]
    return str(variable.get("value") or "")


def container(manifests: str) -> Container:
    """The operator's container of the rendered Deployment."""
    objects: list[dict[str, Any]] = [item for item in yaml.safe_load_all(manifests) if item]
    (deployment,) = (item for item in objects if item["kind"] == "Deployment" and item["metadata"]["name"] == NAME)
    (found,) = deployment["spec"]["template"]["spec"]["containers"]
    fields = {"metadata.namespace": deployment["metadata"]["namespace"]}
    environment = {item["name"]: _value(item, fields) for item in found.get("env", [])}
    return Container(list(found["args"]), environment)


def sample(folder: Path, *, host: str, port: int, file: Path, name: str | None = None) -> str:
    """The shipped sample that names Connect by labels, with another endpoint and file, by an overlay made in the folder."""
    prefix = "external.saiello.github.io~1"
    values = {
        f"/metadata/labels/{prefix}api-host": host,
        f"/metadata/labels/{prefix}api-port": str(port),
        "/spec/config/file": str(file),
    }
    if name:
        values["/metadata/name"] = name
    return overlay(folder, SAMPLE, values)


def overlay(folder: Path, manifest: Path, values: Mapping[str, str]) -> str:
    """The KafkaConnector of a file with some of its values replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    # Kustomize reads no file outside of the folder.
    shutil.copyfile(manifest, folder / manifest.name)
    patch = [{"op": "replace", "path": path, "value": value} for path, value in values.items()]
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": [manifest.name],
        "patches": [{"target": {"kind": "KafkaConnector"}, "patch": yaml.safe_dump(patch)}],
    }
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(kustomization), encoding="utf-8")
    return render(folder)
