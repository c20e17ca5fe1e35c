# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An HTTP proxy in front of a Connect worker that counts requests and makes faults on demand.

with FaultProxy(worker.url) as proxy:
    held = proxy.add(Rule("PUT", r"/connectors/a/config", Hold()))
    ...
    held.wait_hit()      # a PUT has arrived and waits
    held.release()       # let it pass
    assert proxy.count("PUT") == 1
"""

from __future__ import annotations

import http.client
import re
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import cast
from urllib.parse import urlsplit

from testbed.errors import TestbedError
from testbed.ports import free_ports
from testbed.process import wait_until

_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "proxy-connection"})
_NO_BODY = frozenset({204, 304})


@dataclass(frozen=True)
class Hold:
    """Keep the request back until it is released, or for so many seconds. Then it goes on as if nothing had been.

    Without seconds and never released it is a black hole that accepts connections; for one that does not, see `black_hole.py`.
    With `after` it is the answer that is kept back: Connect has done the work, the client does not know.
    A client that gave up in between does not stop a request that was held before: it arrives late, as on a real network.
    """

    seconds: float | None = None
    after: bool = False


@dataclass(frozen=True)
class Answer:
    """Answer in place of Connect. A body that is a function yields pieces: without end, slowly, as the test likes."""

    status: int
    body: bytes | Callable[[], Iterable[bytes]] = b""
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})


@dataclass(frozen=True)
class Drip:
    """Pass on the body of Connect's answer in pieces of so many bytes, with a pause in seconds before each, until released."""

    pause: float
    size: int = 1


@dataclass(frozen=True)
class Drop:
    """Close the connection without an answer; with `after`, once Connect has done the work."""

    after: bool = False


@dataclass(frozen=True)
class Edit:
    """Change the body of Connect's answer on its way."""

    change: Callable[[bytes], bytes]


Fault = Hold | Answer | Drip | Drop | Edit


@dataclass
class Rule:
    """A fault for the requests that match: method, and path with query, each a regular expression that must match as a whole."""

    method: str
    path: str
    fault: Fault
    times: int | None = None

    def __post_init__(self) -> None:
        self._released = threading.Event()
        self._lock = threading.Lock()
        self._hits = 0

    @property
    def hits(self) -> int:
        """How many requests met the rule so far."""
        return self._hits

    def take(self, method: str, path: str) -> bool:
        """Whether the rule is for this request; if so, one of its times is used up."""
        if not (re.fullmatch(self.method, method) and re.fullmatch(self.path, path)):
            return False
        with self._lock:
            if self.times is not None and self._hits >= self.times:
                return False
            self._hits += 1
        return True

    def hold(self, seconds: float | None) -> None:
        """Wait until released."""
        self._released.wait(seconds)

    def release(self) -> None:
        """Let what is held go on, and hold nothing more."""
        self._released.set()

    def wait_hit(self, count: int = 1, timeout: float = 30) -> None:
        """Wait until so many requests have met the rule."""
        wait_until(lambda: self._hits >= count, timeout=timeout, what=f"{count} requests {self.method} {self.path}")


@dataclass
class Request:
    """A request that reached the proxy. The status is None while it is unanswered, and when it was dropped."""

    method: str
    path: str
    body: bytes
    headers: Mapping[str, str]
    began: float
    status: int | None = None
    ended: float | None = None
    forwarded: bool = False


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, proxy: FaultProxy, port: int) -> None:
        self.proxy = proxy
        self.connections: set[socket.socket] = set()
        self.connections_lock = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no news."""

    def sever(self) -> None:
        """Close the connections that are still open."""
        with self.connections_lock:
            for connection in self.connections:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        server = cast("_Server", self.server)
        self._proxy = server.proxy
        with server.connections_lock:
            server.connections.add(self.connection)

    def finish(self) -> None:
        server = cast("_Server", self.server)
        with server.connections_lock:
            server.connections.discard(self.connection)
        super().finish()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """The proxy keeps its own record."""

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        inside = self.path.startswith(f"{self._proxy.prefix}/")
        path = self.path.removeprefix(self._proxy.prefix) if inside else self.path
        request = Request(self.command, path, body, dict(self.headers.items()), time.monotonic())
        self._proxy.record(request)
        try:
            if inside:
                self._answer(request)
            else:
                self._send(request, Answer(404, b"nothing is here"))
        finally:
            request.ended = time.monotonic()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _serve  # noqa: N815

    def _answer(self, request: Request) -> None:
        rule = self._proxy.rule_for(request)
        match rule.fault if rule else None:
            case Answer() as answer:
                self._send(request, answer)
            case Drop(after=False):
                self._drop()
            case Drop(after=True):
                self._forward(request)
                self._drop()
            case Drip() as drip if rule:
                self._send(request, self._dripping(self._forward(request), drip, rule))
            case Edit(change):
                answer = self._forward(request)
                self._send(request, Answer(answer.status, change(cast("bytes", answer.body)), answer.headers))
            case Hold(seconds, after) if rule:
                if not after:
                    rule.hold(seconds)
                answer = self._forward(request)
                if after:
                    rule.hold(seconds)
                self._send(request, answer)
            case _:
                self._send(request, self._forward(request))

    def _dripping(self, answer: Answer, drip: Drip, rule: Rule) -> Answer:
        """The same answer, of the length that it says, but slowly."""
        body = cast("bytes", answer.body)

        def pieces() -> Iterator[bytes]:
            for start in range(0, len(body), drip.size):
                rule.hold(drip.pause)
                yield body[start : start + drip.size]

        return Answer(answer.status, pieces, {**answer.headers, "Content-Length": str(len(body))})

    def _drop(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def _forward(self, request: Request) -> Answer:
        """Ask Connect; a Connect that cannot be reached is a connection that breaks."""
        if self._proxy.closed:
            raise ConnectionAbortedError("the proxy was closed while the request was held")
        request.forwarded = True
        upstream = urlsplit(self._proxy.upstream)
        connection = http.client.HTTPConnection(upstream.hostname or "", upstream.port, timeout=150)
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP_BY_HOP | {"host"}}
        try:
            connection.request(request.method, request.path, body=request.body or None, headers=headers)
            response = connection.getresponse()
            kept = {name: value for name, value in response.getheaders() if name.lower() not in _HOP_BY_HOP | {"content-length"}}
            return Answer(response.status, response.read(), kept)
        finally:
            connection.close()

    def _send(self, request: Request, answer: Answer) -> None:
        request.status = answer.status
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        sized = "content-length" in {name.lower() for name in answer.headers}
        if isinstance(answer.body, bytes):
            if answer.status not in _NO_BODY and not sized:
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)
            return
        if not sized:
            # Of a length that nobody knows: the end of the connection is the end of the body.
            self.close_connection = True
            self.send_header("Connection", "close")
        self.end_headers()
        for piece in answer.body():
            self.wfile.write(piece)


class FaultProxy:
    """Listens on a port of its own and passes everything on to the upstream, but for what the rules say.

    With a `prefix`, such as /base/path, only what is below that; rules and record know the paths without it.
    """

    def __init__(self, upstream: str, prefix: str = "") -> None:
        self.upstream = upstream
        self.prefix = prefix
        (self.port,) = free_ports(1)
        self.url = f"http://127.0.0.1:{self.port}{prefix}"
        self.closed = False
        self._lock = threading.Lock()
        self._rules: list[Rule] = []
        self._requests: list[Request] = []
        self._server: _Server | None = None
        self.listen()

    def add(self, rule: Rule) -> Rule:
        """Add a rule; among those that match a request, the one added last decides."""
        with self._lock:
            self._rules.insert(0, rule)
        return rule

    def remove(self, rule: Rule) -> None:
        """Take a rule away and let what it holds go on."""
        with self._lock:
            self._rules.remove(rule)
        rule.release()

    def clear(self) -> None:
        """Take all rules away and let go on what they hold."""
        with self._lock:
            rules, self._rules = self._rules, []
        for rule in rules:
            rule.release()

    def rule_for(self, request: Request) -> Rule | None:
        """The rule that decides on a request."""
        with self._lock:
            return next((rule for rule in self._rules if rule.take(request.method, request.path)), None)

    def record(self, request: Request) -> None:
        """Keep a request in the record."""
        with self._lock:
            self._requests.append(request)

    @property
    def requests(self) -> list[Request]:
        """All requests so far, the oldest first."""
        with self._lock:
            return list(self._requests)

    def forget(self) -> None:
        """Begin the record anew."""
        with self._lock:
            self._requests = []

    def matching(self, method: str = ".*", path: str = ".*") -> list[Request]:
        """The requests so far whose method and path match as a whole."""
        return [request for request in self.requests if re.fullmatch(method, request.method) and re.fullmatch(path, request.path)]

    def count(self, method: str = ".*", path: str = ".*") -> int:
        """How many such requests there were."""
        return len(self.matching(method, path))

    def listen(self) -> None:
        """Accept connections (again)."""
        if self._server is not None:
            raise TestbedError("the proxy listens already")
        self._server = _Server(self, self.port)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def refuse(self) -> None:
        """Refuse connections, and break those that are open, until it listens again: Connect is down."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server.sever()
            self._server = None

    def close(self) -> None:
        """End for good; what is held is not passed on."""
        self.closed = True
        self.clear()
        self.refuse()

    def __enter__(self) -> FaultProxy:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
