# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes die at the worst moment: what was begun is finished, nothing is lost, and nothing foreign is taken."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from testbed import manifests
from testbed.connect import Worker
from testbed.faults import FaultProxy, Hold, Rule
from testbed.kubernetes_api import connector_path
from testbed.operator import Operator
from testbed.stack import Stack
from tests.e2e.world import FINALIZER, SOURCE, World, condition

# The operator is started again once or twice in most of them.
pytestmark = pytest.mark.timeout(300)

# Where a run is stopped: Connect has not got the write yet; has carried it out, unheard; was heard, and is being read back.
STEPS = ("before", "after", "confirming")
METHODS = {"create": "POST", "update": "PUT", "delete": "DELETE"}
CHANGED = {"spec": {"config": {"topic": "changed"}}}


@pytest.fixture(autouse=True)
def no_run_fails(proxies: dict[str, FaultProxy], world: World) -> Iterator[None]:
    """What others do to us is no failure of ours."""
    yield
    assert world.failed_runs() == []


@pytest.fixture
def proxies(stack: Stack) -> Iterator[dict[str, FaultProxy]]:
    """For each step an endpoint of its own, so that one pass cannot do the work of another. They outlive the objects."""
    with ExitStack() as running:
        yield {step: running.enter_context(FaultProxy(stack.connect.url)) for step in STEPS}


@pytest.fixture
def second_worker(world: World) -> Iterator[Worker]:
    """One more worker of the same Connect, to be started by the test."""
    worker = world.stack.connect.add_worker()
    try:
        yield worker
    finally:
        world.stack.connect.workers.remove(worker)
        if worker.running:
            worker.stop()


def restart(operator: Operator) -> None:
    """Start the operator after it was killed."""
    operator.start()
    operator.wait_ready()


def look_again(world: World, name: str) -> None:
    """Have the runtime take up an object now rather than later."""
    number = (world.get(name) or {})["metadata"]["resourceVersion"]
    world.patch(name, {"metadata": {"annotations": {"look-again": number}}})


def is_done(world: World, action: str, name: str) -> bool:
    """Whether Connect has carried out the write."""
    config = world.config(name)
    if action == "delete":
        return config is None
    return config is not None and (action == "create" or config["topic"] == "changed")


def begin(world: World, proxy: FaultProxy, action: str, name: str) -> None:
    """Ask for the write."""
    if action == "create":
        world.create(world.manifest(name, url=proxy.url))
    elif action == "update":
        world.patch(name, CHANGED)
    else:
        world.delete(name)


def stop_at(world: World, proxy: FaultProxy, action: str, step: str) -> Rule:
    """Let the run come to this step and no further."""
    held = proxy.add(Rule(METHODS[action], ".*", Hold(after=step != "before"), times=1))
    begin(world, proxy, action, f"{action}-{step}")
    held.wait_hit()
    if step == "before":
        return held
    world.until(lambda: is_done(world, action, f"{action}-{step}"), "Connect has done it")
    if step == "after":
        return held
    reading = proxy.add(Rule("GET", ".*", Hold(), times=1))
    held.release()
    reading.wait_hit()
    return reading


@pytest.mark.parametrize("action", METHODS)
def test_operator_killed_in_the_middle(world: World, proxies: dict[str, FaultProxy], action: str) -> None:
    if action != "create":
        for step in STEPS:
            world.create(world.manifest(f"{action}-{step}", url=proxies[step].url))
        for step in STEPS:
            world.wait_reason(f"{action}-{step}", "Stopped")
    held = {step: stop_at(world, proxies[step], action, step) for step in STEPS}
    world.stack.operator.kill()
    held["after"].release()
    held["confirming"].release()
    restart(world.stack.operator)
    for step in STEPS:
        if action == "delete":
            world.wait_gone(f"{action}-{step}")
        else:
            assert world.wait_reason(f"{action}-{step}", "Stopped")["status"]["ownership"] == "Created"
        assert is_done(world, action, f"{action}-{step}")
    # The write of a dead run can still arrive: it does no harm.
    assert not proxies["before"].matching(METHODS[action])[0].forwarded
    held["before"].release()
    late = proxies["before"].matching(METHODS[action])[0]
    world.until(lambda: late.ended is not None, "the late write has arrived")
    assert is_done(world, action, f"{action}-before")
    assert {step: proxies[step].count(METHODS[action]) for step in STEPS} == {"before": 2, "after": 1, "confirming": 1}


def test_foreign_connector_appears_while_the_operator_is_dead(world: World, proxies: dict[str, FaultProxy]) -> None:
    stop_at(world, proxies["before"], "create", "before")
    world.stack.operator.kill()
    theirs = {"connector.class": SOURCE, "file": "/dev/null", "topic": "theirs", "tasks.max": "1"}
    world.connect("POST", "/connectors", {"name": "create-before", "config": theirs, "initial_state": "STOPPED"}).raise_for_status()
    restart(world.stack.operator)
    world.wait_reason("create-before", "ConnectorExists")
    assert (world.config("create-before") or {})["topic"] == "theirs"
    world.delete("create-before")
    world.wait_gone("create-before")
    assert (world.config("create-before") or {})["topic"] == "theirs"
    assert proxies["before"].count("PUT|DELETE") == 0


def test_deletion_after_an_interrupted_creation(world: World, proxies: dict[str, FaultProxy]) -> None:
    """Absence proves nothing while a POST may be under way: it does arrive for one object, never for the other."""
    arrives, never = proxies["before"], proxies["after"]
    world.create(world.manifest("never", url=never.url))
    never_sent = never.add(Rule("POST", ".*", Hold(), times=1))
    late = stop_at(world, arrives, "create", "before")
    never_sent.wait_hit()
    world.stack.operator.kill()
    world.delete("create-before")
    world.delete("never")
    restart(world.stack.operator)
    for name in ("create-before", "never"):
        obj = world.wait_reason(name, "Deleting")
        assert obj["metadata"]["finalizers"] == [FINALIZER]
        assert obj["status"]["ownership"] == "Creating"
    late.release()
    world.until(lambda: world.config("create-before") is not None, "the late POST has arrived")
    look_again(world, "create-before")
    world.wait_gone("create-before")
    assert world.config("create-before") is None
    assert world.get("never") is not None
    past = {"status": {"ownershipTime": "2026-01-01T00:00:00Z"}}
    world.api.patch(connector_path("never", subresource="status"), past)
    look_again(world, "never")
    world.wait_gone("never")
    assert never.count("POST") == 1


def test_module_that_cannot_start_releases_nothing(world: World) -> None:
    world.create(world.manifest("kept"))
    world.wait_reason("kept", "Stopped")
    stack = world.stack
    stack.operator.stop()
    # Without a folder for its file the module is not even begun.
    environment = {"ANSIBLE_PIPELINING": "0", "ANSIBLE_REMOTE_TEMP": "/tmp/blocked"}
    operator = Operator(stack.processes, stack.control_plane, manifests.container(manifests.default()), environment=environment)
    blocked = operator.temporary / "blocked"
    blocked.write_text("", encoding="utf-8")
    asked = world.operator_log().count("Ask for the next run")
    operator.start()
    try:
        operator.wait_ready()
        world.delete("kept")
        world.until(lambda: world.operator_log().count("Ask for the next run") >= asked + 2, "runs have ended")
        obj = world.get("kept") or {}
        assert obj["metadata"]["finalizers"] == [FINALIZER]
        assert world.config("kept") is not None
        blocked.unlink()
        world.wait_gone("kept")
        assert world.config("kept") is None
    finally:
        operator.stop()
        blocked.unlink(missing_ok=True) if blocked.is_file() else None


@contextmanager
def watching(world: World) -> Iterator[dict[str, set[tuple[str, str]]]]:
    """All values that Ready takes meanwhile, by object, with the time since when."""
    seen: dict[str, set[tuple[str, str]]] = defaultdict(set)
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.2):
            for obj in world.all():
                ready = condition(obj, "Ready")
                seen[obj["metadata"]["name"]].add((ready["status"], ready["lastTransitionTime"]))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def runs(world: World) -> int:
    """How many runs have ended without a failure."""
    return world.operator_log().count("Ask for the next run")


def more_runs(world: World, count: int = 2) -> None:
    """Wait for periodic runs."""
    before = runs(world)
    world.until(lambda: runs(world) >= before + count, f"{count} more runs")


def places(world: World, names: list[str]) -> set[str]:
    """The workers of the running tasks of these connectors; empty unless all run."""
    found = world.connect("GET", "/connectors?expand=status")
    tasks = [task for name in names for task in found.json()[name]["status"]["tasks"]] if found.ok else []
    if len(tasks) < len(names) or any(task["state"] != "RUNNING" for task in tasks):
        return set()
    return {task["worker_id"] for task in tasks}


def test_ready_does_not_flap(world: World, second_worker: Worker) -> None:
    names = [f"steady-{number}" for number in range(5)]
    world.create_all(world.manifest(name, state="running") for name in names)
    for name in names:
        world.wait_reason(name, "Running")
    here, there = (f"127.0.0.1:{worker.port}" for worker in world.stack.connect)
    with watching(world) as seen:
        more_runs(world)
        second_worker.start()
        second_worker.wait_healthy()
        world.until(lambda: places(world, names) == {here, there}, "the tasks are spread")
        more_runs(world)
        second_worker.kill()
        world.until(lambda: places(world, names) == {here}, "the tasks are back")
        more_runs(world)
    assert {name: {status for status, _ in values} for name, values in seen.items()} == {name: {"True"} for name in names}
    assert {len(values) for values in seen.values()} == {1}
    assert [write["action"] for name in names for write in world.writes(name)] == ["create"] * len(names)


def test_edits_while_workers_come_and_go(world: World, second_worker: Worker) -> None:
    names = [f"moving-{number}" for number in range(4)]
    world.create_all(world.manifest(name, state="running") for name in names)
    for name in names:
        world.wait_reason(name, "Running")
    here = f"127.0.0.1:{world.stack.connect.workers[0].port}"
    edits = 0

    def edit_until(arrived: threading.Event) -> None:
        nonlocal edits
        while not arrived.wait(0.5):
            edits += 1
            world.patch(names[edits % len(names)], {"spec": {"config": {"topic": f"topic-{edits}"}}})

    @contextmanager
    def editing() -> Iterator[None]:
        arrived = threading.Event()
        thread = threading.Thread(target=edit_until, args=(arrived,))
        thread.start()
        try:
            yield
        finally:
            arrived.set()
            thread.join()

    with editing():
        second_worker.start()
        second_worker.wait_healthy()
        more_runs(world)
        second_worker.kill()
        world.until(lambda: places(world, names) == {here}, "all run on the worker that is left")
    assert edits > len(names)
    for name in names:
        obj = world.wait_reason(name, "Running")
        assert (world.config(name) or {})["topic"] == obj["spec"]["config"]["topic"]
        actions = [write["action"] for write in world.writes(name)]
        assert actions[0] == "create"
        assert set(actions[1:]) == {"update"}
