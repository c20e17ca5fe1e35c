# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Connect sends, taken apart; shapes that it never sends are in the tests of the verbs."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _payloads
from ansible_collections.saiello.kafka_connect.plugins.module_utils._payloads import PayloadError, Plugin, WorkerInfo

# Texts of 3.9.1 and 4.3.1.
PHASES = [
    ("starting the connector", "starting the connector"),
    ("performing multi-property validation for the connector", "performing multi-property validation for the connector"),
    ("initializing and reading to the end of internal topics", "initializing and reading to the end of internal topics"),
    ("writing a config for connector fz to the config topic", "writing a config to the config topic"),
    ("writing a config for connector to the config topic to the config topic", "writing a config to the config topic"),
    ("removing the config for connector a->b c from the config topic", "removing the config from the config topic"),
    ("writing the STOPPED target stage for connector fz to the config topic", "writing the STOPPED target stage to the config topic"),
    ("generating task configs for connector \U0001f600\nhunter", "generating task configs"),
    ("waiting for a new thread to become available for connector validation", "waiting for a new thread to become available"),
    ("stopping connector fz", "stopping a connector"),
    ("validating with hunter2", ""),
    ("<script>", ""),
    ("x" * 500, ""),
]


@pytest.mark.parametrize(("said", "phase"), PHASES)
@pytest.mark.parametrize("before", ["Request timed out. ", "Worker is still starting up. "])
def test_a_phase(before: str, said: str, phase: str) -> None:
    assert _payloads.phase_of(f"{before}The worker is currently {said}, which began at 2026-11-22T10:00:00Z.") == phase


@pytest.mark.parametrize("text", [None, "", "Request timed out", "The worker is currently starting the connector"])
def test_no_phase(text: str | None) -> None:
    assert _payloads.phase_of(text) == ""


def test_a_worker() -> None:
    said = {"version": "4.3.1", "commit": "abc", "kafka_cluster_id": "5L6g3nShT-eMCtK--X86sw"}
    assert _payloads.worker_info(said) == WorkerInfo("4.3.1", "5L6g3nShT-eMCtK--X86sw")
    assert _payloads.worker_info({"version": "2.0.0", "kafka_cluster_id": None}) == WorkerInfo("2.0.0", "")


@pytest.mark.parametrize("odd", [1, "", "a\nb", "x" * 500, "<b>", ["4.3.1"]])
def test_what_is_no_worker(odd: Any) -> None:
    for said in ({"version": odd, "kafka_cluster_id": "x"}, {"version": "4.3.1", "kafka_cluster_id": odd}, {"kafka_cluster_id": "x"}):
        with pytest.raises(PayloadError):
            _payloads.worker_info(said)


def test_plugins_are_sorted_and_odd_rows_left_out() -> None:
    sink = {"class": "org.example.Sink", "type": "sink", "version": "1.0"}
    rows = [
        sink,
        {"class": "org.example.A", "type": "source", "version": None},
        sink,
        {},
        None,
        "x",
        {"class": "a\nb", "type": "sink"},
        {"class": "x"},
    ]
    assert _payloads.plugins(rows) == (Plugin("org.example.A", "source", ""), Plugin("org.example.Sink", "sink", "1.0"))
