# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Five hundred connectors on one connection: what a period costs, what it repairs, and that none of them waits for another."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from testbed.control_plane import Request as KubernetesRequest
from testbed.faults import Answer, FaultProxy, Hold, Rule
from testbed.kubernetes_api import connect_cluster_path
from testbed.stack import Stack
from tests.e2e.conftest import SETTINGS
from tests.e2e.world import SOURCE, World, condition

pytestmark = pytest.mark.timeout(600)

COUNT = 500
PERIOD = 5.0
PERIODS = 3
CLUSTER = "fleet"
KIND = "KafkaConnectCluster"
UNMANAGED = {"name": "by-hand", "connector.class": SOURCE, "tasks.max": "1", "file": "/dev/null", "topic": "by-hand"}
# So many of the 500 runs that a restart brings may be before an edit.
FIRST_RUNS = 20
# A pass gives up a write when it is about so old.
HANG_SECONDS = 40.0
# So long a write that hangs holds up the next period at most: the patience of a pass (10 s), the period, and what the machine takes for a run.
HELD_UP_SECONDS = 10.0 + PERIOD + 8.0
# And so long the updates hang.
HUNG_SECONDS = 90.0
STEP = 120.0
LIST = r"/connectors\?expand=info&expand=status"


def name_of(number: int) -> str:
    """The name of a connector of the fleet."""
    return f"fleet-{number:03}"


def stored(name: str) -> dict[str, str]:
    """The configuration of a connector of the fleet as Connect should have it."""
    return {"name": name, "connector.class": SOURCE, "tasks.max": "1", "file": "/dev/null", "topic": f"topic-{name}"}


@dataclass
class Fleet:
    """The objects, the proxy that their connection leads to, and shorthands."""

    world: World
    proxy: FaultProxy
    expected: dict[str, dict[str, str]] = field(default_factory=lambda: {name_of(number): stored(name_of(number)) for number in range(COUNT)})

    @property
    def runs(self) -> int:
        """How many runs for connections have ended since the operator was started."""
        return self.world.stack.operator.reconciles(KIND)

    def wait_runs(self, count: int, timeout: float = 2 * STEP) -> None:
        """Wait until so many have ended, and none is under way."""
        operator = self.world.stack.operator
        self.world.until(lambda: self.runs >= count and operator.idle(KIND), f"{count} runs for connections have ended", timeout)

    def kubernetes_writes(self, since: int) -> list[KubernetesRequest]:
        """What the operator wrote to Kubernetes since that end of the audit log."""
        stack = self.world.stack
        return [one for one in stack.control_plane.requests(user=stack.operator.user, since=since) if one.is_write]

    def objects(self) -> dict[str, dict[str, Any]]:
        """The objects of the fleet by name."""
        return {obj["metadata"]["name"]: obj for obj in self.world.all() if obj["metadata"]["name"] in self.expected}

    def live(self) -> dict[str, Any]:
        """All connectors, read past the proxy."""
        found: dict[str, Any] = self.world.connect("GET", "/connectors?expand=info&expand=status").json()
        return found

    def is_whole(self) -> bool:
        """Whether Connect has every connector of the fleet, STOPPED, as its object says."""
        live = self.live()
        return all(
            name in live and live[name]["info"]["config"] == config and live[name]["status"]["connector"]["state"] == "STOPPED"
            for name, config in self.expected.items()
        )

    def edit(self, name: str, topic: str) -> None:
        """Give an object another topic."""
        self.expected[name] = {**self.expected[name], "topic": topic}
        self.world.patch(name, {"spec": {"config": {"topic": topic}}})

    def has_topic(self, name: str, topic: str) -> bool:
        """Whether Connect has that topic."""
        return (self.world.config(name) or {}).get("topic") == topic

    def put(self, name: str, changes: Mapping[str, str | None]) -> None:
        """Change a configuration by hand, past the operator; None removes a key."""
        whole = {**self.expected[name], **changes}
        body = {key: value for key, value in whole.items() if value is not None}
        assert self.world.connect("PUT", f"/connectors/{name}/config", body).ok


@pytest.fixture(scope="module")
def fleet(stack: Stack) -> Iterator[Fleet]:
    """500 STOPPED connectors on one connection, beside one that nobody manages."""
    world = World(stack)
    with FaultProxy(stack.connect.url) as proxy:
        fleet = Fleet(world, proxy)
        try:
            body = {"name": "by-hand", "config": UNMANAGED, "initial_state": "PAUSED"}
            assert world.connect("POST", "/connectors", body).ok
            world.create_cluster(CLUSTER, url=proxy.url, syncPeriod=f"{PERIOD:g}s")
            world.create_all(world.manifest(name, cluster=CLUSTER) for name in fleet.expected)
            world.until(lambda: _counts(world, CLUSTER) == {"managed": COUNT, "ready": COUNT, "failed": 0, "unmanaged": 1}, "all are Ready", 240)
            assert (world.get_cluster(CLUSTER) or {})["status"]["unmanagedConnectors"] == ["by-hand"]
            yield fleet
            assert world.failed_runs() == []
            assert world.config("by-hand") == UNMANAGED
            assert world.state("by-hand") == "PAUSED"
        finally:
            proxy.clear()
            world.restore(SETTINGS)


def _counts(world: World, cluster: str) -> Any:
    return (world.get_cluster(cluster) or {}).get("status", {}).get("connectors")


def test_period_with_nothing_to_do_is_one_request_and_no_write(fleet: Fleet) -> None:
    fleet.wait_runs(1)
    before, mark = fleet.runs, fleet.world.stack.control_plane.audit_end()
    fleet.proxy.forget()
    fleet.wait_runs(before + PERIODS)
    requests, periods = fleet.proxy.requests, fleet.runs - before
    assert [(one.method, one.path) for one in requests] == [("GET", "/connectors?expand=info&expand=status")] * periods
    assert fleet.kubernetes_writes(mark) == []
    assert fleet.is_whole()


def test_a_sign_of_life_is_three_requests_and_one_write(fleet: Fleet) -> None:
    """Every quarter of an hour; to have it now, the last one is made older."""
    world, path = fleet.world, connect_cluster_path(CLUSTER)
    world.until(lambda: world.stack.operator.idle(KIND), "no run is under way")
    fleet.proxy.forget()
    before = fleet.runs
    long_ago = (datetime.now(UTC) - timedelta(minutes=16)).strftime("%Y-%m-%dT%H:%M:%SZ")
    world.api.patch(f"{path}/status", {"status": {"lastSyncTime": long_ago}})
    mark = world.stack.control_plane.audit_end()
    world.until(lambda: world.api.get(path)["status"]["lastSyncTime"] > long_ago, "the sign of life")
    fleet.wait_runs(before + 2)
    asked = Counter((one.method, one.path) for one in fleet.proxy.requests)
    assert asked.pop(("GET", "/connectors?expand=info&expand=status")) == fleet.runs - before
    assert asked == {("GET", "/"): 1, ("GET", "/connector-plugins"): 1}
    assert [(one.verb, one.resource, one.subresource) for one in fleet.kubernetes_writes(mark)] == [("patch", "kafkaconnectclusters", "status")]


def _change_by_hand(fleet: Fleet) -> dict[str, list[str]]:
    """Four connectors of each kind of change, spread over the fleet."""
    kinds = ("value", "extra", "removed", "state", "deleted")
    names = {kind: [name_of(number) for number in range(index * 7, COUNT, 125)] for index, kind in enumerate(kinds)}
    changes: dict[str, Mapping[str, str | None]] = {"value": {"topic": "by-hand"}, "extra": {"batch.size": "7"}, "removed": {"file": None}}
    for kind, change in changes.items():
        for name in names[kind]:
            fleet.put(name, change)
    for name in names["state"]:
        assert fleet.world.connect("PUT", f"/connectors/{name}/resume").ok
    for name in names["deleted"]:
        assert fleet.world.connect("DELETE", f"/connectors/{name}").ok
    for name in names["state"]:
        stop = f"/connectors/{name}/stop"
        fleet.world.until(lambda name=name, stop=stop: fleet.world.state(name) == "RUNNING" or fleet.proxy.count("PUT", stop) > 0, "it is resumed")  # type: ignore[misc]
    return names


def test_twenty_changes_by_hand_are_repaired_by_one_pass(fleet: Fleet) -> None:
    """By the first pass that begins after they were made, unless the one before has met them already; each one once."""
    mark, written = fleet.world.stack.control_plane.audit_end(), len(fleet.world.writes())
    fleet.proxy.forget()
    changed = _change_by_hand(fleet)
    under_way = 0 if fleet.world.stack.operator.idle(KIND) else 1
    fleet.wait_runs(fleet.runs + under_way + 1)
    assert fleet.is_whole()

    expected = [("PUT", f"/connectors/{name}/config") for kind in ("value", "extra", "removed") for name in changed[kind]]
    expected += [("PUT", f"/connectors/{name}/stop") for name in changed["state"]]
    expected += [("POST", "/connectors")] * len(changed["deleted"])
    assert Counter((one.method, one.path) for one in fleet.proxy.matching("POST|PUT|PATCH|DELETE")) == Counter(expected)
    assert {entry["cause"] for entry in fleet.world.writes()[written:]} == {"drift"}
    touched = {name for names in changed.values() for name in names}
    by_name = {one.name.partition(".")[0] for one in fleet.kubernetes_writes(mark) if one.resource != "kafkaconnectclusters"}
    assert by_name <= touched | {""}, "the name of an Event that is created is not in its path"
    for name in touched:
        change = fleet.objects()[name]["status"]["lastChange"]
        assert change["cause"] == "drift"


def test_a_write_that_a_gate_forbids_is_the_trouble_of_one(fleet: Fleet) -> None:
    forbidden, edited, drifted = map(name_of, (150, 250, 350))
    rule = fleet.proxy.add(Rule("PUT", f"/connectors/{forbidden}/config", Answer(403, b"<html>Forbidden</html>")))
    before = fleet.objects()
    fleet.edit(forbidden, "forbidden")
    obj = fleet.world.wait_reason(forbidden, "ConnectForbidden")
    assert condition(obj, "Stalled")["status"] == "True"
    _edit_and_drift(fleet, edited, drifted)
    fleet.wait_runs(fleet.runs + 1)
    assert condition(fleet.world.get_cluster(CLUSTER) or {}, "Ready")["reason"] == "Running"
    moved = {name for name, obj in fleet.objects().items() if obj["status"] != before[name]["status"]}
    assert moved == {forbidden, edited, drifted}
    fleet.proxy.remove(rule)
    fleet.world.wait_reason(forbidden, "Stopped")
    fleet.edit(edited, f"topic-{edited}")
    fleet.world.until(lambda: fleet.has_topic(edited, f"topic-{edited}"), "the edit is applied")


def test_edit_after_a_restart_does_not_wait_for_the_queue(fleet: Fleet) -> None:
    operator = fleet.world.stack.operator
    operator.kill()
    operator.start()
    operator.wait_ready()
    fleet.edit(name_of(321), "after-restart")
    fleet.world.until(lambda: fleet.has_topic(name_of(321), "after-restart"), "the edit is applied")
    runs, idle = operator.reconciles(), operator.idle()
    assert runs <= FIRST_RUNS, "it was one of the first runs that applied it"
    assert not idle, "and the others are still to come"


@dataclass
class Hanging:
    """Updates that hang: of a connector that its user edited, and of one that was changed by hand. How the objects were before."""

    rule: Rule
    edited: str
    drifted: str
    before: dict[str, dict[str, Any]]

    @property
    def names(self) -> set[str]:
        """Both."""
        return {self.edited, self.drifted}

    @property
    def path(self) -> str:
        """Where the updates are sent to."""
        return self.rule.path


@pytest.fixture(scope="module")
def alone(fleet: Fleet) -> float:
    """Seconds for one edit and one drift while nothing hangs."""
    return _edit_and_drift(fleet, name_of(201), name_of(301))


@pytest.fixture(scope="module")
def hanging(fleet: Fleet) -> Hanging:
    """Two connectors whose PUT hangs for 90 s, which is as long as Connect itself lets one wait."""
    edited, drifted = name_of(100), name_of(101)
    rule = fleet.proxy.add(Rule("PUT", f"/connectors/({edited}|{drifted})/config", Hold(HUNG_SECONDS)))
    before = fleet.objects()
    fleet.edit(edited, "hangs")
    fleet.put(drifted, {"topic": "by-hand"})
    rule.wait_hit(2, timeout=60)
    return Hanging(rule, edited, drifted, before)


def _edit_and_drift(fleet: Fleet, edited: str, drifted: str) -> float:
    """Seconds until an edit is applied, and after it a change by hand is repaired."""
    began = time.monotonic()
    fleet.edit(edited, "beside")
    fleet.world.until(lambda: fleet.has_topic(edited, "beside"), "an edit is applied", STEP)
    fleet.put(drifted, {"topic": "by-hand"})
    fleet.world.until(lambda: fleet.has_topic(drifted, f"topic-{drifted}"), "a change by hand is repaired", STEP)
    return time.monotonic() - began


def test_others_keep_their_times_while_one_hangs(fleet: Fleet, alone: float, hanging: Hanging) -> None:
    beside = _edit_and_drift(fleet, name_of(200), name_of(300))
    held = fleet.proxy.matching("PUT", hanging.path)
    assert not any(one.forwarded for one in held), "all this while the updates hung"
    assert beside < 2 * alone + HANG_SECONDS / 2
    # The period gives the write up that hangs after its patience, and the next one begins as ever.
    since = min(one.began for one in held)
    lists = [one.began for one in fleet.proxy.matching("GET", LIST) if one.began > since]
    assert max(later - earlier for earlier, later in pairwise((since, *lists, time.monotonic()))) < HELD_UP_SECONDS


def test_what_hangs_says_so_and_recovers(fleet: Fleet, hanging: Hanging) -> None:
    for name in hanging.names:
        obj = fleet.world.wait_reason(name, "ConnectTimeout", timeout=2 * HANG_SECONDS)
        assert condition(obj, "Ready")["status"] == "Unknown"
        assert condition(obj, "Reconciling")["status"] == "True"
        assert name in condition(obj, "Ready")["message"]
    touched = {*hanging.names, *map(name_of, (200, 201, 300, 301))}
    moved = [name for name, obj in fleet.objects().items() if name not in touched and obj["status"] != hanging.before[name]["status"]]
    assert moved == []
    for name in hanging.names:
        obj = fleet.world.wait_reason(name, "Stopped", timeout=STEP)
        assert condition(obj, "Ready")["status"] == "True"
    assert fleet.is_whole()
    for name in hanging.names:
        assert fleet.proxy.count("PUT", f"/connectors/{name}/config") == 1, "it was read back, not sent again"
