# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes: each in a session of its own, with its own log, stopped together with all that descends from it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import TracebackType

from testbed.errors import TestbedError

# Every process inherits this variable from the part that started it, in whatever session or process group it ends up.
MARK = "KAFKA_CONNECT_TESTBED_MARK"
POLL_SECONDS = 0.05


def wait_until(condition: Callable[[], bool], *, timeout: float, what: str) -> None:
    """Wait until the condition holds; fail after the timeout."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise TestbedError(f"waited {timeout:g} s in vain: {what}")
        time.sleep(POLL_SECONDS)


def _carries(pid: int, mark: str) -> bool:
    """Whether that process carries the mark. A zombie shows no environment, so it does not."""
    try:
        environment = Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return False
    return _has(environment, mark)


def _has(environment: bytes, mark: str) -> bool:
    return f"{MARK}={mark}".encode() in environment.split(b"\0")


def _state(pid: int) -> str:
    """The state of a process in one letter; Z and X are ended ones."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(") ")[2][0]


def _marked(mark: str) -> set[int]:
    """All processes that carry the mark."""
    pids = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal())
    return {pid for pid in pids if _carries(pid, mark)}


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def _reap(pid: int) -> None:
    """Take the exit status of a child of ours, so that no zombie stays."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        pass


@contextmanager
def undisturbed() -> Iterator[None]:
    """Finish this also when Ctrl-C is pressed once more."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    former = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


@dataclass(frozen=True)
class Process:
    """One started program. It can be stopped by another process than the one that started it."""

    name: str
    pid: int
    mark: str
    log: str

    @property
    def running(self) -> bool:
        """Whether the program itself still runs; a later process with the same id does not count."""
        _reap(self.pid)
        try:
            environment = Path(f"/proc/{self.pid}/environ").read_bytes()
            # There is none for a moment while one program takes the place of another, as at the end of a shell script.
            return _has(environment, self.mark) if environment else _state(self.pid) not in "ZX"
        except OSError:
            return False

    def tail(self, lines: int = 30) -> str:
        """The end of the log."""
        text = Path(self.log).read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def failure(self, what: str) -> TestbedError:
        """An error that shows the end of the log."""
        return TestbedError(f"{self.name}: {what}\n--- end of {self.log}\n{self.tail()}\n---")

    def wait_until(self, condition: Callable[[], bool], *, timeout: float, what: str) -> None:
        """Wait for the condition; fail at once when the program ends before."""
        deadline = time.monotonic() + timeout
        while not condition():
            if not self.running:
                raise self.failure(f"ended while waiting until it {what}")
            if time.monotonic() > deadline:
                raise self.failure(f"waited {timeout:g} s in vain until it {what}")
            time.sleep(POLL_SECONDS)

    def terminate(self) -> None:
        """Ask the program to end."""
        if self.running:
            _signal(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        """End the program and all its descendants at once."""
        deadline = time.monotonic() + 10
        while alive := _marked(self.mark):
            if time.monotonic() > deadline:
                raise TestbedError(f"{self.name}: processes {sorted(alive)} cannot be killed")
            # The program first: it must not start others while its descendants are being killed.
            for pid in sorted(alive, key=lambda pid: pid != self.pid):
                _signal(pid, signal.SIGKILL)
            time.sleep(0.01)
        _reap(self.pid)

    def stop(self, grace: float = 10) -> None:
        """Ask the program to end, wait, and kill what is left."""
        self.terminate()
        deadline = time.monotonic() + grace
        while self.running and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        self.kill()


class Processes:
    """The processes of one stack, recorded in a file so that another process can stop them."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._record = directory / "processes.json"
        self._processes: list[Process] = []
        # Programs are started side by side, and each start is recorded in the one file.
        self._recording = threading.Lock()

    @classmethod
    def load(cls, directory: Path) -> Processes:
        """What an earlier process started and recorded there."""
        processes = cls(directory)
        if processes._record.exists():
            recorded = json.loads(processes._record.read_text(encoding="utf-8"))
            processes._processes = [Process(**item) for item in recorded]
        return processes

    def __iter__(self) -> Iterator[Process]:
        return iter(list(self._processes))

    def start(self, name: str, command: Sequence[str | Path], *, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> Process:
        """Start a program; its output is appended to the log of that name."""
        if any(other.name == name and other.running for other in self._processes):
            raise TestbedError(f"{name} runs already")
        logs = self.directory / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        log = logs / f"{name}.log"
        mark = f"{name}-{uuid.uuid4()}"
        process = Process(name=name, pid=0, mark=mark, log=str(log))
        # Recorded before the start as well: also an interruption just now leaves nothing behind.
        self._remember(process)
        with log.open("ab") as output:
            child = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**(os.environ if env is None else env), MARK: mark},
                cwd=cwd,
                start_new_session=True,
            )
        while child.poll() is None and not _carries(child.pid, mark):
            time.sleep(0.001)  # For a moment after exec the kernel shows no environment yet.
        child.returncode = 0  # Its end is watched by pid; Popen shall not warn that it still runs.
        process = replace(process, pid=child.pid)
        self._remember(process)
        return process

    def _remember(self, process: Process) -> None:
        with self._recording:
            self._processes = [other for other in self._processes if other.name != process.name] + [process]
            self._save()

    def _save(self) -> None:
        text = json.dumps([asdict(process) for process in self._processes], indent=2)
        temporary = self._record.with_suffix(".new")
        self.directory.mkdir(parents=True, exist_ok=True)
        temporary.write_text(text + "\n", encoding="utf-8")
        temporary.replace(self._record)

    def stop(self, grace: float = 5) -> None:
        """Ask all programs to end, the last started first; kill what has not ended after the grace."""
        with undisturbed():
            for process in reversed(self._processes):
                process.terminate()
            deadline = time.monotonic() + grace
            for process in reversed(self._processes):
                process.stop(grace=max(0.0, deadline - time.monotonic()))
            self._processes = []
            self._record.unlink(missing_ok=True)

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()
