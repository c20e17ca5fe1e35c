# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Connect whose answers are written down beforehand, and whose clock only sleeping moves."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils._connect import Connect
from ansible_collections.saiello.kafka_connect.plugins.module_utils._http import Answer, Clock, Failure, NoAnswer
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import ConnectError

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

    def send(
        self, method: str, url: str, *, body: bytes | None, headers: Mapping[str, str], seconds: float, size: int, connect: float = 5.0
    ) -> Answer:
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
