# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reference of the modules says what the modules say."""

from __future__ import annotations

import pytest

from docs import reference


def test_pages_are_up_to_date() -> None:
    there = {path.name: path.read_text(encoding="utf-8") for path in reference.PAGES.glob("*.md")}
    assert there == reference.pages(), "run: make docs"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("V((hidden\\)) and O(state=absent)", "`(hidden)` and `state=absent`"),
        ("C(/ \\ % ; { }), I(x)", "`/ \\ % ; { }`, *x*"),
        ("RV(connectors[].present=false) E(KAFKA_CONNECT_URL)", "`connectors[].present=false` `KAFKA_CONNECT_URL`"),
        ("P(ansible.builtin.to_json#filter)", "`ansible.builtin.to_json`"),
        ("M(saiello.kafka_connect.connector) M(ansible.builtin.copy)", "[`connector`](connector.md) `ansible.builtin.copy`"),
        ("REST API(s)", "REST API(s)"),
    ],
)
def test_markup(text: str, shown: str) -> None:
    assert reference._text(text) == shown
