# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verbs: what is tried again, for how long, and what becomes of answers that are none of Connect's."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _connect
from ansible_collections.saiello.kafka_connect.plugins.module_utils._connect import Connect
from ansible_collections.saiello.kafka_connect.plugins.module_utils._http import Answer, Clock, Failure, Limits, NoAnswer, RequestsTransport
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import ConnectError, Presence, Reason, RunState, Wanted
from ansible_collections.saiello.kafka_connect.plugins.module_utils._usecase import observe

from .hostile import Gone, Visit, always, hostile

START = 1000.0
CONFIG = {"name": "c", "connector.class": "C"}
STATUS = {"name": "c", "connector": {"state": "RUNNING", "worker_id": "10.0.0.1:8083"}, "tasks": [], "type": "source"}
LISTED = {"info": {"name": "c", "config": CONFIG, "tasks": [], "type": "source"}, "status": STATUS}


@dataclass
class Time:
    """A clock that only sleeping moves."""

    now: float = START
    naps: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.now += seconds

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.now, self.sleep)


Reply = Answer | NoAnswer


@dataclass
class Script:
    """Gives its answers one after the other, the last one for ever; writes down what was sent."""

    time: Time
    replies: list[Reply]
    costs: float = 0.0
    sent: list[tuple[str, str, Any, float]] = field(default_factory=list)

    def send(self, method: str, url: str, *, body: bytes | None, headers: Mapping[str, str], seconds: float, size: int) -> Answer:
        self.sent.append((method, url, None if body is None else json.loads(body), seconds))
        self.time.now += self.costs
        reply = self.replies[min(len(self.sent), len(self.replies)) - 1]
        if isinstance(reply, NoAnswer):
            raise reply
        return reply


def error(status: int, message: str, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, named, json.dumps({"error_code": status, "message": message}).encode())


def found(body: Any, status: int = 200) -> Answer:
    return Answer(status, {}, json.dumps(body).encode())


REBALANCE = error(500, "Request cannot be completed because a rebalance is expected")
STALE = error(409, "Cannot complete request momentarily due to stale configuration")
HTML = Answer(404, {}, b"<html>hunter2</html>")
NO_CONTENT = Answer(204, {}, b"")
TIMEOUT = NoAnswer(Failure.TIMEOUT, "it did not answer in time", sent=True)
REFUSED = NoAnswer(Failure.REFUSED, "connection refused", sent=False)
BROKEN = NoAnswer(Failure.BROKEN, "the connection broke", sent=True)


def scripted(*replies: Reply, **more: Any) -> tuple[Connect, Script, Time]:
    time = Time()
    script = Script(time, list(replies), more.pop("costs", 0.0))
    return Connect("http://c:8083", script, time.clock, **more), script, time


def failed(act: Callable[[], Any]) -> ConnectError:
    with pytest.raises(ConnectError) as raised:
        act()
    assert "hunter2" not in raised.value.verdict.message
    return raised.value


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
    assert patience - _connect.LONGEST_PAUSE * 1.3 <= time.now - START <= patience
    assert 2 <= len(script.sent) <= 14
    assert max(time.naps) <= _connect.LONGEST_PAUSE * 1.3


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
    [REFUSED, HTML, error(401, "x"), error(403, "x"), Answer(302, {}, b""), error(429, "x"), NoAnswer(Failure.NOT_ALLOWED, "x", sent=False)],
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


# -- verbs


@pytest.mark.parametrize("name", ["a->b", "a b", "a?b#c", "\U0001f600", "a+b&c=d", "..."])
def test_names_are_quoted_whole(name: str) -> None:
    connect, script, _ = scripted(found(CONFIG))
    connect.config(name)
    path = script.sent[0][1].removeprefix("http://c:8083/connectors/").removesuffix("/config")
    assert not set(path) & set("/?#&=+ >")


@pytest.mark.parametrize(("state", "sent"), [(None, None), (RunState.RUNNING, None), (RunState.PAUSED, "PAUSED"), (RunState.STOPPED, "STOPPED")])
def test_a_connector_is_created_in_its_state(state: RunState | None, sent: str | None) -> None:
    connect, script, _ = scripted(found({}, 201))
    assert connect.create("c", CONFIG, state)
    ((method, url, body, _),) = script.sent
    assert (method, url) == ("POST", "http://c:8083/connectors")
    assert body == {"name": "c", "config": CONFIG, **({"initial_state": sent} if sent else {})}


def test_an_older_connect_is_told_the_state_afterwards() -> None:
    """And what then does not work at once leaves the creation what it is: done."""
    unknown = error(500, 'Unrecognized field "initial_state" (class CreateConnectorRequest)')
    connect, script, _ = scripted(unknown, found({}, 201), error(404, "Unknown connector c"))
    assert connect.create("c", CONFIG, RunState.STOPPED)
    assert [(sent[0], sent[1].removeprefix("http://c:8083")) for sent in script.sent] == [
        ("POST", "/connectors"),
        ("POST", "/connectors"),
        ("PUT", "/connectors/c/stop"),
    ]


def test_a_name_that_is_taken() -> None:
    connect, _, _ = scripted(error(409, "Connector c already exists"))
    assert not connect.create("c", CONFIG, None)


def test_a_deletion_of_what_is_not_there_is_fine() -> None:
    connect, _, _ = scripted(error(404, "Connector c not found"))
    connect.delete("c")


def test_absence_is_only_what_connect_itself_says() -> None:
    assert scripted(error(404, "Connector c not found"))[0].observe("c").presence is Presence.ABSENT
    for answer in (HTML, error(404, "HTTP 404 Not Found"), NO_CONTENT, REBALANCE, found([]), REFUSED):
        seen = scripted(answer)[0].observe("c")
        assert seen.presence is Presence.UNKNOWN
        assert seen.error is not None


def test_a_list_finds_candidates_only() -> None:
    connect, script, _ = scripted(found({"c": LISTED}))
    seen = connect.observe_all(["c", "d"])
    assert (seen["c"].presence, seen["c"].listed, seen["c"].config) == (Presence.PRESENT, True, CONFIG)
    assert (seen["d"].presence, seen["d"].listed) == (Presence.ABSENT, True)
    assert len(script.sent) == 1


# -- what is none of Connect's


SHAPES: list[Any] = [None, 1, "hunter2", [], ["hunter2"], True, 1.5]
BAD_STATUS: list[Any] = [
    *SHAPES,
    {},
    *({"connector": shape} for shape in SHAPES),
    {"connector": {"state": 1}},
    {"connector": {"state": "hunter2 hunter2"}},
    {"connector": {"state": "X" * 1000}},
    *({**STATUS, "tasks": [shape]} for shape in SHAPES),
    {**STATUS, "tasks": 5},
    {**STATUS, "tasks": [{"id": "0", "state": "RUNNING"}]},
    {**STATUS, "tasks": [{"id": 1e400, "state": "RUNNING"}]},
    {**STATUS, "tasks": [{"id": 10**50, "state": "RUNNING"}]},
    {**STATUS, "tasks": [{"id": -1, "state": "RUNNING"}]},
    {**STATUS, "tasks": [{"id": 1, "state": None}]},
]


@pytest.mark.parametrize("body", BAD_STATUS)
def test_a_status_of_another_shape(body: Any) -> None:
    assert failed(lambda: scripted(found(body))[0].status("c")).verdict.reason is Reason.NOT_CONNECT
    assert failed(lambda: scripted(found({"c": {**LISTED, "status": body}}))[0].observe_all("c")).verdict.reason is Reason.NOT_CONNECT


@pytest.mark.parametrize("body", SHAPES)
def test_a_configuration_of_another_shape(body: Any) -> None:
    assert failed(lambda: scripted(found(body))[0].config("c")).verdict.reason is Reason.NOT_CONNECT
    for listed in (body, {"info": body, "status": STATUS}, {"info": {"config": body}, "status": STATUS}, {"info": {"config": CONFIG}}):
        assert failed(lambda listed=listed: scripted(found({"c": listed}))[0].observe_all("c")).verdict.reason is Reason.NOT_CONNECT  # type: ignore[misc]
    assert failed(scripted(found(body))[0].read_all).verdict.reason is Reason.NOT_CONNECT


@pytest.mark.parametrize("value", [None, 1, True, 1.5, [], {"a": [[[1]]]}])
def test_a_value_that_is_no_text_equals_none(value: Any) -> None:
    config = scripted(found({"k": value}))[0].config("c")
    assert config is not None
    assert config["k"] not in ("", str(value), json.dumps(value))


def test_only_short_plain_words_are_passed_on() -> None:
    odd = {"name": "c", "connector": {"state": "running", "worker_id": "x" * 5000, "version": None, "trace": 1}, "tasks": None, "type": "a\nb"}
    status = scripted(found(odd))[0].status("c")
    assert status is not None
    assert (status.state, status.worker_id, status.version, status.trace, status.tasks, status.type) == ("RUNNING", "", "", "", (), "")


def test_tasks_are_sorted_by_id() -> None:
    tasks = [{"id": number, "state": "RUNNING", "worker_id": "w"} for number in (2, 0, 1)]
    status = scripted(found({**STATUS, "tasks": tasks}))[0].status("c")
    assert status is not None
    assert [task.id for task in status.tasks] == [0, 1, 2]


# -- over the wire


def said(act: Callable[[], Any]) -> str:
    """The message of what stood in the way, if anything did."""
    try:
        act()
    except ConnectError as trouble:
        return trouble.verdict.message
    return ""


BODIES = [
    b"",
    b"hunter2",
    b"<html>hunter2</html>",
    b"\xff\xfehunter2",
    b"[" * 300_000,
    b'{"a":' * 100_000,
    b'{"hunter2": ' + b"9" * 5000 + b"}",
    b"null",
]


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("status", [200, 400, 404, 500])
def test_nothing_of_a_hostile_answer_is_quoted(body: bytes, status: int) -> None:
    with hostile(always(status, body)) as server:
        time = Time()
        transport = RequestsTransport()
        connect = Connect(server.url, transport, Clock(lambda: time.now, time.sleep), Limits(read=5.0))
        for act in (lambda: connect.config("c"), lambda: connect.update("c", CONFIG), connect.read_all):
            message = said(act)
            assert "hunter2" not in message
            assert len(message) < 400
        transport.session.close()


def test_100_000_connectors_are_read_from_one_list() -> None:
    entry = json.dumps(LISTED).encode()
    body = b"{" + b",".join(b'"c%d":%s' % (number, entry) for number in range(100_000)) + b"}"
    with hostile(always(200, body)) as server:
        transport = RequestsTransport()
        seen = observe(Connect(server.url, transport), [Wanted("a", "c1"), Wanted("b", "c99999"), Wanted("c", "nosuch")])
        transport.session.close()
        assert [seen[name].presence.value for name in ("c1", "c99999", "nosuch")] == ["present", "present", "absent"]
        assert len(server.requests) == 1


@pytest.mark.parametrize("trouble", ["big", "slow"])
def test_a_list_that_is_too_big_or_too_slow_is_replaced_by_single_requests(trouble: str) -> None:
    def behave(visit: Visit) -> None:
        while True:
            _, path, _ = visit.request()
            if "expand" not in path:
                visit.answer(200, json.dumps(STATUS if path.endswith("status") else CONFIG).encode())
            elif trouble == "big":
                visit.answer(200, b" " * 10_000 + b"{}")
                raise Gone
            else:
                visit.pause(30)

    with hostile(behave) as server:
        transport = RequestsTransport()
        connect = Connect(server.url, transport, limits=Limits(read=0.5, list_body=9_000))
        seen = observe(connect, [Wanted(name, name) for name in "abcd"])
        transport.session.close()
    assert {one.presence for one in seen.values()} == {Presence.PRESENT}
    assert not any(one.listed for one in seen.values())


def test_a_connect_that_is_away_costs_one_list() -> None:
    connect, script, _ = scripted(error(401, "x"))
    seen = observe(connect, [Wanted(name, name) for name in "abcd"])
    assert {one.presence for one in seen.values()} == {Presence.UNKNOWN}
    assert len(script.sent) == 1


def test_no_connector_is_no_request() -> None:
    connect, script, _ = scripted(found({}))
    assert observe(connect, []) == {}
    assert script.sent == []
