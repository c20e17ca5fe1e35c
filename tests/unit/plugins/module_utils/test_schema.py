# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of the CRDs, as a manifest is checked by them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from ansible_collections.saiello.kafka_connect.plugins.module_utils._crd import SCHEMAS
from ansible_collections.saiello.kafka_connect.plugins.module_utils._schema import checked, spoken

from .rules import BROKEN, KEPT


def faults(kind: str, spec: str) -> list[str]:
    _, found = checked({"kind": kind, "metadata": {"name": "a"}, "spec": yaml.safe_load(spec)})
    return [spoken(fault.path) for fault in found]


@pytest.mark.parametrize(("kind", "field", "spec"), BROKEN)
def test_broken(kind: str, field: str, spec: str) -> None:
    assert faults(kind, spec) == [field]


@pytest.mark.parametrize(("kind", "spec"), KEPT)
def test_kept(kind: str, spec: str) -> None:
    assert faults(kind, spec) == []


def test_every_rule_is_broken_by_some() -> None:
    """Wherever the schemas have any."""

    def places(schema: dict[str, Any], path: str) -> Iterator[str]:
        if "x-kubernetes-validations" in schema:
            yield path
        for key, inner in schema.get("properties", {}).items():
            yield from places(inner, f"{path}.{key}")
        if "items" in schema:
            yield from places(schema["items"], f"{path}[]")
        if isinstance(schema.get("additionalProperties"), dict):
            yield from places(schema["additionalProperties"], f"{path}.a")

    expected = {(kind, path) for kind, schema in SCHEMAS.items() for path in places(schema, "spec")}
    assert {(kind, re.sub(r"\[\d\]", "[]", path)) for kind, path, _ in BROKEN} == expected - {("KafkaConnector", "spec")}
