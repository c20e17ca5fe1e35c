# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same manifests through kubectl and the operator, and through the playbook: one plan."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _manifest
from ansible_collections.saiello.kafka_connect.plugins.module_utils._fleet import Fleet
from ansible_collections.saiello.kafka_connect.plugins.module_utils._values import Values

from testbed import collection
from tests.e2e.world import SOURCE, Object, World, condition, connector_of, is_current, labels
from tests.unit.plugins.module_utils import generated

COUNT = 200
# Of the first ones, so many are addressed by labels, and so many belong to the operator, which shows what they were; the last ones are not there.
LABELLED, OWNED, ABSENT = 40, 25, 30
# The API server keeps it in an object that is created, and rounds it in one that kubectl patches.
LARGEST = "9223372036854775807"
CLUSTER = """\
apiVersion: external.saiello.github.io/v1alpha1
kind: KafkaConnectCluster
metadata: {{name: prod}}
spec:
  url: {url}
  ignoreLiveKeys: ["added.*"]
  connectorDefaults: {{tasksMax: 7, config: {{k1: default, defaulted: 1.0}}}}
  policy: {{adoption: Always}}
"""
SHARED = {"k2": "1.0", "batch.size": "30", "shared.note": "y"}
LOGIN = {"user": "orders", "password": "swordfish"}
# What somebody did by hand to a connector that runs.
EDITS: tuple[dict[str, str | None], ...] = (
    {},
    {"topic": "other"},
    {"hand.made": "x"},
    {"k0": "1.0", "k1": "True"},
    {"batch.size": None, "defaulted": None},
    {"added.by.connect": "x"},
)


def written(chance: random.Random, number: int, url: str) -> str:
    """A manifest that is only planned."""
    spec = {"class": SOURCE, "mode": "Plan", "adoptionPolicy": "Always", **generated.fields(chance)}
    # Few run, as each of these costs the worker something.
    spec["state"] = chance.choice(["stopped", "stopped", "stopped", "paused", "running"])
    keys = {"file": "/dev/null", "topic": chance.choice(["t", "1.0", "y", "12:30:45"]), **generated.config(chance)}
    if chance.random() < 0.3:
        spec["connectorName"] = f'"c->{number}"'
    if chance.random() < 0.3:
        spec["driftPolicy"] = chance.choice(["Repair", "RepairConfig", "Report"])
    if chance.random() < 0.3:
        keys["batch.size"] = chance.choice(["2e1", "0o17", "'21'"])
    # Who is addressed by labels may use no Secret.
    by_labels = number < LABELLED
    if number < OWNED:
        keys = {key: text for key, text in keys.items() if text != LARGEST}
    if chance.random() < 0.3:
        secrets = "" if by_labels else ", {secretRef: {name: nowhere, optional: true}}"
        spec["configFrom"] = f"[{{configMapRef: {{name: shared}}}}{secrets}]"
    if not by_labels and chance.random() < 0.3:
        spec["configValueFrom"] = "{database.password: {secretKeyRef: {name: login, key: password}}, k0: {secretKeyRef: {name: login, key: user}}}"
    if not by_labels:
        spec["connectClusterRef"] = "{name: prod}"
    return generated.manifest(f"p-{number}", spec, keys, labels(url) if by_labels else None)


def write_manifests(folder: Path, world: World) -> None:
    """As files: the connectors and their connection, and apart from them what the references name."""
    chance = random.Random(6)
    (folder / "set").mkdir()
    (folder / "set" / "prod.yaml").write_text(CLUSTER.format(url=world.url), encoding="utf-8")
    (folder / "set" / "all.yaml").write_text("---\n".join(written(chance, number, world.url) for number in range(COUNT)), encoding="utf-8")
    values = [("ConfigMap", "shared", "data", SHARED), ("Secret", "login", "stringData", LOGIN)]
    objects = [{"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, field: data} for kind, name, field, data in values]
    (folder / "values.yaml").write_text(yaml.safe_dump_all(objects, default_style='"'), encoding="utf-8")
    world.set_config_map("shared", SHARED)
    world.set_secret("login", LOGIN)


def wanted(folder: Path) -> dict[str, tuple[Object, Mapping[str, str]]]:
    """The object of each connector, and the configuration that it wants; empty for one that cannot be wanted."""
    found = _manifest.read([str(folder / "set"), str(folder / "values.yaml")])
    assert found.faults == []
    entries = [entry.wanted for target in Fleet(found, Values(found.values), {}, None).targets() for entry in target.entries]
    objects = {connector_of(manifest.object): manifest.object for manifest in found.connectors}
    return {name: (objects[name], {} if one.problem else one.config) for one in entries if (name := one.name)}


def live(chance: random.Random, name: str, wanted_: Mapping[str, str]) -> dict[str, Any]:
    """A connector as it may run: as it is wanted, or not quite so."""
    config = {"connector.class": SOURCE, "tasks.max": "1", "file": "/dev/null", "topic": "t", **wanted_, "name": name}
    edit = chance.choice(EDITS)
    changed = {key: value for key, value in {**config, **edit}.items() if value is not None}
    return {"name": name, "config": changed, "initial_state": chance.choice(["STOPPED", "STOPPED", "STOPPED", "PAUSED", "RUNNING"])}


def create_live(world: World, bodies: list[dict[str, Any]]) -> None:
    """Create connectors and wait until each has the state that it was created with."""
    with ThreadPoolExecutor(8) as pool:
        for response in pool.map(lambda body: world.connect("POST", "/connectors", body), bodies):
            response.raise_for_status()
    states = {body["name"]: body["initial_state"] for body in bodies}

    def have_arrived() -> bool:
        told = world.connect("GET", "/connectors?expand=status").json()
        return {name: one["status"]["connector"]["state"] for name, one in told.items()} == states

    world.until(have_arrived, "every connector is in its first state")


def create_owned(world: World, folder: Path, objects: list[Object]) -> None:
    """Let the operator create connectors, from objects as they were before."""
    before = []
    for obj in objects:
        kept = {key: obj["spec"][key] for key in ("class", "connectorName") if key in obj["spec"]}
        config = {"file": "/dev/zero", "topic": "before", "batch.size": 5}
        metadata = {key: obj["metadata"][key] for key in ("name", "labels")}
        before.append({**obj, "metadata": metadata, "spec": {**kept, "tasksMax": 1, "state": "stopped", "config": config}})
    file = folder / "before.json"
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": before}), encoding="utf-8")
    world.kubectl("apply", "-f", str(file))
    for obj in before:
        world.wait_reason(obj["metadata"]["name"], "Stopped")


def is_planned(obj: Object) -> bool:
    """Whether the operator has looked at the object and has no more to do."""
    return is_current(obj) and condition(obj, "Ready").get("reason") in ("PlanOnly", "Stopped", "Paused", "Running", "InvalidSpec")


def plan(folder: Path) -> tuple[str, dict[str, Any]]:
    """What the playbook prints and reports."""
    (folder / "ansible.cfg").touch()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")},
        "ANSIBLE_COLLECTIONS_PATH": str(collection.staged()),
        "ANSIBLE_CONFIG": str(folder / "ansible.cfg"),
        "ANSIBLE_HOME": str(folder / "home"),
        "ANSIBLE_NOCOLOR": "1",
    }
    program = str(Path(sys.executable).with_name("ansible-playbook"))
    command = [program, "saiello.kafka_connect.plan", "-i", "localhost,", "-e", "manifests=set,values.yaml", "-e", "report=report.json"]
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False, timeout=100)
    # Some of the manifests cannot be carried out.
    assert done.returncode == 2, done.stdout + done.stderr
    return done.stdout, json.loads((folder / "report.json").read_text(encoding="utf-8"))


LINE = re.compile(r'([-+])  (?:([\w.$-]+)|("(?:[^"\\]|\\.)*")): (.*)')


def told_by_playbook(printed: str, report: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """By connector what would be done, and what each key is changed from and to, as the diff shows it."""
    diffs = dict(re.findall(r"^--- before: (.*?) \(live\)\n(.*?)\n\n", printed, re.DOTALL | re.MULTILINE))
    told = {}
    for one in report["connectors"]:
        keys: dict[str, dict[str, str]] = {}
        for sign, plain, quoted, text in LINE.findall(diffs.get(one["name"], "")):
            keys.setdefault(plain or json.loads(quoted), {})["before" if sign == "-" else "after"] = text
        if one["changed_keys"]:
            assert sorted(keys) == one["changed_keys"]
        told[one["name"]] = {"actions": one["actions"], "keys": keys, "refused": one.get("reason") == "InvalidSpec"}
    return told


KINDS = {("after",): "added", ("after", "before"): "changed", ("before",): "removed"}


def told_by_operator(obj: Object) -> dict[str, Any]:
    """As the status shows it. The numbers that limit what a status shows are not reached here."""
    plan_ = {"actions": [], "changes": [], "removedKeys": 0, **obj["status"].get("plan", {})}
    assert "moreChanges" not in plan_
    return {**plan_, "refused": condition(obj, "Ready")["reason"] == "InvalidSpec"}


def assert_same_changes(operator: Mapping[str, Any], keys: Mapping[str, Mapping[str, str]], config: Mapping[str, str]) -> None:
    """The operator tells of a connector that is not its own only what it would be made, a playbook what of that differs."""
    told = {row["key"]: row["change"] for row in operator["changes"]}
    kinds = {key: KINDS[tuple(sorted(sides))] for key, sides in keys.items()}
    if "set" not in told.values():
        assert kinds == told
        return
    assert told == dict.fromkeys(config, "set")
    assert {key for key, kind in kinds.items() if kind != "removed"} <= told.keys()
    assert list(kinds.values()).count("removed") == operator["removedKeys"]


def without_memory(obj: Object, actions: list[str], state: str | None) -> list[str]:
    """What a playbook plans of these: for it, any pause or stop may be one made by hand, which RepairConfig leaves."""
    left = obj["spec"].get("driftPolicy") == "RepairConfig" and state in ("PAUSED", "STOPPED")
    return [action for action in actions if not (left and action in ("pause", "stop", "resume"))]


@pytest.mark.timeout(500)
def test_operator_and_playbook_plan_the_same(world: World, tmp_path: Path) -> None:
    write_manifests(tmp_path, world)
    everything = wanted(tmp_path)
    assert len(everything) == COUNT
    chance = random.Random(7)
    owned = [obj for obj, _ in list(everything.values())[:OWNED]]
    bodies = [live(chance, name, config) for name, (_, config) in list(everything.items())[OWNED:-ABSENT]]
    create_live(world, bodies)
    create_owned(world, tmp_path, owned)

    world.kubectl("apply", "-f", str(tmp_path / "set"))
    # Each object is a run of its own, though one run looks after all that wait.
    world.until(lambda: all(map(is_planned, world.all())), "everything is planned", timeout=240)
    assert len(world.all()) == COUNT
    operator = {connector_of(obj): told_by_operator(obj) for obj in world.all()}
    playbook = told_by_playbook(*plan(tmp_path))

    states = {body["name"]: body["initial_state"] for body in bodies} | dict.fromkeys(map(connector_of, owned), "STOPPED")
    expected = {name: (one["refused"], without_memory(everything[name][0], one["actions"], states.get(name))) for name, one in operator.items()}
    planned = {name: (one["refused"], one["actions"]) for name, one in playbook.items()}
    assert {name: (expected[name], verdict) for name, verdict in planned.items() if verdict != expected[name]} == {}
    shown: Counter[str] = Counter()
    for name, one in operator.items():
        keys = playbook[name]["keys"]
        assert_same_changes(one, keys, everything[name][1])
        for row in (row for row in one["changes"] if row["key"] in keys):
            sides = {side: json.dumps(row[side], ensure_ascii=False) for side in ("before", "after") if side in row}
            assert {side: keys[row["key"]][side] for side in sides} == sides, (name, row)
            shown.update(sides.keys())
    assert shown["after"] > 100, shown
    assert shown["before"] > 20, shown
    actions = [action for one in operator.values() for action in one["actions"]]
    assert {action: actions.count(action) > 5 for action in actions} == dict.fromkeys(["create", "update", "stop", "pause", "resume"], True)
    assert sum(not one["actions"] for one in operator.values()) > 5
    assert world.connectors() == {body["name"] for body in bodies} | set(map(connector_of, owned))
