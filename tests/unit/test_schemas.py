# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an installed collection knows of the CRDs is what they say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml
from ansible_collections.saiello.kafka_connect.plugins.module_utils._crd import SCHEMAS
from ansible_collections.saiello.kafka_connect.plugins.module_utils._rules import RULES

from testbed import schemas


def test_the_schemas_are_those_of_the_crds() -> None:
    assert schemas.TARGET.read_text(encoding="utf-8") == schemas.source(), "run: make schemas"
    assert schemas.schemas() == SCHEMAS


def _rules(part: Any) -> Iterator[str]:
    inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    for one in inner:
        yield from _rules(one)
    if isinstance(part, dict) and "x-kubernetes-validations" in part:
        yield from (rule["rule"] for rule in part["x-kubernetes-validations"])


def test_every_rule_of_the_crds_is_known() -> None:
    """But for those on what an object was before, which a manifest alone cannot break."""
    found = {rule for path in schemas.CRDS.iterdir() for rule in _rules(yaml.safe_load(path.read_text(encoding="utf-8")))}
    assert {rule for rule in found if not schemas.is_transition(rule)} == RULES.keys()
