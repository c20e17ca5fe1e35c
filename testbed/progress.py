# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines that tell a waiting person what is going on."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

HEARTBEAT_SECONDS = 15.0
_began = time.monotonic()
_lock = threading.Lock()


def say(text: str) -> None:
    """Print one line with the seconds since the program began."""
    with _lock:
        print(f"[{time.monotonic() - _began:4.0f}s] {text}", file=sys.stderr, flush=True)


@contextmanager
def step(what: str, estimate: str = "") -> Iterator[None]:
    """Tell that a step begins, that it still goes on, and that it is done."""
    start = time.monotonic()
    over = threading.Event()

    def heartbeat() -> None:
        while not over.wait(HEARTBEAT_SECONDS):
            say(f"{what}: still going on after {time.monotonic() - start:.0f} s")

    say(f"{what} ({estimate})" if estimate else what)
    thread = threading.Thread(target=heartbeat, daemon=True)
    thread.start()
    try:
        yield
    except BaseException:
        say(f"{what}: failed after {time.monotonic() - start:.1f} s")
        raise
    finally:
        over.set()
        thread.join()
    say(f"{what}: done in {time.monotonic() - start:.1f} s")
