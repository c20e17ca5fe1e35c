# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of the folders that the runtime leaves behind."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils._run_folders import LIMIT, UNUSED_SECONDS, prune

from .manifests import NOW, a_connection, an_object
from .world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, runs=str(tmp_path / "runs"))


def left(world: World) -> list[str]:
    return sorted(str(path.relative_to(world.runs)) for path in Path(world.runs).glob("*/*/*"))


def leave(world: World, *names: str, age: float = 2 * UNUSED_SECONDS) -> None:
    for name in names:
        path = Path(world.runs, name)
        (path / "env").mkdir(parents=True)
        for one in (path / "env", path):
            os.utime(one, (NOW - age, NOW - age))


def of_a_connection(world: World) -> None:
    world.server.add(a_connection())
    world.sync()


def of_labels(world: World) -> None:
    world.run("here")


@pytest.mark.parametrize("run", [of_a_connection, of_labels])
def test_folders_of_objects_of_either_kind_that_are_gone_are_removed(world: World, run: Callable[[World], None]) -> None:
    world.server.add(an_object("here"), an_object("elsewhere", host="other"), a_connection("prod-2"))
    kept = ["KafkaConnector/ns/here", "KafkaConnector/ns/elsewhere", "KafkaConnectCluster/ns/prod-2"]
    leave(world, *kept, "KafkaConnector/ns/gone", "KafkaConnectCluster/ns/here", "KafkaConnectCluster/gone/gone")
    leave(world, "KafkaConnector/ns/fresh", age=UNUSED_SECONDS - 60)
    bare = Path(world.runs, "KafkaConnector/ns/bare")
    bare.mkdir()
    os.utime(bare, (0, 0))
    run(world)
    assert left(world) == sorted([*kept, "KafkaConnector/ns/fresh", "KafkaConnector/ns/bare"])


def test_those_that_are_there_keep_none_from_being_found(world: World) -> None:
    """So many connections with a long period that they alone would be looked at."""
    leave(world, *(f"KafkaConnectCluster/ns/c{number:03}" for number in range(LIMIT)), "KafkaConnectCluster/ns/gone")
    for _run in range(LIMIT):
        prune(world.runs, [], lambda kind, namespace, name: name == "gone", NOW)
    assert "KafkaConnectCluster/ns/gone" not in left(world)
    assert len(left(world)) == LIMIT
