# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configuration from Secrets, ConfigMaps and defaults of the connection: what wins, who is changed by a change, and what is missing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from testbed.faults import Edit, FaultProxy, Rule
from tests.e2e.world import SOURCE, World, condition


@pytest.fixture(autouse=True)
def no_run_fails(world: World) -> Iterator[None]:
    """A failed run means a bug of ours, whatever the sources hold."""
    yield
    assert world.failed_runs() == []


def secret(name: str, key: str, *, optional: bool = False) -> dict[str, Any]:
    """A value that is one key of a Secret."""
    return {"secretKeyRef": {"name": name, "key": key, "optional": optional}}


def wait_config(world: World, name: str, **expected: str) -> None:
    """Wait until Connect has these values."""

    def there() -> bool:
        config = world.config(name) or {}
        return all(config.get(key) == value for key, value in expected.items())

    world.until(there, f"{name} has {expected}")


def wait_ready(world: World, name: str, reason: str, text: str) -> None:
    """Wait for a reason and a part of its message."""

    def there() -> bool:
        ready = condition(world.get(name) or {}, "Ready")
        return ready.get("reason") == reason and text in ready.get("message", "")

    world.until(there, f"{name}: {reason}: {text}")


def test_each_source_wins_over_those_before_it_and_a_change_reaches_those_that_use_it(world: World) -> None:
    world.set_config_map("common", {"b": "1", "c": "1", "d": "1", "e": "1"})
    world.set_secret("database", {"c": "2", "d": "2", "e": "2", "password": "sesame-open"})
    world.set_secret("single", {"value": "sesame-four", "file": "/dev/null"})
    world.create_cluster("prod", connectorDefaults={"config": {"topic": "any", **dict.fromkeys("abcde", "0")}})
    sources = [{"configMapRef": {"name": "common"}}, {"secretRef": {"name": "database"}}]
    values = {"e": secret("single", "value"), "file": secret("single", "file"), "none": secret("single", "missing", optional=True)}
    own = {"topic": "own", "d": 3, "e": 3}
    world.create(world.manifest("uses", cluster="prod", config=own, configFrom=sources, configValueFrom=values))
    world.create(world.manifest("other", cluster="prod", configFrom=sources[:1], driftPolicy="Report"))
    status = world.wait_reason("uses", "Stopped")["status"]
    assert world.config("uses") == {
        "name": "uses",
        "connector.class": SOURCE,
        "tasks.max": "1",
        "topic": "own",
        "file": "/dev/null",
        "a": "0",
        "b": "1",
        "c": "2",
        "d": "3",
        "e": "sesame-four",
        "password": "sesame-open",
    }
    assert status["effective"] == {"configKeys": ["a"]}
    world.wait_reason("other", "Stopped")

    world.set_secret("database", {"c": "22", "d": "22", "e": "22", "password": "sesame-closed"})
    wait_config(world, "uses", c="22", password="sesame-closed")
    world.until(lambda: (world.get("uses") or {})["status"]["lastChange"]["keys"] == ["c", "password"], "the change is told")
    world.set_config_map("common", {"b": "11", "c": "11"})
    wait_config(world, "other", b="11", c="11")
    wait_config(world, "uses", b="11")
    expected = {"other": [["b", "c", "d", "e"]], "uses": [["c", "password"], ["b"]]}
    world.until(lambda: {name: [write["keys"] for write in world.writes(name)[1:]] for name in expected} == expected, "the writes are logged")
    for obj in world.all():
        assert "sesame" not in str(obj)


def test_what_is_missing_or_wrong_is_named_and_the_connector_is_left(world: World) -> None:
    world.create_cluster("prod")
    world.set_secret("database", {"password": "sesame-open", "batch.size": "many"})
    values = {"password": secret("database", "password")}
    world.create(world.manifest("left", cluster="prod", configValueFrom=values))
    world.create(world.manifest("early", cluster="prod", configFrom=[{"secretRef": {"name": "late"}}]))
    world.create(world.manifest("invalid", cluster="prod", configFrom=[{"secretRef": {"name": "database"}}]))
    world.wait_reason("left", "Stopped")
    before = world.config("left")
    wait_ready(world, "early", "ReferenceNotFound", "the Secret late that spec.configFrom[0].secretRef names is not there")
    assert world.config("early") is None
    wait_ready(world, "invalid", "InvalidConfig", "batch.size must be a number of type INT")
    assert condition(world.get("invalid") or {}, "Stalled")["status"] == "True"

    # The Secret is put right, and nobody has to touch the object or to wait for the pause after a refusal.
    world.set_secret("database", {"password": "sesame-open", "batch.size": "7"})
    world.set_secret("late", {"b": "7"})
    world.wait_reason("invalid", "Stopped")
    world.wait_reason("early", "Stopped")
    assert len(world.writes("invalid")) == 2

    for held, text in (({"other": "x"}, "has no key password"), (None, "is not there")):
        if held:
            world.set_secret("database", held)
        else:
            world.delete_secret("database")
        wait_ready(world, "left", "ReferenceNotFound", text)
    world.set_secret("token", {"name": "other"}, kind="example.org/any")
    world.patch("early", {"spec": {"configFrom": [{"secretRef": {"name": "token"}}]}})
    wait_ready(world, "early", "InvalidSpec", "the key name is reserved; use the field connectorName")
    world.delete_secret("token")
    helm = {"release": "x"}
    world.set_secret("token", helm, kind="helm.sh/release.v1")
    wait_ready(world, "early", "InvalidSpec", "names a Secret of type helm.sh/release.v1, which may not be used")
    assert world.config("left") == before
    assert (world.config("early") or {})["b"] == "7"
    assert len(world.writes("left")) == 1
    for name in ("left", "early"):
        world.delete(name)
        world.wait_gone(name)
        assert world.config(name) is None


def test_connectors_that_labels_address_use_config_maps_and_secrets_only_if_allowed(world: World) -> None:
    world.set_config_map("common", {"a": "1"})
    world.set_secret("database", {"password": "sesame-open"})
    world.create(world.manifest("maps", configFrom=[{"configMapRef": {"name": "common"}}]))
    world.create(world.manifest("secrets", configValueFrom={"password": secret("database", "password")}))
    world.wait_reason("maps", "Stopped")
    wait_ready(world, "secrets", "InvalidSpec", "a connector that is addressed by labels may not use Secrets")
    assert world.config("secrets") is None
    world.set_config_map("common", {"a": "2"})
    wait_config(world, "maps", a="2")
    world.stack.configure({"labelAddressedSecrets": "true"})
    wait_ready(world, "secrets", "Stopped", "")
    assert (world.config("secrets") or {})["password"] == "sesame-open"


def test_references_are_not_read_in_every_period_and_at_once_where_it_matters(world: World, proxy: FaultProxy) -> None:
    world.stack.configure({"referencePeriod": "5m"})
    world.set_secret("database", {"password": "sesame-open"})
    world.create_cluster("prod", url=proxy.url)
    world.create(world.manifest("spared", cluster="prod", configFrom=[{"secretRef": {"name": "database"}}]))
    world.wait_reason("spared", "Stopped")

    world.set_secret("database", {"password": "sesame-closed"})
    since, lists = world.stack.control_plane.audit_end(), proxy.count("GET", "/connectors[?].*")
    world.until(lambda: proxy.count("GET", "/connectors[?].*") >= lists + 2, "two periods")
    asked = world.stack.control_plane.requests(user=world.stack.operator.user, since=since)
    assert [one for one in asked if (one.resource, one.name) == ("secrets", "database")] == []
    world.connect("PUT", "/connectors/spared/config", {**(world.config("spared") or {}), "topic": "by hand"})
    wait_config(world, "spared", topic="topic-spared", password="sesame-closed")
    world.set_secret("database", {"password": "sesame-third"})
    world.patch("spared", {"spec": {"config": {"topic": "edited"}}})
    wait_config(world, "spared", topic="edited", password="sesame-third")


def masked(body: bytes) -> bytes:
    """As a managed service shows passwords."""
    return re.sub(rb'("password": ?)"[^"]*"', rb'\1"****************"', body)


def test_what_a_service_masks_is_sent_when_it_changes_and_only_then(world: World, proxy: FaultProxy) -> None:
    proxy.add(Rule("GET", ".*", Edit(masked)))
    world.set_secret("database", {"password": "sesame-open", "other": "1"})
    world.create_cluster("managed", url=proxy.url)
    world.create(world.manifest("masked", cluster="managed", configFrom=[{"secretRef": {"name": "database"}}]))
    status = world.wait_reason("masked", "Stopped")["status"]
    assert status["masked"].keys() == {"password"}

    # Another key of the same Secret is not this one.
    world.set_secret("database", {"password": "sesame-open", "other": "2"})
    wait_config(world, "masked", other="2")
    world.set_secret("database", {"password": "sesame-closed", "other": "2"})
    wait_config(world, "masked", password="sesame-closed")
    world.until(lambda: (world.get("masked") or {})["status"]["masked"] != status["masked"], "the new value is told apart")
    polled = proxy.count("GET", "/connectors[?].*")
    world.until(lambda: proxy.count("GET", "/connectors[?].*") >= polled + 2, "two more periods")
    assert [write["keys"] for write in world.writes("masked")[1:]] == [["other"], ["password"]]
    assert "sesame" not in str(world.get("masked"))
