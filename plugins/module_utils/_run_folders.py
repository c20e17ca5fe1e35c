# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""The folders that the runtime keeps of the runs of each object, and never removes (ansible-operator-plugins 1.42)."""

from __future__ import annotations

import contextlib
import random
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from . import _objects

# Where the runtime keeps them, whatever TMPDIR says.
FOLDER = f"/tmp/ansible-operator/runner/{_objects.GROUP}/{_objects.VERSION}"  # noqa: S108
# A folder that was used more recently is left (seconds): its last run may still be ending.
UNUSED_SECONDS = 600.0
# So many are looked at in one run, not always the same ones.
LIMIT = 50


def prune(folder: str, existing: Iterable[_objects.Object], is_gone: Callable[[str, str, str], bool], now: float) -> int:
    """Remove the folders of objects of either kind that are gone; how many were removed.

    :param folder: that of the version, with one folder for each kind, and in it one for each namespace; nothing is done without one.
    :param existing: KafkaConnectors that are there.
    :param is_gone: asked for kind, namespace and name of each object that is not among ``existing``.
    :raises JournalError: if that cannot be said.
    """
    if not folder:
        return 0
    known = {f"{_objects.KIND}/{_objects.key_of(obj)}" for obj in existing}
    found = [path for kind in (_objects.KIND, _objects.CLUSTER_KIND) for path in Path(folder, kind).glob("*/*")]
    unused = [path for path in found if "/".join(path.parts[-3:]) not in known and _is_unused(path, now)]
    gone = [path for path in random.sample(unused, min(LIMIT, len(unused))) if is_gone(path.parts[-3], path.parts[-2], path.name)]
    for path in gone:
        shutil.rmtree(path, ignore_errors=True)
    return len(gone)


def _is_unused(path: Path, now: float) -> bool:
    """The runtime writes the folder ``env`` for each run."""
    with contextlib.suppress(OSError):
        return now - max(path.stat().st_mtime, (path / "env").stat().st_mtime) > UNUSED_SECONDS
    return False
