# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks plan and apply: many connectors from manifests, at a real Connect."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from testbed import paths
from testbed.faults import FaultProxy, Hold, Rule
from testbed.machine_log import MachineLog
from testbed.process import wait_until
from tests.connect.conftest import Ansible, Rest
from tests.connect.playbooks import SOURCE, Playbooks, connector, create_all, delete_all, put, write

WRITES = "POST|PUT|DELETE"
MANY = 500


@pytest.fixture
def playbooks(ansible: Ansible, rest: Rest) -> Iterator[Playbooks]:
    yield Playbooks(ansible, {"connect_url": ansible.url})
    delete_all(rest)


def config_of(number: int) -> dict[str, Any]:
    return {"file": "/dev/null", "topic": f"lines.{number}", "batch.size": 20 + number, "errors.log.enable": number % 2 == 0, "note": "1.0"}


def stored(name: str, config: dict[str, Any]) -> dict[str, str]:
    texts = {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in config.items()}
    return {"name": name, "connector.class": SOURCE, "tasks.max": "1", **texts}


def changed_by_hand(rest: Rest, live: dict[str, dict[str, str]]) -> dict[str, list[str]]:
    """Differences of six kinds, five of each, and what has to be done about them."""
    names = sorted(live)
    expected: dict[str, list[str]] = {}
    for name in names[0:5]:
        rest.request("DELETE", name)
        expected[name] = ["create"]
    for name, edit in zip(
        names[5:25],
        [{"topic": "other"}] * 5 + [{"added.by.hand": "x"}] * 5 + [{"batch.size": ""}] * 5 + [{"note": "1"}] * 5,
        strict=True,
    ):
        put(rest, name, {key: value for key, value in {**live[name], **edit}.items() if value})
        expected[name] = ["update"]
    for name in names[25:30]:
        rest.request("PUT", name, "/pause")
        expected[name] = ["stop"]
    wait_until(lambda: all(rest.gone(name) for name in names[0:5]), timeout=60, what="what was deleted is gone")
    wait_until(lambda: all(rest.states(name)[:1] == ["PAUSED"] for name in names[25:30]), timeout=60, what="what was paused shows it")
    return expected


@pytest.mark.timeout(400)
def test_five_hundred_connectors(playbooks: Playbooks, rest: Rest) -> None:
    configs = {f"c-{number:03}": config_of(number) for number in range(MANY)}
    live = {name: stored(name, config) for name, config in configs.items()}
    create_all(rest, live)
    folder = playbooks.folder / "connectors"
    write(folder / "all.yaml", (connector(name, config) for name, config in configs.items()))
    with FaultProxy(rest.url) as proxy:
        playbooks.given.update(connect_url=proxy.url, manifests=str(folder))

        unchanged = playbooks.run("plan", fail_on_difference=True)
        assert (unchanged.status, unchanged.outcome, unchanged.report["counts"]["unchanged"]) == (0, "unchanged", MANY), unchanged.output
        assert [(one.method, one.path) for one in proxy.requests] == [("GET", "/connectors?expand=info&expand=status")]

        expected = changed_by_hand(rest, live)
        proxy.forget()
        plan = playbooks.run("plan", fail_on_difference=True)
        assert (plan.status, plan.outcome) == (2, "different"), plan.output
        assert plan.actions == expected
        assert proxy.count(WRITES) == 0
        assert '-  topic: "other"' in plan.output
        assert "500 connectors: 5 to create, 20 to update, 5 to change the run state of, 470 unchanged" in plan.output
        # The list, the own configuration of each that differs, and what the plugin declares.
        assert proxy.count() == 1 + 30 + 1

        applied = playbooks.run("apply", "--diff")
        assert (applied.status, applied.outcome, applied.actions) == (0, "different", expected), applied.output
        assert applied.predicted == plan.predicted
        assert (plan.diff.count("(wanted)"), plan.connectors["c-005"]["changed_keys"]) == (30, ["topic"])
        assert proxy.count(WRITES) == 30
        shown = rest.get("/connectors?expand=info&expand=status").json()
        assert {name: one["info"]["config"] for name, one in shown.items()} == live
        assert {one["status"]["connector"]["state"] for one in shown.values()} == {"STOPPED"}
        again = playbooks.run("plan")
        assert (again.status, again.outcome) == (0, "unchanged"), again.output

        an_interrupted_run_is_finished_by_the_next(playbooks, rest, proxy, live)


def an_interrupted_run_is_finished_by_the_next(playbooks: Playbooks, rest: Rest, proxy: FaultProxy, live: dict[str, dict[str, str]]) -> None:
    """Ctrl-C in the middle, and a Connect that goes away in the middle."""
    folder = playbooks.folder / "connectors"
    names = sorted(live)[:60]
    for topic, interrupt in (("after.ctrl-c", True), ("after.outage", False)):
        before = {name: rest.config(name) for name in names}
        after = {name: {**live[name], "topic": topic} for name in names}
        write(folder / "all.yaml", (connector(name, {**config_of(int(name[2:])), "topic": topic}) for name in names))
        proxy.forget()
        # The last of them take so long that the run is ended before.
        proxy.add(Rule("PUT", r"/connectors/c-0[345]\d/config", Hold(2.0)))
        process = subprocess.Popen(
            playbooks.command("apply"),
            env=playbooks.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        wait_until(lambda: proxy.count("PUT") >= 10, timeout=60, what="ten are written")
        if interrupt:
            os.killpg(process.pid, signal.SIGINT)
        else:
            proxy.refuse()
        output, _ = process.communicate(timeout=100)
        assert process.returncode != 0, output
        reason = "NotFinished" if interrupt else "ConnectUnreachable"
        assert (playbooks.last_report()["outcome"], playbooks.last_report()["error"]["reason"]) == ("failed", reason)
        if not interrupt:
            proxy.listen()
        proxy.clear()
        _no_more_writes(proxy)
        found = {name: rest.config(name) for name in names}
        assert all(found[name] in (before[name], after[name]) for name in names)
        assert found != after
        finished = playbooks.run("apply")
        assert finished.status == 0, finished.output
        assert {name: rest.config(name) for name in names} == after


def _no_more_writes(proxy: FaultProxy) -> None:
    """Until what was under way has come to its end."""
    wait_until(lambda: all(request.ended for request in proxy.requests), timeout=100, what="all requests have ended")
    time.sleep(0.1)


def test_a_report_is_never_that_of_another_run(playbooks: Playbooks, tmp_path: Path) -> None:
    """Whatever keeps the module from its end, or from its beginning."""
    listed = write(playbooks.folder / "set.yaml", [connector("a", {"file": "/x", "topic": "t"})])
    (tmp_path / "without").mkdir()
    (tmp_path / "without" / "sitecustomize.py").write_text("import sys\n\nsys.modules['requests'] = None\n", encoding="utf-8")
    cases: tuple[tuple[dict[str, str], dict[str, Any], str], ...] = (
        ({}, {"unresolved": "perhaps"}, "perhaps"),
        ({}, {"connections": ["none"]}, "connections"),
        ({"PYTHONPATH": str(tmp_path / "without")}, {}, "requests"),
    )
    for env, given, word in cases:
        (playbooks.folder / "report.json").write_text('{"outcome": "unchanged"}', encoding="utf-8")
        run = playbooks.run("plan", env=env, fresh=False, manifests=str(listed), **given)
        assert (run.status, run.outcome, run.report["error"]["reason"], run.report["check"]) == (2, "failed", "NotFinished", True), run.output
        assert word in run.output
    unwritable = playbooks.run("plan", manifests=str(listed), report=str(tmp_path))
    assert unwritable.status == 2
    assert f"report: {tmp_path} cannot be written" in " ".join(unwritable.output.split())


# As in the examples of Strimzi (packaging/examples/connect/source-connector.yaml), with all that its KafkaConnector can say.
STRIMZI = """
apiVersion: kafka.strimzi.io/{api_version}
kind: KafkaConnector
metadata:
  name: my-source-connector
  labels:
    strimzi.io/cluster: my-connect-cluster
  annotations:
    strimzi.io/restart: "true"
    strimzi.io/restart-task: "0"
    strimzi.io/connector-offsets: list
spec:
  class: org.apache.kafka.connect.file.FileStreamSourceConnector
  version: "{plugin_version}"
  tasksMax: 2
  autoRestart:
    enabled: true
    maxRestarts: 10
  pause: {pause}
  listOffsets:
    toConfigMap:
      name: offsets
  alterOffsets:
    fromConfigMap:
      name: offsets
  config:
    file: "/opt/kafka/LICENSE"
    topic: my-topic
---
apiVersion: kafka.strimzi.io/{api_version}
kind: KafkaConnect
metadata:
  name: my-connect-cluster
spec: {{}}
"""
NOT_APPLIED = [
    "spec.autoRestart is not applied here",
    "spec.listOffsets is not applied here",
    "spec.alterOffsets is not applied here",
    "the annotation strimzi.io/restart is not carried out",
    "the annotation strimzi.io/restart-task is not carried out",
    "the annotation strimzi.io/connector-offsets is not carried out",
]


def samples(url: str) -> Iterator[str]:
    """The samples of this project, but at this Connect."""
    address = urlsplit(url)
    for file in sorted((paths.ROOT / "config" / "samples").glob("external_*.yaml")):
        text = file.read_text(encoding="utf-8")
        yield text.replace("my-connect-cluster-connect-api.kafka", str(address.hostname)).replace("'8083'", f"'{address.port}'")


@pytest.mark.timeout(300)
def test_manifests_of_every_origin(playbooks: Playbooks, rest: Rest) -> None:
    folder = playbooks.folder
    for number, text in enumerate(samples(rest.url)):
        (folder / f"sample-{number}.yaml").write_text(text, encoding="utf-8")
    (version,) = {one["version"] for one in rest.get("/connector-plugins").json() if one["class"] == SOURCE}
    said = {"plugin_version": f"[{version},{version}]", "pause": "false"}
    (folder / "strimzi.yaml").write_text(STRIMZI.format(api_version="v1beta2", **said), encoding="utf-8")
    (folder / "rest.json").write_text(
        '{"name": "orders->sink", "config": {"connector.class": "FileStreamSink", "topics": "orders", "file": "/dev/null"}}'
    )
    given: dict[str, Any] = {
        "manifests": "sample-*.yaml,strimzi.yaml,rest.json",
        "connections": {"kafkaconnectcluster-sample": {"url": rest.url}, "my-connect-cluster": {"url": rest.url}},
    }
    planned = {"kafkaconnector-plan-sample"}
    names = {"kafkaconnector-file-source-sample", "kafkaconnector-referring-sample", "my-source-connector", "orders->sink"}

    plan = playbooks.run("plan", **given)
    assert (plan.status, plan.actions) == (0, {name: ["create"] for name in names | planned}), plan.output
    assert plan.report["ignored"] == {"KafkaConnect": 1}
    assert plan.connectors["my-source-connector"]["notes"] == NOT_APPLIED
    assert {f"{note} (1 connector)" for note in NOT_APPLIED} < set(plan.report["notes"])
    assert rest.get("/connectors").json() == []

    (folder / "hosts").write_text("[elsewhere]\nexample.com\n", encoding="utf-8")
    playbooks.inventory = str(folder / "hosts")
    applied = playbooks.run("apply", **given)
    assert (applied.status, applied.actions) == (0, plan.actions), applied.output
    assert set(rest.get("/connectors").json()) == names
    assert rest.config("my-source-connector") == {
        "name": "my-source-connector",
        "connector.class": SOURCE,
        "connector.plugin.version": said["plugin_version"],
        "tasks.max": "2",
        "file": "/opt/kafka/LICENSE",
        "topic": "my-topic",
    }
    # What is only planned stays a difference.
    for file in folder.glob("sample-*.yaml"):
        if "mode: Plan" in file.read_text(encoding="utf-8"):
            file.unlink()
    again = playbooks.run("plan", **given)
    assert again.outcome == "unchanged", again.output

    (folder / "strimzi.yaml").write_text(STRIMZI.format(api_version="v1", **{**said, "pause": "true"}), encoding="utf-8")
    paused = playbooks.run("plan", stdin=(folder / "strimzi.yaml").read_text(), **{**given, "manifests": ["-"]})
    assert (paused.status, paused.actions) == (0, {"my-source-connector": ["pause"]}), paused.output
    assert paused.connectors["my-source-connector"]["source"].startswith("standard input:")
    assert paused.connectors["my-source-connector"]["notes"] == NOT_APPLIED

    purged = playbooks.run("plan", **given, purge_pattern="*source*", absent=["orders->gone"])
    assert (purged.status, purged.actions) == (0, {"my-source-connector": ["pause"]}), purged.output
    gone = playbooks.run("apply", **{**given, "manifests": "rest.json"}, purge_pattern="*sample", absent=["my-source-connector"])
    assert gone.actions == {name: ["delete"] for name in names - {"orders->sink"}}, gone.output
    assert rest.get("/connectors").json() == ["orders->sink"]


HELD = """
apiVersion: external.saiello.github.io/v1alpha1
kind: KafkaConnectCluster
metadata: {{name: planned}}
spec: {{url: "{url}", mode: Plan, connectorDefaults: {{tasksMax: 3, config: {{errors.tolerance: all}}}}, policy: {{connectorNames: ["a*"]}}}}
"""


@pytest.mark.timeout(300)
def test_what_is_not_written(playbooks: Playbooks, rest: Rest) -> None:
    file = playbooks.folder / "set.yaml"
    pause = {"annotations": {"external.saiello.github.io/pause-reconciliation": "true"}}
    at_planned = {"connectClusterRef": {"name": "planned"}, "tasksMax": None}
    objects = [
        connector("paused", {"file": "/x", "topic": "t"}, metadata=pause),
        connector("a-planned", {"file": "/x", "topic": "t"}, **at_planned),
        connector("b-refused", {"file": "/x", "topic": "t"}, **at_planned),
        connector("broken", {"file": "/x", "topic": "t", "batch.size": "many"}),
        connector("fine", {"file": "/x", "topic": "t"}),
    ]
    for obj in objects:
        obj["spec"] = {key: value for key, value in obj["spec"].items() if value is not None}
    write(file, [yaml.safe_load(HELD.format(url=rest.url)), *objects])

    plan = playbooks.run("plan", manifests=str(file))
    assert (plan.status, plan.outcome) == (2, "failed"), plan.output
    assert plan.report["counts"]["planned"] == 2
    assert '+  tasks.max: "3"' in plan.output
    assert '+  errors.tolerance: "all"' in plan.output
    assert plan.connectors["b-refused"]["reason"] == "InvalidSpec"
    assert rest.get("/connectors").json() == []

    applied = playbooks.run("apply", manifests=str(file))
    assert (applied.status, applied.outcome) == (2, "failed"), applied.output
    assert rest.get("/connectors").json() == ["fine"]
    assert applied.connectors["broken"]["reason"] == "InvalidConfig"
    assert {name: one["held"] for name, one in applied.connectors.items() if "held" in one}.keys() == {"paused", "a-planned"}
    assert re.search(r"connector paused: create planned and not carried out: reconciliation is paused", " ".join(applied.output.split()))

    base = write(playbooks.folder / "base.yaml", objects)
    write(file, [yaml.safe_load(HELD.format(url=rest.url)), {**objects[0], "spec": {**objects[0]["spec"], "deletionPolicy": "Orphan"}}])
    held = playbooks.run("plan", manifests=str(file))
    assert (held.status, held.outcome) == (0, "different"), held.output
    assert "+++ after: paused (wanted)" in held.diff
    assert '"1 connector: 1 planned only"' in held.output
    assert '"spec.deletionPolicy is not applied here (1 connector)"' in held.output

    write(file, objects[4:])
    gone = playbooks.run("plan", manifests=str(file), base=str(base), fail_on_difference=True)
    assert (gone.status, gone.outcome, gone.report["counts"]["unchanged"]) == (2, "different", 1), gone.output
    message = "1 connector: 1 unchanged; gone from the manifests: default/a-planned, default/b-refused, default/broken"
    assert gone.report["error"] == {"reason": "Drifted", "message": message}
    write(file, [yaml.safe_load(HELD.format(url=rest.url)), *objects])

    nowhere = playbooks.run("plan", manifests=str(file), connect_url="http://127.0.0.1:1")
    assert (nowhere.status, nowhere.outcome) == (2, "failed")
    write(file, objects[4:])
    unreachable = playbooks.run("plan", manifests=str(file), connect_url="http://127.0.0.1:1")
    assert (unreachable.status, unreachable.outcome) == (4, "failed"), unreachable.output

    file.write_text(
        "apiVersion: external.saiello.github.io/v1alpha1\nkind: KafkaConnector\nmetadata: {name: x}\nspec:\n  klass: x\n", encoding="utf-8"
    )
    wrong = playbooks.run("plan", manifests=str(file))
    assert (wrong.status, wrong.outcome) == (2, "failed")
    assert f"{file}:5: spec.klass: there is no such field" in wrong.report["error"]["message"]
    assert "Traceback" not in wrong.output


def test_a_value_of_a_secret_is_nowhere_whatever_it_looks_like(playbooks: Playbooks, rest: Rest, tmp_path: Path) -> None:
    """Nor is what Connect has in its place: it may be what the Secret held before."""
    log = MachineLog(tmp_path)
    values = {"topic": "sesame blue 17", "file": "sesame red 4"}
    create_all(rest, {"a": stored("a", {"topic": "sesame green 3", "file": "sesame red 4", "batch.size": "7"})})
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "login"}, "stringData": values}
    references = {key: {"secretKeyRef": {"name": "login", "key": key}} for key in values}
    objects = [secret, *(connector(name, {"batch.size": 20}, configValueFrom=references) for name in ("a", "b"))]
    listed = write(playbooks.folder / "set.yaml", objects)
    for playbook in ("plan", "apply"):
        run = playbooks.run(playbook, "-vvv", "--diff", manifests=str(listed), env=log.environment)
        assert (run.status, run.actions) == (0, {"a": ["update"], "b": ["create"]}), run.output
        assert all(f"{line}\n" in run.output for line in ("-  topic: (hidden)", "+  topic: (changed)", "+  topic: (hidden)", '-  batch.size: "7"'))
        assert "sesame" not in run.output + str(run.report)
    assert "Invoked with" in log.text
    assert "sesame" not in log.text
    assert [(rest.config(name) or {})["topic"] for name in ("a", "b")] == ["sesame blue 17"] * 2
