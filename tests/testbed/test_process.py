# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from testbed.errors import TestbedError
from testbed.process import Process, Processes, wait_until

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
# A child in a session of its own, as ansible-runner makes them; the parent does not hand TERM on.
WITH_CHILD = [
    sys.executable,
    "-c",
    "import subprocess, sys, time\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], start_new_session=True)\n"
    "print(child.pid, flush=True)\n"
    "time.sleep(600)",
]


def alive(pid: int) -> bool:
    """Whether the process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def child_of(process: Process) -> int:
    wait_until(lambda: process.tail().strip() != "", timeout=10, what="the child is started")
    pid = int(process.tail())
    assert alive(pid)
    return pid


def test_a_process_runs_until_it_is_stopped(tmp_path: Path) -> None:
    with Processes(tmp_path) as processes:
        process = processes.start("sleeper", SLEEP)
        assert process.running
        process.stop()
        assert not process.running
        assert not alive(process.pid)


@pytest.mark.parametrize("end", [Process.stop, Process.kill])
def test_descendants_in_other_sessions_end_too(tmp_path: Path, end: object) -> None:
    assert callable(end)
    with Processes(tmp_path) as processes:
        process = processes.start("parent", WITH_CHILD)
        child = child_of(process)
        end(process)
        assert not alive(child)


def test_a_process_that_ignores_the_request_is_killed(tmp_path: Path) -> None:
    stubborn = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('ready', flush=True)\ntime.sleep(600)"
    with Processes(tmp_path) as processes:
        process = processes.start("stubborn", [sys.executable, "-c", stubborn])
        wait_until(lambda: "ready" in process.tail(), timeout=10, what="the signal is ignored")
        process.stop(grace=0.2)
        assert not alive(process.pid)


class BrokenError(Exception):
    """Whatever goes wrong in the middle."""


def start_and_break(directory: Path, pids: list[int]) -> None:
    with Processes(directory) as processes:
        pids.append(processes.start("sleeper", SLEEP).pid)
        pids.append(child_of(processes.start("parent", WITH_CHILD)))
        raise BrokenError


def test_everything_is_stopped_when_something_fails(tmp_path: Path) -> None:
    pids: list[int] = []
    with pytest.raises(BrokenError):
        start_and_break(tmp_path, pids)
    assert len(pids) == 2
    assert not any(alive(pid) for pid in pids)
    assert not (tmp_path / "processes.json").exists()


def test_another_program_can_stop_what_was_recorded(tmp_path: Path) -> None:
    started = Processes(tmp_path).start("sleeper", SLEEP)
    found = Processes.load(tmp_path)
    assert list(found) == [started]
    found.stop()
    assert not alive(started.pid)
    assert list(Processes.load(tmp_path)) == []


def test_what_is_started_side_by_side_is_recorded(tmp_path: Path) -> None:
    names = {f"sleeper-{number}" for number in range(24)}
    with Processes(tmp_path) as processes, ThreadPoolExecutor(len(names)) as pool:
        started = set(pool.map(lambda name: processes.start(name, SLEEP), names))
        assert set(processes) == set(Processes.load(tmp_path)) == started


def test_a_failure_shows_the_end_of_the_log(tmp_path: Path) -> None:
    with Processes(tmp_path) as processes:
        process = processes.start("broken", [sys.executable, "-c", "raise SystemExit('no such file: x')"])
        with pytest.raises(TestbedError, match=r"broken: ended while waiting until it answers(.|\n)*no such file: x"):
            process.wait_until(lambda: False, timeout=10, what="answers")


def test_a_name_cannot_be_started_twice(tmp_path: Path) -> None:
    with Processes(tmp_path) as processes:
        processes.start("sleeper", SLEEP)
        with pytest.raises(TestbedError, match="sleeper runs already"):
            processes.start("sleeper", SLEEP)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_command_leaves_nothing_behind(tmp_path: Path, number: signal.Signals) -> None:
    script = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from testbed.__main__ import leave_by_exception\n"
        "from testbed.process import Processes\n"
        "leave_by_exception()\n"
        "with Processes(Path(sys.argv[1])) as processes:\n"
        "    print(processes.start('parent', [sys.executable, '-c', sys.argv[2]]).pid, flush=True)\n"
        "    time.sleep(600)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path), WITH_CHILD[2]]
    root = Path(__file__).parents[2]
    ignoring = ["/bin/sh", "-c", 'trap "" INT; exec "$@"', "sh", *command]  # as a shell starts a command in the background
    with subprocess.Popen(ignoring, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=root) as program:
        assert program.stdout is not None
        parent = int(program.stdout.readline())
        (recorded,) = Processes.load(tmp_path)
        child = child_of(recorded)
        os.kill(program.pid, number)
        assert program.wait(timeout=30) != 0
    assert not alive(parent)
    assert not alive(child)


def test_waiting_in_vain_fails_in_time() -> None:
    began = time.monotonic()
    with pytest.raises(TestbedError, match=r"waited 0.2 s in vain: the impossible"):
        wait_until(lambda: False, timeout=0.2, what="the impossible")
    assert time.monotonic() - began < 5
