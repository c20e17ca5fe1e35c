# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One real stack for all end-to-end tests; each test has a namespace-free world of its own by cleaning up after itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.faults import FaultProxy
from testbed.stack import Options, Stack
from tests.e2e.world import World

SETTINGS = {"allowedEndpoints": "127.0.0.0/8", "pollPeriod": "5s", "referencePeriod": "5s"}


# Those that take minutes, so that no lane is left alone with one of them at the end.
LONGEST = ("test_outages.py", "test_fleet.py", "test_traces.py", "test_leaks.py", "test_moves.py", "test_identity.py", "test_kills.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take longest come first."""
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """etcd, kube-apiserver, Kafka, one Connect worker and the operator."""
    directory: Path = tmp_path_factory.mktemp("stack")
    with Stack(directory, Options(settings=SETTINGS, audit=True)) as running:
        yield running


@pytest.fixture
def world(stack: Stack, proxy: FaultProxy) -> Iterator[World]:
    """The stack as a test sees it; whatever the test made is gone afterwards, and everything runs again."""
    world = World(stack)
    try:
        yield world
    finally:
        # The proxy outlives the objects, so that they can be deleted through it.
        proxy.clear()
        world.restore(SETTINGS)


@pytest.fixture
def proxy(stack: Stack) -> Iterator[FaultProxy]:
    """A proxy before the worker that counts requests and makes faults."""
    with FaultProxy(stack.connect.url) as running:
        yield running
