# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What surrounds a run: objects, a Connect, a clock that only sleeping moves, and what runs leave for each other."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.saiello.kafka_connect.plugins.module_utils import _objects
from ansible_collections.saiello.kafka_connect.plugins.module_utils._address import AddressPolicy
from ansible_collections.saiello.kafka_connect.plugins.module_utils._group import Environment, Group, RunResult
from ansible_collections.saiello.kafka_connect.plugins.module_utils._http import Transport
from ansible_collections.saiello.kafka_connect.plugins.module_utils._reconcile import reconcile
from ansible_collections.saiello.kafka_connect.plugins.module_utils._reconcile_cluster import reconcile_cluster
from ansible_collections.saiello.kafka_connect.plugins.module_utils._run_directory import EndpointRecord, RunDirectory
from ansible_collections.saiello.kafka_connect.plugins.module_utils._settings import Settings
from ansible_collections.saiello.kafka_connect.plugins.module_utils._site import connection_site

from .apiserver import ApiServer
from .manifests import NOW, a_connection, referring
from .script import Time
from .tiny import Tiny


@dataclass
class World:
    path: Path
    server: ApiServer = field(default_factory=ApiServer)
    tiny: Tiny = field(default_factory=Tiny)
    time: Time = field(default_factory=lambda: Time(NOW))
    watched: tuple[str, ...] = ()
    runs: str = ""
    log: list[Mapping[str, Any]] = field(default_factory=list)
    contexts: list[ssl.SSLContext | None] = field(default_factory=list)

    @property
    def directory(self) -> RunDirectory:
        return RunDirectory(self.path)

    @property
    def environment(self) -> Environment:
        return Environment(self.server.api, self.directory, self._transport, self.time.clock, self.log.append, "op", self.watched, self.runs)

    def _transport(self, policy: AddressPolicy, context: ssl.SSLContext | None) -> Transport:
        self.contexts.append(context)
        return self.tiny

    def run(self, name: str = "c", namespace: str = "ns") -> RunResult:
        """One run for a connector."""
        return reconcile(self.environment, namespace, name)

    def sync(self, name: str = "prod") -> RunResult:
        """One run for a connection."""
        return reconcile_cluster(self.environment, "ns", name)

    def group(self) -> Group:
        """Those on the connection ``prod``."""
        site = connection_site(self.server.api, self.connection())
        return Group(self.environment, Settings(), site, self.record())

    def record(self, key: str = "ns/prod") -> EndpointRecord:
        return self.directory.record(key)

    def keep(self, key: str = "ns/prod", **record: Any) -> None:
        self.directory.keep(key, EndpointRecord(**record))

    def connection(self, name: str = "prod") -> dict[str, Any]:
        return self.server.stored(a_connection(name))

    def connector(self, name: str = "c") -> dict[str, Any]:
        return self.server.stored(referring(name))

    def reason(self, name: str = "c") -> str:
        return str(_objects.ready_condition(self.connector(name)).get("reason", ""))

    def status(self, name: str = "prod") -> dict[str, Any]:
        """That of the connection."""
        found: dict[str, Any] = self.connection(name)["status"]
        return found

    def condition(self, name: str = "prod") -> tuple[str, str]:
        """Reason and message of the connection's Ready."""
        ready = _objects.ready_condition(self.connection(name))
        return str(ready.get("reason", "")), str(ready.get("message", ""))

    def make(self, *names: str, **more: Any) -> None:
        """Connectors that refer to the connection, stopped as wanted."""
        for name in names:
            self.server.add(stopped(name, **more))

    def live(self, *names: str) -> None:
        """Connectors on Connect as ``make`` wants them."""
        for name in names:
            self.tiny.configs[name] = {"name": name, "connector.class": "C", "tasks.max": "2", "file": "/a"}
            self.tiny.states[name] = "STOPPED"


def stopped(name: str, *, spec: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return referring(name, spec={"state": "stopped", **(spec or {})}, **more)


def own_by(status: dict[str, Any], reason: str = "Stopped") -> dict[str, Any]:
    """The status of a connector that is owned and at rest."""
    condition = {"type": "Ready", "status": "True", "reason": reason, "message": "the connector is stopped, as wanted"}
    return {**status, "observedGeneration": 1, "conditions": [condition]}
