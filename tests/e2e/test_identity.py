# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the operator does not believe at once: another Connect, many absences, a worker that starts, a difference that stays.

These take their time and have nothing to do with each other, so all of them run at once, on connections of their own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from testbed.connect import ConnectCluster
from testbed.faults import Answer, Drop, FaultProxy, Rule
from testbed.stack import Stack
from tests.e2e.bystander import untouched
from tests.e2e.conftest import SETTINGS
from tests.e2e.world import GROUP, World, condition

WRITES = "POST|PUT|PATCH|DELETE"
LIST = r"/connectors\?expand=.*"
ACCEPT = f"{GROUP}/accept-cluster"
CHANGED = "ConnectClusterChanged"
ELSEWHERE = "another-kafka-cluster"
PATIENCE = 150.0


@dataclass(frozen=True)
class Scene:
    """A connection of its own through a proxy of its own, and the Connect behind it."""

    name: str
    world: World
    proxy: FaultProxy
    connect: ConnectCluster
    elsewhere: ConnectCluster

    def names(self, count: int) -> list[str]:
        """The names of so many objects."""
        return [f"{self.name}-{number}" for number in range(count)]

    def begin(self, count: int) -> list[str]:
        """So many stopped connectors on a connection, and all is well."""
        self.world.create_cluster(self.name, url=self.proxy.url)
        names = self.names(count)
        self.world.create_all(self.world.manifest(name, cluster=self.name) for name in names)
        self.all_are(names, "Stopped")
        self.world.wait_cluster(self.name, timeout=PATIENCE)
        self.proxy.forget()
        return names

    def all_are(self, names: Iterable[str], reason: str) -> None:
        """Wait until all of them have the reason."""
        for name in names:
            self.world.wait_reason(name, reason, timeout=PATIENCE)

    def passes(self, count: int = 2) -> None:
        """Wait until Connect was read so many times more."""
        before = self.proxy.count("GET", LIST)
        self.world.until(lambda: self.proxy.count("GET", LIST) >= before + count, f"{count} periods of {self.name}", PATIENCE)

    def accept(self, value: str) -> None:
        """Accept the Connect that answers now."""
        self.world.patch_cluster(self.name, {"metadata": {"annotations": {ACCEPT: value}}})

    def remove(self, names: Iterable[str]) -> None:
        """Delete connectors past the operator."""
        for name in names:
            self.connect.request("DELETE", f"/connectors/{name}").raise_for_status()

    def live(self, connect: ConnectCluster | None = None) -> set[str]:
        """Which connectors of the scene there are."""
        names = (connect or self.connect).request("GET", "/connectors").json()
        return {name for name in names if name.startswith(f"{self.name}-")}


def another_connect(scene: Scene) -> None:
    world, proxy = scene.world, scene.proxy
    names = scene.begin(6)
    first = (world.get_cluster(scene.name) or {})["status"]["kafkaClusterId"]
    page = {"version": "4.3.1", "commit": "0", "kafka_cluster_id": ELSEWHERE}
    proxy.add(Rule("GET", "/", Answer(200, json.dumps(page).encode())))
    proxy.upstream = scene.elsewhere.url
    *kept, deleted = names
    obj = world.wait_cluster(scene.name, CHANGED)
    assert ELSEWHERE in condition(obj, "Ready")["message"]
    assert first in condition(obj, "Ready")["message"]
    assert obj["status"]["kafkaClusterId"] == first
    scene.all_are(names, CHANGED)
    # Neither an edit nor a new object nor a deletion changes that.
    new = f"{scene.name}-new"
    world.create(world.manifest(new, cluster=scene.name))
    world.patch(names[0], {"spec": {"config": {"topic": "edited"}}})
    world.delete(deleted)
    scene.all_are([new, names[0]], CHANGED)
    world.wait_reason(deleted, "DeletionBlocked", timeout=PATIENCE)
    scene.passes()
    assert proxy.matching(WRITES) == []
    assert scene.live(scene.elsewhere) == set()
    assert all(world.get(name) for name in names)

    scene.accept(ELSEWHERE)
    wanted = [*kept, new]
    scene.all_are(wanted, "Stopped")
    world.wait_gone(deleted, timeout=PATIENCE)
    obj = world.wait_cluster(scene.name)
    assert obj["status"]["kafkaClusterId"] == obj["status"]["acceptedCluster"] == ELSEWHERE
    assert {(world.get(name) or {})["status"]["kafkaClusterId"] for name in wanted} == {ELSEWHERE}
    assert scene.live(scene.elsewhere) == set(wanted)
    # What is on the Connect of before was not touched.
    assert scene.live() == set(names)
    end(scene, wanted)


def end(scene: Scene, names: Iterable[str]) -> None:
    """Delete the objects while Connect is still the accepted one."""
    for name in names:
        scene.world.delete(name)
    for name in names:
        scene.world.wait_gone(name, timeout=PATIENCE)


def mass_absence(scene: Scene) -> None:
    world, proxy = scene.world, scene.proxy
    names = scene.begin(8)
    lost, left = names[:6], names[6:]
    scene.remove(lost)
    obj = world.wait_cluster(scene.name, CHANGED)
    cluster_id = obj["status"]["kafkaClusterId"]
    assert cluster_id in condition(obj, "Ready")["message"]
    scene.all_are(lost, CHANGED)
    # An edit does not get round it, and what the object of a lost connector leaves behind is nothing.
    deleted, edited, *rest = lost
    world.patch(edited, {"spec": {"config": {"topic": "edited"}}})
    world.wait_reason(edited, CHANGED, timeout=PATIENCE)
    world.delete(deleted)
    world.wait_gone(deleted, timeout=PATIENCE)
    scene.passes()
    assert proxy.matching(WRITES) == []
    scene.all_are(left, "Stopped")

    scene.accept(cluster_id)
    alive = [edited, *rest, *left]
    scene.all_are(alive, "Stopped")
    assert world.wait_cluster(scene.name)["status"]["acceptedCluster"] == cluster_id
    assert scene.live() == set(alive)

    # That was once: the same again is held up again, and accepted again under another token.
    proxy.forget()
    scene.remove(alive[:5])
    world.wait_cluster(scene.name, CHANGED)
    scene.passes()
    assert proxy.matching(WRITES) == []
    scene.accept(f"{cluster_id}@2")
    scene.all_are(alive, "Stopped")
    world.wait_cluster(scene.name)
    assert scene.live() == set(alive)


def mass_absence_by_labels(scene: Scene) -> None:
    world, proxy = scene.world, scene.proxy
    names = scene.names(8)
    world.create_all(world.manifest(name, url=proxy.url) for name in names)
    scene.all_are(names, "Stopped")
    proxy.forget()
    lost, left = names[:6], names[6:]
    scene.remove(lost)
    scene.all_are(lost, CHANGED)
    scene.passes()
    assert proxy.matching(WRITES) == []
    scene.all_are(left, "Stopped")
    # Each is accepted for itself, and that of some says nothing of the others.
    cluster_id = (world.get(lost[0]) or {})["status"]["kafkaClusterId"]
    for accepted in (lost[:3], lost[3:]):
        for name in accepted:
            world.patch(name, {"metadata": {"annotations": {ACCEPT: cluster_id}}})
        scene.all_are(accepted, "Stopped")
        scene.passes()
        left += accepted
        assert scene.live() == set(left)
    assert {(world.get(name) or {})["status"]["acceptedCluster"] for name in lost} == {cluster_id}


def first_look_after_an_outage(scene: Scene) -> None:
    world, proxy = scene.world, scene.proxy
    names = scene.begin(5)
    drifted, lost, *_ = names
    down = proxy.add(Rule(".*", ".*", Drop()))
    scene.all_are(names, "ConnectUnreachable")
    config = {**(world.config(drifted) or {}), "topic": "by hand"}
    world.connect("PUT", f"/connectors/{drifted}/config", config).raise_for_status()
    scene.remove([lost])
    # A worker that starts: Connect says so, and its list is empty.
    starting = {"status": "starting", "message": "Worker is still starting up."}
    health = proxy.add(Rule("GET", "/health", Answer(503, json.dumps(starting).encode())))
    empty = proxy.add(Rule("GET", LIST, Answer(200, b"{}")))
    proxy.remove(down)
    proxy.forget()
    health.wait_hit(3, timeout=PATIENCE)
    assert proxy.matching(WRITES) == []
    scene.all_are(names, "ConnectUnreachable")
    assert "is starting" in condition(world.wait_cluster(scene.name, "ConnectUnreachable"), "Ready")["message"]
    proxy.remove(empty)
    proxy.remove(health)
    scene.all_are(names, "Stopped")
    assert (world.config(drifted) or {})["topic"] == f"topic-{drifted}"
    assert scene.live() == set(names)
    assert sorted(one.method for one in proxy.matching(WRITES)) == ["POST", "PUT"]


def difference_that_stays(scene: Scene) -> None:
    world, proxy = scene.world, scene.proxy
    [name] = scene.begin(1)
    shown = world.connect("GET", "/connectors?expand=info&expand=status").json()
    mine = {key: one for key, one in shown.items() if key == name}
    mine[name]["info"]["config"]["topic"] = "reset"
    config = f"/connectors/{name}/config"
    proxy.add(Rule("GET", LIST, Answer(200, json.dumps(mine).encode())))
    proxy.add(Rule("GET", config, Answer(200, json.dumps(mine[name]["info"]["config"]).encode())))

    def stays() -> None:
        obj = world.wait_reason(name, "NotConverging", timeout=PATIENCE)
        assert "keys: topic" in condition(obj, "Ready")["message"]
        scene.passes()
        world.wait_reason(name, "NotConverging", timeout=PATIENCE)
        assert proxy.count("PUT") == proxy.count("PUT", config) == 1

    stays()
    down = proxy.add(Rule(".*", ".*", Drop()))
    world.wait_reason(name, "ConnectUnreachable", timeout=PATIENCE)
    proxy.remove(down)
    stays()
    world.stack.operator.stop()
    world.stack.operator.start()
    world.stack.operator.wait_ready()
    stays()
    world.patch(name, {"spec": {"config": {"topic": "reset"}}})
    world.wait_reason(name, "Stopped", timeout=PATIENCE)
    assert proxy.count(WRITES) == 1


SCENES: Mapping[str, Callable[[Scene], None]] = {
    "moved": another_connect,
    "lost": mass_absence,
    "labels": mass_absence_by_labels,
    "starting": first_look_after_an_outage,
    "contested": difference_that_stays,
}


@pytest.fixture(scope="module")
def scenes(stack: Stack) -> Iterator[Mapping[str, Future[None]]]:
    """All of them, under way."""
    world = World(stack)
    with ExitStack() as ends, ThreadPoolExecutor(len(SCENES)) as pool:
        elsewhere = ends.enter_context(stack.connect_cluster("elsewhere"))
        proxies = {name: ends.enter_context(FaultProxy(stack.connect.url)) for name in SCENES}
        ends.callback(world.restore, SETTINGS)
        ends.enter_context(untouched(world, stack.connect, elsewhere))
        yield {name: pool.submit(play, Scene(name, world, proxies[name], stack.connect, elsewhere)) for name, play in SCENES.items()}


@pytest.mark.timeout(400)
@pytest.mark.parametrize("name", SCENES)
def test_scene(scenes: Mapping[str, Future[None]], name: str) -> None:
    scenes[name].result()
