# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pass over many connectors, where a real Connect cannot be made to behave so: requests that hang past every limit, locks, crashes."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _apply, _observe, _usecase
from ansible_collections.saiello.kafka_connect.plugins.module_utils._apply import Claim
from ansible_collections.saiello.kafka_connect.plugins.module_utils._connect import Connect
from ansible_collections.saiello.kafka_connect.plugins.module_utils._http import Clock, RequestsTransport
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import (
    Action,
    JournalError,
    Memory,
    Outcome,
    Ownership,
    Reason,
    RunState,
    UnconfirmedWrite,
    Verdict,
    Wanted,
)
from ansible_collections.saiello.kafka_connect.plugins.module_utils._observe import POOL
from ansible_collections.saiello.kafka_connect.plugins.module_utils._usecase import PassResult, run_pass

from .hostile import HostileServer, Visit, hostile
from .tiny import InMemory, Tiny


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits of a pass at a small part, its pauses likewise."""
    for name, seconds in {
        "WORK_SECONDS": 1.0,
        "REQUEST_SECONDS": 1.5,
        "ATTEND_SECONDS": 1.7,
        "END_SECONDS": 2.2,
        "SETTLE_SECONDS": 0.5,
        "LOOK_SECONDS": 0.02,
    }.items():
        monkeypatch.setattr(_usecase, name, seconds)
    monkeypatch.setattr(_usecase, "STALE_SECONDS", 0.05)
    monkeypatch.setattr(_apply, "GONE_SECONDS", 0.3)


@pytest.fixture
def tiny() -> Tiny:
    return Tiny()


@pytest.fixture
def journal() -> InMemory:
    return InMemory()


@pytest.fixture
def server(tiny: Tiny) -> Iterator[HostileServer]:
    with hostile(tiny) as running:
        yield running


def config(name: str, **more: str) -> dict[str, str]:
    return {"name": name, "connector.class": "C", **more}


def wanted(
    name: str, ownership: Ownership = Ownership.NONE, *, absent: bool = False, state: RunState | None = RunState.STOPPED, **memory: Any
) -> Wanted:
    return Wanted(f"ns/{name}", name, config(name), state, absent=absent, memory=Memory(ownership=ownership, **memory))


def a_pass(server: HostileServer, journal: InMemory, *objects: Wanted, check: bool = False) -> PassResult:
    transport = RequestsTransport()
    started = time.monotonic()
    result = run_pass(Connect(server.url, transport), objects, journal, Clock(), check)
    assert time.monotonic() - started < 4.0
    assert journal.held == set()
    transport.session.close()
    return result


# -- the ordinary


def test_create_update_switch_and_delete(server: HostileServer, tiny: Tiny, journal: InMemory) -> None:
    for name in ("update", "switch", "delete", "same"):
        tiny.configs[name] = config(name)
    tiny.configs["update"]["extra"] = "x"
    tiny.states["switch"] = "RUNNING"
    owned = Ownership.CREATED
    objects = [wanted("new"), *(wanted(name, owned) for name in ("update", "switch", "same")), wanted("delete", owned, absent=True)]
    result = a_pass(server, journal, *objects)
    assert not result.stuck
    assert sorted(tiny.writes) == ["DELETE delete", "POST new", "PUT switch/stop", "PUT update/config"]
    assert [outcome.wanted.name for outcome in result.outcomes] == ["new", "update", "switch", "same", "delete"]
    assert journal.reasons == dict.fromkeys(("new", "update", "switch", "same"), Reason.STOPPED)
    assert journal.gone == ["delete"]
    assert {outcome.ownership for outcome in journal.verdicts.values()} == {Ownership.CREATED}
    assert sorted((name, write.action, write.result) for name, write in journal.log) == [
        ("delete", "delete", "done"),
        ("new", "create", "done"),
        ("switch", "stop", "done"),
        ("update", "update", "done"),
    ]


def test_nothing_to_do_is_one_request(server: HostileServer, tiny: Tiny, journal: InMemory) -> None:
    names = [f"c{number}" for number in range(50)]
    tiny.configs = {name: config(name) for name in names}
    result = a_pass(server, journal, *(wanted(name, Ownership.CREATED) for name in names))
    assert (result.requests, tiny.writes, journal.log) == (1, [], [])
    assert set(journal.reasons.values()) == {Reason.STOPPED}


def test_check_mode_writes_nothing_and_says_what_it_would(server: HostileServer, tiny: Tiny, journal: InMemory) -> None:
    tiny.configs["old"] = config("old")
    result = a_pass(server, journal, wanted("new"), wanted("old", Ownership.CREATED, absent=True), check=True)
    assert [[action.name for action in outcome.actions] for outcome in result.outcomes] == [["create"], ["delete"]]
    assert (tiny.writes, journal.log, journal.verdicts, journal.gone) == ([], [], {}, [])


def test_nothing_is_asked_for_what_cannot_be(server: HostileServer, tiny: Tiny, journal: InMemory) -> None:
    problem = Verdict(Reason.INVALID_SPEC, "no")
    a_pass(server, journal, replace(wanted("bad"), problem=problem), wanted("never", absent=True))
    assert server.requests == []
    assert journal.verdicts["bad"].verdict == problem
    assert journal.gone == ["never"]


# -- a request that hangs


@pytest.mark.parametrize("applies_first", [True, False])
def test_a_put_that_hangs_delays_no_other(server: HostileServer, tiny: Tiny, journal: InMemory, applies_first: bool) -> None:
    tiny.configs["slow"] = config("slow", extra="x")
    tiny.hang, tiny.applies_first = {"PUT slow/config"}, applies_first
    others = [f"c{number}" for number in range(20)]
    started = time.time()
    a_pass(server, journal, wanted("slow", Ownership.CREATED), *(wanted(name) for name in others))
    assert [journal.reasons[name] for name in others] == [Reason.STOPPED] * 20
    assert max(journal.times[name] for name in others) - started < 1.4 < journal.times["slow"] - started
    slow = journal.verdicts["slow"]
    assert slow.verdict.reason is Reason.CONNECT_TIMEOUT
    assert slow.ownership is Ownership.CREATED
    assert slow.unconfirmed is not None
    assert slow.unconfirmed.action == "update"
    assert slow.unconfirmed.since == pytest.approx(started, abs=1.0)
    assert tiny.writes.count("PUT slow/config") == 1


@pytest.mark.parametrize("hangs", [True, False])
def test_it_is_told_when_only_stragglers_are_left(
    server: HostileServer, tiny: Tiny, journal: InMemory, monkeypatch: pytest.MonkeyPatch, hangs: bool
) -> None:
    monkeypatch.setattr(_usecase, "STRAGGLER_SECONDS", 0.3)
    tiny.hang = {"POST slow"} if hangs else set()
    done: list[set[str]] = []
    transport = RequestsTransport()
    objects = [wanted("slow"), *(wanted(f"c{number}") for number in range(9))]
    run_pass(Connect(server.url, transport), objects, journal, Clock(), straggling=lambda: done.append(set(journal.verdicts)))
    transport.session.close()
    assert done[:1] == ([{f"c{number}" for number in range(9)}] if hangs else [])


@pytest.mark.parametrize("patience", [0.3, 60.0])
def test_a_pass_over_everything_need_not_wait_for_what_hangs(
    server: HostileServer, tiny: Tiny, journal: InMemory, monkeypatch: pytest.MonkeyPatch, patience: float
) -> None:
    waits = patience > _usecase.REQUEST_SECONDS
    for name in ("STRAGGLER_SECONDS", "PHASE_SECONDS"):
        monkeypatch.setattr(_usecase, name, 0.1)
    tiny.hang = {"POST slow"}
    started = time.time()
    transport = RequestsTransport()
    result = run_pass(Connect(server.url, transport), [wanted("slow"), wanted("fast")], journal, Clock(), patience=patience)
    transport.session.close()
    assert (time.time() - started >= _usecase.REQUEST_SECONDS) is waits
    assert result.stuck is not waits
    assert journal.reasons == {"slow": Reason.CONNECT_TIMEOUT, "fast": Reason.STOPPED}
    assert "the create of slow" in journal.verdicts["slow"].verdict.message
    assert [(write.action, write.result) for name, write in journal.log if name == "slow"] == [("create", "ConnectTimeout")]
    assert journal.verdicts["slow"].ownership is Ownership.CREATING
    assert journal.verdicts["slow"].unconfirmed is not None


def test_as_many_as_there_are_workers_hang(server: HostileServer, tiny: Tiny, journal: InMemory) -> None:
    """What waits behind them is for the next pass; what was done before them is reported."""
    slow = [f"slow{number}" for number in range(POOL)]
    tiny.hang = {f"POST {name}" for name in slow}
    started = time.time()
    result = a_pass(server, journal, wanted("first"), *(wanted(name) for name in slow), *(wanted(f"late{number}") for number in range(5)))
    by_name = {outcome.wanted.name: outcome for outcome in result.outcomes}
    assert journal.reasons["first"] is Reason.STOPPED
    assert journal.times["first"] - started < 1.4
    for name in slow:
        assert by_name[name].ownership is Ownership.CREATING
        assert by_name[name].unconfirmed is not None
    assert {by_name[f"late{number}"].deferred for number in range(5)} == {True}
    assert not any(write.startswith("POST late") for write in tiny.writes)


def test_a_deletion_that_hangs_blocks_the_deletion_alone(server: HostileServer, tiny: Tiny, journal: InMemory) -> None:
    tiny.configs = {"slow": config("slow"), "fast": config("fast")}
    tiny.hang = {"DELETE slow"}
    a_pass(server, journal, wanted("slow", Ownership.CREATED, absent=True), wanted("fast", Ownership.CREATED, absent=True))
    assert journal.gone == ["fast"]
    assert journal.reasons == {"slow": Reason.DELETION_BLOCKED}
    assert journal.verdicts["slow"].unconfirmed == UnconfirmedWrite("delete", journal.verdicts["slow"].unconfirmed.since)  # type: ignore[union-attr]


def test_a_thread_that_cannot_be_cut_leaves_the_pass_stuck(server: HostileServer, tiny: Tiny, journal: InMemory) -> None:
    """Not a request but the journal hangs, as a lookup of a name would: the pass ends all the same, and says so."""
    free = threading.Event()

    def claim(one: Wanted, action: Action) -> Claim:
        if one.name in ("slow", "old"):
            free.wait(30)
            return Claim.SUPERSEDED
        return Claim.GRANTED

    journal.claims = claim
    tiny.configs["old"] = config("old")
    try:
        result = a_pass(server, journal, wanted("slow"), wanted("fast"), wanted("more"), wanted("old", Ownership.CREATED, absent=True))
        assert result.stuck
        assert journal.reasons["fast"] is journal.reasons["more"] is Reason.STOPPED
        assert journal.reasons["slow"] is Reason.CONVERGING
        assert journal.reasons["old"] is Reason.DELETING
        assert sorted(tiny.writes) == ["POST fast", "POST more"]
    finally:
        free.set()


def test_a_list_that_hangs_ends_the_pass(journal: InMemory) -> None:
    def silent(visit: Visit) -> None:
        visit.request()
        visit.pause(60)

    with hostile(silent) as server:
        result = a_pass(server, journal, *(wanted(name, Ownership.CREATED) for name in "abc"), wanted("d", Ownership.CREATED, absent=True))
        assert not result.stuck
    assert {journal.reasons[name] for name in "abc"} == {Reason.CONNECT_TIMEOUT}
    assert journal.reasons["d"] is Reason.DELETION_BLOCKED
    assert journal.gone == []


@pytest.mark.parametrize("names", ["a", "abc"])
def test_a_look_that_hangs_says_what_the_worker_is_at(journal: InMemory, monkeypatch: pytest.MonkeyPatch, names: str) -> None:
    """A stuck worker takes 10 s to say so, which a look that hangs until the end of the pass would not leave."""
    message = "Worker was unable to handle this request. The worker is currently x y, which began at 1Z."

    def stuck(visit: Visit) -> None:
        _method, path, _body = visit.request()
        visit.pause(0.5 if path == "/health" else 60)
        visit.answer(500, json.dumps({"status": "unhealthy", "message": message}).encode())

    monkeypatch.setattr(_usecase, "PHASE_SECONDS", 0.2)
    with hostile(stuck) as server:
        a_pass(server, journal, *(wanted(name, Ownership.CREATED) for name in names))
    assert journal.reasons["a"] is Reason.CONNECT_TIMEOUT
    assert journal.verdicts["a"].verdict.message.endswith("; the worker is currently x y")


# -- what the journal says


def test_a_freeze_in_mid_pass_stops_the_writes(server: HostileServer, tiny: Tiny, journal: InMemory) -> None:
    tiny.configs["c"] = config("c", extra="x")
    tiny.states["c"] = "RUNNING"
    journal.claims = lambda one, action: Claim.FROZEN if action.name == "stop" else Claim.GRANTED
    a_pass(server, journal, wanted("c", Ownership.CREATED))
    assert tiny.writes == ["PUT c/config"]
    frozen = journal.verdicts["c"]
    assert (frozen.verdict.reason, frozen.ownership) == (Reason.DRIFTED, Ownership.CREATED)
    assert "freeze" in frozen.held


def test_a_frozen_deletion_waits_and_says_why(server: HostileServer, tiny: Tiny, journal: InMemory) -> None:
    tiny.configs["c"] = config("c")
    journal.claims = lambda one, action: Claim.FROZEN
    a_pass(server, journal, wanted("c", Ownership.CREATED, absent=True))
    assert (tiny.writes, journal.gone) == ([], [])
    assert journal.reasons == {"c": Reason.DELETION_BLOCKED}
    assert "freeze" in journal.verdicts["c"].verdict.message


def test_a_frozen_creation_owns_nothing(server: HostileServer, tiny: Tiny, journal: InMemory) -> None:
    journal.claims = lambda one, action: Claim.FROZEN
    a_pass(server, journal, wanted("c"))
    assert tiny.writes == []
    assert "freeze" in journal.verdicts["c"].held
    assert journal.verdicts["c"].ownership is Ownership.NONE


@pytest.mark.parametrize("trouble", ["superseded", "unreadable", "locked"])
def test_what_may_not_be_written_now_is_left_without_a_word(server: HostileServer, tiny: Tiny, journal: InMemory, trouble: str) -> None:
    def claim(one: Wanted, action: Action) -> Claim:
        if one.name != "c" or trouble == "locked":
            return Claim.GRANTED
        if trouble == "unreadable":
            raise JournalError("no answer")
        return Claim.SUPERSEDED

    journal.claims = claim
    journal.foreign = {"c"} if trouble == "locked" else set()
    result = a_pass(server, journal, wanted("c"), wanted("d"))
    assert tiny.writes == ["POST d"]
    assert [outcome.deferred for outcome in result.outcomes] == [True, False]
    assert result.outcomes[0].follow_up is not None
    assert set(journal.verdicts) == {"d"}


def test_a_report_that_cannot_be_written_is_for_the_next_pass(server: HostileServer, tiny: Tiny, journal: InMemory) -> None:
    def report(outcome: Outcome) -> None:
        if outcome.wanted.name == "c":
            raise JournalError("no answer")

    journal.report = report  # type: ignore[method-assign]
    result = a_pass(server, journal, wanted("c"), wanted("d"))
    assert [outcome.deferred for outcome in result.outcomes] == [True, False]


# -- a bug of ours


@pytest.mark.parametrize("where", ["claims", "report", "lasted"])
def test_a_crash_with_one_connector_stops_no_other_and_is_raised_at_the_end(server: HostileServer, tiny: Tiny, journal: InMemory, where: str) -> None:
    real = getattr(journal, where)

    def crash(*args: Any) -> Any:
        one = args[0].wanted if where == "report" else args[0]
        if one.name == "c":
            raise ZeroDivisionError
        return real(*args)

    setattr(journal, where, crash)
    with pytest.raises(ZeroDivisionError):
        a_pass(server, journal, wanted("c"), *(wanted(name) for name in "defgh"))
    assert journal.held == set()
    assert {journal.reasons[name] for name in "defgh"} == {Reason.STOPPED}


def test_a_crash_while_looking_ends_the_looking(server: HostileServer, tiny: Tiny, journal: InMemory, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = _observe.observe, []

    def crash_later(*arguments: Any) -> Any:
        calls.append(1)
        if len(calls) > 1:
            raise ZeroDivisionError
        return real(*arguments)

    monkeypatch.setattr(_usecase, "observe", crash_later)
    with pytest.raises(ZeroDivisionError):
        a_pass(server, journal, wanted("c"))
    assert len(calls) == 2
    assert journal.held == set()
    assert journal.reasons == {"c": Reason.CONVERGING}


# -- whose it is


def test_a_connector_that_came_between_is_not_taken(server: HostileServer, tiny: Tiny, journal: InMemory) -> None:
    """It is not there when it is looked for, and there when it is created: with another configuration it is somebody else's."""

    def claim(one: Wanted, action: Action) -> Claim:
        tiny.configs.setdefault(one.name, config(one.name, extra="theirs"))
        return Claim.GRANTED

    journal.claims = claim
    a_pass(server, journal, wanted("c"))
    assert journal.reasons == {"c": Reason.CONNECTOR_EXISTS}
    assert journal.verdicts["c"].ownership is Ownership.NONE
    assert tiny.configs["c"]["extra"] == "theirs"


def test_a_created_connector_that_reads_back_otherwise_is_not_ours_yet(server: HostileServer, tiny: Tiny, journal: InMemory) -> None:
    """POST is not atomic: a later 201 of somebody else may have won."""
    real = tiny.carry_out

    def overtaken(method: str, parts: list[str], name: str, body: dict[str, Any]) -> None:
        real(method, parts, name, body)
        tiny.configs[name] = config(name, extra="theirs")

    tiny.carry_out = overtaken  # type: ignore[method-assign]
    a_pass(server, journal, wanted("c"))
    assert (journal.reasons["c"], journal.verdicts["c"].ownership) == (Reason.CONVERGING, Ownership.CREATING)
    assert tiny.writes == ["POST c"]


def test_a_configuration_that_does_not_stay_is_sent_once_in_a_pass(server: HostileServer, tiny: Tiny, journal: InMemory) -> None:
    tiny.configs["c"] = config("c", extra="x")
    tiny.carry_out = lambda *_: None  # type: ignore[method-assign]
    a_pass(server, journal, wanted("c", Ownership.CREATED))
    assert journal.reasons == {"c": Reason.NOT_CONVERGING}
    assert "extra" in journal.verdicts["c"].verdict.message
    assert tiny.writes == ["PUT c/config"]


# -- what lasts


@pytest.mark.parametrize(("lasted", "reason"), [(0.0, Reason.RUNNING), (14.9, Reason.RUNNING), (15.0, Reason.UNASSIGNED)])
def test_ready_does_not_flap_when_a_worker_leaves(server: HostileServer, tiny: Tiny, journal: InMemory, lasted: float, reason: Reason) -> None:
    tiny.configs["c"], tiny.states["c"] = config("c"), "UNASSIGNED"
    journal.unsettled_for = lasted
    told = Verdict(Reason.RUNNING, "the connector and all of its tasks run")
    a_pass(server, journal, wanted("c", Ownership.CREATED, state=RunState.RUNNING, ready=True, observed=True, verdict=told))
    assert journal.reasons == {"c": reason}
    assert journal.verdicts["c"].follow_up is not None


@pytest.mark.parametrize(
    ("health", "reason"),
    [
        ((200, {"status": "healthy", "message": "Worker has completed startup and is ready to handle requests."}), Reason.RUNNING),
        (
            (500, {"status": "unhealthy", "message": "Worker was unable to handle this request. The worker is currently x y, which began at 1Z."}),
            Reason.CONVERGING,
        ),
    ],
)
def test_a_connector_without_tasks_is_ready_unless_its_worker_is_stuck(
    server: HostileServer, tiny: Tiny, journal: InMemory, health: tuple[int, Any], reason: Reason
) -> None:
    tiny.configs["c"], tiny.states["c"], tiny.replies["GET /health"] = config("c"), "RUNNING", health
    journal.unsettled_for = 15.0
    a_pass(server, journal, wanted("c", Ownership.CREATED, state=RunState.RUNNING, observed=True))
    assert journal.reasons == {"c": reason}
    assert ("x y" in journal.verdicts["c"].verdict.message) is (reason is Reason.CONVERGING)
