# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What make would do, without doing it."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_collections_of_another_checkout_are_used(tmp_path: Path) -> None:
    lock = hashlib.sha256((ROOT / "requirements" / "collections.txt").read_bytes()).hexdigest()[:12]
    collections = tmp_path / "kafka-connect-operator" / f"collections-{lock}"
    collections.mkdir(parents=True)
    os.utime(collections, (0, 0))
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    planned = subprocess.run(["make", "--dry-run", str(collections)], cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert "fetch_collections" not in planned.stdout
