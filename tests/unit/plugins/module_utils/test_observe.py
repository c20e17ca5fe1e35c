# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How connectors are looked at: one by one, by one list, in slices, and after an outage."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils._connect import Connect
from ansible_collections.saiello.kafka_connect.plugins.module_utils._http import Failure, NoAnswer
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import Look, OutOfTime, Presence, Reason
from ansible_collections.saiello.kafka_connect.plugins.module_utils._observe import (
    RETURN_SECONDS,
    SLICE_SECONDS,
    View,
    look_up,
    observe,
    observe_again,
)

from .script import Time
from .tiny import Tiny

LIST, CONFIGS, HEALTH = "/connectors?expand=info&expand=status", "/connectors?expand=info", "/health"
TOO_BIG = NoAnswer(Failure.TOO_BIG, "its answer is too big", sent=True)
SLOW = NoAnswer(Failure.TIMEOUT, "it did not answer in time", sent=True)
REFUSED = NoAnswer(Failure.REFUSED, "connection refused", sent=False)
BROKEN = NoAnswer(Failure.BROKEN, "the connection broke", sent=True)
NAMES = [*"abcde"]


@pytest.fixture
def tiny() -> Tiny:
    return Tiny({name: {"name": name} for name in (*NAMES, "theirs")})


def look_at(tiny: Tiny, *names: str, time: Time | None = None, **look: bool) -> View:
    clock = (time or Time()).clock
    return observe(Connect("http://c:8083", tiny, clock), names, Look(**look), clock)


def presence(view: View) -> dict[str, Presence]:
    return {name: one.presence for name, one in view.observed.items()}


# -- which requests


@pytest.mark.parametrize(
    ("names", "look", "reads"),
    [
        ([], {}, []),
        ([], {"whole": True}, [LIST]),
        (["a"], {}, ["/connectors/a/config", "/connectors/a/status"]),
        (["a", "a"], {}, ["/connectors/a/config", "/connectors/a/status"]),
        (["a"], {"whole": True}, [LIST]),
        (["a", "b", "c"], {}, [LIST]),
        (["a", "b", "c"], {"distrust": True}, ["/", HEALTH, LIST]),
        (["a"], {"whole": True, "sliced": True}, [CONFIGS, "/connectors/a/status"]),
    ],
)
def test_few_are_read_one_by_one_and_many_by_a_list(tiny: Tiny, names: list[str], look: dict[str, bool], reads: list[str]) -> None:
    view = look_at(tiny, *names, time=None, **look)
    assert sorted(tiny.reads) == sorted(reads)
    assert presence(view) == dict.fromkeys(names, Presence.PRESENT)
    assert view.error is None


def test_the_whole_is_seen_with_nobody_wanted(tiny: Tiny) -> None:
    view = look_at(tiny, whole=True)
    assert (view.observed, view.names) == ({}, frozenset((*NAMES, "theirs")))


def test_what_a_list_shows_is_only_listed(tiny: Tiny) -> None:
    view = look_at(tiny, "a", "b", "none")
    assert presence(view) == {"a": Presence.PRESENT, "b": Presence.PRESENT, "none": Presence.ABSENT}
    assert all(one.listed for one in view.observed.values())
    single = look_at(tiny, "a", "none")
    assert not any(one.listed for one in single.observed.values())
    assert single.names is None


# -- a list that is too much


@pytest.mark.parametrize("trouble", [TOO_BIG, SLOW])
def test_a_list_that_is_too_much_comes_in_slices(tiny: Tiny, trouble: NoAnswer) -> None:
    tiny.replies[f"GET {LIST}"] = trouble
    view = look_at(tiny, *NAMES, "none", whole=True)
    assert presence(view) == {**dict.fromkeys(NAMES, Presence.PRESENT), "none": Presence.ABSENT}
    assert (view.sliced, view.error, view.names) == (True, None, frozenset((*NAMES, "theirs")))
    assert sorted(tiny.reads) == sorted([LIST, CONFIGS, *(f"/connectors/{name}/status" for name in NAMES)])
    assert view.observed["a"].status is not None
    assert view.observed["a"].config == {"name": "a"}


def test_when_the_configurations_are_too_much_too_each_is_asked_for(tiny: Tiny) -> None:
    tiny.replies.update({f"GET {LIST}": TOO_BIG, f"GET {CONFIGS}": TOO_BIG})
    view = look_at(tiny, *NAMES, "none", whole=True)
    assert presence(view) == {**dict.fromkeys(NAMES, Presence.PRESENT), "none": Presence.ABSENT}
    assert (view.sliced, view.names) == (True, None)
    assert not view.observed["none"].listed


def test_one_status_that_is_too_much_hides_one(tiny: Tiny) -> None:
    tiny.replies["GET /connectors/b/status"] = TOO_BIG
    view = look_at(tiny, *NAMES, whole=True, sliced=True)
    assert presence(view) == {**dict.fromkeys(NAMES, Presence.PRESENT), "b": Presence.UNKNOWN}
    assert view.error is None


def test_slices_end_in_time_and_leave_the_rest_for_a_later_pass(tiny: Tiny) -> None:
    time = Time()
    real = tiny.answer

    def slow(method: str, path: str, body: Any) -> Any:
        time.now += SLICE_SECONDS + 1 if path == CONFIGS else 0
        return real(method, path, body)

    tiny.answer = slow  # type: ignore[method-assign]
    view = look_at(tiny, *NAMES, time=time, whole=True, sliced=True)
    assert all(isinstance(one.error, OutOfTime) for one in view.observed.values())
    assert tiny.reads == [CONFIGS]
    assert view.names == frozenset((*NAMES, "theirs")), "but the names are known"


# -- nothing comes


@pytest.mark.parametrize("status", [401, 403, 503, REFUSED, BROKEN])
def test_a_connect_that_is_out_of_reach_is_not_asked_in_slices(tiny: Tiny, status: Any) -> None:
    tiny.replies[f"GET {LIST}"] = status if isinstance(status, NoAnswer) else (status, {"error_code": status, "message": "no"})
    view = look_at(tiny, *NAMES, whole=True)
    assert presence(view) == dict.fromkeys(NAMES, Presence.UNKNOWN)
    assert view.error is not None
    assert view.names is None
    assert set(tiny.reads) == {LIST}


def test_when_nothing_comes_either_way_it_is_the_list_that_tells(tiny: Tiny) -> None:
    tiny.replies.update({f"GET {path}": SLOW for path in (LIST, CONFIGS, *(f"/connectors/{name}/config" for name in NAMES))})
    view = look_at(tiny, *NAMES, whole=True)
    assert presence(view) == dict.fromkeys(NAMES, Presence.UNKNOWN)
    assert view.error is not None
    assert view.error.verdict.reason is Reason.CONNECT_TIMEOUT
    assert not view.sliced


# -- after an outage


@pytest.mark.parametrize("names", [["a"], NAMES, []])
def test_a_worker_that_is_starting_is_not_believed(tiny: Tiny, names: list[str]) -> None:
    tiny.replies[f"GET {HEALTH}"] = (503, {"status": "starting", "message": "Worker is still starting up."})
    view = look_at(tiny, *names, whole=True, distrust=True)
    assert presence(view) == dict.fromkeys(names, Presence.UNKNOWN)
    assert view.error is not None
    assert view.error.verdict.reason is Reason.CONNECT_UNREACHABLE
    assert view.error.verdict.message == "Kafka Connect at http://c:8083 is starting"
    assert tiny.reads == ["/", HEALTH]


def test_a_connect_that_does_not_know_of_health_is_believed(tiny: Tiny) -> None:
    tiny.replies[f"GET {HEALTH}"] = (404, {"error_code": 404, "message": "HTTP 404 Not Found"})
    assert presence(look_at(tiny, *NAMES, distrust=True)) == dict.fromkeys(NAMES, Presence.PRESENT)


@pytest.mark.parametrize("hides", [(404, None), (403, None), (403, {"message": "no"})])
def test_a_gate_that_hides_health_hides_no_connectors(tiny: Tiny, hides: tuple[int, Any]) -> None:
    tiny.replies[f"GET {HEALTH}"] = hides
    assert presence(look_at(tiny, *NAMES, distrust=True)) == dict.fromkeys(NAMES, Presence.PRESENT)
    assert tiny.reads == ["/", HEALTH, LIST, HEALTH]


def test_a_worker_that_begins_to_answer_while_it_is_looked_at_is_not_believed(tiny: Tiny) -> None:
    """Jetty's page first, as for every path; then a list without anything in it."""
    tiny.replies[f"GET {HEALTH}"] = (404, None)
    tiny.configs.clear()
    real = tiny.answer

    def begins(method: str, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        answer = real(method, path, body)
        tiny.replies[f"GET {HEALTH}"] = (503, {"status": "starting", "message": "Worker is still starting up."})
        return answer

    tiny.answer = begins  # type: ignore[method-assign]
    assert presence(look_at(tiny, *NAMES, distrust=True)) == dict.fromkeys(NAMES, Presence.UNKNOWN)


def again(tiny: Tiny) -> View:
    clock = Time().clock
    return observe_again(Connect("http://c:8083", tiny, clock), NAMES, Look(), clock)


def test_a_second_look_finds_what_has_no_status(tiny: Tiny) -> None:
    """As after the loss of the topic of statuses."""
    tiny.replies[f"GET {LIST}"] = (200, {})
    view = again(tiny)
    assert presence(view) == dict.fromkeys(NAMES, Presence.PRESENT)
    assert all(one.config and one.status is None and one.listed for one in view.observed.values())


def test_a_second_look_does_not_believe_a_worker_that_is_starting(tiny: Tiny) -> None:
    tiny.configs.clear()
    tiny.replies[f"GET {HEALTH}"] = (503, {"status": "starting", "message": "Worker is still starting up."})
    assert presence(again(tiny)) == dict.fromkeys(NAMES, Presence.UNKNOWN)


def test_a_second_look_finds_that_they_are_gone(tiny: Tiny) -> None:
    tiny.configs.clear()
    assert presence(again(tiny)) == dict.fromkeys(NAMES, Presence.ABSENT)


@pytest.mark.parametrize("passing", ["connector", "task"])
def test_states_that_pass_are_waited_for(tiny: Tiny, passing: str) -> None:
    if passing == "connector":
        tiny.states["b"] = "UNASSIGNED"
    else:
        tiny.states["b"], tiny.tasks["b"] = "RUNNING", [{"id": 0, "state": "RESTARTING"}]
    time = Time()
    real = time.sleep

    def settle(seconds: float) -> None:
        real(seconds)
        if len(time.naps) == 3:
            tiny.states["b"] = "RUNNING"
            tiny.tasks["b"] = [{"id": 0, "state": "RUNNING"}]

    time.sleep = settle  # type: ignore[method-assign]
    view = look_at(tiny, *NAMES, time=time, distrust=True)
    seen = view.observed["b"].status
    assert seen is not None
    assert (seen.state, [task.state for task in seen.tasks]) == ("RUNNING", ["RUNNING"])
    assert len(time.naps) == 3


def test_they_are_not_waited_for_without_end_nor_without_an_outage(tiny: Tiny) -> None:
    tiny.states["b"] = "UNASSIGNED"
    time = Time()
    start = time.now
    look_at(tiny, *NAMES, time=time)
    assert time.naps == []
    view = look_at(tiny, *NAMES, time=time, distrust=True)
    assert presence(view) == dict.fromkeys(NAMES, Presence.PRESENT)
    assert RETURN_SECONDS <= time.now - start <= RETURN_SECONDS + 1


# -- for a person who asks


def test_everything_is_looked_up_and_what_a_list_lacks_by_itself(tiny: Tiny) -> None:
    time = Time()
    connect = Connect("http://c:8083", tiny, time.clock)
    assert sorted(look_up(connect, None, time.clock)) == sorted([*NAMES, "theirs"])
    tiny.reads.clear()
    seen = look_up(connect, ["a", "b", "nosuch"], time.clock)
    assert {name: one.presence for name, one in seen.items()} == {"a": Presence.PRESENT, "b": Presence.PRESENT, "nosuch": Presence.ABSENT}
    assert not seen["nosuch"].listed
    assert sorted(tiny.reads) == sorted([LIST, "/connectors/nosuch/config"])
