# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an installed collection knows of the CRDs is what they say."""

from __future__ import annotations

from testbed import schemas


def test_the_schemas_are_those_of_the_crds() -> None:
    assert schemas.TARGET.read_text(encoding="utf-8") == schemas.source(), "run: make schemas"
