# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What processes use, as the kernel counts it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType

from testbed.process import Process

_TICKS = os.sysconf("SC_CLK_TCK")
_SAMPLE_SECONDS = 0.01
MIB = 1024 * 1024


def cpu_seconds(processes: Mapping[str, Process]) -> dict[str, float]:
    """By name, what each program has used; "runs" is what the ended children of the operator have."""
    used: dict[str, float] = {}
    for name, process in processes.items():
        user, system, child_user, child_system = (int(field) / _TICKS for field in _stat(process.pid)[11:15])
        used[name] = user + system
        if name == "operator":
            used["runs"] = child_user + child_system
    return used


def _stat(pid: int) -> list[str]:
    """The fields behind the name, which may hold blanks."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()


def descendants(pid: int) -> Iterator[int]:
    """A process and all that descend from it."""
    yield pid
    try:
        lists = [(thread / "children").read_text(encoding="utf-8") for thread in Path(f"/proc/{pid}/task").iterdir()]
    except OSError:  # it has ended
        return
    for child in " ".join(lists).split():
        yield from descendants(int(child))


class MemorySampler:
    """The peak memory of a process tree and of the module in it. For a run of its own: looking costs what it looks at."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self.tree = 0.0
        self.module = 0.0

    def _sample(self) -> None:
        while not self._over.wait(_SAMPLE_SECONDS):
            proportional = 0
            for pid in descendants(self._pid):
                proportional += _kib(Path(f"/proc/{pid}/smaps_rollup"), "Pss:")
                if _is_module(pid):
                    self.module = max(self.module, _kib(Path(f"/proc/{pid}/status"), "VmHWM:") / 1024)
            self.tree = max(self.tree, proportional / 1024)

    def __enter__(self) -> MemorySampler:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()


def _is_module(pid: int) -> bool:
    """With pipelining Ansible gives a module to a bare interpreter on its standard input."""
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0").split(b"\0")
    except OSError:
        return False
    return len(arguments) == 1 and b"python" in arguments[0].rpartition(b"/")[2]


def _kib(file: Path, key: str) -> int:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(key)), 0)
