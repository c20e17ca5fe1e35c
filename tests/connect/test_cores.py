# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks with the oldest ansible-core that is supported and with the newest, at a real Connect."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from testbed import paths
from tests.connect.conftest import Ansible, Rest
from tests.connect.playbooks import SOURCE, Playbooks, connector, write

CONFIG = {"file": "/nowhere", "topic": "lines", "note": "1.0"}


@pytest.fixture(scope="module", params=["core-oldest", "core-newest"])
def programs(request: pytest.FixtureRequest) -> Path:
    """Where the programs of that ansible-core are; they are installed if they are not there."""
    found = subprocess.run([str(paths.ROOT / ".ci/core"), request.param], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    if not found.stdout:
        pytest.skip(found.stderr.strip())
    return Path(found.stdout.strip()) / "bin"


@pytest.mark.timeout(600)
def test_the_playbooks_work(ansible: Ansible, rest: Rest, programs: Path) -> None:
    playbooks = Playbooks(ansible, {"connect_url": ansible.url}, programs=programs)
    file = write(playbooks.folder / "set" / "orders.yaml", [connector("orders", CONFIG, connectorName="orders->out")])
    text = file.read_text(encoding="utf-8")

    plan = playbooks.run("plan", manifests="set/", fail_on_difference=True)
    assert (plan.status, plan.outcome, plan.actions) == (2, "different", {"orders->out": ["create"]}), plan.output
    assert '+  topic: "lines"' in plan.output
    assert "1 connector: 1 to create" in plan.output
    assert rest.get("/connectors").json() == []

    applied = playbooks.run("apply", "--diff", manifests="set/")
    assert (applied.status, applied.outcome) == (0, "different"), applied.output
    assert '+  topic: "lines"' in applied.output
    assert rest.config("orders->out") == {"name": "orders->out", "connector.class": SOURCE, "tasks.max": "1", **CONFIG}

    edited = playbooks.run("plan", stdin=text.replace("lines", "rows"), manifests="-")
    assert (edited.status, edited.actions) == (0, {"orders->out": ["update"]}), edited.output
    assert '-  topic: "lines"\n+  topic: "rows"' in edited.output

    exported = playbooks.run("export", destination="out")
    assert exported.status == 0, exported.output
    (manifest,) = (playbooks.folder / "out").iterdir()
    assert yaml.safe_load(manifest.read_text(encoding="utf-8"))["spec"]["connectorName"] == "orders->out"
    unchanged = playbooks.run("plan", manifests=["out"], fail_on_difference=True)
    assert (unchanged.status, unchanged.outcome) == (0, "unchanged"), unchanged.output

    unreachable = playbooks.run("plan", manifests="set/", connect_url="http://127.0.0.1:1")
    assert (unreachable.status, unreachable.outcome) == (4, "failed"), unreachable.output
    assert unreachable.report["error"]["reason"] == "ConnectUnreachable"
    assert "Traceback" not in "".join(run.output for run in (plan, applied, edited, exported, unchanged, unreachable))
