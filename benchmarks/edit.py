# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One edit among many objects: the time until Connect has it, in runs of the operator."""

from __future__ import annotations

import time
from collections.abc import Iterator
from statistics import median

from benchmarks.burst import empty_run
from benchmarks.fleet import Fleet, in_parallel, names, operated
from benchmarks.result import Row
from testbed.process import wait_until
from testbed.progress import step
from testbed.stack import Stack


def measure(stack: Stack, count: int, repeat: int) -> Iterator[Row]:
    """The operator at rest, and one that has just been started and has a first run of every object before it."""
    with operated(stack) as fleet:
        with step(f"Create {count} objects and wait until the operator is idle"):
            in_parallel(fleet.create, names(count))
            fleet.wait_ready(count)
            run = empty_run(fleet, names(1)[0])
        with step("Edit one object, the operator idle"):
            idle = []
            for name in names(repeat):
                fleet.wait_idle()
                idle.append(_edit(fleet, name))
        restarted = []
        for name in names(repeat):
            with step("Edit one object right after a restart of the operator"):
                fleet.start_operator()
                restarted.append(_edit(fleet, name))
    for situation, seconds in (("operator idle", idle), ("operator just restarted", restarted)):
        numbers = {"seconds": seconds, "empty run": run}
        yield Row(f"one edit among {count}, {situation}, until the PUT", "one empty run", median(seconds) / run, 1.25, numbers)


def _edit(fleet: Fleet, name: str) -> float:
    """Seconds from the PATCH until Connect shows the change."""
    topic = f"topic-{time.monotonic_ns()}"
    started = time.monotonic()
    fleet.patch(name, {"spec": {"config": {"topic": topic}}})
    wait_until(lambda: fleet.connect.config(name).get("topic") == topic, timeout=120, what=f"the edit of {name} arrives")
    return time.monotonic() - started
