# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A value that was sent from a Secret is shown nowhere as long as Connect may have it, whatever became of the write."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _connector_status, _objects
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import Observed, Outcome, Ownership, Presence, Reason, Verdict
from ansible_collections.saiello.kafka_connect.plugins.module_utils._objects import memory_of
from ansible_collections.saiello.kafka_connect.plugins.module_utils._sources import Sourced
from ansible_collections.saiello.kafka_connect.plugins.module_utils._wanted import Terms, wanted_of

from .manifests import NOW, a_connection, an_object, owning, referring
from .world import World

FROM_SECRET = {"file": {"secretKeyRef": {"name": "login", "key": "value"}}}
VALUE = "sesame open"


@pytest.fixture
def world(tmp_path: Path) -> World:
    """One connector with a file of its own, and a Secret that it does not use yet."""
    world = World(tmp_path)
    world.server.add(a_connection())
    world.server.add_secret("login", value=VALUE)
    world.tiny.tasks["c"] = [{"id": 0, "state": "RUNNING"}]
    world.make("c", spec={"driftPolicy": "RepairConfig", "state": "running"})
    world.sync()
    assert world.connector()["status"]["synced"]
    return world


def edit(world: World, **spec: Any) -> None:
    generation = world.connector()["metadata"]["generation"]
    world.server.edit(referring(), metadata={"generation": generation + 1}, spec=spec)
    world.time.now += 120
    world.sync()


def stopped_by_hand(world: World) -> None:
    world.tiny.states["c"], world.tiny.tasks["c"] = "STOPPED", []


def stores_more_than_it_was_sent(world: World) -> None:
    real = world.tiny.carry_out

    def carry_out(method: str, parts: list[str], name: str, body: dict[str, Any]) -> None:
        real(method, parts, name, {**body, "added": "x"})

    world.tiny.carry_out = carry_out  # type: ignore[method-assign]


def does_not_run_yet(world: World) -> None:
    world.tiny.states["c"] = "UNASSIGNED"


def does_not_answer(world: World) -> None:
    world.tiny.hang, world.tiny.applies_first = {"PUT c/config"}, True


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (stopped_by_hand, "Drifted"),
        (stores_more_than_it_was_sent, "NotConverging"),
        (does_not_run_yet, "Converging"),
        (does_not_answer, "ConnectTimeout"),
    ],
)
def test_what_was_sent_stays_hidden_if_connect_was_never_seen_to_follow(world: World, trouble: Callable[[World], None], reason: str) -> None:
    trouble(world)
    edit(world, configValueFrom=FROM_SECRET)
    assert (world.reason(), world.tiny.configs["c"]["file"]) == (reason, VALUE)
    edit(world, configValueFrom=None, config={"file": "/b"}, mode="Plan")
    status = world.connector()["status"]
    assert {"key": "file", "change": "changed"} in status["plan"]["changes"]
    assert VALUE not in json.dumps(status)


def test_what_connect_has_of_it_is_shown_again_once_it_is_something_else(world: World) -> None:
    edit(world, configValueFrom=FROM_SECRET)
    assert world.connector()["status"]["referencedKeys"] == ["file"]
    edit(world, configValueFrom=None, config={"file": "/b"})
    assert "referencedKeys" not in world.connector()["status"]
    edit(world, config={"file": "/c"}, mode="Plan")
    assert world.connector()["status"]["plan"]["changes"] == [{"key": "file", "change": "changed", "before": "/b", "after": "/c"}]


def test_a_value_that_connect_had_already_is_hidden_from_then_on(world: World) -> None:
    """Nothing has to be sent for it."""
    stopped_by_hand(world)
    edit(world, config={"file": VALUE})
    written = len(world.tiny.writes)
    edit(world, configValueFrom=FROM_SECRET)
    assert (world.reason(), len(world.tiny.writes)) == ("Drifted", written)
    edit(world, configValueFrom=None, config={"file": "/b"}, mode="Plan")
    assert world.connector()["status"]["plan"]["changes"] == [{"key": "file", "change": "changed"}]


def test_it_is_written_down_before_it_is_sent(world: World) -> None:
    """A run that is killed in between reports nothing."""
    known: list[Any] = []
    real = world.tiny.carry_out

    def carry_out(method: str, parts: list[str], name: str, body: dict[str, Any]) -> None:
        known.append(list(world.connector(name)["status"].get("referencedKeys", ())))
        real(method, parts, name, body)

    world.tiny.carry_out = carry_out  # type: ignore[method-assign]
    edit(world, configValueFrom=FROM_SECRET)
    world.make("d", spec={"state": "stopped", "configValueFrom": {"login": FROM_SECRET["file"]}})
    world.run("d")
    assert known == [["file"], ["login"]]


def test_what_is_written_down_already_costs_no_write(world: World) -> None:
    edit(world, configValueFrom=FROM_SECRET)
    world.server.add_secret("login", value="sesame shut", version="2")
    world.server.requests.clear()
    edit(world, config={"more": "x"})
    assert world.tiny.configs["c"]["file"] == "sesame shut"
    assert [one.rpartition("/")[2] for one in world.server.writes()] == ["status"], "the report, and nothing before the PUT"


def test_a_period_with_nothing_to_do_costs_no_write_for_it(world: World) -> None:
    edit(world, configValueFrom=FROM_SECRET)
    world.server.requests.clear()
    world.tiny.reads.clear()
    world.time.now += 60
    world.sync()
    assert (world.server.writes(), world.tiny.reads) == ([], ["/connectors?expand=info&expand=status"])


def test_a_creation_writes_it_down_with_its_ownership(world: World) -> None:
    world.make("d", spec={"state": "stopped", "configValueFrom": FROM_SECRET})
    world.server.requests.clear()
    world.run("d")
    written = [one.partition("/kafkaconnectors/")[2] for one in world.server.writes()]
    assert written == ["d", "d/status", "d/status"], "the finalizer, the ownership, the report"


SYNCED = Verdict(Reason.STOPPED, "it is stopped")


@pytest.mark.parametrize(
    ("recorded", "referenced", "live", "synced", "after"),
    [
        ((), (), {}, True, ()),
        ((), ("a",), {"a": "x"}, True, ("a",)),
        ((), ("a",), {"a": "x"}, False, ("a",)),
        (("a",), ("b",), {"b": "x"}, False, ("a", "b")),
        (("a",), ("b",), {"b": "x"}, True, ("b",)),
        (("a",), (), {"a": "own"}, True, ()),
        # What Connect may add by itself is not taken away from it, so it may be what was sent.
        (("a",), (), {"a": "sent"}, True, ("a",)),
        # A service that masks a value does not say which one it has.
        (("a",), (), {"a": "****"}, True, ("a",)),
    ],
)
def test_which_keys_are_remembered(
    recorded: tuple[str, ...], referenced: tuple[str, ...], live: Mapping[str, str], synced: bool, after: tuple[str, ...]
) -> None:
    config = {"a": "own"} if "own" in live.values() else {}
    remembered: dict[str, Any] = {"referencedKeys": list(recorded)} if recorded else {}
    obj = an_object(status=owning(**remembered), spec={"config": config})
    wanted = wanted_of(obj, sourced=Sourced(above=dict.fromkeys(referenced, "x"), version="v" if referenced else ""))
    outcome = Outcome(wanted, SYNCED, Observed(Presence.PRESENT, live), Ownership.CREATED, NOW, synced=synced)
    status = _connector_status.rendered_status(obj, outcome, NOW, {}, Terms())
    assert tuple(status.get("referencedKeys", ())) == after
    assert memory_of({**obj, "status": status}).sent_keys == frozenset(after)


def test_what_cannot_be_read_just_now_is_no_reason_to_forget(world: World) -> None:
    edit(world, configValueFrom=FROM_SECRET)
    edit(world, configValueFrom={"file": {"secretKeyRef": {"name": "none", "key": "value"}}})
    assert world.reason() == "ReferenceNotFound"
    assert world.connector()["status"]["referencedKeys"] == ["file"]
    assert wanted_of(world.connector()).hidden_keys == {"file"}


def test_keys_of_an_object_that_changed_meanwhile_are_kept() -> None:
    obj = an_object(status=owning(referencedKeys=["file"]), generation=2)
    outcome = Outcome(wanted_of(obj), SYNCED, ownership=Ownership.CREATED, owned_since=NOW)
    assert _connector_status.remembered_status(obj, outcome, NOW, {})["referencedKeys"] == ["file"]
    assert _objects.memory_of(obj).sent_keys == {"file"}
