# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a task, from its beginning to its end."""

from __future__ import annotations

import json
from pathlib import Path

from ansible_collections.saiello.kafka_connect.plugins.module_utils import _report


def test_what_is_written(tmp_path: Path) -> None:
    path = tmp_path / "new" / "report.json"
    assert _report.write(str(path), _report.not_finished(check=True)) == ""
    written = json.loads(path.read_text(encoding="utf-8"))
    assert (written["check"], written["changed"], written["outcome"], written["error"]["reason"]) == (True, False, "failed", "NotFinished")
    assert path.stat().st_mode & 0o777 == 0o644


def test_what_cannot_be_written(tmp_path: Path) -> None:
    assert _report.write(str(tmp_path), {}) == f"report: {tmp_path} cannot be written (Is a directory)"
