# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong gets the right reason, a message that a person can act on, and recovers by itself; no run fails."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from testbed.faults import Answer, FaultProxy, Rule
from testbed.ports import free_ports
from tests.e2e.world import GROUP, World, condition

UNKNOWN = ("Unknown", "Unknown")


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


def test_connect_down_and_back(world: World) -> None:
    worker = world.stack.connect.workers[0]
    world.create(world.manifest("outage"))
    world.wait_reason("outage", "Stopped")
    worker.stop()
    world.patch("outage", {"spec": {"config": {"topic": "changed"}}})
    obj = world.wait_reason("outage", "ConnectUnreachable")
    assert ready(obj) == UNKNOWN
    assert condition(obj, "Reconciling")["status"] == "True"
    assert worker.url in condition(obj, "Ready")["message"]
    assert "connection refused" in condition(obj, "Ready")["message"]
    assert "connectorState" not in obj["status"]
    worker.start()
    worker.wait_healthy()
    world.wait_reason("outage", "Stopped", timeout=90)
    assert (world.config("outage") or {})["topic"] == "changed"


def test_deletion_waits_for_connect(world: World) -> None:
    worker = world.stack.connect.workers[0]
    world.create(world.manifest("waits"))
    world.wait_reason("waits", "Stopped")
    worker.stop()
    world.delete("waits")
    obj = world.wait_reason("waits", "DeletionBlocked")
    assert "connection refused" in condition(obj, "Ready")["message"]
    assert condition(obj, "Reconciling")["status"] == "True"
    worker.start()
    worker.wait_healthy()
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


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(401, b"User cannot access the resource.", {"Content-Type": "application/json"}), "ConnectUnauthorized"),
        (error(403, "no"), "ConnectForbidden"),
        (Answer(429, b"slow down", {"Retry-After": "1"}), "ConnectThrottled"),
        (Answer(503, b"", {"Content-Type": "text/plain"}), "ConnectUnreachable"),
        (Answer(302, b"", {"Location": "http://127.0.0.1:1/"}), "NotConnect"),
    ],
)
def test_answers_of_the_whole_connect(world: World, proxy: FaultProxy, answer: Answer, reason: str) -> None:
    world.create(world.manifest("answers", url=proxy.url))
    world.wait_reason("answers", "Stopped")
    rule = proxy.add(Rule(".*", ".*", answer))
    world.patch("answers", {"spec": {"config": {"topic": "changed"}}})
    obj = world.wait_reason("answers", reason)
    assert ready(obj) == UNKNOWN
    assert proxy.url in condition(obj, "Ready")["message"]
    assert proxy.count("PUT") == 0
    proxy.remove(rule)
    world.wait_reason("answers", "Stopped")
    assert (world.config("answers") or {})["topic"] == "changed"


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


@pytest.mark.parametrize(
    "answer",
    [
        error(409, "Cannot complete request momentarily due to stale configuration (typically caused by a concurrent config change)"),
        error(409, "Cannot complete request because of a conflicting operation (e.g. worker rebalance)"),
        error(500, "IO Error trying to forward REST request: java.net.ConnectException: Connection refused"),
    ],
)
def test_rebalance_is_waited_for(world: World, proxy: FaultProxy, answer: Answer) -> None:
    world.create(world.manifest("rebalance", url=proxy.url))
    world.wait_reason("rebalance", "Stopped")
    rule = proxy.add(Rule("PUT|POST|DELETE", ".*", answer))
    world.patch("rebalance", {"spec": {"config": {"topic": "changed"}}})
    obj = world.wait_reason("rebalance", "ConnectRebalancing")
    assert condition(obj, "Reconciling")["status"] == "True"
    proxy.remove(rule)
    world.wait_reason("rebalance", "Stopped")
    assert (world.config("rebalance") or {})["topic"] == "changed"


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


@pytest.mark.parametrize("port", [8888, 5050])
@pytest.mark.parametrize("host", ["127.0.0.1", *loopback_names()])
def test_the_operators_own_ports_are_never_spoken_to(world: World, host: str, port: int) -> None:
    world.create(world.manifest("own-port", url=f"http://{host}:{port}"))
    obj = world.wait_reason("own-port", "EndpointNotAllowed")
    assert "kubernetes" not in json.dumps(condition(obj, "Ready")["message"]).lower()


@pytest.mark.parametrize("host", ["169.254.169.254", "0.0.0.0"])
def test_addresses_that_nobody_listed(world: World, host: str) -> None:
    """The unspecified address leads to this very host; the other one to a cloud's metadata service, where there is one."""
    world.stack.configure({"allowedEndpoints": None})
    world.create(world.manifest("metadata", url=f"http://{host}:{world.stack.connect.workers[0].port}"))
    world.until(lambda: bool(ready(world.get("metadata") or {})), "it is judged")
    reason = condition(world.get("metadata") or {}, "Ready")["reason"]
    assert reason == "EndpointNotAllowed" or (host.startswith("169.") and reason == "ConnectUnreachable")
    assert world.connectors() == set()


def test_loopback_needs_to_be_listed(world: World) -> None:
    world.stack.configure({"allowedEndpoints": None})
    world.create(world.manifest("loopback"))
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
