# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is tried again, for how long and where, with which credentials, and when nothing is sent any more."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import dataclass, field
from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _exchange
from ansible_collections.saiello.kafka_connect.plugins.module_utils._connect import Connect
from ansible_collections.saiello.kafka_connect.plugins.module_utils._http import Answer, Clock, Failure, Limits, NoAnswer
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import ConnectError, OutOfTime, Reason, RunState, Verdict

from .script import BROKEN, CONFIG, HTML, NO_CONTENT, REBALANCE, REFUSED, STALE, START, TIMEOUT, Reply, Script, Time, error, failed, found, scripted

# -- tried again


@pytest.mark.parametrize("trouble", [REBALANCE, STALE, NO_CONTENT, error(503, "x"), HTML, REFUSED, BROKEN])
def test_a_read_is_tried_again(trouble: Reply) -> None:
    connect, script, time = scripted(trouble, trouble, found(CONFIG))
    assert connect.config("c") == CONFIG
    assert len(script.sent) == connect.requests == 3
    assert 0.14 <= time.naps[0] <= 0.26
    assert 0.28 <= time.naps[1] <= 0.52


@pytest.mark.parametrize(
    ("trouble", "patience"), [(REBALANCE, 12.0), (STALE, 12.0), (HTML, 4.0), (error(503, "x"), 4.0), (REFUSED, 1.0), (BROKEN, 1.0)]
)
def test_and_given_up(trouble: Reply, patience: float) -> None:
    connect, script, time = scripted(trouble)
    failed(lambda: connect.config("c"))
    assert patience - _exchange.LONGEST_PAUSE * 1.3 <= time.now - START <= patience
    assert 2 <= len(script.sent) <= 14
    assert max(time.naps) <= _exchange.LONGEST_PAUSE * 1.3


@pytest.mark.parametrize(
    "trouble", [REBALANCE, STALE, REFUSED, error(500, "IO Error trying to forward REST request: java.net.ConnectException: Connection refused")]
)
def test_a_write_that_connect_did_not_do_is_tried_again(trouble: Reply) -> None:
    connect, script, _ = scripted(trouble, found({}, 201))
    assert connect.create("c", CONFIG, RunState.RUNNING)
    assert [sent[0] for sent in script.sent] == ["POST", "POST"]


UNKNOWN = [
    TIMEOUT,
    BROKEN,
    Answer(502, {}, b""),
    Answer(504, {}, b""),
    error(500, "Request timed out. x"),
    error(500, "Error writing target state to Kafka"),
]


@pytest.mark.parametrize(
    "trouble",
    [*UNKNOWN, error(500, "odd"), error(500, "IO Error trying to forward REST request: Idle timeout"), NoAnswer(Failure.TOO_BIG, "x", sent=True)],
)
@pytest.mark.parametrize(
    "write",
    [
        lambda connect: connect.create("c", CONFIG, None),
        lambda connect: connect.update("c", CONFIG),
        lambda connect: connect.switch("c", RunState.STOPPED),
        lambda connect: connect.delete("c"),
    ],
)
def test_a_write_of_unknown_outcome_is_sent_once(trouble: Reply, write: Callable[[Connect], Any]) -> None:
    connect, script, _ = scripted(trouble, found({}))
    assert failed(lambda: write(connect)).outcome_unknown
    assert len(script.sent) == 1


@pytest.mark.parametrize("trouble", [REBALANCE, HTML, error(401, "x"), error(400, "x"), REFUSED, NoAnswer(Failure.TLS, "x", sent=False)])
def test_the_outcome_of_a_write_that_was_refused_is_known(trouble: Reply) -> None:
    connect, _, _ = scripted(trouble)
    assert not failed(lambda: connect.update("c", CONFIG)).outcome_unknown


def test_a_connector_that_does_not_start_is_tried_once_more() -> None:
    connect, script, _ = scripted(error(500, "Failed to start connector: c"))
    assert failed(lambda: connect.update("c", CONFIG)).verdict.reason is Reason.CONNECT_REBALANCING
    assert len(script.sent) == 2


def test_who_asks_for_a_pause_gets_it() -> None:
    connect, script, time = scripted(error(429, "slow", Retry_After="3"), found(CONFIG))
    assert connect.config("c") == CONFIG
    assert time.naps == [3.0]
    assert len(script.sent) == 2


@pytest.mark.parametrize("seconds", ["60", "999999"])
def test_a_pause_that_is_too_long_is_for_the_next_pass(seconds: str) -> None:
    connect, script, time = scripted(error(503, "x", retry_after=seconds))
    failed(lambda: connect.config("c"))
    assert time.naps == []
    assert len(script.sent) == 1


@pytest.mark.parametrize("odd", ["²", "-1", "soon", "9" * 400, "1e9", "Wed, 21 Oct 2026 07:28:00 GMT", "0"])
def test_an_odd_pause_is_none(odd: str) -> None:
    connect, _, time = scripted(error(429, "x", Retry_After=odd), found(CONFIG))
    assert connect.config("c") == CONFIG
    assert 0.1 < time.naps[0] < 0.3


# -- the end of a pass, and of a Connect


def test_nothing_is_sent_after_the_deadline() -> None:
    connect, script, _ = scripted(found(CONFIG), deadline=START)
    for act in (lambda: connect.config("c"), lambda: connect.delete("c"), connect.read_all):
        assert failed(act).verdict.reason is Reason.CONNECT_TIMEOUT
    assert script.sent == []


def test_no_request_outlasts_the_deadline() -> None:
    connect, script, time = scripted(found(CONFIG), deadline=START + 7)
    connect.config("c")
    time.now += 4
    connect.update("c", CONFIG)
    assert [sent[3] for sent in script.sent] == [7.0, 3.0]


def test_nothing_is_tried_again_beyond_the_deadline() -> None:
    connect, script, time = scripted(REBALANCE, deadline=START + 1, costs=0.3)
    failed(lambda: connect.config("c"))
    assert time.now < START + 1
    assert len(script.sent) == 2


def test_reads_and_writes_have_limits_of_their_own() -> None:
    connect, script, _ = scripted(found(CONFIG), limits=Limits(read=11.0, write=22.0))
    connect.config("c")
    connect.update("c", CONFIG)
    assert [sent[3] for sent in script.sent] == [11.0, 22.0]


@pytest.mark.parametrize(
    "trouble",
    [REFUSED, HTML, error(401, "x"), Answer(302, {}, b""), error(429, "x"), NoAnswer(Failure.NOT_ALLOWED, "x", sent=False)],
)
def test_a_connect_that_is_away_is_not_asked_again_in_this_pass(trouble: Reply) -> None:
    connect, script, _ = scripted(trouble)
    first = failed(lambda: connect.config("c"))
    asked = len(script.sent)
    for act in (lambda: connect.config("d"), lambda: connect.update("d", CONFIG)):
        assert failed(act).verdict == first.verdict
    assert len(script.sent) == asked


@pytest.mark.parametrize("trouble", [REBALANCE, TIMEOUT, BROKEN, error(400, "x"), error(500, "odd")])
def test_the_trouble_of_one_connector_is_not_that_of_all(trouble: Reply) -> None:
    connect, script, _ = scripted(trouble)
    failed(lambda: connect.update("c", CONFIG))
    script.replies = [found(CONFIG)]
    assert connect.config("d") == CONFIG


@pytest.mark.parametrize("status", [403, 418, 502, 504])
def test_what_a_gate_has_against_one_connector_is_not_the_trouble_of_all(status: int) -> None:
    for act in ("create", "update", "switch", "delete"):
        connect, script, _ = scripted(Answer(status, {}, b""))
        arguments = {"create": ("c", CONFIG, None), "update": ("c", CONFIG), "switch": ("c", RunState.PAUSED), "delete": ("c",)}[act]
        failed(lambda: getattr(connect, act)(*arguments))  # noqa: B023
        script.replies = [found(CONFIG)]
        assert connect.config("d") == CONFIG


def test_a_gate_can_forbid_to_read_one_connector() -> None:
    connect, script, _ = scripted(Answer(403, {}, b""))
    failed(lambda: connect.config("c"))
    script.replies = [found(CONFIG)]
    assert connect.config("d") == CONFIG


@pytest.mark.parametrize("status", [403, 418, 502, 504])
def test_what_a_gate_has_against_the_list_is_the_trouble_of_all(status: int) -> None:
    connect, script, _ = scripted(Answer(status, {}, b""))
    first = failed(connect.read_all)
    asked = len(script.sent)
    assert failed(lambda: connect.config("c")).verdict == first.verdict
    assert len(script.sent) == asked


def test_a_connect_that_is_known_to_be_away_is_sent_nothing() -> None:
    known = ConnectError(Verdict(Reason.CONNECT_UNREACHABLE, "it was away a moment ago"), endpoint=True)
    connect, script, _ = scripted(found(CONFIG), down=known)
    for act in (lambda: connect.config("c"), lambda: connect.update("c", CONFIG), connect.worker_info, connect.is_ready):
        assert failed(act) is known
    assert connect.phase() == ""
    assert (script.sent, connect.requests) == ([], 0)


# -- several workers

A, B, C = "http://a:8083", "http://b:8083", "http://c:8083/base"
UNREACHABLE = NoAnswer(Failure.UNREACHABLE, "no connection within the time limit", sent=False)
NO_TLS = NoAnswer(Failure.TLS, "its certificate is not trusted", sent=False)
NOT_ALLOWED = NoAnswer(Failure.NOT_ALLOWED, "it is not listed in allowedEndpoints", sent=False)
NO_HTTP = NoAnswer(Failure.NOT_HTTP, "it does not answer in HTTP", sent=True)
PAGE = Answer(200, {}, b"<html>hunter2</html>")


@dataclass
class Workers:
    """Workers that each give one answer to everything; writes down who was asked what."""

    time: Time
    replies: dict[str, Reply | Callable[[Mapping[str, str]], Reply]]
    sent: list[tuple[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    hook: Callable[[str], None] = lambda _: None

    def send(self, method: str, url: str, *, headers: Mapping[str, str], **_: Any) -> Answer:
        worker = next(one for one in self.replies if url.startswith(f"{one}/"))
        self.sent.append((method, worker))
        self.headers.append(dict(headers))
        self.hook(worker)
        reply = self.replies[worker]
        if callable(reply):
            reply = reply(headers)
        if isinstance(reply, NoAnswer):
            raise reply
        return reply

    @property
    def asked(self) -> list[str]:
        return [worker for _, worker in self.sent]


def several(replies: dict[str, Any], **more: Any) -> tuple[Connect, Workers, Time]:
    time = Time()
    workers = Workers(time, replies)
    first, *others = replies
    return Connect(first, workers, time.clock, more_urls=others, **more), workers, time


NOTHING_SENT = [REFUSED, UNREACHABLE, NO_TLS, NOT_ALLOWED]
MAYBE_SENT: list[Reply] = [TIMEOUT, BROKEN, NO_HTTP, HTML, PAGE, error(503, "x"), Answer(502, {}, b""), Answer(504, {}, b"")]


@pytest.mark.parametrize("trouble", [*NOTHING_SENT, *MAYBE_SENT])
def test_a_read_goes_on_to_the_next_worker_and_stays_there(trouble: Reply) -> None:
    connect, workers, time = several({A: trouble, B: found(CONFIG), C: found(CONFIG)})
    assert connect.url_in_use == A
    for _ in range(2):
        assert connect.config("c") == CONFIG
    assert workers.asked == [A, B, B]
    assert (connect.url_in_use, connect.requests, time.naps) == (B, 3, [])


@pytest.mark.parametrize("trouble", NOTHING_SENT)
def test_a_write_that_was_not_sent_goes_on_to_the_next_worker(trouble: Reply) -> None:
    connect, workers, _ = several({A: trouble, B: found({}, 201)})
    assert connect.create("c", CONFIG, None)
    assert workers.asked == [A, B]


@pytest.mark.parametrize("trouble", [*MAYBE_SENT, NoAnswer(Failure.TLS, "the TLS connection broke", sent=True)])
def test_a_write_that_may_have_been_sent_does_not(trouble: Reply) -> None:
    connect, workers, _ = several({A: trouble, B: found({}, 201)})
    if trouble is PAGE:
        connect.update("c", CONFIG)
    else:
        failed(lambda: connect.update("c", CONFIG))
    assert set(workers.asked) == {A}


@pytest.mark.parametrize("answer", [REBALANCE, error(401, "x"), error(403, "x"), error(404, "HTTP 404 Not Found"), error(400, "x"), error(429, "x")])
def test_what_connect_itself_answers_is_not_asked_elsewhere(answer: Reply) -> None:
    connect, workers, _ = several({A: answer, B: found(CONFIG)})
    failed(lambda: connect.config("c"))
    assert set(workers.asked) == {A}


def test_the_worker_that_worked_last_is_tried_first() -> None:
    connect, workers, _ = several({A: found(CONFIG), B: REFUSED, C: found(CONFIG)}, preferred=B)
    connect.config("c")
    assert workers.asked == [B, C]
    assert connect.url_in_use == C
    assert several({A: REFUSED}, preferred="http://elsewhere:8083")[0].url_in_use == A


def test_nobody_answers() -> None:
    connect, workers, _ = several({A: REFUSED, B: UNREACHABLE})
    trouble = failed(lambda: connect.update("c", CONFIG))
    assert trouble.verdict == Verdict(
        Reason.CONNECT_UNREACHABLE,
        "none of the 2 workers answers: http://a:8083: connection refused; http://b:8083: no connection within the time limit; "
        "check the addresses, and that the workers run",
    )
    assert (trouble.endpoint, trouble.outcome_unknown, connect.down) == (True, False, trouble)
    asked = len(workers.sent)
    assert failed(lambda: connect.config("c")) is trouble
    assert len(workers.sent) == asked


@pytest.mark.parametrize("preferred", [A, B])
def test_the_text_does_not_depend_on_who_was_tried_first(preferred: str) -> None:
    connect, _, _ = several({A: REFUSED, B: NO_TLS}, preferred=preferred)
    assert f"{A}: connection refused; {B}: its certificate is not trusted;" in failed(lambda: connect.config("c")).verdict.message


@pytest.mark.parametrize(
    ("replies", "reason", "endpoint"),
    [
        ((REFUSED, HTML), Reason.CONNECT_UNREACHABLE, True),
        ((HTML, HTML), Reason.NOT_CONNECT, True),
        ((NOT_ALLOWED, NOT_ALLOWED), Reason.ENDPOINT_NOT_ALLOWED, True),
        ((NO_TLS, NO_TLS), Reason.CONNECT_UNREACHABLE, True),
        # Worker or connector: nobody knows which it is that hangs.
        ((REFUSED, TIMEOUT), Reason.CONNECT_UNREACHABLE, False),
        ((TIMEOUT, TIMEOUT), Reason.CONNECT_TIMEOUT, False),
    ],
)
def test_the_reason_of_several(replies: tuple[Reply, Reply], reason: Reason, endpoint: bool) -> None:
    trouble = failed(lambda: several(dict(zip((A, B), replies, strict=True)))[0].config("c"))
    assert (trouble.verdict.reason, trouble.endpoint) == (reason, endpoint)


def test_all_are_tried_again_for_a_while() -> None:
    connect, workers, time = several({A: REFUSED, B: HTML})
    failed(lambda: connect.config("c"))
    assert _exchange.NOT_YET_SECONDS - _exchange.LONGEST_PAUSE * 1.3 <= time.now - START <= _exchange.NOT_YET_SECONDS
    assert workers.asked == [A, B] * (len(workers.sent) // 2)


def test_who_was_not_asked_in_time_is_not_called_dead() -> None:
    connect, workers, time = several({A: TIMEOUT, B: found(CONFIG)}, deadline=START + 5)
    workers.hook = lambda _: time.sleep(5)
    assert isinstance(failed(lambda: connect.config("c")), OutOfTime)
    assert workers.asked == [A]
    assert connect.down is None


def test_threads_that_fail_together_do_not_skip_a_worker_that_works() -> None:
    connect, workers, _ = several({A: REFUSED, B: found(CONFIG), C: REFUSED})
    together = threading.Barrier(8)

    def hook(worker: str) -> None:
        if worker == A:
            together.wait(10)

    workers.hook = hook
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(connect.config, "abcdefgh")) == [CONFIG] * 8
    assert Counter(workers.asked) == {A: 8, B: 8}
    assert connect.url_in_use == B


# -- credentials that change

OLD, NEW = {"Authorization": "Bearer old"}, {"Authorization": "Bearer new"}


def guarded(renewed: Mapping[str, str] | None) -> tuple[Connect, Workers, list[int]]:
    """A worker that accepts only NEW; ``renewed`` is what the Secret holds by then."""
    calls: list[int] = []

    def renew() -> Mapping[str, str] | None:
        calls.append(1)
        return renewed

    def judge(headers: Mapping[str, str]) -> Reply:
        return found(CONFIG) if headers.items() >= NEW.items() else error(401, "x")

    connect, workers, _ = several({A: judge}, headers=OLD, renew=renew)
    return connect, workers, calls


@pytest.mark.parametrize("act", [lambda connect: connect.config("c"), lambda connect: connect.update("c", CONFIG)])
def test_new_credentials_are_used_at_once_and_from_then_on(act: Callable[[Connect], Any]) -> None:
    connect, workers, calls = guarded(NEW)
    act(connect)
    act(connect)
    assert [sent["Authorization"] for sent in workers.headers] == ["Bearer old", "Bearer new", "Bearer new"]
    assert len(calls) == 1


@pytest.mark.parametrize("renewed", [None, OLD, {"Authorization": "Bearer other"}])
def test_credentials_that_are_no_better(renewed: Mapping[str, str] | None) -> None:
    connect, workers, calls = guarded(renewed)
    trouble = failed(lambda: connect.config("c"))
    assert (trouble.verdict.reason, trouble.endpoint) == (Reason.CONNECT_UNAUTHORIZED, True)
    failed(lambda: connect.config("d"))
    assert len(workers.sent) == (2 if renewed not in (None, OLD) else 1)
    assert len(calls) == 1


def test_credentials_are_renewed_once_for_all_threads() -> None:
    connect, workers, calls = guarded(NEW)
    together = threading.Barrier(8)

    def hook(_: str) -> None:
        if workers.headers.count(OLD) <= 8 and not calls:
            together.wait(10)

    workers.hook = hook
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(connect.config, "abcdefgh")) == [CONFIG] * 8
    assert Counter(sent["Authorization"] for sent in workers.headers) == {"Bearer old": 8, "Bearer new": 8}
    assert len(calls) == 1
    assert connect.headers == NEW


def test_secrets_are_not_in_what_a_traceback_may_show() -> None:
    assert "old" not in repr(guarded(NEW)[0])


# -- waiting together


def waits_of_another(connect: Connect, time: Time) -> list[tuple[float, float]]:
    """Each time that one waits from now on, another one wants to send: pairs of how long the first waits, and how long the other."""
    waits: list[tuple[float, float]] = []
    other = copy(connect)
    other.transport = Script(time, [found(CONFIG)])

    def sleep(seconds: float) -> None:
        began = time.now
        other.config("d")
        waits.append((seconds, time.now - began))
        time.now = max(time.now, began + seconds)

    connect.clock = Clock(lambda: time.now, sleep)
    return waits


@pytest.mark.parametrize("trouble", [STALE, REBALANCE, error(429, "x", Retry_After="3"), error(503, "x", Retry_After="3")])
def test_all_wait_when_one_is_told_to(trouble: Reply) -> None:
    connect, _, time = scripted(trouble, found(CONFIG))
    waits = waits_of_another(connect, time)
    connect.config("c")
    ((first, other),) = waits
    assert first < other <= first + _exchange.FIRST_PAUSE


@pytest.mark.parametrize("trouble", [TIMEOUT, BROKEN, error(500, "odd"), NO_CONTENT, error(500, "Failed to start connector: c")])
def test_nobody_waits_for_the_trouble_of_one_connector(trouble: Reply) -> None:
    connect, script, time = scripted(trouble)
    failed(lambda: connect.config("c"))
    script.replies = [found(CONFIG)]
    time.naps.clear()
    connect.config("d")
    assert time.naps == []


def test_waiting_together_ends() -> None:
    """A connector that is refused again and again costs the others no more than one patience."""
    connect, _, time = scripted(STALE)
    waits = waits_of_another(connect, time)
    for _ in range(4):
        failed(lambda: connect.update("c", CONFIG))
    others = [other for _, other in waits if other > 0]
    assert sum(others) <= _exchange.RETRY_SECONDS + len(others) * _exchange.FIRST_PAUSE
    assert waits[0][1] > 0
    assert waits[-1][1] == 0


def test_waiting_together_does_not_outlast_the_deadline() -> None:
    connect, _, time = scripted(error(429, "x", Retry_After="5"), deadline=START + 8)
    failed(lambda: connect.config("c"))
    assert time.now < START + 8
