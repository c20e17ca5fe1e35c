# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kafka Connect: workers of one group, each started, stopped and killed one by one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType

import requests

from testbed import jars, rest_access, troubled
from testbed.kafka import Broker, java, write_properties
from testbed.ports import free_ports
from testbed.process import Process, Processes
from testbed.rest_access import Tls

_CONVERTER = "org.apache.kafka.connect.json.JsonConverter"
_LEADER = re.compile(r"leaderUrl='(https?://[^']+?)/?'")


class Worker:
    """One worker. It keeps its address over a restart."""

    def __init__(self, processes: Processes, name: str, url: str, command: list[str], session: Callable[[], requests.Session]) -> None:
        self._processes = processes
        self._command = command
        self._session = session
        self._process: Process | None = None
        self.name = name
        self.url = url
        self.port = int(url.rpartition(":")[2])

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
        self._process = self._processes.start(self.name, self._command)

    def restart(self) -> None:
        """Stop the worker, start it again, and wait until it is healthy."""
        self.stop()
        self.start()
        self.wait_healthy()

    def wait_healthy(self, timeout: float = 120) -> None:
        """Wait until the worker has joined its group and read its topics."""
        self.process.wait_until(self.healthy, timeout=timeout, what="is healthy")

    def healthy(self) -> bool:
        """Whether the worker says so; one that asks for credentials which the testbed was not told is taken at its word."""
        try:
            response = self.request("GET", "/health", timeout=15)
        except (requests.ConnectionError, requests.Timeout):
            return False
        return response.ok or (response.status_code == requests.codes.unauthorized and "Authorization" not in response.request.headers)

    def request(self, method: str, path: str, body: object = None, *, timeout: float = 100) -> requests.Response:
        """Ask the worker itself, with all that it wants of its clients. The path is quoted already."""
        with self._session() as session:
            return session.request(method, self.url + path, json=body, timeout=timeout)

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
    """The workers of one group. A second cluster on the same broker takes another name, for its group, topics, logs and files.

    With `tls` the workers speak HTTPS only, and with `credentials` (users and their passwords) they ask for those of one user.
    A worker passes requests on to its leader without a certificate that the other trusts, so TLS is for clusters of one worker.
    The topics of a cluster stay on the broker when it is stopped: a later one of the same name has its connectors.
    """

    def __init__(
        self,
        processes: Processes,
        broker: Broker,
        *,
        name: str = "connect",
        workers: int = 1,
        properties: Mapping[str, object] | None = None,
        options: tuple[str, ...] = (),
        heap: str = "512m",
        tls: Tls | None = None,
        credentials: Mapping[str, str] | None = None,
        older: bool = False,
    ) -> None:
        """:param heap: of each worker, as Java's -Xmx takes it
        :param older: the workers are those of the oldest Kafka Connect that the project is tested with, without the plugins for tests

        :raises ValueError: several workers were to speak TLS
        """
        if tls and workers > 1:
            raise ValueError("the testbed has TLS for clusters of one worker only")
        self._processes = processes
        self._broker = broker
        self._directory = processes.directory / name
        self._extra = dict(properties or {})
        self._options = options
        self._heap = heap
        self._tls = tls
        self._credentials = credentials
        self._older = older
        self.name = name
        # The FileConfigProvider may read here: ${file:<secrets>/<file>:<key>}.
        self.secrets = self._directory / "secrets"
        self.secrets.mkdir(parents=True, exist_ok=True)
        if credentials is not None:
            rest_access.write_credentials(self._directory, credentials)
            self._options += rest_access.credentials_options(self._directory)
        self.workers = [self._worker(number, port) for number, port in enumerate(free_ports(workers), start=1)]

    def __iter__(self) -> Iterator[Worker]:
        return iter(self.workers)

    @property
    def url(self) -> str:
        """The REST API of the first worker."""
        return self.workers[0].url

    def request(self, method: str, path: str, body: object = None, *, timeout: float = 100) -> requests.Response:
        """Ask the first worker, with all that it wants of its clients. The path is quoted already."""
        return self.workers[0].request(method, path, body, timeout=timeout)

    def session(self) -> requests.Session:
        """A client with all that the workers want of one."""
        return rest_access.session(self._tls, self._credentials)

    @property
    def _scheme(self) -> str:
        return "https" if self._tls else "http"

    def _worker(self, number: int, port: int) -> Worker:
        name = f"{self.name}-{number}"
        target = self._write_properties(name, port)
        program, pom = "org.apache.kafka.connect.cli.ConnectDistributed", jars.OLDER if self._older else jars.POM
        options = (*self._options, f"-Dlog4j.configuration=file:{jars.OLDER.with_name('log4j.properties')}") if self._older else self._options
        command = java(program, target, heap=self._heap, options=options, pom=pom)
        return Worker(self._processes, name, f"{self._scheme}://127.0.0.1:{port}", command, self.session)

    def _write_properties(self, name: str, port: int) -> Path:
        guarded = rest_access.credentials_properties() if self._credentials else {}
        secure = rest_access.tls_properties(self._directory, self._tls) if self._tls else {}
        return write_properties(self._directory / f"{name}.properties", {**self._settings(port), **guarded, **secure, **self._extra})

    def set_credentials(self, credentials: Mapping[str, str]) -> None:
        """Let these users in and no others; workers that run are restarted, one after the other, since they never read the users again.

        :raises ValueError: the cluster was made without credentials
        """
        if self._credentials is None:
            raise ValueError(f"{self.name} was made without credentials")
        rest_access.write_credentials(self._directory, credentials)
        self._credentials = credentials
        self._restart()

    def set_tls(self, tls: Tls) -> None:
        """Speak TLS with other certificates, at the same address; a worker that runs is restarted, since it never reads them again.

        :raises ValueError: the cluster was made without TLS
        """
        if self._tls is None:
            raise ValueError(f"{self.name} was made without TLS")
        self._tls = tls
        for worker in self.workers:
            self._write_properties(worker.name, worker.port)
        self._restart()

    def _restart(self) -> None:
        for worker in self.workers:
            if worker.running:
                worker.restart()

    def add_worker(self) -> Worker:
        """One more worker, not started yet.

        :raises ValueError: the cluster speaks TLS
        """
        if self._tls:
            raise ValueError("the testbed has TLS for clusters of one worker only")
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
            "listeners": f"{self._scheme}://127.0.0.1:{port}",
            "rest.advertised.host.name": "127.0.0.1",
            "rest.advertised.port": port,
            "plugin.path": jars.folder(jars.OLDER) / "plugins" if self._older else f"{jars.folder() / 'plugins'},{troubled.folder()}",
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

    def stop(self) -> None:
        """Let all workers leave their group and end."""
        for worker in self.workers:
            if worker.running:
                worker.stop()

    def __enter__(self) -> ConnectCluster:
        """Start all workers, and wait until they are healthy."""
        try:
            self.start()
            self.wait_healthy()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def leader(self) -> Worker | None:
        """The running worker that all running workers name as their leader, if they agree on one."""
        running = [worker for worker in self.workers if worker.running]
        named = {(_LEADER.findall(worker.log()) or [""])[-1] for worker in running}
        return next((worker for worker in running if {worker.url} == named), None)
