# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the schema of KafkaConnector promises, wherever it is installed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import yaml

ROOT = Path(__file__).resolve().parents[2]
CRD = yaml.safe_load((ROOT / "config/crd/bases/external.saiello.github.io_kafkaconnectors.yaml").read_text(encoding="utf-8"))
(VERSION,) = CRD["spec"]["versions"]
SCHEMA = VERSION["schema"]["openAPIV3Schema"]


def _walk(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    yield path, schema
    for name, field in schema.get("properties", {}).items():
        yield from _walk(field, f"{path}.{name}")
    for key in ("items", "additionalProperties"):
        if key in schema:
            yield from _walk(schema[key], f"{path}[]")


def test_only_values_of_config_are_free() -> None:
    # Keys of the spec become variables of Ansible: what the schema does not name must not get in.
    free = [path for path, schema in _walk(SCHEMA) if "x-kubernetes-preserve-unknown-fields" in schema]
    assert free == [".spec.config[]"]
    maps = [path for path, schema in _walk(SCHEMA) if "additionalProperties" in schema]
    assert maps == [".spec.config"]


def test_spec_has_the_fields_that_work() -> None:
    assert set(SCHEMA["properties"]["spec"]["properties"]) == {"autoRestart", "class", "config", "connectorName", "state", "tasksMax"}


def test_every_field_is_described() -> None:
    named = [(path, schema) for path, schema in _walk(SCHEMA) if not path.endswith("[]") and path not in {"", ".metadata"}]
    assert [path for path, schema in named if not schema.get("description", "").endswith(".")] == []


def test_sample_fits_the_schema() -> None:
    sample = yaml.safe_load((ROOT / "config/samples/external_v1alpha1_kafkaconnector.yaml").read_text(encoding="utf-8"))
    # An empty value counts as no value where the schema says nullable, which JSON Schema does not know.
    sample["spec"] = {key: value for key, value in sample["spec"].items() if value is not None}
    jsonschema.Draft202012Validator(SCHEMA).validate(sample)
