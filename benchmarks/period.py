# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A period of a connection that finds nothing to do, over more and more connectors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.connection import NAME, Connection, all_ready, connected
from benchmarks.fleet import Fleet, in_parallel, names
from benchmarks.result import Row
from testbed.faults import FaultProxy
from testbed.progress import step
from testbed.stack import Stack


@dataclass(frozen=True)
class Period:
    """What a period is in the median: requests to Connect, writes to Kubernetes, seconds, and the peak memory of its module in MiB."""

    requests: float
    writes: float
    seconds: float
    cpu: float
    memory: float


def measure(stack: Stack, counts: Sequence[int], repeat: int) -> Iterator[Row]:
    """Rows for each number of connectors; in CPU they are compared to a single one."""
    fleet = Fleet(stack)
    found: dict[int, Period] = {}
    with FaultProxy(stack.connect.url) as proxy, connected(fleet, proxy.url) as connection:
        for count in sorted({1, *counts}):
            with step(f"A period over {count} connectors"):
                there = {obj["metadata"]["name"] for obj in fleet.objects()}
                in_parallel(lambda name: fleet.create(name, connection=NAME), sorted(set(names(count)) - there))
                connection.settle()
                assert all_ready(fleet)
                found[count] = _period(connection, proxy, repeat)
    for count, one in found.items():
        shown = {"seconds": one.seconds, "CPU seconds": one.cpu, "peak MiB of the module": one.memory}
        yield Row(f"period, {count} connectors, requests to Connect", "1 request", one.requests, 1.0)
        yield Row(f"period, {count} connectors, writes to Kubernetes", "none", one.writes, 0.0, shown)
        if count > 1:
            yield Row(f"period, {count} connectors, CPU of the run", "the same with 1", one.cpu / found[1].cpu, 2.0)


def _period(connection: Connection, proxy: FaultProxy, repeat: int) -> Period:
    control_plane, user = connection.fleet.stack.control_plane, connection.fleet.stack.operator.user
    costs, requests, writes = [], [], []
    for _ in range(repeat):
        proxy.forget()
        mark = control_plane.audit_end()
        costs.append(connection.run())
        requests.append(proxy.count())
        writes.append(sum(one.is_write for one in control_plane.requests(user=user, since=mark)))
    memory = connection.memory().module
    return Period(max(requests), max(writes), median(one.seconds for one in costs), median(one.cpu for one in costs), memory)
