# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Offsets, altered and reset; each in check mode first, and each twice."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from testbed.process import wait_until
from tests.connect.conftest import Ansible, Played, Rest, task

# Many tasks of Ansible, on a machine that may have much else to do.
pytestmark = pytest.mark.timeout(300)

NAME = "far->lines"
SINK = {"kafka_topic": "far.lines", "kafka_partition": 0}


def connector(config: Mapping[str, Any], state: str, kind: str = "Source") -> dict[str, Any]:
    options = {"name": NAME, "connector_class": f"FileStream{kind}", "tasks_max": 1, "run_state": state, "config": dict(config)}
    return task("connector", options)


def offsets(**options: Any) -> list[dict[str, Any]]:
    """In check mode, done, and both again."""
    return [task("connector_offsets", {"name": NAME, **options}, check_mode=check, diff=True) for check in (True, False, True, False)]


def stored(rest: Rest, name: str = NAME) -> list[Any]:
    return list(rest.get(f"/connectors/{name.replace('>', '%3E')}/offsets").json()["offsets"])


def agree(played: list[Played], *, failed: bool = False) -> Played:
    """Check mode told the truth, and the second time there was nothing to do; the one that did it."""
    predicted, done, again_checked, again = played
    assert (predicted.result["changed"], done.result["changed"], done.failed) == (True, True, failed), done.result
    assert predicted.result["diff"] == done.result["diff"]
    assert "warnings" not in predicted.result
    for one in (again_checked, again):
        assert (one.result["changed"], one.failed, "diff" in one.result) == (False, False, False)
        assert one.result["offsets"] == done.result["offsets"]
    return done


def test_of_a_source(ansible: Ansible, rest: Rest, tmp_path: Path) -> None:
    file = tmp_path / "lines"
    file.write_text("one\ntwo\nthree\n", encoding="utf-8")
    config = {"file": str(file), "topic": "far.lines"}
    row = {"partition": {"filename": str(file)}, "offset": {"position": 14}}
    ansible.plays(connector(config, "running"))
    wait_until(lambda: stored(rest) == [row], timeout=120, what="the offset is kept")
    back = {**row, "offset": {"position": 4}}
    told, unstopped_checked, unstopped, _, *altered = ansible.plays(
        task("connector_offsets_info", {"name": NAME}),
        task("connector_offsets", {"name": NAME, "offsets": [back]}, check_mode=True),
        task("connector_offsets", {"name": NAME, "offsets": [back]}),
        connector(config, "stopped"),
        *offsets(offsets=[back]),
    )
    assert told.result["offsets"] == [row]
    assert (unstopped_checked.failed, unstopped_checked.result["changed"]) == (False, True)
    assert "while it is stopped" in str(unstopped_checked.result["warnings"])
    assert (unstopped.failed, unstopped.result["changed"], unstopped.result["error"]["reason"]) == (True, False, "OffsetsRefused")
    assert unstopped.result["msg"] == f"connector {NAME}: it is RUNNING; its offsets can be changed only while it is stopped"
    done = agree(altered)
    assert done.result["diff"]["before"].endswith('{"position": 14}\n')
    assert done.result["diff"]["after"].endswith('{"position": 4}\n')
    assert done.result["offsets"] == stored(rest) == [back]
    refused, *reset = ansible.plays(
        task("connector_offsets", {"name": NAME, "offsets": [{**row, "offset": {"position": "far"}}]}), *offsets(state="absent")
    )
    assert (refused.failed, refused.result["error"]["reason"]) == (True, "OffsetsRefused")
    assert agree(reset).result["offsets"] == stored(rest) == []


def test_of_a_sink(ansible: Ansible, rest: Rest, tmp_path: Path) -> None:
    lines = tmp_path / "lines"
    lines.write_text("one\ntwo\nthree\n", encoding="utf-8")
    source = task("connector", {"name": "filler", "connector_class": "FileStreamSource", "config": {"file": str(lines), "topic": "far.lines"}})
    config = {"file": str(tmp_path / "out"), "topics": "far.lines"}
    ansible.plays(source, connector(config, "running", "Sink"))
    wait_until(lambda: bool(stored(rest)), timeout=120, what="the offset is kept")
    _, missing, twice, *removed = ansible.plays(
        connector(config, "stopped", "Sink"),
        task("connector_offsets", {"name": NAME, "offsets": [{"partition": {"kafka_topic": "far.lines"}, "offset": {"kafka_offset": 1}}]}),
        task("connector_offsets", {"name": NAME, "offsets": [{"partition": SINK}, {"partition": {**SINK, "kafka_partition": "0"}}]}),
        *offsets(offsets=[{"partition": SINK}]),
    )
    assert missing.result["msg"].endswith("a partition of a sink needs the keys kafka_topic and kafka_partition")
    assert twice.result["msg"].endswith("is named twice")
    assert agree(removed).result["offsets"] == stored(rest) == []
    altered = ansible.plays(*offsets(offsets=[{"partition": {**SINK, "kafka_partition": "0"}, "offset": {"kafka_offset": "1"}}]))
    assert agree(altered).result["offsets"] == stored(rest) == [{"partition": SINK, "offset": {"kafka_offset": 1}}]


def test_without_a_connector(ansible: Ansible, rest: Rest) -> None:
    played = ansible.plays(
        task("connector_offsets_info", {"name": "nosuch"}),
        task("connector_offsets", {"name": "nosuch", "state": "absent"}),
        task("connector_offsets", {"name": "nosuch", "state": "absent", "offsets": []}),
        task("connector_offsets", {"name": "nosuch"}),
    )
    assert all(one.failed for one in played)
    assert [one.result.get("error", {}).get("reason") for one in played] == ["ConnectorNotFound", "ConnectorNotFound", "InvalidSpec", None]
