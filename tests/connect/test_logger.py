# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Levels of loggers; each in check mode first, and each twice."""

from __future__ import annotations

from typing import Any

import pytest

from tests.connect.conftest import Ansible, Rest, task

# Many tasks of Ansible, on a machine that may have much else to do.
pytestmark = pytest.mark.timeout(300)

KNOWN, FRESH = "org.apache.kafka.connect.runtime.Worker", "org.example.Fresh"


def level(rest: Rest, logger: str) -> str | None:
    found: str | None = rest.get(f"/admin/loggers/{logger}").json().get("level")
    return found


def steps(**options: Any) -> list[dict[str, Any]]:
    return [task("logger", options, check_mode=check, diff=True) for check in (True, False, True, False)]


def test_the_steps(ansible: Ansible, rest: Rest) -> None:
    before = level(rest, KNOWN)
    changes: tuple[tuple[dict[str, Any], str | None], ...] = (
        ({"name": KNOWN, "level": "DEBUG"}, before),
        ({"name": KNOWN, "level": "TRACE", "scope": "cluster"}, "DEBUG"),
        ({"name": KNOWN, "level": before}, "TRACE"),
        ({"name": FRESH, "level": "ERROR"}, None),
    )
    played = ansible.plays(*(step for options, _ in changes for step in steps(**options)))
    for number, (options, previous) in enumerate(changes):
        predicted, done, again_checked, again = played[number * 4 : number * 4 + 4]
        assert (predicted.result["changed"], done.result["changed"]) == (True, True)
        assert predicted.result["diff"] == done.result["diff"]
        assert predicted.result["level"] == predicted.result["previous_level"] == done.result["previous_level"] == (previous or "")
        assert done.result["level"] == options["level"]
        assert done.result["diff"]["after"] == f"level: {options['level']}\n"
        for one in (again_checked, again):
            assert (one.result["changed"], one.result["level"], "diff" in one.result) == (False, options["level"], False)
    assert (level(rest, KNOWN), level(rest, FRESH)) == (before, "ERROR")


def test_what_is_refused(ansible: Ansible) -> None:
    played = ansible.plays(task("logger", {"name": "a/b", "level": "INFO"}), task("logger", {"name": KNOWN, "level": "LOUD"}))
    assert [one.failed for one in played] == [True, True]
    assert played[0].result["error"]["reason"] == "InvalidSpec"
