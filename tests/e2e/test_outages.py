# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Connect that is away for three minutes, and what goes on meanwhile: the other Connects do not notice."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from testbed import troubled
from testbed.black_hole import BlackHole
from testbed.connect import ConnectCluster
from testbed.faults import Answer, Drop, FaultProxy, Hold, Rule
from testbed.kubernetes_api import connector_path
from testbed.ports import free_ports
from testbed.stack import Stack
from tests.e2e.bystander import untouched
from tests.e2e.conftest import SETTINGS
from tests.e2e.world import Object, World, condition

pytestmark = pytest.mark.timeout(600)

# In this namespace, so that tests that clean up after themselves leave it alone.
NAMESPACE = "outages"
LIST = r"/connectors\?expand=.*"
AWAY_SECONDS = 180.0
AWAY_COUNT = 100
# For a run of each of these.
FIRST_RUNS = 240.0
# With three workers for connections: a run costs a second or two, with an unreachable Connect ten more.
PERIOD = 30.0
# As the settings of the session have it, and what a run takes from its start to its writes on a busy machine.
POLL_SECONDS, RUN_SECONDS = 5.0, 25.0
# So late an edit or a drift on a good Connect is dealt with: two Connects that answer after 60 s would cost their neighbours more.
LATE = 3 * PERIOD
# From one period to the next, on the whole: a run takes a second or two to start, and runs of ten connections share three workers.
PACE = 1.5 * PERIOD
# Longer than any single wait in here.
PATIENCE = 120.0
TOLD = {"refused": "ConnectUnreachable", "black-hole": "ConnectUnreachable", "html": "NotConnect", "slow": "ConnectTimeout"}


def ready_since(world: World) -> dict[str, tuple[str, str]]:
    """Status and time of the last change of all Ready conditions, by name."""
    found = {obj["metadata"]["name"]: condition(obj, "Ready") for obj in world.all()}
    return {name: (one["status"], one["lastTransitionTime"]) for name, one in found.items()}


@dataclass
class Place:
    """A namespace of the module with connections in it."""

    world: World

    def create(self, names: Iterable[str], cluster: str) -> None:
        """Stopped connectors on a connection."""
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda name: self.world.create(self.world.manifest(name, cluster=cluster), NAMESPACE), names))

    def reasons(self, names: Iterable[str]) -> set[str]:
        """What these objects show of the newest spec; empty for one that shows nothing yet."""
        found = {obj["metadata"]["name"]: obj for obj in self.world.all(NAMESPACE)}
        return {self._reason(found[name]) for name in names}

    @staticmethod
    def _reason(obj: Mapping[str, Any]) -> str:
        ready = condition(obj, "Ready")
        return str(ready["reason"]) if ready.get("observedGeneration") == obj["metadata"]["generation"] else ""

    def all_are(self, names: list[str], reason: str, timeout: float = PATIENCE) -> None:
        """Wait until all of them have the reason."""
        self.world.until(lambda: self.reasons(names) == {reason}, f"all are {reason}", timeout)


@dataclass
class Away(Place):
    """A Connect that was stopped, with what there was of logs and requests at that moment."""

    connect: ConnectCluster
    proxy: FaultProxy
    names: list[str]
    began: float = field(default_factory=time.monotonic)
    audited: int = 0
    written: int = 0
    logged: int = 0

    def log_lines(self) -> list[str]:
        """What the operator logged of these objects since."""
        lines = self.world.operator_log()[self.logged :].splitlines()
        return [line for line in lines if NAMESPACE in line and "away" in line]

    def writes(self) -> list[dict[str, Any]]:
        """What was written to this Connect since."""
        return [one for one in self.world.writes()[self.written :] if one["connector"].startswith("away-")]

    def patches(self) -> Counter[str]:
        """How often the status of each object was patched since."""
        control_plane = self.world.stack.control_plane
        found = control_plane.requests(user=self.world.stack.operator.user, since=self.audited)
        return Counter(one.name for one in found if one.is_write and (one.resource, one.subresource) == ("kafkaconnectors", "status"))


@dataclass
class Ten(Place):
    """Ten connections; each has three connectors, if it is a good one, or one."""

    good: Mapping[str, FaultProxy]
    bad: Mapping[str, FaultProxy | None]
    reachable: ConnectCluster
    audited: int = 0
    began: float = 0.0

    def begin(self) -> None:
        """Count from now on."""
        for proxy in (*self.good.values(), *self.bad.values()):
            if proxy:
                proxy.forget()
        self.audited, self.began = self.world.stack.control_plane.audit_end(), time.monotonic()

    def topic(self, name: str) -> str:
        """The topic of a connector on the Connect that answers."""
        return str(self.reachable.request("GET", f"/connectors/{name}/config").json()["topic"])

    def reads(self) -> Counter[str]:
        """How often a run read each of these connections, as each does at its start."""
        return connection_reads(self.world, self.audited, NAMESPACE)


def connection_reads(world: World, since: int, namespace: str) -> Counter[str]:
    """How often runs read each connection since that end of the audit log. What the runtime itself reads before a run does not count."""
    read = ("get", "kafkaconnectclusters", namespace)
    return Counter(one.name for one in world.asked(since) if (one.verb, one.resource, one.namespace) == read)


@pytest.fixture(scope="module")
def module_world(stack: Stack) -> Iterator[World]:
    """For what outlasts single tests."""
    world = World(stack)
    world.create_namespace(NAMESPACE)
    yield world
    assert world.failed_runs() == []


@pytest.fixture(scope="module")
def sturdy(stack: Stack, module_world: World) -> Iterator[ConnectCluster]:
    """A Connect that is there all the time, although a connector on it may hang."""
    with stack.connect_cluster("sturdy") as connect:
        yield connect


@pytest.fixture(scope="module")
def away(stack: Stack, module_world: World, sturdy: ConnectCluster) -> Iterator[Away]:
    """A hundred connectors on a Connect that has just been stopped."""
    world = module_world
    with ExitStack() as ends:
        connect = ends.enter_context(stack.connect_cluster("away"))
        proxy = ends.enter_context(FaultProxy(connect.url))
        ends.callback(world.restore, SETTINGS)
        ends.enter_context(untouched(world, sturdy, connect))
        ends.callback(_revive, connect)
        world.create_cluster("away", namespace=NAMESPACE, url=proxy.url, syncPeriod=f"{PERIOD:.0f}s")
        one = Away(world, connect, proxy, [f"away-{number:02}" for number in range(AWAY_COUNT)])
        one.create(one.names, "away")
        one.all_are(one.names, "Stopped")
        world.wait_cluster("away", namespace=NAMESPACE)
        # One run looked after all of them, but each has one of its own, and a hundred of these would be all that the machine does.
        world.until(lambda: stack.operator.idle("KafkaConnector"), "each of them has had its run", FIRST_RUNS)
        proxy.forget()
        one.audited, one.written, one.logged = stack.control_plane.audit_end(), len(world.writes()), len(world.operator_log())
        connect.stop()
        one.began = time.monotonic()
        yield one


def _revive(connect: ConnectCluster) -> None:
    if not connect.workers[0].running:
        connect.start()
        connect.wait_healthy()


@pytest.fixture(scope="module")
def ten(away: Away, sturdy: ConnectCluster) -> Iterator[Ten]:
    """Two connections to a Connect that answers, eight to something else."""
    world = away.world
    html = Answer(200, b"<html><body>Welcome</body></html>", {"Content-Type": "text/html"})
    with ExitStack() as ends:
        good = {f"good-{number}": ends.enter_context(FaultProxy(sturdy.url)) for number in range(2)}
        bad: dict[str, FaultProxy | None] = {}
        urls = {name: proxy.url for name, proxy in good.items()}
        for number in range(2):
            urls[f"refused-{number}"] = f"http://127.0.0.1:{free_ports(1)[0]}"
            urls[f"black-hole-{number}"] = ends.enter_context(BlackHole()).url
            for name, fault in ((f"html-{number}", html), (f"slow-{number}", Hold(60))):
                proxy = ends.enter_context(FaultProxy(sturdy.url))
                proxy.add(Rule(".*", ".*", fault))
                bad[name], urls[name] = proxy, proxy.url
        one = Ten(world, good, {name: bad.get(name) for name in urls if name not in good}, sturdy)
        for name, url in urls.items():
            world.create_cluster(name, namespace=NAMESPACE, url=url, syncPeriod=f"{PERIOD:.0f}s")
            one.create([f"{name}-{number}" for number in range(3 if name in good else 1)], name)
        yield one


def test_a_rolling_restart_changes_nothing(world: World, ten: Ten) -> None:
    """With a scheduled.rebalance.max.delay.ms of about a restart, as one sets it for rolling restarts.

    With Connect's own of 5 minutes the connectors of a worker that left are run by nobody for so long, and Ready says so.
    """
    properties = {"scheduled.rebalance.max.delay.ms": 5000}
    with world.stack.connect_cluster("rolling", workers=2, properties=properties) as connect, untouched(world, connect):
        world.create_cluster("rolling", urls=[worker.url for worker in connect])
        names = {state: [f"{state}-{number}" for number in range(10)] for state in ("running", "stopped")}
        world.create_all(world.manifest(name, cluster="rolling", state=state) for state in names for name in names[state])
        world.until(lambda: all(condition(obj, "Ready").get("status") == "True" for obj in world.all()), "all are Ready", PATIENCE)
        world.wait_cluster("rolling")
        before = ready_since(world)
        assert {status for status, _since in before.values()} == {"True"}
        for worker in connect:
            worker.restart()
            world.until(lambda: runs(connect, names["running"]), "all connectors and tasks run", PATIENCE)
            periods(world, "rolling", 2)
        # A Ready that was another in between would have changed later.
        assert ready_since(world) == before
        world.api.delete(connector_path())
        world.until(lambda: not world.all(), "all are gone", PATIENCE)
    assert world.failed_runs() == []


def runs(connect: ConnectCluster, names: list[str]) -> bool:
    """Whether a worker has each of these connectors and its task."""
    answer = connect.request("GET", "/connectors?expand=status")
    statuses = [answer.json().get(name, {}).get("status", {}) for name in names] if answer.ok else [{}]
    return all(one and {part["state"] for part in (one["connector"], *one["tasks"])} == {"RUNNING"} and one["tasks"] for one in statuses)


def periods(world: World, name: str, count: int, namespace: str = "default") -> None:
    """Wait until so many runs for a connection have read it."""
    mark = world.stack.control_plane.audit_end()
    # A run reads it at its start; that of the first may have been under way.
    world.until(lambda: connection_reads(world, mark, namespace)[name] > count, f"{count} periods of {name}", PATIENCE)


def test_two_good_ones_among_ten(ten: Ten) -> None:
    world = ten.world
    for name in ten.bad:
        expected = TOLD[name.rpartition("-")[0]]
        world.until(lambda name=name, expected=expected: ten.reasons([f"{name}-0"]) == {expected}, f"{name}: {expected}", PATIENCE)  # type: ignore[misc]
    good = [f"{name}-{number}" for name in ten.good for number in range(3)]
    ten.all_are(good, "Stopped")
    # The first try of what answers too late holds a run for up to 45 s. That of what is known to be out of reach ends after 10.
    for name in (*ten.good, *ten.bad):
        world.wait_cluster(name, TOLD.get(name.rpartition("-")[0], "Running"), namespace=NAMESPACE, timeout=PATIENCE)
    ten.begin()
    drifted = [f"{name}-0" for name in ten.good]
    for name in drifted:
        path = f"/connectors/{name}/config"
        config = ten.reachable.request("GET", path).json()
        ten.reachable.request("PUT", path, {**config, "topic": "by hand"}).raise_for_status()

    def repaired() -> bool:
        return all(ten.topic(name) == f"topic-{name}" for name in drifted)

    world.until(repaired, "what was changed by hand is repaired", LATE)
    edited = [f"{name}-1" for name in ten.good]
    for name in edited:
        world.patch(name, {"spec": {"config": {"topic": "edited"}}}, NAMESPACE)
    world.until(lambda: {ten.topic(name) for name in edited} == {"edited"}, "what was edited is applied", LATE)
    world.until(lambda: time.monotonic() - ten.began > 4 * PERIOD, "four periods", PATIENCE)
    assert_periods(ten, time.monotonic() - ten.began)
    assert ten.reasons(good) == {"Stopped"}
    for name in good:
        world.delete(name, NAMESPACE)
    for name in good:
        world.wait_gone(name, namespace=NAMESPACE)
    for name in (*ten.good, *ten.bad):
        world.delete_cluster(name, NAMESPACE)


def assert_periods(ten: Ten, seconds: float) -> None:
    """In these seconds the good ones were read once a period, and the others were tried no more often."""
    for name, proxy in ten.good.items():
        lists = [one.began for one in proxy.matching("GET", LIST)]
        gaps = [later - earlier for earlier, later in pairwise(lists)]
        assert len(lists) >= seconds / PACE, (name, gaps)
        assert median(gaps) <= PACE, (name, gaps)
    # What is out of reach is tried once a period. Besides, the run of its connector reads it.
    reads = ten.reads()
    for name in (one for one in ten.bad if one.startswith(("refused", "black-hole"))):
        assert seconds / PACE <= reads[name] <= seconds / PERIOD + 2, (name, reads[name])
    for name, bad in ten.bad.items():
        # A try is one or two requests.
        assert bad is None or bad.count() <= 2 * (seconds / PERIOD + 1), name
        assert bad is None or bad.count("PUT|POST|DELETE") == 0, name


def test_label_addressed_outage(world: World, proxy: FaultProxy, away: Away) -> None:
    with untouched(world, world.stack.connect):
        label_addressed_outage(world, proxy)


def label_addressed_outage(world: World, proxy: FaultProxy) -> None:
    """One of them tries for all, in each period."""
    names = [f"labelled-{number}" for number in range(5)]
    world.create_all(world.manifest(name, url=proxy.url) for name in names)
    for name in names:
        world.wait_reason(name, "Stopped", timeout=PATIENCE)
    down = proxy.add(Rule(".*", ".*", Drop()))
    for name in names:
        world.wait_reason(name, "ConnectUnreachable", timeout=PATIENCE)
    proxy.forget()
    began = time.monotonic()
    world.patch(names[0], {"spec": {"config": {"topic": "edited"}}})
    world.wait_reason(names[0], "ConnectUnreachable")
    down.wait_hit(down.hits + 3)
    # About one try a period of 5 s, whatever is edited meanwhile.
    assert proxy.count() <= 2 + (time.monotonic() - began) / 4
    proxy.remove(down)
    back = time.monotonic()
    for name in names:
        world.wait_reason(name, "Stopped")
    assert time.monotonic() - back < POLL_SECONDS + RUN_SECONDS
    assert (world.config(names[0]) or {})["topic"] == "edited"


def hanging(world: World, name: str, method: str, file: Path) -> Object:
    """A connector with a method that hangs while the file exists."""
    return world.manifest(
        name, cluster="frozen", state="running", config={"hang.in": method, "hang.while.exists": str(file)}, **{"class": troubled.CLASS}
    )


@pytest.fixture
def obstacles(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """Files that methods of connectors hang on; they never outlast a test, as a worker that hangs would."""
    files = tmp_path / "thinks", tmp_path / "stops"
    yield files
    for file in files:
        file.unlink(missing_ok=True)


def test_hanging_connectors(world: World, sturdy: ConnectCluster, away: Away, obstacles: tuple[Path, Path]) -> None:
    """One whose taskConfigs() hangs, which freezes its worker, and then one whose stop() hangs."""
    thinks, stops = obstacles
    world.create_cluster("frozen", url=sturdy.url)
    others = [world.manifest(f"other-{number}", cluster="frozen", state=state) for number, state in enumerate(("running", "running", "stopped"))]
    world.create_all([*others, hanging(world, "stubborn", "stop", stops)])
    edited, *quiet = [obj["metadata"]["name"] for obj in others]
    for obj in others:
        world.wait_reason(obj["metadata"]["name"], obj["spec"]["state"].capitalize(), timeout=PATIENCE)
    world.wait_reason("stubborn", "Running", timeout=PATIENCE)
    world.wait_cluster("frozen")
    before = ready_since(world)

    thinks.touch()
    world.create(hanging(world, "thinker", "taskConfigs", thinks))
    world.until(lambda: sturdy.request("GET", "/health").status_code == 500, "the worker is stuck")
    world.patch(edited, {"spec": {"config": {"topic": "edited"}}})
    obj = world.wait_reason(edited, "ConnectTimeout", timeout=PATIENCE)
    assert "; the worker is currently " in condition(obj, "Ready")["message"]
    assert {name: ready_since(world)[name] for name in quiet} == {name: before[name] for name in quiet}
    # It looks like one that has nothing to do, and is not taken for one that does what it should.
    periods(world, "frozen", 1)
    assert condition(world.get("thinker") or {}, "Ready")["status"] != "True"
    world.wait_cluster("frozen")
    thinks.unlink()
    world.wait_reason(edited, "Running", timeout=PATIENCE)
    world.wait_reason("thinker", "Running", timeout=PATIENCE)
    assert sturdy.request("GET", f"/connectors/{edited}/config").json()["topic"] == "edited"

    stops.touch()
    world.delete("stubborn")
    world.patch(edited, {"spec": {"config": {"topic": "edited again"}}})
    world.wait_gone("stubborn", timeout=PATIENCE)
    world.wait_reason(edited, "Running", timeout=PATIENCE)
    assert sturdy.request("GET", f"/connectors/{edited}/config").json()["topic"] == "edited again"
    stops.unlink()
    assert {name: ready_since(world)[name] for name in quiet} == {name: before[name] for name in quiet}
    world.api.delete(connector_path())
    world.until(lambda: not world.all(), "all are gone", PATIENCE)
    assert world.failed_runs() == []


def test_three_minutes(away: Away) -> None:
    world = away.world
    away.all_are(away.names, "ConnectUnreachable")
    [edited, *_], new = away.names, "away-new"
    world.patch(edited, {"spec": {"config": {"topic": "edited"}}}, NAMESPACE)
    world.create(world.manifest(new, cluster="away"), NAMESPACE)
    # At once: nobody asks a Connect anew of which it is known that it does not answer.
    away.all_are([edited, new], "ConnectUnreachable", timeout=PERIOD)
    obj = world.wait_cluster("away", "ConnectUnreachable", namespace=NAMESPACE)
    assert condition(obj, "Ready")["status"] == "Unknown"
    assert {condition(obj, "Ready")["status"] for obj in world.all(NAMESPACE) if obj["metadata"]["name"] in away.names} == {"Unknown"}
    world.until(lambda: time.monotonic() - away.began > AWAY_SECONDS, "three minutes", AWAY_SECONDS)
    seconds = time.monotonic() - away.began
    told = away.patches()
    assert Counter(told[name] for name in away.names if name != edited) == {1: AWAY_COUNT - 1}
    assert told[edited] + told[new] <= 4
    asked = [(round(one.began - away.began, 1), one.method, one.path) for one in away.proxy.requests]
    assert len(asked) <= 8 + 1.2 * seconds / PERIOD, asked
    # For each period, and for the runs of what was edited and created meanwhile.
    assert len(away.log_lines()) <= 10 + 2 * seconds / PERIOD, away.log_lines()[-20:]
    assert away.writes() == []

    # What a worker says that starts is no further change.
    away.connect.start()
    away.connect.wait_healthy()
    back = time.monotonic()
    away.all_are([*away.names, new], "Stopped")
    # The run that was under way, and one period.
    assert sum(one.began > back for one in away.proxy.matching("GET", "/health")) <= 2
    world.wait_cluster("away", namespace=NAMESPACE)
    told = away.patches()
    assert Counter(told[name] for name in away.names if name != edited) == {2: AWAY_COUNT - 1}
    assert sorted((one["action"], one["connector"]) for one in away.writes()) == [("create", new), ("update", edited)]
    assert away.connect.request("GET", f"/connectors/{edited}/config").json()["topic"] == "edited"
