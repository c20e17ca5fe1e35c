# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Kafka broker, and what any Java program of Kafka needs."""

from __future__ import annotations

import re
import subprocess
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from pathlib import Path

from testbed import jars
from testbed.errors import TestbedError
from testbed.ports import free_ports
from testbed.process import Process, Processes

_LOGGING = Path(__file__).parent / "kafka" / "log4j2.properties"
# Start fast on few cores: small heaps, the quick compiler only.
_OPTIONS = ("-Xms64m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", f"-Dlog4j2.configurationFile={_LOGGING}")


def java(main: str, *arguments: str | Path, heap: str = "512m", options: tuple[str, ...] = (), pom: Path = jars.POM) -> list[str]:
    """The command line of a Java program of Kafka; ``pom`` says of which."""
    class_path = str(jars.folder(pom) / "lib" / "*")
    return ["java", f"-Xmx{heap}", *_OPTIONS, *options, "-cp", class_path, main, *map(str, arguments)]


def write_properties(target: Path, properties: Mapping[str, object]) -> Path:
    """Write a Java properties file; a backslash in a value needs doubling there."""
    lines = [f"{key}={str(value).replace(chr(92), chr(92) * 2)}\n" for key, value in properties.items()]
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("".join(lines), encoding="utf-8")
    return target


class Broker:
    """One node that is broker and controller."""

    def __init__(self, processes: Processes) -> None:
        self._processes = processes
        self._directory = processes.directory / "kafka"
        self._port, controller = free_ports(2)
        self.bootstrap = f"127.0.0.1:{self._port}"
        self._properties = write_properties(self._directory / "server.properties", self._settings(controller))

    def _settings(self, controller: int) -> dict[str, object]:
        listeners = f"PLAINTEXT://{self.bootstrap},CONTROLLER://127.0.0.1:{controller}"
        one_replica = (
            "offsets.topic.replication.factor",
            "offsets.topic.num.partitions",
            "transaction.state.log.replication.factor",
            "transaction.state.log.min.isr",
            "transaction.state.log.num.partitions",
            "share.coordinator.state.topic.replication.factor",
            "share.coordinator.state.topic.min.isr",
        )
        return {
            "process.roles": "broker,controller",
            "node.id": 1,
            "controller.quorum.bootstrap.servers": f"127.0.0.1:{controller}",
            "listeners": listeners,
            "advertised.listeners": listeners,
            "inter.broker.listener.name": "PLAINTEXT",
            "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
            "log.dirs": self._directory / "data",
            "num.partitions": 1,
            "group.initial.rebalance.delay.ms": 0,
            **dict.fromkeys(one_replica, 1),
        }

    def start(self) -> Process:
        """Format the storage the first time, and start; a client waits by itself until the broker is ready."""
        if not (self._directory / "data").exists():
            self._format()
        return self._processes.start("kafka", java("kafka.Kafka", self._properties))

    def _format(self) -> None:
        # As Kafka itself makes them: a leading dash would look like an option.
        cluster = "k" + urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")[1:]
        command = java("kafka.tools.StorageTool", "format", "--standalone", "-t", cluster, "-c", self._properties)
        result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        if result.returncode != 0:
            raise TestbedError(f"the storage of Kafka could not be formatted:\n{result.stdout}{result.stderr}")

    def records(self, topic: str, *, count: int, timeout: float = 30) -> list[str]:
        """The first records of a topic, as text; fewer if there are no more within the timeout."""
        command = java(
            "org.apache.kafka.tools.consumer.ConsoleConsumer",
            *("--bootstrap-server", self.bootstrap, "--topic", topic, "--from-beginning"),
            *("--max-messages", str(count), "--timeout-ms", str(int(timeout * 1000))),
            heap="128m",
        )
        result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=timeout + 30)
        # What the program says about itself is on the error stream.
        records = result.stdout.splitlines()
        if not records and not re.search(r"TimeoutException|Processed a total of", result.stderr):
            raise TestbedError(f"topic {topic} could not be read:\n{result.stderr}")
        return records
