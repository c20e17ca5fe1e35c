# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connectors that move to another Connect, with their data; and what looks like a move and is none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from testbed import troubled
from testbed.connect import ConnectCluster
from testbed.faults import Answer, Drop, FaultProxy, Hold, Rule
from testbed.stack import Stack
from tests.e2e.bystander import untouched
from tests.e2e.world import SOURCE, World, condition, labels

pytestmark = pytest.mark.timeout(300)

SINK = "org.apache.kafka.connect.file.FileStreamSinkConnector"
TEXT = "org.apache.kafka.connect.storage.StringConverter"
WRITES = "POST|PUT|PATCH|DELETE"


@pytest.fixture(scope="module")
def elsewhere(stack: Stack) -> Iterator[ConnectCluster]:
    """Another Connect on the same Kafka."""
    with stack.connect_cluster("moves") as running:
        yield running


@pytest.fixture(scope="module")
def proxies(stack: Stack, elsewhere: ConnectCluster) -> Iterator[dict[str, FaultProxy]]:
    """Another address of each of the two. They outlive the objects."""
    with ExitStack() as running:
        yield {
            "here": running.enter_context(FaultProxy(stack.connect.url)),
            "there": running.enter_context(FaultProxy(elsewhere.url)),
        }


@pytest.fixture(autouse=True)
def nothing_else_is_touched(world: World, elsewhere: ConnectCluster, proxies: dict[str, FaultProxy]) -> Iterator[None]:
    for proxy in proxies.values():
        proxy.clear()
        proxy.forget()
    with untouched(world, world.stack.connect, elsewhere):
        yield


def refer(world: World, name: str, to: str, **spec: Any) -> None:
    """Name a connection."""
    world.patch(name, {"spec": {"connectClusterRef": {"name": to}, **spec}})


def wait_moved(world: World, name: str, to: str) -> dict[str, Any]:
    """Wait until nothing is left of the move."""

    def has_moved() -> bool:
        status = (world.get(name) or {}).get("status", {})
        return status.get("connectCluster", {}).get("name") == to and "movedFrom" not in status

    world.until(has_moved, f"{name} has moved to {to}")
    status: dict[str, Any] = world.wait_reason(name, "Stopped")["status"]
    return status


def exists(cluster: ConnectCluster, name: str) -> bool:
    """Whether a connector is there."""
    return cluster.request("GET", f"/connectors/{name}/config").ok


def events(world: World, name: str, reason: str) -> list[str]:
    """The messages of Events of an object."""
    items = world.api.get("/api/v1/namespaces/default/events")["items"]
    return [one["message"] for one in items if one["involvedObject"]["name"] == name and one["reason"] == reason]


def test_a_source_and_a_sink_move_and_nothing_is_lost_or_read_twice(world: World, elsewhere: ConnectCluster, tmp_path: Path) -> None:
    read, written = tmp_path / "read.txt", tmp_path / "written.txt"
    lines: list[str] = []

    def append(*more: str) -> None:
        with read.open("a") as file:
            file.writelines(f"{line}\n" for line in more)
        lines.extend(more)

    def has_all() -> bool:
        return written.exists() and written.read_text().splitlines() == lines

    append("one", "two", "three")
    world.create_cluster("here")
    world.create_cluster("there", url=elsewhere.url)
    texts = {"key.converter": TEXT, "value.converter": TEXT}
    source = {"file": str(read), "topic": "moving-lines", **texts}
    sink = {"file": str(written), "topics": "moving-lines", "consumer.override.auto.offset.reset": "earliest", **texts}
    world.create(world.manifest("lines", cluster="here", state="running", config=source))
    world.create(world.manifest("words", cluster="here", state="running", config=sink, **{"class": SINK}))
    world.until(has_all, "the first lines have come through")

    # While it runs it does not move, and the steps are told.
    refer(world, "lines", "there")
    message = condition(world.wait_reason("lines", "InvalidSpec"), "Ready")["message"]
    assert "Set state: stopped, list its offsets" in message
    assert "KafkaConnectCluster default/here" in message
    assert "KafkaConnectCluster default/there" in message
    refer(world, "lines", "here", state="stopped")
    world.patch("words", {"spec": {"state": "stopped"}})
    for name in ("lines", "words"):
        world.wait_reason(name, "Stopped")
    assert not exists(elsewhere, "lines")
    offsets = world.connect("GET", "/connectors/lines/offsets").json()
    assert offsets["offsets"]

    for name in ("lines", "words"):
        refer(world, name, "there")
    for name in ("lines", "words"):
        status = wait_moved(world, name, "there")
        assert (status["ownership"], status["url"]) == ("Created", elsewhere.url)
        assert world.config(name) is None
        assert exists(elsewhere, name)
        world.until(lambda name=name: len(events(world, name, "Moved")) == 1, "an Event tells of the move")  # type: ignore[misc]
        writes = [(one["action"], one["url"]) for one in world.writes(name)]
        assert writes[-2:] == [("create", elsewhere.url), ("delete", world.url)]
    elsewhere.request("PATCH", "/connectors/lines/offsets", offsets).raise_for_status()
    append("four", "five")
    for name in ("lines", "words"):
        world.patch(name, {"spec": {"state": "running"}})
    for name in ("lines", "words"):
        world.wait_reason(name, "Running")
    world.until(has_all, "the other lines have come through, once each")
    append("six")
    world.until(has_all, "the last line has come through")


def test_another_name_for_the_same_connect_is_no_move(world: World, proxies: dict[str, FaultProxy]) -> None:
    """From labels to a reference and back, to another address, and a changed url: the connector runs on."""
    world.create_cluster("here")
    world.create_cluster("alias", url=proxies["here"].url)
    world.create(world.manifest("stays", state="running", config={"file": "/etc/hostname", "topic": "stays"}))
    world.wait_reason("stays", "Running")
    number = len(world.writes("stays"))

    def is_at(url: str, kind: str) -> None:
        world.until(lambda: (world.get("stays") or {})["status"]["url"] == url, f"it is at {url}")
        status = world.wait_reason("stays", "Running")["status"]
        assert status["ownership"] == "Created"
        assert kind in status
        assert "movedFrom" not in status
        assert len(world.writes("stays")) == number

    bare = dict.fromkeys(labels(world.url))
    world.patch("stays", {"metadata": {"labels": bare}, "spec": {"connectClusterRef": {"name": "here"}}})
    is_at(world.url, "connectCluster")
    refer(world, "stays", "alias")
    is_at(proxies["here"].url, "connectCluster")
    world.patch("stays", {"metadata": {"labels": labels(world.url)}, "spec": {"connectClusterRef": None}})
    is_at(world.url, "endpoint")
    world.patch("stays", {"metadata": {"labels": bare}, "spec": {"connectClusterRef": {"name": "here"}}})
    is_at(world.url, "connectCluster")
    world.patch_cluster("here", {"spec": {"url": proxies["here"].url}})
    is_at(proxies["here"].url, "connectCluster")
    assert proxies["here"].count(WRITES) == 0
    assert world.state("stays") == "RUNNING"
    world.delete("stays")
    world.wait_gone("stays")
    assert world.config("stays") is None


def test_an_old_connect_that_is_away_holds_what_it_has(world: World, elsewhere: ConnectCluster, proxies: dict[str, FaultProxy]) -> None:
    """It is found again when it is back, also by an operator that was killed; and the object is not gone before both connectors are."""
    here, there = proxies["here"], proxies["there"]
    world.create_cluster("old", url=here.url)
    world.create_cluster("new", url=there.url)
    names = ("stays", "goes")
    world.create_all(world.manifest(name, cluster="old") for name in names)
    for name in names:
        world.wait_reason(name, "Stopped")
    here.add(Rule(".*", ".*", Drop()))
    created = there.add(Rule("POST", "/connectors", Hold(after=True), times=1))
    for name in names:
        refer(world, name, "new")
    # The operator dies when the new connector is there, and before it has heard of that.
    created.wait_hit(timeout=60)
    world.until(lambda: any(exists(elsewhere, name) for name in names), "one is at the new place")
    world.stack.operator.kill()
    created.release()
    world.stack.operator.start()
    world.stack.operator.wait_ready()
    for name in names:
        world.wait_reason(name, "Stopped")
        assert exists(elsewhere, name)

    def left_behind(name: str) -> dict[str, Any]:
        found: dict[str, Any] = (world.get(name) or {}).get("status", {}).get("movedFrom", {})
        return found

    for name in names:
        world.until(lambda name=name: left_behind(name).get("reason") == "DeletionBlocked", f"{name} says what is left behind")  # type: ignore[misc]
        assert left_behind(name)["connectCluster"]["name"] == "old"
        assert here.url in left_behind(name)["message"]
        assert world.config(name) is not None
    world.delete("goes")
    world.until(lambda: not exists(elsewhere, "goes"), "the new one is deleted")
    obj = world.wait_reason("goes", "DeletionBlocked")
    assert here.url in condition(obj, "Ready")["message"]
    world.delete_cluster("old")
    world.wait_cluster("old", "DeletionBlocked")

    here.clear()
    world.wait_gone("goes")
    wait_moved(world, "stays", "new")
    assert world.config("goes") is None
    assert world.config("stays") is None
    assert exists(elsewhere, "stays")
    world.until(lambda: world.get_cluster("old") is None, "the old connection is gone")
    assert there.count("POST", "/connectors") == len(names)


def test_another_class_and_another_version(world: World, proxies: dict[str, FaultProxy], tmp_path: Path) -> None:
    """Connect takes another class as an update, from a source to a sink too; a version it takes since 4.1."""
    world.create_cluster("here")
    world.create_cluster("older", url=proxies["here"].url)
    old = {**world.connect("GET", "/").json(), "version": "4.0.2"}
    proxies["here"].add(Rule("GET", "/", Answer(200, json.dumps(old).encode())))
    world.create(world.manifest("changes", cluster="here", state="running", config={"file": "/etc/hostname", "topic": "changes"}))
    world.create(world.manifest("new", cluster="here", version="[9,10)"))
    world.create(world.manifest("old", cluster="older", version="[4,5)"))
    world.wait_reason("changes", "Running")

    message = condition(world.wait_reason("new", "PluginNotFound"), "Ready")["message"]
    assert f"{SOURCE} in version [9,10)" in message
    message = condition(world.wait_reason("old", "InvalidSpec"), "Ready")["message"]
    assert "4.1 or newer" in message
    assert "remove spec.version" in message
    assert proxies["here"].count(WRITES) == 0
    world.patch("new", {"spec": {"version": "[4,5)"}})
    assert world.wait_reason("new", "Stopped")["status"]["pluginVersion"].startswith("4.")
    assert (world.config("new") or {})["connector.plugin.version"] == "[4,5)"
    world.patch("old", {"spec": {"version": None}})
    world.wait_reason("old", "Stopped")

    world.patch("changes", {"spec": {"class": troubled.CLASS, "config": None}})
    world.wait_reason("changes", "Running")
    assert (world.get("changes") or {})["status"]["type"] == "source"
    config = {"file": str(tmp_path / "out"), "topics": "changes"}
    world.patch("changes", {"spec": {"class": SINK, "config": config}})
    status = world.wait_reason("changes", "Running")["status"]
    assert (status["type"], status["ownership"], status["tasksReady"]) == ("sink", "Created", "1/1")
    assert (world.config("changes") or {})["connector.class"] == SINK
    assert [one["action"] for one in world.writes("changes")] == ["create", "update", "update"]
