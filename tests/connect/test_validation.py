# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Validation: what is wrong with which field, and not a value of it."""

from __future__ import annotations

from typing import Any

import pytest

from testbed.connect import ConnectCluster
from tests.connect.conftest import Ansible, Rest, task

# Many tasks of Ansible, on a machine that may have much else to do.
pytestmark = pytest.mark.timeout(300)


def validated(config: dict[str, Any], connector_class: str = "FileStreamSource", **more: Any) -> dict[str, Any]:
    return task("connector_validation_info", {"connector_class": connector_class, "config": config, **more}, diff=True)


def test_of_configurations(ansible: Ansible, rest: Rest, connect: ConnectCluster) -> None:
    setting = connect.secrets / "validation.properties"
    setting.write_text("size=sesame-1\n", encoding="utf-8")
    wrong = {"batch.size": f"${{file:{setting}:size}}", "errors.tolerance": "sesame-2", "fiel": "sesame-3", "value.converter.x": "y"}
    valid, invalid, sink, missing, nested, reserved, few = ansible.plays(
        validated({"file": "/nowhere", "topic": "lines", "transforms": "x", "transforms.x.type": "RegexRouter"} | REPLACEMENT),
        validated(wrong),
        validated({"file": "/nowhere"}, "org.apache.kafka.connect.file.FileStreamSinkConnector"),
        validated({}, "org.example.Missing"),
        validated({"a.map": {"x": 1}}),
        validated({"tasks.max": 2}),
        validated({"topic": "lines"}, tasks_max=0),
        verbose="-vvv",
    )
    assert (valid.result["valid"], valid.result["errors"], valid.result["undeclared_keys"]) == (True, [], [])
    assert not invalid.result["valid"]
    assert not invalid.failed
    assert invalid.result["errors"] == [
        {"field": "batch.size", "message": "must be a number of type INT"},
        {"field": "errors.tolerance", "message": "must be one of the values that the plugin allows"},
        {"field": "topic", "message": "is required"},
    ]
    assert invalid.result["undeclared_keys"] == ["fiel"]
    assert [error["field"] for error in sink.result["errors"]] == ["topics", "topics.regex"]
    assert (missing.failed, missing.result["error"]["reason"]) == (True, "PluginNotFound")
    assert [one.result["error"]["reason"] for one in (nested, reserved, few)] == ["InvalidSpec"] * 3
    assert "sesame" not in invalid.output.replace(str(setting), "")
    assert rest.get("/connectors").json() == []


REPLACEMENT = {"transforms.x.regex": "a", "transforms.x.replacement": "b"}
