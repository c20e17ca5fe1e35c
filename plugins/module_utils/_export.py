# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""Manifests of what runs: connectors as objects of ours, and their secrets apart from them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import _config
from ._dialects import API_VERSION
from ._model import Observed, name_problem
from ._objects import KIND
from ._values import SKELETON

try:
    import yaml
except ImportError:  # the modules say so politely
    pass


@dataclass(frozen=True)
class Exported:
    """A connector as manifests. ``secrets``: the keys of its Secret by configuration key; ``values``: what belongs into it.

    ``losses``: what of it no manifest can say.
    """

    object: dict[str, Any]
    secrets: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    losses: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return str(self.object["metadata"]["name"])

    def secret(self, *, filled: bool) -> dict[str, Any]:
        """The Secret, as a skeleton or with its values."""
        metadata: dict[str, Any] = {**self.object["metadata"], "name": secret_name(self.name)}
        if not filled:
            metadata["annotations"] = {SKELETON: "true"}
        data = {key: self.values[key] if filled else "" for key in sorted(self.secrets.values())}
        return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "Opaque", "stringData": data}


def secret_name(name: str) -> str:
    """Name of the Secret of an exported connector."""
    return f"{name}-secrets"


_NAME_LENGTH = 230
# Ends the name of a file that holds the Secret of a connector, before its suffix. So no object is called.
SKELETON_END = ".secret"


def object_names(names: Iterable[str]) -> dict[str, str]:
    """By connector name, names that Kubernetes accepts, each for one connector only. Those that it accepts already come first."""
    ordered = sorted(names, key=lambda name: (_safe(name) != name, name))
    taken: set[str] = set()
    found: dict[str, str] = {}
    for name in ordered:
        base = candidate = _safe(name)
        number = 2
        while candidate in taken:
            candidate, number = f"{base}-{number}", number + 1
        taken.add(candidate)
        found[name] = candidate
    return found


def _safe(name: str) -> str:
    parts = [re.sub(r"[^a-z0-9]+", "-", part).strip("-") for part in name.lower()[:_NAME_LENGTH].split(".")]
    name = ".".join(part for part in parts if part) or "connector"
    return f"{name.removesuffix(SKELETON_END)}-secret" if name.endswith(SKELETON_END) else name


_STATES = {"PAUSED": "paused", "STOPPED": "stopped"}
_TASKS = re.compile(r"[1-9][0-9]{0,8}")
_SECRET_KEY = re.compile(r"[-._a-zA-Z0-9]{1,253}")


def exported(object_name: str, observed: Observed, password_keys: frozenset[str], *, cluster: str = "", namespace: str = "") -> Exported:
    """A connector as an object of ours.

    :param password_keys: those that its plugin declares as PASSWORD.
    :param cluster: the KafkaConnectCluster that it shall refer to, if any.
    """
    live = dict(observed.config)
    name = live.pop(_config.NAME, object_name)
    losses = [f"the key {key} holds what is no text" for key, value in sorted(live.items()) if value.startswith("\x00")]
    live = {key: value for key, value in live.items() if not value.startswith("\x00")}
    spec: dict[str, Any] = {"connectClusterRef": {"name": cluster}} if cluster else {}
    if name != object_name:
        spec["connectorName"] = name
    spec["class"] = live.pop(_config.CLASS, "")
    version, tasks = live.pop(_config.PLUGIN_VERSION, ""), live.pop(_config.TASKS_MAX, "")
    if version:
        spec["version"] = version
    if _TASKS.fullmatch(tasks):
        spec["tasksMax"] = int(tasks)
    elif tasks:
        losses.append("tasks.max is no number that a spec can hold")
    secret = _config.live_secrets(live, password_keys)
    keys = {key: key if _SECRET_KEY.fullmatch(key) else f"key-{number}" for number, key in enumerate(secret)}
    if observed.status is None:
        losses.append("Kafka Connect has no status of it; its manifest lets it run")
    spec["state"] = _STATES.get(observed.status.state if observed.status else "", "running")
    spec["config"] = {key: value for key, value in sorted(live.items()) if key not in keys}
    if keys:
        spec["configValueFrom"] = {key: {"secretKeyRef": {"name": secret_name(object_name), "key": keys[key]}} for key in secret}
    metadata = {"name": object_name, **({"namespace": namespace} if namespace else {})}
    obj = {"apiVersion": API_VERSION, "kind": KIND, "metadata": metadata, "spec": spec}
    return Exported(obj, keys, {keys[key]: live[key] for key in secret}, tuple(losses))


def impossible(name: str) -> str:
    """Why a connector of this name cannot be managed, "" if it can."""
    return name_problem(name) or ""


def shown(text: str, password_keys: frozenset[str]) -> str:
    """What somebody may see of a file that holds the manifest of a connector, or held something else before: no secret, and no comment."""
    try:
        obj = yaml.safe_load(text) if text else None
        config = obj["spec"]["config"] if obj else {}
        if not all(isinstance(value, str) for value in config.values()):
            return f"{_config.HIDDEN}\n"
    except (yaml.YAMLError, KeyError, TypeError, AttributeError):
        return f"{_config.HIDDEN}\n"
    hidden = dict.fromkeys(_config.live_secrets(config, password_keys), _config.HIDDEN)
    return text_of([{**obj, "spec": {**obj["spec"], "config": {**config, **hidden}}}]) if obj else ""


# -- as text

_PLAIN_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_./-]{3,}")


def text_of(objects: Iterable[Mapping[str, Any]]) -> str:
    """YAML that every reader understands alike: values that are text are quoted, and so are keys that might be taken for something else."""

    class Dumper(yaml.SafeDumper):
        pass

    Dumper.add_representer(_Quoted, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style='"'))
    quoted = [_quoted(one) for one in objects]
    return str(yaml.dump_all(quoted, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=1_000_000, explicit_start=True))


class _Quoted(str):
    __slots__ = ()


def _quoted(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key if _PLAIN_KEY.fullmatch(key) and key.lower() not in ("true", "null", "false") else _Quoted(key): _quoted(item)
            for key, item in value.items()
        }
    if isinstance(value, str):
        return _Quoted(value)
    return value
