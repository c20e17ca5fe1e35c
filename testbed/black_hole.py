# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A port whose connections are never established, as behind a firewall that drops packets."""

from __future__ import annotations

import socket
from types import TracebackType

from testbed.errors import TestbedError
from testbed.ports import free_ports

# Linux takes one connection more than the backlog says; a few more are asked for, to be sure.
_FILLING = 8


class BlackHole:
    """Whoever connects waits until its own limit of time. Works in a network namespace with nothing but loopback, too.

    Nobody accepts, and the queue of the listening socket is full: Linux then drops what asks for one connection more.
    Closed, the port refuses connections.
    """

    def __init__(self, port: int | None = None) -> None:
        """:raises TestbedError: connections are established all the same"""
        self.port = port or free_ports(1)[0]
        self.url = f"http://127.0.0.1:{self.port}"
        self._sockets = [socket.create_server(("127.0.0.1", self.port), backlog=0)]
        for _ in range(_FILLING):
            filler = socket.socket()
            self._sockets.append(filler)
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", self.port))
        if self._answers():
            self.close()
            raise TestbedError(f"port {self.port} cannot be made a black hole: its queue takes more than {_FILLING} connections")

    def _answers(self) -> bool:
        """Loopback is instantaneous: what is not established at once never is."""
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=0.2).close()
        except TimeoutError:
            return False
        return True

    def close(self) -> None:
        """Refuse connections from now on."""
        for one in self._sockets:
            one.close()

    def __enter__(self) -> BlackHole:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
