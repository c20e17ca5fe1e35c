# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""The verbs of Kafka Connect's REST API, with bounded retries inside a deadline. See ``_answers`` for what answers mean."""

from __future__ import annotations

import contextlib
import json
import random
import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from . import _answers
from ._answers import Meaning, Rule
from ._http import Answer, Clock, Failure, Limits, NoAnswer, Transport
from ._model import ConnectError, ConnectorStatus, Observed, OutOfTime, Presence, Reason, RunState, TaskStatus, Verdict

# Seconds that one request may be tried again for; a leader that died costs 11 s on Connect's defaults.
RETRY_SECONDS = 12.0
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 2.0
# A worker that starts answers with a page of Jetty's for about a second (observed on 4.3.1); nothing else is worth longer.
NOT_YET_SECONDS = 4.0
REFUSED_SECONDS = 1.0


@dataclass
class Connect:
    """One Kafka Connect. Safe for several threads.

    After ``deadline`` (seconds of the epoch) no request is started, and none lasts beyond it. Once a request has found the whole Connect
    out of reach, the others of this pass are not tried.
    """

    url: str
    transport: Transport
    clock: Clock = field(default_factory=Clock)
    limits: Limits = field(default_factory=Limits)
    deadline: float = float("inf")
    headers: Mapping[str, str] = field(default_factory=dict)
    requests: int = 0
    _down: ConnectError | None = None
    _count: threading.Lock = field(default_factory=threading.Lock)

    # -- reading

    def read_all(self) -> dict[str, Any]:
        """All connectors by name, unparsed; one request, answered even during a rebalance. A connector without a status is not in it."""
        result = self._json("GET", "/connectors?expand=info&expand=status", size=self.limits.list_body)
        if not isinstance(result, dict):
            raise self._not_connect()
        return result

    def config(self, name: str) -> dict[str, str] | None:
        """The stored configuration, None if Connect says that there is no such connector."""
        rule, answer = self._call("GET", f"{_path(name)}/config")
        return None if rule.meaning is Meaning.ABSENT else self._config(self._parsed(answer))

    def status(self, name: str) -> ConnectorStatus | None:
        """The status, None while there is none (yet)."""
        rule, answer = self._call("GET", f"{_path(name)}/status")
        return None if rule.meaning is Meaning.ABSENT else self._status(self._parsed(answer))

    def observe(self, name: str) -> Observed:
        """One connector by its own requests: what they say of its presence can be acted upon."""
        try:
            config = self.config(name)
            if config is None:
                return Observed(Presence.ABSENT)
            return Observed(Presence.PRESENT, config, self.status(name))
        except ConnectError as error:
            return Observed(Presence.UNKNOWN, error=error)

    def observe_all(self, names: Iterable[str]) -> dict[str, Observed]:
        """Several connectors from one list. ABSENT means only that a list does not show it."""
        listed = self.read_all()
        return {name: self._listed(name, listed[name]) if name in listed else Observed(Presence.ABSENT, listed=True) for name in names}

    def plain_keys(self, connector_class: str) -> frozenset[str]:
        """The configuration keys that a plugin declares, and not as PASSWORD (KIP-769, Connect >= 3.2); empty if it is not known."""
        try:
            definitions = self._json("GET", f"/connector-plugins/{quote(connector_class, safe='')}/config")
        except ConnectError:
            return frozenset()
        rows = [row for row in definitions if isinstance(row, dict)] if isinstance(definitions, list) else []
        return frozenset(str(row.get("name")) for row in rows if row.get("type") != "PASSWORD")

    # -- writing: none of these is repeated unless Connect said that it did nothing

    def create(self, name: str, config: Mapping[str, str], state: RunState | None) -> bool:
        """POST. False: a connector of that name exists.

        ``initial_state`` (KIP-980, Connect >= 3.7) makes it start paused or stopped; on older ones it is brought there afterwards.
        """
        body: dict[str, Any] = {"name": name, "config": dict(config)}
        if state in (RunState.PAUSED, RunState.STOPPED):
            body["initial_state"] = state.name
        rule = self._write("POST", "/connectors", body, config)
        if rule.meaning is Meaning.NO_INITIAL_STATE and state:
            body.pop("initial_state")
            rule = self._write("POST", "/connectors", body, config)
            with contextlib.suppress(ConnectError):  # what did not work at once is the next pass's to do
                self.switch(name, state)
        return rule.meaning is Meaning.OK

    def update(self, name: str, config: Mapping[str, str]) -> None:
        """PUT of the whole map."""
        self._write("PUT", f"{_path(name)}/config", dict(config), config)

    def switch(self, name: str, state: RunState) -> None:
        """Ask for a run state; pause and resume take effect later."""
        verb = {RunState.RUNNING: "resume", RunState.PAUSED: "pause", RunState.STOPPED: "stop"}[state]
        rule = self._write("PUT", f"{_path(name)}/{verb}", None, {})
        if rule.meaning is Meaning.ABSENT:
            raise ConnectError(Verdict(Reason.CONVERGING, "the worker does not know the connector yet"))

    def delete(self, name: str) -> None:
        """DELETE; a connector that is not there is fine. It is gone only when ``config`` says so."""
        self._write("DELETE", _path(name), None, {})

    # -- one request, and its retries

    def _write(self, method: str, path: str, body: Any, config: Mapping[str, str]) -> Rule:
        rule, answer = self._call(method, path, body)
        if rule.meaning is Meaning.REFUSED:
            text = _message(answer) or ""
            raise ConnectError(_answers.refusal(rule, text, config.get("connector.class", ""), config.keys()))
        return rule

    def _json(self, method: str, path: str, size: int | None = None) -> Any:
        rule, answer = self._call(method, path, size=size)
        if rule.meaning is not Meaning.OK:
            raise self._not_connect()
        return self._parsed(answer)

    def _call(self, method: str, path: str, body: Any = None, size: int | None = None) -> tuple[Rule, Answer]:
        """Send until there is an answer that means something, or time is up.

        :raises ConnectError: with the verdict for whoever asked.
        """
        started = self.clock.now()
        pause = FIRST_PAUSE
        tries = 0
        while True:
            tries += 1
            rule, answer, error, patience = self._try(method, path, body, size)
            if error is None:
                return rule, answer
            waited = self.clock.now() - started
            wait = _retry_after(answer) or pause * random.uniform(0.7, 1.3)
            if waited + wait > patience or (rule.once and tries > 1) or self.clock.now() + wait >= self.deadline:
                if error.endpoint:
                    self._down = error
                raise error
            self.clock.sleep(wait)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _try(self, method: str, path: str, body: Any, size: int | None) -> tuple[Rule, Answer, ConnectError | None, float]:
        """One request: (rule, answer, error or None, seconds for which trying again is worth it)."""
        if self._down is not None:
            raise self._down
        read = method == "GET"
        left = self.deadline - self.clock.now()
        if left <= 0:
            raise OutOfTime
        with self._count:
            self.requests += 1
        try:
            answer = self.transport.send(
                method,
                self.url + path,
                body=None if body is None else json.dumps(body, ensure_ascii=False).encode("utf-8"),
                headers=self.headers if body is None else {**self.headers, "Content-Type": "application/json"},
                seconds=min(self.limits.read if read else self.limits.write, left),
                size=size or self.limits.body,
            )
        except NoAnswer as problem:
            error = self._unanswered(problem, read)
            again = problem.failure is Failure.REFUSED or (read and problem.failure is Failure.BROKEN)
            return _NO_RULE, _NOTHING, error, REFUSED_SECONDS if again else 0.0
        rule = _answers.rule_for(method, answer.status, _message(answer) if answer.status >= 400 else None)
        if rule.meaning is not Meaning.FAILED:
            return rule, answer, None, 0.0
        error = ConnectError(self._verdict(rule), outcome_unknown=rule.unknown and not read, endpoint=rule.endpoint)
        patience = NOT_YET_SECONDS if rule.reason in (Reason.NOT_CONNECT, Reason.CONNECT_UNREACHABLE) else RETRY_SECONDS
        worth_it = (rule.retry or rule.once) and not error.outcome_unknown
        return rule, answer, error, patience if worth_it else 0.0

    def _verdict(self, rule: Rule) -> Verdict:
        return Verdict(rule.reason or Reason.NOT_CONNECT, f"Kafka Connect at {self.url}: {rule.says}")

    def _not_connect(self) -> ConnectError:
        verdict = Verdict(Reason.NOT_CONNECT, f"{self.url} does not answer as Kafka Connect does; check host, port and path")
        self._down = ConnectError(verdict, endpoint=True)
        return self._down

    def _unanswered(self, problem: NoAnswer, read: bool) -> ConnectError:
        if problem.failure is Failure.NOT_ALLOWED:
            text = f"{self.url} may not be used: {problem}; see the operator settings"
            return ConnectError(Verdict(Reason.ENDPOINT_NOT_ALLOWED, text), endpoint=True)
        if problem.failure is Failure.TOO_BIG:
            text = f"{self.url}: {problem}, which is not Kafka Connect's way; check host and port"
            return ConnectError(Verdict(Reason.NOT_CONNECT, text), outcome_unknown=not read)
        if problem.failure is Failure.NOT_HTTP:
            return ConnectError(Verdict(Reason.NOT_CONNECT, f"{self.url}: {problem}"), outcome_unknown=not read, endpoint=True)
        text = f"Kafka Connect at {self.url}: {problem}; check the address and that its workers run"
        if problem.failure is Failure.TIMEOUT:
            return ConnectError(Verdict(Reason.CONNECT_TIMEOUT, text), outcome_unknown=not read)
        unknown = problem.sent and not read
        return ConnectError(Verdict(Reason.CONNECT_UNREACHABLE, text), outcome_unknown=unknown, endpoint=not problem.sent)

    # -- parsing what may be anything

    def _listed(self, name: str, entry: Any) -> Observed:
        info = entry.get("info") if isinstance(entry, dict) else None
        if not isinstance(info, dict) or "status" not in entry:
            raise self._not_connect()
        return Observed(Presence.PRESENT, self._config(info.get("config")), self._status(entry["status"]), listed=True)

    def _parsed(self, answer: Answer) -> Any:
        try:
            return answer.json()
        except ValueError as error:
            raise self._not_connect() from error

    def _config(self, payload: Any) -> dict[str, str]:
        if not isinstance(payload, dict):
            raise self._not_connect()
        # A null can be stored for a key that the plugin knows (observed on 3.9.1 and 4.3.1); no text is equal to it.
        return {str(key): value if isinstance(value, str) else "\x00" + _scalar(value) for key, value in payload.items()}

    def _status(self, payload: Any) -> ConnectorStatus:
        try:
            connector = payload["connector"]
            tasks = [_task(task) for task in payload.get("tasks") or ()]
            return ConnectorStatus(
                state=_state(connector["state"]),
                tasks=tuple(sorted(tasks, key=lambda task: task.id)),
                worker_id=_word(connector.get("worker_id")),
                type=_word(payload.get("type")),
                version=_word(connector.get("version")),
                trace=_text(connector.get("trace")),
            )
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise self._not_connect() from error


_NOTHING = Answer(0, {}, b"")
_NO_RULE = Rule((), None, Meaning.FAILED)


def _scalar(value: Any) -> str:
    return json.dumps(value) if value is None or isinstance(value, (bool, int, float)) else "(nested)"


def _path(name: str) -> str:
    return f"/connectors/{quote(name, safe='')}"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _word(value: Any) -> str:
    """What is shown to people as Connect gives it: "" unless it is short and plain."""
    return value if isinstance(value, str) and re.fullmatch(r"[\w.:+()\[\] -]{1,255}", value) else ""


def _state(value: Any) -> str:
    """:raises ValueError: for what cannot be the name of a state."""
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z_]{1,30}", value):
        raise ValueError("no state")
    return value.upper()


def _task(payload: Any) -> TaskStatus:
    """:raises ValueError: as ``_state``, and for an id that is none."""
    number = payload["id"]
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < 2**31:
        raise ValueError("no task id")
    return TaskStatus(number, _state(payload["state"]), _word(payload.get("worker_id")), _text(payload.get("trace")))


def _message(answer: Answer) -> str | None:
    """The message of Connect's error JSON; None if the body is anything else, Jetty's own errors included."""
    try:
        payload = answer.json()
    except ValueError:
        return None
    message = payload.get("message") if isinstance(payload, dict) else None
    return message if isinstance(message, str) and "error_code" in payload else None


def _retry_after(answer: Answer) -> float | None:
    """Seconds of a Retry-After header, as 429 and 503 of proxies and managed services carry it."""
    value = next((text for key, text in answer.headers.items() if key.lower() == "retry-after"), "")
    return float(value) if re.fullmatch(r"[0-9]{1,6}", value) else None
