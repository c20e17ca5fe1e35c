# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs is written down as manifests, and with these there is nothing to do."""

from __future__ import annotations

import stat
from typing import Any

import pytest
import yaml

from testbed.faults import FaultProxy
from tests.connect.conftest import Ansible, Rest
from tests.connect.playbooks import SOURCE, Playbooks, create_all, delete_all

NAMES = [
    "orders->sink",
    "Ünïcode",
    "A b",
    "with:colon",
    "UPPER",
    "upper",
    "a..b",
    ".hidden",
    "emoji \U0001f600",
    "x" * 240,
    "y",
    "null",
    "1.0",
    "a_b",
    "a-b",
    "a.secret",
    "a",
]
ODD = ["->", " ", ":", "ü", "漢", "\U0001f600", "'", '"', "#", "&", "?", "=", "+", "@", "!", "*", "|", "~", "$", "^", "(", "[", "<", ",", "..", "Ä"]
VALUES = [
    "1.0",
    "true",
    "y",
    "~",
    "",
    " blanks ",
    "two\nlines\n",
    "tab\there",
    'it\'s "quoted"',
    "ümläut \U0001f600 \u2028",
    "\x07 \x85 \x7f",
    "${file:/run/secrets/database.properties:password}",
    "{{ not_a_template }}",
    "- a: b # c",
    "&anchor *alias !tag %",
    "0o17",
    "\\d+\\.$1",
]
COUNT = 100
STATES = ["STOPPED", "RUNNING", "PAUSED"]


def odd(number: int) -> tuple[str, dict[str, str]]:
    name = NAMES[number] if number < len(NAMES) else f"odd{ODD[number % len(ODD)]}name {number // len(ODD)}"
    config = {
        "file": "/dev/null",
        "topic": "t",
        f"odd {number}: key": "x",
        "y": VALUES[number % len(VALUES)],
        "note": VALUES[(number * 7) % len(VALUES)],
    }
    if number % 10 == 0:
        config.update(
            {"database.password": f"planted-{number}", "jdbc.source": f"jdbc://u:planted-{number}@h/db", "odd secret!": f"planted-{number}"}
        )
    return name, {"name": name, "connector.class": SOURCE, "tasks.max": str(1 + number % 3), **config}


def configurations(rest: Rest) -> dict[str, Any]:
    """Of all connectors, by name. What tasks there are changes while these start."""
    return {name: entry["info"]["config"] for name, entry in rest.get("/connectors?expand=info").json().items()}


@pytest.mark.timeout(300)
def test_export_fill_in_plan(ansible: Ansible, rest: Rest) -> None:
    connectors = dict(odd(number) for number in range(COUNT))
    assert len(connectors) == COUNT
    create_all(rest, connectors, {name: STATES[number % 3] for number, name in enumerate(connectors)})
    # What Connect makes of them is what counts.
    before = configurations(rest)
    playbooks = Playbooks(ansible)
    try:
        with FaultProxy(rest.url) as proxy:
            playbooks.given.update(connect_url=proxy.url)
            exported = playbooks.run("export", "-v", destination="out")
            assert exported.status == 0, exported.output
            folder = playbooks.folder / "out"
            assert len(list(folder.glob("*.yaml"))) == COUNT + 10
            texts = "".join(file.read_text(encoding="utf-8") for file in folder.glob("*.yaml"))
            assert "planted" not in texts + exported.output
            assert "${file:/run/secrets/database.properties:password}" in texts

            unfilled = playbooks.run("apply", manifests="out")
            assert (unfilled.status, unfilled.outcome) == (2, "failed")
            message, unresolved = unfilled.report["error"]["message"], unfilled.report["error"]["unresolved"]
            missing = "the Secret orders-sink-secrets that spec.configValueFrom[database.password].secretKeyRef names has no key database.password"
            assert sum(missing in text for text in unresolved) == 1
            # The message names the first of them.
            assert (len(unresolved), sum(text in message for text in unresolved)) == (30, 20)

            given: dict[str, Any] = {"destination": "out", "secret_values": "values.yaml"}
            again = playbooks.run("export", "-v", **given)
            values = playbooks.folder / "values.yaml"
            assert stat.S_IMODE(values.stat().st_mode) == 0o600
            assert ("planted" in again.output, "planted-10" in values.read_text(encoding="utf-8")) == (False, True)
            third = playbooks.run("export", **given)
            assert "changed=0" in third.output

            for playbook in ("plan", "apply"):
                filled = playbooks.run(playbook, "--diff", "-v", manifests=["out", "values.yaml"], fail_on_difference=True)
                assert (filled.status, filled.outcome, filled.report["counts"]["unchanged"]) == (0, "unchanged", COUNT), filled.output
                assert "planted" not in filled.output
            assert proxy.count("POST|PUT|DELETE") == 0
        assert configurations(rest) == before
        objects = [obj for file in folder.glob("*.yaml") for obj in yaml.safe_load_all(file.read_text(encoding="utf-8"))]
        assert {obj["spec"].get("connectorName", obj["metadata"]["name"]) for obj in objects if obj["kind"] == "KafkaConnector"} == set(before)
    finally:
        delete_all(rest)
