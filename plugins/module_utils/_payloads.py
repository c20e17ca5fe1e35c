# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""What Kafka Connect sends, taken apart. Anything may be in it. Pure."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from ._model import ConnectorStatus, Definitions, TaskStatus


class PayloadError(ValueError):
    """Connect never sends this."""


@dataclass(frozen=True)
class WorkerInfo:
    """What a worker says of itself: the version of Kafka Connect, and the id of the Kafka cluster behind it ("" if it names none)."""

    version: str
    kafka_cluster_id: str


@dataclass(frozen=True, order=True)
class Plugin:
    """A plugin: its full class name, "source", "sink" or another kind, and its version ("" if it has none)."""

    connector_class: str
    type: str
    version: str


def message_of(payload: Any) -> str | None:
    """The message of Connect's error JSON; None if it is anything else, Jetty's own errors included."""
    message = payload.get("message") if isinstance(payload, dict) else None
    return message if isinstance(message, str) and "error_code" in payload else None


def configuration(payload: Any) -> dict[str, str]:
    """A stored configuration.

    :raises PayloadError: if it is no map.
    """
    # A null can be stored for a key that the plugin knows (observed on 3.9.1 and 4.3.1); no text is equal to it.
    return {str(key): value if isinstance(value, str) else "\x00" + _scalar(value) for key, value in _map(payload).items()}


def status(payload: Any) -> ConnectorStatus:
    """The status of a connector, its tasks sorted by id.

    :raises PayloadError: for states and ids that are none.
    """
    whole = _map(payload)
    connector = _map(whole.get("connector"))
    tasks = whole.get("tasks")
    if tasks is not None and not isinstance(tasks, list):
        raise PayloadError("no tasks")
    return ConnectorStatus(
        state=_state(connector.get("state")),
        tasks=tuple(sorted((_task(_map(one)) for one in tasks or ()), key=lambda task: task.id)),
        worker_id=word(connector.get("worker_id")),
        type=word(whole.get("type")),
        version=word(connector.get("version")),
        trace=_text(connector.get("trace")),
    )


def listed_configuration(entry: Any) -> dict[str, str]:
    """The configuration in an entry of ``expand=info``.

    :raises PayloadError: if there is none.
    """
    return configuration(_map(_map(entry).get("info")).get("config"))


def listed_status(entry: Any) -> ConnectorStatus:
    """The status in an entry of ``expand=status``.

    :raises PayloadError: if there is none.
    """
    return status(_map(entry).get("status"))


def worker_info(payload: Any) -> WorkerInfo:
    """The answer of ``GET /``.

    :raises PayloadError: for anything but a version and a cluster id that are short plain words.
    """
    version, cluster = _map(payload).get("version"), payload.get("kafka_cluster_id")
    if not word(version) or (cluster is not None and not word(cluster)):
        raise PayloadError("no version or no cluster id")
    return WorkerInfo(word(version), word(cluster))


def plugins(payload: Any) -> tuple[Plugin, ...]:
    """The answer of ``GET /connector-plugins``, sorted; rows that say nothing are left out.

    :raises PayloadError: if it is no list.
    """
    if not isinstance(payload, list):
        raise PayloadError("no list")
    rows = (row for row in payload if isinstance(row, dict) and word(row.get("class")) and word(row.get("type")))
    return tuple(sorted({Plugin(word(row["class"]), word(row["type"]), word(row.get("version"))) for row in rows}))


def names(payload: Any) -> tuple[str, ...]:
    """The answer of ``GET /connectors``, sorted.

    :raises PayloadError: if it is no list of texts.
    """
    if not isinstance(payload, list) or not all(isinstance(one, str) for one in payload):
        raise PayloadError("no names")
    return tuple(sorted(payload))


# The types of keys that take no text, as Kafka's ConfigDef names them.
NO_TEXT = ("BOOLEAN", "SHORT", "INT", "LONG", "DOUBLE")


def definitions(payload: Any) -> Definitions:
    """The answer of ``GET /connector-plugins/{class}/config`` (KIP-769, Connect >= 3.2); rows that say nothing are left out.

    :raises PayloadError: if it is no list.
    """
    if not isinstance(payload, list):
        raise PayloadError("no list")
    rows = [row for row in payload if isinstance(row, dict) and isinstance(row.get("name"), str) and isinstance(row.get("type"), str)]
    return Definitions(
        plain=frozenset(row["name"] for row in rows if row["type"] != "PASSWORD"),
        passwords=frozenset(row["name"] for row in rows if row["type"] == "PASSWORD"),
        required=frozenset(row["name"] for row in rows if row.get("required") is True and row.get("default_value") is None),
        types={row["name"]: row["type"] for row in rows if row["type"] in NO_TEXT},
    )


def declared(payload: Any) -> frozenset[str]:
    """The keys that Connect or the plugin declares, in the answer of a validation.

    :raises PayloadError: if it is none.
    """
    rows = _map(payload).get("configs")
    if not isinstance(rows, list):
        raise PayloadError("no validation")
    definitions = [_map(row).get("definition") for row in rows]
    return frozenset(_text(one.get("name")) for one in definitions if isinstance(one, dict))


@dataclass(frozen=True)
class Offset:
    """How far a connector has come with one partition of what it reads; ``offset`` None: it has not begun."""

    partition: dict[str, Any]
    offset: dict[str, Any] | None


def offsets(payload: Any) -> tuple[Offset, ...]:
    """The answer of ``GET /connectors/{name}/offsets``.

    :raises PayloadError: for rows that are none.
    """
    rows = _map(payload).get("offsets")
    if not isinstance(rows, list):
        raise PayloadError("no offsets")
    return tuple(Offset(_map(_map(row).get("partition")), None if row.get("offset") is None else _map(row["offset"])) for row in rows)


def level(payload: Any) -> str:
    """The level of a logger, in capitals.

    :raises PayloadError: if it is none.
    """
    found = _map(payload).get("level")
    if not isinstance(found, str) or not re.fullmatch(r"[A-Za-z]{1,20}", found):
        raise PayloadError("no level")
    return found.upper()


def phase_of(text: str | None) -> str:
    """What a worker says it is busy with, without names of connectors; "" if it does not say (KIP-1017, Connect >= 3.7 and 3.9)."""
    found = re.search(r"The worker is currently (.{1,600}?), which began at ", text or "", re.DOTALL)
    if not found:
        return ""
    phase = _NAMED.sub(lambda match: ("" if match.group(1) else " a connector") + (match.group(2) or ""), found.group(1))
    return phase if re.fullmatch(r"[A-Za-z -]{1,120}", phase) else ""


# "writing a config for connector NAME to the config topic", "stopping connector NAME".
_NAMED = re.compile(r"( for)? connector .*?( (?:to|from) (?:the )?config topic)?$", re.DOTALL)


def word(value: Any) -> str:
    """What is shown to people as Connect gives it: "" unless it is short and plain."""
    return value if isinstance(value, str) and re.fullmatch(r"[\w.:+()\[\] -]{1,255}", value) else ""


def _map(payload: Any) -> dict[str, Any]:
    if not isinstance(payload, dict):
        raise PayloadError("no map")
    return payload


def _scalar(value: Any) -> str:
    return json.dumps(value) if value is None or isinstance(value, (bool, int, float)) else "(nested)"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _state(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z_]{1,30}", value):
        raise PayloadError("no state")
    return value.upper()


def _task(payload: dict[str, Any]) -> TaskStatus:
    number = payload.get("id")
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < 2**31:
        raise PayloadError("no task id")
    return TaskStatus(number, _state(payload.get("state")), word(payload.get("worker_id")), _text(payload.get("trace")))
