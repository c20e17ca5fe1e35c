# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verbs, and what becomes of answers that are none of Connect's."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils._connect import Connect, Validation
from ansible_collections.saiello.kafka_connect.plugins.module_utils._http import Answer, Clock, Limits, RequestsTransport
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import ConnectError, FieldError, Look, Presence, Reason, RunState
from ansible_collections.saiello.kafka_connect.plugins.module_utils._observe import observe
from ansible_collections.saiello.kafka_connect.plugins.module_utils._payloads import Offset, Plugin, WorkerInfo

from .hostile import Gone, Visit, always, hostile
from .script import BROKEN, CONFIG, HTML, LISTED, NO_CONTENT, REBALANCE, REFUSED, STATUS, Reply, Time, error, failed, found, scripted

# -- verbs


@pytest.mark.parametrize(("read", "seconds"), [(1.0, 1.0), (10.0, 10.0), (30.0, 10.0), (60.0, 20.0)])
def test_a_worker_has_a_part_of_the_time_of_a_read_to_say_what_it_is(read: float, seconds: float) -> None:
    connect, script, _ = scripted(found({"version": "4.3.1"}), limits=Limits(read=read))
    connect.worker_info()
    assert [sent[3] for sent in script.sent] == [seconds]


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


@pytest.mark.parametrize(
    ("answer", "done"),
    [
        (NO_CONTENT, True),
        (found(STATUS, 202), True),
        (error(500, "Failed to start connector: c"), True),
        (error(404, "Unknown connector: c"), False),
        (error(404, "Status for connector c not found"), False),
    ],
)
def test_restarts(answer: Reply, done: bool) -> None:
    connect, script, _ = scripted(answer)
    assert connect.restart("c->d", include_tasks=True) is done
    assert script.sent[0][:3] == ("POST", "http://c:8083/connectors/c-%3Ed/restart?includeTasks=true&onlyFailed=false", None)


def test_a_task_restarts_or_is_not_there() -> None:
    connect, script, _ = scripted(NO_CONTENT, error(404, "Unknown task: c-9"))
    assert (connect.restart_task("c", 1), connect.restart_task("c", 9)) == (True, False)
    assert script.sent[1][1] == "http://c:8083/connectors/c/tasks/9/restart"


def row(name: str, *errors: str) -> dict[str, Any]:
    return {"definition": {"name": name}, "value": {"name": name, "value": "hunter2", "errors": list(errors)}}


def test_a_validation_reads_and_tells_no_value() -> None:
    rows = [row("b", "Invalid value hunter2 for configuration b: Not a number of type INT"), row("a"), {"definition": None, "value": None}]
    connect, script, _ = scripted(BROKEN, found({"name": "C", "error_count": 1, "configs": rows}))
    validation = connect.validation(CONFIG)
    assert validation == Validation(False, (FieldError("b", "must be a number of type INT"),), frozenset({"a", "b"}))
    # Sent again, as only what reads is.
    assert [sent[:3] for sent in script.sent] == [("PUT", "http://c:8083/connector-plugins/C/config/validate", CONFIG)] * 2


@pytest.mark.parametrize(("count", "valid"), [(0, True), (1, False), (None, False)])
def test_an_error_that_is_only_counted_is_one(count: int | None, valid: bool) -> None:
    connect, _, _ = scripted(found({"error_count": count, "configs": [row("a")]}))
    assert connect.validation(CONFIG) == Validation(valid, (), frozenset({"a"}))


@pytest.mark.parametrize("answer", [found({}), found([]), found({"error_count": 0, "configs": [1]})])
def test_a_validation_that_is_none(answer: Reply) -> None:
    connect, _, _ = scripted(answer)
    assert failed(lambda: connect.validation(CONFIG)).verdict.reason is Reason.NOT_CONNECT


def test_a_class_that_cannot_be_validated() -> None:
    connect, _, _ = scripted(error(400, "Failed to find any class that implements Connector and which name matches hunter2"))
    assert failed(lambda: connect.validation(CONFIG)).verdict.reason is Reason.PLUGIN_NOT_FOUND


OFFSET = Offset({"filename": "x"}, {"position": 5})
ROW = {"partition": {"filename": "x"}, "offset": {"position": 5}}


@pytest.mark.parametrize(
    ("answer", "offsets"),
    [
        (found({"offsets": [ROW]}), (OFFSET,)),
        (found({"offsets": [{**ROW, "offset": None}]}), (Offset({"filename": "x"}, None),)),
        (found({"offsets": []}), ()),
        (error(404, "Connector c not found"), None),
    ],
)
def test_offsets_are_read(answer: Reply, offsets: tuple[Offset, ...] | None) -> None:
    connect, script, _ = scripted(answer)
    assert connect.offsets("c") == offsets
    assert script.sent[0][:2] == ("GET", "http://c:8083/connectors/c/offsets")


@pytest.mark.parametrize(
    "answer", [found({}), found({"offsets": {}}), found({"offsets": [{"partition": 1}]}), found({"offsets": [{**ROW, "offset": 1}]})]
)
def test_offsets_that_are_none(answer: Reply) -> None:
    connect, _, _ = scripted(answer)
    assert failed(lambda: connect.offsets("c")).verdict.reason is Reason.NOT_CONNECT


@pytest.mark.parametrize(
    ("answer", "whole"),
    [
        (found({"message": "The offsets for this connector have been altered successfully"}), True),
        (found({"message": "The Connect framework-managed offsets for this connector have been altered successfully. However, if"}), False),
        (NO_CONTENT, True),
        (error(404, "Connector c not found"), None),
    ],
)
def test_offsets_are_changed(answer: Reply, whole: bool | None) -> None:
    connect, script, _ = scripted(answer)
    assert (connect.alter_offsets("c", [OFFSET]), connect.reset_offsets("c")) == (whole, whole)
    url = "http://c:8083/connectors/c/offsets"
    assert [sent[:3] for sent in script.sent] == [("PATCH", url, {"offsets": [ROW]}), ("DELETE", url, None)]


def test_offsets_whose_tasks_still_stop_are_tried_again() -> None:
    busy = error(500, "Failed to reset consumer group offsets for connector c either because its tasks haven't stopped completely yet")
    connect, script, _ = scripted(busy, busy, NO_CONTENT)
    assert connect.reset_offsets("c")
    assert len(script.sent) == 3


def test_levels_of_loggers() -> None:
    connect, script, _ = scripted(found({"level": "info", "last_modified": None}), error(404, "Logger x not found."), found({"level": 1}))
    assert (connect.log_level("org.example.A$B"), connect.log_level("x")) == ("INFO", None)
    assert failed(lambda: connect.log_level("x")).verdict.reason is Reason.NOT_CONNECT
    assert script.sent[0][1] == "http://c:8083/admin/loggers/org.example.A%24B"


@pytest.mark.parametrize(("answer", "everywhere", "heeded"), [(NO_CONTENT, True, True), (found(["x"]), True, False), (found(["x"]), False, True)])
def test_a_level_is_set(answer: Reply, everywhere: bool, heeded: bool) -> None:
    connect, script, _ = scripted(answer)
    assert connect.set_log_level("x", "DEBUG", everywhere=everywhere) is heeded
    assert script.sent[0][:3] == ("PUT", f"http://c:8083/admin/loggers/x{'?scope=cluster' if everywhere else ''}", {"level": "DEBUG"})


def test_names_and_all_plugins() -> None:
    converter = {"class": "x.C", "type": "converter", "version": "1"}
    connect, script, _ = scripted(found(["b", "a"]), found([converter]), found({}))
    assert connect.names() == ("a", "b")
    assert connect.all_plugins() == (Plugin("x.C", "converter", "1"),)
    assert failed(connect.names).verdict.reason is Reason.NOT_CONNECT
    assert script.sent[1][1] == "http://c:8083/connector-plugins?connectorsOnly=false"


def test_absence_is_only_what_connect_itself_says() -> None:
    assert scripted(error(404, "Connector c not found"))[0].observe("c").presence is Presence.ABSENT
    for answer in (HTML, error(404, "HTTP 404 Not Found"), NO_CONTENT, REBALANCE, found([]), REFUSED):
        seen = scripted(answer)[0].observe("c")
        assert seen.presence is Presence.UNKNOWN
        assert seen.error is not None


def test_a_list_finds_candidates_only() -> None:
    connect, script, _ = scripted(found({"c": LISTED}))
    seen = connect.observed_in(connect.read_all(), ["c", "d"])
    assert (seen["c"].presence, seen["c"].listed, seen["c"].config) == (Presence.PRESENT, True, CONFIG)
    assert (seen["d"].presence, seen["d"].listed) == (Presence.ABSENT, True)
    assert len(script.sent) == 1


def test_all_configurations_come_without_a_status() -> None:
    connect, script, _ = scripted(found({"c": {"info": LISTED["info"]}, "d": LISTED}))
    assert connect.configs() == {"c": CONFIG, "d": CONFIG}
    assert script.sent[0][1] == "http://c:8083/connectors?expand=info"


@pytest.mark.parametrize(
    "answer", [error(400, "Plugin x not found that matches the version range"), error(404, "Unknown plugin X."), HTML, REBALANCE]
)
def test_a_plugin_that_is_not_known_says_nothing_of_connect(answer: Reply) -> None:
    connect, script, _ = scripted(answer, found(CONFIG))
    assert connect.plain_keys("X") == frozenset()
    assert connect.config("c") == CONFIG
    assert len(script.sent) == 2


def test_a_status_may_be_larger_than_a_configuration() -> None:
    """As it is with many failed tasks and their traces."""
    tasks = [{"id": number, "state": "FAILED", "worker_id": "w", "trace": "x" * 20_000} for number in range(300)]
    with hostile(always(200, json.dumps({**STATUS, "tasks": tasks}).encode())) as server:
        transport = RequestsTransport()
        connect = Connect(server.url, transport)
        status = connect.status("c")
        assert status is not None
        assert len(status.tasks) == 300
        assert "larger than" in failed(lambda: connect.config("c")).verdict.message
        transport.session.close()


# -- what a worker says of itself


def test_a_worker_names_itself() -> None:
    connect, script, _ = scripted(found({"version": "4.3.1", "commit": "x", "kafka_cluster_id": "id-1"}), limits=Limits(read=30.0))
    assert connect.worker_info() == WorkerInfo("4.3.1", "id-1")
    assert script.sent == [("GET", "http://c:8083/", None, 10.0)]


@pytest.mark.parametrize("body", [None, 1, "hunter2", ["hunter2", {}], {"version": "<hunter2>"}])
def test_a_worker_that_a_gate_hides_names_nothing(body: Any) -> None:
    connect, _, _ = scripted(found(body))
    assert connect.worker_info() == WorkerInfo("", "")
    assert connect.down is None


@pytest.mark.parametrize("answer", [REFUSED, error(401, "x"), error(500, "Request timed out")])
def test_a_worker_that_cannot_be_asked_is_no_nameless_one(answer: Reply) -> None:
    connect, script, _ = scripted(answer)
    failed(connect.worker_info)
    assert len(script.sent) == 1


@pytest.mark.parametrize("verb", [Connect.connector_plugins, Connect.configs])
@pytest.mark.parametrize("body", [None, 1, "hunter2", ["hunter2", {}], {"version": "<hunter2>"}, {"c": "hunter2"}])
def test_what_is_no_worker(verb: Callable[[Connect], Any], body: Any) -> None:
    if verb is Connect.connector_plugins and isinstance(body, list):
        assert scripted(found(body))[0].connector_plugins() == ()
        return
    trouble = failed(lambda: verb(scripted(found(body))[0]))
    assert (trouble.verdict.reason, trouble.endpoint) == (Reason.NOT_CONNECT, True)


def test_plugins() -> None:
    connect, _, _ = scripted(found([{"class": "org.example.Sink", "type": "sink", "version": "1.0"}]))
    assert connect.connector_plugins() == (Plugin("org.example.Sink", "sink", "1.0"),)


def test_a_gate_that_hides_the_plugins_is_no_trouble_of_connect() -> None:
    connect, script, _ = scripted(Answer(403, {}, b""))
    assert (connect.known_plugins(), connect.known_plugins(), connect.down) == ((), (), None)
    assert len(script.sent) == 1


LACKING = error(400, "Plugin C not found that matches the version range [9,)")


@pytest.mark.parametrize(
    ("version", "answer", "lacks"), [("[9,)", LACKING, True), ("9", found([]), False), ("", LACKING, False), ("9", REFUSED, False)]
)
def test_a_version_that_no_worker_has(version: str, answer: Reply, lacks: bool) -> None:
    connect, script, _ = scripted(answer)
    assert (connect.lacks("C", version), connect.lacks("C", version)) == (lacks, lacks)
    assert [sent[1].partition("config")[2] for sent in script.sent] == [{"[9,)": "?version=%5B9%2C%29", "9": "?version=9", "": ""}[version]]


STUCK = "Worker was unable to handle this request. The worker is currently writing a config for connector fz to the config topic, which began at 1Z."
HEALTHY = found({"status": "healthy", "message": "Worker has completed startup and is ready to handle requests."})
UNHEALTHY = found({"status": "unhealthy", "message": STUCK}, 500)
STARTING = found({"status": "starting", "message": STUCK}, 503)


@pytest.mark.parametrize(
    ("answer", "ready"),
    [
        (HEALTHY, True),
        (error(404, "HTTP 404 Not Found"), True),
        (UNHEALTHY, True),
        (STARTING, False),
        (HTML, None),
        (error(403, "x"), None),
        (Answer(403, {}, b"<p>"), None),
    ],
)
def test_whether_a_worker_is_ready(answer: Answer, ready: bool | None) -> None:
    connect, script, _ = scripted(answer)
    assert connect.is_ready() is ready
    assert script.sent == [("GET", "http://c:8083/health", None, 12.0)]
    assert connect.down is None


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(REFUSED, Reason.CONNECT_UNREACHABLE), (error(401, "x"), Reason.CONNECT_UNAUTHORIZED), (Answer(200, {}, b"<p>"), Reason.NOT_CONNECT)],
)
def test_whether_a_worker_is_ready_is_not_known(answer: Reply, reason: Reason) -> None:
    connect, script, _ = scripted(answer)
    assert failed(connect.is_ready).verdict.reason is reason
    assert len(script.sent) == 1


def test_a_worker_that_is_not_ready_is_left_for_one_that_is() -> None:
    connect, script, _ = scripted(STARTING, HEALTHY, more_urls=["http://d:8083"])
    assert connect.is_ready()
    assert connect.url_in_use == "http://d:8083"
    connect.config("c")
    assert script.sent[-1][1].startswith("http://d:8083/")


@pytest.mark.parametrize(
    ("answer", "phase"),
    [
        (UNHEALTHY, "writing a config to the config topic"),
        (STARTING, "writing a config to the config topic"),
        (HEALTHY, ""),
        (HTML, ""),
        (REFUSED, ""),
        (found({"message": ["hunter2"]}, 500), ""),
        (found([], 500), ""),
    ],
)
def test_what_a_worker_is_stuck_in(answer: Reply, phase: str) -> None:
    connect, script, _ = scripted(answer)
    assert connect.phase() == phase
    assert [sent[3] for sent in script.sent] == [12.0]
    assert connect.down is None


def test_the_stuck_worker_need_not_be_the_one_in_use() -> None:
    connect, script, _ = scripted(HEALTHY, UNHEALTHY, more_urls=["http://d:8083", "http://e:8083"])
    assert connect.phase() == "writing a config to the config topic"
    assert len(script.sent) == 2
    assert connect.url_in_use == "http://c:8083"


def test_a_write_that_was_given_up_names_the_phase() -> None:
    said = "Request timed out. The worker is currently starting the connector, which began at 2026-11-22T10:00:00Z."
    trouble = failed(lambda: scripted(error(500, said))[0].update("c", CONFIG))
    assert trouble.verdict.message == "Kafka Connect at http://c:8083: a worker was busy for too long (starting the connector)"
    assert trouble.outcome_unknown


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


def listed_in(body: Any) -> Any:
    connect, _, _ = scripted(found(body))
    return connect.observed_in(connect.read_all(), body)


@pytest.mark.parametrize("body", BAD_STATUS)
def test_a_status_of_another_shape(body: Any) -> None:
    assert failed(lambda: scripted(found(body))[0].status("c")).verdict.reason is Reason.NOT_CONNECT
    assert failed(lambda: listed_in({"c": {**LISTED, "status": body}})).verdict.reason is Reason.NOT_CONNECT


@pytest.mark.parametrize("body", SHAPES)
def test_a_configuration_of_another_shape(body: Any) -> None:
    assert failed(lambda: scripted(found(body))[0].config("c")).verdict.reason is Reason.NOT_CONNECT
    for listed in (body, {"info": body, "status": STATUS}, {"info": {"config": body}, "status": STATUS}, {"info": {"config": CONFIG}}):
        assert failed(lambda listed=listed: listed_in({"c": listed})).verdict.reason is Reason.NOT_CONNECT  # type: ignore[misc]
    assert failed(scripted(found(body))[0].read_all).verdict.reason is Reason.NOT_CONNECT


@pytest.mark.parametrize("entry", [*SHAPES, {**LISTED, "status": BAD_STATUS[0]}, {"info": {"config": CONFIG}}])
def test_one_entry_of_another_shape_hides_its_own_connector_only(entry: Any) -> None:
    connect, _, _ = scripted(found({"a": LISTED, "b": entry, "theirs": "x"}))
    view = observe(connect, ["a", "b", "c", "d"], Look(), Clock())
    assert {name: one.presence for name, one in view.observed.items()} == {
        "a": Presence.PRESENT,
        "b": Presence.UNKNOWN,
        **dict.fromkeys("cd", Presence.ABSENT),
    }
    error = view.observed["b"].error
    assert error is not None
    assert (error.verdict.reason, error.endpoint) == (Reason.NOT_CONNECT, False)
    assert "lists b in a form" in error.verdict.message
    assert (view.error, connect.down) == (None, None)


def test_entries_that_are_all_of_another_shape_are_none_of_connect() -> None:
    view = observe(scripted(found({"a": "x", "b": {}}))[0], ["a", "b", "c"], Look(), Clock())
    assert view.error is not None
    assert {one.presence for one in view.observed.values()} == {Presence.UNKNOWN}


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
        seen = observe(Connect(server.url, transport), ["c1", "c99999", "nosuch"], Look(), Clock()).observed
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
        seen = observe(connect, "abcd", Look(), connect.clock).observed
        transport.session.close()
    assert {one.presence for one in seen.values()} == {Presence.PRESENT}
    assert not any(one.listed for one in seen.values())


def test_a_connect_that_is_away_costs_one_list() -> None:
    connect, script, _ = scripted(error(401, "x"))
    seen = observe(connect, "abcd", Look(), connect.clock).observed
    assert {one.presence for one in seen.values()} == {Presence.UNKNOWN}
    assert len(script.sent) == 1


def test_no_connector_is_no_request() -> None:
    connect, script, _ = scripted(found({}))
    assert observe(connect, [], Look(), connect.clock).observed == {}
    assert script.sent == []
