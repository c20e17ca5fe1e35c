# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who takes over from the poller of an endpoint, and how soon."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _schedule
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import Outcome, Reason, Verdict, Wanted

PERIOD = 120.0


def aged(number: int, **metadata: Any) -> dict[str, Any]:
    """An object that is younger the higher its number."""
    named = {"namespace": "ns", "name": f"o{number}", "uid": f"uid-{number}", "generation": 1}
    return {"metadata": {**named, "creationTimestamp": f"2026-01-0{number}T00:00:00Z", **metadata}, "spec": {}, "status": {}}


def test_the_next_in_age_are_the_heirs() -> None:
    objects = [aged(5), aged(3), aged(1), aged(4), aged(2)]
    assert _schedule.poller(objects) == "ns/o1"
    assert _schedule.heirs(objects) == ["ns/o2", "ns/o3", "ns/o4"]
    objects[2]["metadata"]["deletionTimestamp"] = "x"
    assert _schedule.poller(objects) == "ns/o2"
    assert _schedule.heirs(objects) == ["ns/o3", "ns/o4", "ns/o5"]
    assert _schedule.heirs(objects[:1]) == []


@pytest.mark.parametrize(
    ("heir", "period", "expected"),
    [(0, PERIOD, PERIOD), (1, PERIOD, 2 * PERIOD), (2, PERIOD, 4 * PERIOD), (None, PERIOD, 600.0), (2, 3600.0, 600.0)],
)
def test_each_further_heir_asks_half_as_often(heir: int | None, period: float, expected: float) -> None:
    told = Outcome(Wanted("ns/o1", "o1"), Verdict(Reason.RUNNING, ""))
    seconds = _schedule.next_run(aged(1), told, is_poller=False, waiting=0, answered=True, period=period, jitter=0.0, heir=heir)
    assert seconds == expected
