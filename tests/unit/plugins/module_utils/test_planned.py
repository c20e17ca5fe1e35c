# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an object shows of a plan: every key, and a value only where it is certain that it may be seen."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _config
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import (
    KEY_LIMIT,
    KEYS_LIMIT,
    Create,
    Delete,
    Memory,
    Outcome,
    Ownership,
    Reason,
    RunState,
    Switch,
    Update,
    Verdict,
    Wanted,
)
from ansible_collections.saiello.kafka_connect.plugins.module_utils._planned import VALUE_LIMIT, plan_of

PLAIN = {"C": frozenset(("file", "batch", "path", "url")), "D": frozenset(("batch", "other"))}
BASE = {"name": "c", "connector.class": "C"}


def planned(*actions: Any, ownership: Ownership = Ownership.CREATED, hidden: frozenset[str] = frozenset()) -> dict[str, Any]:
    wanted = Wanted("ns/c", "c", memory=Memory(ownership), referenced_keys=hidden, ignored_keys=("cloud.*",))
    return plan_of(Outcome(wanted, Verdict(Reason.PLAN_ONLY, ""), planned=actions, plain_keys=PLAIN))


def update(before: dict[str, str], after: dict[str, str]) -> Update:
    return Update({**BASE, **after}, _config.difference({**BASE, **before}, {**BASE, **after}), before={**BASE, **before})


def change(before: dict[str, str], after: dict[str, str], **more: Any) -> dict[str, str]:
    [found] = planned(update(before, after), **more)["changes"]
    return dict(found)


def test_nothing_is_planned() -> None:
    assert planned() == {}


def test_an_update_and_a_stop() -> None:
    live, after = {"file": "/a", "batch": "1", "cloud.id": "7", "gone": "x"}, {"file": "/b", "batch": "1", "path": "/p"}
    assert planned(update(live, after), Switch("RUNNING", RunState.STOPPED)) == {
        "actions": ["update", "stop"],
        "class": "C",
        "state": {"before": "running", "after": "stopped"},
        "changes": [
            {"key": "file", "change": "changed", "before": "/a", "after": "/b"},
            {"key": "gone", "change": "removed"},
            {"key": "path", "change": "added", "after": "/p"},
        ],
    }


def test_a_creation() -> None:
    assert planned(Create({**BASE, "file": "/a", "login": "x"}, RunState.PAUSED), ownership=Ownership.NONE) == {
        "actions": ["create"],
        "class": "C",
        "state": {"after": "paused"},
        "changes": [
            {"key": "connector.class", "change": "added", "after": "C"},
            {"key": "file", "change": "added", "after": "/a"},
            {"key": "login", "change": "added"},
            {"key": "name", "change": "added", "after": "c"},
        ],
    }


def test_a_deletion_lists_no_keys() -> None:
    assert planned(Delete(before={**BASE, "file": "/a"})) == {"actions": ["delete"]}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"login": "a"}, {"login": "b"}),  # the plugin does not declare it
        ({"url": "a"}, {"url": "b"}),  # it looks like a place for a login
        ({"file": "/a"}, {"file": "${vault:x:y}"}),  # what the worker puts in its place may be what was there
        ({"file": "${vault:x:y}"}, {"file": "/b"}),
        ({"file": "Bearer abc"}, {"file": "/b"}),
        ({"file": "\x00null"}, {"file": "null"}),  # a stored null is no text
        ({"file": "x" * VALUE_LIMIT + "a"}, {"file": "x" * VALUE_LIMIT + "b"}),  # cut, they look the same
    ],
)
def test_values_that_cannot_be_shown_on_both_sides_are_shown_on_none(before: dict[str, str], after: dict[str, str]) -> None:
    [key] = before
    assert change(before, after) == {"key": key, "change": "changed"}


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({"file": "a"}, {"file": "b"}, {"change": "changed"}),
        ({"batch": "a"}, {"batch": "b"}, {"change": "changed", "before": "a", "after": "b"}),
        ({"file": "a"}, {}, {"change": "removed"}),
        ({"other": "a"}, {}, {"change": "removed", "before": "a"}),
        ({}, {"file": "b"}, {"change": "added", "after": "b"}),
        ({}, {"other": "b"}, {"change": "added"}),
    ],
)
def test_each_side_is_judged_by_its_own_class(before: dict[str, str], after: dict[str, str], told: dict[str, str]) -> None:
    rows = planned(update({"connector.class": "D", **before}, after))["changes"]
    [key] = {*before, *after}
    assert {"key": key, **told} in rows


@pytest.mark.parametrize("base", [{"connector.class": "unknown"}, {"connector.class": ""}])
def test_of_a_class_that_nobody_knows_no_value_is_shown(base: dict[str, str]) -> None:
    assert {"key": "file", "change": "changed"} in planned(update({**base, "file": "a"}, {"file": "b"}))["changes"]


def test_what_came_from_a_reference_is_shown_on_no_side() -> None:
    assert change({"file": "/a"}, {"file": "/b"}, hidden=frozenset(("file",))) == {"key": "file", "change": "changed"}


@pytest.mark.parametrize("ownership", [Ownership.NONE, Ownership.CREATING])
@pytest.mark.parametrize("live", [{"file": "/theirs"}, {"file": "/b"}, {}])
def test_nothing_is_told_of_a_connector_that_is_not_ours(ownership: Ownership, live: dict[str, str]) -> None:
    """Not even which values are as they were guessed: of its own keys there is only a number."""
    theirs = {**live, "cloud.id": "7", "gone": "x", "older": "y"}
    assert planned(update(theirs, {"file": "/b", "login": "x"}), Switch("RUNNING", RunState.STOPPED), ownership=ownership) == {
        "actions": ["update", "stop"],
        "class": "C",
        "state": {"after": "stopped"},
        "changes": [
            {"key": "connector.class", "change": "set", "after": "C"},
            {"key": "file", "change": "set", "after": "/b"},
            {"key": "login", "change": "set"},
            {"key": "name", "change": "set", "after": "c"},
        ],
        "removedKeys": 2,
    }
    assert "removedKeys" not in planned(update(live, {"file": "/b"}), ownership=ownership)


def test_much_is_cut() -> None:
    long = "y " * 500
    found = planned(update({}, {"file": long, "k" * 999: "x", **{f"key{number:03}": "x" for number in range(80)}}))
    assert len(found["changes"]) == KEYS_LIMIT
    assert found["moreChanges"] == 82 - KEYS_LIMIT
    assert found["changes"][0]["after"] == long[:VALUE_LIMIT] + "..."
    assert max(len(row["key"]) for row in planned(update({}, {"k" * 999: "x"}))["changes"]) == KEY_LIMIT
