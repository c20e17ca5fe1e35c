# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tarball of the collection: exactly what belongs in it, which installs without a network and works."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from testbed import collection
from testbed.ports import free_ports

ROOT = Path(__file__).parents[2]
# What users of the collection need. Everything else of the repository is for those who build it, or for the image.
FOLDERS = ("LICENSES", "changelogs", "docs", "meta", "playbooks", "plugins", "roles")
FILES = {"ARCHITECTURE.md", "LICENSE", "README.md", "tests/config.yml"}
MADE = {"FILES.json", "MANIFEST.json"}


@pytest.fixture(scope="session")
def tarball() -> Path:
    return collection.tarball(collection.staged())


class Machine:
    """Somebody's machine that has Ansible and nothing else: no settings, no collections, an empty home."""

    def __init__(self, home: Path) -> None:
        self.collections = home / "collections"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "KAFKA_CONNECT_", "PYTHON"))}
        self._environment = {**kept, "HOME": str(home), "ANSIBLE_HOME": str(home / ".ansible"), "ANSIBLE_COLLECTIONS_PATH": str(self.collections)}
        self._home = home

    def run(self, program: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """:returns: the end of a program of Ansible, run from an empty folder."""
        command = [str(Path(sys.executable).with_name(program)), *map(str, arguments)]
        return subprocess.run(command, cwd=self._home, env=self._environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def machine(tarball: Path, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """It has the collection installed."""
    machine = Machine(tmp_path_factory.mktemp("home"))
    installed = machine.run("ansible-galaxy", "collection", "install", "--offline", "-p", machine.collections, tarball)
    assert installed.returncode == 0, installed.stdout + installed.stderr
    return machine


def test_what_is_in_it(tarball: Path) -> None:
    with tarfile.open(tarball) as archive:
        found = {member.name for member in archive if member.isfile()}
    tracked = subprocess.run(["git", "ls-files", "-z", "--", *FOLDERS], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    ours = {"docs/reference.py"}
    expected = {name for name in tracked.split("\0") if name and not name.startswith("changelogs/fragments/")} - ours
    assert found == expected | FILES | MADE


def test_links_of_the_readme_lead_somewhere(machine: Machine) -> None:
    installed = machine.collections / "ansible_collections/saiello/kafka_connect"
    readme = (installed / "README.md").read_text(encoding="utf-8")
    targets = {part.partition(")")[0].partition("#")[0] for part in readme.split("](")[1:]}
    local = {target for target in targets if target and "://" not in target}
    assert local
    assert [target for target in sorted(local) if not (installed / target).exists()] == []


def documented(machine: Machine, kind: str) -> dict[str, Any]:
    listed = machine.run("ansible-doc", "--json", "--list", "-t", kind, "saiello.kafka_connect")
    names = sorted(json.loads(listed.stdout or "{}"))
    if not names:
        return {}
    shown = machine.run("ansible-doc", "--json", "-t", kind, *names)
    assert (shown.returncode, shown.stderr) == (0, "")
    return dict(json.loads(shown.stdout))


def test_every_plugin_is_documented(machine: Machine) -> None:
    modules = documented(machine, "module")
    there = {path.stem for path in (ROOT / "plugins/modules").glob("*.py")}
    assert set(modules) == {f"saiello.kafka_connect.{name}" for name in there}
    assert all(one["doc"]["description"] and one["examples"] and one["return"] for one in modules.values())
    assert len(documented(machine, "role")) == len(list((ROOT / "roles").iterdir()))


def test_a_module_works(machine: Machine) -> None:
    (port,) = free_ports(1)
    arguments = ("-i", "localhost,", "-c", "local", "-e", f"ansible_python_interpreter={sys.executable}")
    asked = machine.run("ansible", "localhost", *arguments, "-m", "saiello.kafka_connect.cluster_info", "-a", f"url=http://127.0.0.1:{port}")
    assert "connection refused" in asked.stdout, asked.stdout + asked.stderr
    assert '"reason": "ConnectUnreachable"' in asked.stdout
    assert "Traceback" not in asked.stdout + asked.stderr


def test_the_playbooks_work(machine: Machine, tmp_path: Path) -> None:
    (port,) = free_ports(1)
    (tmp_path / "orders.json").write_text('{"name": "orders", "config": {"connector.class": "FileStreamSink", "topics": "t"}}', encoding="utf-8")

    def play(name: str, **given: str) -> tuple[int, str]:
        variables = json.dumps({"connect_url": f"http://127.0.0.1:{port}", **given})
        done = machine.run("ansible-playbook", f"saiello.kafka_connect.{name}", "-i", "localhost,", "-e", variables)
        assert "Traceback" not in done.stdout + done.stderr
        return done.returncode, done.stdout + done.stderr

    status, told = play("plan", manifests=str(tmp_path / "orders.json"), report=str(tmp_path / "report.json"))
    assert status == 4, told
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert (report["outcome"], report["error"]["reason"], report["connectors"][0]["name"]) == ("failed", "ConnectUnreachable", "orders")

    status, told = play("export", destination=str(tmp_path / "out"))
    assert (status, "connection refused" in told) == (2, True), told
    assert not (tmp_path / "out").exists()
