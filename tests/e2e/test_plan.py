# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan before the deed: it writes nothing, says what would be written, and that is what is written then. And drift that is only reported."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from testbed import troubled
from testbed.faults import FaultProxy
from tests.e2e.bystander import untouched
from tests.e2e.world import GROUP, SOURCE, Object, World, condition

pytestmark = pytest.mark.timeout(300)

SECRET = "Zq7-planted"
SINK = SOURCE.replace("Source", "Sink")
WRITES = "POST|PUT|DELETE|PATCH"


@pytest.fixture(autouse=True)
def nothing_else_is_touched(world: World, proxy: FaultProxy) -> Iterator[None]:
    proxy.clear()
    proxy.forget()
    with untouched(world, world.stack.connect):
        yield


@pytest.fixture
def cluster(world: World, proxy: FaultProxy) -> str:
    """A connection by the proxy."""
    world.create_cluster("plan", url=proxy.url)
    world.wait_cluster("plan")
    return "plan"


def periods(world: World, proxy: FaultProxy, count: int = 2) -> None:
    """Wait until the whole Connect was looked at so many times more."""
    before = proxy.count("GET", ".*expand.*")
    world.until(lambda: proxy.count("GET", ".*expand.*") >= before + count, f"{count} more periods")


def config(**more: str) -> dict[str, str]:
    return {"file": "/dev/null", "topic": "t", **more}


# By name of the connector: as it is, and as it is wanted then; None: it does not exist.
PAIRS: dict[str, tuple[dict[str, Any] | None, dict[str, Any]]] = {
    "same": ({"config": config()}, {"config": config()}),
    "created": (None, {"config": config(**{"batch.size": "7"}), "state": "paused"}),
    "edited": ({"config": config(old="1", **{"login.password": "a"})}, {"config": config(topic="u", new="2", **{"login.password": SECRET})}),
    "fewer-tasks": ({"config": config(), "tasksMax": 3}, {"config": config(), "tasksMax": 1}),
    "paused": ({"config": config(), "state": "running"}, {"config": config(), "state": "paused"}),
    "both": ({"config": config(), "state": "paused"}, {"config": config(**{"errors.tolerance": "all"}), "state": "stopped"}),
}


def expected_live(before: dict[str, str], plan: Object, after: dict[str, str]) -> dict[str, str]:
    """What the connector will be, by what its plan shows; the spec is looked at only where that hides a value."""
    found = dict(before)
    for row in plan.get("changes", ()):
        if row["change"] == "removed":
            found.pop(row["key"])
        else:
            found[row["key"]] = row.get("after", after.get(row["key"], ""))
    return found


def test_what_a_plan_shows_is_what_is_done(world: World, proxy: FaultProxy, cluster: str) -> None:
    existing = {name: before for name, (before, _after) in PAIRS.items() if before is not None}
    world.create_all(world.manifest(name, cluster=cluster, **before) for name, before in existing.items())
    for name, known in existing.items():
        world.wait_reason(name, str(known.get("state", "stopped")).capitalize())
    proxy.forget()

    for name, (before, after) in PAIRS.items():
        if before is None:
            world.create(world.manifest(name, cluster=cluster, mode="Plan", **after))
        else:
            gone = dict.fromkeys(before["config"].keys() - after["config"].keys())
            world.patch(name, {"spec": {"mode": "Plan", **after, "config": {**after["config"], **gone}}})
    plans = {name: world.wait_reason(name, "PlanOnly")["status"]["plan"] for name in PAIRS if name != "same"}
    assert "plan" not in world.wait_reason("same", "Stopped")["status"], "nothing is planned, and it is ready as usual"
    assert plans["created"]["actions"] == ["create"]
    assert plans["created"]["state"] == {"after": "paused"}
    assert plans["edited"] == {
        "actions": ["update"],
        "class": SOURCE,
        "changes": [
            {"key": "login.password", "change": "changed"},
            {"key": "new", "change": "added"},
            {"key": "old", "change": "removed"},
            {"key": "topic", "change": "changed", "before": "t", "after": "u"},
        ],
    }
    assert plans["fewer-tasks"]["changes"] == [{"key": "tasks.max", "change": "changed", "before": "3", "after": "1"}]
    assert plans["paused"] == {"actions": ["pause"], "state": {"before": "running", "after": "paused"}}
    assert plans["both"]["actions"] == ["update", "stop"]
    described = world.kubectl("describe", "xkc", "edited")
    assert re.search(r"Plan:\n +Actions:\n +update\n +Changes:\n", described), described
    assert SECRET not in json.dumps([obj["status"] for obj in world.all()])
    periods(world, proxy, 1)
    quiet = {obj["metadata"]["name"]: obj["metadata"]["resourceVersion"] for obj in world.all()}
    periods(world, proxy)
    assert {obj["metadata"]["name"]: obj["metadata"]["resourceVersion"] for obj in world.all()} == quiet, "a plan is written down once"
    assert proxy.count(WRITES) == 0

    # The deed.
    live = {name: world.config(name) or {} for name in PAIRS}
    logged = {name: len(world.writes(name)) for name in PAIRS}
    for name in PAIRS:
        world.patch(name, {"spec": {"mode": "Apply"}})
    for name, (_before, after) in PAIRS.items():
        obj = world.wait_reason(name, "Paused" if after.get("state") == "paused" else "Stopped")
        assert "plan" not in obj["status"]
        plan = plans.get(name, {})
        written = world.writes(name)[logged[name] :]
        assert [write["action"] for write in written] == plan.get("actions", [])
        keys = [row["key"] for row in plan.get("changes", ()) if "update" in plan["actions"]]
        assert sorted(key for write in written for key in write["keys"]) == keys
        now = world.config(name) or {}
        assert now == expected_live(live[name], plan, now)
        assert world.state(name).lower() == plan.get("state", {}).get("after", "stopped")

    # And then nothing more, once a period has seen all of them as they are now.
    proxy.forget()
    periods(world, proxy, 1)
    done = {obj["metadata"]["name"]: obj["metadata"]["resourceVersion"] for obj in world.all()}
    periods(world, proxy)
    assert proxy.count(WRITES) == 0
    assert proxy.count("GET", "/connector-plugins/.*") == 0
    assert {obj["metadata"]["name"]: obj["metadata"]["resourceVersion"] for obj in world.all()} == done


def test_a_plan_that_would_be_refused_says_so(world: World, proxy: FaultProxy, cluster: str) -> None:
    """By what Connect knows of the plugin; its code runs only where that is ordered."""
    unknown = world.manifest("unknown", cluster=cluster, mode="Plan")
    unknown["spec"]["class"] = SOURCE.replace("Stream", "Steam")
    world.create(unknown)
    world.create(world.manifest("missing", cluster=cluster, mode="Plan", config={"file": "/dev/null"}))
    sink = world.manifest("sink", cluster=cluster, mode="Plan", version="[9,)", config={"file": "/dev/null"})
    sink["spec"]["class"] = SINK
    world.create(sink)
    obj = world.wait_reason("unknown", "PluginNotFound")
    assert f"did you mean {SOURCE}" in condition(obj, "Ready")["message"]
    assert obj["status"]["plan"]["actions"] == ["create"]
    obj = world.wait_reason("missing", "InvalidConfig")
    assert "topic is required" in condition(obj, "Ready")["message"]
    assert obj["status"]["validationErrors"] == [{"field": "topic", "message": "is required"}]
    assert condition(obj, "Stalled")["status"] == "True"
    obj = world.wait_reason("sink", "PluginNotFound")
    assert f"{SINK} in version [9,)" in condition(obj, "Ready")["message"]
    world.patch("sink", {"spec": {"version": None}})
    assert world.wait_reason("sink", "InvalidConfig")["status"]["validationErrors"] == [
        {"field": "topics", "message": "topics or topics.regex is needed"}
    ]
    world.patch("missing", {"spec": {"config": {"topic": "t", "batch.size": SECRET}}})
    obj = world.wait_reason("missing", "InvalidConfig")
    assert obj["status"]["validationErrors"] == [{"field": "batch.size", "message": "must be a number of type INT"}]
    periods(world, proxy)
    assert proxy.count(WRITES) == 0, "the validation was not asked for"

    # What only the code of the plugin knows.
    hangs = {"class": troubled.CLASS, "config": {"topic": None, "file": None, "batch.size": None, "hang.in": SECRET}}
    world.patch("missing", {"spec": hangs})
    assert "validationErrors" not in world.wait_reason("missing", "PlanOnly")["status"]
    world.patch("missing", {"metadata": {"annotations": {f"{GROUP}/validate": "true"}}})
    obj = world.wait_reason("missing", "InvalidConfig")
    assert obj["status"]["validationErrors"] == [{"field": "hang.in", "message": "must be one of the values that the plugin allows"}]
    assert SECRET not in json.dumps([obj["status"]["conditions"], obj["status"]["validationErrors"]])
    # A period may have begun before the order was carried out; no later one asks again.
    periods(world, proxy, 1)
    asked = proxy.count("PUT", "/connector-plugins/.*/validate")
    periods(world, proxy)
    assert 1 <= asked <= 2
    assert proxy.count("PUT", "/connector-plugins/.*/validate") == proxy.count(WRITES) == asked
    assert not {"unknown", "missing"} & world.connectors()
    world.patch("unknown", {"spec": {"class": SOURCE, "mode": "Apply"}})
    world.wait_reason("unknown", "Stopped")

    # An object that only plans leaves its connector where it is.
    world.patch("unknown", {"spec": {"mode": "Plan", "state": "running"}})
    world.wait_reason("unknown", "PlanOnly")
    world.delete("unknown")
    world.wait_gone("unknown")
    assert world.state("unknown") == "STOPPED"
    assert "mode: Plan" in world.wait_event("unknown", "Orphaned")["message"]


def test_what_connect_refuses_is_told_by_key(world: World, proxy: FaultProxy, cluster: str) -> None:
    """The running connector is as it was, what was refused is not sent again, and an edit clears it at once."""
    world.create(world.manifest("refused", cluster=cluster, state="running"))
    world.wait_reason("refused", "Running")
    live = world.config("refused")
    proxy.forget()
    world.patch("refused", {"spec": {"config": {"batch.size": SECRET, "errors.tolerance": "some"}}})
    obj = world.wait_reason("refused", "InvalidConfig")
    assert obj["status"]["validationErrors"] == [
        {"field": "batch.size", "message": "must be a number of type INT"},
        {"field": "errors.tolerance", "message": "must be one of the values that the plugin allows"},
    ]
    assert condition(obj, "Stalled")["status"] == "True"
    assert condition(obj, "Synced")["status"] == "False"
    assert SECRET not in json.dumps(obj["status"])
    assert (world.config("refused"), world.state("refused")) == (live, "RUNNING")
    periods(world, proxy)
    assert proxy.count(WRITES) == 1
    assert (world.get("refused") or {})["metadata"]["resourceVersion"] == obj["metadata"]["resourceVersion"]
    world.patch("refused", {"spec": {"config": {"batch.size": "7", "errors.tolerance": None}}})
    obj = world.wait_reason("refused", "Running")
    assert not {"validationErrors", "refused"} & obj["status"].keys()
    assert (world.config("refused") or {})["batch.size"] == "7"

    proxy.forget()
    world.patch("refused", {"spec": {"class": "FileStreamSuorce"}})
    obj = world.wait_reason("refused", "PluginNotFound")
    assert f"did you mean {SOURCE}" in condition(obj, "Ready")["message"]
    assert world.state("refused") == "RUNNING"
    periods(world, proxy)
    assert proxy.count(WRITES) == 1
    world.patch("refused", {"spec": {"class": SOURCE}})
    world.wait_reason("refused", "Running")


def by_hand(world: World, name: str, **keys: str) -> dict[str, str]:
    """Change a connector past the operator; its configuration as it is then."""
    drifted = {**(world.config(name) or {}), **keys}
    world.connect("PUT", f"/connectors/{name}/config", drifted).raise_for_status()
    return drifted


def test_drift_that_is_only_reported(world: World, proxy: FaultProxy) -> None:
    """As the defaults of the connection say, or the connector itself; an edit of the object is written all the same."""
    world.create_cluster("plan", url=proxy.url, connectorDefaults={"driftPolicy": "Report"})
    world.create(world.manifest("reported", cluster="plan"))
    world.create(world.manifest("repaired", cluster="plan", driftPolicy="Repair"))
    assert world.wait_reason("reported", "Stopped")["status"]["effective"] == {"driftPolicy": "Report"}
    world.wait_reason("repaired", "Stopped")
    proxy.forget()
    wanted = world.config("repaired")
    drifted = by_hand(world, "reported", topic="by-hand", extra=SECRET)
    by_hand(world, "repaired", topic="by-hand")
    obj = world.wait_reason("reported", "Drifted")
    assert {one["type"]: one["status"] for one in obj["status"]["conditions"]} == {"Ready": "False", "Synced": "False", "Stalled": "True"}
    assert obj["status"]["plan"] == {
        "actions": ["update"],
        "class": SOURCE,
        "changes": [
            {"key": "extra", "change": "removed"},
            {"key": "topic", "change": "changed", "before": "by-hand", "after": "topic-reported"},
        ],
    }
    world.until(lambda: world.config("repaired") == wanted, "the other one is put back")
    periods(world, proxy)
    assert world.config("reported") == drifted
    assert proxy.count(WRITES, "/connectors/reported.*") == 0
    assert (world.get("reported") or {})["metadata"]["resourceVersion"] == obj["metadata"]["resourceVersion"]

    world.patch("reported", {"spec": {"config": {"file": "/dev/zero"}}})
    assert "plan" not in world.wait_reason("reported", "Stopped")["status"]
    live = world.config("reported") or {}
    assert (live["file"], live["topic"], "extra" in live) == ("/dev/zero", "topic-reported", False)

    world.connect("DELETE", "/connectors/reported").raise_for_status()
    obj = world.wait_reason("reported", "Drifted")
    assert obj["status"]["plan"]["actions"] == ["create"]
    periods(world, proxy)
    assert world.config("reported") is None
    world.delete("reported")
    world.wait_gone("reported")


def test_a_stop_by_hand_that_is_left(world: World, proxy: FaultProxy, cluster: str) -> None:
    world.create(world.manifest("left", cluster=cluster, state="running", driftPolicy="RepairConfig"))
    world.wait_reason("left", "Running")
    world.connect("PUT", "/connectors/left/stop").raise_for_status()
    obj = world.wait_reason("left", "Drifted")
    assert obj["status"]["connectorState"] == "STOPPED"
    assert "was STOPPED by hand" in condition(obj, "Ready")["message"]
    assert condition(obj, "Synced")["status"] == "False"
    proxy.forget()
    wanted = world.config("left")
    by_hand(world, "left", topic="by-hand")
    world.until(lambda: world.config("left") == wanted, "the configuration is put back")
    world.patch("left", {"spec": {"config": {"topic": "edited"}}})
    world.until(lambda: (world.config("left") or {})["topic"] == "edited", "an edit of the configuration is written")
    world.wait_reason("left", "Drifted")
    periods(world, proxy)
    assert world.state("left") == "STOPPED"
    assert proxy.count("PUT", "/connectors/left/(resume|pause|stop)") == 0
    world.connect("PUT", "/connectors/left/resume").raise_for_status()
    world.wait_reason("left", "Running")
    world.patch("left", {"spec": {"state": "stopped"}})
    world.wait_reason("left", "Stopped")
