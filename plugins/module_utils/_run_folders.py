# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""The folders that the runtime keeps of the runs of each object, and never removes (ansible-operator-plugins 1.42)."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from . import _objects

# Where the runtime keeps them, whatever TMPDIR says.
FOLDER = f"/tmp/ansible-operator/runner/{_objects.GROUP}/{_objects.VERSION}/{_objects.KIND}"  # noqa: S108
# A folder that was used more recently is left (seconds): its last run may still be ending.
UNUSED_SECONDS = 600.0
# So many are looked at in one run.
LIMIT = 50


def prune(folder: str, existing: Iterable[_objects.Object], is_gone: Callable[[str, str], bool], now: float) -> int:
    """Remove the folders of KafkaConnectors that are gone; how many were removed.

    :param folder: that of the kind, with one folder for each namespace; nothing is done without one.
    :param is_gone: asked for each object that is not among ``existing``.
    :raises JournalError: if that cannot be said.
    """
    if not folder:
        return 0
    known = {_objects.key_of(obj) for obj in existing}
    unused = [path for path in Path(folder).glob("*/*") if f"{path.parent.name}/{path.name}" not in known and _is_unused(path, now)]
    gone = [path for path in unused[:LIMIT] if is_gone(path.parent.name, path.name)]
    for path in gone:
        shutil.rmtree(path, ignore_errors=True)
    return len(gone)


def _is_unused(path: Path, now: float) -> bool:
    """The runtime writes the folder ``env`` for each run."""
    with contextlib.suppress(OSError):
        return now - max(path.stat().st_mtime, (path / "env").stat().st_mtime) > UNUSED_SECONDS
    return False
