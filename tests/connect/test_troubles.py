# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules for one request say when something is wrong: a cause in a sentence, without a traceback and without a secret."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from testbed.connect import ConnectCluster
from testbed.faults import Answer, Drop, Fault, FaultProxy, Hold, Rule
from testbed.ports import free_ports
from tests.connect.conftest import Ansible, Rest, task

# Many tasks of Ansible, on a machine that may have much else to do.
pytestmark = pytest.mark.timeout(300)

NAME = "orders->lines"
MODULES: dict[str, dict[str, Any]] = {
    "connector_info": {"names": [NAME]},
    "connector_restart": {"name": NAME},
    "connector_offsets": {"name": NAME, "state": "absent"},
    "connector_offsets_info": {"name": NAME},
    "connector_validation_info": {"connector_class": "FileStreamSource", "config": {"topic": "lines", "my.password": "sesame-1"}},
    "cluster_info": {},
    "logger": {"name": "org.apache.kafka.connect.runtime.Worker", "level": "DEBUG"},
}
# What becomes of every request, and the reason that is given. A page is no answer of Connect's, whatever its status says.
FAULTS: dict[str, tuple[Fault, str]] = {
    "page": (Answer(200, b"<html>sesame-2</html>", {"Content-Type": "text/html"}), "NotConnect"),
    "no credentials": (Answer(401, b"User cannot access the resource."), "ConnectUnauthorized"),
    "not allowed": (Answer(403, b'{"error_code": 403, "message": "sesame-3"}'), "ConnectForbidden"),
}


@contextmanager
def proxies(connect: ConnectCluster, *faults: Rule) -> Iterator[list[FaultProxy]]:
    """One proxy with each of these faults."""
    with ExitStack() as stack:
        made = [stack.enter_context(FaultProxy(connect.url)) for _ in faults]
        for proxy, fault in zip(made, faults, strict=True):
            proxy.add(fault)
        yield made


def test_what_stands_in_the_way(ansible: Ansible, connect: ConnectCluster) -> None:
    with proxies(connect, *(Rule(".*", ".*", fault) for fault, _ in FAULTS.values())) as made:
        urls = {f"http://127.0.0.1:{free_ports(1)[0]}": "ConnectUnreachable"}
        urls.update({proxy.url: reason for proxy, (_, reason) in zip(made, FAULTS.values(), strict=True)})
        cases = [(module, options, url) for module, options in MODULES.items() for url in urls]
        secrets = {"token": "sesame-4"}
        played = ansible.plays(*(task(module, {**options, **secrets, "url": url}, diff=True) for module, options, url in cases), verbose="-vvv")
    for (module, options, url), one in zip(cases, played, strict=True):
        assert (one.failed, one.result["changed"], one.result["error"]["reason"]) == (True, False, urls[url]), (module, one.result)
        assert url in one.result["msg"]
        assert one.result["msg"].endswith(one.result["error"]["message"])
        subject = f"connector {NAME}: " if "name" in options and module != "logger" else ""
        assert one.result["msg"].startswith(subject)
        assert "exception" not in one.result
        assert "Traceback" not in one.output
        assert "sesame" not in one.output


@pytest.mark.parametrize(
    "fault",
    [
        Answer(409, b'{"error_code": 409, "message": "Cannot complete request momentarily due to stale configuration"}'),
        Answer(500, b'{"error_code": 500, "message": "Request cannot be completed because a rebalance is expected"}'),
    ],
    ids=["409", "500"],
)
def test_what_passes_is_waited_for(ansible: Ansible, rest: Rest, connect: ConnectCluster, fault: Answer) -> None:
    config = {"file": "/nowhere", "topic": "lines"}
    ansible.play({"name": NAME, "connector_class": "FileStreamSource", "run_state": "stopped", "config": config})
    with proxies(connect, *(Rule(".*", "/(connector|admin).*", fault, times=1) for _ in MODULES)) as made:
        played = ansible.plays(*(task(module, {**options, "url": proxy.url}) for (module, options), proxy in zip(MODULES.items(), made, strict=True)))
    assert [(module, one.result.get("error")) for module, one in zip(MODULES, played, strict=True)] == [(module, None) for module in MODULES]
    assert rest.states(NAME) == ["STOPPED"]


def test_what_does_not_answer(ansible: Ansible, connect: ConnectCluster) -> None:
    reading = {module: options for module, options in MODULES.items() if module != "connector_validation_info"}
    with proxies(connect, Rule("GET", ".*", Hold())) as (proxy,):
        played = ansible.plays(*(task(module, {**options, "url": proxy.url, "timeout": 1}) for module, options in reading.items()))
    assert [one.result["error"]["reason"] for one in played] == ["ConnectTimeout"] * len(reading)


def test_a_restart_whose_answer_is_lost_is_not_called_done(ansible: Ansible, connect: ConnectCluster) -> None:
    ansible.play({"name": NAME, "connector_class": "FileStreamSource", "config": {"file": "/nowhere", "topic": "lines"}})
    with proxies(connect, Rule("POST", ".*", Drop(after=True))) as (proxy,):
        (played,) = ansible.plays(task("connector_restart", {"name": NAME, "url": proxy.url}))
        assert proxy.count("POST") == 1
    assert played.failed
    assert "whether it took effect is not known" in played.result["msg"]
