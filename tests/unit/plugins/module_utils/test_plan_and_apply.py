# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is shown as planned is what is done, for any two configurations, and after that there is nothing left to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.saiello.kafka_connect.plugins.module_utils._connect import Connect
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import (
    Adoption,
    DriftPolicy,
    Memory,
    Outcome,
    Ownership,
    Reason,
    RunState,
    Verdict,
    Wanted,
)
from ansible_collections.saiello.kafka_connect.plugins.module_utils._planned import plan_of
from ansible_collections.saiello.kafka_connect.plugins.module_utils._usecase import run_pass
from hypothesis import given
from hypothesis import strategies as st

from .script import Time
from .tiny import InMemory, Tiny

HOLDS = (Verdict(Reason.PLAN_ONLY, "Nothing is written"), Verdict(Reason.DRIFTED, "it is paused"))
IGNORED = ("cloud.*",)
NAME = {"name": "c"}


@dataclass
class Settled(Tiny):
    """Connectors that have arrived in their state at once. One that has failed leaves that for STOPPED only, as on Connect."""

    def _write(self, method: str, parts: list[str], body: dict[str, Any]) -> tuple[int, Any]:
        before = self.states.get(parts[0]) if parts else None
        answer = super()._write(method, parts, body)
        if before == "FAILED" and self.states.get(parts[0]) != "STOPPED":
            self.states[parts[0]] = before
        return answer

    def _status(self, name: str) -> dict[str, Any]:
        state = self.states[name]
        tasks = [] if state == "STOPPED" else [{"id": 0, "state": state}]
        return {"name": name, "connector": {"state": state}, "tasks": tasks, "type": "sink"}


keys = st.sampled_from(["file", "login", "batch", "cloud.id", "cloud.name", "key->value"]) | st.text(min_size=1, max_size=5).filter(
    lambda text: text not in ("name", "connector.class")
)
values = st.sampled_from(["", "1", "2"]) | st.text(max_size=5)
configs = st.dictionaries(keys, values, max_size=6).map(lambda found: {**found, "connector.class": "C", **NAME})
states = st.sampled_from(RunState)
live_states = st.sampled_from([*(state.name for state in RunState), "FAILED"])


@st.composite
def wanted(draw: st.DrawFn) -> Wanted:
    state = draw(states)
    memory = Memory(draw(st.sampled_from(Ownership)), observed=draw(st.booleans()), synced_state=draw(st.none() | states))
    return Wanted(
        "ns/c",
        "c",
        draw(configs),
        state,
        adoption=draw(st.sampled_from([Adoption.IF_IDENTICAL, Adoption.ALWAYS])),
        memory=memory,
        hold=draw(st.sampled_from(HOLDS)),
        ignored_keys=IGNORED,
        drift=draw(st.sampled_from(DriftPolicy)),
    )


def a_pass(tiny: Tiny, one: Wanted, *, check: bool = False) -> Outcome:
    clock = Time().clock
    [outcome] = run_pass(Connect("http://c:8083", tiny, clock), [one], InMemory(), clock, check).outcomes
    return outcome


def foretold(live: Mapping[str, str] | None, plan: Mapping[str, Any], wanted: Mapping[str, str]) -> dict[str, str] | None:
    """The configuration that the plan leads to. The spec is looked at only for a value that the plan does not show."""
    if live is None and "create" not in plan.get("actions", ()):
        return None
    found = dict(live or {})
    if any(row["change"] == "set" for row in plan.get("changes", ())):
        # Of a connector that is not ours only the number of keys is told that it has beside those of the spec.
        extra = [key for key in found if key not in wanted and not key.startswith("cloud.")]
        assert plan.get("removedKeys", 0) == len(extra)
        for key in extra:
            del found[key]
    for row in plan.get("changes", ()):
        if row["change"] == "removed":
            del found[row["key"]]
        else:
            found[row["key"]] = row.get("after", wanted[row["key"]])
    return found


@given(one=wanted(), live=st.none() | configs, state=live_states, same=st.booleans())
def test_what_is_planned_is_what_is_done(one: Wanted, live: dict[str, str] | None, state: str, same: bool) -> None:
    tiny = Settled()
    if live is not None:
        tiny.configs["c"], tiny.states["c"] = dict(one.config) if same else live, state
    before, before_state = dict(tiny.configs.get("c", {})) if "c" in tiny.configs else None, tiny.states.get("c")

    planned = a_pass(tiny, one)
    assert tiny.writes == []
    assert (tiny.configs.get("c"), tiny.states.get("c")) == (before, before_state)
    plan = plan_of(planned)
    checked = a_pass(tiny, one, check=True)
    assert (checked.actions, checked.planned) == ((), planned.planned), "what is held is no change of a playbook either"
    seen = replace(one, memory=replace(one.memory, observed=True))
    assert a_pass(tiny, seen).planned == planned.planned, "it is planned for as long as it is held"

    free = replace(one, hold=None)
    predicted = a_pass(tiny, free, check=True)
    assert predicted.actions == planned.planned
    done = a_pass(tiny, free)
    assert done.actions == planned.planned
    assert [write.action for write in done.writes] == plan.get("actions", [])
    rows = plan.get("changes", ())
    listed = sorted(row["key"] for row in rows)
    updated = [key for write in done.writes if write.action == "update" for key in write.keys]
    if any(row["change"] == "set" for row in rows):
        assert listed == sorted(one.config)
        assert {key for key in updated if key in one.config} <= set(listed)
    else:
        assert updated == (listed if "update" in plan.get("actions", ()) else [])
    after = tiny.configs.get("c")
    if before is not None and after is not None:
        kept = {key: value for key, value in before.items() if key.startswith("cloud.") and key not in one.config}
        after = {**after, **(kept if listed else {})}
    assert after == foretold(before, plan, one.config)
    reached = plan.get("state", {}).get("after", before_state and before_state.lower())
    if before_state == "FAILED" and reached != RunState.STOPPED.value:
        reached = "failed"
    assert (tiny.states.get("c") or "").lower() == (reached or "")

    # Whoever looks again remembers what came of it, and has nothing to do.
    tiny.writes.clear()
    memory = replace(one.memory, ownership=done.ownership, observed=True, verdict=done.verdict, unremoved=done.unremoved)
    memory = replace(memory, synced=True, synced_state=free.state) if done.synced else memory
    again = a_pass(tiny, replace(free, memory=memory))
    assert (tiny.writes, again.actions, again.writes) == ([], (), ())
    assert again.verdict == done.verdict
    held_again = a_pass(tiny, replace(one, memory=memory))
    assert (held_again.planned, plan_of(held_again)) == ((), {})
