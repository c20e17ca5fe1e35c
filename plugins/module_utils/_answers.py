# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""What an answer of Kafka Connect means: one table, first match counts. Pure.

Texts are those of Apache Kafka Connect 3.9.1 and 4.3.1 as observed; status first, never by Content-Type.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from ._model import ERRORS_LIMIT, FieldError, Reason, Verdict


class Meaning(str, Enum):
    OK = "ok"
    ABSENT = "absent"
    EXISTS = "exists"
    NO_INITIAL_STATE = "initial_state is not known"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True)
class Rule:
    """``text`` is searched in Connect's own message; None: any body, "" : a body that is not Connect's error JSON.

    ``retry``: worth another try within the pass; ``once``: just one. ``unknown``: a write may have been applied.
    ``endpoint``: it is not about this connector. ``gate``: something before Connect can have said it. ``elsewhere``: another worker may answer
    a read; ``together``: all that is sent waits.
    """

    statuses: Iterable[int]
    text: str | None
    meaning: Meaning
    reason: Reason | None = None
    says: str = ""
    method: str = ""
    retry: bool = False
    once: bool = False
    unknown: bool = False
    endpoint: bool = False
    gate: bool = False
    elsewhere: bool = False
    together: bool = False


_REBALANCING = "its workers are rebalancing"
_NOT_YET = "it answers with a page that is not Kafka Connect's; check host, port and path, or wait until the worker has started"

_OWN_ERROR = Rule(
    (500,), None, Meaning.FAILED, Reason.CONNECT_REBALANCING, "it had an error of its own (500); its log says which", retry=True, unknown=True
)

RULES: tuple[Rule, ...] = (
    Rule((204,), None, Meaning.FAILED, Reason.CONNECT_REBALANCING, "the connector is being deleted", method="GET", retry=True),
    Rule(range(200, 203), None, Meaning.OK),
    Rule((204,), None, Meaning.OK),
    Rule(
        range(300, 400),
        None,
        Meaning.FAILED,
        Reason.NOT_CONNECT,
        "it redirects elsewhere, which is not followed; name the final address",
        endpoint=True,
    ),
    Rule((401,), None, Meaning.FAILED, Reason.CONNECT_UNAUTHORIZED, "it wants credentials, or does not accept these (401)", endpoint=True),
    Rule((403,), None, Meaning.FAILED, Reason.CONNECT_FORBIDDEN, "it does not allow this (403)", endpoint=True, gate=True),
    Rule((407,), None, Meaning.FAILED, Reason.NOT_CONNECT, "a proxy wants credentials (407)", endpoint=True),
    Rule((404,), r"^Connector .* not found$|^Unknown (connector:?|task:) |^No status found for |^Status for connector ", Meaning.ABSENT),
    Rule((404,), r".", Meaning.FAILED, Reason.NOT_CONNECT, "Kafka Connect does not know this path; check the path of its URL", endpoint=True),
    Rule((404,), "", Meaning.FAILED, Reason.NOT_CONNECT, _NOT_YET, retry=True, endpoint=True, elsewhere=True),
    Rule((409,), r"already exists$", Meaning.EXISTS),
    Rule((409,), None, Meaning.FAILED, Reason.CONNECT_REBALANCING, _REBALANCING, retry=True, together=True),
    Rule((400, 500), r"Failed to find any class that implements Connector", Meaning.REFUSED, Reason.PLUGIN_NOT_FOUND),
    Rule((400,), r"Plugin .* not found that matches the version range", Meaning.REFUSED, Reason.PLUGIN_NOT_FOUND),
    Rule((400,), r".", Meaning.REFUSED, Reason.INVALID_CONFIG),
    Rule((400, 414, 431), "", Meaning.FAILED, Reason.INVALID_SPEC, "the worker does not accept this connector name in a URL (400)"),
    Rule((413,), None, Meaning.REFUSED, Reason.INVALID_CONFIG),
    Rule((429,), None, Meaning.FAILED, Reason.CONNECT_THROTTLED, "it asks for fewer requests (429)", retry=True, endpoint=True, together=True),
    Rule((500,), r"rebalance is expected", Meaning.FAILED, Reason.CONNECT_REBALANCING, _REBALANCING, retry=True, together=True),
    Rule(
        (500,),
        r"Error trying to forward REST request: .*(ConnectException|Connection refused|UnresolvedAddress|UnknownHost)",
        Meaning.FAILED,
        Reason.CONNECT_REBALANCING,
        "the worker cannot reach its leader",
        retry=True,
        together=True,
    ),
    Rule(
        (500,),
        r"Error trying to forward REST request",
        Meaning.FAILED,
        Reason.CONNECT_REBALANCING,
        "the worker got no answer from its leader",
        retry=True,
        unknown=True,
    ),
    Rule((500,), r"can be safely retried", Meaning.FAILED, Reason.CONNECT_REBALANCING, "the worker asks to try again", retry=True),
    Rule((500,), r"Failed to start connector", Meaning.FAILED, Reason.CONNECT_REBALANCING, "the connector is being started", once=True),
    Rule(
        (500,),
        r"Cannot invoke .*rest\.entities\.Connecto",
        Meaning.FAILED,
        Reason.CONNECT_REBALANCING,
        "the connector is being deleted",
        method="GET",
        retry=True,
    ),
    Rule((500,), r'Unrecognized field "initial_state"', Meaning.NO_INITIAL_STATE),
    Rule((500,), r"Could not read properties from file", Meaning.REFUSED, Reason.INVALID_CONFIG),
    Rule((500,), r"^Request timed out", Meaning.FAILED, Reason.CONNECT_TIMEOUT, "a worker was busy for too long", unknown=True),
    Rule(
        (500,),
        r"^Error (writing|removing) ",
        Meaning.FAILED,
        Reason.CONNECT_TIMEOUT,
        "it could not write to Kafka; look at its brokers, and at the size of the configuration",
        unknown=True,
    ),
    Rule(
        (500,),
        r"Cannot deserialize|Unrecognized field|Unexpected (character|end-of-input)|Unrecognized token",
        Meaning.REFUSED,
        Reason.INVALID_CONFIG,
    ),
    Rule(
        (502, 504),
        None,
        Meaning.FAILED,
        Reason.CONNECT_UNREACHABLE,
        "a proxy before it does not reach it",
        retry=True,
        unknown=True,
        endpoint=True,
        gate=True,
        elsewhere=True,
    ),
    Rule(
        (503,),
        None,
        Meaning.FAILED,
        Reason.CONNECT_UNREACHABLE,
        "it is not ready (503)",
        retry=True,
        endpoint=True,
        elsewhere=True,
        together=True,
    ),
    _OWN_ERROR,
    Rule(
        range(100, 600),
        None,
        Meaning.FAILED,
        Reason.NOT_CONNECT,
        "it answers as Kafka Connect never does; check host, port and path",
        endpoint=True,
        gate=True,
    ),
)


def rule_for(method: str, status: int, message: str | None) -> Rule:
    """The rule for an answer; ``message`` is that of Connect's error JSON, None if the body is something else."""
    return next(rule for rule in RULES if _applies(rule, method, status, message))


def connector_rule(method: str, status: int, message: str | None) -> Rule:
    """The rule for an answer to a request about one connector.

    A gate before Connect can forbid one connector and allow the others, and a proxy may wait too short a time for one slow write.
    """
    rule = rule_for(method, status, message)
    of_one = rule.gate and (rule.reason is Reason.CONNECT_FORBIDDEN or method != "GET")
    return replace(rule, endpoint=False) if of_one else rule


# What /health says of a worker (KIP-1017, Connect >= 3.9).
NOT_READY = Rule((503,), None, Meaning.FAILED, Reason.CONNECT_UNREACHABLE, "its worker is not ready", endpoint=True, elsewhere=True)
_NO_HEALTH = Rule((404,), r"", Meaning.OK)
# A page in its place: of Jetty's while the worker starts, as for every path, or for good of a gate that shows only some paths.
HIDDEN = Rule((403, 404), None, Meaning.FAILED, Reason.CONNECT_UNREACHABLE, "it does not show /health", endpoint=True, elsewhere=True)
# It has started, and one of its threads is stuck: what it lists can be believed all the same (observed on 4.3.1).
_STUCK = Rule((500,), None, Meaning.OK)


def health_rule(method: str, status: int, message: str | None) -> Rule:
    """The rule for an answer of ``/health``. An older Connect does not know it: that is its own 404, and no page of Jetty's."""
    if status == 404 and message is not None:
        return _NO_HEALTH
    if status in HIDDEN.statuses:
        return HIDDEN
    if status in _STUCK.statuses:
        return _STUCK
    return NOT_READY if status in NOT_READY.statuses else rule_for(method, status, message)


# It was started anew, which its status tells no less: it failed, or somebody else restarts it as well (observed on 3.9.1 and 4.3.1).
_RESTARTED = Rule((500,), r"^Failed to start connector", Meaning.OK)


def restart_rule(method: str, status: int, message: str | None) -> Rule:
    """The rule for an answer to a restart."""
    return _RESTARTED if _applies(_RESTARTED, method, status, message) else rule_for(method, status, message)


def _refused(statuses: Iterable[int], text: str | None, says: str, *, retry: bool = False) -> Rule:
    return Rule(statuses, text, Meaning.FAILED, Reason.OFFSETS_REFUSED, says, retry=retry)


_TOO_OLD = "it is too old for that: offsets can be read since Kafka Connect 3.5 and changed since 3.6"
# Connector and plugin refuse with 500 as well as with 400.
_REFUSED_OFFSETS = _refused((400, 500), r".", "the connector's plugin, or Kafka, does not accept these offsets; the worker's log says why")
# What Connect says of offsets (KIP-875), texts of 3.9.1 and 4.3.1.
OFFSETS: tuple[Rule, ...] = (
    _refused((404, 405), r"^HTTP 40", _TOO_OLD),
    _refused((400,), r"^Connectors must be in the STOPPED state", "the connector is not stopped; its offsets can be changed only then"),
    _refused((500,), r"haven't stopped completely yet", "the tasks of the connector have not stopped completely yet", retry=True),
    _refused((500,), r"doesn't support external modification of offsets", "the connector's plugin does not let its offsets be changed"),
    _refused(
        (400,), r"must contain the keys 'kafka_topic' and 'kafka_partition'", "a partition of a sink needs the keys kafka_topic and kafka_partition"
    ),
    _refused((400,), r"either be null or contain the key 'kafka_offset'", "an offset of a sink needs the key kafka_offset"),
)


def offsets_rule(method: str, status: int, message: str | None) -> Rule:
    """The rule for an answer that is about offsets."""
    found = next((rule for rule in OFFSETS if _applies(rule, method, status, message)), None) or rule_for(method, status, message)
    unknown = found.meaning is Meaning.REFUSED or found is _OWN_ERROR
    return _REFUSED_OFFSETS if unknown and method != "GET" and _applies(_REFUSED_OFFSETS, method, status, message) else found


# What Connect says of loggers (KIP-495), texts of 3.9.1 and 4.3.1.
LOGGERS: tuple[Rule, ...] = (
    Rule((404,), r"^Logger .* not found", Meaning.ABSENT),
    Rule((404,), r"^invalid log level", Meaning.FAILED, Reason.INVALID_SPEC, "it does not know this level, or has no log4j"),
    Rule((404,), r"^HTTP 404", Meaning.FAILED, Reason.NOT_CONNECT, "it tells nothing of loggers at this address; see its property admin.listeners"),
)


def loggers_rule(method: str, status: int, message: str | None) -> Rule:
    """The rule for an answer that is about loggers."""
    return next((rule for rule in LOGGERS if _applies(rule, method, status, message)), None) or rule_for(method, status, message)


def _applies(rule: Rule, method: str, status: int, message: str | None) -> bool:
    if status not in rule.statuses or (rule.method and rule.method != method):
        return False
    if rule.text is None:
        return True
    if rule.text == "":
        return message is None
    return message is not None and re.search(rule.text, message) is not None


_MISSING = re.compile(r'^Missing required configuration "([A-Za-z][\w.$-]{0,120})" which has no default value\.$')
_INVALID = re.compile(r"^Invalid value .* for configuration ([^\s:]+)(?:: (.*))?$")
# As Debezium words its own checks, such as a login that does not work.
_NAMED = re.compile(r"^The '([^']+)' value is invalid: ")
_KNOWN_REASONS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"^Not a number of type (INT|SHORT|LONG|DOUBLE)\b"), r"must be a number of type \1"),
    (re.compile(r"^Value must be non-null"), "needs a value"),
    (re.compile(r"^Value must be (at least|no more than) (-?[0-9.]{1,25})$"), r"must be \1 \2"),
    (re.compile(r"^String must be one of"), "must be one of the values that the plugin allows"),
    (re.compile(r"^String (may not|must not|must be non-)"), "may not be empty"),
    (re.compile(r"^Expected value to be either true or false"), "must be true or false"),
    (re.compile(r"^Class .* could not be found"), "names a class that no plugin of this Connect has"),
    (re.compile(r"^Must configure one of topics or topics.regex"), "topics or topics.regex is needed"),
)


# What Connect validates also where it is not set. Any other key that the configuration does not hold may be part of a value.
_FRAMEWORK_KEYS = frozenset(
    (
        "name",
        "tasks.max",
        "topics",
        "topics.regex",
        "key.converter",
        "value.converter",
        "header.converter",
        "errors.tolerance",
        "config.action.reload",
    )
)


def validation_errors(message: str, keys: Iterable[str]) -> tuple[FieldError, ...]:
    """What a validation answer (400) says of each key, rebuilt from keys and known reasons.

    Connect puts values into this text, resolved secrets among them, so none of it is passed on as it is.
    """
    known = {*keys, *_FRAMEWORK_KEYS}
    found: dict[str, str] = {}
    for line in message.splitlines():
        missing = _MISSING.match(line)
        invalid = _INVALID.match(line)
        named = _NAMED.match(line)
        if missing:
            found.setdefault(missing.group(1), "is required")
        elif invalid and invalid.group(1) in known:
            found.setdefault(invalid.group(1), _reason(invalid.group(2) or ""))
        elif named and named.group(1) in known:
            found.setdefault(named.group(1), _UNKNOWN)
        elif line.startswith("Must configure one of topics"):
            found.setdefault("topics", "topics or topics.regex is needed")
    return _field_errors(found)


def validated(payload: Any) -> tuple[FieldError, ...] | None:
    """What the answer of the validate endpoint says of each key, rebuilt likewise; None if it is no such answer.

    The keys are those that the plugin declares, so they can be named whether the configuration holds them or not.
    """
    rows = payload.get("configs") if isinstance(payload, dict) else None
    if not isinstance(rows, list):
        return None
    values = [row["value"] for row in rows if isinstance(row, dict) and isinstance(row.get("value"), dict)]
    found: dict[str, str] = {}
    for value in values:
        key, errors = value.get("name"), value.get("errors")
        if isinstance(key, str) and isinstance(errors, list) and errors:
            found[key] = _worded(key, [line for line in errors if isinstance(line, str)])
    return _field_errors(found)


def _worded(key: str, lines: list[str]) -> str:
    texts = {error.field: error.message for error in validation_errors("\n".join(lines), [key])}
    return texts.get(key, _UNKNOWN)


def _field_errors(found: Mapping[str, str]) -> tuple[FieldError, ...]:
    return tuple(FieldError(key[:_FIELD_LIMIT], reason) for key, reason in sorted(found.items()))[:ERRORS_LIMIT]


_UNKNOWN = "is refused by the plugin; the worker's log says why"
_FIELD_LIMIT = 249


def _reason(text: str) -> str:
    for pattern, rebuilt in _KNOWN_REASONS:
        match = pattern.match(text)
        if match:
            return match.expand(rebuilt)
    return _UNKNOWN


LISTED_LIMIT = 8


def plugin_not_found(plugin: str, matches: Iterable[str] = ()) -> Verdict:
    """The verdict on a plugin that no worker has.

    :param plugin: the class that was asked for, and its version if one was.
    :param matches: classes that were perhaps meant.
    """
    meant = " or ".join(matches)
    remedy = f"did you mean {meant}?" if meant else "correct the class or the version, or install the plugin"
    return Verdict(Reason.PLUGIN_NOT_FOUND, f"no worker of this Connect has a connector plugin {plugin}; {remedy}")


def invalid_config(errors: Sequence[FieldError]) -> Verdict:
    """The verdict on a configuration that Connect refused."""
    if not errors:
        return Verdict(Reason.INVALID_CONFIG, "Connect refused the configuration; the worker's log says why")
    return Verdict(Reason.INVALID_CONFIG, f"Connect refused the configuration: {listed(errors)}")


def listed(errors: Sequence[FieldError]) -> str:
    """Errors of a configuration in one text."""
    text = "; ".join(f"{error.field} {error.message}" for error in errors[:LISTED_LIMIT])
    return text + ("; and others" if len(errors) > LISTED_LIMIT else "")
