# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether it is still the same Connect that answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _identity
from ansible_collections.saiello.kafka_connect.plugins.module_utils._identity import LEAST_OWNED, UNKNOWN_ID, changed, must_ask, other_cluster
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import (
    ClusterMark,
    ConnectError,
    ConnectorStatus,
    Create,
    Memory,
    Observed,
    Ownership,
    Presence,
    Reason,
    RunState,
    Switch,
    Verdict,
    Wanted,
)
from ansible_collections.saiello.kafka_connect.plugins.module_utils._plan import Plan, make_plan

NOW = 1_000_000.0
A = ClusterMark(recorded="a")
CONFIG = {"name": "c"}
PRESENT = Observed(Presence.PRESENT, CONFIG, ConnectorStatus("RUNNING"))
ABSENT = Observed(Presence.ABSENT)
UNKNOWN = Observed(Presence.UNKNOWN, error=ConnectError(Verdict(Reason.CONNECT_UNREACHABLE, "no")))


def wanted(name: str = "c", mark: ClusterMark | None = A, ownership: Ownership = Ownership.CREATED, **more: Any) -> Wanted:
    return Wanted(f"ns/{name}", name, CONFIG, mark=mark, memory=Memory(ownership, observed=True), **more)


# -- when it is asked


@pytest.mark.parametrize(
    ("one", "observed", "asks"),
    [
        (wanted(), PRESENT, False),
        (wanted(mark=ClusterMark()), PRESENT, True),
        (wanted(mark=ClusterMark(), ownership=Ownership.NONE), PRESENT, True),
        (wanted(mark=ClusterMark(), ownership=Ownership.NONE), replace(PRESENT, config={"name": "c", "x": "theirs"}), False),
        (wanted(), ABSENT, True),
        (wanted(), replace(PRESENT, config={}), True),
        (wanted(), replace(PRESENT, status=ConnectorStatus("PAUSED")), True),
        (wanted(), UNKNOWN, False),
        (wanted(mark=ClusterMark()), UNKNOWN, False),
        (wanted(mark=ClusterMark("a", "a")), PRESENT, True),
        (wanted(absent=True), PRESENT, True),
        (wanted(absent=True), ABSENT, True),
        (wanted(absent=True, ownership=Ownership.NONE), ABSENT, False),
        (wanted(absent=True, kept="adopted"), PRESENT, False),
        (wanted(problem=Verdict(Reason.INVALID_SPEC, "no")), ABSENT, False),
    ],
)
def test_it_is_asked_before_writes_before_an_absence_is_believed_and_until_it_is_known(one: Wanted, observed: Observed, asks: bool) -> None:
    plan = make_plan(one, observed, NOW)
    assert must_ask(one, observed, plan) is asks
    assert not must_ask(replace(one, mark=None), observed, plan), "a playbook minds nothing"


@pytest.mark.parametrize(
    ("plan", "ownership", "forgets"),
    [
        (Plan(released=True), Ownership.CREATED, True),
        (Plan(released=True), Ownership.CREATING, True),
        (Plan(released=True), Ownership.NONE, False),
        (Plan(released=True, orphaned="protected"), Ownership.CREATED, False),
        (Plan(actions=(Create({}, None),)), Ownership.CREATED, False),
        (Plan(actions=(Switch("RUNNING", RunState.PAUSED),)), Ownership.CREATED, False),
    ],
)
def test_what_takes_a_connector_of_ours_for_gone(plan: Plan, ownership: Ownership, forgets: bool) -> None:
    assert _identity.forgets(wanted(ownership=ownership), plan) is forgets


# -- another cluster


@pytest.mark.parametrize(
    ("mark", "live", "other"),
    [
        (ClusterMark(), "b", False),
        (ClusterMark(), "", False),
        (ClusterMark("a"), "a", False),
        (ClusterMark("a"), "", False),
        (ClusterMark("a"), "b", True),
        (ClusterMark("a", "b"), "b", False),
        (ClusterMark("a", "b"), "c", True),
        (ClusterMark("a", "unknown"), "b", True),
    ],
)
def test_another_kafka_cluster_has_to_be_accepted_by_its_id(mark: ClusterMark, live: str, other: bool) -> None:
    verdict = other_cluster(mark, live)
    assert bool(verdict) is other
    assert changed([wanted(mark=mark)], {"c": PRESENT}, live) == ({"ns/c": verdict} if verdict else {})
    if verdict:
        assert verdict.reason is Reason.CONNECT_CLUSTER_CHANGED
        assert verdict.message.endswith(f"set the annotation external.saiello.github.io/accept-cluster to {live}")


# -- many that are gone at once


def several(count: int, **more: Any) -> list[Wanted]:
    return [wanted(f"c{number}", **more) for number in range(count)]


def seen(objects: list[Wanted], missing: int) -> dict[str, Observed]:
    return {one.name: ABSENT if number < missing else PRESENT for number, one in enumerate(objects)}


@pytest.mark.parametrize(
    ("count", "missing", "held"),
    [(4, 4, 0), (5, 2, 0), (5, 3, 3), (5, 5, 5), (6, 3, 0), (6, 4, 4), (100, 50, 0), (100, 51, 51)],
)
def test_more_than_half_of_at_least_five_is_no_accident(count: int, missing: int, held: int) -> None:
    objects = several(count)
    found = changed(objects, seen(objects, missing), "a")
    assert len(found) == held
    assert set(found) == {one.key for one in objects[:held]}
    assert LEAST_OWNED == 5


def test_connectors_that_are_not_ours_or_not_seen_prove_nothing() -> None:
    ours, others = several(4), [replace(one, key=f"ns/{one.name}x", name=f"{one.name}x") for one in several(9, ownership=Ownership.NONE)]
    creating = [replace(one, key=f"ns/{one.name}y", name=f"{one.name}y") for one in several(9, ownership=Ownership.CREATING)]
    objects = [*ours, *others, *creating]
    assert changed(objects, seen(objects, len(objects)), "a") == {}
    ours = several(9)
    assert changed(ours, {**seen(ours, 9), **{f"c{number}": UNKNOWN for number in range(4, 9)}}, "a") == {}


@pytest.mark.parametrize("more", [{"absent": True}, {"problem": Verdict(Reason.INVALID_SPEC, "no")}])
def test_deletions_and_objects_that_cannot_be_are_not_counted(more: dict[str, Any]) -> None:
    there = several(2)
    objects = [*there, *(replace(one, key=f"{one.key}x", name=f"{one.name}x") for one in several(9, **more))]
    assert changed(objects, {one.name: ABSENT for one in objects}, "a") == {}


def test_a_playbook_minds_no_absence() -> None:
    objects = several(9, mark=None)
    assert changed(objects, seen(objects, 9), "a") == {}


@pytest.mark.parametrize(
    ("live", "accepted", "held"),
    [("a", "a", 0), ("a", "b", 5), ("a", "", 5), ("", UNKNOWN_ID, 0), ("", "a", 5)],
)
def test_a_mass_absence_is_accepted_like_another_cluster(live: str, accepted: str, held: int) -> None:
    objects = several(5, mark=ClusterMark("a", accepted))
    found = changed(objects, seen(objects, 5), live)
    assert len(found) == held
    assert all(one.message.endswith(f"to {live or UNKNOWN_ID}") for one in found.values())


def test_another_kafka_cluster_says_more_than_that_much_is_missing() -> None:
    objects = several(5)
    assert set(changed(objects, seen(objects, 5), "b").values()) == {other_cluster(A, "b")}


# -- what a later look, at a few only, makes of it


def held_before(one: Wanted, live: str = "a") -> Wanted:
    """As it is after a pass that found it missing with many others."""
    objects = several(LEAST_OWNED)
    [verdict, *_] = changed(objects, seen(objects, LEAST_OWNED), live).values()
    return replace(one, memory=replace(one.memory, verdict=verdict))


def test_what_was_held_stays_held_alone_and_holds_up_what_is_new() -> None:
    missing, new = held_before(wanted("c0")), wanted("new", ownership=Ownership.NONE)
    assert changed([missing], {"c0": ABSENT}, "a").keys() == {missing.key}
    assert changed([missing, new], {"c0": ABSENT, "new": ABSENT}, "a").keys() == {missing.key, new.key}


def test_it_ends_when_it_is_accepted_or_there_again_or_goes() -> None:
    missing = held_before(wanted("c0"))
    assert changed([replace(missing, mark=replace(A, accepted="a"))], {"c0": ABSENT}, "a") == {}
    assert changed([missing], {"c0": PRESENT}, "a") == {}
    assert changed([replace(missing, absent=True)], {"c0": ABSENT}, "a") == {}
    new = held_before(wanted("new", ownership=Ownership.NONE))
    assert changed([missing, new], {"c0": PRESENT, "new": ABSENT}, "a") == {}


def test_another_trouble_of_before_holds_nothing_up() -> None:
    away = replace(wanted(), memory=replace(wanted().memory, verdict=other_cluster(A, "b")))
    assert changed([away], {"c": ABSENT}, "a") == {}


@pytest.mark.parametrize(("whole", "held"), [(False, 1), (True, 0)])
def test_what_stands_against_a_connection_holds_up_what_is_new_until_all_is_looked_at(whole: bool, held: int) -> None:
    doubt = held_before(wanted()).memory.verdict
    new = wanted("new", mark=replace(A, doubt=doubt), ownership=Ownership.NONE)
    assert len(changed([new], {"new": ABSENT}, "a", whole=whole)) == held
