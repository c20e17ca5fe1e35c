# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""Connectors as others write them, as KafkaConnector objects of ours: Strimzi's kind, and the JSON of Connect's REST API. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from . import _config
from ._crd import SCHEMAS
from ._objects import CLUSTER_KIND, GROUP, KIND, PAUSE, VERSION, Object

API_VERSION = f"{GROUP}/{VERSION}"
STRIMZI_GROUP, STRIMZI_VERSIONS = "kafka.strimzi.io", ("v1beta2", "v1")
STRIMZI_CLUSTER = "strimzi.io/cluster"
_STRIMZI_PAUSE = "strimzi.io/pause-reconciliation"
_STRIMZI_ORDERS = ("strimzi.io/restart", "strimzi.io/restart-task", "strimzi.io/connector-offsets")


# What a spec of Strimzi's says as ours does, and what the operator of ours has, or will have, but no playbook.
_STRIMZI_FIELDS = ("class", "version", "tasksMax", "config", "state")
_STRIMZI_LEFT_OUT = ("autoRestart", "listOffsets", "alterOffsets")
_SAID = (*_STRIMZI_FIELDS, "pause")


class DialectError(ValueError):
    """What cannot be said in our kind; the text names the field and the remedy. ``path``: where in the object it stands."""

    def __init__(self, text: str, *path: str) -> None:
        super().__init__(text)
        self.path = path


def from_strimzi(obj: Object) -> tuple[dict[str, Any], tuple[str, ...]]:
    """An object of Strimzi's kind as one of ours, and what of it has no equal.

    Its label ``strimzi.io/cluster`` becomes the name of the connection (Strimzi, api: KafkaConnectorSpec).

    :raises DialectError: for a spec that is no map, or a ``pause`` that is neither true nor false.
    """
    metadata, spec = obj["metadata"], obj.get("spec")
    if not isinstance(spec, dict):
        raise DialectError("spec: must be a map", "spec")
    pause = spec.get("pause")
    if not isinstance(pause, (bool, type(None))):
        raise DialectError("spec.pause: must be true or false", "spec", "pause")
    labels = {key: value for key, value in (metadata.get("labels") or {}).items() if not key.startswith("strimzi.io/")}
    annotations = metadata.get("annotations") or {}
    mapped = {key: spec[key] for key in _STRIMZI_FIELDS if key in spec}
    notes = [f"spec.{key} is not applied here" if key in _STRIMZI_LEFT_OUT else f"spec.{key} has no equal" for key in spec if key not in _SAID]
    if pause is not None and spec.get("state") is None:
        mapped["state"] = "paused" if pause else "running"
    cluster = (metadata.get("labels") or {}).get(STRIMZI_CLUSTER)
    if cluster:
        mapped["connectClusterRef"] = {"name": cluster}
    notes.extend(f"the annotation {name} is not carried out" for name in _STRIMZI_ORDERS if name in annotations)
    own = {key: value for key, value in annotations.items() if not key.startswith("strimzi.io/")}
    if _STRIMZI_PAUSE in annotations:
        own[PAUSE] = annotations[_STRIMZI_PAUSE]
    kept = {key: metadata[key] for key in ("name", "namespace") if key in metadata}
    return {"apiVersion": API_VERSION, "kind": KIND, "metadata": {**kept, "labels": labels, "annotations": own}, "spec": mapped}, tuple(notes)


def is_rest(value: Any) -> bool:
    """Whether it looks like the body of ``POST /connectors``, or the answer of ``GET /connectors/{name}``."""
    return isinstance(value, dict) and "kind" not in value and isinstance(value.get("config"), dict) and "name" in value


# What an answer of Connect holds besides.
_REST_KEYS = ("name", "config", "initial_state", "tasks", "type")
# Keys of a configuration that our kind has fields for. Of a number nobody knows how it was written: 1.0 is another version than 1.
_REST_FIELDS: dict[str, tuple[str, tuple[type, ...], str]] = {
    _config.TASKS_MAX: ("tasksMax", (int, str), "must be a whole number"),
    _config.PLUGIN_VERSION: ("version", (str,), "must be a text; put it in quotes"),
}


def from_rest(value: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
    """JSON of Connect's REST API as an object of ours, and whether it says a run state.

    :raises DialectError: for what Connect would not take either.
    """
    name, config = value["name"], dict(value["config"])
    if not isinstance(name, str) or not name:
        raise DialectError("name: must be a text", "name")
    unknown = sorted(value.keys() - set(_REST_KEYS))
    if unknown:
        raise DialectError(f"{unknown[0]}: there is no such field; a connector has a name and a config", unknown[0])
    if config.pop(_config.NAME, name) != name:
        raise DialectError("config.name: is another one than name", "config", _config.NAME)
    spec: dict[str, Any] = {"connectorName": name, "class": config.pop(_config.CLASS, None)}
    if not isinstance(spec["class"], str) or not spec["class"]:
        raise DialectError(f"config.{_config.CLASS}: is required", "config")
    for key, (own, types, said) in _REST_FIELDS.items():
        given = config.pop(key, None)
        if isinstance(given, bool) or not isinstance(given, (*types, type(None))):
            raise DialectError(f"config.{key}: {said}", "config", key)
        if given is not None:
            spec[own] = given
    state = value.get("initial_state")
    if state is not None:
        if str(state).lower() not in ("running", "paused", "stopped"):
            raise DialectError("initial_state: must be one of RUNNING, PAUSED, STOPPED", "initial_state")
        spec["state"] = str(state).lower()
    return {"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": name}, "spec": {**spec, "config": config}}, state is not None


# -- what a playbook leaves to the operator

_FIELDS = {
    KIND: ("autoRestart", "deletionPolicy", "deletionDeadline"),
    CLUSTER_KIND: ("syncPeriod", "unmanagedConnectors", "policy.adoption", "connectorDefaults.deletionPolicy", "connectorDefaults.deletionDeadline"),
}
_ORDERS = ("restart", "restart-task", "connector-offsets", "accept-cluster", "validate")


def left_out(obj: Object) -> tuple[str, ...]:
    """Fields, but for those that have their default, and annotations that only the operator acts upon."""
    annotations = obj["metadata"].get("annotations") or {}
    fields = (f"spec.{name}" for name in _FIELDS[obj["kind"]] if _is_set(obj, name.split(".")))
    return (*fields, *(f"the annotation {GROUP}/{name}" for name in _ORDERS if f"{GROUP}/{name}" in annotations))


def _is_set(obj: Object, path: Sequence[str]) -> bool:
    value, schema = obj.get("spec"), SCHEMAS[obj["kind"]]
    for step in path:
        value, schema = (value or {}).get(step), schema["properties"][step]
    return bool(value) and value != schema.get("default")
