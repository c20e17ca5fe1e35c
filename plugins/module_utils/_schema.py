# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""What the API server would say of a manifest: structural schemas, their defaults and rules, and metadata. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Union

from ._crd import SCHEMAS
from ._rules import RULES

Schema = Mapping[str, Any]
Path = tuple[Union[str, int], ...]


@dataclass(frozen=True)
class Fault:
    """What is wrong, and at which part of the object; no value is in it."""

    path: Path
    text: str

    def __str__(self) -> str:
        return f"{spoken(self.path)}: {self.text}" if self.path else self.text


def spoken(path: Path) -> str:
    """A path as kubectl writes it."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


@dataclass
class _Check:
    faults: list[Fault] = field(default_factory=list)

    def value(self, value: Any, schema: Schema, path: Path) -> Any:
        """The value with the defaults of its schema. Of rules only those that are about a value of the right form are asked."""
        before = len(self.faults)
        result = self._formed(value, schema, path)
        if len(self.faults) == before:
            broken = (rule["message"] for rule in schema.get("x-kubernetes-validations", ()) if not RULES[rule["rule"]](result))
            self.faults.extend(Fault(path, message) for message in broken)
        return result

    def _formed(self, value: Any, schema: Schema, path: Path) -> Any:
        expected = schema.get("type")
        if expected is None:
            return value
        if not _is(value, expected):
            self.faults.append(Fault(path, f"must be {_TYPES[expected][1]}"))
            return value
        if isinstance(value, dict):
            return self._map(value, schema, path)
        if isinstance(value, list):
            self._counted(value, schema, path, "Items", "entries")
            return [self.value(item, schema.get("items", {}), (*path, index)) for index, item in enumerate(value)]
        self._scalar(value, schema, path)
        return value

    def _map(self, value: dict[str, Any], schema: Schema, path: Path) -> dict[str, Any]:
        self._counted(value, schema, path, "Properties", "entries")
        properties, other = schema.get("properties", {}), schema.get("additionalProperties")
        result: dict[str, Any] = {}
        for key, item in value.items():
            inner = properties.get(key, other)
            if inner is None and not schema.get("x-kubernetes-preserve-unknown-fields"):
                self.faults.append(Fault((*path, key), "there is no such field"))
            elif item is None and inner and "type" in inner and not inner.get("nullable"):
                continue  # to the API server it is nothing
            elif item is None and inner and inner.get("nullable"):
                result[key] = None
            else:
                result[key] = self.value(item, inner or {}, (*path, key))
        for key, inner in properties.items():
            if key not in result and "default" in inner:
                result[key] = self.value(inner["default"], inner, (*path, key))
        for key in schema.get("required", ()):
            if key not in result:
                self.faults.append(Fault((*path, key), "is required"))
        return result

    def _scalar(self, value: Any, schema: Schema, path: Path) -> None:
        if "enum" in schema and value not in schema["enum"]:
            self.faults.append(Fault(path, f"must be one of {', '.join(map(str, schema['enum']))}"))
        if isinstance(value, str):
            self._counted(value, schema, path, "Length", "characters")
            if "pattern" in schema and not matches(schema["pattern"], value):
                self.faults.append(Fault(path, f"must match {schema['pattern']}"))
        elif not isinstance(value, bool):
            self._range(value, schema, path)

    def _range(self, value: float, schema: Schema, path: Path) -> None:
        limit = 2 ** (31 if schema.get("format") == "int32" else 63)
        if value < schema.get("minimum", -limit):
            self.faults.append(Fault(path, f"must be at least {schema.get('minimum', -limit)}"))
        if value > schema.get("maximum", limit - 1):
            self.faults.append(Fault(path, f"must be at most {schema.get('maximum', limit - 1)}"))

    def _counted(self, value: Any, schema: Schema, path: Path, what: str, spoken_of: str) -> None:
        if len(value) < schema.get(f"min{what}", 0):
            self.faults.append(Fault(path, f"must have at least {schema[f'min{what}']} {spoken_of}"))
        if len(value) > schema.get(f"max{what}", len(value)):
            self.faults.append(Fault(path, f"must have at most {schema[f'max{what}']} {spoken_of}"))


_TYPES: dict[str, tuple[tuple[type, ...], str]] = {
    "object": ((dict,), "a map"),
    "array": ((list,), "a list"),
    "string": ((str,), "a text; put it in quotes"),
    "integer": ((int,), "a whole number"),
    "number": ((int, float), "a number"),
    "boolean": ((bool,), "true or false"),
}


def _is(value: Any, expected: str) -> bool:
    return isinstance(value, _TYPES[expected][0]) and (expected == "boolean" or not isinstance(value, bool))


def matches(pattern: str, text: str) -> bool:
    """Whether a pattern of a CRD (RE2) is found in a text: its ``$`` is the very end."""
    return re.search(f"{pattern[:-1]}\\Z" if pattern.endswith("$") else pattern, text) is not None


# -- metadata

_NAME = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_LABEL_VALUE = "^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$"
_TEXT: Schema = {"type": "string"}
_OPAQUE: Schema = {}
_METADATA: Schema = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "maxLength": 253, "pattern": rf"^{_NAME}(\.{_NAME})*$"},
        "namespace": {"type": "string", "maxLength": 63, "pattern": f"^{_NAME}$"},
        "labels": {"type": "object", "additionalProperties": {"type": "string", "maxLength": 63, "pattern": _LABEL_VALUE}},
        "annotations": {"type": "object", "additionalProperties": _TEXT},
        "finalizers": {"type": "array", "items": _TEXT},
        **dict.fromkeys(("creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generateName", "generation"), _OPAQUE),
        **dict.fromkeys(("managedFields", "ownerReferences", "resourceVersion", "selfLink", "uid"), _OPAQUE),
    },
}


def metadata_faults(obj: Mapping[str, Any]) -> list[Fault]:
    """What is wrong with the name, the labels and the annotations of an object of any kind."""
    check = _Check()
    check.value(_without_nulls(obj.get("metadata")), _METADATA, ("metadata",))
    return check.faults


def _without_nulls(metadata: Any) -> Any:
    """To the API server a null in metadata is nothing."""
    return {key: value for key, value in metadata.items() if value is not None} if isinstance(metadata, dict) else metadata


def checked(obj: Mapping[str, Any]) -> tuple[dict[str, Any], list[Fault]]:
    """An object of ours with the defaults of its CRD, and all that the API server would refuse; its status does not count."""
    check = _Check(metadata_faults(obj))
    spec = check.value(obj.get("spec"), SCHEMAS[obj["kind"]], ("spec",))
    unknown = sorted(obj.keys() - {"apiVersion", "kind", "metadata", "spec", "status"})
    check.faults.extend(Fault((key,), "there is no such field") for key in unknown)
    metadata = obj.get("metadata")
    kept = ("name", "namespace", "labels", "annotations")
    own = {key: metadata[key] for key in kept if metadata.get(key) is not None} if isinstance(metadata, dict) else {}
    return {"apiVersion": obj.get("apiVersion"), "kind": obj["kind"], "metadata": own, "spec": spec}, check.faults
