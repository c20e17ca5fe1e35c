# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine may lack the Pythons of an ansible-core; in CI nothing is skipped."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(("ci", "failed"), [("", False), ("true", True)])
@pytest.mark.parametrize("name", ["core-oldest", "core-newest"])
def test_without_a_python(tmp_path: Path, name: str, ci: str, failed: bool) -> None:
    for program in ("bash", "dirname"):
        (tmp_path / program).symlink_to(str(shutil.which(program)))
    environment = {"PATH": str(tmp_path), "HOME": str(tmp_path), "CI": ci}
    done = subprocess.run([tmp_path / "bash", ROOT / ".ci/core", name], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode != 0, done.stdout) == (failed, "")
    assert f"{name}: none of the Pythons that it runs on" in done.stderr
