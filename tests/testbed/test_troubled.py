# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connector that hangs and fails on demand, on a real worker."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from testbed import collection, troubled
from testbed.connect import ConnectCluster
from testbed.kafka import Broker
from testbed.process import Processes, wait_until


@pytest.fixture(scope="module")
def connect(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConnectCluster]:
    with Processes(tmp_path_factory.mktemp("troubled")) as processes, ConnectCluster(processes, broker, name="troubled") as cluster:
        yield cluster


@pytest.fixture
def obstacle(tmp_path: Path) -> Iterator[Path]:
    """Things hang while it exists; it never outlives a test."""
    file = tmp_path / "obstacle"
    file.touch()
    yield file
    file.unlink(missing_ok=True)


def put(connect: ConnectCluster, name: str, config: Mapping[str, str]) -> requests.Response:
    return connect.request("PUT", f"/connectors/{name}/config", {"connector.class": troubled.CLASS, "tasks.max": "3", **config})


def status(connect: ConnectCluster, name: str) -> dict[str, Any]:
    """The status of a connector, empty if it has none."""
    response = connect.request("GET", f"/connectors/{name}/status")
    found: dict[str, Any] = response.json()
    return found if response.ok else {}


def wait_states(connect: ConnectCluster, name: str, *tasks: str) -> dict[str, Any]:
    def there() -> bool:
        return [task["state"] for task in status(connect, name).get("tasks", [])] == list(tasks)

    wait_until(there, timeout=30, what=f"the tasks of {name} are {tasks}")
    return status(connect, name)


def test_it_runs_like_any_other(connect: ConnectCluster) -> None:
    assert put(connect, "healthy", {}).status_code == 201
    wait_states(connect, "healthy", "RUNNING", "RUNNING", "RUNNING")
    assert connect.request("DELETE", "/connectors/healthy").status_code == 204


@pytest.mark.parametrize("size", [0, 20_000])
def test_tasks_fail_with_the_text_and_a_trace_of_the_size(connect: ConnectCluster, size: int) -> None:
    config = {"fail.tasks": "2", "fail.text": "password=hünter2", "fail.trace.bytes": str(size)}
    put(connect, f"fails-{size}", config)
    found = wait_states(connect, f"fails-{size}", "FAILED", "FAILED", "RUNNING")
    traces = [task["trace"] for task in found["tasks"][:2]]
    assert all(trace.startswith("org.apache.kafka.connect.errors.ConnectException: password=hünter2\n") for trace in traces)
    sizes = {len(trace.encode()) for trace in traces}
    assert size <= min(sizes) <= max(sizes) < size + (100 if size else 5000)


def test_a_converter_makes_all_tasks_fail_before_they_start(connect: ConnectCluster) -> None:
    text, size = {"key.converter.fail.text": "password=hünter2"}, {"key.converter.fail.trace.bytes": "20000"}
    put(connect, "converter", {"key.converter": troubled.FAILING_CONVERTER, **text, **size})
    found = wait_states(connect, "converter", "FAILED", "FAILED", "FAILED")
    traces = [task["trace"] for task in found["tasks"]]
    assert all(trace.startswith("org.apache.kafka.connect.errors.ConnectException: password=hünter2\n") for trace in traces)
    assert all(20_000 <= len(trace.encode()) < 20_100 for trace in traces)


def test_validation_hangs_for_so_many_seconds(connect: ConnectCluster) -> None:
    began = time.monotonic()
    assert put(connect, "validate", {"hang.in": "validate", "hang.seconds": "1"}).status_code == 201
    assert time.monotonic() - began >= 1


def test_the_start_hangs_while_a_file_exists(connect: ConnectCluster, obstacle: Path) -> None:
    assert put(connect, "start", {"hang.in": "start", "hang.while.exists": str(obstacle)}).status_code == 201
    put(connect, "passes", {})
    wait_states(connect, "passes", "RUNNING", "RUNNING", "RUNNING")
    assert status(connect, "start") == {}
    obstacle.unlink()
    wait_states(connect, "start", "RUNNING", "RUNNING", "RUNNING")


def worker_is_stuck(connect: ConnectCluster) -> bool:
    """Whether the worker's own thread has no time for a question."""
    try:
        return not connect.request("GET", "/health", timeout=0.5).ok
    except requests.Timeout:
        return True


def test_task_configs_freeze_the_worker_while_a_file_exists(connect: ConnectCluster, obstacle: Path) -> None:
    assert put(connect, "freezes", {"hang.in": "taskConfigs", "hang.while.exists": str(obstacle)}).status_code == 201
    wait_until(lambda: worker_is_stuck(connect), timeout=30, what="the worker is stuck")
    assert "freezes" in connect.request("GET", "/connectors?expand=status").json()
    obstacle.unlink()
    connect.workers[0].wait_healthy()
    wait_states(connect, "freezes", "RUNNING", "RUNNING", "RUNNING")


def test_the_stop_freezes_the_worker_for_a_while(connect: ConnectCluster, obstacle: Path) -> None:
    put(connect, "stops", {"hang.in": "stop", "hang.while.exists": str(obstacle)})
    wait_states(connect, "stops", "RUNNING", "RUNNING", "RUNNING")
    with ThreadPoolExecutor() as pool:
        deleted = pool.submit(connect.request, "DELETE", "/connectors/stops")
        wait_until(lambda: worker_is_stuck(connect), timeout=30, what="the worker is stuck")
        obstacle.unlink()
        assert deleted.result(timeout=30).status_code == 204
    connect.workers[0].wait_healthy()


def test_a_method_that_cannot_hang_is_refused(connect: ConnectCluster) -> None:
    answer = put(connect, "typo", {"hang.in": "begin"})
    assert answer.status_code == 400
    assert "hang.in" in answer.text


def test_it_is_not_in_the_collection() -> None:
    names = {path.name for path in collection.staged().rglob("*")}
    assert "MANIFEST.json" in names
    assert not {name for name in names if "roubled" in name or name.endswith((".java", ".jar"))}
