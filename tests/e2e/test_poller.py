# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Label-addressed objects of one endpoint share one poll, and somebody takes it over when its object goes."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from testbed.faults import FaultProxy
from tests.e2e.world import SOURCE, World, condition

COUNT = 50
# As the settings of the session have it, in seconds.
PERIOD = 5.0
PERIODS = 10
# What a run may take from its start to its writes on a busy machine.
RUN_SECONDS = 10.0
# Its configuration and status before a write, the worker, and a few looks at what became of it.
READS_PER_WRITE = 10
LIST = r"/connectors\?expand=info&expand=status"
UNMANAGED = {"name": "by-hand", "connector.class": SOURCE, "tasks.max": "1", "file": "/dev/null", "topic": "by-hand"}


@pytest.fixture(autouse=True)
def nobody_else_is_hurt(world: World) -> Iterator[None]:
    """No run fails, and a connector that no object names stays as it is."""
    body = {"name": "by-hand", "config": UNMANAGED, "initial_state": "PAUSED"}
    assert world.connect("POST", "/connectors", body).ok
    yield
    assert world.failed_runs() == []
    assert world.config("by-hand") == UNMANAGED
    assert world.state("by-hand") == "PAUSED"


def drift(world: World, *names: str) -> None:
    """Change connectors by hand, past the operator."""
    for name in names:
        config = {**(world.config(name) or {}), "topic": "by-hand"}
        assert world.connect("PUT", f"/connectors/{name}/config", config).ok


def wait_repaired(world: World, *names: str, timeout: float = 60) -> None:
    """Wait until the connectors have the topic of their objects again."""
    for name in names:
        world.until(lambda name=name: (world.config(name) or {})["topic"] == f"topic-{name}", f"{name} is repaired", timeout)  # type: ignore[misc]


@pytest.mark.timeout(300)
def test_fifty_objects_share_one_poll(world: World, proxy: FaultProxy) -> None:
    first, *others = names = [f"polled-{number:02}" for number in range(COUNT)]
    world.create(world.manifest(first, url=proxy.url))
    world.wait_reason(first, "Stopped")
    world.create_all(world.manifest(name, url=proxy.url) for name in others)

    def all_ready() -> bool:
        return [condition(obj, "Ready").get("reason") for obj in world.all()] == ["Stopped"] * COUNT

    world.until(all_ready, "all are Ready")

    def lists() -> int:
        return proxy.count("GET", LIST)

    writes = len(world.writes())
    proxy.forget()
    began = time.monotonic()
    world.until(lambda: lists() >= 3, "three periods")
    pace = (time.monotonic() - began) / 3
    drift(world, names[7], names[-1])
    before = lists()
    wait_repaired(world, names[7], names[-1])
    assert lists() - before <= 2

    world.delete(first)
    world.wait_gone(first)
    drift(world, names[8], names[-2])
    wait_repaired(world, names[8], names[-2], timeout=2 * max(pace, PERIOD) + RUN_SECONDS)
    world.until(lambda: lists() >= PERIODS, "ten reads", timeout=2 * PERIODS * max(pace, PERIOD))
    assert time.monotonic() - began >= PERIODS * PERIOD / 1.3, "about once a period, however many objects there are"
    assert len(world.writes()) - writes == 4 + 1, "four repairs and a deletion"
    assert proxy.count("POST|PUT|DELETE") == 4 + 1
    assert proxy.count("GET") - lists() <= 5 * READS_PER_WRITE, "nothing else is read but before and after a write"
