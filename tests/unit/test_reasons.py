# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page on reasons says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from ansible_collections.saiello.kafka_connect.plugins.module_utils import _status

PAGE = Path(__file__).parents[2] / "docs" / "reasons.md"


def test_the_page_is_the_table() -> None:
    rows = [[cell.strip() for cell in line.split("|")[1:5]] for line in PAGE.read_text(encoding="utf-8").splitlines() if re.match(r"\| `", line)]
    assert rows == [
        [f"`{reason.value}`", row.ready, row.synced, "Reconciling" if row.reconciling else "Stalled" if row.stalled else ""]
        for reason, row in _status.REASONS.items()
    ]
