# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Connect's answers mean: rows observed on 3.9.1 and 4.3.1."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _answers
from ansible_collections.saiello.kafka_connect.plugins.module_utils._answers import (
    Meaning,
    invalid_config,
    plugin_not_found,
    rule_for,
    validated,
    validation_errors,
)
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import ERRORS_LIMIT, FieldError, Reason
from hypothesis import given
from hypothesis import strategies as st

OK, ABSENT, EXISTS, REFUSED, FAILED = Meaning.OK, Meaning.ABSENT, Meaning.EXISTS, Meaning.REFUSED, Meaning.FAILED
HTML = None  # a body that is not Connect's error JSON
NO_CLASS = "Failed to find any class that implements Connector and which name matches com.acme.Nope, available connectors are: PluginDesc{klass=...}"
FORWARD = "IO Error trying to forward REST request: "

# method, status, message, meaning, reason
ROWS: list[tuple[str, int, str | None, Meaning, Reason | None]] = [
    ("GET", 200, HTML, OK, None),
    ("POST", 201, HTML, OK, None),
    ("PUT", 202, HTML, OK, None),
    ("PUT", 204, HTML, OK, None),
    ("DELETE", 204, HTML, OK, None),
    ("GET", 204, HTML, FAILED, Reason.CONNECT_REBALANCING),
    ("GET", 301, HTML, FAILED, Reason.NOT_CONNECT),
    ("PUT", 307, "moved", FAILED, Reason.NOT_CONNECT),
    ("GET", 401, HTML, FAILED, Reason.CONNECT_UNAUTHORIZED),
    ("PUT", 401, "User cannot access the resource.", FAILED, Reason.CONNECT_UNAUTHORIZED),
    ("GET", 403, HTML, FAILED, Reason.CONNECT_FORBIDDEN),
    ("GET", 407, HTML, FAILED, Reason.NOT_CONNECT),
    # an unknown connector
    ("GET", 404, "Connector nosuch not found", ABSENT, None),
    ("GET", 404, "Connector a->b c not found", ABSENT, None),
    ("DELETE", 404, "Connector nosuch not found", ABSENT, None),
    ("GET", 404, "No status found for connector fz", ABSENT, None),
    ("PUT", 404, "Unknown connector fz", ABSENT, None),
    ("POST", 404, "Unknown connector: nosuch", ABSENT, None),
    ("POST", 404, "Status for connector hs not found", ABSENT, None),
    ("POST", 404, "Unknown task: hs-9", ABSENT, None),
    # no connector is meant: Connect's own 404 for a route, a page of Jetty's or of somebody else's
    ("GET", 404, "HTTP 404 Not Found", FAILED, Reason.NOT_CONNECT),
    ("GET", 404, "Not Found", FAILED, Reason.NOT_CONNECT),
    ("GET", 404, HTML, FAILED, Reason.NOT_CONNECT),
    ("DELETE", 404, HTML, FAILED, Reason.NOT_CONNECT),
    ("POST", 409, "Connector ex already exists", EXISTS, None),
    (
        "PUT",
        409,
        "Cannot complete request momentarily due to stale configuration (typically caused by a concurrent config change)",
        FAILED,
        Reason.CONNECT_REBALANCING,
    ),
    ("GET", 409, HTML, FAILED, Reason.CONNECT_REBALANCING),
    ("PUT", 400, NO_CLASS, REFUSED, Reason.PLUGIN_NOT_FOUND),
    ("POST", 500, NO_CLASS, REFUSED, Reason.PLUGIN_NOT_FOUND),
    ("PUT", 400, "Plugin x not found that matches the version range [9.9.9,9.9.9], available versions: [4.3.1]", REFUSED, Reason.PLUGIN_NOT_FOUND),
    ("PUT", 400, "Connector configuration is invalid and contains the following 1 error(s):\nx", REFUSED, Reason.INVALID_CONFIG),
    ("PUT", 400, "Connector config {name=x, topic=S3cret} contains no connector type", REFUSED, Reason.INVALID_CONFIG),
    ("PUT", 400, HTML, FAILED, Reason.INVALID_SPEC),
    ("PUT", 413, HTML, REFUSED, Reason.INVALID_CONFIG),
    ("PUT", 414, HTML, FAILED, Reason.INVALID_SPEC),
    ("GET", 405, "HTTP 405 Method Not Allowed", FAILED, Reason.NOT_CONNECT),
    ("GET", 406, "HTTP 406 Not Acceptable", FAILED, Reason.NOT_CONNECT),
    ("PUT", 415, "HTTP 415 Unsupported Media Type", FAILED, Reason.NOT_CONNECT),
    ("GET", 418, HTML, FAILED, Reason.NOT_CONNECT),
    ("GET", 203, HTML, FAILED, Reason.NOT_CONNECT),
    ("GET", 206, HTML, FAILED, Reason.NOT_CONNECT),
    ("GET", 429, HTML, FAILED, Reason.CONNECT_THROTTLED),
    ("GET", 500, "Request cannot be completed because a rebalance is expected", FAILED, Reason.CONNECT_REBALANCING),
    (
        "GET",
        500,
        'Cannot invoke "org.apache.kafka.connect.runtime.rest.entities.ConnectorInfo.config()" because x is null',
        FAILED,
        Reason.CONNECT_REBALANCING,
    ),
    ("PUT", 500, FORWARD + "java.net.ConnectException: Connection refused", FAILED, Reason.CONNECT_REBALANCING),
    ("PUT", 500, FORWARD + "java.util.concurrent.TimeoutException: Idle timeout expired", FAILED, Reason.CONNECT_REBALANCING),
    ("PUT", 500, "Failed to start connector: okc", FAILED, Reason.CONNECT_REBALANCING),
    (
        "PUT",
        500,
        "Failed to alter x: haven't stopped completely yet. If so, this operation can be safely retried.",
        FAILED,
        Reason.CONNECT_REBALANCING,
    ),
    ("POST", 500, 'Unrecognized field "initial_state" (class CreateConnectorRequest)', Meaning.NO_INITIAL_STATE, None),
    ("PUT", 500, "Could not read properties from file /x", REFUSED, Reason.INVALID_CONFIG),
    ("PUT", 500, "Request timed out. The worker is currently starting the connector, which began at x", FAILED, Reason.CONNECT_TIMEOUT),
    ("PUT", 500, "Error writing connector configuration to Kafka", FAILED, Reason.CONNECT_TIMEOUT),
    ("PUT", 500, "Error writing target state to Kafka", FAILED, Reason.CONNECT_TIMEOUT),
    ("DELETE", 500, "Error removing connector configuration from Kafka", FAILED, Reason.CONNECT_TIMEOUT),
    ("PUT", 500, "Cannot deserialize value of type java.lang.String from Object value", REFUSED, Reason.INVALID_CONFIG),
    ("POST", 500, 'Unrecognized field "foo" (class CreateConnectorRequest)', REFUSED, Reason.INVALID_CONFIG),
    ("PUT", 500, "Unexpected end-of-input: x", REFUSED, Reason.INVALID_CONFIG),
    ("PUT", 500, "Unrecognized token 'xx'", REFUSED, Reason.INVALID_CONFIG),
    ("GET", 500, HTML, FAILED, Reason.CONNECT_REBALANCING),
    ("PUT", 500, "something new", FAILED, Reason.CONNECT_REBALANCING),
    ("GET", 501, HTML, FAILED, Reason.NOT_CONNECT),
    ("GET", 502, HTML, FAILED, Reason.CONNECT_UNREACHABLE),
    ("GET", 503, '{"status":"starting"}', FAILED, Reason.CONNECT_UNREACHABLE),
    ("GET", 504, HTML, FAILED, Reason.CONNECT_UNREACHABLE),
]


@pytest.mark.parametrize(("method", "status", "message", "meaning", "reason"), ROWS)
def test_meaning(method: str, status: int, message: str | None, meaning: Meaning, reason: Reason | None) -> None:
    rule = rule_for(method, status, message)
    assert rule.meaning is meaning
    if reason is not None:
        assert rule.reason is reason
    if meaning is FAILED:
        assert rule.says


RETRIED = [
    ("GET", 204, HTML),
    ("GET", 404, HTML),
    ("PUT", 409, "momentarily"),
    ("GET", 429, HTML),
    ("PUT", 500, "Request cannot be completed because a rebalance is expected"),
    ("PUT", 500, FORWARD + "java.net.ConnectException: Connection refused"),
    ("GET", 502, HTML),
    ("GET", 503, HTML),
    ("GET", 500, HTML),
]


@pytest.mark.parametrize(("method", "status", "message"), RETRIED)
def test_worth_another_try(method: str, status: int, message: str | None) -> None:
    assert rule_for(method, status, message).retry


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (401, None),
        (403, None),
        (301, None),
        (405, "x"),
        (400, None),
        (404, "HTTP 404 Not Found"),
        (500, "Request timed out"),
        (500, "Error writing x"),
    ],
)
def test_not_worth_another_try(status: int, message: str | None) -> None:
    rule = rule_for("PUT", status, message)
    assert not rule.retry
    assert not rule.once


def test_worth_just_one_more() -> None:
    assert rule_for("PUT", 500, "Failed to start connector: okc").once


UNKNOWN = [
    (500, "Request timed out. x"),
    (500, "Error writing target state to Kafka"),
    (500, FORWARD + "java.util.concurrent.TimeoutException: Idle timeout expired: 90000/90000 ms"),
    (500, "something new"),
    (500, HTML),
    (502, HTML),
    (504, HTML),
]


@pytest.mark.parametrize(("status", "message"), UNKNOWN)
def test_a_write_may_have_been_applied(status: int, message: str | None) -> None:
    assert rule_for("POST", status, message).unknown


@pytest.mark.parametrize(
    ("status", "message"),
    [(409, "x"), (429, None), (503, None), (401, None), (404, None), (500, "a rebalance is expected"), (500, FORWARD + "Connection refused")],
)
def test_a_write_was_not_applied(status: int, message: str | None) -> None:
    assert not rule_for("POST", status, message).unknown


@pytest.mark.parametrize(
    ("status", "message"), [(401, None), (403, None), (302, None), (404, None), (429, None), (502, None), (503, None), (418, None)]
)
def test_all_of_this_connect_is_concerned(status: int, message: str | None) -> None:
    assert rule_for("GET", status, message).endpoint


@pytest.mark.parametrize(("status", "message"), [(400, None), (400, "x"), (409, "x"), (500, "Request timed out"), (500, "something new")])
def test_one_connector_is_concerned(status: int, message: str | None) -> None:
    assert not rule_for("PUT", status, message).endpoint


@given(st.sampled_from(["GET", "PUT", "POST", "DELETE"]), st.integers(100, 599), st.none() | st.text())
def test_there_is_a_meaning_for_everything(method: str, status: int, message: str | None) -> None:
    rule = rule_for(method, status, message)
    assert rule.meaning is not FAILED or (rule.reason is not None and rule.says)
    assert rule.meaning is not ABSENT or (status == 404 and message)


# -- validation


KEYS = ("connector.class", "tasks.max", "errors.tolerance", "db.port", "key.converter", "name", "flag", "topic")
HEAD = "Connector configuration is invalid and contains the following {} error(s):\n"
TAIL = "\nYou can also find the above list of errors at the endpoint `/connector-plugins/{{connectorType}}/config/validate`"


def answer(*lines: str) -> str:
    return HEAD.format(len(lines)) + "\n".join(lines) + TAIL


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("Invalid value abc for configuration tasks.max: Not a number of type INT", ("tasks.max", "must be a number of type INT")),
        ("Invalid value null for configuration tasks.max: Value must be non-null", ("tasks.max", "needs a value")),
        (
            "Invalid value x for configuration errors.tolerance: String must be one of: none, all",
            ("errors.tolerance", "must be one of the values that the plugin allows"),
        ),
        ("Invalid value 77 for configuration db.port: Value must be no more than 10", ("db.port", "must be no more than 10")),
        ("Invalid value -1 for configuration db.port: Value must be at least 1", ("db.port", "must be at least 1")),
        ("Invalid value  for configuration name: String may not be empty", ("name", "may not be empty")),
        ("Invalid value x for configuration flag: Expected value to be either true or false", ("flag", "must be true or false")),
        (
            "Invalid value com.acme.C for configuration key.converter: Class com.acme.C could not be found.",
            ("key.converter", "names a class that no plugin of this Connect has"),
        ),
        ("Invalid value hunter2 for configuration topic: hunter2 is bad", ("topic", "is refused by the plugin; the worker's log says why")),
        ("Invalid value hunter2 for configuration topic", ("topic", "is refused by the plugin; the worker's log says why")),
        ('Missing required configuration "db.host" which has no default value.', ("db.host", "is required")),
        ("Must configure one of topics or topics.regex", ("topics", "topics or topics.regex is needed")),
    ],
)
def test_validation_errors_are_rebuilt(line: str, found: tuple[str, str]) -> None:
    assert validation_errors(answer(line), KEYS) == (FieldError(*found),)
    # The validate endpoint tells the key beside the text.
    assert validated({"configs": [{"value": {"name": found[0], "errors": [line]}}]}) == (FieldError(*found),)


def test_one_reason_for_each_key_in_the_order_of_keys() -> None:
    text = answer(
        "Invalid value abc for configuration tasks.max: Not a number of type INT",
        "Invalid value null for configuration tasks.max: Value must be non-null",
        "Must configure one of topics or topics.regex",
        "Must configure one of topics or topics.regex",
        "Invalid value 77 for configuration db.port: Value must be no more than 10",
    )
    assert [error.field for error in validation_errors(text, KEYS)] == ["db.port", "tasks.max", "topics"]


def test_a_long_list_is_cut() -> None:
    keys = [f"key{number}" for number in range(30)]
    errors = validation_errors(answer(*(f"Invalid value x for configuration {key}: y" for key in keys)), keys)
    assert len(errors) == ERRORS_LIMIT
    message = invalid_config(errors).message
    assert message.count("is refused by the plugin") == _answers.LISTED_LIMIT
    assert message.endswith("; and others")


def test_an_unknown_class_is_named_as_the_spec_names_it() -> None:
    assert rule_for("PUT", 400, NO_CLASS).reason is Reason.PLUGIN_NOT_FOUND
    verdict = plugin_not_found("C")
    assert verdict.reason is Reason.PLUGIN_NOT_FOUND
    assert verdict.message == "no worker of this Connect has a connector plugin C; correct the class or the version, or install the plugin"
    assert plugin_not_found("N", ("A", "B")).message.endswith("plugin N; did you mean A or B?")


@pytest.mark.parametrize("payload", [None, [], "x", {}, {"configs": None}, {"configs": {}}])
def test_what_is_no_answer_to_a_validation_says_nothing(payload: Any) -> None:
    assert validated(payload) is None


def test_a_validation_names_what_is_wrong_and_no_value() -> None:
    rows: list[Any] = [
        {"value": {"name": "fine", "errors": []}},
        {"value": {"name": "topic", "errors": ["hunter2 is bad", "so it is"]}},
        {"value": {"name": "db.port", "errors": ["Invalid value 77hunter2 for configuration db.port: Not a number of type INT"]}},
        {"value": {"name": "odd", "errors": [None]}},
        {"value": {"errors": ["x"]}},
        {"value": None},
        None,
    ]
    assert validated({"configs": rows}) == (
        FieldError("db.port", "must be a number of type INT"),
        FieldError("odd", "is refused by the plugin; the worker's log says why"),
        FieldError("topic", "is refused by the plugin; the worker's log says why"),
    )
    assert validated({"configs": []}) == ()


def test_a_check_of_debezium_names_its_key() -> None:
    text = answer("The 'db.port' value is invalid: Unable to connect: hunter2", "The 'hunter2' value is invalid: no")
    assert validation_errors(text, KEYS) == (FieldError("db.port", "is refused by the plugin; the worker's log says why"),)


secrets = st.text(min_size=6).map(lambda text: f"S3{text}cret").filter(lambda text: len(text.split()) == 1)
shapes = st.sampled_from(
    [
        "Invalid value {0} for configuration topic: {0} is not allowed",
        "Invalid value {0} for configuration {0}: Not a number of type INT",
        "Invalid value x for configuration {0} for configuration topic: String must be one of: {0}",
        "Invalid value x for configuration topic: no {0} for configuration {0}: {0}",
        "Invalid value 1 for configuration db.port: Value must be at least {0}",
        "Invalid value 1 for configuration db.port: Not a number of type {0}",
        "Invalid value x\n{0}\n{0}.y for configuration topic: bad",
        'Missing required configuration "{0}"',
        'Missing required configuration "topic" {0}',
        "Connector config {{name=x, topic={0}}} contains no connector type",
        "The '{0}' value is invalid: {0}",
        "The 'topic' value is invalid: {0}",
        "Must configure one of topics or topics.regex {0}",
        "Class {0} could not be found",
        "{0}",
    ]
)


@given(st.lists(st.tuples(shapes, secrets), min_size=1, max_size=5), st.booleans())
def test_no_value_is_passed_on(rows: list[tuple[str, str]], framed: bool) -> None:
    lines = [shape.format(secret) for shape, secret in rows]
    text = answer(*lines) if framed else "\n".join(lines)
    row = {"value": {"name": "topic", "errors": lines}}
    found = [*validation_errors(text, KEYS), *(validated({"configs": [row]}) or ())]
    said = invalid_config(found).message + str(found)
    for _, secret in rows:
        assert secret not in said


ALTER_TEXT = (
    "Failed to alter consumer group offsets for connector ss either because its tasks haven't stopped completely yet or the connector was resumed"
)

# method, status, message, reason, whether it is worth another try
OFFSETS: list[tuple[str, int, str | None, Reason, bool]] = [
    ("PATCH", 400, "Connectors must be in the STOPPED state before their offsets can be modified. This can be", Reason.OFFSETS_REFUSED, False),
    ("DELETE", 500, ALTER_TEXT, Reason.OFFSETS_REFUSED, True),
    ("PATCH", 500, "Failed to modify offsets for sink connector ok", Reason.OFFSETS_REFUSED, False),
    ("PATCH", 500, "The value for the 'position' key in the offset is expected to be a Long value", Reason.OFFSETS_REFUSED, False),
    ("PATCH", 400, "The offset for a sink connector should either be null or contain the key 'kafka_offset'", Reason.OFFSETS_REFUSED, False),
    ("PATCH", 500, "Cannot deserialize value of type x", Reason.OFFSETS_REFUSED, False),
    ("PATCH", 405, "HTTP 405 Method Not Allowed", Reason.OFFSETS_REFUSED, False),
    ("GET", 404, "HTTP 404 Not Found", Reason.OFFSETS_REFUSED, False),
    ("GET", 500, "anything", Reason.CONNECT_REBALANCING, True),
    ("PATCH", 500, "Request timed out", Reason.CONNECT_TIMEOUT, False),
    ("PATCH", 409, "Cannot complete request momentarily due to stale configuration", Reason.CONNECT_REBALANCING, True),
    ("PATCH", 500, HTML, Reason.CONNECT_REBALANCING, True),
    ("PATCH", 401, HTML, Reason.CONNECT_UNAUTHORIZED, False),
]


@pytest.mark.parametrize(("method", "status", "message", "reason", "retry"), OFFSETS)
def test_offsets(method: str, status: int, message: str | None, reason: Reason, retry: bool) -> None:
    rule = _answers.offsets_rule(method, status, message)
    assert (rule.meaning, rule.reason, rule.retry) == (FAILED, reason, retry)


@pytest.mark.parametrize(
    ("status", "message", "meaning", "reason"),
    [
        (200, HTML, OK, None),
        (404, "Logger org.example not found.", ABSENT, None),
        (404, "invalid log level 'LOUD'.", FAILED, Reason.INVALID_SPEC),
        (404, "HTTP 404 Not Found", FAILED, Reason.NOT_CONNECT),
        (404, HTML, FAILED, Reason.NOT_CONNECT),
        (403, HTML, FAILED, Reason.CONNECT_FORBIDDEN),
    ],
)
def test_loggers(status: int, message: str | None, meaning: Meaning, reason: Reason | None) -> None:
    rule = _answers.loggers_rule("PUT", status, message)
    assert (rule.meaning, rule.reason) == (meaning, reason)


@pytest.mark.parametrize(
    ("status", "message", "meaning"), [(500, "Failed to start connector: c", OK), (204, HTML, OK), (404, "Unknown task: c-1", ABSENT)]
)
def test_restarts(status: int, message: str | None, meaning: Meaning) -> None:
    assert _answers.restart_rule("POST", status, message).meaning is meaning
