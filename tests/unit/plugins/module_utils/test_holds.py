# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a pass looks at and does not write, and what it says then."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _usecase
from ansible_collections.saiello.kafka_connect.plugins.module_utils._connect import Connect
from ansible_collections.saiello.kafka_connect.plugins.module_utils._http import Clock, Failure, NoAnswer, RequestsTransport
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import (
    KEY_LIMIT,
    Adoption,
    ClusterMark,
    Look,
    Memory,
    Outcome,
    Ownership,
    Reason,
    RunState,
    Unremoved,
    Verdict,
    Wanted,
)
from ansible_collections.saiello.kafka_connect.plugins.module_utils._usecase import PassResult, run_pass

from .hostile import hostile
from .script import Time
from .tiny import InMemory, Tiny

PAUSED = Verdict(Reason.DRIFTED, "reconciliation is paused")
PLAN = Verdict(Reason.PLAN_ONLY, "Nothing is written while the connection has mode: Plan")
CREATED = Ownership.CREATED
SLOW = NoAnswer(Failure.TIMEOUT, "it did not answer in time", sent=True)
LIST = "GET /connectors?expand=info&expand=status"
STUCK = {"status": "unhealthy", "message": "Worker was unable to handle this request. The worker is currently starting connector x, which began at 1"}


def config(name: str, **more: str) -> dict[str, str]:
    return {"name": name, "connector.class": "C", **more}


def wanted(name: str, ownership: Ownership = CREATED, **more: Any) -> Wanted:
    return Wanted(f"ns/{name}", name, config(name), RunState.STOPPED, memory=Memory(ownership, observed=True), **more)


@pytest.fixture
def tiny() -> Tiny:
    return Tiny()


@pytest.fixture
def journal() -> InMemory:
    return InMemory()


def a_pass(tiny: Tiny, journal: InMemory, *objects: Wanted, **more: Any) -> PassResult:
    clock = Time().clock
    return run_pass(Connect("http://c:8083", tiny, clock), objects, journal, clock, **more)


def drifted(tiny: Tiny) -> list[Wanted]:
    """One of each that something is to be done for."""
    tiny.configs.update(update=config("update", extra="x", file="y"), switch=config("switch"), delete=config("delete"), same=config("same"))
    tiny.states["switch"] = "RUNNING"
    return [wanted("create"), wanted("update"), wanted("switch"), wanted("delete", absent=True), wanted("same")]


# -- pause and Plan


@pytest.mark.parametrize("hold", [PAUSED, PLAN])
def test_what_is_held_is_looked_at_and_not_written(tiny: Tiny, journal: InMemory, hold: Verdict) -> None:
    result = a_pass(tiny, journal, *(replace(one, hold=hold) for one in drifted(tiny)))
    assert (tiny.writes, journal.log, journal.gone, journal.held) == ([], [], [], set())
    expected = dict.fromkeys(("create", "update", "switch"), hold.reason)
    assert journal.reasons == {**expected, "delete": Reason.DELETION_BLOCKED, "same": Reason.STOPPED}
    assert {one.wanted.name: one.held for one in result.outcomes} == {
        **dict.fromkeys(("create", "update", "switch", "delete"), hold.message),
        "same": "",
    }
    assert {one.ownership for one in result.outcomes} == {CREATED}


def messages(journal: InMemory) -> dict[str, str]:
    return {name: outcome.verdict.message for name, outcome in journal.verdicts.items()}


def test_a_plan_names_actions_and_keys_and_no_value(tiny: Tiny, journal: InMemory) -> None:
    a_pass(tiny, journal, *(replace(one, hold=PLAN) for one in drifted(tiny)))
    assert messages(journal) == {
        "create": f"planned and not carried out: create. {PLAN.message}",
        "update": f"planned and not carried out: update (extra, file). {PLAN.message}",
        "switch": f"planned and not carried out: stop. {PLAN.message}",
        "delete": f"the connector delete is not deleted: {PLAN.message}; to let go of it, set deletionPolicy: Orphan",
        "same": "the connector is stopped, as wanted",
    }


@pytest.mark.parametrize("live", ["x", "other"])
def test_a_plan_for_a_connector_that_is_not_ours_tells_no_difference(tiny: Tiny, journal: InMemory, live: str) -> None:
    """Whoever guesses a value must not see whether it is right."""
    tiny.configs["c"] = config("c", file=live, extra="x")
    one = wanted("c", Ownership.NONE, hold=PLAN, adoption=Adoption.ALWAYS)
    a_pass(tiny, journal, replace(one, config=config("c", file="x")))
    assert messages(journal)["c"] == f"planned and not carried out: update (connector.class, file, name). {PLAN.message}"


def test_a_plan_of_two_actions_names_both(tiny: Tiny, journal: InMemory) -> None:
    tiny.configs["c"], tiny.states["c"] = config("c", extra="x"), "RUNNING"
    a_pass(tiny, journal, wanted("c", hold=PLAN))
    assert messages(journal)["c"].startswith("planned and not carried out: update (extra); stop. ")


def test_a_plan_of_many_keys_names_the_first(tiny: Tiny, journal: InMemory) -> None:
    tiny.configs["c"] = config("c", **{f"key{number:02}": "x" for number in range(10, 30)}, **{"a" * 999: "x"})
    a_pass(tiny, journal, wanted("c", hold=PLAN))
    message = messages(journal)["c"]
    assert message.startswith(f"planned and not carried out: update ({'a' * 100}, key10, ")
    assert "key18 and others). " in message


def test_keys_that_stay_different_are_remembered_cut_and_not_sent_again(tiny: Tiny, journal: InMemory) -> None:
    tiny.configs["c"] = config("c", **{"k" * 9999: "x"})
    tiny.carry_out = lambda *_: None  # type: ignore[method-assign]
    a_pass(tiny, journal, wanted("c"))
    outcome = journal.verdicts["c"]
    assert outcome.verdict.reason is Reason.NOT_CONVERGING
    assert outcome.unremoved == Unremoved(("k" * KEY_LIMIT,))
    again = wanted("c")
    a_pass(tiny, journal, replace(again, memory=replace(again.memory, unremoved=outcome.unremoved)))
    assert journal.verdicts["c"].verdict == outcome.verdict
    assert tiny.writes == ["PUT c/config"]


def test_a_pause_says_that_there_is_something_to_do(tiny: Tiny, journal: InMemory) -> None:
    a_pass(tiny, journal, *(replace(one, hold=PAUSED) for one in drifted(tiny)))
    assert messages(journal)["update"] == f"the connector update differs from the spec and is left so: {PAUSED.message}"
    assert messages(journal)["delete"].startswith(f"the connector delete is not deleted: {PAUSED.message}; to let go of it, ")


@pytest.mark.parametrize(
    "one",
    [
        wanted("c", Ownership.NONE, absent=True),
        wanted("c", absent=True, kept="protected"),
        wanted("c", absent=True, problem=Verdict(Reason.NAMESPACE_NOT_ALLOWED, "no")),
        wanted("gone", absent=True),
    ],
)
def test_what_needs_no_write_to_connect_is_let_go_of_all_the_same(tiny: Tiny, journal: InMemory, one: Wanted) -> None:
    tiny.configs["c"] = config("c", extra="x")
    a_pass(tiny, journal, replace(one, hold=PAUSED))
    assert (journal.gone, tiny.writes) == ([one.name], [])


def test_an_equal_connector_is_adopted_also_while_writes_are_off(tiny: Tiny, journal: InMemory) -> None:
    tiny.configs["c"] = config("c")
    a_pass(tiny, journal, wanted("c", Ownership.NONE, hold=PAUSED))
    assert (journal.verdicts["c"].ownership, journal.verdicts["c"].held) == (Ownership.ADOPTED, "")


def test_trouble_is_told_rather_than_the_hold(tiny: Tiny, journal: InMemory) -> None:
    problem = Verdict(Reason.INVALID_SPEC, "no")
    a_pass(tiny, journal, wanted("c", hold=PLAN, problem=problem))
    assert journal.verdicts["c"].verdict == problem


# -- another Kafka cluster


def marked(one: Wanted, recorded: str = "cluster-z", accepted: str = "") -> Wanted:
    return replace(one, mark=ClusterMark(recorded, accepted))


def test_on_another_cluster_nothing_is_written_or_forgotten(tiny: Tiny, journal: InMemory) -> None:
    result = a_pass(tiny, journal, *map(marked, drifted(tiny)), marked(wanted("gone", absent=True)))
    assert (tiny.writes, journal.gone) == ([], [])
    expected = dict.fromkeys(("create", "update", "switch"), Reason.CONNECT_CLUSTER_CHANGED)
    assert journal.reasons == {**expected, "delete": Reason.DELETION_BLOCKED, "gone": Reason.DELETION_BLOCKED, "same": Reason.STOPPED}
    assert "works for the Kafka cluster cluster-a now, not for cluster-z" in messages(journal)["gone"]
    assert {one.cluster_id for one in result.outcomes} == {None}, "none that may be recorded"
    assert result.worker is not None
    assert result.worker.kafka_cluster_id == "cluster-a"


@pytest.mark.parametrize("mark", [ClusterMark("cluster-a"), ClusterMark(), ClusterMark("cluster-z", "cluster-a"), None])
def test_on_the_known_cluster_all_is_done(tiny: Tiny, journal: InMemory, mark: ClusterMark | None) -> None:
    result = a_pass(tiny, journal, *(replace(one, mark=mark) for one in drifted(tiny)))
    assert sorted(tiny.writes) == ["DELETE delete", "POST create", "PUT switch/stop", "PUT update/config"]
    assert {one.cluster_id for one in result.outcomes} == ({"cluster-a"} if mark else {None})
    assert ("/" in tiny.reads) is (mark is not None)


def test_the_change_of_cluster_comes_before_a_pause(tiny: Tiny, journal: InMemory) -> None:
    a_pass(tiny, journal, marked(wanted("c", hold=PAUSED)))
    assert journal.reasons == {"c": Reason.CONNECT_CLUSTER_CHANGED}


def test_connectors_that_are_gone_at_once_are_not_made_anew(tiny: Tiny, journal: InMemory) -> None:
    names = [f"c{number}" for number in range(6)]
    tiny.configs = {name: config(name) for name in names[:2]}
    a_pass(tiny, journal, *(marked(wanted(name), "cluster-a") for name in names), marked(wanted("new", Ownership.NONE), "cluster-a"))
    assert tiny.writes == []
    assert {name for name, reason in journal.reasons.items() if reason is Reason.CONNECT_CLUSTER_CHANGED} == {*names[2:], "new"}


def six(tiny: Tiny) -> list[Wanted]:
    """Of ours, all as they should be."""
    names = [f"c{number}" for number in range(6)]
    tiny.configs = {name: config(name) for name in names}
    return [marked(wanted(name), "cluster-a") for name in names]


def test_connectors_that_only_have_no_status_are_not_gone(tiny: Tiny, journal: InMemory) -> None:
    """A list with statuses leaves them out."""
    ours = six(tiny)
    tiny.replies["GET /connectors?expand=info&expand=status"] = (200, {})
    a_pass(tiny, journal, *ours)
    assert (tiny.writes, set(journal.reasons.values())) == ([], {Reason.CONVERGING})


def test_a_worker_that_starts_and_lists_nothing_is_no_other_cluster(tiny: Tiny, journal: InMemory) -> None:
    ours = six(tiny)
    tiny.configs.clear()
    tiny.replies["GET /health"] = (503, {"status": "starting", "message": "Worker is still starting up."})
    a_pass(tiny, journal, *ours)
    assert (tiny.writes, set(journal.reasons.values())) == ([], {Reason.CONNECT_UNREACHABLE})


def test_a_cluster_is_not_asked_for_while_there_is_nothing_to_do(tiny: Tiny, journal: InMemory) -> None:
    tiny.configs = {name: config(name) for name in "abc"}
    a_pass(tiny, journal, *(marked(wanted(name)) for name in "abc"))
    assert tiny.reads == ["/connectors?expand=info&expand=status"]


# -- what hangs, and where


def only(result: PassResult) -> Outcome:
    (outcome,) = result.outcomes
    return outcome


def test_a_read_that_hangs_names_what_the_worker_is_at(tiny: Tiny, journal: InMemory) -> None:
    tiny.replies.update({"GET /connectors/c/config": SLOW, "GET /health": (500, STUCK)})
    verdict = only(a_pass(tiny, journal, wanted("c"))).verdict
    assert verdict.reason is Reason.CONNECT_TIMEOUT
    assert verdict.message.endswith("; the worker is currently starting a connector")


def test_so_does_a_deletion_that_waits_for_it(tiny: Tiny, journal: InMemory) -> None:
    tiny.replies.update({"GET /connectors/c/config": SLOW, "GET /health": (500, STUCK)})
    verdict = only(a_pass(tiny, journal, wanted("c", absent=True))).verdict
    assert verdict.reason is Reason.DELETION_BLOCKED
    assert verdict.message.endswith("; the worker is currently starting a connector")


def test_others_say_nothing_of_it(tiny: Tiny, journal: InMemory) -> None:
    tiny.configs["b"] = config("b")
    tiny.replies.update({"GET /connectors/c/config": SLOW, "GET /health": (500, STUCK)})
    a_pass(tiny, journal, wanted("b"), wanted("c"))
    assert messages(journal)["b"] == "the connector is stopped, as wanted"


@pytest.mark.parametrize("reply", [SLOW, (200, {"status": "healthy"}), (404, {"error_code": 404, "message": "HTTP 404 Not Found"}), (500, "x")])
def test_a_worker_that_does_not_say_changes_no_message(tiny: Tiny, journal: InMemory, reply: Any) -> None:
    tiny.replies.update({"GET /connectors/c/config": SLOW, "GET /health": reply})
    verdict = only(a_pass(tiny, journal, wanted("c"))).verdict
    assert verdict.reason is Reason.CONNECT_TIMEOUT
    assert "currently" not in verdict.message


def test_a_write_that_hangs_names_what_the_worker_is_at(tiny: Tiny, journal: InMemory, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in {"REQUEST_SECONDS": 1.0, "ATTEND_SECONDS": 1.2, "END_SECONDS": 1.6, "PHASE_SECONDS": 0.1}.items():
        monkeypatch.setattr(_usecase, name, seconds)
    tiny.hang = {"POST c"}
    tiny.replies["GET /health"] = (500, STUCK)
    with hostile(tiny) as server:
        transport = RequestsTransport()
        outcome = only(run_pass(Connect(server.url, transport), [wanted("c", Ownership.NONE)], journal, Clock()))
        transport.session.close()
    assert outcome.verdict.reason is Reason.CONNECT_TIMEOUT
    assert outcome.verdict.message.endswith("; the worker is currently starting a connector")
    assert tiny.reads.count("/health") == 1


# -- how it looks


def test_a_pass_says_what_it_saw(tiny: Tiny, journal: InMemory) -> None:
    tiny.configs = {name: config(name) for name in ("a", "theirs")}
    result = a_pass(tiny, journal, wanted("a"), look=Look(whole=True))
    assert result.view.names == frozenset(("a", "theirs"))
    assert (result.requests, result.worker) == (1, None)


def test_a_connect_that_is_not_ready_is_left_alone(tiny: Tiny, journal: InMemory) -> None:
    tiny.replies["GET /health"] = (503, {"status": "starting", "message": "Worker is still starting up."})
    a_pass(tiny, journal, *(wanted(name) for name in "abc"), look=Look(whole=True, distrust=True))
    assert (set(journal.reasons.values()), tiny.writes) == ({Reason.CONNECT_UNREACHABLE}, [])


def test_what_was_not_reached_in_slices_is_not_spoken_of(tiny: Tiny, journal: InMemory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ansible_collections.saiello.kafka_connect.plugins.module_utils._observe.SLICE_SECONDS", -1.0)
    tiny.configs = {name: config(name) for name in "abc"}
    result = a_pass(tiny, journal, *(wanted(name) for name in "abc"), look=Look(whole=True, sliced=True))
    assert (journal.verdicts, [one.deferred for one in result.outcomes]) == ({}, [True] * 3)


def test_a_list_that_is_too_big_stops_no_repair(tiny: Tiny, journal: InMemory) -> None:
    tiny.replies[LIST] = NoAnswer(Failure.TOO_BIG, "too big", sent=True)
    result = a_pass(tiny, journal, *drifted(tiny), look=Look(whole=True))
    assert sorted(tiny.writes) == ["DELETE delete", "POST create", "PUT switch/stop", "PUT update/config"]
    assert result.view.sliced
    assert set(journal.reasons.values()) == {Reason.STOPPED}


@pytest.mark.parametrize("names", [["gone"], ["gone", "b", "c"]])
def test_an_absence_is_not_believed_of_who_does_not_say_who_it_is(tiny: Tiny, journal: InMemory, names: list[str]) -> None:
    tiny.replies["GET /"] = SLOW
    a_pass(tiny, journal, *(marked(wanted(name, absent=True)) for name in names))
    assert (journal.gone, set(journal.reasons.values())) == ([], {Reason.DELETION_BLOCKED})
