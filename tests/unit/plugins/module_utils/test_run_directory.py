# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Locks between processes, and the records beside them."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate  # the built-in one only since Python 3.11
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils._run_directory import EndpointRecord, RunDirectory, open_run_directory

ROOT = Path(__file__).parents[4]
HOLDER = """
import sys
from pathlib import Path
from ansible_collections.saiello.kafka_connect.plugins.module_utils._run_directory import RunDirectory
let_go = RunDirectory(Path(sys.argv[1])).lock("connector", "c")
print("held" if let_go else "taken", flush=True)
sys.stdin.readline()
if let_go:
    let_go()
print("let go", flush=True)
sys.stdin.readline()
"""


@contextmanager
def another_process(directory: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that takes the lock and holds it until it is sent a line."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / ".build"), "PYTHONDONTWRITEBYTECODE": "1"}
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(directory)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def told(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def test_a_lock_excludes_another_process(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path)
    with another_process(tmp_path) as process:
        assert said(process) == "held"
        assert directory.lock("connector", "c") is None
        assert directory.lock("connector", "d") is not None
        told(process)
        assert said(process) == "let go"
        let_go = directory.lock("connector", "c")
        assert let_go is not None
        with another_process(tmp_path) as second:
            assert said(second) == "taken"
        let_go()


def test_a_lock_dies_with_its_process(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path)
    with another_process(tmp_path) as process:
        assert said(process) == "held"
        process.send_signal(signal.SIGKILL)
        assert process.wait(10) == -signal.SIGKILL
        assert list(tmp_path.iterdir()), "the file of a killed process stays, and is no lock"
        assert directory.lock("connector", "c") is not None


def test_a_lock_excludes_within_a_process_and_leaves_no_file(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path)
    let_go = directory.lock("a", "b")
    assert let_go is not None
    assert directory.lock("a", "b") is None
    let_go()
    assert list(tmp_path.iterdir()) == []


def test_there_is_room_for_one_at_a_time(tmp_path: Path) -> None:
    """Also in a process of its own, as the lock is one of the kernel."""
    order: list[str] = []

    def second() -> None:
        with RunDirectory(tmp_path).room():
            order.append("second")

    with ThreadPoolExecutor(1) as pool:
        with RunDirectory(tmp_path).room():
            waiting = pool.submit(second)
            with pytest.raises(TooLate):
                waiting.result(timeout=0.2)
            order.append("first")
        waiting.result(timeout=10)
    assert order == ["first", "second"]
    with pytest.raises(ValueError, match="JSON"), RunDirectory(tmp_path).room():
        raise ValueError("no JSON")
    with RunDirectory(tmp_path).room():
        pass


def test_names_do_not_run_into_each_other(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path)
    assert directory.lock("ab", "c") is not None
    assert directory.lock("a", "bc") is not None
    assert directory.lock("../../x", "\U0001f600" * 249) is not None
    assert {path.parent for path in tmp_path.rglob("*")} == {tmp_path}


def test_a_lock_is_not_taken_on_a_file_that_went(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between opening the file and locking it, its holder lets go and a third one takes the lock anew."""
    directory = RunDirectory(tmp_path)
    first = directory.lock("c")
    assert first is not None
    real, third = fcntl.flock, []

    def late(descriptor: int, operation: int) -> None:
        monkeypatch.setattr(fcntl, "flock", real)
        first()
        third.append(directory.lock("c"))
        real(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", late)
    second = directory.lock("c")
    assert third[0] is not None
    assert second is None


def test_never_two_holders(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path)
    inside = threading.Semaphore(1)
    counts = []

    def contend(_: int) -> int:
        times = 0
        for _ in range(300):
            let_go = directory.lock("c")
            if let_go:
                assert inside.acquire(blocking=False), "two hold one lock"
                times += 1
                inside.release()
                let_go()
        return times

    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(contend, range(4)))
    assert sum(counts) > 0
    assert list(tmp_path.iterdir()) == []


def test_a_record_is_kept(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path)
    record = EndpointRecord(1.0, 2.0, ("ConnectTimeout", "no"), unsettled={"c": 3.0}, worker="http://a")
    directory.keep("http://a", record)
    assert directory.record("http://a") == record
    assert directory.record("http://b") == EndpointRecord()
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("text", ["", "{", "[]", "1", "null", '{"odd": 1}', '{"outage": ["x"]}', '{"outage": 1}', "\x00\xff"])
def test_an_unreadable_record_is_none(tmp_path: Path, text: str) -> None:
    directory = RunDirectory(tmp_path)
    directory.keep("e", EndpointRecord(listed=9.0))
    next(tmp_path.iterdir()).write_bytes(text.encode("latin-1"))
    assert directory.record("e") == EndpointRecord()


def test_a_record_is_replaced_at_once(tmp_path: Path) -> None:
    """Who reads while others write sees one of the records, never half of one."""
    directory = RunDirectory(tmp_path)
    records = [EndpointRecord(listed=1.0, unsettled={"c": 1.0}), EndpointRecord(listed=2.0, unsettled={f"{number}": 1.0 for number in range(500)})]
    directory.keep("e", records[0])
    done = threading.Event()

    def write() -> None:
        for number in range(100):
            directory.keep("e", records[number % 2])
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen = []
    while not done.is_set():
        seen.append(json.dumps(asdict(directory.record("e"))))
    writer.join()
    assert set(seen) <= {json.dumps(asdict(record)) for record in records}


def test_the_directory_is_for_its_user_alone(tmp_path: Path) -> None:
    directory = open_run_directory(str(tmp_path / "a" / "b"))
    assert directory.path.stat().st_mode & 0o777 == 0o700
    assert open_run_directory(str(tmp_path / "a" / "b")) == directory


def test_a_directory_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    with pytest.raises(PermissionError, match="KAFKA_CONNECT_RUN_DIR"):
        open_run_directory(str(tmp_path))
