# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks of the collection, run by their names from the collection as it is installed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests
import yaml

from testbed.process import wait_until
from tests.connect.conftest import Ansible, Rest

API_VERSION = "external.saiello.github.io/v1alpha1"
SOURCE = "org.apache.kafka.connect.file.FileStreamSourceConnector"


@dataclass(frozen=True)
class Run:
    """The end of a playbook: its exit status, what it printed, and the report."""

    status: int
    output: str
    report: dict[str, Any]

    @property
    def outcome(self) -> str:
        return str(self.report.get("outcome"))

    @property
    def connectors(self) -> dict[str, dict[str, Any]]:
        return {one["name"]: one for one in self.report["connectors"]}

    @property
    def actions(self) -> dict[str, list[str]]:
        """What is to be done, or was, of those that differ."""
        return {name: one["actions"] for name, one in self.connectors.items() if one["actions"]}

    @property
    def predicted(self) -> dict[str, Any]:
        """What check mode tells, and has to be done then: of each connector, in numbers, and in sentences."""
        parts = ("actions", "changed_keys", "changed", "failed", "held", "notes")
        each = {name: {key: one[key] for key in parts if key in one} for name, one in self.connectors.items()}
        return {"each": each, "diff": self.diff, **{key: self.report[key] for key in ("counts", "summary", "outcome", "changed", "notes")}}

    @property
    def diff(self) -> str:
        """The diffs as Ansible prints them, empty if there are none."""
        begin, end = self.output.find("\n--- "), self.output.find("\nchanged: [localhost]")
        return self.output[begin:end] if 0 <= begin < end else ""


@dataclass
class Playbooks:
    """Runs ``plan``, ``apply`` and ``export``; ``given`` are variables of all runs, ``programs`` the folder of those of Ansible."""

    ansible: Ansible
    given: dict[str, Any] = field(default_factory=dict)
    inventory: str = "localhost,"
    programs: Path = Path(sys.executable).parent

    @property
    def folder(self) -> Path:
        return self.ansible.directory

    def command(self, playbook: str, *options: str, **given: Any) -> list[str]:
        """The command line of a run. Variables are handed over in a file, as they may be many."""
        variables = self.folder / "variables.json"
        variables.write_text(json.dumps({"report": str(self.folder / "report.json"), **self.given, **given}), encoding="utf-8")
        return [str(self.programs / "ansible-playbook"), f"saiello.kafka_connect.{playbook}", "-i", self.inventory, "-e", f"@{variables}", *options]

    def environment(self, **extra: str) -> dict[str, str]:
        """That of a run."""
        (self.folder / "ansible.cfg").touch()
        return self.ansible.environment(extra)

    def run(
        self, playbook: str, *options: str, stdin: str | None = None, env: Mapping[str, str] | None = None, fresh: bool = True, **given: Any
    ) -> Run:
        """One run to its end. ``fresh``: there is no report before it."""
        if fresh:
            (self.folder / "report.json").unlink(missing_ok=True)
        done = subprocess.run(
            self.command(playbook, *options, **given),
            env=self.environment(**(env or {})),
            cwd=self.folder,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
        )
        return Run(done.returncode, done.stdout + done.stderr, self.last_report())

    def last_report(self) -> dict[str, Any]:
        """What the last run wrote, empty if it wrote nothing."""
        file = self.folder / "report.json"
        return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def connector(name: str, config: Mapping[str, Any], *, metadata: Mapping[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    """A KafkaConnector of a stopped FileStream source."""
    whole = {"class": SOURCE, "tasksMax": 1, "state": "stopped", "config": dict(config), **spec}
    return {"apiVersion": API_VERSION, "kind": "KafkaConnector", "metadata": {"name": name, **(metadata or {})}, "spec": whole}


def write(file: Path, objects: Iterable[Mapping[str, Any]]) -> Path:
    """Write manifests into one file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump_all(list(objects), allow_unicode=True, sort_keys=False), encoding="utf-8")
    return file


def create_all(rest: Rest, configs: Mapping[str, Mapping[str, str]], states: Mapping[str, str] | None = None) -> None:
    """Create connectors, many at a time, and wait until they are in their states; stopped ones, if nothing else is said."""
    wanted = {name: (states or {}).get(name, "STOPPED") for name in configs}

    def create(name: str) -> None:
        body = {"name": name, "config": configs[name], "initial_state": wanted[name]}
        requests.post(f"{rest.url}/connectors", json=body, timeout=100).raise_for_status()

    def arrived() -> bool:
        shown = rest.get("/connectors?expand=status").json()
        return {name: one["status"]["connector"]["state"] for name, one in shown.items() if name in wanted} == wanted

    _each(create, configs)
    wait_until(arrived, timeout=60, what="all are in their states")


def delete_all(rest: Rest) -> None:
    """Delete everything, many at a time."""

    def delete(name: str) -> None:
        requests.delete(f"{rest.url}/connectors/{quote(name, safe='')}", timeout=100)

    def empty() -> bool:
        # A worker that is busy with all that may refuse a request or two.
        left = rest.get("/connectors").json()
        _each(delete, left)
        return not left

    wait_until(empty, timeout=100, what="everything is deleted")


def put(rest: Rest, name: str, config: Mapping[str, str]) -> None:
    """Change a connector by hand."""
    requests.put(f"{rest.url}/connectors/{quote(name, safe='')}/config", json=dict(config), timeout=100).raise_for_status()


def _each(work: Any, names: Iterable[str]) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, names))
