# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a program with ports and runner files of its own, so that stacks can run beside each other: python -m testbed.apart PROGRAM [ARGUMENT ...]

With --lanes instead it prints the options by which pytest runs tests on several stacks; none where the machine does not allow that.

ansible-operator listens on fixed ports and keeps the files of its runs in a fixed folder, so there is one to a machine, or to a set of Linux
namespaces. In these there is nothing of the network but the loopback address: what a stack is made of is built before.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys
from pathlib import Path

# The runtime keeps the files of its runs there, whatever TMPDIR says.
FOLDER = Path("/tmp/ansible-operator")  # noqa: S108

_INSIDE = "--inside"
# With the first of its processes all of them end, however that one does.
_NAMESPACES = ("--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
# From linux/sockios.h and linux/if.h.
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 0x1


def _command(arguments: list[str]) -> list[str]:
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    return ["unshare", *_NAMESPACES, *as_root, "--", sys.executable, "-m", "testbed.apart", _INSIDE, *arguments]


def is_possible() -> bool:
    """Whether this machine lets this user do so."""
    return shutil.which("unshare") is not None and subprocess.run(_command(["true"]), capture_output=True, check=False).returncode == 0


# A stack keeps about two processors busy, and takes 2 GB of memory: where there are fewer, tests wait in vain.
_PROCESSORS, _LANES = 2, 4


def lanes() -> str:
    """Options for PYTEST_ADDOPTS: as many stacks beside each other as there are processors for, each with the tests of one file after the other."""
    count = min((os.cpu_count() or 1) // _PROCESSORS, _LANES)
    if count < 2 or not is_possible():
        return ""
    return f"--dist=loadfile --no-loadscope-reorder --tx='{count}*popen//python={sys.executable} -m testbed.apart {sys.executable}'"


def _enter() -> None:
    """Make the new namespaces fit to be used."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", _IFF_UP))
    FOLDER.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", FOLDER], check=True)


def main(arguments: list[str]) -> None:
    """Become the program, in namespaces of its own."""
    if arguments == ["--lanes"]:
        print(lanes())
        return
    if arguments[0] != _INSIDE:
        command = _command(arguments)
        os.execvp(command[0], command)
    _enter()
    os.execvp(arguments[1], arguments[1:])


if __name__ == "__main__":
    main(sys.argv[1:])
