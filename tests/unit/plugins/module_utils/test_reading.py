# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""When Secrets and ConfigMaps are read: in time, at once where it matters, and not in every period."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils._http import Failure, NoAnswer

from .apiserver import CORE
from .manifests import a_connection
from .world import World

PASSWORD = {"configValueFrom": {"password": {"secretKeyRef": {"name": "db", "key": "password"}}}}
READ = f"GET {CORE}/secrets/db"


@pytest.fixture
def world(tmp_path: Path) -> World:
    """One connector that has a password from a Secret, as it is wanted."""
    world = World(tmp_path)
    world.server.add(a_connection())
    world.server.add_secret("db", password="sesame")
    world.make("c", spec={"state": "stopped", **PASSWORD})
    world.sync()
    assert (world.reason(), world.tiny.configs["c"]["password"]) == ("Stopped", "sesame")
    return world


def reads(world: World, seconds: float = 60.0, **request: Any) -> int:
    """How often the Secret is read in the period that begins after so many seconds."""
    world.time.now += seconds
    before = world.server.requests.count(READ)
    if request:
        world.run(**request)
    else:
        world.sync()
    return world.server.requests.count(READ) - before


def test_not_in_every_period_and_after_five_minutes_at_the_latest(world: World) -> None:
    assert reads(world) == 0
    world.server.add_secret("db", password="open", version="2")
    counts = [reads(world) for _period in range(4)]
    assert counts.index(1) in range(4)
    assert world.tiny.configs["c"]["password"] == "open"
    assert sum(counts) == 1
    assert world.connector()["status"]["lastChange"]["cause"] == "source"


def test_again_and_again(world: World) -> None:
    counts = [reads(world) for _period in range(40)]
    gaps = [len(gap) for gap in "".join(map(str, counts)).split("1")]
    assert max(gaps) <= 4
    assert max(counts) == 1


def test_a_change_by_hand_is_repaired_at_once_with_what_is_read_now(world: World) -> None:
    world.tiny.configs["c"]["file"] = "/other"
    world.server.add_secret("db", password="open", version="2")
    assert reads(world) == 1
    assert (world.tiny.configs["c"]["file"], world.tiny.configs["c"]["password"]) == ("/a", "open")
    assert reads(world) == 0


def test_what_is_gone_is_made_again_whole(world: World) -> None:
    del world.tiny.configs["c"]
    assert reads(world) == 1
    assert world.tiny.configs["c"]["password"] == "sesame"


@pytest.mark.parametrize("edited", ["connector", "connection"])
def test_an_edit_reads_at_once(world: World, edited: str) -> None:
    if edited == "connector":
        obj = world.connector()
        obj["spec"]["config"]["more"] = "x"
        obj["metadata"]["generation"] = 2
    else:
        connection = world.connection()
        connection["spec"]["connectorDefaults"] = {"config": {"more": "x"}}
        connection["metadata"]["generation"] = 2
    assert reads(world) == 1
    assert world.tiny.configs["c"]["more"] == "x"


def test_what_connect_does_not_tell_of_needs_no_reading(world: World) -> None:
    world.tiny.replies["GET /connectors?expand=info&expand=status"] = NoAnswer(Failure.REFUSED, "connection refused", sent=False)
    effective = world.connector()["status"].get("effective")
    assert reads(world) == 0
    assert world.reason() == "ConnectUnreachable"
    assert world.connector()["status"].get("effective") == effective
    world.tiny.replies.clear()
    assert reads(world) == 1  # what was amiss is looked at closely
    assert world.reason() == "Stopped"


@pytest.mark.parametrize("trouble", ["missing", "refused"])
def test_what_is_missing_or_was_refused_is_read_in_every_period(world: World, trouble: str) -> None:
    if trouble == "missing":
        del world.server.objects[f"{CORE}/secrets/db"]
    else:
        world.server.add_secret("db", password="bad", version="2")
        world.tiny.replies["PUT /connectors/c/config"] = (400, {"error_code": 400, "message": "refused"})
    for _period in range(5):
        reads(world)
    assert world.reason() == ("ReferenceNotFound" if trouble == "missing" else "InvalidConfig")
    assert [reads(world), reads(world)] == [1, 1]
    world.tiny.replies.clear()
    world.server.add_secret("db", password="open", version="3")
    assert reads(world) == 1
    assert world.reason() == "Stopped"
    assert world.tiny.configs["c"]["password"] == "open"


def test_what_a_service_masks_is_read_in_every_period_and_sent_when_it_changed(world: World) -> None:
    world.tiny.masks = {"password"}
    for _period in range(6):
        reads(world)
    digest = world.connector()["status"]["masked"]["password"]
    written = len(world.tiny.writes)
    assert [reads(world), reads(world)] == [1, 1]
    # Another key of the same Secret is not this one.
    world.server.add_secret("db", password="sesame", other="x", version="2")
    reads(world)
    assert len(world.tiny.writes) == written
    world.server.add_secret("db", password="open", version="3")
    reads(world)
    reads(world)
    assert (world.tiny.configs["c"]["password"], len(world.tiny.writes)) == ("open", written + 1)
    assert world.connector()["status"]["masked"]["password"] != digest
    # Without the status nothing is known, and it is sent once.
    del world.connector()["status"]["masked"]
    reads(world)
    reads(world)
    assert len(world.tiny.writes) == written + 2


def test_what_came_from_a_reference_stays_hidden_when_the_reference_goes(world: World) -> None:
    """Until what was sent is something else: Connect still has the value."""
    obj = world.connector()
    obj["spec"] = {**obj["spec"], "configValueFrom": {}, "mode": "Plan"}
    obj["metadata"]["generation"] = 2
    world.sync()
    (removed,) = world.connector()["status"]["plan"]["changes"]
    assert removed == {"key": "password", "change": "removed"}
    obj = world.connector()
    assert obj["status"]["referencedKeys"] == ["password"]
    obj["spec"]["mode"] = "Apply"
    obj["metadata"]["generation"] = 3
    world.sync()
    assert "referencedKeys" not in world.connector()["status"]


def test_no_value_is_kept_in_a_file_or_a_status(world: World) -> None:
    texts = [path.read_text(encoding="utf-8") for path in world.path.iterdir()]
    assert any("password" in text for text in texts)  # the key
    assert "sesame" not in "".join(texts) + json.dumps(world.connector())


@pytest.mark.parametrize("notes", ["", "[]", "{", '{"ns/c": [1]}', '{"ns/c": ["x", "y", "z", "", []]}'])
def test_notes_that_are_unreadable_are_as_good_as_none(world: World, notes: str) -> None:
    for path in world.path.glob("*.notes.json"):
        path.write_text(notes, encoding="utf-8")
    assert reads(world) == 1
    assert reads(world) == 0


def test_another_value_is_no_drift_to_be_reported(world: World) -> None:
    obj = world.connector()
    obj["spec"]["driftPolicy"] = "Report"
    obj["metadata"]["generation"] = 2
    reads(world)
    world.server.add_secret("db", password="open", version="2")
    for _period in range(5):
        reads(world)
    assert world.tiny.configs["c"]["password"] == "open"
    world.tiny.configs["c"]["password"] = "by hand"
    reads(world)
    assert (world.reason(), world.tiny.configs["c"]["password"]) == ("Drifted", "by hand")
