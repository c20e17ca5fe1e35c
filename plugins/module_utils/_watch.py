# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""Cuts the connection of a request whose time is over, whatever it waits for."""

from __future__ import annotations

import socket
import threading
import time
from typing import Any


class Watch:
    """Cuts the connection of the request of this thread when its time is over; ``ready``: something can have been sent by it."""

    current = threading.local()

    def __init__(self, seconds: float) -> None:
        self.over = False
        self.ready = False
        self.refusal: str | None = None
        self._socket: Any = None
        self._seconds = seconds

    def __enter__(self) -> Watch:
        Watch.current.watch = self
        _watchdog.add(self, self._seconds)
        return self

    def __exit__(self, *_: object) -> None:
        _watchdog.remove(self)
        Watch.current.watch = None
        self._socket = None

    def hold(self, connected: Any) -> None:
        """From now on there is something to cut. The connection itself lets go of its socket before the answer is read."""
        self._socket = connected
        if self.over:
            raise _TooLate("the time was over before there was a connection")
        self.ready = True

    def cut(self) -> None:
        self.over = True
        if self._socket is not None:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class _Watchdog:
    """Cuts what is late, from one thread for all requests: a timer for each would cost a thread for each."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._deadlines: dict[Watch, float] = {}
        self._next = float("inf")
        self._thread: threading.Thread | None = None

    def add(self, watch: Watch, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        with self._changed:
            self._deadlines[watch] = deadline
            if self._thread is None:
                self._thread = threading.Thread(target=self._guard, daemon=True)
                self._thread.start()
            if deadline < self._next:
                self._next = deadline
                self._changed.notify()

    def remove(self, watch: Watch) -> None:
        """From now on it is not cut any more, nor is who gets its connection next."""
        with self._changed:
            self._deadlines.pop(watch, None)

    def _guard(self) -> None:
        with self._changed:
            while True:
                now = time.monotonic()
                for watch in [one for one, deadline in self._deadlines.items() if deadline <= now]:
                    del self._deadlines[watch]
                    watch.cut()
                self._next = min(self._deadlines.values(), default=float("inf"))
                self._changed.wait(None if self._next == float("inf") else max(0.0, self._next - now))


_watchdog = _Watchdog()


class _TooLate(OSError):
    """There is a connection, and nothing may be sent on it any more."""
