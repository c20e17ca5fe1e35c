# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of Secrets are sent to Connect, and are found nowhere else: not when all goes well, and not when it goes wrong, however much is logged."""

from __future__ import annotations

import base64
import json
import os
import secrets
import signal
import socket
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from testbed import troubled
from testbed.faults import Answer, FaultProxy, Hold, Rule
from testbed.operator import RUNS
from testbed.ports import free_ports
from tests.e2e.world import World

pytestmark = pytest.mark.timeout(240)

SYSLOG = Path("/dev/log")
# Connections that nothing happens to but what a test does.
SELDOM = "1h"
# Everything that has a name and is not a Secret.
KINDS = ("events", "configmaps", "pods", "serviceaccounts")


class Planted:
    """Values that nobody has thought of before, by the case that they are for."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    def __call__(self, case: str) -> str:
        return self.values.setdefault(case, f"sesame{secrets.token_hex(12)}")

    def found_in(self, text: str) -> set[str]:
        """The cases whose value is in a text, plain or in base64, wherever it begins there."""
        return {case for case, value in self.values.items() if any(form in text for form in _forms(value))}


def _forms(value: str) -> Iterator[str]:
    yield value
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + value.encode()).decode()
        yield encoded[4:-4]


@pytest.fixture
def syslog(tmp_path: Path) -> Iterator[list[bytes]]:
    """What is sent to the machine's log; nothing is taken from a daemon that runs."""
    heard: list[bytes] = []
    if SYSLOG.exists() or not os.access(SYSLOG.parent, os.W_OK):
        yield heard
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(SYSLOG))
        SYSLOG.chmod(0o666)
        listening.settimeout(0.2)
        done = threading.Event()

        def listen() -> None:
            while not done.is_set():
                with suppress(TimeoutError):
                    heard.append(listening.recv(1 << 20))

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield heard
        finally:
            done.set()
            thread.join()
            SYSLOG.unlink()


@pytest.fixture
def talkative(world: World) -> Iterator[None]:
    """The operator at its most talkative."""
    operator = world.stack.operator
    operator.stop()
    operator.start(verbosity=3)
    operator.wait_ready()
    try:
        yield
    finally:
        operator.stop()


def password(name: str, key: str = "value") -> dict[str, Any]:
    """A value that is one key of the Secret of a case."""
    return {"secretKeyRef": {"name": name, "key": key}}


def children(pid: int) -> Iterator[int]:
    """All processes that a process has started, and those that they have."""
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):
            for child in (thread / "children").read_text(encoding="ascii").split():
                yield int(child)
                yield from children(int(child))


def kill_modules(world: World) -> int:
    """Kill what runs one of our modules: Python with its program on standard input."""
    killed = 0
    for pid in list(children(world.stack.operator.process.pid)):
        with suppress(OSError):
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[:-1]
            if len(words) == 1 and b"python" in words[0]:
                os.kill(pid, signal.SIGKILL)
                killed += 1
    return killed


def make_good_cases(world: World, planted: Planted) -> None:
    world.set_secret("whole", {"x.password": planted("whole map"), "x.user": planted("user")})
    world.set_secret("single", {"value": planted("single value")})
    world.set_secret("login", {"username": "ada", "password": planted("login"), "token": planted("token")})
    world.set_secret("header", {"X-Api-Key": planted("header")})
    basic = {"basic": {"secretRef": {"name": "login"}}}
    world.create_cluster("good", authentication=basic, headersFrom=[{"secretRef": {"name": "header"}}])
    world.create_cluster("bearer", authentication={"bearer": {"secretRef": {"name": "login"}}}, syncPeriod=SELDOM)
    from_: dict[str, Any] = {"configFrom": [{"secretRef": {"name": "whole"}}], "configValueFrom": {"x.single": password("single")}}
    world.create(world.manifest("good", cluster="good", **from_))
    world.create(world.manifest("bearer", cluster="bearer", **from_))


def make_failing_cases(world: World, planted: Planted, proxy: FaultProxy) -> dict[str, str]:
    """Objects by name, and the reason that each comes to."""
    file = world.stack.connect.secrets / "leaks.properties"
    file.write_text(f"number={planted('resolved by the worker')}\n", encoding="utf-8")
    [port] = free_ports(1)
    cases: dict[str, tuple[str, dict[str, Any]]] = {
        "validation": ("InvalidConfig", {"configValueFrom": {"batch.size": password("validation")}}),
        "trace": ("TasksFailed", {"class": troubled.CLASS, "state": "running", "config": {"fail.tasks": "1"}}),
        "resolved": ("InvalidConfig", {"config": {"file": "/dev/null", "topic": "t", "batch.size": f"${{file:{file}:number}}"}}),
        "missing": ("ReferenceNotFound", {"configValueFrom": {"x.password": password("missing", "other")}}),
        "reserved": ("InvalidSpec", {"configFrom": [{"secretRef": {"name": "reserved"}}]}),
        "forbidden": ("InvalidSpec", {"configValueFrom": {"x.password": password("forbidden")}}),
        "class": ("PluginNotFound", {"class": "org.example.None", "configValueFrom": {"x.password": password("class")}}),
        "unreachable": ("ConnectUnreachable", {"cluster": "unreachable", "configValueFrom": {"x.password": password("unreachable")}}),
        "echoed": ("NotConnect", {"cluster": "echoed", "configValueFrom": {"x.password": password("echoed")}}),
        "late": ("ConnectTimeout", {"cluster": "late", "configValueFrom": {"x.password": password("late")}}),
        "newline": ("InvalidSpec", {"cluster": "newline"}),
        "key": ("InvalidSpec", {"cluster": "key"}),
        "refused": ("Stopped", {"configValueFrom": {"batch.size": password("refused")}}),
        "typed": ("Stopped", {"config": {"file": "/dev/null", "topic": "t", "x.password": planted("typed")}}),
    }
    cases["trace"][1]["configValueFrom"] = {"fail.text": password("trace")}
    for name in cases.keys() - {"resolved", "newline", "key", "refused", "typed", "reserved"}:
        world.set_secret(name, {"value": planted(name)}, kind="helm.sh/release.v1" if name == "forbidden" else "Opaque")
    world.set_secret("reserved", {"name": planted("reserved")})
    world.set_secret("refused", {"value": "7"})
    world.set_secret("newline", {"token": f"{planted('newline')}\nx"})
    world.set_secret("key", {"tls.crt": planted("key"), "tls.key": planted("key")}, kind="kubernetes.io/tls")
    world.create_cluster("unreachable", url=f"http://127.0.0.1:{port}", authentication={"basic": {"secretRef": {"name": "login"}}}, syncPeriod=SELDOM)
    echo = json.dumps({"error_code": 418, "message": f"{planted('echoed')} {planted('header')}"}).encode()
    proxy.add(Rule("POST", "/echoed/connectors", Answer(418, echo)))
    proxy.add(Rule("GET", "/echoed.*", Answer(200, f"<html>{planted('echoed')}</html>".encode())))
    proxy.add(Rule("POST", "/connectors", Hold()))
    world.create_cluster("echoed", url=f"{proxy.url}/echoed", headersFrom=[{"secretRef": {"name": "header"}}], syncPeriod=SELDOM)
    world.create_cluster("late", url=proxy.url, timeouts={"write": "3s"}, syncPeriod=SELDOM)
    world.create_cluster("newline", authentication={"bearer": {"secretRef": {"name": "newline"}}}, syncPeriod=SELDOM)
    tls = {"clientCertificate": {"secretRef": {"name": "key"}}}
    world.create_cluster("key", url=world.stack.connect.url.replace("http:", "https:"), authentication=tls, syncPeriod=SELDOM)
    for name, (_, spec) in cases.items():
        world.create(world.manifest(name, cluster=spec.pop("cluster", "good"), **spec))
    return {name: reason for name, (reason, _) in cases.items()}


def objects(world: World) -> dict[str, str]:
    """All that the API server tells of, but Secrets."""
    core = {kind: world.api.get(f"/api/v1/{kind}") for kind in KINDS}
    group = "/apis/external.saiello.github.io/v1alpha1"
    own = {kind: world.api.get(f"{group}/{kind}") for kind in ("kafkaconnectors", "kafkaconnectclusters")}
    leases = {"leases": world.api.get("/apis/coordination.k8s.io/v1/leases")}
    return {kind: json.dumps(found, ensure_ascii=False) for kind, found in {**core, **own, **leases}.items()}


def files(world: World) -> dict[str, str]:
    """All that the operator and its runs have written."""
    operator = world.stack.operator
    roots = [RUNS.parents[1], operator.temporary]
    paths = [path for root in roots for path in root.rglob("*") if path.is_file() and not path.is_symlink()]
    texts = {}
    for path in [*paths, Path(operator.process.log), operator.writes]:
        with suppress(FileNotFoundError):
            texts[str(path)] = path.read_bytes().decode("utf-8", "replace")
    return texts


def leaks(planted: Planted, places: Mapping[str, str]) -> dict[str, set[str]]:
    return {place: found for place, text in places.items() if (found := planted.found_in(text))}


def without(found: Iterable[dict[str, set[str]]], case: str) -> dict[str, set[str]]:
    """What else was found than the value that was typed into a spec, in places where the object itself is."""
    own = ("kafkaconnectors", "extravars")
    merged = {place: cases for one in found for place, cases in one.items()}
    left = {place: cases - {case} if place.endswith(own) else cases for place, cases in merged.items()}
    return {place: cases for place, cases in left.items() if cases}


@pytest.mark.usefixtures("talkative")
def test_no_value_of_a_secret_is_found_anywhere(world: World, proxy: FaultProxy, syslog: list[bytes]) -> None:
    planted = Planted()
    make_good_cases(world, planted)
    reasons = make_failing_cases(world, planted, proxy)
    seen: list[dict[str, set[str]]] = []
    for name, reason in {"good": "Stopped", "bearer": "Stopped", **reasons}.items():
        world.wait_reason(name, reason)
    seen.append(leaks(planted, files(world)))

    # A write that is refused, a value that is changed by hand, and a module that is killed with all values in its memory.
    world.set_secret("refused", {"value": planted("refused")})
    world.wait_reason("refused", "InvalidConfig")
    world.set_secret("whole", {"x.password": planted("changed"), "x.user": planted("user")})
    world.until(lambda: (world.config("good") or {})["x.password"] == planted("changed"), "the change has arrived")
    held = proxy.add(Rule("GET", ".*", Hold()))
    world.patch_cluster("late", {"spec": {"syncPeriod": "59m"}})
    held.wait_hit()
    assert kill_modules(world) > 0
    world.until(lambda: world.failed_runs() != [], "the killed run is told of")
    held.release()
    seen += [leaks(planted, files(world)), leaks(planted, objects(world)), leaks(planted, {"syslog": b"\n".join(syslog).decode("utf-8", "replace")})]

    assert len(planted.values) >= 20
    assert without(seen, "typed") == {}
    warned = [event for event in world.api.get("/api/v1/events")["items"] if event["reason"] == "SecretInSpec"]
    assert {event["involvedObject"]["name"] for event in warned} >= {"typed"}
    # The search can find: Secrets hold them, and Connect does.
    kept = planted.found_in(json.dumps(world.api.get("/api/v1/secrets")))
    assert kept >= planted.values.keys() - {"typed", "resolved by the worker", "whole map"}
    assert planted.found_in(json.dumps(world.config("good"))) >= {"single value", "changed", "user"}
    assert "TASK [" in world.operator_log()
    for name in ("late", "echoed"):  # whose creation has no end
        world.patch(name, {"metadata": {"finalizers": []}})
