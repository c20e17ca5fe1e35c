# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operator as a process of this machine, run as the shipped Deployment runs it."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import warnings
from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import requests
import urllib3

from testbed import apart, collection, manifests, paths, tools
from testbed.control_plane import ControlPlane
from testbed.errors import TestbedError
from testbed.ports import free_ports, is_free
from testbed.process import Process, Processes, wait_until

# The runtime's proxy and metrics API listen there; neither can be moved.
FIXED_PORTS = (8888, 5050)
RUNS = apart.FOLDER / "runner" / "external.saiello.github.io"

# The runtime names a controller after its kind and version, in small letters: kafkaconnector-v1alpha1-controller.
_SAMPLE = re.compile(r'^(\w+)\{controller="([a-z]+)-[^}]*\} (\S+)$', re.MULTILINE)
_METRICS_READER = """
apiVersion: v1
kind: ServiceAccount
metadata: {name: testbed-metrics-reader, namespace: kube-system}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: testbed-metrics-reader}
rules:
  - nonResourceURLs: [/metrics]
    verbs: [get]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: testbed-metrics-reader}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: testbed-metrics-reader}
subjects:
  - {kind: ServiceAccount, name: testbed-metrics-reader, namespace: kube-system}
"""


def metrics_of(text: str, kind: str = "") -> dict[str, float]:
    """The metrics of the controller of a kind, or of all controllers summed up, by name; 0 for those that are not there."""
    totals: dict[str, float] = defaultdict(float)
    for name, controller, value in _SAMPLE.findall(text):
        if not kind or controller == kind.lower():
            totals[name] += float(value)
    return totals


class Operator:
    """ansible-operator with this collection, under a token of the shipped ServiceAccount."""

    def __init__(
        self,
        processes: Processes,
        control_plane: ControlPlane,
        shipped: manifests.Container,
        *,
        arguments: Mapping[str, str] | None = None,
        environment: Mapping[str, str] | None = None,
        leader_election: bool = False,
    ) -> None:
        self._processes = processes
        self._control_plane = control_plane
        self._directory = processes.directory / "operator"
        # Private, as the emptyDir of the Deployment is.
        self.temporary = self._directory / "tmp"
        self.writes = processes.directory / "logs" / "connect-writes.log"
        self.metrics_port, self._probe_port = free_ports(2)
        self._leader_election = leader_election
        self._arguments = self._command_line(shipped.arguments, dict(arguments or {}))
        self._environment = {**shipped.environment, **dict(environment or {})}
        self._process: Process | None = None

    def _command_line(self, shipped: list[str], changes: dict[str, str]) -> list[str]:
        """The shipped arguments, with those that name places of the container replaced."""
        changes = {
            "--watches-file": str(paths.ROOT / "watches.yaml"),
            "--metrics-bind-address": f"127.0.0.1:{self.metrics_port}",
            "--health-probe-bind-address": f"127.0.0.1:{self._probe_port}",
            **changes,
        }
        kept = [argument for argument in shipped if argument.split("=")[0] not in changes]
        if not self._leader_election:
            # A killed leader would hold up its successor until its lease ends.
            kept = [argument for argument in kept if not argument.startswith("--leader-elect")]
        return kept + [f"{flag}={value}" for flag, value in changes.items()]

    @property
    def process(self) -> Process:
        """The running program, or the last one."""
        if self._process is None:
            raise RuntimeError("the operator was not started")
        return self._process

    def start(self, *, verbosity: int = 0, environment: Mapping[str, str] | None = None) -> None:
        """Start the operator; a run whose folder was left behind by a killed one is forgotten.

        :param verbosity: how talkative Ansible is, more than as shipped
        :param environment: what it gets beside what it always gets
        """
        taken = [str(port) for port in FIXED_PORTS if not is_free(port)]
        if taken:
            raise TestbedError(
                f"port {' and '.join(taken)} of 127.0.0.1 is in use. ansible-operator needs both 8888 and 5050, so there can be one on a"
                " machine: stop the other one (python -m testbed down), or see who listens with: ss -ltnp"
            )
        louder = [f"--ansible-verbosity={verbosity}"] if verbosity else []
        self.temporary.mkdir(parents=True, mode=0o700, exist_ok=True)
        shutil.rmtree(RUNS, ignore_errors=True)
        self._process = self._processes.start(
            "operator",
            ["/bin/sh", "-c", 'umask 077; exec "$@"', "ansible-operator", tools.path(tools.ANSIBLE_OPERATOR), *self._arguments, *louder],
            env={**self.process_environment(), **(environment or {})},
            cwd=self._directory,
        )

    def process_environment(self) -> dict[str, str]:
        """The environment of the operator and its runs."""
        venv = Path(sys.prefix)
        kubeconfig = self._control_plane.service_account_kubeconfig(manifests.NAMESPACE, manifests.NAME)
        shipped = {name: self._outside_container(value) for name, value in self._environment.items()}
        return {
            "HOME": str(self.temporary),
            "LANG": "C.UTF-8",
            "PATH": f"{venv / 'bin'}:{os.environ['PATH']}",
            "VIRTUAL_ENV": str(venv),
            "ANSIBLE_COLLECTIONS_PATH": str(collection.staged()),
            "KUBECONFIG": str(kubeconfig),
            **shipped,
            "KAFKA_CONNECT_LOG": str(self.writes),
        }

    def _outside_container(self, value: str) -> str:
        """A path in the container's emptyDir becomes one in the private folder."""
        inside = value == "/tmp" or value.startswith("/tmp/")  # noqa: S108
        return f"{self.temporary}{value.removeprefix('/tmp')}" if inside else value  # noqa: S108

    def wait_ready(self, timeout: float = 60) -> None:
        """Wait until the operator says that it is ready."""
        self.process.wait_until(self._ready, timeout=timeout, what="is ready")

    def _ready(self) -> bool:
        # The probe answers before the other servers listen.
        if any(is_free(port) for port in (*FIXED_PORTS, self.metrics_port)):
            return False
        with requests.Session() as session:
            session.trust_env = False
            try:
                return session.get(f"http://127.0.0.1:{self._probe_port}/readyz", timeout=5).ok
            except requests.RequestException:
                return False

    def failed_runs(self) -> list[dict[str, Any]]:
        """What the runtime logged about runs of any kind that failed, over all starts."""
        lines = Path(self.process.log).read_text(encoding="utf-8", errors="replace").splitlines()
        entries = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
        return [entry for entry in entries if entry.get("msg") == "Reconciler error"]

    @property
    def user(self) -> str:
        """The name under which the operator and its runs ask the API server."""
        return f"system:serviceaccount:{manifests.NAMESPACE}:{manifests.NAME}"

    def reconciles(self, kind: str = "") -> int:
        """How often the runtime has taken up an object since its start, by its own metrics: of one kind, or of all."""
        return int(self._metrics(kind)["controller_runtime_reconcile_total"])

    def reconcile_seconds(self, kind: str = "") -> float:
        """How long that took in all."""
        return self._metrics(kind)["controller_runtime_reconcile_time_seconds_sum"]

    def idle(self, kind: str = "") -> bool:
        """Whether no run is under way or waits for its turn; those that were asked for a later time do not count."""
        metrics = self._metrics(kind)
        return not metrics["controller_runtime_active_workers"] and not metrics["workqueue_depth"]

    def _metrics(self, kind: str) -> dict[str, float]:
        """The runtime's metrics about its controllers by name, those with several values summed up."""
        with requests.Session() as session, warnings.catch_warnings():
            warnings.simplefilter("ignore", urllib3.exceptions.InsecureRequestWarning)
            session.trust_env = False
            session.verify = False  # The runtime signs its certificate itself.
            session.headers["Authorization"] = f"Bearer {self._metrics_token}"
            answer = session.get(f"https://127.0.0.1:{self.metrics_port}/metrics", timeout=30)
        answer.raise_for_status()
        return metrics_of(answer.text, kind)

    @cached_property
    def _metrics_token(self) -> str:
        self._control_plane.apply(_METRICS_READER)
        return self._control_plane.kubectl("create", "token", "testbed-metrics-reader", "-n", "kube-system", "--duration=24h").strip()

    def forget(self) -> None:
        """Take away what the runs remember of each Connect. Not while one is under way."""
        for record in Path(self._outside_container(self._environment["KAFKA_CONNECT_RUN_DIR"])).glob("*.json"):
            record.unlink()

    def stop(self) -> None:
        """Ask the operator to end, and all its runs with it."""
        self.process.stop()
        self._wait_ports_free()
        shutil.rmtree(RUNS, ignore_errors=True)

    def kill(self) -> None:
        """End the operator and all its runs at once."""
        self.process.kill()
        self._wait_ports_free()

    def _wait_ports_free(self) -> None:
        """The sockets of a killed process live a little longer than what /proc shows of it."""
        wait_until(lambda: all(is_free(port) for port in FIXED_PORTS), timeout=10, what="the operator's ports are free")
