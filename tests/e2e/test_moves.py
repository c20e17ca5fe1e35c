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
LIST = r"/connectors\?expand=.*"
# Longer than any test.
NEVER = "3600s"


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
    """Wait until nothing is left of the move to a connection, or to the address that labels name."""

    def has_moved() -> bool:
        status = (world.get(name) or {}).get("status", {})
        return status.get("connectCluster", {}).get("name", status.get("url")) == to and "movedFrom" not in status

    world.until(has_moved, f"{name} has moved to {to}")
    status: dict[str, Any] = world.wait_reason(name, "Stopped")["status"]
    return status


def exists(cluster: ConnectCluster, name: str) -> bool:
    """Whether a connector is there."""
    return cluster.request("GET", f"/connectors/{name}/config").ok


def actions(world: World, name: str) -> list[tuple[str, str]]:
    """What was written for a connector, and where."""
    return [(one["action"], one["url"]) for one in world.writes(name)]


def nothing_more_is_done(world: World, proxies: dict[str, FaultProxy], periods: int = 3) -> None:
    """Periods pass, and neither Connect nor Kubernetes is written to."""

    def pass_by(count: int) -> None:
        before = {name: proxy.count("GET", LIST) for name, proxy in proxies.items()}
        world.until(lambda: all(proxy.count("GET", LIST) >= before[name] + count for name, proxy in proxies.items()), f"{count} periods")

    def versions() -> dict[str, str]:
        return {obj["metadata"]["name"]: obj["metadata"]["resourceVersion"] for obj in world.all()}

    # Whatever has just been done was seen once as it is now.
    pass_by(2)
    for proxy in proxies.values():
        proxy.forget()
    quiet = versions()
    pass_by(periods)
    assert versions() == quiet
    assert [one.path for proxy in proxies.values() for one in proxy.matching(WRITES)] == []


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
        assert world.wait_event(name, "Moved")["type"] == "Normal"
        assert actions(world, name)[-2:] == [("create", elsewhere.url), ("delete", world.url)]
    elsewhere.request("PATCH", "/connectors/lines/offsets", offsets).raise_for_status()
    append("four", "five")
    for name in ("lines", "words"):
        world.patch(name, {"spec": {"state": "running"}})
    for name in ("lines", "words"):
        world.wait_reason(name, "Running")
    world.until(has_all, "the other lines have come through, once each")
    append("six")
    world.until(has_all, "the last line has come through")


def test_a_move_that_is_planned_is_the_one_that_is_made(world: World, elsewhere: ConnectCluster, proxies: dict[str, FaultProxy]) -> None:
    """By the object, or by the connection that it is to move to: until then not one write is sent, to neither of the two."""
    here, there = proxies["here"], proxies["there"]
    names = ("by-object", "by-connection")
    world.create_cluster("old", url=here.url)
    world.create_cluster("new", url=there.url)
    world.create_cluster("planning", url=there.url, mode="Plan")
    world.create_all(world.manifest(name, cluster="old") for name in names)
    for name in names:
        world.wait_reason(name, "Stopped")
    here.forget()
    targets = {"by-object": "new", "by-connection": "planning"}
    refer(world, "by-object", "new", mode="Plan")
    refer(world, "by-connection", "planning")
    for name, target in targets.items():
        obj = world.wait_reason(name, "PlanOnly")
        assert "stays on the KafkaConnectCluster default/old until it can move" in condition(obj, "Ready")["message"]
        keys = {"connector.class": SOURCE, "file": "/dev/null", "name": name, "tasks.max": "1", "topic": f"topic-{name}"}
        assert obj["status"]["plan"] == {
            "actions": ["create", "delete"],
            "from": "default/old",
            "to": f"default/{target}",
            "class": SOURCE,
            "state": {"after": "stopped"},
            "changes": [{"key": key, "change": "added", "after": value} for key, value in sorted(keys.items())],
        }
        assert "movedFrom" not in obj["status"]
    nothing_more_is_done(world, proxies)
    assert not exists(elsewhere, "by-object")

    world.patch("by-object", {"spec": {"mode": "Apply"}})
    world.patch_cluster("planning", {"spec": {"mode": "Apply"}})
    for name, target in targets.items():
        assert "plan" not in wait_moved(world, name, target)
        assert actions(world, name) == [("create", here.url), ("create", there.url), ("delete", here.url)]
        assert (world.config(name), exists(elsewhere, name)) == (None, True)
    nothing_more_is_done(world, proxies)


def test_an_edit_of_labels_alone_moves_a_connector(world: World, elsewhere: ConnectCluster, proxies: dict[str, FaultProxy]) -> None:
    """It raises no event: the next poll sees it, or an edit of an annotation before that."""
    here, there = proxies["here"].url, proxies["there"].url
    world.create(world.manifest("polled", url=here))
    world.wait_reason("polled", "Stopped")
    world.patch("polled", {"metadata": {"labels": labels(there)}})
    wait_moved(world, "polled", there)
    assert actions(world, "polled") == [("create", here), ("create", there), ("delete", here)]
    assert (world.config("polled"), exists(elsewhere, "polled")) == (None, True)

    world.stack.configure({"pollPeriod": NEVER})
    world.create(world.manifest("told", url=here))
    world.wait_reason("told", "Stopped")
    world.patch("told", {"metadata": {"labels": labels(there)}})
    world.patch("told", {"metadata": {"annotations": {"example.org/moved": "now"}}})
    wait_moved(world, "told", there)
    assert (world.config("told"), exists(elsewhere, "told")) == (None, True)


def test_each_place_sees_its_own_credentials_only(world: World, elsewhere: ConnectCluster, proxies: dict[str, FaultProxy]) -> None:
    here, there = proxies["here"], proxies["there"]
    for name, proxy in proxies.items():
        world.set_secret(name, {"token": f"token-of-{name}"})
        world.create_cluster(name, url=proxy.url, authentication={"bearer": {"secretRef": {"name": name}}})
    world.create(world.manifest("secret", cluster="here"))
    world.wait_reason("secret", "Stopped")
    refer(world, "secret", "there")
    wait_moved(world, "secret", "there")
    assert exists(elsewhere, "secret")
    [deletion] = here.matching("DELETE")
    assert deletion.headers["Authorization"] == "Bearer token-of-here"
    for name, proxy in proxies.items():
        assert {one.headers.get("Authorization") for one in proxy.requests} == {f"Bearer token-of-{name}"}
    assert there.count("POST", "/connectors") == 1


def test_what_was_adopted_stays_at_the_old_place(world: World, elsewhere: ConnectCluster, proxies: dict[str, FaultProxy]) -> None:
    spec = world.manifest("adopted")["spec"]
    config = {"connector.class": spec["class"], "tasks.max": "1", **spec["config"]}
    world.connect("POST", "/connectors", {"name": "adopted", "config": config, "initial_state": "STOPPED"}).raise_for_status()
    for name, proxy in proxies.items():
        world.create_cluster(name, url=proxy.url)
    world.create(world.manifest("adopted", cluster="here"))
    assert world.wait_reason("adopted", "Stopped")["status"]["ownership"] == "Adopted"
    refer(world, "adopted", "there")
    assert wait_moved(world, "adopted", "there")["ownership"] == "Created"
    event = world.wait_event("adopted", "Orphaned")
    assert event["type"] == "Normal"
    assert event["message"] == "the connector adopted stays on the KafkaConnectCluster default/here: it was not made by this object"
    assert world.config("adopted") == {**config, "name": "adopted"}
    assert exists(elsewhere, "adopted")
    assert proxies["here"].matching(WRITES) == []
    nothing_more_is_done(world, proxies)


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
    # One that does not take it is not its place, whatever its address.
    world.create_namespace("moves-others")
    world.create_cluster("shut", namespace="moves-others", url=proxies["here"].url)
    world.patch("stays", {"spec": {"connectClusterRef": {"name": "shut", "namespace": "moves-others"}}})
    status = world.wait_reason("stays", "NamespaceNotAllowed")["status"]
    assert (status["connectCluster"]["name"], status["ownership"], status["tasksReady"]) == ("alias", "Created", "1/1")
    world.patch("stays", {"spec": {"connectClusterRef": {"name": "alias", "namespace": None}}})
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
