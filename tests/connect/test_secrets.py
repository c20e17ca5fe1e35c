# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""No secret gets out: not by what is printed at -vvv and with diffs, nor by the syslog, nor by the report; from wherever it came."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.connect.conftest import Ansible, Rest, task
from tests.connect.playbooks import SOURCE, Playbooks, Run, connector, create_all, delete_all, write

# Many runs of Ansible, on a machine that may have much else to do.
pytestmark = pytest.mark.timeout(600)

SPY = "import syslog\n\ndef spy(*texts):\n    with open({target!r}, 'a') as file:\n        file.write(repr(texts))\n\nsyslog.syslog = spy\n"
# Every secret of these tests begins so; one that is a number holds the digits.
PLANTED, DIGITS = "planted", "74717471"
PLAIN = {"file": "/x", "topic": "t"}


@dataclass
class Watched:
    """Runs at -vvv and with diffs, all that they said kept."""

    playbooks: Playbooks
    syslog: Path
    env: dict[str, str]
    said: list[str] = field(default_factory=list)

    def run(self, playbook: str, *, env: dict[str, str] | None = None, **given: Any) -> Run:
        run = self.playbooks.run(playbook, "-vvv", "--diff", env={**self.env, **(env or {})}, **given)
        self.said += [run.output, json.dumps(run.report)]
        return run

    def check(self) -> None:
        """Nothing of what was planted has been said."""
        logged = self.syslog.read_text(encoding="utf-8")
        assert "connectors" in logged
        for text in (*self.said, logged):
            for planted in (PLANTED, DIGITS):
                at = text.find(planted)
                assert at < 0, text[max(0, at - 300) : at + 300]


@pytest.fixture
def watched(ansible: Ansible, rest: Rest, tmp_path: Path) -> Iterator[Watched]:
    target = tmp_path / "syslog.txt"
    (tmp_path / "sitecustomize.py").write_text(SPY.format(target=str(target)), encoding="utf-8")
    watched = Watched(Playbooks(ansible, {"connect_url": ansible.url}), target, {"PYTHONPATH": str(tmp_path)})
    yield watched
    delete_all(rest)
    watched.check()


def secret(name: str, value: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": {"password": value}}


def referring(name: str, *secrets: str, **config: Any) -> dict[str, Any]:
    sources = {f"of.{one}": {"secretKeyRef": {"name": one, "key": "password"}} for one in secrets}
    return connector(name, {**PLAIN, **config}, configValueFrom=sources)


def test_of_what_is_changed(watched: Watched, rest: Rest) -> None:
    """In manifests, in Secrets, in variables, in the environment, and on Connect: as they are created, changed and removed."""
    live = {"connector.class": SOURCE, "tasks.max": "1", **PLAIN, "of.manifest": "planted-live", "old.password": "planted-live-only"}
    create_all(rest, {name: {"name": name, **live} for name in ("a", "b")})
    objects = [
        secret("manifest", "planted-in-manifest"),
        *(referring(name, "manifest", "given", **{"in.password": "planted-typed"}) for name in "abc"),
    ]
    listed = str(write(watched.playbooks.folder / "set.yaml", objects))
    elsewhere = {"url": rest.url, "url_username": "u", "url_password": "planted-url", "headers": {"X-Token": "planted-header"}}
    expected = {"a": ["update"], "b": ["update"], "c": ["create"]}
    given: dict[str, Any] = {"manifests": listed, "connections": {"other": elsewhere}, "references": {"given": {"password": "planted-in-variable"}}}
    for playbook in ("plan", "apply"):
        run = watched.run(playbook, env={"KAFKA_CONNECT_TOKEN": "planted-token"}, **given)
        assert (run.status, run.actions) == (0, expected), run.output
        assert run.diff.count("(changed)") == 2
        assert "old.password: (hidden)" in run.diff
    of_environment = {"KAFKA_CONNECT_REFERENCES": json.dumps({"given": {"password": "planted-in-environment"}})}
    of_environment.update({"KAFKA_CONNECT_URL_USERNAME": "u", "KAFKA_CONNECT_URL_PASSWORD": "planted-url-too"})
    for playbook in ("plan", "apply"):
        run = watched.run(playbook, env=of_environment, manifests=listed)
        assert (run.status, run.actions) == (0, {name: ["update"] for name in "abc"}), run.output
    assert (rest.config("c") or {})["of.given"] == "planted-in-environment"


def test_of_what_is_exported(watched: Watched, rest: Rest) -> None:
    live = {"connector.class": SOURCE, **PLAIN, "my.password": "planted-1", "jdbc": "jdbc://u:planted-2@h/db"}
    create_all(rest, {"a": {"name": "a", **live}})
    folder = watched.playbooks.folder / "out"
    # Somebody has typed it in.
    write(folder / "a.yaml", [connector("a", {**PLAIN, "my.password": "planted-3", "jdbc": "jdbc://u:planted-4@h/db"})])
    run = watched.run("export", destination=str(folder), secret_values=str(watched.playbooks.folder / "values.yaml"))
    assert run.status == 0, run.output
    assert 'my.password: "(hidden)"' in run.output
    assert PLANTED in (watched.playbooks.folder / "values.yaml").read_text(encoding="utf-8")
    (folder / "a.secret.yaml").unlink()
    watched.said.append("".join(file.read_text(encoding="utf-8") for file in folder.iterdir()))
    # For the syslog.
    watched.run("plan", manifests=[str(folder), str(watched.playbooks.folder / "values.yaml")])


def test_of_what_fails(watched: Watched, rest: Rest) -> None:
    folder = watched.playbooks.folder
    wrong = referring("a", "manifest", **{"batch.size": "no-number", "in.password": "planted-typed"})
    refused = str(write(folder / "refused.yaml", [secret("manifest", "planted-in-manifest"), wrong]))
    (folder / "broken.yaml").write_text("kind: Secret\nstringData: {password: [planted-broken\n", encoding="utf-8")
    text = yaml.safe_dump(connector("a", PLAIN))
    (folder / "tab.yaml").write_text(f"{text}\n    my.password: planted-tab\n\t x: planted-tab\n", encoding="utf-8")
    (folder / "twice.json").write_text('{"name": "a", "config": {"my.password": "planted-a", "my.password": "planted-b"}}', encoding="utf-8")
    nested = str(write(folder / "nested.yaml", [connector("a", {**PLAIN, "my.password": {"x": "planted-nested"}})]))
    unknown = str(write(folder / "unknown.yaml", [{**connector("a", PLAIN), "password": "planted-unknown"}]))
    undecodable = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}, "data": {"password": "planted no base64"}}
    data = str(write(folder / "data.yaml", [undecodable, referring("a", "x")]))
    fine = str(write(folder / "fine.yaml", [connector("a", PLAIN)]))
    runs: tuple[tuple[str, str, dict[str, str]], ...] = (
        ("apply", refused, {}),
        ("plan", str(folder / "broken.yaml"), {}),
        ("plan", fine, {"KAFKA_CONNECT_REFERENCES": "{planted-references"}),
        ("plan", fine, {"KAFKA_CONNECT_HEADERS": "planted-headers"}),
        ("plan", fine, {"KAFKA_CONNECT_TOKEN": "planted\ntoken"}),
    )
    for playbook, manifests, env in runs:
        run = watched.run(playbook, env=env, manifests=manifests)
        assert (run.status, run.outcome) == (2, "failed"), run.output
        assert "Traceback" not in run.output
    other = {"url": rest.url}
    wrong_options: tuple[dict[str, Any], ...] = (
        *({"manifests": [str(folder / name)]} for name in ("tab.yaml", "twice.json", nested, unknown, data)),
        {"references": {"x": {"password": int(DIGITS)}}},
        {"references": ["planted-references"]},
        {"connections": "planted-connections"},
        {"connections": {"x": {**other, "timeout": "planted-timeout"}}},
        {"connections": {"x": {**other, "headers": "planted-headers"}}},
        {"connections": {"x": {**other, "token": ["planted-token"], "url_username": "u"}}},
        {"token": "planted-token", "url_username": "u"},
    )
    reports = [folder / f"report-{number}.json" for number in range(len(wrong_options))]
    tasks = [task("connectors", {"report": str(report), **one}, diff=True) for report, one in zip(reports, wrong_options, strict=True)]
    played = watched.playbooks.ansible.plays(*tasks, verbose="-vvv", env=watched.env)
    watched.said += [played[0].output, json.dumps([one.result for one in played]), *(report.read_text(encoding="utf-8") for report in reports)]
    assert [one.failed for one in played] == [True] * len(played)
    assert "Traceback" not in played[0].output
    assert rest.config("a") is None


def test_of_a_list(watched: Watched, rest: Rest) -> None:
    create_all(rest, {"a": {"name": "a", "connector.class": SOURCE, **PLAIN, "my.password": "planted-live", "old.password": "planted-live-only"}})
    good = {"name": "a", "connector_class": SOURCE, "config": {**PLAIN, "my.password": "planted-wanted", "other": "x"}}
    broken = {"name": "b", "connector_class": SOURCE, "config": {**PLAIN, "batch.size": "no-number", "my.password": "planted-wanted"}}
    nested = {"name": "b", "connector_class": SOURCE, "config": {"my.password": {"x": "planted-nested"}}}
    ways = (
        {"connectors": [good], "token": "planted-token"},
        {"connectors": [broken]},
        {"connectors": [nested]},
        {"connectors": [{**good, "config": "planted-text"}]},
    )
    played = watched.playbooks.ansible.plays(
        *(task("connectors", way, check_mode=check, diff=True) for way in ways for check in (True, False)), verbose="-vvv", env=watched.env
    )
    watched.said += [played[0].output, json.dumps([one.result for one in played])]
    assert [one.failed for one in played] == [False, False, False, True, True, True, True, True]
    assert (rest.config("a") or {})["my.password"] == "planted-wanted"
