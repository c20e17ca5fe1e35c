# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Durations, and that the CRD takes the same ones."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.saiello.kafka_connect.plugins.module_utils._duration import seconds_of
from hypothesis import given
from hypothesis import strategies as st

CRD = yaml.safe_load(
    (Path(__file__).parents[4] / "config/crd/bases/external.saiello.github.io_kafkaconnectclusters.yaml").read_text(encoding="utf-8")
)
SPEC: dict[str, Any] = CRD["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
FIELDS = [SPEC["syncPeriod"], *SPEC["timeouts"]["properties"].values()]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0s", 0.0),
        ("90s", 90.0),
        ("2m", 120.0),
        ("1h", 3600.0),
        ("1h30m", 5400.0),
        ("1h1s", 3601.0),
        ("1h2m3s", 3723.0),
        ("007s", 7.0),
        (" 5s\n", 5.0),
        ("999999h", 3599996400.0),
    ],
)
def test_durations(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


NONE = [
    "",
    " ",
    "5",
    "s",
    "h1",
    "1s1m",
    "1m1h",
    "1s1s",
    "-1s",
    "+1s",
    "1.5m",
    "1 s",
    "1h 2m",
    "500ms",
    "1d",
    "1S",
    "٣s",
    "1000000s",
    "9" * 5000 + "s",
]


@pytest.mark.parametrize("text", NONE)
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match='must be a duration like "90s"') as refused:
        seconds_of(text)
    assert len(str(refused.value)) < 80


@given(st.integers(0, 999999), st.integers(0, 999999), st.integers(0, 999999))
def test_parts_add_up(hours: int, minutes: int, seconds: int) -> None:
    assert seconds_of(f"{hours}h{minutes}m{seconds}s") == hours * 3600 + minutes * 60 + seconds


@given(st.text("0123456789hms", max_size=12))
def test_what_the_crd_takes_can_be_read(text: str) -> None:
    for field in FIELDS:
        if re.search(field["pattern"], text) and field["minLength"] <= len(text) <= field["maxLength"]:
            seconds_of(text)
