# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole stack, with the operator under the rights that are shipped."""

from __future__ import annotations

import contextlib
import socket
from pathlib import Path

import pytest

from testbed import manifests
from testbed.control_plane import ControlPlane
from testbed.errors import TestbedError
from testbed.operator import FIXED_PORTS, Operator
from testbed.ports import is_free
from testbed.process import Processes, wait_until
from testbed.stack import Stack


def test_a_second_operator_is_refused_with_the_reason(tmp_path: Path) -> None:
    operator = Operator(Processes(tmp_path), ControlPlane(Processes(tmp_path)), manifests.Container([], {}))
    with contextlib.ExitStack() as taken:
        if is_free(FIXED_PORTS[0]):
            taken.enter_context(socket.create_server(("127.0.0.1", FIXED_PORTS[0])))
        with pytest.raises(TestbedError, match=r"port 8888 .*is in use"):
            operator.start()


def test_the_operator_runs_and_is_killed_with_all_its_runs(tmp_path: Path) -> None:
    with Stack(tmp_path / "stack") as stack:
        worker = stack.connect.workers[0]
        stack.control_plane.apply(manifests.sample(tmp_path / "sample", host="127.0.0.1", port=worker.port, file=tmp_path / "none"))
        wait_until(lambda: stack.operator.reconciles() > 0, timeout=60, what="the operator takes up the object")
        stack.operator.kill()
        assert not stack.operator.process.running
        assert all(is_free(port) for port in FIXED_PORTS)
        stack.operator.start()
        stack.operator.wait_ready()
        wait_until(lambda: stack.operator.reconciles() > 0, timeout=60, what="the operator takes up the object again")
        assert stack.operator.failed_runs() == []
    assert not any(process.running for process in Processes.load(tmp_path / "stack"))
