# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connect's REST API as far as a pass needs it, over a dict, and a journal that only collects."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from ansible_collections.saiello.kafka_connect.plugins.module_utils._apply import Claim
from ansible_collections.saiello.kafka_connect.plugins.module_utils._http import Answer, Failure, NoAnswer
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import Action, Outcome, Reason, Wanted, Write

from .hostile import Visit
from .script import Time

PLUGINS = [{"class": "org.example.Sink", "type": "sink", "version": "1.0"}]
# What the plugin of the class C declares.
DEFINITIONS = [
    {"name": "file", "type": "STRING", "required": False, "default_value": None},
    {"name": "login", "type": "PASSWORD", "required": False, "default_value": None},
]


@dataclass
class Tiny:
    """Speaks on sockets to visitors, and as a transport without any.

    ``hang``: a write ("PUT c/config") that never answers. ``replies``: what is answered instead, by method and path; an exception is raised, or
    hangs up. ``masks``: keys whose values are not shown.
    """

    configs: dict[str, dict[str, str]] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    tasks: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    hang: set[str] = field(default_factory=set)
    applies_first: bool = False
    cluster_id: str | None = "cluster-a"
    worker: str = ""
    replies: dict[str, tuple[int, Any] | NoAnswer] = field(default_factory=dict)
    writes: list[str] = field(default_factory=list)
    reads: list[str] = field(default_factory=list)
    masks: set[str] = field(default_factory=set)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, visit: Visit) -> None:
        while True:
            method, path, body = visit.request()
            try:
                status, payload = self.answer(method, path, json.loads(body) if body else {})
            except NoAnswer:
                visit.reset()
            if status == 0:
                visit.pause(60)
            visit.answer(status, b"" if payload is None else json.dumps(payload).encode())

    def send(
        self, method: str, url: str, *, body: bytes | None, headers: Mapping[str, str], seconds: float, size: int, connect: float = 5.0
    ) -> Answer:
        self.headers.append(headers)
        path = "/" + url.partition("://")[2].partition("/")[2]
        status, payload = self.answer(method, path, json.loads(body) if body else {})
        if status == 0:
            raise NoAnswer(Failure.TIMEOUT, "it did not answer in time", sent=True)
        return Answer(status, {}, b"" if payload is None else json.dumps(payload).encode())

    def costs(self, seconds: float, time: Time) -> None:
        """From now on each request takes so long."""
        real = self.answer

        def slow(method: str, path: str, body: dict[str, Any]) -> tuple[int, Any]:
            time.now += seconds
            return real(method, path, body)

        self.answer = slow  # type: ignore[method-assign]

    def answer(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        """Status and payload; status 0: none ever comes."""
        with self._lock:
            if method == "GET":
                self.reads.append(path)
            reply = self.replies.get(f"{method} {path}")
            if isinstance(reply, NoAnswer):
                raise reply
            if reply is not None:
                return reply
            parts = [unquote(part) for part in path.partition("?")[0].split("/")[2:]]
            if method == "GET":
                return self._read(path, parts)
            return self._write(method, parts, body)

    def _read(self, path: str, parts: list[str]) -> tuple[int, Any]:
        if path == "/":
            return 200, {"version": "4.3.1", "commit": "x", "kafka_cluster_id": self.cluster_id}
        if path == "/health":
            return 200, {"status": "healthy", "message": "Worker has completed startup and is ready to handle requests."}
        if path == "/connector-plugins":
            return 200, PLUGINS
        if path == "/connector-plugins/C/config":
            return 200, DEFINITIONS
        if path.startswith("/connector-plugins/"):
            return 404, {"error_code": 404, "message": f"Unknown plugin {parts[0]}."}
        if not parts:
            return 200, {name: self._listed(name, path) for name in self.configs} if "?" in path else list(self.configs)
        if parts[0] not in self.configs:
            return 404, {"error_code": 404, "message": f"Connector {parts[0]} not found"}
        return 200, self._status(parts[0]) if parts[1] == "status" else self._shown(parts[0])

    def _shown(self, name: str) -> dict[str, str]:
        return {key: "****" if key in self.masks else value for key, value in self.configs[name].items()}

    def _listed(self, name: str, path: str) -> dict[str, Any]:
        entry: dict[str, Any] = {"info": {"name": name, "config": self._shown(name), "tasks": [], "type": "sink"}}
        return {**entry, "status": self._status(name)} if "status" in path else entry

    def _status(self, name: str) -> dict[str, Any]:
        connector = {"state": self.states.get(name, "STOPPED"), **({"worker_id": self.worker} if self.worker else {})}
        return {"name": name, "connector": connector, "tasks": self.tasks.get(name, []), "type": "sink"}

    def _write(self, method: str, parts: list[str], body: dict[str, Any]) -> tuple[int, Any]:
        name = parts[0] if parts else body["name"]
        self.writes.append(f"{method} {'/'.join([name, *parts[1:]])}")
        hangs = self.writes[-1] in self.hang
        if method == "POST" and name in self.configs:
            return 409, {"error_code": 409, "message": f"Connector {name} already exists"}
        if not hangs or self.applies_first:
            self.carry_out(method, parts, name, body)
        return (0 if hangs else 204 if method == "DELETE" else 200), None

    def carry_out(self, method: str, parts: list[str], name: str, body: dict[str, Any]) -> None:
        if method == "POST":
            self.configs[name], self.states[name] = body["config"], body.get("initial_state", "RUNNING")
        elif method == "DELETE":
            self.configs.pop(name, None)
        elif parts[1] == "config":
            self.configs[name] = body
        else:
            self.states[name] = {"stop": "STOPPED", "pause": "PAUSED", "resume": "RUNNING"}[parts[1]]


@dataclass
class InMemory:
    """A journal that only collects."""

    verdicts: dict[str, Outcome] = field(default_factory=dict)
    times: dict[str, float] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    log: list[tuple[str, Write]] = field(default_factory=list)
    held: set[str] = field(default_factory=set)
    foreign: set[str] = field(default_factory=set)
    claims: Callable[[Wanted, Action], Claim] = lambda wanted, action: Claim.GRANTED
    unsettled_for: float = 0.0

    def hold(self, wanted: Wanted) -> Callable[[], None] | None:
        if wanted.name in self.held | self.foreign:
            return None
        self.held.add(wanted.name)
        return lambda: self.held.discard(wanted.name)

    def claim(self, wanted: Wanted, action: Action) -> Claim:
        return self.claims(wanted, action)

    def wrote(self, wanted: Wanted, write: Write) -> None:
        self.log.append((wanted.name, write))

    def released(self, outcome: Outcome) -> None:
        self.gone.append(outcome.wanted.name)

    def report(self, outcome: Outcome) -> None:
        self.times[outcome.wanted.name] = time.time()
        self.verdicts[outcome.wanted.name] = outcome

    def lasted(self, wanted: Wanted, unsettled: bool) -> float:
        return self.unsettled_for if unsettled else 0.0

    @property
    def reasons(self) -> dict[str, Reason]:
        return {name: outcome.verdict.reason for name, outcome in self.verdicts.items()}
