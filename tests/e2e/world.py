# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What end-to-end tests do and look at: objects through the API server, connectors on Connect, the operator's log."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import requests

from testbed import manifests
from testbed.connect import Worker
from testbed.control_plane import Request
from testbed.kubernetes_api import CONNECTORS, ApiError, connect_cluster_path, connector_path
from testbed.process import wait_until
from testbed.stack import Stack

GROUP = "external.saiello.github.io"
FINALIZER = f"{GROUP}/finalizer"
# As runs name themselves to the API server; the runtime names itself otherwise.
OUR_AGENT = "saiello.kafka_connect"
SOURCE = "org.apache.kafka.connect.file.FileStreamSourceConnector"
# Of a machine on which much else goes on, too: nothing waits that long for nothing.
STEP = 120.0

Object = dict[str, Any]


def labels(url: str) -> dict[str, str]:
    """The three labels that address a Connect."""
    parts = urlsplit(url)
    return {f"{GROUP}/api-schema": parts.scheme, f"{GROUP}/api-host": str(parts.hostname), f"{GROUP}/api-port": str(parts.port)}


def condition(obj: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    """A condition of an object, empty if it has none of that type."""
    conditions = obj.get("status", {}).get("conditions", [])
    return next((one for one in conditions if one["type"] == kind), {})


def connector_of(obj: Mapping[str, Any]) -> str:
    """The name of an object's connector on Connect."""
    return str(obj["spec"].get("connectorName", obj["metadata"]["name"]))


def is_current(obj: Mapping[str, Any]) -> bool:
    """Whether the status is about the newest spec."""
    return bool(obj.get("status", {}).get("observedGeneration") == obj["metadata"]["generation"])


class World:
    """The running stack with shorthands. `url` is the Connect that objects are addressed to unless a test says otherwise."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.api = stack.control_plane.api
        self.url = stack.connect.url
        self._session = requests.Session()
        self._session.trust_env = False
        self._began = len(self.operator_log())
        self._written = len(self._all_writes())
        self._told = {event["metadata"]["uid"] for event in self.api.get("/api/v1/events")["items"]}
        self._namespaces = {"default"}
        self._stored: set[str] = set()

    # -- objects

    def manifest(self, name: str, *, url: str = "", cluster: str = "", config: Mapping[str, Any] | None = None, **spec: Any) -> Object:
        """A KafkaConnector of a stopped FileStream source, unless said otherwise; of a connection (`name` or `namespace/name`) if one is named."""
        whole = {"class": SOURCE, "tasksMax": 1, "state": "stopped", "config": {"file": "/dev/null", "topic": f"topic-{name}"}, **spec}
        if config is not None:
            whole["config"] = dict(config)
        metadata: Object = {"name": name}
        if cluster:
            namespace, slash, own_name = cluster.rpartition("/")
            whole["connectClusterRef"] = {"name": own_name, **({"namespace": namespace} if slash else {})}
        else:
            metadata["labels"] = labels(url or self.url)
        whole = {key: value for key, value in whole.items() if value is not None}
        return {"apiVersion": f"{GROUP}/v1alpha1", "kind": "KafkaConnector", "metadata": metadata, "spec": whole}

    def create(self, manifest: Object, namespace: str = "default") -> Object:
        """Create an object."""
        self._namespaces.add(namespace)
        return self.api.create(connector_path(namespace=namespace), manifest)

    def create_all(self, manifests_: Iterable[Object]) -> None:
        """Create many at once."""
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(self.create, manifests_))

    def get(self, name: str, namespace: str = "default") -> Object | None:
        """An object, or None."""
        return self.api.find(connector_path(name, namespace))

    def all(self, namespace: str = "default") -> list[Object]:
        """All objects of a namespace."""
        items: list[Object] = self.api.get(connector_path(namespace=namespace))["items"]
        return items

    def patch(self, name: str, body: Mapping[str, Any], namespace: str = "default") -> Object:
        """Merge-patch an object."""
        return self.api.patch(connector_path(name, namespace), body)

    def delete(self, name: str, namespace: str = "default") -> None:
        """Ask for the deletion of an object."""
        self.api.request("DELETE", connector_path(name, namespace))

    def kubectl(self, *arguments: str) -> str:
        """Run kubectl as the administrator."""
        return self.stack.control_plane.kubectl(*arguments)

    # -- connections

    def create_cluster(self, name: str, *, namespace: str = "default", **spec: Any) -> Object:
        """Create a KafkaConnectCluster: the main Connect, looked at every 5 s, unless said otherwise."""
        self._namespaces.add(namespace)
        whole = {"url": None if "urls" in spec else self.stack.connect.url, "syncPeriod": "5s", **spec}
        manifest = {
            "apiVersion": f"{GROUP}/v1alpha1",
            "kind": "KafkaConnectCluster",
            "metadata": {"name": name},
            "spec": {key: value for key, value in whole.items() if value is not None},
        }
        return self.api.create(connect_cluster_path(namespace=namespace), manifest)

    def get_cluster(self, name: str, namespace: str = "default") -> Object | None:
        """A KafkaConnectCluster, or None."""
        return self.api.find(connect_cluster_path(name, namespace))

    def patch_cluster(self, name: str, body: Mapping[str, Any], namespace: str = "default") -> Object:
        """Merge-patch a KafkaConnectCluster."""
        return self.api.patch(connect_cluster_path(name, namespace), body)

    def delete_cluster(self, name: str, namespace: str = "default") -> None:
        """Ask for the deletion of a KafkaConnectCluster."""
        self.api.request("DELETE", connect_cluster_path(name, namespace))

    def wait_cluster(
        self, name: str, reason: str = "Running", *, texts: Iterable[str] = (), namespace: str = "default", timeout: float = STEP
    ) -> Object:
        """Wait until a KafkaConnectCluster has a reason for its newest spec, in a message with these texts; the object as it is then."""
        return self._wait_reason(lambda: self.get_cluster(name, namespace), f"connection {name}: {reason}", reason, texts, timeout)

    def set_secret(self, name: str, values: Mapping[str, str], *, namespace: str = "default", kind: str = "Opaque") -> None:
        """Create a Secret, or give it other values at once."""
        body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "type": kind, "stringData": dict(values)}
        self._keep(f"/api/v1/namespaces/{namespace}/secrets", name, body)

    def set_config_map(self, name: str, values: Mapping[str, str], *, namespace: str = "default") -> None:
        """Create a ConfigMap, or give it other values at once."""
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": dict(values)}
        self._keep(f"/api/v1/namespaces/{namespace}/configmaps", name, body)

    def _keep(self, path: str, name: str, body: Object) -> None:
        self._stored.add(f"{path}/{name}")
        found = self.api.find(f"{path}/{name}")
        if found is None:
            self.api.create(path, body)
            return
        removed = dict.fromkeys(found.get("data") or {})
        values = body.pop("data", {})
        self.api.patch(f"{path}/{name}", {**body, "data": {**removed, **values}})

    def delete_secret(self, name: str, namespace: str = "default") -> None:
        """Remove a Secret."""
        self.api.request("DELETE", f"/api/v1/namespaces/{namespace}/secrets/{name}")

    def create_namespace(self, name: str, labels_: Mapping[str, str] | None = None) -> None:
        """Create a namespace if it is not there, and give it exactly these labels (nothing ever removes a namespace here: no controller runs)."""
        self._namespaces.add(name)
        if not self.api.find(f"/api/v1/namespaces/{name}"):
            self.api.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        self.label_namespace(name, labels_ or {})

    def label_namespace(self, name: str, labels_: Mapping[str, str]) -> None:
        """Give a namespace exactly these labels."""
        path = f"/api/v1/namespaces/{name}"
        current = self.api.get(path)["metadata"].get("labels") or {}
        kept = {"kubernetes.io/metadata.name": name}
        self.api.patch(path, {"metadata": {"labels": {**dict.fromkeys(current), **kept, **labels_}}})

    # -- waiting

    def until(self, condition_: Callable[[], bool], what: str, timeout: float = STEP) -> None:
        """Wait for a condition."""
        wait_until(condition_, timeout=timeout, what=what)

    def wait_reason(self, name: str, reason: str, *, texts: Iterable[str] = (), namespace: str = "default", timeout: float = STEP) -> Object:
        """Wait until the Ready condition of the newest spec has a reason, and a message with these texts; the object as it is then."""
        return self._wait_reason(lambda: self.get(name, namespace), f"{name}: {reason}", reason, texts, timeout)

    def _wait_reason(self, get: Callable[[], Object | None], what: str, reason: str, texts: Iterable[str], timeout: float) -> Object:
        found: list[Object] = []

        def there() -> bool:
            obj = get()
            found[:] = [obj] if obj else []
            ready = condition(found[0], "Ready") if obj and is_current(found[0]) else {}
            return ready.get("reason") == reason and all(text in ready["message"] for text in texts)

        try:
            self.until(there, ", ".join([what, *texts]), timeout)
        except Exception as error:
            error.add_note(json.dumps(found and found[0].get("status"), indent=1))
            raise
        return found[0]

    def wait_gone(self, name: str, *, namespace: str = "default", timeout: float = STEP) -> None:
        """Wait until an object is gone."""
        self.until(lambda: self.get(name, namespace) is None, f"{name} is gone", timeout)

    def wait_event(self, name: str, reason: str, *, namespace: str = "default", timeout: float = STEP) -> Object:
        """Wait until an Event with that reason tells of an object, also of one that is gone; the only one of this test. It is written last."""

        def told() -> list[Object]:
            items: list[Object] = self.api.get(f"/api/v1/namespaces/{namespace}/events")["items"]
            new = (event for event in items if event["metadata"]["uid"] not in self._told)
            return [event for event in new if (event["involvedObject"]["name"], event["reason"]) == (name, reason)]

        self.until(lambda: bool(told()), f"an Event {reason} tells of {name}", timeout)
        [event] = told()
        return event

    # -- Connect, read past everything of ours

    def connect(self, method: str, path: str, body: object = None) -> requests.Response:
        """A request to the worker itself."""
        return self._session.request(method, self.stack.connect.url + path, json=body, timeout=100)

    def config(self, name: str) -> dict[str, str] | None:
        """The configuration of a connector on Connect, None if it says that there is no such connector."""

        def answered() -> bool:
            answers[:] = [self.connect("GET", f"/connectors/{quote(name, safe='')}/config")]
            return answers[0].status_code in (200, 404)

        answers: list[requests.Response] = []
        self.until(answered, f"Connect tells of {name}")
        found: dict[str, str] = answers[0].json()
        return found if answers[0].ok else None

    def state(self, name: str) -> str:
        """The state of a connector on Connect, empty if it has none."""
        response = self.connect("GET", f"/connectors/{quote(name, safe='')}/status")
        return str(response.json()["connector"]["state"]) if response.ok else ""

    def connectors(self) -> set[str]:
        """The names of all connectors on Connect."""
        return set(self.connect("GET", "/connectors").json())

    # -- what the operator left behind

    def asked(self, since: int) -> list[Request]:
        """What runs asked of the API server since that end of the audit log, oldest first. What the runtime asks by itself is not in it."""
        stack = self.stack
        return [one for one in stack.control_plane.requests(user=stack.operator.user, since=since) if one.agent == OUR_AGENT]

    def operator_log(self) -> str:
        """The whole log of the operator process."""
        return Path(self.stack.operator.process.log).read_text(encoding="utf-8", errors="replace")

    def failed_runs(self) -> list[str]:
        """Errors that the runtime has logged since the test began."""
        lines = self.operator_log()[self._began :].splitlines()
        return [line for line in lines if '"level":"error"' in line and re.search(r"failed task|playbook task failed|runner", line)]

    def writes(self, name: str = "") -> list[dict[str, Any]]:
        """The log lines of writes to Connect since the test began, of one connector if named: other tests have connectors of that name too."""
        entries = [json.loads(line) for line in self._all_writes()[self._written :]]
        return [entry for entry in entries if not name or entry["connector"] == name]

    def _all_writes(self) -> list[str]:
        path = self.stack.operator.writes
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []

    # -- after a test

    def restore(self, settings: Mapping[str, str]) -> None:
        """Everything runs, the settings are as they were, and nothing is left of the test."""
        current = self.api.get(f"/api/v1/namespaces/{manifests.NAMESPACE}/configmaps/{manifests.SETTINGS}").get("data") or {}
        self.stack.configure({**dict.fromkeys(current), "freeze": "false", "labelAddressing": "true", **settings})
        operator = self.stack.operator
        for worker in self.stack.connect:
            if not worker.running:
                worker.start()
        # Objects of a test file that outlast this test are not to be disturbed.
        alone = not self._objects(lambda namespace: namespace not in self._namespaces)
        if not alone:
            self._ask_for_the_end()
        owned = self._remove_objects()
        if not operator.process.running:
            operator.start()
            operator.wait_ready()
        if alone:
            # Afterwards no late write brings a connector back.
            self.until(operator.idle, "no run is under way")
            operator.forget()
        for path in self._stored:
            if self.api.find(path):
                self.api.request("DELETE", path)
        self.stack.connect.wait_healthy()
        self._delete_connectors(self.stack.connect.workers[0], lambda _name: True)
        # On those of a test file there may be others; of one that was stopped nobody asks any more.
        others = [worker for cluster in self.stack.clusters if cluster is not self.stack.connect for worker in cluster if worker.running]
        for worker in others:
            self._delete_connectors(worker, owned.__contains__)

    def _objects(self, is_meant: Callable[[str], bool]) -> list[tuple[str, Object]]:
        """The objects in the namespaces that are meant, of both kinds, each with the path of its collection."""
        return [
            (f"{CONNECTORS}/namespaces/{namespace}/{plural}", obj)
            for plural in ("kafkaconnectors", "kafkaconnectclusters")
            for obj in self.api.get(f"{CONNECTORS}/{plural}")["items"]
            if is_meant(namespace := obj["metadata"]["namespace"])
        ]

    def _ask_for_the_end(self) -> None:
        """Let the operator delete what it can within 10 s."""
        began = time.monotonic()
        for collection in {collection for collection, _obj in self._objects(self._namespaces.__contains__)}:
            self.api.delete(collection)
        while self._objects(self._namespaces.__contains__) and time.monotonic() - began < 10:
            time.sleep(0.2)

    def _remove_objects(self) -> set[str]:
        """By force: nobody waits for the operator, and a test that failed may have left what it cannot end. The connectors that they owned."""
        owned = set()
        with ThreadPoolExecutor(8) as pool:
            while left := self._objects(self._namespaces.__contains__):
                owned |= {connector_of(obj) for _, obj in left if obj.get("status", {}).get("ownership") in ("Creating", "Created")}
                # Without a finalizer an object goes at once, and no run begins for its deletion.
                list(pool.map(self._release, [f"{collection}/{obj['metadata']['name']}" for collection, obj in left]))
                for collection in {collection for collection, _obj in left}:
                    self.api.delete(collection)
        return owned

    def _release(self, path: str) -> None:
        try:
            self.api.patch(path, {"metadata": {"finalizers": []}})
        except ApiError as error:
            if error.status != requests.codes.not_found:
                raise

    def _delete_connectors(self, worker: Worker, are_to_go: Callable[[str], bool]) -> None:
        """Past the operator."""

        def are_gone() -> bool:
            left = [name for name in worker.request("GET", "/connectors").json() if are_to_go(name)]
            list(pool.map(lambda name: worker.request("DELETE", f"/connectors/{quote(name, safe='')}"), left))
            return not left

        with ThreadPoolExecutor(8) as pool:
            self.until(are_gone, f"no connector is left on {worker.name}")
