# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the others of a connection lose while the update of one of them hangs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from statistics import median

from benchmarks.connection import NAME
from benchmarks.fleet import Fleet, in_parallel, names, operated
from benchmarks.result import Row
from testbed.faults import FaultProxy, Hold, Rule
from testbed.process import wait_until
from testbed.progress import step
from testbed.stack import Stack

SYNC_PERIOD = "10s"
LIST = r"/connectors\?expand=info&expand=status"
WAIT_SECONDS = 120.0


def measure(stack: Stack, count: int, repeat: int) -> Iterator[Row]:
    """Two rows: an edit of another connector, and drift of another one; each beside one that hangs, against the same without."""
    edits: dict[bool, list[float]] = {False: [], True: []}
    drifts: dict[bool, list[float]] = {False: [], True: []}
    with FaultProxy(stack.connect.url) as proxy, operated(stack) as fleet:
        with step(f"Create {count} objects of a connection, and wait until the operator is idle"):
            fleet.create_connection(NAME, proxy.url, SYNC_PERIOD)
            in_parallel(lambda name: fleet.create(name, connection=NAME), names(count))
            fleet.wait_ready(count)
            fleet.wait_idle()
        others = iter(names(count)[repeat:])
        for stuck in names(repeat):
            for hangs in (False, True):
                beside = _hanging(fleet, proxy, stuck) if hangs else nullcontext()
                with step("One edit and one drift" + (" while the update of another hangs" if hangs else "")), beside:
                    edits[hangs].append(_edit(fleet, next(others)))
                    drifts[hangs].append(_drift(fleet, proxy, next(others)))
        proxy.clear()
    for work, found in (("edit of another until the PUT", edits), ("drift of another until it is repaired", drifts)):
        numbers = {"seconds": {"beside it": found[True], "without it": found[False]}}
        ratio = median(found[True]) / median(found[False])
        yield Row(f"one of {count} hangs: {work}", "nothing hangs", ratio, 1.25, numbers)


@contextmanager
def _hanging(fleet: Fleet, proxy: FaultProxy, name: str) -> Iterator[None]:
    """The update of one connector gets no answer, and is done at the end."""
    rule = proxy.add(Rule("PUT", f"/connectors/{name}/config", Hold()))
    fleet.patch(name, {"spec": {"config": {"topic": f"topic-{time.monotonic_ns()}"}}})
    rule.wait_hit()
    yield
    assert not any(one.forwarded for one in proxy.matching("PUT", f"/connectors/{name}/config")), "it hung all the time"
    proxy.remove(rule)
    fleet.wait_ready(len(fleet.objects()))
    fleet.wait_idle()


def _edit(fleet: Fleet, name: str) -> float:
    topic = f"topic-{time.monotonic_ns()}"
    started = time.monotonic()
    fleet.patch(name, {"spec": {"config": {"topic": topic}}})
    return _arrived(fleet, name, topic, started)


def _drift(fleet: Fleet, proxy: FaultProxy, name: str) -> float:
    """Made right after a period has looked, so that it is found by the next one."""
    looks = proxy.count("GET", LIST)
    wait_until(lambda: proxy.count("GET", LIST) > looks, timeout=WAIT_SECONDS, what="a period looks")
    found = fleet.connect.config(name)
    started = time.monotonic()
    fleet.connect.update(name, {**found, "topic": "by-hand"})
    return _arrived(fleet, name, found["topic"], started)


def _arrived(fleet: Fleet, name: str, topic: str, started: float) -> float:
    wait_until(lambda: fleet.connect.config(name)["topic"] == topic, timeout=WAIT_SECONDS, what=f"{name} has its topic")
    return time.monotonic() - started
