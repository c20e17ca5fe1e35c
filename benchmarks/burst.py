# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many objects created at once until all are Ready, against a bare client that does the same POSTs."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from benchmarks.fleet import Fleet, in_parallel, names, operated
from benchmarks.result import Row
from benchmarks.usage import cpu_seconds
from testbed import manifests
from testbed.progress import step
from testbed.stack import Stack

USER = f"system:serviceaccount:{manifests.NAMESPACE}:{manifests.NAME}"


@dataclass
class Burst:
    """One repetition, in seconds."""

    bare: float
    created: float
    ready: float
    runs: int
    kubernetes: Counter[str]
    cpu: dict[str, float]


def measure(stack: Stack, count: int, repeat: int) -> Iterator[Row]:
    """One row: the goal allows one run beside 1.5 times the bare client."""
    with step("Empty runs of the operator"), operated(stack) as fleet:
        fleet.create("alone")
        fleet.wait_ready(1)
        run = empty_run(fleet, "alone")
    bursts = []
    for number in range(1, repeat + 1):
        with step(f"Burst of {count} objects, {number} of {repeat}"), operated(stack) as fleet:
            bursts.append(_burst(fleet, count))
    bare, ready = median(one.bare for one in bursts), median(one.ready for one in bursts)
    numbers = {
        "seconds": {"objects Ready": ready, "objects created": median(one.created for one in bursts), "bare POSTs": bare, "empty run": run},
        "seconds of each repetition": [one.ready for one in bursts],
        "runs taken up until Ready": [one.runs for one in bursts],
        "Kubernetes requests for each object": {kind: total / count for kind, total in bursts[-1].kubernetes.most_common()},
        "CPU seconds": bursts[-1].cpu,
    }
    yield Row(f"burst of {count} objects until Ready, less one run", f"{count} bare POSTs", (ready - run) / bare, 1.5, numbers)


def _burst(fleet: Fleet, count: int) -> Burst:
    wanted = names(count)
    bare = in_parallel(fleet.connect.create, wanted)
    fleet.connect.clear()
    stack = fleet.stack
    programs = {process.name: process for process in stack.processes}
    requests_before = len(stack.control_plane.requests(user=USER))
    cpu_before = cpu_seconds(programs)
    started = time.monotonic()
    created = in_parallel(fleet.create, wanted)
    fleet.wait_ready(count)
    ready = time.monotonic() - started
    runs = stack.operator.reconciles()
    cpu = {name: used - cpu_before[name] for name, used in cpu_seconds(programs).items()}
    sent = stack.control_plane.requests(user=USER)[requests_before:]
    kinds = Counter(f"{one.verb} {one.resource}{'/' if one.subresource else ''}{one.subresource}" for one in sent)
    return Burst(bare, created, ready, runs, kinds, cpu)


def empty_run(fleet: Fleet, name: str, repeat: int = 3) -> float:
    """The seconds of a run that finds nothing to do, by the runtime's own clock."""
    operator = fleet.stack.operator
    seconds = []
    for _ in range(repeat):
        fleet.wait_idle()
        runs, before = operator.reconciles(), operator.reconcile_seconds()
        fleet.patch(name, {"metadata": {"annotations": {"bench.example/touched": str(time.monotonic())}}})
        fleet.wait_runs(runs + 1)
        seconds.append((operator.reconcile_seconds() - before) / (operator.reconciles() - runs))
    return median(seconds)
