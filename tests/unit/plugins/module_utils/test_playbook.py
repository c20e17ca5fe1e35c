# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many connectors in one run of a playbook: what comes of them, and what is told of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _summary
from ansible_collections.saiello.kafka_connect.plugins.module_utils._connect import Connect
from ansible_collections.saiello.kafka_connect.plugins.module_utils._fleet import Entry
from ansible_collections.saiello.kafka_connect.plugins.module_utils._gone import Gone
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import (
    Adoption,
    Create,
    Memory,
    Outcome,
    Reason,
    RunState,
    Verdict,
    Wanted,
)
from ansible_collections.saiello.kafka_connect.plugins.module_utils._playbook import Carried, carry_out_all, problem_of

from .script import Time
from .tiny import Tiny

NAMES = [*"abcde"]


def config(name: str, **more: str) -> dict[str, str]:
    return {"name": name, "connector.class": "C", **more}


def wanted(name: str, state: RunState = RunState.STOPPED) -> Wanted:
    return Wanted(name, name, config(name, file="new"), state, adoption=Adoption.ALWAYS, memory=Memory(observed=True))


def slow(tiny: Tiny, time: Time, seconds: Callable[[str, str], float]) -> None:
    """From now on each request takes its time, by method and path."""
    real = tiny.answer

    def answer(method: str, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        time.now += seconds(method, path)
        return real(method, path, body)

    tiny.answer = answer  # type: ignore[method-assign]


def run(tiny: Tiny, time: Time, *, check: bool = False) -> Carried:
    return carry_out_all(lambda: Connect("http://c:8083", tiny, time.clock), [wanted(name) for name in NAMES], time.clock, check=check)


@pytest.mark.parametrize("check", [True, False])
def test_a_list_that_takes_all_the_time_is_read_in_slices(check: bool) -> None:
    tiny, time = Tiny({name: config(name) for name in NAMES}), Time()
    slow(tiny, time, lambda method, path: 25.0 if "expand=status" in path else 0.0)
    carried = run(tiny, time, check=check)
    assert [[action.name for action in outcome.actions] for outcome in carried.outcomes] == [["update"]] * len(NAMES)
    assert [problem_of(outcome) for outcome in carried.outcomes] == [None] * len(NAMES)
    assert tiny.configs["a"] == config("a", **({} if check else {"file": "new"}))


@pytest.mark.parametrize("check", [True, False])
def test_who_has_no_time_for_anything_is_told_what_to_do(check: bool) -> None:
    tiny, time = Tiny({name: config(name) for name in NAMES}), Time()
    slow(tiny, time, lambda method, path: 25.0 if "expand" in path else 0.0)
    problems = {problem_of(outcome) for outcome in run(tiny, time, check=check).outcomes}
    text = "Kafka Connect answers so slowly that no time was left for it; ask for fewer connectors at a time"
    assert problems == {Verdict(Reason.CONNECT_TIMEOUT, text)}
    assert tiny.writes == []


def test_what_was_done_in_one_pass_is_told_after_the_next() -> None:
    """The pass is over between two writes."""
    tiny, time = Tiny({"a": config("a")}, {"a": "PAUSED"}), Time()
    first = [41.0]
    slow(tiny, time, lambda method, path: first.pop() if path.endswith("/config") and method == "PUT" and first else 0.0)
    one = wanted("a", RunState.STOPPED)
    (outcome,) = carry_out_all(lambda: Connect("http://c:8083", tiny, time.clock), [one], time.clock, check=False).outcomes
    assert tiny.writes == ["PUT a/config", "PUT a/stop"]
    assert [action.name for action in outcome.actions] == ["update", "stop"]


def told(outcome: Outcome) -> _summary.Told:
    return _summary.told("http://c", Entry(outcome.wanted, "a.yaml:1"), outcome)


class TestSummary:
    FAILED = Verdict(Reason.TASKS_FAILED, "its tasks have failed")

    def test_what_was_written_and_then_failed_has_a_diff(self) -> None:
        one = told(Outcome(wanted("a"), self.FAILED, actions=(Create(config("a"), None),)))
        assert (one.kind, one.changed, one.problem) == ("failed", True, self.FAILED)
        (diff,) = _summary.diffs_of([one], {"http://c": lambda name: frozenset()})
        assert 'connector.class: "C"' in diff["after"]

    def test_what_only_would_be_written_and_fails_has_none(self) -> None:
        refused = Outcome(wanted("a"), Verdict(Reason.INVALID_CONFIG, "no"), planned=(Create(config("a"), None),))
        assert _summary.diffs_of([told(refused)], {"http://c": lambda name: frozenset()}) == []

    @pytest.mark.parametrize(
        ("gone", "text"),
        [
            ((), "1 connector: 1 to update"),
            (("x",), "1 connector: 1 to update; gone from the manifests: ns/x"),
            (("v", "w", "x", "y"), "1 connector: 1 to update; gone from the manifests: ns/v, ns/w, ns/x and 1 more"),
        ],
    )
    def test_a_difference_names_what_is_gone(self, gone: tuple[str, ...], text: str) -> None:
        counts = {**dict.fromkeys(_summary.KINDS, 0), "total": 1, "update": 1}
        everything = [Gone(f"ns/{name}", name, "before.yaml:1", True, "it is deleted") for name in gone]
        assert _summary.difference_of(counts, [*everything, Gone("ns/kept", "kept", "before.yaml:9", False, "it stays")]) == text
