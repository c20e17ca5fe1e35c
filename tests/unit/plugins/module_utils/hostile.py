# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server on raw sockets that answers as no Kafka Connect should, and counts what reaches it."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Behaviour = Callable[["Visit"], None]


class Gone(Exception):
    """The other side has hung up, or the test is over."""


@dataclass
class Visit:
    """One connection as a behaviour sees it."""

    connection: socket.socket
    server: HostileServer

    def request(self) -> tuple[str, str, bytes]:
        """Read one request: method, path and body.

        :raises Gone: at the end of the connection.
        """
        head = b""
        while b"\r\n\r\n" not in head:
            head += self._receive()
        head, body = head.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        while len(body) < int(headers.get("content-length", "0")):
            body += self._receive()
        method, path, _ = lines[0].split(" ")
        self.server.requests.append((method, path, body, headers))
        return method, path, body

    def _receive(self) -> bytes:
        try:
            data = self.connection.recv(65536)
        except OSError as error:
            raise Gone from error
        if not data:
            raise Gone
        self.server.received += len(data)
        return data

    def send(self, data: bytes) -> None:
        """:raises Gone: if nobody reads it."""
        try:
            self.connection.sendall(data)
        except OSError as error:
            raise Gone from error

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        fields = {"Content-Length": str(len(body)), **{name.replace("_", "-"): value for name, value in headers.items()}}
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        self.send(f"HTTP/1.1 {status} Any\r\n{lines}\r\n".encode("latin-1") + body)

    def pause(self, seconds: float) -> None:
        """:raises Gone: if the test is over meanwhile."""
        if self.server.over.wait(seconds):
            raise Gone

    def drip(self, data: bytes, every: float) -> None:
        while True:
            for number in range(len(data)):
                self.send(data[number : number + 1])
                self.pause(every)

    def reset(self) -> None:
        """End the connection by a RST instead of a FIN."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        self.connection.close()
        raise Gone


@dataclass
class HostileServer:
    """``accepts``: connections so far; ``received``: bytes of all of them; ``requests``: what was read as HTTP."""

    listener: socket.socket
    behaviour: Behaviour
    accepts: int = 0
    last: int = 0
    received: int = 0
    requests: list[tuple[str, str, bytes, dict[str, str]]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)
    connections: list[socket.socket] = field(default_factory=list)

    @property
    def port(self) -> int:
        port: int = self.listener.getsockname()[1]
        return port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def run(self) -> None:
        """Accept until the connection that ``stop`` makes: every one before it is counted."""
        while True:
            connection, address = self.listener.accept()
            if address[1] == self.last:
                connection.close()
                return
            self.accepts += 1
            self.connections.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,))
            self.threads.append(thread)
            thread.start()

    def stop(self, accepting: threading.Thread) -> None:
        with socket.socket(self.listener.family) as last:
            last.bind((self.listener.getsockname()[0], 0))
            self.last = last.getsockname()[1]
            last.connect(self.listener.getsockname())
            accepting.join()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                self.behaviour(Visit(connection, self))
            except Gone:
                pass


@contextmanager
def hostile(behaviour: Behaviour, host: str = "127.0.0.1") -> Iterator[HostileServer]:
    """A server that treats each connection in a thread of its own until the end of the block."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    server = HostileServer(socket.create_server((host, 0), family=family), behaviour)
    accepting = threading.Thread(target=server.run)
    accepting.start()
    try:
        yield server
    finally:
        server.over.set()
        server.stop(accepting)
        server.listener.close()
        for connection in server.connections:
            _end(connection)
        for thread in server.threads:
            thread.join()


def _end(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def always(status: int, body: bytes = b"", **headers: str) -> Behaviour:
    """The same answer to every request."""

    def behave(visit: Visit) -> None:
        while True:
            visit.request()
            visit.answer(status, body, **headers)

    return behave


def tls(context: ssl.SSLContext, behaviour: Behaviour) -> Behaviour:
    """The same inside TLS."""

    def behave(visit: Visit) -> None:
        with context.wrap_socket(visit.connection, server_side=True, do_handshake_on_connect=False) as wrapped:
            visit.connection = wrapped
            try:
                wrapped.do_handshake()
            except OSError as error:
                _hang_up(wrapped)
                raise Gone from error
            behaviour(visit)

    return behave


def _hang_up(wrapped: ssl.SSLSocket) -> None:
    """Read what the other side has sent already: it would never see the alert if the connection were reset."""
    with socket.socket(fileno=wrapped.detach()) as plain:
        try:
            plain.shutdown(socket.SHUT_WR)
            while plain.recv(65536):
                pass
        except OSError:
            pass
