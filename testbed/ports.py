# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""TCP ports on the loopback address."""

from __future__ import annotations

import random
import socket

# Below the range from which the kernel takes the ports of outgoing connections, so none of these is taken in passing.
_RANGE = range(20000, 32000)
# A program binds its port a while after it was told it; until then it must not be given to another.
_given: set[int] = set()


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind((host, port))
        except OSError:
            return False
    return True


def free_ports(count: int) -> list[int]:
    """Distinct ports on which nothing listens, and which nobody was given before."""
    found: list[int] = []
    for port in random.sample(_RANGE, len(_RANGE)):
        if port not in _given and is_free(port):
            found.append(port)
            if len(found) == count:
                _given.update(found)
                return found
    raise OSError(f"fewer than {count} free ports")
