# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import dataclasses
import sys

import pytest

from testbed import prerequisites
from testbed.errors import TestbedError

PYTHON = prerequisites.PREREQUISITES[0]


def test_what_is_there_is_no_complaint() -> None:
    assert prerequisites.complaint(PYTHON) is None


def test_all_that_is_missing_is_named_with_its_remedy() -> None:
    missing = dataclasses.replace(PYTHON, name="Maven", command=("no-such-program",), remedy="install Maven")
    old = dataclasses.replace(PYTHON, minimum=(99, 1), remedy="install a newer one")
    with pytest.raises(TestbedError) as caught:
        prerequisites.check((PYTHON, missing, old))
    found = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert str(caught.value).splitlines()[1:] == [
        "  - Maven is missing: install Maven.",
        f"  - Python {found} is too old, 99.1 is needed: install a newer one.",
    ]


def test_a_program_without_a_version_is_a_complaint() -> None:
    silent = dataclasses.replace(PYTHON, command=(sys.executable, "-c", ""))
    assert "does not tell its version" in str(prerequisites.complaint(silent))
