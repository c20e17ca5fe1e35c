# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pass that finds nothing to do, over more and more connectors."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.fleet import Fleet, in_parallel, names
from benchmarks.result import Row
from testbed import collection, paths
from testbed.faults import FaultProxy
from testbed.progress import step
from testbed.stack import Stack


def measure(stack: Stack, counts: Sequence[int], repeat: int) -> Iterator[Row]:
    """One row for each number of connectors but the first, which the others are compared to."""
    fleet = Fleet(stack)
    fleet.clear()
    collections = collection.staged()
    found: dict[int, dict[str, Any]] = {}
    for count in sorted({1, *counts}):
        with step(f"No-op pass over {count} connectors"):
            in_parallel(fleet.connect.create, sorted(set(names(count)) - set(fleet.connect.names())))
            found[count] = _medians([_pass(stack, count, collections) for _ in range(repeat)])
    fleet.connect.clear()
    for count, numbers in found.items():
        if count > 1:
            of_one = found[1]
            yield Row(f"no-op pass, {count} connectors, requests to Connect", "1 request", numbers["requests"], 1.0)
            shown = {"this": numbers, "one connector": of_one}
            yield Row(f"no-op pass, {count} connectors, CPU of the process", "the same with 1", numbers["cpu"] / of_one["cpu"], 2.0, shown)
            yield Row(f"no-op pass, {count} connectors, CPU of the pass alone", "the same with 1", numbers["pass_cpu"] / of_one["pass_cpu"])


def _pass(stack: Stack, count: int, collections: Path) -> dict[str, Any]:
    """One pass in a process of its own. The requests are counted on their way to Connect."""
    with FaultProxy(stack.connect.url) as proxy:
        command = [sys.executable, "-m", "benchmarks.noop_pass", proxy.url, str(count)]
        done = subprocess.run(
            command, env={**os.environ, "PYTHONPATH": f"{collections}{os.pathsep}{paths.ROOT}"}, stdout=subprocess.PIPE, check=True, text=True
        )
        return {**json.loads(done.stdout), "requests": proxy.count()}


def _medians(found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {key: median(one[key] for one in found) for key in found[0]}
