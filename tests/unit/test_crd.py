# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the schemas of our kinds promise, wherever they are installed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
BASES = ROOT / "config/crd/bases"
SAMPLES = ROOT / "config/samples"
KINDS = ("KafkaConnectCluster", "KafkaConnector")


def _schema(path: Path) -> tuple[str, dict[str, Any]]:
    spec = yaml.safe_load(path.read_text(encoding="utf-8"))["spec"]
    (version,) = spec["versions"]
    return spec["names"]["kind"], version["schema"]["openAPIV3Schema"]


SCHEMAS = dict(_schema(path) for path in sorted(BASES.iterdir()))


def _walk(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    yield path, schema
    for name, field in schema.get("properties", {}).items():
        yield from _walk(field, f"{path}.{name}")
    for key in ("items", "additionalProperties"):
        if key in schema:
            yield from _walk(schema[key], f"{path}[]")


def test_every_kind_has_a_schema() -> None:
    assert tuple(sorted(SCHEMAS)) == KINDS


@pytest.mark.parametrize(
    ("kind", "configs", "maps"),
    [
        ("KafkaConnector", [".spec.config"], [".spec.config", ".spec.configValueFrom", ".status.masked"]),
        (
            "KafkaConnectCluster",
            [".spec.connectorDefaults.config"],
            [".spec.allowedNamespaces.selector.matchLabels", ".spec.connectorDefaults.config"],
        ),
    ],
)
def test_only_values_of_config_are_free(kind: str, configs: list[str], maps: list[str]) -> None:
    # Keys of the spec become variables of Ansible: what the schema does not name must not get in.
    free = [path for path, schema in _walk(SCHEMAS[kind]) if "x-kubernetes-preserve-unknown-fields" in schema]
    assert free == [f"{config}[]" for config in configs]
    assert [path for path, schema in _walk(SCHEMAS[kind]) if "additionalProperties" in schema] == maps


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (
            "KafkaConnector",
            "adoptionPolicy autoRestart class config configFrom configValueFrom connectClusterRef connectorName deletionDeadline deletionPolicy"
            " driftPolicy mode state tasksMax version",
        ),
        (
            "KafkaConnectCluster",
            "allowedNamespaces authentication connectorDefaults headersFrom ignoreLiveKeys mode policy protectConnectors syncPeriod timeouts tls"
            " unmanagedConnectors url urls",
        ),
    ],
)
def test_spec_has_the_fields_that_work(kind: str, fields: str) -> None:
    assert sorted(SCHEMAS[kind]["properties"]["spec"]["properties"]) == fields.split()


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_is_described(kind: str) -> None:
    named = [(path, schema) for path, schema in _walk(SCHEMAS[kind]) if not path.endswith("[]") and path not in {"", ".metadata"}]
    assert len(named) > 20
    assert [path for path, schema in named if not schema.get("description", "").endswith(".")] == []


def test_conditions_are_the_same_in_every_kind() -> None:
    first, second = (dict(SCHEMAS[kind]["properties"]["status"]["properties"]["conditions"], description="") for kind in KINDS)
    assert first == second


def test_defaults_for_connectors_have_the_form_that_connectors_have() -> None:
    defaults = SCHEMAS["KafkaConnectCluster"]["properties"]["spec"]["properties"]["connectorDefaults"]["properties"]
    own = SCHEMAS["KafkaConnector"]["properties"]["spec"]["properties"]
    for name, schema in defaults.items():
        assert dict(schema, description="") == dict(own[name], description=""), name


@pytest.mark.parametrize("sample", sorted(path.name for path in SAMPLES.glob("external_*")))
def test_samples_fit_the_schema(sample: str) -> None:
    found = yaml.safe_load((SAMPLES / sample).read_text(encoding="utf-8"))
    assert sample in yaml.safe_load((SAMPLES / "kustomization.yaml").read_text(encoding="utf-8"))["resources"]
    if found["kind"] in SCHEMAS:
        # An empty value counts as no value where the schema says nullable, which JSON Schema does not know.
        found["spec"] = {key: value for key, value in found["spec"].items() if value is not None}
        jsonschema.Draft202012Validator(SCHEMAS[found["kind"]]).validate(found)
