# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-runner as the operator's runtime calls it, for one role and one object."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from benchmarks.usage import MemorySampler
from testbed.operator import FIXED_PORTS


@dataclass(frozen=True)
class Cost:
    """What one call cost: seconds by the clock, and seconds of CPU of the whole process tree."""

    seconds: float
    cpu: float


@dataclass(frozen=True)
class Invocation:
    """``environment`` is that of the operator."""

    directory: Path
    role: Path
    variables: Mapping[str, str]
    environment: Mapping[str, str]

    def prepare(self, obj: Mapping[str, Any]) -> None:
        """Write what the runtime writes before a run of the object."""
        shutil.rmtree(self.directory, ignore_errors=True)
        kubeconfig = self.directory / "kubeconfig"
        python = Path(self.environment["VIRTUAL_ENV"]) / "bin" / "python3"
        files = {
            kubeconfig: _kubeconfig(obj),
            self.directory / "env" / "envvars": json.dumps({"K8S_AUTH_KUBECONFIG": str(kubeconfig), "KUBECONFIG": str(kubeconfig)}),
            self.directory / "env" / "extravars": json.dumps(dict(self.variables)),
            self.directory / "env" / "settings": json.dumps({}),
            self.directory / "inventory" / "hosts": f"localhost ansible_connection=local ansible_python_interpreter={python}",
        }
        (self.directory / "project").mkdir(parents=True)
        for file, text in files.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")

    def run(self) -> Cost:
        """One run."""
        started = time.monotonic()
        process = self._start()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - started
        self._check(process)
        return Cost(seconds, used.ru_utime + used.ru_stime)

    def memory(self) -> MemorySampler:
        """One more run, for its memory."""
        process = self._start()
        with MemorySampler(process.pid) as sampler:
            process.wait()
        self._check(process)
        return sampler

    def _start(self) -> subprocess.Popen[bytes]:
        shutil.rmtree(self.directory / "artifacts", ignore_errors=True)
        # As runner.go of ansible-operator does for a role, with ANSIBLE_GATHERING=explicit.
        command = ["ansible-runner", "run", str(self.directory), "--rotate-artifacts", "5", "--role", self.role.name]
        command += ["--roles-path", str(self.role.parent), "--hosts", "localhost", "-i", "1", "--role-skip-facts"]
        with (self.directory / "output").open("wb") as output:
            return subprocess.Popen(command, env=dict(self.environment), cwd=self.directory, stdout=output, stderr=subprocess.STDOUT)

    def _check(self, process: subprocess.Popen[bytes]) -> None:
        if process.returncode != 0:
            text = (self.directory / "output").read_text(encoding="utf-8", errors="replace")
            raise RuntimeError(f"ansible-runner with {self.role}: exit status {process.returncode}\n{text}")

    def result(self) -> dict[str, Any]:
        """What the first task of the last run returned."""
        events = sorted((self.directory / "artifacts" / "1" / "job_events").glob("*.json"), key=lambda file: int(file.name.split("-")[0]))
        found = [json.loads(file.read_text(encoding="utf-8")) for file in events]
        results: list[dict[str, Any]] = [event["event_data"]["res"] for event in found if event["event"] == "runner_on_ok"]
        return next(
            result for result in results if "Validating arguments" not in str(result.get("msg", "")) and "validate_args_context" not in result
        )


def _kubeconfig(obj: Mapping[str, Any]) -> str:
    """The runtime's proxy, with the object in the name of the user: then it reads what is on its blacklist live."""
    owner = {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "Namespace": obj["metadata"]["namespace"]}
    owner |= {"name": obj["metadata"]["name"], "uid": obj["metadata"]["uid"]}
    user = base64.urlsafe_b64encode(json.dumps(owner).encode()).decode()
    cluster = {"name": "proxy-server", "cluster": {"server": f"http://{user}@localhost:{FIXED_PORTS[0]}"}}
    return yaml.safe_dump({"apiVersion": "v1", "kind": "Config", "clusters": [cluster]})
