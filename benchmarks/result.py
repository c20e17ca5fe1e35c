# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was measured, as a table for people and as JSON for everything else."""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from testbed import paths

_PACKAGES = ("ansible-core", "ansible-runner", "requests", "urllib3")


@dataclass(frozen=True)
class Row:
    """A ratio, what it is a ratio of, the goal for it (None: there is none), and the numbers behind it."""

    work: str
    compared_to: str
    ratio: float
    goal: float | None = None
    numbers: Mapping[str, Any] = field(default_factory=dict)


def conditions() -> dict[str, Any]:
    """What the numbers depend on beside the code."""
    return {
        "date": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "versions": {package: version(package) for package in _PACKAGES},
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
        "load_average": [round(load, 2) for load in os.getloadavg()],
    }


def save(rows: Sequence[Row], target: Path, before: Mapping[str, Any]) -> None:
    """Write everything to a JSON file."""
    target.parent.mkdir(parents=True, exist_ok=True)
    document = {"conditions": {**before, "load_average_after": conditions()["load_average"]}, "rows": [asdict(row) for row in rows]}
    target.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def table(rows: Sequence[Row]) -> str:
    """One line for each ratio, and the numbers behind it below."""
    width = max(len(row.work) for row in rows)
    compared = max(len(row.compared_to) for row in rows)
    lines = [f"{'work':{width}}  {'compared to':{compared}}  ratio   goal"]
    for row in rows:
        goal = "" if row.goal is None else f"{row.goal:5.2f}"
        lines.append(f"{row.work:{width}}  {row.compared_to:{compared}}  {row.ratio:5.2f}  {goal}".rstrip())
        lines.extend(f"    {name}: {_shown(value)}" for name, value in row.numbers.items())
    return "\n".join(lines)


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_shown(one)}" for name, one in value.items())
    if isinstance(value, list):
        return " ".join(_shown(one) for one in value)
    return f"{value:.3g}" if isinstance(value, float) else str(value)


DEFAULT_TARGET = paths.BUILD / "bench.json"
