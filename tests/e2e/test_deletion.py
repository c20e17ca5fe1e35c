# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of a connector whose object is deleted: each thing that can stand in the way, and each way out.

The scenes mostly wait and have nothing to do with each other, so all of them run at once, on connections of their own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from testbed.faults import Answer, Drop, FaultProxy, Rule
from testbed.stack import Stack
from tests.e2e.bystander import untouched
from tests.e2e.conftest import SETTINGS
from tests.e2e.world import World, condition

WRITES = "POST|PUT|PATCH|DELETE"
BLOCKED = "DeletionBlocked"
WAY_OUT = "to let go of it, set deletionPolicy: Orphan or a deletionDeadline"
DOOMED = "doomed"
LOGIN = {"bearer": {"secretRef": {"name": "login"}}}


@dataclass(frozen=True)
class Scene:
    """A connection of its own, through a proxy of its own."""

    name: str
    world: World
    proxy: FaultProxy

    def connectors(self, *names: str, namespace: str = "default", **spec: Any) -> list[str]:
        """Stopped connectors on the connection of the scene; their names on Connect are those of the objects."""
        found = [f"{self.name}-{name}" for name in names]
        self.world.create_all(self.world.manifest(name, cluster=self.name, **spec) for name in found)
        for name in found:
            self.world.wait_reason(name, "Stopped", namespace=namespace)
        return found

    def delete(self, *names: str) -> None:
        """Ask for the end of objects."""
        for name in names:
            self.world.delete(name)

    def is_blocked(self, name: str, *texts: str) -> None:
        """The object waits, and says what for and what can be done."""
        self.world.wait_reason(name, BLOCKED)

        def says() -> bool:
            message = condition(self.world.get(name) or {}, "Ready").get("message", "")
            return all(text in message for text in texts)

        self.world.until(says, f"{name} says {texts}")

    def stays(self, name: str, kind: str, text: str, namespace: str = "default") -> None:
        """The object goes, its connector stays, and an Event tells of it."""
        self.world.wait_gone(name, namespace=namespace)
        assert self.world.config(name) is not None
        event = self.world.wait_event(name, "Orphaned", namespace=namespace)
        assert event["type"] == kind, event
        assert text in event["message"], event

    def goes(self, name: str) -> None:
        """Both the object and its connector go."""
        self.world.wait_gone(name)
        assert self.world.config(name) is None


def out_of_reach(scene: Scene) -> None:
    """Connect is down: an edit of the policy counts at once, and the deadline by itself."""
    scene.world.create_cluster(scene.name, url=scene.proxy.url, connectorDefaults={"deletionDeadline": "8760h"})
    edited, kept, by_default = scene.connectors("edited", "kept", "by-default")
    [late] = scene.connectors("late", deletionDeadline="8s")
    down = scene.proxy.add(Rule(".*", ".*", Drop()))
    began = time.monotonic()
    scene.delete(edited, kept, late, by_default)
    for name in (edited, kept, by_default):
        scene.is_blocked(name, "it is let go of at its deletionDeadline, or with deletionPolicy: Orphan")
    scene.stays(late, "Warning", "its deletionDeadline is over")
    # From the deletion on, whose time Kubernetes keeps in whole seconds.
    assert time.monotonic() - began >= 7
    scene.world.patch(edited, {"spec": {"deletionPolicy": "Orphan"}})
    scene.stays(edited, "Normal", "deletionPolicy: Orphan")
    # Another deadline of the connection counts as soon as the connection says so.
    scene.world.patch(kept, {"spec": {"deletionDeadline": "8760h"}})
    scene.world.patch_cluster(scene.name, {"spec": {"connectorDefaults": {"deletionDeadline": "1s"}}})
    scene.stays(by_default, "Warning", "its deletionDeadline is over")
    assert scene.world.get(kept) is not None
    # What waits for longer is deleted as soon as that is possible.
    scene.proxy.remove(down)
    scene.goes(kept)


def revoked(scene: Scene) -> None:
    """Connect lets nobody in, or only to read."""
    world = scene.world
    world.set_secret("revoked", {"token": "s3cret"})
    world.create_cluster(scene.name, url=scene.proxy.url, authentication={"bearer": {"secretRef": {"name": "revoked"}}})
    waiting, orphaned = scene.connectors("waiting", "orphaned")
    [late] = scene.connectors("late", deletionDeadline="5s")
    unauthorized = scene.proxy.add(Rule(".*", ".*", Answer(401, b"{}")))
    scene.delete(waiting, orphaned)
    for name in (waiting, orphaned):
        scene.is_blocked(name, "(401)", WAY_OUT, "check the Secret revoked")
    scene.proxy.add(Rule("DELETE", ".*", Answer(403, b"{}")))
    scene.proxy.remove(unauthorized)
    scene.is_blocked(waiting, "(403)", WAY_OUT)
    scene.delete(late)
    scene.stays(late, "Warning", "(403)")
    world.patch(orphaned, {"spec": {"deletionPolicy": "Orphan"}})
    scene.stays(orphaned, "Normal", "deletionPolicy: Orphan")
    scene.proxy.clear()
    scene.goes(waiting)


def without_connection(scene: Scene) -> None:
    """The connection was taken away by force: it is created anew, or the object lets go."""
    world = scene.world
    world.create_cluster(scene.name, url=scene.proxy.url, connectorDefaults={"deletionPolicy": "Orphan"})
    back, edited = scene.connectors("back", "edited", deletionPolicy="Delete")
    [by_default] = scene.connectors("by-default")
    world.delete_cluster(scene.name)
    world.patch_cluster(scene.name, {"metadata": {"finalizers": []}})
    world.until(lambda: world.get_cluster(scene.name) is None, "the connection is gone")
    scene.delete(back, edited, by_default)
    for name in (back, edited):
        scene.is_blocked(name, f"there is no KafkaConnectCluster default/{scene.name}", "create it", WAY_OUT)
    # What the connection said last still counts.
    scene.stays(by_default, "Normal", "deletionPolicy: Orphan")
    world.patch(edited, {"spec": {"deletionPolicy": "Orphan"}})
    scene.stays(edited, "Normal", "deletionPolicy: Orphan")
    world.create_cluster(scene.name, url=scene.proxy.url)
    scene.goes(back)


def in_a_namespace_that_goes(scene: Scene) -> None:
    """All of a namespace is deleted at once, and its Secret and connection are gone first; one connector is in another namespace."""
    world = scene.world
    world.create_namespace(DOOMED)
    world.set_secret("login", {"token": "s3cret"}, namespace=DOOMED)
    allowed = {"allowedNamespaces": {"from": "All"}, "policy": {"connectorNames": ["*"]}}
    world.create_cluster(scene.name, namespace=DOOMED, url=scene.proxy.url, authentication=LOGIN, **allowed)
    inside, outside, staying = (f"{scene.name}-{name}" for name in ("inside", "outside", "staying"))
    world.create(world.manifest(inside, cluster=scene.name), DOOMED)
    for name in (outside, staying):
        world.create(world.manifest(name, cluster=f"{DOOMED}/{scene.name}"))
        world.wait_reason(name, "Stopped")
    world.wait_reason(inside, "Stopped", namespace=DOOMED)
    world.delete_secret("login", DOOMED)
    world.delete(outside)
    scene.is_blocked(outside, f"the KafkaConnectCluster {DOOMED}/{scene.name} cannot be used as it is", WAY_OUT)
    scene.proxy.forget()
    world.api.request("DELETE", f"/api/v1/namespaces/{DOOMED}")
    world.delete(inside, DOOMED)
    world.delete_cluster(scene.name, DOOMED)
    world.wait_gone(inside, namespace=DOOMED)
    assert world.config(inside) is not None
    # No Event can be written in such a namespace, so it is about the namespace; and the log of writes has it.
    told = f"the KafkaConnector {inside} is let go of: the connector {inside} stays on Connect: the namespace {DOOMED} is being deleted"
    assert told in world.wait_event(DOOMED, "Orphaned")["message"]
    world.until(lambda: [one["action"] for one in world.writes(inside)] == ["create", "orphan"], "the log tells of it")
    scene.stays(outside, "Warning", f"the namespace {DOOMED} is being deleted")
    assert scene.proxy.matching(WRITES) == []
    # A connector whose object nobody deletes is not let go of, and holds the connection.
    assert world.get(staying) is not None
    world.wait_cluster(scene.name, BLOCKED, namespace=DOOMED)
    world.delete(staying)
    scene.stays(staying, "Warning", f"the namespace {DOOMED} is being deleted")
    world.until(lambda: world.get_cluster(scene.name, DOOMED) is None, "the connection is gone")


def policies(scene: Scene) -> None:
    """What was created goes, what was adopted stays, unless another thing is said; also by the defaults of the connection."""
    world = scene.world
    for name in ("adopted", "taken"):
        by_hand(world, f"{scene.name}-{name}")
    world.create_cluster(scene.name, url=scene.proxy.url)
    created, adopted = scene.connectors("created", "adopted")
    [taken] = scene.connectors("taken", deletionPolicy="Delete")
    [left] = scene.connectors("left", deletionPolicy="Orphan")
    world.set_config_map("gone-before", {"topic": "of-a-map"})
    [sourced] = scene.connectors("sourced", configFrom=[{"configMapRef": {"name": "gone-before"}}], config={"file": "/dev/null"})
    [planned] = scene.connectors("planned", deletionPolicy="Delete")
    world.patch(planned, {"spec": {"mode": "Plan", "config": {"topic": "other"}}})
    world.wait_reason(planned, "PlanOnly")
    world.api.delete("/api/v1/namespaces/default/configmaps/gone-before")
    world.wait_reason(sourced, "ReferenceNotFound")
    scene.delete(created, adopted, taken, left, sourced, planned)
    scene.goes(created)
    scene.goes(taken)
    # Neither a source of its configuration that went first holds a deletion up, nor is anything done for who only plans.
    scene.goes(sourced)
    scene.stays(planned, "Normal", "mode: Plan")
    assert (world.config(planned) or {})["topic"] == f"topic-{planned}"
    scene.stays(adopted, "Normal", "it was not made by this object")
    scene.stays(left, "Normal", "deletionPolicy: Orphan")
    world.patch_cluster(scene.name, {"spec": {"connectorDefaults": {"deletionPolicy": "Orphan"}}})
    [by_default, own] = scene.connectors("by-default", "own")
    world.patch(own, {"spec": {"deletionPolicy": "Delete"}})
    effective = world.wait_reason(by_default, "Stopped")["status"]["effective"]
    assert effective == {"deletionPolicy": "Orphan"}
    scene.delete(by_default, own)
    scene.stays(by_default, "Normal", "deletionPolicy: Orphan")
    scene.goes(own)


def by_hand(world: World, name: str, **config: str) -> None:
    """A connector as the object of that name wants it, but for what is said."""
    spec = world.manifest(name)["spec"]
    whole = {"connector.class": spec["class"], "tasks.max": "1", **spec["config"], **config}
    world.connect("POST", "/connectors", {"name": name, "config": whole, "initial_state": "STOPPED"}).raise_for_status()


SCENES: Mapping[str, Callable[[Scene], None]] = {
    "down": out_of_reach,
    "revoked": revoked,
    "missing": without_connection,
    "going": in_a_namespace_that_goes,
    "policies": policies,
}


@pytest.fixture(scope="module")
def scenes(stack: Stack) -> Iterator[Mapping[str, Future[None]]]:
    """All of them, under way."""
    world = World(stack)
    with ExitStack() as ends, ThreadPoolExecutor(len(SCENES)) as pool:
        proxies = {name: ends.enter_context(FaultProxy(stack.connect.url)) for name in SCENES}
        ends.callback(world.restore, SETTINGS)
        ends.enter_context(untouched(world, stack.connect))
        yield {name: pool.submit(play, Scene(name, world, proxies[name])) for name, play in SCENES.items()}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", SCENES)
def test_scene(scenes: Mapping[str, Future[None]], name: str) -> None:
    scenes[name].result()
