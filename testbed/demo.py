# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the operator does, shown on a real stack in under a minute."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

from testbed import manifests, paths, tools
from testbed.errors import TestbedError
from testbed.kubernetes_api import connector_path
from testbed.progress import say, step
from testbed.stack import Options, Stack

NAME = "kafkaconnector-file-source-sample"
TOPIC = "connect-test"
_LINES = ("These lines", "of a plain file", "become records", "of a Kafka topic.")
_OPTIONS = Options(settings={"allowedEndpoints": "127.0.0.0/8", "pollPeriod": "5s"})
_CONDITIONS = 'jsonpath={range .status.conditions[*]}{.type}={.status} ({.reason}): {.message}{"\\n"}{end}'
_STEP_SECONDS = 60


def usage(stack: Path) -> str:
    """How a person works with a running stack."""
    state = json.loads((stack / "stack.json").read_text(encoding="utf-8"))
    return "\n".join(
        (
            "The stack is up. To use it:",
            f"  export PATH={tools.path(tools.KUBECTL).parent}:$PATH",
            f"  export KUBECONFIG={state['kubeconfig']}",
            f"  kubectl apply -f {sample_file(stack)}",
            "  kubectl get xkc",
            *(f"  curl -s {url}/connectors?expand=status" for url in state["connect"]),
            f"  less {stack / 'logs'}/operator.log",
            "  python -m testbed down",
        )
    )


def sample_file(stack: Path) -> Path:
    """The shipped sample, pointed at the testbed's Connect."""
    return stack / "sample.yaml"


def write_sample(stack: Stack) -> Path:
    """Render the sample and the file that its connector reads."""
    source = stack.directory / "source.txt"
    source.write_text("".join(f"{line}\n" for line in _LINES), encoding="utf-8")
    worker = stack.connect.workers[0]
    text = manifests.sample(stack.directory / "sample", host="127.0.0.1", port=worker.port, file=source)
    target = sample_file(stack.directory)
    target.write_text(text, encoding="utf-8")
    return target


class Demo:
    """The steps, one after the other, on a running stack."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._connector = f"{stack.connect.url}/connectors/{NAME}"
        self._session = requests.Session()
        self._session.trust_env = False

    def run(self) -> None:
        """All steps."""
        self._create()
        self._look()
        self._drift()
        self._state("paused", "PAUSED")
        self._state("running", "RUNNING")
        self._delete()

    def _explain(self, text: str) -> None:
        print(f"\n# {text}", flush=True)

    def _kubectl(self, *arguments: str) -> None:
        """Run kubectl in sight of the reader."""
        shown = " ".join(f"'{argument}'" if set(argument) & set("{ ") else argument for argument in arguments)
        print(f"$ kubectl {shown}", flush=True)
        print(self._stack.control_plane.kubectl(*arguments).rstrip(), flush=True)

    def _curl(self, path: str) -> None:
        """Ask Connect in sight of the reader."""
        print(f"$ curl -s {self._connector}{path}", flush=True)
        print(self._session.get(f"{self._connector}{path}", timeout=10).text, flush=True)

    def _until(self, what: str, condition: Callable[[], bool]) -> None:
        began = time.monotonic()
        while not condition():
            if time.monotonic() - began > _STEP_SECONDS:
                raise TestbedError(f"did not come true within {_STEP_SECONDS} s: {what}")
            time.sleep(0.1)
        print(f"{what}: true after {time.monotonic() - began:.1f} s", flush=True)

    def _config(self) -> dict[str, str] | None:
        response = self._session.get(f"{self._connector}/config", timeout=10)
        config: dict[str, str] | None = response.json() if response.ok else None
        return config

    def _connector_state(self) -> str:
        response = self._session.get(f"{self._connector}/status", timeout=10)
        return str(response.json()["connector"]["state"]) if response.ok else ""

    def _ready(self, reason: str) -> bool:
        found: dict[str, Any] = self._stack.control_plane.api.get(connector_path(NAME))
        ready = [c for c in found.get("status", {}).get("conditions", []) if c["type"] == "Ready"]
        current = found.get("status", {}).get("observedGeneration") == found["metadata"]["generation"]
        return current and [(c["status"], c["reason"]) for c in ready] == [("True", reason)]

    def _create(self) -> None:
        self._explain("An object in Kubernetes makes a connector run on a Kafka Connect that Kubernetes does not run.")
        self._kubectl("apply", "-f", str(write_sample(self._stack)))
        self._kubectl("wait", "--for=condition=Ready", f"xkc/{NAME}", f"--timeout={_STEP_SECONDS}s")

    def _look(self) -> None:
        self._explain("As Kubernetes shows it:")
        self._kubectl("get", "xkc")
        self._kubectl("get", "xkc", NAME, "-o", _CONDITIONS)
        self._explain("As Connect shows it:")
        self._curl("/status")
        self._explain(f"The first records of its topic {TOPIC}:")
        records = self._stack.broker.records(TOPIC, count=len(_LINES))
        if len(records) != len(_LINES):
            raise TestbedError(f"topic {TOPIC} holds {len(records)} records instead of {len(_LINES)}")
        print("\n".join(records), flush=True)

    def _drift(self) -> None:
        self._explain("Somebody changes the connector by hand on Connect; the operator puts it back.")
        wanted = self._config()
        changed = {**(wanted or {}), "topic": "changed-by-hand"}
        print(f"$ curl -X PUT {self._connector}/config  (topic: changed-by-hand)", flush=True)
        self._session.put(f"{self._connector}/config", json=changed, timeout=30).raise_for_status()
        self._until("the configuration is as declared again", lambda: self._config() == wanted)

    def _state(self, wanted: str, shown: str) -> None:
        self._explain(f"The object says {wanted}, and the connector follows.")
        self._kubectl("patch", "xkc", NAME, "--type=merge", "-p", json.dumps({"spec": {"state": wanted}}))
        self._until(f"Connect says {shown}", lambda: self._connector_state() == shown)
        self._until(f"the object is Ready, reason {shown.capitalize()}", lambda: self._ready(shown.capitalize()))

    def _delete(self) -> None:
        self._explain("The object is deleted; it goes once the connector is gone from Connect.")
        self._kubectl("delete", "xkc", NAME, f"--timeout={_STEP_SECONDS}s")
        self._until("the connector is gone", lambda: self._config() is None)
        self._curl("/config")


def _show_failure(stack: Stack) -> None:
    """What a person needs to find the cause."""
    for process in stack.processes:
        if process.name in ("operator", "connect-1") or not process.running:
            print(f"--- {process.name} {'runs' if process.running else 'has ended'}; the end of {process.log}\n{process.tail()}")
    print("--- the object", flush=True)
    print(stack.control_plane.kubectl("get", "xkc", NAME, "--ignore-not-found", "-o", "yaml"), flush=True)


def demo() -> None:
    """Bring a stack up, show what the operator does, and take it down (KEEP=1: leave it up)."""
    keep = os.environ.get("KEEP", "") not in ("", "0")
    stack = Stack(paths.STACK, _OPTIONS)
    with step("Start etcd, kube-apiserver, Kafka, Kafka Connect and the operator", "about 10 seconds once everything is built"):
        stack.start()
    try:
        try:
            Demo(stack).run()
        except (TestbedError, requests.RequestException) as error:
            _show_failure(stack)
            raise TestbedError(f"The demonstration failed: {error}") from error
        say("The demonstration is over: every step came true")
    finally:
        if keep:
            print(f"\n{usage(stack.directory)}", flush=True)
        else:
            with step("Stop everything"):
                stack.stop()
