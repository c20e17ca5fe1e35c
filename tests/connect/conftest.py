# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real Kafka Connect, and Ansible as a person runs it."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests
import yaml

from testbed import collection, paths
from testbed.connect import ConnectCluster
from testbed.faults import Answer, FaultProxy, Rule
from testbed.kafka import Broker
from testbed.process import Processes, wait_until


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with Processes(tmp_path_factory.mktemp("kafka")) as processes:
        broker = Broker(processes)
        broker.start()
        yield broker


@pytest.fixture(scope="session")
def connect(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConnectCluster]:
    """A Kafka Connect of one worker, for all tests."""
    with Processes(tmp_path_factory.mktemp("connect")) as processes:
        cluster = ConnectCluster(processes, broker)
        cluster.start()
        cluster.wait_healthy()
        yield cluster


@pytest.fixture(scope="session")
def older(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConnectCluster]:
    """The oldest Kafka Connect that the project is tested with, of one worker, beside the other one."""
    with Processes(tmp_path_factory.mktemp("older")) as processes, ConnectCluster(processes, broker, name="older", older=True) as cluster:
        yield cluster


@dataclass(frozen=True)
class Rest:
    """What Connect itself says, read without any code of the collection."""

    url: str

    def get(self, path: str) -> requests.Response:
        return requests.get(f"{self.url}{path}", timeout=30)

    def request(self, method: str, name: str, path: str = "") -> None:
        """Ask something of a connector by hand."""
        requests.request(method, f"{self.url}/connectors/{quote(name, safe='')}{path}", timeout=100).raise_for_status()

    def config(self, name: str) -> dict[str, str] | None:
        """The stored configuration; None if there is no such connector."""
        response = self.get(f"/connectors/{quote(name, safe='')}/config")
        if response.status_code == requests.codes.not_found:
            return None
        response.raise_for_status()
        return dict(response.json())

    def states(self, name: str) -> list[str]:
        """The state of the connector, followed by those of its tasks; empty without a status."""
        response = self.get(f"/connectors/{quote(name, safe='')}/status")
        if response.status_code == requests.codes.not_found:
            return []
        response.raise_for_status()
        status = response.json()
        return [status["connector"]["state"], *(task["state"] for task in status["tasks"])]

    def gone(self, name: str) -> bool:
        """Whether nothing of the connector is left, its last status included."""
        return self.config(name) is None and not self.states(name)

    def clear(self) -> None:
        """No connector of one test is there in the next."""
        for name in self.get("/connectors").json():
            self.request("DELETE", name)
            wait_until(partial(self.gone, name), timeout=30, what=f"{name} is gone")


@pytest.fixture
def rest(connect: ConnectCluster) -> Iterator[Rest]:
    rest = Rest(connect.url)
    yield rest
    rest.clear()


class Unsafe(str):
    """A text of a playbook that is no template."""

    __slots__ = ()


class Dumper(yaml.SafeDumper):
    """Writes playbooks."""


def _unsafe(dumper: Dumper, text: Unsafe) -> yaml.ScalarNode:
    return dumper.represent_scalar("!unsafe", str(text), style='"')


Dumper.add_representer(Unsafe, _unsafe)


# What Ansible itself returns of a module.
OF_ANSIBLE = {"changed", "failed", "msg", "warnings", "deprecations", "unreachable", "invocation"}


@cache
def _returned(module: str) -> dict[str, Any]:
    """What the documentation of a module says that it returns."""
    for node in ast.parse((paths.ROOT / "plugins" / "modules" / f"{module}.py").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "RETURN":
            return dict(yaml.safe_load(ast.literal_eval(node.value)))
    raise AssertionError(f"{module} has no RETURN")


def undocumented(module: str, result: Mapping[str, Any]) -> Iterator[str]:
    """What a module of ours returned and does not say that it returns."""
    if module.startswith("saiello.kafka_connect."):
        ours = {key: value for key, value in result.items() if key not in OF_ANSIBLE}
        yield from _unknown(ours, _returned(module.rpartition(".")[2]), "")


def _unknown(result: Mapping[str, Any], documented: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for key, value in result.items():
        if key not in documented:
            yield f"{prefix}{key}"
        elif "contains" in documented[key]:
            for part in value if isinstance(value, list) else [value]:
                yield from _unknown(part, documented[key]["contains"], f"{prefix}{key}.")


@dataclass(frozen=True)
class Played:
    """The end of a playbook of one task: what the task returned, and all that was printed."""

    result: dict[str, Any]
    output: str

    @property
    def failed(self) -> bool:
        return bool(self.result.get("failed"))


def task(module: str, options: Mapping[str, Any], **keywords: Any) -> dict[str, Any]:
    """A task of a playbook; ``keywords`` are those of the task, such as ``check_mode`` and ``diff``."""
    return {f"saiello.kafka_connect.{module}": dict(options), **keywords}


@dataclass(frozen=True)
class Ansible:
    """Runs tasks by ``ansible-playbook``, from the collection as it is installed; those of ``play`` with the module ``connector``."""

    url: str
    directory: Path
    module: str = "connector"

    def play(self, options: Mapping[str, Any], *, verbose: str = "", env: Mapping[str, str] | None = None, **keywords: Any) -> Played:
        """One task."""
        (played,) = self.plays(task(self.module, options, **keywords), verbose=verbose, env=env)
        return played

    def plays(
        self, *tasks: Mapping[str, Any], verbose: str = "", env: Mapping[str, str] | None = None, between: Callable[[], None] = lambda: None
    ) -> list[Played]:
        """Several tasks of one playbook, each whatever became of those before; they share what was printed. ``between``: done after each."""

        def handed_over() -> Iterator[bytes]:
            between()
            yield b"{}"

        with FaultProxy(self.url) as desk:
            desk.add(Rule("POST", "/returned", Answer(200, handed_over)))
            output = self._output(tasks, f"{desk.url}/returned", verbose, env)
            returned = [json.loads(request.body) for request in desk.requests]
        assert len(returned) == len(tasks), output
        for one, result in zip(tasks, returned, strict=True):
            assert list(undocumented(next(iter(one)), result)) == []
        return [Played(result, output) for result in returned]

    def _output(self, tasks: Sequence[Mapping[str, Any]], desk: str, verbose: str, env: Mapping[str, str] | None) -> str:
        """Run a playbook of these tasks, which hands over at the desk what each of them returned."""
        written: list[dict[str, Any]] = []
        for one in tasks:
            written.append({**self._with_url(one), "register": "returned", "ignore_errors": True})
            uri = {"url": desk, "method": "POST", "body": "{{ returned }}", "body_format": "json", "timeout": 60, "use_proxy": False}
            written.append({"ansible.builtin.uri": uri, "no_log": True, "diff": False, "check_mode": False})
        play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": written}
        (self.directory / "ansible.cfg").touch()
        playbook = self.directory / "playbook.yml"
        playbook.write_text(yaml.dump([play], Dumper=Dumper, allow_unicode=True, width=200_000), encoding="utf-8")
        # Many tasks take their time: a module is then not written to a file before it runs.
        quick = {"ANSIBLE_PIPELINING": "1"} if len(tasks) > 1 else {}
        environment = self.environment({**quick, **(env or {})})
        patience = 90 + 10 * len(tasks)
        run = subprocess.run(self._command(playbook, verbose), env=environment, capture_output=True, text=True, check=False, timeout=patience)
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout + run.stderr

    def _with_url(self, one: Mapping[str, Any]) -> dict[str, Any]:
        """The task for the Connect of this Ansible, if it has one."""
        url = {"url": self.url} if self.url else {}
        return {key: {**url, **value} if key.startswith("saiello.kafka_connect.") else value for key, value in one.items()}

    def _command(self, playbook: Path, verbose: str) -> list[str]:
        program = Path(sys.executable).with_name("ansible-playbook")
        command = [str(program), "-i", "localhost,", "-e", f"ansible_python_interpreter={sys.executable}", str(playbook)]
        return [*command, verbose] if verbose else command

    def environment(self, extra: Mapping[str, str]) -> dict[str, str]:
        """Nothing of the person's own settings of Ansible."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "KAFKA_CONNECT_"))}
        own = {
            "ANSIBLE_COLLECTIONS_PATH": str(collection.staged()),
            "ANSIBLE_CONFIG": str(self.directory / "ansible.cfg"),
            "ANSIBLE_HOME": str(self.directory / "home"),
            "ANSIBLE_REMOTE_TEMP": str(self.directory / "remote"),
            "ANSIBLE_NOCOLOR": "1",
        }
        return {**kept, **own, **extra}


@pytest.fixture
def ansible(connect: ConnectCluster, rest: Rest, tmp_path: Path) -> Ansible:
    return Ansible(connect.url, tmp_path)
