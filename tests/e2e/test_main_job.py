# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job: an object makes a connector run, keeps it so, and says truthfully what is going on."""

from __future__ import annotations

import json
import time
from pathlib import Path

from testbed import manifests
from testbed.demo import NAME as SAMPLE
from tests.e2e.world import GROUP, World, condition

AWKWARD = {
    "int": 7,
    "big.int": 7776000000,
    "bool": True,
    "no": False,
    "float": 1.5,
    "quoted.digits": "007",
    "quoted.float": "1.50",
    "empty": "",
    "blanks": "  a  ",
    "jinja": "{{ lookup('pipe', 'id') }}",
    "statement": "{% raw %}",
    "placeholder": "${file:/x:y}",
    "dollar": "$1 $Key ${a} ${a:b}",
    "backslashes": "\\d+\\\\ \\n",
    "emoji": "😀 ünï",
    "lines": "one\ntwo\r\nthree\n",
    "json": '{"a": [1, "{{ b }}"]}',
    "yes.no": "yes",
    "key->value": "arrow",
    "Capital.Key": "Case",
    "capital.key": "case",
    "transforms.addTs.type": "x",
    "64k": "v" * 65536,
}

# What Connect cannot be given, and a word of what the user is told.
IMPOSSIBLE: dict[str, tuple[object, str]] = {
    "nested": ({"a": 1}, "a map"),
    "listed": ([1, 2], "a list"),
    "huge": (123456789012345678901234567890, "quotes"),
    "inexact": (0.12345678901234567, "quotes"),
    "name": ("other", "connectorName"),
    "connector.class": ("Other", "class"),
    "tasks.max": (3, "tasksMax"),
    "connector.plugin.version": ("1.0", "version"),
}
NAMES = ("a->b", "two words", "ünïcode ✓", "a..b", "Capital", "what?#")


def as_text(value: object) -> str:
    """A value as Connect is to have it."""
    return value if isinstance(value, str) else json.dumps(value)


def worker_lines(world: World, name: str) -> list[str]:
    """What the worker has logged about a connector, but for the requests that it was sent."""
    return [line for line in world.stack.connect.workers[0].log().splitlines() if name in line and " HTTP/1.1" not in line]


def test_sample_becomes_ready_and_data_flows(world: World, tmp_path: Path) -> None:
    source = tmp_path / "source.txt"
    source.write_text("one\ntwo\n", encoding="utf-8")
    worker = world.stack.connect.workers[0]
    text = manifests.sample(tmp_path / "sample", host="127.0.0.1", port=worker.port, file=source)
    target = tmp_path / "sample.yaml"
    target.write_text(text, encoding="utf-8")
    world.kubectl("apply", "-f", str(target))
    world.kubectl("wait", "--for=condition=Ready", f"xkc/{SAMPLE}", "--timeout=60s")
    obj = world.wait_reason(SAMPLE, "Running")
    assert obj["status"]["tasksReady"] == "1/1"
    assert obj["status"]["connectorState"] == "RUNNING"
    assert obj["status"]["ownership"] == "Created"
    config = world.config(SAMPLE) or {}
    assert config["tasks.max"] == "2"
    assert config["type"] == "source"
    assert [json.loads(line)["payload"] for line in world.stack.broker.records("connect-test", count=2)] == ["one", "two"]
    shown = world.kubectl("get", "xkc", SAMPLE).splitlines()
    assert shown[0].split()[:5] == ["NAME", "READY", "REASON", "STATE", "TASKS"]
    assert shown[1].split()[:5] == [SAMPLE, "True", "Running", "RUNNING", "1/1"]


def test_values_arrive_as_text(world: World) -> None:
    world.create(world.manifest("values", config={"file": "/dev/null", "topic": "values", **AWKWARD}))
    obj = world.wait_reason("values", "Stopped")
    wanted = {key: as_text(value) for key, value in obj["spec"]["config"].items()}
    live = world.config("values") or {}
    assert {key: live.get(key) for key in wanted} == wanted
    assert live["bool"] == "true"
    assert live["float"] == "1.5"
    assert live["64k"] == AWKWARD["64k"]
    assert live.keys() - wanted.keys() == {"name", "connector.class", "tasks.max"}


def test_impossible_values_name_the_key(world: World) -> None:
    names = {key: f"impossible-{number}" for number, key in enumerate(IMPOSSIBLE)}
    world.create_all(world.manifest(names[key], config={"file": "/dev/null", "topic": "t", key: value}) for key, (value, _text) in IMPOSSIBLE.items())
    for key, (_value, text) in IMPOSSIBLE.items():
        obj = world.wait_reason(names[key], "InvalidSpec")
        message = condition(obj, "Ready")["message"]
        assert key in message
        assert text in message
        assert condition(obj, "Stalled")["status"] == "True"
    assert world.connectors() == set()
    for key, name in names.items():
        world.patch(name, {"spec": {"config": {key: None}}})
    for name in names.values():
        world.wait_reason(name, "Stopped")


def test_nothing_to_do_writes_nothing(world: World) -> None:
    world.create(world.manifest("quiet", state="running", config={"file": "/dev/null", "topic": "quiet"}))
    before = world.wait_reason("quiet", "Running")
    log = worker_lines(world, "quiet")
    runs = world.operator_log().count("Ask for the next run")
    world.until(lambda: world.operator_log().count("Ask for the next run") >= runs + 3, "three more runs")
    after = world.get("quiet")
    assert after is not None
    assert after["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]
    assert [write["action"] for write in world.writes("quiet")] == ["create"]
    assert worker_lines(world, "quiet") == log, "the worker had nothing to do with the connector"


def test_drift_is_put_back(world: World) -> None:
    names = [f"drift-{kind}" for kind in ("config", "state", "deleted")]
    changed, paused, deleted = names
    world.create_all(world.manifest(name, state="running") for name in names)
    for name in names:
        world.wait_reason(name, "Running")
    wanted = {name: world.config(name) or {} for name in names}
    by_hand = {**wanted[changed], "topic": "another", "extra.key": "by hand"}
    world.connect("PUT", f"/connectors/{changed}/config", by_hand).raise_for_status()
    world.connect("PUT", f"/connectors/{paused}/pause").raise_for_status()
    world.connect("DELETE", f"/connectors/{deleted}").raise_for_status()
    for name in names:
        world.until(lambda name=name: len(world.writes(name)) > 1, f"{name} was written once more")  # type: ignore[misc]
        world.until(lambda name=name: world.state(name) == "RUNNING", f"{name} runs again")  # type: ignore[misc]
        world.wait_reason(name, "Running")
    assert {name: world.config(name) for name in names} == wanted, "the configuration is back, the extra key is gone"
    written = {name: world.writes(name)[1] for name in names}
    assert {write["cause"] for write in written.values()} == {"drift"}
    assert [written[name]["action"] for name in names] == ["update", "resume", "create"]
    assert written[changed]["keys"] == ["extra.key", "topic"]


def test_created_directly_in_its_state(world: World) -> None:
    states = {"directly-paused": ("paused", "Paused"), "directly-stopped": ("stopped", "Stopped")}
    world.create_all(world.manifest(name, state=state) for name, (state, _reason) in states.items())
    for name, (state, reason) in states.items():
        obj = world.wait_reason(name, reason)
        assert condition(obj, "Ready")["status"] == "True"
        assert world.state(name) == state.upper()
        assert [write["action"] for write in world.writes(name)] == ["create"]
        assert f"[{name}|task-0]" not in world.stack.connect.workers[0].log(), "no task was ever started"


def test_states_follow_the_object(world: World) -> None:
    world.create(world.manifest("states", state="running"))
    world.wait_reason("states", "Running")
    for state, reason in (("paused", "Paused"), ("stopped", "Stopped"), ("paused", "Paused"), ("running", "Running"), ("stopped", "Stopped")):
        world.patch("states", {"spec": {"state": state}})
        world.wait_reason("states", reason)
        assert world.state("states") == state.upper()


def test_two_namespaces_claim_one_connector(world: World) -> None:
    world.api.create("/api/v1/namespaces", {"metadata": {"name": "other"}}) if not world.api.find("/api/v1/namespaces/other") else None
    world.create(world.manifest("first", connectorName="shared"))
    world.wait_reason("first", "Stopped")
    world.create(world.manifest("second", connectorName="shared", config={"file": "/dev/null", "topic": "other"}), "other")
    second = world.wait_reason("second", "DuplicateClaim", namespace="other")
    assert "belongs to a KafkaConnector of another namespace already" in condition(second, "Ready")["message"]
    assert (world.config("shared") or {})["topic"] == "topic-first"
    world.delete("second", "other")
    world.wait_gone("second", namespace="other")
    assert world.config("shared") is not None


def test_unknown_spec_keys_never_reach_ansible(world: World, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\n", encoding="utf-8")
    trap.chmod(0o755)
    world.create(world.manifest("trap", ansible_python_interpreter=str(trap), ansible_connection="ssh"))
    obj = world.wait_reason("trap", "Stopped")
    assert "ansible_python_interpreter" not in obj["spec"]
    assert not (tmp_path / "sprung").exists()


def test_no_jinja_is_evaluated(world: World, tmp_path: Path) -> None:
    expression = f"{{{{ lookup('pipe', 'touch {tmp_path}/sprung') }}}}"
    manifest = world.manifest(
        "jinja", connectorName="jinja-name", config={"file": "/dev/null", "topic": expression, expression.replace(" ", ""): "key"}
    )
    manifest["metadata"]["annotations"] = {"note": expression}
    manifest["spec"]["class"] = world.manifest("x")["spec"]["class"]
    world.create(manifest)
    world.wait_reason("jinja", "Stopped")
    assert (world.config("jinja-name") or {})["topic"] == expression
    world.patch("jinja", {"spec": {"class": expression}})
    world.wait_reason("jinja", "PluginNotFound")
    assert not (tmp_path / "sprung").exists()


def test_names_that_connect_can_carry(world: World) -> None:
    objects = {f"named-{number}": name for number, name in enumerate(NAMES)}
    world.create_all(world.manifest(obj, connectorName=name) for obj, name in objects.items())
    for obj, name in objects.items():
        world.wait_reason(obj, "Stopped")
        assert world.config(name) is not None
    for obj in objects:
        world.delete(obj)
    for obj, name in objects.items():
        world.wait_gone(obj)
        assert world.config(name) is None


def test_existing_connector_is_not_touched(world: World) -> None:
    theirs = {"connector.class": world.manifest("x")["spec"]["class"], "file": "/dev/null", "topic": "theirs", "tasks.max": "1"}
    world.connect("POST", "/connectors", {"name": "theirs", "config": theirs, "initial_state": "STOPPED"}).raise_for_status()
    world.create(world.manifest("theirs", config={"file": "/dev/null", "topic": "ours"}))
    obj = world.wait_reason("theirs", "ConnectorExists")
    assert "connectorState" not in obj["status"]
    assert "theirs" not in json.dumps(condition(obj, "Ready")["message"].replace("connector theirs", ""))
    world.delete("theirs")
    world.wait_gone("theirs")
    assert (world.config("theirs") or {})["topic"] == "theirs"


def test_identical_connector_is_adopted_and_left_behind(world: World) -> None:
    config = {"connector.class": world.manifest("x")["spec"]["class"], "file": "/dev/null", "topic": "same", "tasks.max": "1"}
    world.connect("POST", "/connectors", {"name": "same", "config": config, "initial_state": "STOPPED"}).raise_for_status()
    world.create(world.manifest("same", config={"file": "/dev/null", "topic": "same"}))
    obj = world.wait_reason("same", "Stopped")
    assert obj["status"]["ownership"] == "Adopted"
    assert world.writes("same") == []
    world.delete("same")
    world.wait_gone("same")
    assert world.config("same") is not None
    assert world.wait_event("same", "Orphaned")["type"] == "Normal"


def test_freeze_stops_writes_and_status_goes_on(world: World) -> None:
    world.create(world.manifest("frozen"))
    world.wait_reason("frozen", "Stopped")
    world.stack.configure({"freeze": "true"})
    world.patch("frozen", {"spec": {"config": {"topic": "changed"}}})
    obj = world.wait_reason("frozen", "Drifted")
    assert condition(obj, "ReconciliationPaused")["status"] == "True"
    assert (world.config("frozen") or {})["topic"] == "topic-frozen"
    world.delete("frozen")
    world.wait_reason("frozen", "DeletionBlocked")
    assert world.config("frozen") is not None
    world.stack.configure({"freeze": "false"})
    world.wait_gone("frozen")
    assert world.config("frozen") is None


def test_label_addressing_can_be_switched_off(world: World) -> None:
    world.stack.configure({"labelAddressing": "false"})
    world.create(world.manifest("switched-off"))
    obj = world.wait_reason("switched-off", "EndpointNotAllowed")
    assert "labelAddressing" in condition(obj, "Ready")["message"]
    assert world.connectors() == set()


def test_a_place_that_nobody_is_at_moves_nothing(world: World) -> None:
    world.create(world.manifest("moved"))
    world.wait_reason("moved", "Stopped")
    world.patch("moved", {"metadata": {"labels": {f"{GROUP}/api-port": "1"}}, "spec": {"tasksMax": 2}})
    obj = world.wait_reason("moved", "ConnectUnreachable")
    assert f"stays on {world.url} until it can move" in condition(obj, "Ready")["message"]
    assert world.config("moved") is not None
    world.delete("moved")
    world.wait_gone("moved")
    assert world.config("moved") is None


def test_missing_label_is_named(world: World) -> None:
    manifest = world.manifest("no-label")
    del manifest["metadata"]["labels"][f"{GROUP}/api-host"]
    world.create(manifest)
    obj = world.wait_reason("no-label", "InvalidSpec")
    assert f"{GROUP}/api-host" in condition(obj, "Ready")["message"]
    world.delete("no-label")
    world.wait_gone("no-label")


def test_events_and_log_tell_of_a_write(world: World) -> None:
    world.create(world.manifest("told"))
    world.wait_reason("told", "Stopped")
    world.wait_event("told", "Created", timeout=10)
    [line] = world.writes("told")
    assert line["object"] == "default/told"
    assert line["generation"] == 1
    assert line["result"] == "done"
    assert time.time() - time.mktime(time.strptime(line["time"], "%Y-%m-%dT%H:%M:%SZ")) < 86400
