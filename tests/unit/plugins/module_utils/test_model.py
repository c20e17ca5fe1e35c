# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connector names: what the engine refuses, and that the CRD refuses the same."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import (
    NAME_LIMIT,
    Action,
    Create,
    Delete,
    Difference,
    RunState,
    Switch,
    Update,
    name_problem,
)
from hypothesis import given
from hypothesis import strategies as st

GOOD = [
    "a",
    "orders->sink",
    "a b",
    "a?b#c",
    "+:@&=$'~!()*,",
    "a|b",
    "[x]",
    'a"b',
    "<a>",
    "a..b",
    "...",
    "Ünïcode-é",
    "\U0001f600",
    "\u00a0a\u00a0",
    "x" * 249,
    "\U0001f600" * 249,
]
BAD = ["", ".", "..", " a", "a ", " ", "a/b", "a\\b", "a%20b", "a;b", "{a", "a}", "a\tb", "a\nb", "\x00", "a\x7f", "a\x9f", "x" * 250]


CRD = yaml.safe_load((Path(__file__).parents[4] / "config/crd/bases/external.saiello.github.io_kafkaconnectors.yaml").read_text(encoding="utf-8"))
SCHEMA: dict[str, Any] = CRD["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["connectorName"]


def crd_accepts(name: str) -> bool:
    """The rules of the CRD, carried out here. A rule that is not known fails the test."""
    known: dict[str, Callable[[str], bool]] = {
        '!self.startsWith(" ") && !self.endsWith(" ")': lambda text: not text.startswith(" ") and not text.endswith(" "),
        'self != "." && self != ".."': lambda text: text not in (".", ".."),
    }
    verdicts = [SCHEMA["minLength"] <= len(name) <= SCHEMA["maxLength"]]
    for one in SCHEMA["x-kubernetes-validations"]:
        pattern = re.fullmatch(r'!self\.matches\(r"(.+)"\)', one["rule"])
        verdicts.append(not re.search(pattern.group(1), name) if pattern else known[one["rule"]](name))
    return all(verdicts)


@pytest.mark.parametrize("name", GOOD)
def test_names_that_connect_can_address(name: str) -> None:
    assert name_problem(name) is None
    assert crd_accepts(name)


@pytest.mark.parametrize("name", BAD)
def test_names_that_connect_cannot_address(name: str) -> None:
    problem = name_problem(name)
    assert problem is not None
    assert problem.isprintable()
    assert not crd_accepts(name)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=260) | st.text("./\\%;{} a\t\x85\u00a0\u2003", max_size=6))
def test_engine_and_crd_agree_on_every_name(name: str) -> None:
    assert crd_accepts(name) is (name_problem(name) is None)


def test_a_name_that_is_no_text_is_refused() -> None:
    assert name_problem("a\ud800") is not None


def test_the_limit_is_that_of_the_crd() -> None:
    assert SCHEMA["maxLength"] == NAME_LIMIT


def test_actions_name_themselves_and_their_keys() -> None:
    update = Update({}, Difference(added=("b",), changed=("a",), removed=("c",)))
    actions: list[Action] = [Create({}, None), update, *(Switch("RUNNING", state) for state in RunState), Delete()]
    assert [action.name for action in actions] == ["create", "update", "resume", "pause", "stop", "delete"]
    assert update.keys == ("a", "b", "c")
