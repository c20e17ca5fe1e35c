# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections: several workers behind one, their deletion and return, and the terms that they set for their connectors."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from testbed.connect import ConnectCluster
from testbed.faults import FaultProxy, Hold, Rule
from testbed.kubernetes_api import connect_cluster_path, connector_path
from testbed.ports import free_ports
from testbed.stack import Stack
from tests.e2e.bystander import NAME, untouched
from tests.e2e.world import GROUP, SOURCE, STEP, Object, World, condition

pytestmark = pytest.mark.timeout(500)

PAUSE = f"{GROUP}/pause-reconciliation"
WRITES = "POST|PUT|PATCH|DELETE"
# For what has to work without waiting for a period.
SELDOM = "24h"
LIST = r"/connectors\?expand=.*"
# So many runs for connections there are at a time.
WORKERS = 3


@dataclass(frozen=True)
class Pair:
    """Two workers of one Connect, with a way to each that counts requests and has a path of its own."""

    cluster: ConnectCluster
    ways: tuple[FaultProxy, FaultProxy]


@pytest.fixture(scope="module")
def pair(stack: Stack) -> Iterator[Pair]:
    with ExitStack() as running:
        cluster = running.enter_context(stack.connect_cluster("pair", workers=2, heap="256m"))
        first, second = (running.enter_context(FaultProxy(worker.url, f"/worker/{number}")) for number, worker in enumerate(cluster))
        yield Pair(cluster, (first, second))


def message_of(obj: Object) -> str:
    return str(condition(obj, "Ready")["message"])


def by_hand(world: World, name: str, **keys: str | None) -> None:
    """Change keys of a connector on Connect; None removes one."""
    config = {**(world.config(name) or {}), **keys}
    config.pop("name")
    world.connect("PUT", f"/connectors/{name}/config", {key: value for key, value in config.items() if value is not None}).raise_for_status()


def await_periods(world: World, proxy: FaultProxy, count: int = 2) -> None:
    """Wait until so many periods have begun after this, so that the one before the last has ended."""
    begun = proxy.count("GET", ".*expand.*")
    world.until(lambda: proxy.count("GET", ".*expand.*") >= begun + count, f"{count} periods")


# -- several workers


def one_of_two_workers_dies(world: World, pair: Pair) -> None:
    """Neither a follower without its leader nor a list that starts with a dead worker makes a connector absent or creates it twice."""
    cluster = pair.cluster
    nowhere = [f"http://127.0.0.1:{port}" for port in free_ports(2)]
    leader = cluster.leader()
    assert leader is not None
    led, follows = sorted(pair.ways, key=lambda way: way.upstream != leader.url)
    world.create_cluster("leader-first", urls=[led.url, follows.url])
    world.create_cluster("follower-first", urls=[follows.url, led.url])
    world.create_cluster("dead-first", urls=[nowhere[0], follows.url], syncPeriod=SELDOM)
    world.create_cluster("both-dead", urls=nowhere, syncPeriod=SELDOM)
    before = create_some(world, ("leader-first", "follower-first", "dead-first"), "before")
    world.create(world.manifest("in-vain", cluster="both-dead"))
    for name in before:
        world.wait_reason(name, "Stopped")
    assert world.wait_cluster("dead-first")["status"]["url"] == follows.url
    for obj in (world.wait_cluster("both-dead", "ConnectUnreachable"), world.wait_reason("in-vain", "ConnectUnreachable")):
        for url in nowhere:
            assert f"{url}: connection refused" in message_of(obj)

    leader.kill()
    during = create_some(world, ("leader-first", "follower-first"), "during")
    for name in during:
        world.wait_reason(name, "Stopped")
    leader.start()
    after = create_some(world, ("leader-first", "follower-first"), "after")
    leader.wait_healthy()
    for name in (*before, *during, *after):
        world.wait_reason(name, "Stopped")
    for name in ("leader-first", "follower-first"):
        world.wait_cluster(name)

    everything = {*before, *during, *after}
    assert set(cluster.request("GET", "/connectors").json()) == {*everything, NAME}
    created = Counter(json.loads(one.body)["name"] for way in pair.ways for one in way.matching("POST", "/connectors") if one.status == 201)
    assert created == Counter(everything)
    # Those that were there before were never taken for absent.
    posted = [json.loads(one.body)["name"] for way in pair.ways for one in way.matching("POST", "/connectors")]
    assert [name for name in before if posted.count(name) > 1] == []
    assert [way.count("DELETE") for way in pair.ways] == [0, 0]


def create_some(world: World, connections: Iterable[str], when: str) -> list[str]:
    """Three connectors for each connection."""
    names = {f"{connection}-{when}-{number}": connection for connection in connections for number in range(3)}
    world.create_all(world.manifest(name, cluster=connection) for name, connection in names.items())
    return list(names)


# -- coming and going


ORDERS = ("connection-first", "connectors-first", "together", "by-kubectl")
SECRET_FIRST = "secret-first"
LOGIN = {"bearer": {"secretRef": {"name": "login"}}}


def create_folder(world: World, namespace: str, folder: Path) -> list[str]:
    """A connection and three connectors, all working, and their manifests as files: that of the connection first. The names of the connectors."""
    world.create_namespace(namespace)
    world.set_secret("login", {"token": "s3cret"}, namespace=namespace)
    connection = world.create_cluster("own", namespace=namespace, syncPeriod=SELDOM, authentication=LOGIN)
    manifests = [world.manifest(f"{namespace}-{number}", cluster="own") for number in range(3)]
    for manifest in manifests:
        world.create(manifest, namespace)
    for number, obj in enumerate([{**connection, "metadata": {"name": "own"}}, *manifests]):
        (folder / f"{namespace}-{number}.json").write_text(json.dumps(obj), encoding="utf-8")
    names = [manifest["metadata"]["name"] for manifest in manifests]
    for name in names:
        world.wait_reason(name, "Stopped", namespace=namespace)
    return names


def everything_is_deleted_in_any_order(world: World, tmp_path: Path) -> None:
    """Both kinds in five orders; what owned nothing on a connection holds nothing up, and hears of the end."""
    orders = (*ORDERS, SECRET_FIRST)
    with ThreadPoolExecutor(len(orders)) as pool:
        names = dict(zip(orders, pool.map(lambda order: create_folder(world, order, tmp_path), orders), strict=True))
        files = [argument for file in sorted(tmp_path.glob("by-kubectl-*")) for argument in ("-f", str(file))]
        # It waits until all are gone.
        deletion = pool.submit(world.kubectl, "delete", "-n", "by-kubectl", *files, "--timeout=110s")
        world.delete_cluster("own", "connection-first")
        for path in (connector_path, connect_cluster_path):
            world.api.delete(path(namespace="connectors-first"))
        list(pool.map(world.api.delete, [connect_cluster_path(namespace="together"), connector_path(namespace="together")]))
        world.delete_secret("login", SECRET_FIRST)
        for path in (connector_path, connect_cluster_path):
            world.api.delete(path(namespace=SECRET_FIRST))
        serve_until_the_end(world, "connection-first", names["connection-first"])
        deletion.result()
    for order in orders:
        for name in names[order]:
            world.wait_gone(name, namespace=order)
        world.until(lambda order=order: world.get_cluster("own", order) is None, f"the connection of {order} is gone")  # type: ignore[misc]
    # Without the Secret nothing could be asked of Connect; that the connectors stay there is told.
    assert world.connectors() & {name for order in orders for name in names[order]} == set(names[SECRET_FIRST])
    for name in names[SECRET_FIRST]:
        warning = world.wait_event(name, "Orphaned", namespace=SECRET_FIRST)
        assert warning["type"] == "Warning"
        assert f"the KafkaConnectCluster {SECRET_FIRST}/own is being deleted" in warning["message"]

    # An object that owned nothing held nothing up. It hears of the end, and of the return.
    world.until(lambda: "was deleted" in message_of(world.get("too-late", "connection-first") or {}), "too-late hears of the end")
    world.create_cluster("own", namespace="connection-first", syncPeriod=SELDOM)
    served = world.wait_reason("too-late", "Stopped", namespace="connection-first")
    assert served["metadata"]["generation"] == 1


def serve_until_the_end(world: World, namespace: str, names: list[str]) -> None:
    """A connection that is being deleted says who uses it and serves them until their own end, but nobody new."""
    blocked = world.wait_cluster("own", "DeletionBlocked", namespace=namespace)
    for name in names:
        assert f"{namespace}/{name}" in message_of(blocked)
    world.create(world.manifest("too-late", cluster="own"), namespace)
    refused = world.wait_reason("too-late", "ConnectClusterNotFound", namespace=namespace)
    assert "is being deleted" in message_of(refused)
    world.patch(names[0], {"spec": {"config": {"topic": "edited"}}}, namespace)
    world.until(lambda: (world.config(names[0]) or {})["topic"] == "edited", "the edit is applied")
    for name in names:
        world.delete(name, namespace)


def a_connection_comes_later_and_comes_back(world: World) -> None:
    """No object is touched for it."""
    world.create(world.manifest("early", cluster="late"))
    lonely = world.wait_reason("early", "ConnectClusterNotFound")
    assert "there is no KafkaConnectCluster default/late" in message_of(lonely)
    assert condition(lonely, "Stalled")["status"] == "True"
    first = world.create_cluster("late", syncPeriod=SELDOM)
    served = world.wait_reason("early", "Stopped")
    assert served["metadata"]["generation"] == 1
    assert served["status"]["connectCluster"]["uid"] == first["metadata"]["uid"]

    # Taken away by force, and made anew: the connector is still that of the object.
    world.delete_cluster("late")
    world.wait_cluster("late", "DeletionBlocked")
    world.patch_cluster("late", {"metadata": {"finalizers": []}})
    world.until(lambda: world.get_cluster("late") is None, "the connection is gone")
    second = world.create_cluster("late", syncPeriod=SELDOM)
    world.wait_cluster("late")
    world.until(lambda: (world.get("early") or {})["status"]["connectCluster"]["uid"] == second["metadata"]["uid"], "early knows the new one")
    world.patch("early", {"spec": {"config": {"topic": "edited"}}})
    world.wait_reason("early", "Stopped")
    assert (world.config("early") or {})["topic"] == "edited"
    assert [write["action"] for write in world.writes("early")] == ["create", "update"]


# -- its limits


def a_list_that_is_slow(world: World) -> None:
    """Its limits of time are heeded: a list that takes longer is read in parts, and who always does so is told from it soon."""
    whole, parts = "/connectors[?]expand=info&expand=status", "/connectors[?]expand=info"
    with FaultProxy(world.stack.connect.url) as way:
        world.create_cluster("hasty", url=way.url, timeouts={"read": "2s", "connect": "1s"})
        for name in ("hurried", "patient"):
            world.create(world.manifest(name, cluster="hasty"))
            world.wait_reason(name, "Stopped")
        since = time.monotonic()
        slow = way.add(Rule("GET", whole, Hold(5), times=1))
        slow.wait_hit()
        by_hand(world, "hurried", topic="by hand")
        world.until(lambda: way.count("PUT") == 1, "it is repaired")
        # In the pass that met the slow list, or in one after it, which does not ask for it again.
        assert way.count("GET", parts) >= 1
        assert sum(one.began > since for one in way.matching("GET", whole)) == 1
        world.until(lambda: (world.config("hurried") or {})["topic"] == "topic-hurried", "it is as it was")

        # With the default limits that would be in time.
        stuck = way.add(Rule(".*", ".*", Hold(5)))
        world.patch("patient", {"spec": {"config": {"topic": "edited"}}})
        assert "it did not answer in time" in message_of(world.wait_reason("patient", "ConnectTimeout"))
        way.remove(stuck)
        world.wait_reason("patient", "Stopped")
        for name in ("hurried", "patient"):
            world.delete(name)
        for name in ("hurried", "patient"):
            world.wait_gone(name)
        world.delete_cluster("hasty")
        world.until(lambda: world.get_cluster("hasty") is None, "the connection is gone")


# -- its terms


def terms_for_connectors(world: World, proxy: FaultProxy) -> None:
    """Defaults, keys that are left alone, protection, and what the status of the connection tells."""
    hand_made = [f"a-stranger-{number:03}" for number in range(105)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: make_by_hand(world, name), hand_made))
        defaults = {"tasksMax": 2, "config": {"topic": "default", "errors.tolerance": "all", "offset.flush": 5}}
        world.create_cluster("terms", url=proxy.url, connectorDefaults=defaults, ignoreLiveKeys=["added.*"])
        world.create_cluster("safe", url=proxy.url, syncPeriod=SELDOM, protectConnectors=True, unmanagedConnectors="Ignore")
        world.create(world.manifest("modest", cluster="terms", tasksMax=None, config={"file": "/dev/null"}))
        world.create(world.manifest("own-way", cluster="terms", tasksMax=1, config={"file": "/dev/null", "topic": "own"}))
        world.create(world.manifest("kept", cluster="safe"))
        modest, own_way, _kept = (world.wait_reason(name, "Stopped") for name in ("modest", "own-way", "kept"))

        common = {"connector.class": SOURCE, "file": "/dev/null", "errors.tolerance": "all", "offset.flush": "5"}
        assert world.config("modest") == {"name": "modest", **common, "tasks.max": "2", "topic": "default"}
        assert world.config("own-way") == {"name": "own-way", **common, "tasks.max": "1", "topic": "own"}
        assert modest["status"]["effective"] == {"tasksMax": 2, "configKeys": ["errors.tolerance", "offset.flush", "topic"]}
        assert own_way["status"]["effective"] == {"configKeys": ["errors.tolerance", "offset.flush"]}

        # Names are many, but no more than 100 are shown.
        counts = {"managed": 2, "ready": 2, "failed": 0}

        def counted() -> bool:
            status = (world.get_cluster("terms") or {})["status"]
            return bool(status.get("connectors") == {**counts, "unmanaged": len(world.connectors() - {"modest", "own-way", "kept"})})

        world.until(counted, "all are counted")
        status = world.wait_cluster("terms")["status"]
        assert status["unmanagedConnectors"] == hand_made[:100]
        ignoring = world.wait_cluster("safe")["status"]
        assert "unmanagedConnectors" not in ignoring
        assert ignoring["connectors"]["unmanaged"] == 0
        assert status["version"] == world.connect("GET", "/").json()["version"]
        assert status["kafkaClusterId"] == world.connect("GET", "/").json()["kafka_cluster_id"]
        live = {one["class"]: one for one in world.connect("GET", "/connector-plugins").json()}
        assert {one["class"]: one["type"] for one in status["plugins"]} == {name: one["type"] for name, one in live.items()}
        header, row = world.kubectl("get", "xkcc", "terms").splitlines()
        assert header.split() == ["NAME", "READY", "REASON", "VERSION", "CONNECTORS", "FAILED", "AGE"]
        assert row.split()[:6] == ["terms", "True", "Running", status["version"], "2", "0"]
        list(pool.map(lambda name: world.connect("DELETE", f"/connectors/{name}"), hand_made))

    # A key that this Connect is said to add is none of ours; any other one is removed.
    proxy.forget()
    by_hand(world, "modest", **{"added.by.hand": "x"})
    by_hand(world, "own-way", stranger="x")
    world.delete("kept")
    world.until(lambda: "stranger" not in (world.config("own-way") or {}), "the other key is removed")
    await_periods(world, proxy)
    assert (world.config("modest") or {})["added.by.hand"] == "x"
    world.wait_gone("kept")
    assert world.config("kept") is not None
    warning = world.wait_event("kept", "Orphaned")
    assert warning["type"] == "Warning"
    assert "protectConnectors" in warning["message"]
    assert [one.path for one in proxy.matching(WRITES)] == ["/connectors/own-way/config"]
    assert world.wait_cluster("terms")["metadata"]["generation"] == 1


def make_by_hand(world: World, name: str) -> None:
    config = {"connector.class": SOURCE, "tasks.max": "1", "file": "/dev/null", "topic": name}
    world.connect("POST", "/connectors", {"name": name, "config": config, "initial_state": "STOPPED"}).raise_for_status()


def plan_and_pause(world: World, proxy: FaultProxy) -> None:
    """Nothing is written while the connection says so, whatever is asked for; all of it is done afterwards."""
    world.create_cluster("held", url=proxy.url)
    world.create_all(world.manifest(name, cluster="held") for name in ("edited", "switched", "deleted", "drifted"))
    for name in ("edited", "switched", "deleted", "drifted"):
        world.wait_reason(name, "Stopped")
    world.patch_cluster("held", {"spec": {"mode": "Plan"}})
    world.wait_cluster("held")
    proxy.forget()
    world.create(world.manifest("created", cluster="held"))
    world.patch("edited", {"spec": {"config": {"topic": "other"}}})
    world.patch("switched", {"spec": {"state": "running"}})
    world.delete("deleted")
    by_hand(world, "drifted", file="/dev/zero")
    plans = {"created": "create", "edited": "update (topic)", "switched": "resume", "drifted": "update (file)"}
    for name, plan in plans.items():
        text = message_of(world.wait_reason(name, "PlanOnly"))
        assert f"planned and not carried out: {plan}" in text
        assert "the KafkaConnectCluster default/held has mode: Plan" in text
    assert "mode: Plan" in message_of(world.wait_reason("deleted", "DeletionBlocked"))
    await_periods(world, proxy)
    assert proxy.count(WRITES) == 0

    # Paused instead, nothing is written either.
    world.patch_cluster("held", {"spec": {"mode": "Apply"}, "metadata": {"annotations": {PAUSE: "true"}}})
    paused = world.wait_cluster("held")
    assert condition(paused, "ReconciliationPaused")["status"] == "True"
    for name in ("created", "edited", "switched", "drifted"):
        obj = world.wait_reason(name, "Drifted")
        assert "paused by the annotation pause-reconciliation" in message_of(obj)
        assert condition(obj, "ReconciliationPaused")["status"] == "True"
    await_periods(world, proxy)
    assert proxy.count(WRITES) == 0

    # One of them has a pause of its own, which outlives that of the connection.
    world.patch("drifted", {"metadata": {"annotations": {PAUSE: "true"}}})
    world.patch_cluster("held", {"metadata": {"annotations": {PAUSE: None}}})
    world.wait_gone("deleted")
    for name, reason in {"created": "Stopped", "edited": "Stopped", "switched": "Running"}.items():
        assert not condition(world.wait_reason(name, reason), "ReconciliationPaused")
    world.until(lambda: not condition(world.get_cluster("held") or {}, "ReconciliationPaused"), "the connection is paused no more")
    await_periods(world, proxy)
    assert (world.config("drifted") or {})["file"] == "/dev/zero"
    assert condition(world.wait_reason("drifted", "Drifted"), "ReconciliationPaused")["status"] == "True"
    assert proxy.count(WRITES, "/connectors/drifted.*") == 0
    world.patch("drifted", {"metadata": {"annotations": {PAUSE: None}}})
    assert not condition(world.wait_reason("drifted", "Stopped"), "ReconciliationPaused")
    assert (world.config("drifted") or {})["file"] == "/dev/null"


# -- all of it: the scenarios mostly wait, so some are played at the same time


def play(*scenarios: Callable[[], None]) -> None:
    with ThreadPoolExecutor(len(scenarios)) as pool:
        for played in [pool.submit(scenario) for scenario in scenarios]:
            played.result()


def test_workers_that_die_and_terms_for_connectors(world: World, pair: Pair, proxy: FaultProxy) -> None:
    with untouched(world, world.stack.connect, pair.cluster):
        play(lambda: one_of_two_workers_dies(world, pair), lambda: terms_for_connectors(world, proxy))


def test_coming_and_going_and_being_held(world: World, proxy: FaultProxy, tmp_path: Path) -> None:
    with untouched(world, world.stack.connect):
        play(
            lambda: everything_is_deleted_in_any_order(world, tmp_path),
            lambda: a_connection_comes_later_and_comes_back(world),
            lambda: a_list_that_is_slow(world),
            lambda: plan_and_pause(world, proxy),
        )


def test_a_connection_that_no_run_has_looked_at_is_held_by_its_connectors(world: World, proxy: FaultProxy) -> None:
    """All runs for connections are taken, so none of its own comes before its deletion."""
    with untouched(world, world.stack.connect):
        held = proxy.add(Rule("GET", LIST, Hold()))
        for number in range(WORKERS):
            world.create_cluster(f"busy-{number}", url=proxy.url, syncPeriod=SELDOM)
        held.wait_hit(WORKERS, timeout=STEP)
        world.create_cluster("waiting", syncPeriod=SELDOM)
        world.create(world.manifest("early", cluster="waiting"))
        world.wait_reason("early", "Stopped")
        world.delete_cluster("waiting")
        found = world.get_cluster("waiting")
        assert found is not None
        assert found["status"] == {"observedGeneration": -1}, "no run of its own was before this"
        proxy.remove(held)
        assert "delete these KafkaConnectors first" in message_of(world.wait_cluster("waiting", "DeletionBlocked"))
        world.delete("early")
        world.wait_gone("early")
        assert world.config("early") is None
        world.until(lambda: world.get_cluster("waiting") is None, "the connection is gone")
    assert world.failed_runs() == []
