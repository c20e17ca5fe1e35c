# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connectors all of whose tasks have failed, with long traces: a few, which one list can hold, and far more than it can."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from testbed import troubled
from testbed.connect import ConnectCluster
from testbed.faults import FaultProxy
from testbed.stack import Stack
from tests.e2e.bystander import untouched
from tests.e2e.world import World, condition

pytestmark = pytest.mark.timeout(1200)

CLUSTER = "traces"
FEW, COUNT = 40, 500
TASKS, TRACE_BYTES = 10, 20_000
PERIOD = 5.0
# 100 MB of traces, which the worker holds more than once.
HEAP = "3g"
LIST = r"/connectors\?expand=info&expand=status"
# For 5000 tasks to fail, and for a period over them on a busy machine.
PATIENCE = 480.0

CONFIG = {"key.converter": troubled.FAILING_CONVERTER, "key.converter.fail.trace.bytes": str(TRACE_BYTES)}
KIND: dict[str, Any] = {"class": troubled.CLASS, "tasksMax": TASKS, "state": "running", "config": CONFIG}


def name_of(number: int) -> str:
    """The name of a connector."""
    return f"failing-{number:03}"


@dataclass
class Failing:
    """Connectors that have failed, on a Connect of their own behind a proxy."""

    world: World
    connect: ConnectCluster
    proxy: FaultProxy

    def create(self, begin: int, end: int) -> None:
        """Create objects for connectors that fail."""
        self.world.create_all(self.world.manifest(name_of(number), cluster=CLUSTER, **KIND) for number in range(begin, end))

    def objects(self) -> list[dict[str, Any]]:
        """All objects."""
        return self.world.all()

    def wait_failed(self, count: int) -> None:
        """Wait until the connection and all objects say that all tasks of so many connectors have failed."""
        expected = {"managed": count, "ready": 0, "failed": count, "unmanaged": 1}
        self.world.until(lambda: self._counts() == expected, f"{count} have failed", PATIENCE)
        self.world.until(lambda: [self._told(obj) for obj in self.objects()] == [TASKS] * count, "their statuses say so", PATIENCE)

    def _counts(self) -> Any:
        return (self.world.get_cluster(CLUSTER) or {}).get("status", {}).get("connectors")

    @staticmethod
    def _told(obj: Mapping[str, Any]) -> int:
        return int(obj.get("status", {}).get("tasks", {}).get("failed", 0))

    def wait_periods(self, count: int) -> None:
        """Wait until so many more periods have ended."""
        operator = self.world.stack.operator
        end = operator.reconciles("KafkaConnectCluster") + count
        self.world.until(lambda: operator.reconciles("KafkaConnectCluster") >= end, f"{count} periods", PATIENCE)

    def tell(self, method: str, path: str, body: object = None) -> None:
        """Ask something of Connect by hand, past the operator."""
        self.connect.request(method, path, body).raise_for_status()


@pytest.fixture
def failing(world: World, stack: Stack) -> Iterator[Failing]:
    """An empty connection."""
    with stack.connect_cluster(CLUSTER, heap=HEAP) as connect, FaultProxy(connect.url) as proxy, untouched(world, connect):
        world.create_cluster(CLUSTER, url=proxy.url, syncPeriod=f"{PERIOD:g}s")
        yield Failing(world, connect, proxy)


def assert_told(obj: Mapping[str, Any]) -> None:
    """It says that all of its tasks failed, and why, in few words."""
    status = obj["status"]
    assert (condition(obj, "Ready")["reason"], condition(obj, "Ready")["status"]) == ("TasksFailed", "False")
    assert condition(obj, "Synced")["status"] == "True"
    assert condition(obj, "Stalled")["status"] == "True"
    assert status["connectorState"] == "RUNNING"
    assert status["tasks"] == {"total": TASKS, "running": 0, "failed": TASKS, "paused": 0, "unassigned": 0}
    assert status["tasksReady"] == f"0/{TASKS}"
    assert [task["id"] for task in status["failedTasks"]] == list(range(TASKS))
    assert {task["reason"] for task in status["failedTasks"]} == {"org.apache.kafka.connect.errors.ConnectException"}


def test_failed_tasks_with_long_traces(failing: Failing) -> None:
    """Told by one list of 8 MB; and with 100 MB of traces by slices, in which what was changed by hand is found and put right all the same."""
    failing.create(0, FEW)
    failing.wait_failed(FEW)
    for obj in failing.objects():
        assert_told(obj)
    failing.proxy.forget()
    failing.wait_periods(2)
    assert failing.proxy.count("GET", LIST) >= 1
    assert failing.proxy.count("GET", ".*/status") == 0, "the list is enough"

    failing.create(FEW, COUNT)
    failing.wait_failed(COUNT)
    for obj in failing.objects():
        assert_told(obj)
    before = {obj["metadata"]["name"]: obj["metadata"]["resourceVersion"] for obj in failing.objects()}
    failing.proxy.forget()
    failing.wait_periods(3)
    read = {one.path for one in failing.proxy.requests if re.search(r"/failing-\d+/status$", one.path)}
    assert len(read) == COUNT, "each was read by itself"
    assert {obj["metadata"]["name"]: obj["metadata"]["resourceVersion"] for obj in failing.objects()} == before

    failing.proxy.forget()
    failing.tell("PUT", "/connectors/failing-007/stop")
    other = failing.connect.request("GET", "/connectors/failing-013/config").json()
    failing.tell("PUT", "/connectors/failing-013/config", {**other, "fail.text": "by hand"})
    repairs = "/connectors/failing-(007/resume|013/config)"
    failing.world.until(lambda: failing.proxy.count("PUT", repairs) == 2, "both are put right", PATIENCE)
    assert {one.path for one in failing.proxy.matching("POST|PUT|DELETE")} == {"/connectors/failing-007/resume", "/connectors/failing-013/config"}
    failing.wait_failed(COUNT)
    assert failing.world.failed_runs() == []
