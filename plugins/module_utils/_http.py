# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""One HTTP request, within limits of time and size, to an address that is allowed. Answers are hostile until parsed."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

from . import _tls
from ._address import AddressPolicy, anywhere
from ._watch import Watch

try:
    import requests
    import urllib3
    from requests.adapters import HTTPAdapter
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
except ImportError:  # the modules say so politely
    HAS_REQUESTS = False
else:
    HAS_REQUESTS = True

USER_AGENT = "saiello.kafka_connect"
MIB = 1024 * 1024
CHUNK = 64 * 1024
# Hostile JSON takes up to 18 times its size as objects. Answers above this take it one at a time.
LARGE = 4 * MIB
# So many bytes there are at least for each list or map of a large answer; a real list of connectors has 40 and more.
BYTES_PER_BRACKET = 16


class Failure(str, Enum):
    """Why there is no answer."""

    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    TLS = "tls"
    NOT_ALLOWED = "not allowed"
    TOO_BIG = "too big"
    NOT_HTTP = "not http"
    BROKEN = "broken"


class NoAnswer(Exception):
    """The request got no answer that could be read; ``sent``: it may have reached the server all the same."""

    def __init__(self, failure: Failure, text: str, *, sent: bool) -> None:
        super().__init__(text)
        self.failure = failure
        self.sent = sent


@dataclass(frozen=True)
class Limits:
    """Seconds for connecting, for reading and for writing (Connect itself gives up a write after 90 s), and bytes of an answer.

    ``list_body`` as hostile JSON takes 0.6 GB at most; a longer list is read in parts.
    """

    connect: float = 5.0
    read: float = 30.0
    write: float = 100.0
    body: int = MIB
    status_body: int = 8 * MIB
    list_body: int = 32 * MIB


Room = Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True)
class Answer:
    """``room``: what a large body is parsed in."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    room: Room = field(default=nullcontext, repr=False, compare=False)

    def json(self) -> Any:
        """The parsed body.

        :raises ValueError: if it is no JSON, whatever its Content-Type says (Connect's own 404 has none, its 401 lies), or if a large one
            is little but brackets: as objects they would take 50 times its size.
        """
        if len(self.body) > MIB and self.body.count(b"[") + self.body.count(b"{") > len(self.body) // BYTES_PER_BRACKET:
            raise ValueError("too many lists or maps")
        if len(self.body) <= LARGE:
            return self._parsed()
        with self.room():
            return self._parsed()

    def _parsed(self) -> Any:
        try:
            return json.loads(self.body)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error


class Transport(Protocol):
    """What sends one request. ``seconds`` is the wall-clock limit from the first byte to the last, ``connect`` that for each address tried."""

    def send(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None,
        headers: Mapping[str, str],
        seconds: float,
        size: int,
        connect: float = Limits.connect,
    ) -> Answer:
        """:raises NoAnswer: if there is none that can be read."""
        raise NotImplementedError


@dataclass(frozen=True)
class RequestsTransport:
    """Keeps connections, follows no redirect, reads nothing from the environment, checks the address it really connected to.

    ``tls``: see ``tls_context``, whose defaults hold without it. ``room``: what makes the memory suffice for large answers.
    """

    policy: AddressPolicy = anywhere
    tls: ssl.SSLContext | None = None
    room: Room = field(default=nullcontext, repr=False)
    session: Any = field(init=False, repr=False)

    def __post_init__(self) -> None:
        session = requests.Session()
        session.trust_env = False
        adapter = _adapter(self.policy, self.tls)
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        session.headers.clear()
        object.__setattr__(self, "session", session)

    def send(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None,
        headers: Mapping[str, str],
        seconds: float,
        size: int,
        connect: float = Limits.connect,
    ) -> Answer:
        all_headers = {"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": "identity", **headers}
        response = None
        with Watch(seconds) as watch:
            try:
                response = self.session.request(
                    method,
                    url,
                    data=body,
                    headers=all_headers,
                    timeout=(min(connect, seconds), seconds),
                    allow_redirects=False,
                    stream=True,
                )
                return Answer(response.status_code, dict(response.headers), _read(response, watch, size), self.room)
            except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
                failed = _no_answer(error, watch)
                raise _asking_for_a_certificate(failed) if response is None and url.startswith("https:") else failed from error


def _read(response: Any, watch: Watch, size: int) -> bytes:
    """The whole body as it came over the wire. ``read1`` returns what is there, so a slow drip cannot outlast the watch."""
    parts: list[bytes] = []
    total = 0
    # urllib3 1 compares no length unasked, and has no read1: a drip is cut by the watch alone then.
    response.raw.enforce_content_length = True
    read = getattr(response.raw, "read1", response.raw.read)
    try:
        while True:
            part = read(CHUNK, decode_content=False)
            if watch.over:
                raise NoAnswer(Failure.TIMEOUT, "its answer did not end in time", sent=True)
            if not part:
                return b"".join(parts)
            total += len(part)
            if total > size:
                raise NoAnswer(Failure.TOO_BIG, f"its answer is larger than {size} bytes", sent=True)
            parts.append(part)
    except NoAnswer:
        response.close()
        raise


class _AddressRefused(OSError):
    """The address connected to is not allowed; nothing was sent to it."""


def _pools(policy: AddressPolicy) -> dict[str, Any]:
    """Pools by scheme whose connections show their peer to the policy before the first byte, and themselves to the watch."""

    class Checked:
        host: str
        port: int
        sock: Any

        def _new_conn(self) -> Any:
            sock = super()._new_conn()  # type: ignore[misc]
            refusal = policy(self.host, sock.getpeername()[0], sock.getsockname()[0], self.port)
            if refusal is not None:
                sock.close()
                Watch.current.watch.refusal = refusal
                raise _AddressRefused(refusal)
            return sock

        def connect(self) -> None:
            super().connect()  # type: ignore[misc]
            Watch.current.watch.hold(self.sock)

        def request(self, *args: Any, **kwargs: Any) -> Any:
            if self.sock is not None:
                Watch.current.watch.hold(self.sock)
            return super().request(*args, **kwargs)  # type: ignore[misc]

    class CheckedHTTP(Checked, HTTPConnection):
        pass

    class CheckedHTTPS(Checked, HTTPSConnection):
        pass

    class HTTPPool(HTTPConnectionPool):
        ConnectionCls = CheckedHTTP

    class HTTPSPool(HTTPSConnectionPool):
        ConnectionCls = CheckedHTTPS

    return {"http": HTTPPool, "https": HTTPSPool}


def _adapter(policy: AddressPolicy, tls: ssl.SSLContext | None) -> Any:
    """An adapter with one TLS context for all its connections: what requests makes of its own options adds the certificates that it brings along."""
    preparing = threading.Lock()

    class Adapter(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            super().init_poolmanager(*args, **kwargs)
            self.poolmanager.pool_classes_by_scheme = _pools(policy)

        def get_connection(self, url: str | bytes, proxies: Any = None) -> Any:
            options = self.poolmanager.connection_pool_kw
            # Trusting those of requests takes 20 ms, which plain HTTP need not wait for.
            with preparing:
                if str(url).lower().startswith("https:") and "ssl_context" not in options:
                    options["ssl_context"] = _comparing_names(tls or _tls.tls_context())
            return self.poolmanager.connection_from_url(url)

        def get_connection_with_tls_context(self, request: Any, verify: Any, proxies: Any = None, cert: Any = None) -> Any:
            """What requests calls since 2.32 instead of the one above."""
            return self.get_connection(request.url)

        def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
            """The context has it all."""

    if tls is not None and tls.verify_mode == ssl.CERT_NONE:
        # Whoever asked for it knows.
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    return Adapter(pool_connections=2, pool_maxsize=16, max_retries=0)


def _comparing_names(context: ssl.SSLContext) -> ssl.SSLContext:
    """urllib3 1 tells OpenSSL no name where the host is an address, and compares what OpenSSL does not; later ones leave it to OpenSSL."""
    if urllib3.__version__.startswith("1."):  # type: ignore[attr-defined]
        context.check_hostname = False
    return context


def _no_answer(error: Exception, watch: Watch) -> NoAnswer:
    """Which failure an exception of requests, urllib3, ssl or the system stands for."""
    if isinstance(error, NoAnswer):
        return error
    if watch.refusal is not None:
        return NoAnswer(Failure.NOT_ALLOWED, watch.refusal, sent=False)
    chain = _chain(error)
    if watch.over or any(isinstance(one, (requests.exceptions.Timeout, TimeoutError)) for one in chain):
        if not watch.ready:
            return NoAnswer(Failure.UNREACHABLE, "no connection within the time limit", sent=False)
        return NoAnswer(Failure.TIMEOUT, "it did not answer in time", sent=True)
    if any(isinstance(one, requests.exceptions.SSLError) or type(one).__name__.startswith("SSL") for one in chain) and not _broke_off(chain, watch):
        text = _tls.failure_text(str(error))
        return NoAnswer(Failure.TLS, text or "the TLS connection broke; does it want a client certificate?", sent=watch.ready and text is None)
    if any(isinstance(one, ConnectionRefusedError) for one in chain):
        return NoAnswer(Failure.REFUSED, "connection refused", sent=False)
    if any(isinstance(one, (socket.gaierror, UnicodeError)) or type(one).__name__ == "NameResolutionError" for one in chain):
        return NoAnswer(Failure.UNREACHABLE, "its host name is not known", sent=False)
    if not watch.ready:
        return NoAnswer(Failure.UNREACHABLE, "no connection", sent=False)
    if any(type(one) in _NOT_HTTP for one in chain):
        return NoAnswer(Failure.NOT_HTTP, "it does not answer in HTTP; is the schema https?", sent=True)
    return NoAnswer(Failure.BROKEN, "the connection broke before the answer was whole", sent=True)


def _asking_for_a_certificate(failed: NoAnswer) -> NoAnswer:
    """A server that misses a client certificate says so only after the handshake (TLS 1.3), and its word can be lost when it hangs up."""
    if failed.failure is not Failure.BROKEN:
        return failed
    return NoAnswer(Failure.BROKEN, "the connection broke before an answer came; does it want a client certificate?", sent=failed.sent)


def _broke_off(chain: list[BaseException], watch: Watch) -> bool:
    """Whether a connection that was good ended without a word, as that of a worker that is killed."""
    return watch.ready and any(isinstance(one, (ssl.SSLEOFError, ssl.SSLZeroReturnError)) for one in chain)


# Not with its subclass, which means that the connection was closed.
_NOT_HTTP = (http.client.BadStatusLine, http.client.LineTooLong)


def _chain(error: BaseException) -> list[BaseException]:
    """The exception with all that it wraps, as requests and urllib3 wrap: by cause, by context, by argument."""
    found: list[BaseException] = []
    todo: list[Any] = [error]
    while todo:
        one = todo.pop()
        if isinstance(one, BaseException) and one not in found:
            found.append(one)
            todo.extend([one.__cause__, one.__context__, getattr(one, "reason", None), *one.args])
    return found


@dataclass(frozen=True)
class Clock:
    """Time as the engine sees it; tests inject their own. ``now`` in seconds of the epoch."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
