# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many objects of STOPPED connectors on the real stack, and the bare client that they are compared to."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlsplit

import requests

from benchmarks.usage import descendants
from testbed.kubernetes_api import connect_cluster_path, connector_path
from testbed.process import wait_until
from testbed.stack import Stack

GROUP = "external.saiello.github.io"
SOURCE = "org.apache.kafka.connect.file.FileStreamSourceConnector"
PARALLEL = 8
WAIT_SECONDS = 600.0


def names(count: int, prefix: str = "bench") -> list[str]:
    """The names of so many connectors."""
    return [f"{prefix}-{number:04}" for number in range(count)]


def config(name: str) -> dict[str, str]:
    """The configuration of a connector, without what Connect and the operator call by other names."""
    return {"file": "/dev/null", "topic": f"topic-{name}"}


def whole_config(name: str) -> dict[str, str]:
    """The configuration as Connect stores it."""
    return {**config(name), "name": name, "connector.class": SOURCE, "tasks.max": "1"}


def manifest(name: str, url: str = "", *, connection: str = "", spec: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The KafkaConnector of a connector, by labels or of a connection; a stopped source unless the spec says otherwise."""
    whole = {"class": SOURCE, "tasksMax": 1, "state": "stopped", "config": config(name), **(spec or {})}
    metadata: dict[str, Any] = {"name": name}
    if connection:
        whole["connectClusterRef"] = {"name": connection}
    else:
        parts = urlsplit(url)
        metadata["labels"] = {f"{GROUP}/api-schema": parts.scheme, f"{GROUP}/api-host": parts.hostname, f"{GROUP}/api-port": str(parts.port)}
    return {"apiVersion": f"{GROUP}/v1alpha1", "kind": "KafkaConnector", "metadata": metadata, "spec": whole}


def in_parallel(work: Callable[[str], object], items: Iterable[str]) -> float:
    """Do this for all items with as many threads as the operator has; the seconds that it took."""
    started = time.monotonic()
    with ThreadPoolExecutor(PARALLEL) as pool:
        list(pool.map(work, items))
    return time.monotonic() - started


class BareConnect:
    """Connect's REST API with nothing but requests."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=PARALLEL))

    def create(self, name: str, changes: Mapping[str, str] | None = None) -> None:
        """Create a stopped connector: a source, unless said otherwise."""
        body = {"name": name, "config": {"name": name, **changes} if changes else whole_config(name), "initial_state": "STOPPED"}
        self._session.post(f"{self.url}/connectors", json=body, timeout=100).raise_for_status()

    def update(self, name: str, config: Mapping[str, str]) -> None:
        """Give a connector another configuration."""
        self._session.put(f"{self.url}/connectors/{quote(name, safe='')}/config", json=config, timeout=100).raise_for_status()

    def resume(self, name: str) -> None:
        """Let a stopped connector run; again while Connect rebalances, which it does for each one that begins."""
        path = f"{self.url}/connectors/{quote(name, safe='')}/resume"
        wait_until(lambda: self._session.put(path, timeout=100).status_code == 202, timeout=WAIT_SECONDS, what=f"{name} is resumed")

    def read(self, name: str) -> dict[str, Any]:
        """Read configuration and status of a connector; the status."""
        self.config(name)
        found: dict[str, Any] = self._session.get(f"{self.url}/connectors/{quote(name, safe='')}/status", timeout=100).json()
        return found

    def delete(self, name: str) -> None:
        """Delete a connector."""
        self._session.delete(f"{self.url}/connectors/{quote(name, safe='')}", timeout=100).raise_for_status()

    def names(self) -> list[str]:
        """The connectors that there are."""
        return list(self._session.get(f"{self.url}/connectors", timeout=100).json())

    def config(self, name: str) -> dict[str, str]:
        """The stored configuration of a connector."""
        found: dict[str, str] = self._session.get(f"{self.url}/connectors/{quote(name, safe='')}/config", timeout=100).json()
        return found

    def clear(self) -> None:
        """Delete all connectors, and wait until they are gone."""
        in_parallel(self.delete, self.names())
        wait_until(lambda: not self.names(), timeout=WAIT_SECONDS, what="Connect is empty")


class Fleet:
    """Objects on one stack. Between two measurements the operator is started anew, which leaves none of its runs over."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.api = stack.control_plane.api
        self.connect = BareConnect(stack.connect.url)

    def create(self, name: str, *, connection: str = "", spec: Mapping[str, Any] | None = None) -> None:
        """Create one object: addressed to Connect by labels, or of a connection."""
        self.api.create(connector_path(), manifest(name, self.connect.url, connection=connection, spec=spec))

    def create_connection(self, name: str, url: str, sync_period: str) -> dict[str, Any]:
        """Create a KafkaConnectCluster."""
        spec = {"url": url, "syncPeriod": sync_period}
        kind = {"apiVersion": f"{GROUP}/v1alpha1", "kind": "KafkaConnectCluster"}
        return self.api.create(connect_cluster_path(), {**kind, "metadata": {"name": name}, "spec": spec})

    def objects(self) -> list[dict[str, Any]]:
        """All objects."""
        items: list[dict[str, Any]] = self.api.get(connector_path())["items"]
        return items

    def patch(self, name: str, body: dict[str, Any]) -> None:
        """Merge-patch an object."""
        self.api.patch(connector_path(name), body)

    def wait_ready(self, count: int) -> None:
        """Wait until so many objects are Ready. The list is asked for only when all can be: reading it costs the API server, too."""
        wait_until(lambda: len(self.connect.names()) >= count, timeout=WAIT_SECONDS, what=f"{count} connectors exist")
        wait_until(lambda: sum(map(is_ready, self.objects())) >= count, timeout=WAIT_SECONDS, what=f"{count} objects are Ready")

    def wait_idle(self) -> None:
        """Wait until the operator has no run under way and none to come at once. The runtime forgets a run before its processes end."""
        operator = self.stack.operator

        def idle() -> bool:
            return operator.idle() and len(list(descendants(operator.process.pid))) == 1

        wait_until(idle, timeout=WAIT_SECONDS, what="the operator is idle")

    def wait_runs(self, count: int) -> None:
        """Wait until the operator has ended so many runs since its start."""
        wait_until(lambda: self.stack.operator.reconciles() >= count, timeout=WAIT_SECONDS, what=f"{count} runs have ended")

    def clear(self) -> None:
        """Remove objects and connectors; the operator is stopped for that."""
        self.stack.operator.stop()
        for connection in self.api.get(connect_cluster_path())["items"]:
            self.api.patch(connect_cluster_path(connection["metadata"]["name"]), {"metadata": {"finalizers": []}})
        self.api.delete(connect_cluster_path())
        left = [obj["metadata"]["name"] for obj in self.objects()]
        in_parallel(lambda name: self.patch(name, {"metadata": {"finalizers": []}}), left)
        self.api.delete(connector_path())
        wait_until(lambda: not self.objects(), timeout=WAIT_SECONDS, what="no object is left")
        self.connect.clear()

    def start_operator(self) -> None:
        """Start the operator (again) and wait until it is ready."""
        if self.stack.operator.process.running:
            self.stack.operator.stop()
        self.stack.operator.start()
        self.stack.operator.wait_ready()


@contextmanager
def operated(stack: Stack) -> Iterator[Fleet]:
    """An empty fleet with a fresh operator; it is empty again afterwards."""
    fleet = Fleet(stack)
    try:
        fleet.clear()
        fleet.start_operator()
        yield fleet
    finally:
        fleet.clear()


def is_ready(obj: dict[str, Any]) -> bool:
    """Whether the newest spec of an object is Ready."""
    status = obj.get("status", {})
    ready: dict[str, Any] = next((one for one in status.get("conditions", []) if one["type"] == "Ready"), {})
    return ready.get("status") == "True" and status.get("observedGeneration") == obj["metadata"]["generation"]
