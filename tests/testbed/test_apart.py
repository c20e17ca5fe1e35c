# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs with ports and runner files of their own."""

from __future__ import annotations

import os
import shlex
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from testbed import apart, paths
from testbed.ports import free_ports

INSIDE = """
import socket, sys
from testbed.apart import FOLDER
with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as server:
    with socket.create_connection(server.getsockname()):
        print(sorted(path.name for path in FOLDER.iterdir()))
"""


@pytest.fixture(autouse=True)
def is_possible() -> None:
    if not apart.is_possible():
        assert not os.environ.get("CI"), "in CI nothing is skipped"
        pytest.skip("this machine lets this user make no namespaces of the network (unshare --net --mount --map-root-user)")


def test_a_port_that_is_taken_is_free_apart_and_so_is_the_folder() -> None:
    apart.FOLDER.mkdir(parents=True, exist_ok=True)
    [port] = free_ports(1)
    with socket.create_server(("127.0.0.1", port)):
        command = [sys.executable, "-m", "testbed.apart", sys.executable, "-c", INSIDE, str(port)]
        found = subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True, check=False)
    assert (found.stdout, found.returncode) == ("[]\n", 0), found.stderr


def test_the_status_is_that_of_the_program() -> None:
    command = [sys.executable, "-m", "testbed.apart", "sh", "-c", "exit 7"]
    assert subprocess.run(command, cwd=paths.ROOT, check=False).returncode == 7


def test_nothing_outlives_the_program() -> None:
    """Also when it is killed before it could stop what it had started."""
    code = "import os, signal, subprocess; subprocess.Popen(['sleep', '987654'], start_new_session=True); os.kill(os.getpid(), signal.SIGKILL)"
    subprocess.run([sys.executable, "-m", "testbed.apart", sys.executable, "-c", code], cwd=paths.ROOT, check=False)
    found = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    assert not [one for one in found if b"987654" in one and b"python" not in one]


def test_there_are_as_many_lanes_as_there_are_processors_for(monkeypatch: pytest.MonkeyPatch) -> None:
    for processors, lanes in ((1, ""), (2, ""), (4, "2*popen"), (64, "4*popen")):
        monkeypatch.setattr(os, "cpu_count", lambda processors=processors: processors)
        options = shlex.split(apart.lanes())
        assert [option.removeprefix("--tx=").partition("//")[0] for option in options if option.startswith("--tx=")] == ([lanes] if lanes else [])
