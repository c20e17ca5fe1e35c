# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""When an object is looked at again, and who polls."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _schedule
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import Outcome, Reason, Verdict, Wanted
from ansible_collections.saiello.kafka_connect.plugins.module_utils._run_directory import EndpointRecord
from ansible_collections.saiello.kafka_connect.plugins.module_utils._schedule import next_run, poll_is_due, poller

from .manifests import an_object

PERIOD = 120.0


def seen(reason: Reason) -> dict[str, Any]:
    return an_object(status={"observedGeneration": 1, "conditions": [{"type": "Ready", "reason": reason.value}]})


def after(
    obj: dict[str, Any] | None = None, reason: Reason | None = None, *, is_poller: bool = False, waiting: int = 0, answered: bool = True, **more: Any
) -> tuple[float, float]:
    """The earliest and the latest time of the next run."""
    told = Outcome(Wanted("ns/c", "c"), Verdict(reason, ""), **more) if reason else None
    low, high = (
        next_run(obj or an_object(), told, is_poller=is_poller, waiting=waiting, answered=answered, period=PERIOD, jitter=jitter)
        for jitter in (0.0, 1.0)
    )
    return low, high


def test_the_oldest_living_object_polls() -> None:
    objects = [an_object("b", creationTimestamp="2026-01-02T00:00:00Z"), an_object("a"), an_object("old", creationTimestamp="2025-01-01T00:00:00Z")]
    assert poller(objects) == "ns/old"
    objects[2]["metadata"]["deletionTimestamp"] = "x"
    assert poller(objects) == "ns/a"
    assert poller([]) is None
    assert poller(objects[2:]) is None


@pytest.mark.parametrize(
    ("is_poller", "answered", "age", "due"),
    [
        (True, True, 107.0, False),
        (True, True, 108.0, True),
        (True, False, 26.0, False),
        (True, False, 27.0, True),
        (False, True, 239.0, False),
        (False, True, 240.0, True),
        (False, False, 239.0, False),
    ],
)
def test_a_poll_is_due(is_poller: bool, answered: bool, age: float, due: bool) -> None:
    assert poll_is_due(is_poller, EndpointRecord(polled=1000.0, outage=None if answered else ("ConnectTimeout", "no")), 1000.0 + age, PERIOD) is due


def test_a_connector_at_rest() -> None:
    assert after(reason=Reason.RUNNING, is_poller=True) == (PERIOD, PERIOD)
    assert after(reason=Reason.RUNNING) == _schedule.IDLE_SECONDS
    assert after(seen(Reason.RUNNING)) == _schedule.IDLE_SECONDS
    assert after(seen(Reason.INVALID_SPEC)) == _schedule.IDLE_SECONDS


def test_one_that_another_run_is_at() -> None:
    assert after(reason=Reason.CONVERGING, deferred=True) == (1.0, 2.0)


def test_one_that_is_on_its_way() -> None:
    assert after(reason=Reason.CONVERGING, follow_up=5.0) == (5.0, 5.0)
    assert after(reason=Reason.CONVERGING) == (5.0, 5.0)
    assert after(reason=Reason.CONVERGING, waiting=50) == (50.0, 50.0)
    assert after(reason=Reason.CONVERGING, waiting=500, is_poller=True) == (PERIOD, PERIOD)


@pytest.mark.parametrize("reason", [Reason.CONNECT_UNREACHABLE, Reason.CONNECT_TIMEOUT, Reason.CONNECT_THROTTLED, Reason.DELETION_BLOCKED])
def test_a_connect_that_is_away_is_not_stormed(reason: Reason) -> None:
    assert after(reason=reason, follow_up=5.0) == (30.0, 36.0)
    assert after(reason=reason, follow_up=5.0, waiting=100) == (200.0, 240.0)
    assert after(reason=reason, follow_up=5.0, waiting=10_000) == _schedule.IDLE_SECONDS
    assert after(reason=reason, is_poller=True, answered=False) == (30.0, 30.0)


def test_a_rebalance_is_soon_over() -> None:
    assert after(reason=Reason.CONNECT_REBALANCING, follow_up=5.0) == (5.0, 5.0)


def test_what_a_person_must_mend_is_looked_at_with_the_period() -> None:
    assert after(reason=Reason.INVALID_CONFIG) == _schedule.IDLE_SECONDS
    assert after(reason=Reason.INVALID_CONFIG, follow_up=300.0) == (300.0, 300.0)
    assert after(reason=Reason.CONNECT_UNAUTHORIZED, is_poller=True, answered=False) == (30.0, 30.0)


def test_an_object_that_nobody_dealt_with_yet() -> None:
    assert after(an_object(status={})) == (30.0, 36.0)


@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize("is_poller", [True, False])
@pytest.mark.parametrize("follow_up", [None, 5.0, 100.0])
def test_no_object_is_forgotten_or_spins(reason: Reason, is_poller: bool, follow_up: float | None) -> None:
    for waiting in (0, 1, 300, 100_000):
        low, high = after(reason=reason, is_poller=is_poller, waiting=waiting, follow_up=follow_up)
        assert 1.0 <= low <= high <= (PERIOD if is_poller else _schedule.IDLE_SECONDS[1])
