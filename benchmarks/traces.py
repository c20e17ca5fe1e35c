# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A period of a connection whose connectors all have failed, with traces that together are more than one answer may hold."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median
from typing import Any

from benchmarks.connection import NAME, connected
from benchmarks.fleet import WAIT_SECONDS, BareConnect, Fleet, in_parallel, names
from benchmarks.result import Row
from benchmarks.usage import MIB
from testbed import troubled
from testbed.process import wait_until
from testbed.progress import step
from testbed.stack import Stack

TASKS = 10
TRACE_BYTES = 20_000
CONFIG = {"key.converter": troubled.FAILING_CONVERTER, "key.converter.fail.trace.bytes": str(TRACE_BYTES)}
# 500 connectors of ten such tasks are 100 MB of traces, which the worker holds more than once.
HEAP = "3g"


def measure(stack: Stack, count: int, repeat: int) -> Iterator[Row]:
    """One row: the period against a bare client that reads the same. Statuses are read one by one, as the list of all is too long."""
    wanted = names(count)
    with stack.connect_cluster("traces", heap=HEAP) as cluster, connected(Fleet(stack), cluster.url) as connection:
        fleet, bare = connection.fleet, BareConnect(cluster.url)
        with step(f"{count * TASKS} tasks fail"):
            # Stopped first: for connectors that begin together there is one rebalance, not one for each.
            in_parallel(lambda name: bare.create(name, {**CONFIG, "connector.class": troubled.CLASS, "tasks.max": str(TASKS)}), wanted)
            in_parallel(bare.resume, wanted)
            wait_until(lambda: _all_failed(bare, wanted[-1]) and _all_failed(bare, *wanted), timeout=WAIT_SECONDS, what="all tasks have failed")
        with step(f"A period over {count} failed connectors"):
            kind = {"class": troubled.CLASS, "tasksMax": TASKS, "state": "running", "config": CONFIG}
            in_parallel(lambda name: fleet.create(name, connection=NAME, spec=kind), wanted)
            connection.settle()
            costs, base = [], []
            for _ in range(repeat):
                base.append(in_parallel(bare.read, wanted))
                costs.append(connection.run())
            memory = connection.memory()
        assert [_told(obj) for obj in fleet.objects()] == [("TasksFailed", TASKS)] * count
        size = sum(len(task["trace"]) for name in wanted for task in bare.read(name)["tasks"]) / MIB
    seconds, read = median(one.seconds for one in costs), median(base)
    numbers = {
        "seconds": {"period": seconds, "CPU of the period": median(one.cpu for one in costs), "bare client": read},
        "MiB": {"traces": size, "peak of the module": memory.module, "peak of the run": memory.tree},
    }
    yield Row(f"period, {count} connectors with {TASKS} failed tasks, traces of 20 kB", "a bare client reads them", seconds / read, None, numbers)


def _all_failed(bare: BareConnect, *wanted: str) -> bool:
    return all([task["state"] for task in bare.read(name)["tasks"]] == ["FAILED"] * TASKS for name in wanted)


def _told(obj: dict[str, Any]) -> tuple[str, int]:
    status = obj["status"]
    return next(one["reason"] for one in status["conditions"] if one["type"] == "Ready"), status["tasks"]["failed"]
