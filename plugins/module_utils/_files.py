# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import tempfile


def put(path: str, text: str, mode: int, *, check: bool = False) -> bool:
    """Make a file hold a text, and say whether that is a change. Its folder is made too; nobody sees it before it has its mode.

    :param check: only say it.
    :raises OSError: if it cannot be written.
    """
    data = text.encode()
    try:
        with open(path, "rb") as file:
            if file.read() == data and os.fstat(file.fileno()).st_mode & 0o777 == mode:
                return False
    except FileNotFoundError:
        pass
    if check:
        return True
    folder = os.path.dirname(path) or "."
    os.makedirs(folder, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(name, mode)
        os.replace(name, path)
    except OSError:
        os.unlink(name)
        raise
    return True
