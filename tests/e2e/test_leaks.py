# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of Secrets are sent to Connect, and are found nowhere else: not when all goes well, and not when it goes wrong, however much is logged."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from testbed import troubled
from testbed.faults import Answer, FaultProxy, Hold, Rule
from testbed.machine_log import MachineLog
from testbed.ports import free_ports
from tests.e2e.search import FileWatch, Leaks, Planted, leaks, logs, objects
from tests.e2e.world import SOURCE, World

pytestmark = pytest.mark.timeout(400)

# Connections that nothing happens to but what a test does.
SELDOM = "1h"


@pytest.fixture
def machine_log(world: World, tmp_path: Path) -> Iterator[MachineLog]:
    """What the runs of the operator say to the log of the machine; it is at its most talkative."""
    log = MachineLog(tmp_path)
    operator = world.stack.operator
    operator.stop()
    operator.start(verbosity=3, environment=log.environment)
    operator.wait_ready()
    try:
        yield log
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


def make_harmless_cases(world: World, planted: Planted) -> None:
    """Values that look like nothing, under a key that the plugin declares: what hides them is only that they come from a Secret."""
    for name in ("planned", "reported", "unreferenced", "unfollowed", "intended"):
        world.set_secret(name, {"value": planted.harmless(name)})
    cases: dict[str, dict[str, Any]] = {
        "planned": from_secret("planned"),
        "reported": {"driftPolicy": "Report", **from_secret("reported")},
        "unreferenced": from_secret("unreferenced"),
        "unfollowed": {"driftPolicy": "RepairConfig", "state": "paused"},
        "intended": {"mode": "Plan", **from_secret("intended")},
    }
    for name, spec in cases.items():
        world.create(world.manifest(name, cluster="good", **spec))
    for name in cases:
        world.wait_reason(name, {"unfollowed": "Paused", "intended": "PlanOnly"}.get(name, "Stopped"))


def from_secret(name: str) -> dict[str, Any]:
    """The topic of a case."""
    return {"configValueFrom": {"topic": password(name)}}


def let_plans_show_them(world: World, planted: Planted) -> None:
    """Everything that makes the operator compare such a value with another one, and tell of the difference."""
    literal: dict[str, Any] = {"configValueFrom": None, "config": {"topic": "orders"}, "mode": "Plan"}
    # Connect never follows this one: it was stopped by hand, which is left so.
    world.connect("PUT", "/connectors/unfollowed/stop").raise_for_status()
    world.wait_reason("unfollowed", "Drifted")
    world.patch("unfollowed", {"spec": from_secret("unfollowed")})
    world.until(lambda: (world.config("unfollowed") or {})["topic"] == planted.harmless("unfollowed"), "it is sent")
    world.wait_reason("unfollowed", "Drifted")
    world.patch("unfollowed", {"spec": literal})
    world.patch("unreferenced", {"spec": literal})
    world.patch("planned", {"spec": {"mode": "Plan"}})
    world.wait_reason("planned", "Stopped")
    world.set_secret("planned", {"value": planted.harmless("planned anew")})
    by_hand = {**(world.config("reported") or {}), "topic": planted.harmless("by hand")}
    world.connect("PUT", "/connectors/reported/config", by_hand).raise_for_status()
    for name, reason in {"unfollowed": "PlanOnly", "unreferenced": "PlanOnly", "planned": "PlanOnly", "reported": "Drifted"}.items():
        changes = world.wait_reason(name, reason)["status"]["plan"]["changes"]
        assert {"key": "topic", "change": "changed"} in changes, name
    assert {"key": "topic", "change": "added"} in (world.get("intended") or {})["status"]["plan"]["changes"]


def texts_of_connect(world: World, planted: Planted) -> dict[str, str]:
    """By case, what Connect itself says where it is asked as the operator asked it."""
    [task] = world.connect("GET", "/connectors/trace/status").json()["tasks"]
    found = {"trace": str(task["trace"])}
    resolved = (world.get("resolved") or {})["spec"]["config"]
    for name, config in {"validation": {"batch.size": planted("validation")}, "resolved by the worker": resolved}.items():
        answer = world.connect("PUT", "/connectors/by-hand/config", {"connector.class": SOURCE, "topic": "t", **config})
        assert answer.status_code == 400, answer.text
        found[name] = answer.text
    return found


def without(found: Iterable[Leaks], case: str) -> Leaks:
    """What else was found than the value that was typed into a spec, in places where the object itself is."""
    own = ("kafkaconnectors", "extravars")
    merged = {place: cases for one in found for place, cases in one.items()}
    left = {place: cases - {case} if place.endswith(own) else cases for place, cases in merged.items()}
    return {place: cases for place, cases in left.items() if cases}


def test_no_value_of_a_secret_is_found_anywhere(world: World, proxy: FaultProxy, machine_log: MachineLog) -> None:
    planted = Planted()
    with FileWatch(world, planted) as watch:
        make_good_cases(world, planted)
        reasons = make_failing_cases(world, planted, proxy)
        make_harmless_cases(world, planted)
        for name, reason in {"good": "Stopped", "bearer": "Stopped", **reasons}.items():
            world.wait_reason(name, reason)
        let_plans_show_them(world, planted)

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
        seen = [watch.end()]
    seen += [leaks(planted, places) for places in (logs(world), objects(world), {"machine log": machine_log.text})]

    assert len(planted.values) >= 25
    assert without(seen, "typed") == {}
    warned = [event for event in world.api.get("/api/v1/events")["items"] if event["reason"] == "SecretInSpec"]
    assert {event["involvedObject"]["name"] for event in warned} >= {"typed"}
    the_search_could_find(world, planted, watch, machine_log)
    for name in ("late", "echoed"):  # whose creation has no end
        world.patch(name, {"metadata": {"finalizers": []}})


def the_search_could_find(world: World, planted: Planted, watch: FileWatch, machine_log: MachineLog) -> None:
    """The values were where they belong, Connect did put them into what it says, and everything was looked at."""
    kept = planted.found_in(json.dumps(world.api.get("/api/v1/secrets")))
    assert kept >= planted.values.keys() - {"typed", "resolved by the worker", "whole map", "planned", "by hand"}
    live = json.dumps(world.connect("GET", "/connectors?expand=info").json())
    assert planted.found_in(live) >= {"single value", "changed", "user", "planned", "by hand", "unreferenced", "unfollowed"}
    for case, text in texts_of_connect(world, planted).items():
        assert case in planted.found_in(text), case
    # The value that was typed is in the object, and so in what the runtime writes of it.
    assert watch.end()[next(place for place in watch.end() if place.endswith("extravars"))] == {"typed"}
    assert watch.names >= {"extravars", "stdout"}
    assert "TASK [" in world.operator_log()
    for case in ("planned", "unfollowed", "reported"):
        assert f"Invoked with kind=KafkaConnector namespace=default name={case}" in machine_log.text
