# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""The report of a task: a JSON file with what came of it, which never tells of another task than the last one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from . import _files

# A cause that no condition of the operator needs: whoever would tell another one has not come to it.
NOT_FINISHED = "NotFinished"


def write(path: str, report: Mapping[str, Any]) -> str:
    """Write it. What went wrong, or ""."""
    try:
        _files.put(path, f"{json.dumps(report, indent=2)}\n", 0o644)
    except OSError as error:
        return f"report: {path} cannot be written ({error.strerror})"
    return ""


def not_finished(*, check: bool) -> dict[str, Any]:
    """What it says until the task has come to its end."""
    message = "the task did not come to its end; what it printed says why"
    return {"check": check, "changed": False, "outcome": "failed", "error": {"reason": NOT_FINISHED, "message": message}}
