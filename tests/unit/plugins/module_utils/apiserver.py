# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""As much of the Kubernetes API as a run asks for, over a dict: a real one cannot be stopped between two requests."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from ansible_collections.saiello.kafka_connect.plugins.module_utils._http import Answer
from ansible_collections.saiello.kafka_connect.plugins.module_utils._kube import KubeApi, path_of

from .manifests import merged

CORE = "/api/v1/namespaces/ns"
OPERATOR_SETTINGS = "/api/v1/namespaces/op/configmaps/kafka-connect-operator-settings"


@dataclass
class ApiServer:
    """Objects by path. ``before``: called once, ahead of the next request of its method; ``refuses``: paths that are answered with 403."""

    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    before: dict[str, Callable[[], None]] = field(default_factory=dict)
    refuses: set[str] = field(default_factory=set)
    requests: list[str] = field(default_factory=list)
    queries: list[str] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def api(self) -> KubeApi:
        return KubeApi("http://api", "user", self)

    def add(self, *objects: dict[str, Any]) -> None:
        for obj in objects:
            self.objects[path_of(obj)] = obj

    def add_secret(
        self,
        name: str,
        values: Mapping[str, str] | None = None,
        *,
        version: str = "1",
        kind: str = "Opaque",
        raw: Mapping[str, str] | None = None,
        **more: str,
    ) -> None:
        """A Secret; ``raw``: values as the API carries them."""
        encoded = {key: base64.b64encode(value.encode()).decode() for key, value in {**(values or {}), **more}.items()}
        self.objects[f"{CORE}/secrets/{name}"] = {
            "metadata": {"uid": f"uid-{name}", "resourceVersion": version},
            "type": kind,
            "data": {**encoded, **(raw or {})},
        }

    def settings(self, **data: str) -> None:
        self.objects[OPERATOR_SETTINGS] = {"metadata": {}, "data": data}

    def stored(self, obj: Mapping[str, Any]) -> dict[str, Any]:
        return self.objects[path_of(obj)]

    def edit(self, obj: Mapping[str, Any], **patch: Any) -> None:
        """Somebody else's patch."""
        path = path_of(obj)
        self.objects[path] = merged(self.objects[path], patch)
        metadata = self.objects[path]["metadata"]
        metadata["resourceVersion"] = str(int(metadata["resourceVersion"]) + 1)

    def writes(self) -> list[str]:
        return [one for one in self.requests if not one.startswith("GET ") and not one.endswith("/events")]

    def send(
        self, method: str, url: str, *, body: bytes | None, headers: Mapping[str, str], seconds: float, size: int, connect: float = 5.0
    ) -> Answer:
        with self._lock:
            self.before.pop(method, lambda: None)()
            path, _, query = url.removeprefix("http://api").partition("?")
            self.requests.append(f"{method} {path}")
            if path in self.refuses:
                return _answer(403, {"message": "forbidden"})
            return self._answer(method, path, query, json.loads(body) if body else {})

    def _answer(self, method: str, path: str, query: str, body: dict[str, Any]) -> Answer:
        if method == "POST":
            self.events.append(body)
            return _answer(201, body)
        if path.endswith("/kafkaconnectors"):
            self.queries.append(query)
            return _answer(200, {"items": [obj for obj in self.objects.values() if _is_listed(obj, path, query)]})
        found = self.objects.get(path.removesuffix("/status"))
        if found is None:
            return _answer(404, {"message": "not found"})
        if method == "PATCH":
            if body["metadata"].pop("resourceVersion") != found["metadata"]["resourceVersion"]:
                return _answer(409, {"message": "conflict"})
            self.edit(found, **body)
            found = self.objects[path.removesuffix("/status")]
        return _answer(200, found)


def _answer(status: int, body: Mapping[str, Any]) -> Answer:
    return Answer(status, {}, json.dumps(body).encode())


def _is_listed(obj: Mapping[str, Any], path: str, query: str) -> bool:
    if "spec" not in obj or obj.get("kind") == "KafkaConnectCluster":
        return False
    labels = obj["metadata"].get("labels", {})
    wanted = dict(one.split("=") for one in parse_qs(query).get("labelSelector", [""])[0].split(",") if one)
    in_scope = "/namespaces/" not in path or f"/namespaces/{obj['metadata']['namespace']}/" in path
    return in_scope and all(labels.get(key) == value for key, value in wanted.items())
