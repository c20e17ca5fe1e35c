# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole stack, with the operator under the rights that are shipped."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from testbed import manifests
from testbed.control_plane import ControlPlane
from testbed.errors import TestbedError
from testbed.operator import FIXED_PORTS, Operator
from testbed.ports import is_free
from testbed.process import Processes, wait_until
from testbed.stack import Options, Stack


def test_a_second_operator_is_refused_with_the_reason(tmp_path: Path) -> None:
    operator = Operator(Processes(tmp_path), ControlPlane(Processes(tmp_path)), manifests.Container([], {}))
    with contextlib.ExitStack() as taken:
        if is_free(FIXED_PORTS[0]):
            taken.enter_context(socket.create_server(("127.0.0.1", FIXED_PORTS[0])))
        with pytest.raises(TestbedError, match=r"port 8888 .*is in use"):
            operator.start()


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack with one object that the operator has taken up. Nothing of it runs afterwards."""
    folder = tmp_path_factory.mktemp("stack")
    with Stack(folder / "stack", Options(audit=True)) as stack:
        worker = stack.connect.workers[0]
        stack.control_plane.apply(manifests.sample(folder / "sample", host="127.0.0.1", port=worker.port, file=folder / "none"))
        wait_until(lambda: stack.operator.reconciles() > 0, timeout=60, what="the operator takes up the object")
        yield stack
    assert not any(process.running for process in Processes.load(folder / "stack"))


def test_the_operator_is_killed_with_all_its_runs_and_comes_back(stack: Stack) -> None:
    stack.operator.kill()
    assert not stack.operator.process.running
    assert all(is_free(port) for port in FIXED_PORTS)
    stack.operator.start()
    stack.operator.wait_ready()
    wait_until(lambda: stack.operator.reconciles("KafkaConnector") > 0, timeout=60, what="the operator takes up the object again")
    assert stack.operator.failed_runs() == []


def test_the_audit_log_tells_the_runs_from_the_runtime(stack: Stack) -> None:
    asked = stack.control_plane.requests(user=stack.operator.user)
    assert {"saiello.kafka_connect", "ansible-operator"} <= {request.agent.partition("/")[0] for request in asked}
    assert any(request.is_write for request in asked if request.resource == "kafkaconnectors")
    assert {request.is_write for request in asked if request.resource == "tokenreviews"} == {False}


def test_another_connect_lives_beside_the_first(stack: Stack) -> None:
    with stack.connect_cluster("guarded", credentials={"ada": "secret"}) as guarded:
        assert guarded.request("GET", "/connectors").json() == []
        assert requests.get(f"{guarded.url}/connectors", timeout=30).status_code == 401
        worker = guarded.workers[0]
    assert not worker.running
    assert stack.connect.workers[0].running
    with pytest.raises(TestbedError, match="the name guarded is taken"):
        stack.connect_cluster("guarded")
