# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever overtakes whatever: the newest spec wins, nothing comes back, and no object gets what was meant for another."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from testbed import manifests
from testbed.connect import ConnectCluster
from testbed.faults import FaultProxy, Hold, Request, Rule
from testbed.process import MARK
from testbed.stack import Stack
from tests.e2e.world import Object, World, condition, is_current

pytestmark = pytest.mark.timeout(300)

# What one pass has under way at a time.
POOL = 8

# Seconds after which a pass has ended.
DEADLINE = 45


@pytest.fixture(autouse=True)
def no_run_fails(world: World) -> Iterator[None]:
    """Losing a race is not a failure."""
    yield
    assert world.failed_runs() == []


@pytest.fixture(scope="module")
def second(stack: Stack) -> Iterator[ConnectCluster]:
    """Another Connect on the same broker."""
    with stack.connect_cluster("second") as cluster:
        yield cluster


def topic(name: str) -> dict[str, object]:
    """A patch that gives an object another topic."""
    return {"spec": {"config": {"topic": name}}}


def topics(sent: list[Request]) -> list[str]:
    """The topics in the bodies of PUTs, in their order."""
    return [json.loads(request.body)["topic"] for request in sent]


def recreate(world: World, proxy: FaultProxy, name: str, **spec: Any) -> Object:
    """Delete an object and create another of its name as soon as that is possible."""
    world.delete(name)
    world.wait_gone(name)
    return world.create(world.manifest(name, url=proxy.url, **spec))


def modules(world: World) -> set[int]:
    """The processes of modules at work: Python programs of the operator that came by standard input."""
    mark = f"{MARK}={world.stack.operator.process.mark}".encode()
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command, environment = (entry / "cmdline").read_bytes(), (entry / "environ").read_bytes()
        except OSError:
            continue
        if re.fullmatch(rb"[^\0]*/python[\d.]*\0", command) and mark in environment.split(b"\0"):
            found.add(int(entry.name))
    return found


def hold_update(world: World, proxy: FaultProxy) -> Rule:
    """Create four objects, and edit one whose PUT is then kept back."""
    world.create_all(world.manifest(name, url=proxy.url) for name in ("held", "edited", "deleted", "recreated"))
    for name in ("held", "edited", "deleted", "recreated"):
        world.wait_reason(name, "Stopped")
    rule = proxy.add(Rule("PUT", "/connectors/held/config", Hold(), times=1))
    world.patch("held", topic("first"))
    rule.wait_hit()
    return rule


def others_go_on(world: World, proxy: FaultProxy) -> None:
    """Edit, delete, delete and create again beside the update that is held, and have it done before that goes on."""
    world.patch("edited", topic("newest"))
    world.delete("deleted")
    before = world.get("recreated") or {}
    recreate(world, proxy, "recreated", config={"file": "/dev/null", "topic": "newest"})
    after = world.wait_reason("recreated", "Stopped")
    world.wait_reason("edited", "Stopped")
    world.wait_gone("deleted")
    [held] = proxy.matching("PUT", "/connectors/held/config")
    assert not held.forwarded, "all this was done while the update was held"
    assert after["metadata"]["uid"] != before["metadata"]["uid"]
    assert after["status"]["ownership"] == "Created"
    assert after["status"]["lastChange"]["action"] == "create"
    assert (world.config("edited") or {})["topic"] == "newest"
    assert (world.config("recreated") or {})["topic"] == "newest"
    assert world.config("deleted") is None


def test_held_update_of_an_object_edited_again(world: World, proxy: FaultProxy) -> None:
    rule = hold_update(world, proxy)
    world.patch("held", topic("second"))
    others_go_on(world, proxy)
    rule.release()
    world.wait_reason("held", "Stopped")
    assert (world.config("held") or {})["topic"] == "second"
    assert topics(proxy.matching("PUT", "/connectors/held/config")) == ["first", "second"]
    assert world.connectors() == {"held", "edited", "recreated"}


def test_held_update_of_an_object_deleted_and_created_again(world: World, proxy: FaultProxy) -> None:
    rule = hold_update(world, proxy)
    world.delete("held")
    others_go_on(world, proxy)
    rule.release()
    world.wait_gone("held")
    assert world.config("held") is None
    world.create(world.manifest("held", url=proxy.url))
    obj = world.wait_reason("held", "Stopped")
    assert obj["status"]["lastChange"]["action"] == "create"
    assert (world.config("held") or {})["topic"] == "topic-held"
    assert topics(proxy.matching("PUT", "/connectors/held/config")) == ["first"]


def test_held_update_of_an_object_replaced_by_force(world: World, proxy: FaultProxy) -> None:
    """Somebody takes the finalizer off by hand: the new object of that name has no share in what the old one owned."""
    rule = hold_update(world, proxy)
    world.delete("held")
    world.patch("held", {"metadata": {"finalizers": []}})
    world.wait_gone("held")
    world.create(world.manifest("held", url=proxy.url, config={"file": "/dev/null", "topic": "second"}))
    rule.release()
    obj = world.wait_reason("held", "ConnectorExists")
    [update] = proxy.matching("PUT", "/connectors/held/config")
    world.until(lambda: update.ended is not None, "the held update is done")
    assert (world.config("held") or {})["topic"] == "first"
    world.patch("held", topic("third"))
    obj = world.wait_reason("held", "ConnectorExists")
    assert "ownership" not in obj["status"]
    assert "lastChange" not in obj["status"]
    world.delete("held")
    world.wait_gone("held")
    assert (world.config("held") or {})["topic"] == "first", "nobody's connector is left alone"


def test_edits_during_a_burst(world: World, proxy: FaultProxy) -> None:
    names = [f"burst-{number:02}" for number in range(60)]
    world.create_all(world.manifest(name, url=proxy.url) for name in names)
    world.until(lambda: proxy.count("POST") > 0, "the burst has begun")
    edited = names[::6]
    for name in edited:
        world.patch(name, topic("newest"))

    def all_done() -> bool:
        return all(is_current(obj) and condition(obj, "Ready").get("reason") == "Stopped" for obj in world.all())

    world.until(all_done, "all are Ready")
    assert Counter(json.loads(request.body)["name"] for request in proxy.matching("POST")) == Counter(names)
    for name in names:
        assert (world.config(name) or {})["topic"] == ("newest" if name in edited else f"topic-{name}")


def test_two_endpoints_do_not_touch_each_other(world: World, second: ConnectCluster) -> None:
    if world.api.find("/api/v1/namespaces/elsewhere") is None:
        world.api.create("/api/v1/namespaces", {"metadata": {"name": "elsewhere"}})

    def there(name: str) -> requests.Response:
        return requests.get(f"{second.url}/connectors/{name}/config", timeout=30)

    world.create(world.manifest("same"))
    world.create(world.manifest("same", url=second.url, config={"file": "/dev/null", "topic": "elsewhere"}), "elsewhere")
    world.wait_reason("same", "Stopped")
    world.wait_reason("same", "Stopped", namespace="elsewhere")
    assert (world.config("same") or {})["topic"] == "topic-same"
    assert there("same").json()["topic"] == "elsewhere"
    world.patch("same", topic("changed"))
    world.wait_reason("same", "Stopped")
    assert there("same").json()["topic"] == "elsewhere"
    world.delete("same")
    world.wait_gone("same")
    assert world.config("same") is None
    assert there("same").json()["topic"] == "elsewhere"
    obj = world.get("same", "elsewhere") or {}
    assert condition(obj, "Ready")["status"] == "True"
    world.delete("same", "elsewhere")
    world.wait_gone("same", namespace="elsewhere")
    assert there("same").status_code == requests.codes.not_found


def runs_at_a_time() -> int:
    """For how many objects the runtime of the shipped Deployment has runs at a time."""
    shipped = manifests.container(manifests.default()).environment
    return int(shipped["MAX_CONCURRENT_RECONCILES_KAFKACONNECTOR_EXTERNAL_SAIELLO_GITHUB_IO"])


def test_freeze_stops_a_pass_between_its_writes(world: World, proxy: FaultProxy) -> None:
    names = [f"freeze-{number:02}" for number in range(24)]
    world.stack.operator.stop()
    world.create_all(world.manifest(name, url=proxy.url) for name in names)
    rule = proxy.add(Rule("POST", ".*", Hold()))
    world.stack.operator.start()
    # One run goes through all that is pending; each of the others has begun with its own object.
    under_way = POOL + runs_at_a_time() - 1
    rule.wait_hit(under_way, timeout=60)
    world.stack.configure({"freeze": "true"})
    rule.release()

    def frozen() -> set[str]:
        return {obj["metadata"]["name"] for obj in world.all() if condition(obj, "ReconciliationPaused")}

    world.until(lambda: len(frozen()) == len(names) - under_way, "the others say that they wait")
    assert proxy.count("POST|PUT|DELETE") == under_way
    world.until(lambda: world.connectors() == set(names) - frozen(), "what was under way is done, nothing else")
    world.stack.configure({"freeze": "false"})
    for name in names:
        world.wait_reason(name, "Stopped")
    assert proxy.count("POST") == len(names)


def test_nothing_is_written_after_the_deadline(world: World, proxy: FaultProxy) -> None:
    """An update that never gets an answer: the pass ends, and the connector is read back before it is written again."""
    world.create_all(world.manifest(name, url=proxy.url) for name in ("hangs", "beside"))
    world.wait_reason("hangs", "Stopped")
    world.wait_reason("beside", "Stopped")
    rule = proxy.add(Rule("PUT", "/connectors/hangs/config", Hold(), times=1))
    world.patch("hangs", topic("first"))
    rule.wait_hit()
    hanging = modules(world)
    assert hanging
    world.patch("beside", topic("newest"))
    world.wait_reason("beside", "Stopped", timeout=30)
    obj = world.wait_reason("hangs", "ConnectTimeout")
    assert condition(obj, "Ready")["status"] == "Unknown"
    assert condition(obj, "Reconciling")["status"] == "True"
    assert "unconfirmedWrite" in obj["status"]
    world.until(lambda: not hanging & modules(world), "the module has ended, too", timeout=10)
    [update] = proxy.matching("PUT", "/connectors/hangs/config")
    assert time.monotonic() - update.began < DEADLINE + 5
    world.patch("hangs", topic("second"))
    world.wait_reason("hangs", "ConnectTimeout")
    # The late update arrives although nobody waits for it any more.
    proxy.remove(rule)
    world.until(lambda: (world.config("hangs") or {})["topic"] == "first", "the late update has arrived")
    obj = world.wait_reason("hangs", "Stopped", timeout=120)
    assert "unconfirmedWrite" not in obj["status"]
    first, second_ = proxy.matching("PUT", "/connectors/hangs/config")
    assert second_.began - first.began >= 100
    assert topics([first, second_]) == ["first", "second"]
    assert (world.config("hangs") or {})["topic"] == "second"
