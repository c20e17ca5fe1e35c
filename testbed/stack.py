# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole: control plane, Kafka, Connect and operator, started together and stopped together."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from testbed import build, manifests
from testbed.connect import ConnectCluster
from testbed.control_plane import ControlPlane
from testbed.errors import TestbedError
from testbed.kafka import Broker
from testbed.operator import Operator
from testbed.process import Processes
from testbed.rest_access import Tls


@dataclass(frozen=True)
class Options:
    """What may differ from one stack to the other."""

    workers: int = 1
    audit: bool = False
    operator: bool = True
    leader_election: bool = False
    worker_properties: Mapping[str, object] = field(default_factory=dict)
    worker_heap: str = "512m"
    operator_arguments: Mapping[str, str] = field(default_factory=dict)
    operator_environment: Mapping[str, str] = field(default_factory=dict)
    # Beside the shipped settings. The testbed's Connect is on the loopback address, which the operator refuses by itself.
    settings: Mapping[str, str] = field(default_factory=lambda: {"allowedEndpoints": "127.0.0.0/8"})


class Stack:
    """A context manager; whatever was started is stopped at its end."""

    def __init__(self, directory: Path, options: Options | None = None) -> None:
        self.directory = directory
        self.options = options or Options()
        self.processes = Processes(directory)
        self.control_plane: ControlPlane
        self.broker: Broker
        self.connect: ConnectCluster
        self.operator: Operator
        # Also those that were stopped.
        self.clusters: list[ConnectCluster] = []

    def start(self) -> None:
        """Start everything in an empty folder; wait until all is ready."""
        if any(process.running for process in Processes.load(self.directory)):
            raise TestbedError(f"a stack runs in {self.directory} already: stop it with python -m testbed down")
        build.build()
        shutil.rmtree(self.directory, ignore_errors=True)
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        self.control_plane = ControlPlane(self.processes, audit=self.options.audit)
        self.broker = Broker(self.processes)
        self.connect = self.connect_cluster(
            "connect", workers=self.options.workers, properties=self.options.worker_properties, heap=self.options.worker_heap
        )
        # The slowest first; a worker waits by itself until the broker answers.
        self.broker.start()
        self.connect.start()
        self.control_plane.start()
        self.control_plane.wait_ready()
        shipped = manifests.default()
        self.control_plane.apply(shipped)
        for crd in manifests.CRDS:
            self.control_plane.wait_for_crd(crd)
        self.configure(self.options.settings)
        self.operator = Operator(
            self.processes,
            self.control_plane,
            manifests.container(shipped),
            arguments=self.options.operator_arguments,
            environment=self.options.operator_environment,
            leader_election=self.options.leader_election,
        )
        if self.options.operator:
            self.operator.start()
        self.connect.wait_healthy()
        if self.options.operator:
            self.operator.wait_ready()
        self._record()

    def configure(self, settings: Mapping[str, str | None]) -> None:
        """Change the operator's settings; None removes one."""
        path = f"/api/v1/namespaces/{manifests.NAMESPACE}/configmaps/{manifests.SETTINGS}"
        self.control_plane.api.patch(path, {"data": dict(settings)})

    def connect_cluster(
        self,
        name: str,
        *,
        workers: int = 1,
        properties: Mapping[str, object] | None = None,
        heap: str = "512m",
        tls: Tls | None = None,
        credentials: Mapping[str, str] | None = None,
    ) -> ConnectCluster:
        """Another Connect on the same broker, to be started and stopped by `with`.

        :raises TestbedError: there was one of that name; its connectors are still on the broker
        """
        if (self.directory / name).exists():
            raise TestbedError(f"the name {name} is taken: another cluster takes another name")
        cluster = ConnectCluster(
            self.processes, self.broker, name=name, workers=workers, properties=properties, heap=heap, tls=tls, credentials=credentials
        )
        self.clusters.append(cluster)
        return cluster

    def _record(self) -> None:
        state = {"kubeconfig": str(self.control_plane.kubeconfig), "connect": [worker.url for worker in self.connect]}
        (self.directory / "stack.json").write_text(json.dumps(state, indent=2) + "\n", encoding="utf-8")

    def stop(self) -> None:
        """Stop everything. The logs stay."""
        self.processes.stop()

    def __enter__(self) -> Stack:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()
