# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same manifests through kubectl and the operator, and through the playbook: one plan."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from testbed import collection
from tests.e2e.world import SOURCE, World, labels
from tests.unit.plugins.module_utils.scalars import REFUSED, STORED

# Those that Connect can be sent.
TEXTS = [text for text, value in STORED.items() if text not in REFUSED and value not in (None, 1e21, 10**18, 10**19, 2**63 - 1, 1.5e-7)]
COUNT = 12


def manifest(world: World, name: str, texts: list[str]) -> str:
    """A KafkaConnector in mode Plan as somebody writes it."""
    config = "".join(f"    k{number}: {text}\n" for number, text in enumerate(texts))
    where = "".join(f'    {key}: "{value}"\n' for key, value in labels(world.url).items())
    fields = "".join(f"  {line}\n" for line in ("mode: Plan", "adoptionPolicy: Always", "tasksMax: 1e0", "state: stopped"))
    spec = f"spec:\n  class: {SOURCE}\n{fields}  config:\n    file: /dev/null\n    topic: t\n"
    return f"apiVersion: external.saiello.github.io/v1alpha1\nkind: KafkaConnector\nmetadata:\n  name: {name}\n  labels:\n{where}{spec}{config}"


def live(name: str, number: int) -> dict[str, Any]:
    config = {"name": name, "connector.class": SOURCE, "tasks.max": "1", "file": "/dev/null", "topic": "t", "k0": "1", "k1": "true", "hand.made": "x"}
    return {"name": name, "config": config, "initial_state": "PAUSED" if number % 2 else "STOPPED"}


@pytest.mark.timeout(300)
def test_operator_and_playbook_plan_the_same(world: World, tmp_path: Path) -> None:
    names = [f"p-{number}" for number in range(COUNT)]
    size = len(TEXTS) // COUNT + 1
    text = "---\n".join(manifest(world, name, (TEXTS * 2)[number * size : (number + 1) * size]) for number, name in enumerate(names))
    file = tmp_path / "all.yaml"
    file.write_text(text, encoding="utf-8")
    for number, name in enumerate(names[: COUNT - 2]):
        world.connect("POST", "/connectors", live(name, number)).raise_for_status()
    world.kubectl("apply", "-f", str(file))
    plans = {name: world.wait_reason(name, "PlanOnly")["status"]["plan"] for name in names}

    (tmp_path / "ansible.cfg").touch()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")},
        "ANSIBLE_COLLECTIONS_PATH": str(collection.staged()),
        "ANSIBLE_CONFIG": str(tmp_path / "ansible.cfg"),
        "ANSIBLE_HOME": str(tmp_path / "home"),
    }
    program = str(Path(sys.executable).with_name("ansible-playbook"))
    command = [program, "saiello.kafka_connect.plan", "-i", "localhost,", "-e", f"manifests={file}", "-e", "report=report.json"]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    told = {one["name"]: (one["actions"], one["changed_keys"]) for one in report["connectors"]}
    changes = {name: sorted(one["key"] for one in plan.get("changes", ())) for name, plan in plans.items()}
    assert {name: actions for name, (actions, _) in told.items()} == {name: plan["actions"] for name, plan in plans.items()}
    assert {name: keys for name, (actions, keys) in told.items() if actions != ["create"]} == {
        name: keys for name, keys in changes.items() if plans[name]["actions"] != ["create"]
    }
    assert world.connectors() == set(names[: COUNT - 2])
