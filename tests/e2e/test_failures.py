# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong gets the right reason, a message that a person can act on, and recovers by itself; no run fails."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from testbed.faults import Answer, FaultProxy, Rule
from testbed.ports import free_ports
from tests.e2e.world import GROUP, World, condition

UNKNOWN = ("Unknown", "Unknown")
# How long a worker asks to be left alone, and until the last of those that are on their way has heard of it.
ASKED_SECONDS, HEARD_SECONDS = 2.0, 0.5


@pytest.fixture(autouse=True)
def no_run_fails(world: World) -> Iterator[None]:
    """A failed run means a bug of ours, whatever Connect does."""
    yield
    assert world.failed_runs() == []


def ready(obj: Mapping[str, Any]) -> tuple[str, ...]:
    """The statuses of Ready and Synced, as far as they are there."""
    return tuple(condition(obj, kind)["status"] for kind in ("Ready", "Synced") if condition(obj, kind))


def error(code: int, message: str) -> Answer:
    """An answer as Connect gives it."""
    return Answer(code, json.dumps({"error_code": code, "message": message}).encode())


# By the reason that they give.
ANSWERS = {
    "ConnectUnauthorized": Answer(401, b"User cannot access the resource.", {"Content-Type": "application/json"}),
    "ConnectForbidden": error(403, "no"),
    "ConnectThrottled": Answer(429, b"slow down", {"Retry-After": "1"}),
    "ConnectUnreachable": Answer(503, b"", {"Content-Type": "text/plain"}),
    "NotConnect": Answer(302, b"", {"Location": "http://127.0.0.1:1/"}),
}
REBALANCES = {
    "stale": error(409, "Cannot complete request momentarily due to stale configuration (typically caused by a concurrent config change)"),
    "conflict": error(409, "Cannot complete request because of a conflicting operation (e.g. worker rebalance)"),
    "forwarding": error(500, "IO Error trying to forward REST request: java.net.ConnectException: Connection refused"),
}
Proxies = Callable[[int], list[FaultProxy]]


@pytest.fixture
def proxies(world: World) -> Iterator[Proxies]:
    """Several ways to the same Connect: different faults at the same time."""
    with ExitStack() as running:
        yield lambda count: [running.enter_context(FaultProxy(world.stack.connect.url)) for _ in range(count)]


def begin_to_answer(world: World, ways: Mapping[str, FaultProxy], methods: str, answers: Mapping[str, Answer]) -> list[Rule]:
    """For each way a connector that is there, and then an edit that meets the answer."""
    world.create_all(world.manifest(name.lower(), url=way.url) for name, way in ways.items())
    for name in ways:
        world.wait_reason(name.lower(), "Stopped")
    rules = [way.add(Rule(methods, ".*", answers[name])) for name, way in ways.items()]
    for name in ways:
        world.patch(name.lower(), {"spec": {"config": {"topic": "changed"}}})
    return rules


def end_of_answers(world: World, ways: Mapping[str, FaultProxy], rules: Iterable[Rule]) -> None:
    """Without the answers the edits are carried out."""
    for way, rule in zip(ways.values(), rules, strict=True):
        way.remove(rule)
    for name in ways:
        world.wait_reason(name.lower(), "Stopped")
        assert (world.config(name.lower()) or {})["topic"] == "changed"


def test_connect_down_and_back(world: World) -> None:
    worker = world.stack.connect.workers[0]
    world.create_all(world.manifest(name) for name in ("outage", "waits"))
    for name in ("outage", "waits"):
        world.wait_reason(name, "Stopped")
    worker.stop()
    world.patch("outage", {"spec": {"config": {"topic": "changed"}}})
    world.delete("waits")
    obj = world.wait_reason("outage", "ConnectUnreachable")
    assert ready(obj) == UNKNOWN
    assert condition(obj, "Reconciling")["status"] == "True"
    assert worker.url in condition(obj, "Ready")["message"]
    assert "connection refused" in condition(obj, "Ready")["message"]
    assert "connectorState" not in obj["status"]
    waiting = world.wait_reason("waits", "DeletionBlocked")
    assert "connection refused" in condition(waiting, "Ready")["message"]
    assert condition(waiting, "Reconciling")["status"] == "True"
    worker.start()
    worker.wait_healthy()
    world.wait_reason("outage", "Stopped", timeout=90)
    assert (world.config("outage") or {})["topic"] == "changed"
    world.wait_gone("waits", timeout=60)
    assert world.config("waits") is None


def test_never_created_goes_at_once(world: World) -> None:
    [port] = free_ports(1)
    world.create(world.manifest("nowhere", url=f"http://127.0.0.1:{port}"))
    obj = world.wait_reason("nowhere", "ConnectUnreachable")
    assert ready(obj) == UNKNOWN
    world.delete("nowhere")
    world.wait_gone("nowhere")


def test_something_that_is_no_connect(world: World, proxy: FaultProxy) -> None:
    page = Answer(404, b"<html>Nothing here, says s3cret</html>", {"Content-Type": "text/html"})
    rule = proxy.add(Rule(".*", ".*", page))
    world.create(world.manifest("html", url=proxy.url))
    obj = world.wait_reason("html", "NotConnect")
    assert condition(obj, "Stalled")["status"] == "True"
    assert "s3cret" not in json.dumps(obj["status"])
    assert proxy.count("POST") == 0
    proxy.remove(rule)
    world.wait_reason("html", "Stopped", timeout=90)


def test_answers_of_the_whole_connect(world: World, proxies: Proxies) -> None:
    ways = dict(zip(ANSWERS, proxies(len(ANSWERS)), strict=True))
    rules = begin_to_answer(world, ways, ".*", ANSWERS)
    for reason, way in ways.items():
        obj = world.wait_reason(reason.lower(), reason)
        assert ready(obj) == UNKNOWN
        assert way.url in condition(obj, "Ready")["message"]
        assert way.count("PUT") == 0
    end_of_answers(world, ways, rules)


def test_refused_configuration_names_its_keys(world: World) -> None:
    good = {"file": "/dev/null", "topic": "refused"}
    world.create(world.manifest("refused", state="running", config=good))
    world.wait_reason("refused", "Running")
    bad = {"batch.size": "s3cret-not-a-number", "errors.tolerance": "s0me"}
    world.patch("refused", {"spec": {"config": bad}})
    obj = world.wait_reason("refused", "InvalidConfig")
    message = condition(obj, "Ready")["message"]
    assert "batch.size must be a number of type INT" in message
    assert "errors.tolerance" in message
    assert "s3cret" not in json.dumps(obj["status"])
    assert condition(obj, "Stalled")["status"] == "True"
    assert world.state("refused") == "RUNNING", "the running connector is untouched"
    refused = [write for write in world.writes("refused") if write["result"] == "InvalidConfig"]
    runs = world.operator_log().count("Ask for the next run")
    world.until(lambda: world.operator_log().count("Ask for the next run") >= runs + 2, "two more runs")
    assert [write for write in world.writes("refused") if write["result"] == "InvalidConfig"] == refused, "it is not sent again so soon"
    world.patch("refused", {"spec": {"config": dict.fromkeys(bad)}})
    world.wait_reason("refused", "Running")


def test_refused_creation_leaves_no_claim(world: World) -> None:
    world.create(world.manifest("never", config={"file": "/dev/null", "topic": "t", "batch.size": "many"}))
    obj = world.wait_reason("never", "InvalidConfig")
    assert "ownership" not in obj["status"]
    world.delete("never")
    world.wait_gone("never")


def test_unknown_class(world: World) -> None:
    manifest = world.manifest("unknown-class")
    manifest["spec"]["class"] = "com.acme.Nope"
    world.create(manifest)
    obj = world.wait_reason("unknown-class", "PluginNotFound")
    assert "com.acme.Nope" in condition(obj, "Ready")["message"]
    assert "PluginDesc" not in condition(obj, "Ready")["message"]
    world.patch("unknown-class", {"spec": {"class": world.manifest("x")["spec"]["class"]}})
    world.wait_reason("unknown-class", "Stopped")


def test_rebalance_is_waited_for(world: World, proxies: Proxies) -> None:
    ways = dict(zip(REBALANCES, proxies(len(REBALANCES)), strict=True))
    rules = begin_to_answer(world, ways, "PUT|POST|DELETE", REBALANCES)
    for name in ways:
        obj = world.wait_reason(name, "ConnectRebalancing")
        assert condition(obj, "Reconciling")["status"] == "True"
    end_of_answers(world, ways, rules)


def test_rebalance_on_reading_is_never_absence(world: World, proxy: FaultProxy) -> None:
    world.create(world.manifest("reading", url=proxy.url))
    world.wait_reason("reading", "Stopped")
    posts = proxy.count("POST")
    rule = proxy.add(Rule("GET", r"/connectors/[^/?]+(/config)?", error(500, "Request cannot be completed because a rebalance is expected"), times=4))
    world.patch("reading", {"spec": {"config": {"topic": "changed"}}})
    world.wait_reason("reading", "Stopped")
    assert rule.hits == 4
    assert (world.config("reading") or {})["topic"] == "changed"
    assert proxy.count("POST") == posts


def test_failed_tasks_are_told(world: World) -> None:
    world.create(world.manifest("fails", state="running", config={"file": "/nonexistent/s3cret", "topic": "t", "value.converter": "no.Such"}))
    obj = world.wait_reason("fails", "InvalidConfig")
    assert "value.converter" in condition(obj, "Ready")["message"]
    world.patch(
        "fails",
        {
            "spec": {
                "class": "org.apache.kafka.connect.file.FileStreamSinkConnector",
                "config": {"topic": None, "topics": "fails", "file": "/nonexistent/s3cret/file", "value.converter": None},
            }
        },
    )
    obj = world.wait_reason("fails", "TasksFailed")
    assert ready(obj) == ("False", "True")
    [task] = obj["status"]["failedTasks"]
    assert task["id"] == 0
    assert "Exception" in task["reason"]
    assert "s3cret" not in json.dumps(obj["status"])


def loopback_names() -> list[str]:
    """The names of this machine, as its hosts file has them, that lead to itself."""
    lines = [line.split("#")[0].split() for line in Path("/etc/hosts").read_text(encoding="utf-8").splitlines()]
    return sorted({name for fields in lines if fields and fields[0].startswith(("127.", "::1")) for name in fields[1:]})


def test_the_operators_own_ports_are_never_spoken_to(world: World) -> None:
    urls = [f"http://{host}:{port}" for host in ("127.0.0.1", *loopback_names()) for port in (8888, 5050)]
    world.create_all(world.manifest(f"own-port-{number}", url=url) for number, url in enumerate(urls))
    for number in range(len(urls)):
        obj = world.wait_reason(f"own-port-{number}", "EndpointNotAllowed")
        assert "kubernetes" not in json.dumps(condition(obj, "Ready")["message"]).lower()


def test_addresses_that_nobody_listed(world: World) -> None:
    """The unspecified address leads to this very host; the other one to a cloud's metadata service, where there is one."""
    world.stack.configure({"allowedEndpoints": None})
    hosts = {"metadata": "169.254.169.254", "unspecified": "0.0.0.0"}
    world.create_all(world.manifest(name, url=f"http://{host}:{world.stack.connect.workers[0].port}") for name, host in hosts.items())
    world.create(world.manifest("loopback"))
    world.wait_reason("unspecified", "EndpointNotAllowed")
    world.until(lambda: bool(ready(world.get("metadata") or {})), "it is judged")
    assert condition(world.get("metadata") or {}, "Ready")["reason"] in ("EndpointNotAllowed", "ConnectUnreachable")
    obj = world.wait_reason("loopback", "EndpointNotAllowed")
    assert "loopback" in condition(obj, "Ready")["message"]
    assert world.connectors() == set()
    world.stack.configure({"allowedEndpoints": "127.0.0.0/8"})
    world.wait_reason("loopback", "Stopped", timeout=90)


def test_settings_that_cannot_be_read_allow_nothing(world: World) -> None:
    world.stack.configure({"allowedEndpoints": "http://wrong/"})
    world.create(world.manifest("settings"))
    obj = world.wait_reason("settings", "EndpointNotAllowed")
    assert "allowedEndpoints" in condition(obj, "Ready")["message"]


def test_wrong_port_label(world: World) -> None:
    manifest = world.manifest("wrong-port")
    manifest["metadata"]["labels"][f"{GROUP}/api-port"] = "http"
    world.create(manifest)
    obj = world.wait_reason("wrong-port", "InvalidSpec")
    assert "port" in condition(obj, "Ready")["message"]


def test_other_endpoints_keep_their_pace(world: World, proxy: FaultProxy) -> None:
    """A Connect that answers with an endless body hurts nobody else."""

    def endless() -> Iterator[bytes]:
        while True:
            yield b"[" * 65536

    proxy.add(Rule(".*", ".*", Answer(200, endless)))
    world.create(world.manifest("hostile", url=proxy.url))
    world.create(world.manifest("friendly"))
    world.wait_reason("friendly", "Stopped", timeout=30)
    obj = world.wait_reason("hostile", "NotConnect")
    assert "[[" not in json.dumps(obj["status"])


@pytest.mark.timeout(500)
def test_who_asks_for_time_gets_it_from_all(world: World, proxy: FaultProxy) -> None:
    """One of ten repairs is answered by 429 with Retry-After: until that is over nobody begins a request."""
    names = [f"throttled-{number}" for number in range(10)]
    world.create_cluster("throttled", url=proxy.url, syncPeriod="24h")
    world.create_all(world.manifest(name, cluster="throttled") for name in names)
    for name in names:
        world.wait_reason(name, "Stopped")
    # The first period of the connection is over, and does not repair what is changed now.
    world.wait_cluster("throttled")
    for name in names:
        assert world.connect("PUT", f"/connectors/{name}/config", {**(world.config(name) or {}), "topic": "by hand"}).ok
    proxy.add(Rule("PUT", ".*/config", Answer(429, b"slow down", {"Retry-After": f"{ASKED_SECONDS:g}"}), times=1))
    proxy.forget()
    # One pass over all of them.
    world.patch_cluster("throttled", {"spec": {"syncPeriod": "23h"}})
    world.until(lambda: all((world.config(name) or {})["topic"] == f"topic-{name}" for name in names), "all are repaired")
    [answered] = [one.ended for one in proxy.matching("PUT") if one.status == 429]
    assert answered is not None
    later = [round(one.began - answered, 2) for one in proxy.requests if one.began > answered + HEARD_SECONDS]
    assert later, "two of the ten, and the one that was to wait, are sent after that"
    assert min(later) >= ASKED_SECONDS, later
    assert proxy.count("PUT") == len(names) + 1
