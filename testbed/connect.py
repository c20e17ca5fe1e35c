# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kafka Connect: workers of one group, each started, stopped and killed one by one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import requests

from testbed import jars
from testbed.kafka import Broker, java, write_properties
from testbed.ports import free_ports
from testbed.process import Process, Processes

_CONVERTER = "org.apache.kafka.connect.json.JsonConverter"
_LEADER = re.compile(r"leaderUrl='(http://[^']+?)/?'")


class Worker:
    """One worker. It keeps its address over a restart."""

    def __init__(self, processes: Processes, name: str, port: int, properties: Path, options: tuple[str, ...]) -> None:
        self._processes = processes
        self._properties = properties
        self._options = options
        self._process: Process | None = None
        self.name = name
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    @property
    def process(self) -> Process:
        """The running program, or the last one."""
        if self._process is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._process

    @property
    def running(self) -> bool:
        """Whether the worker runs."""
        return self._process is not None and self._process.running

    def start(self) -> None:
        """Start the worker; it is of use once it is healthy."""
        command = java("org.apache.kafka.connect.cli.ConnectDistributed", self._properties, options=self._options)
        self._process = self._processes.start(self.name, command)

    def wait_healthy(self, timeout: float = 120) -> None:
        """Wait until the worker has joined its group and read its topics."""
        self.process.wait_until(self.healthy, timeout=timeout, what="is healthy")

    def healthy(self) -> bool:
        """Whether the worker says so; one that asks for credentials first is taken at its word."""
        with requests.Session() as session:
            session.trust_env = False
            try:
                response = session.get(f"{self.url}/health", timeout=15)
            except (requests.ConnectionError, requests.Timeout):
                return False
        return response.status_code in (requests.codes.ok, requests.codes.unauthorized)

    def stop(self) -> None:
        """Let the worker leave its group and end."""
        self.process.stop()

    def kill(self) -> None:
        """End the worker without a word to the others."""
        self.process.kill()

    def log(self) -> str:
        """Everything that the worker has logged, over all its starts."""
        return Path(self.process.log).read_text(encoding="utf-8", errors="replace")


class ConnectCluster:
    """The workers of one group. A second cluster on the same broker takes another name."""

    def __init__(
        self,
        processes: Processes,
        broker: Broker,
        *,
        name: str = "connect",
        workers: int = 1,
        properties: Mapping[str, object] | None = None,
        options: tuple[str, ...] = (),
    ) -> None:
        self._processes = processes
        self._broker = broker
        self._directory = processes.directory / name
        self._extra = dict(properties or {})
        self._options = options
        self.name = name
        # The FileConfigProvider may read here: ${file:<secrets>/<file>:<key>}.
        self.secrets = self._directory / "secrets"
        self.secrets.mkdir(parents=True, exist_ok=True)
        self.workers = [self._worker(number, port) for number, port in enumerate(free_ports(workers), start=1)]

    def __iter__(self) -> Iterator[Worker]:
        return iter(self.workers)

    @property
    def url(self) -> str:
        """The REST API of the first worker."""
        return self.workers[0].url

    def _worker(self, number: int, port: int) -> Worker:
        name = f"{self.name}-{number}"
        target = write_properties(self._directory / f"{name}.properties", {**self._settings(port), **self._extra})
        return Worker(self._processes, name, port, target, self._options)

    def add_worker(self) -> Worker:
        """One more worker, not started yet."""
        worker = self._worker(len(self.workers) + 1, free_ports(1)[0])
        self.workers.append(worker)
        return worker

    def _settings(self, port: int) -> dict[str, object]:
        topics = {f"{kind}.storage.topic": f"{self.name}-{kind}" for kind in ("config", "offset", "status")}
        replicas = {f"{kind}.storage.replication.factor": 1 for kind in ("config", "offset", "status")}
        return {
            "bootstrap.servers": self._broker.bootstrap,
            "group.id": self.name,
            "key.converter": _CONVERTER,
            "value.converter": _CONVERTER,
            **topics,
            **replicas,
            "offset.storage.partitions": 1,
            "status.storage.partitions": 1,
            "listeners": f"http://127.0.0.1:{port}",
            "rest.advertised.host.name": "127.0.0.1",
            "rest.advertised.port": port,
            "plugin.path": jars.folder() / "plugins",
            "plugin.discovery": "service_load",
            "config.providers": "file,env",
            "config.providers.file.class": "org.apache.kafka.common.config.provider.FileConfigProvider",
            "config.providers.file.param.allowed.paths": self.secrets,
            "config.providers.env.class": "org.apache.kafka.common.config.provider.EnvVarConfigProvider",
            # Short times: a test shall not wait for what takes minutes in production.
            "offset.flush.interval.ms": 1000,
            "scheduled.rebalance.max.delay.ms": 0,
            "rebalance.timeout.ms": 10000,
            "session.timeout.ms": 6000,
            "heartbeat.interval.ms": 1000,
            "worker.unsync.backoff.ms": 1000,
            "task.shutdown.graceful.timeout.ms": 2000,
        }

    def start(self) -> None:
        """Start all workers."""
        for worker in self.workers:
            worker.start()

    def wait_healthy(self) -> None:
        """Wait until all workers are healthy."""
        for worker in self.workers:
            worker.wait_healthy()

    def leader(self) -> Worker | None:
        """The running worker that all running workers name as their leader, if they agree on one."""
        running = [worker for worker in self.workers if worker.running]
        named = {(_LEADER.findall(worker.log()) or [""])[-1] for worker in running}
        return next((worker for worker in running if {worker.url} == named), None)
