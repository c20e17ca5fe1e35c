# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs of one Connect tell each other, and what stands against asking it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _schedule
from ansible_collections.saiello.kafka_connect.plugins.module_utils._address import Endpoint
from ansible_collections.saiello.kafka_connect.plugins.module_utils._group import Group, is_at
from ansible_collections.saiello.kafka_connect.plugins.module_utils._http import Failure, NoAnswer
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import Look, Reason
from ansible_collections.saiello.kafka_connect.plugins.module_utils._objects import PAUSE, ClusterRef
from ansible_collections.saiello.kafka_connect.plugins.module_utils._run_directory import EndpointRecord
from ansible_collections.saiello.kafka_connect.plugins.module_utils._settings import Settings
from ansible_collections.saiello.kafka_connect.plugins.module_utils._site import labelled_site

from .manifests import NOW, a_connection, an_object, owning, owning_on, referring
from .world import World, stopped

OUTAGE = ("ConnectUnreachable", "no answer")
REFUSED = NoAnswer(Failure.REFUSED, "connection refused", sent=False)
LIST = "GET /connectors?expand=info&expand=status"


@pytest.fixture
def world(tmp_path: Path) -> World:
    found = World(tmp_path)
    found.server.add(a_connection())
    return found


def go_through(world: World, group: Group, *objects: dict[str, Any], **more: Any) -> list[Reason]:
    world.server.add(*objects)
    return [outcome.verdict.reason for outcome in group.go_through(objects, objects, **more).outcomes]


# -- an outage is asked after once a period


@pytest.mark.parametrize(("age", "known"), [(0.0, True), (53.9, True), (54.0, False), (600.0, False)])
def test_an_outage_is_known_for_most_of_a_period(world: World, age: float, known: bool) -> None:
    group = world.group()
    group.record = EndpointRecord(outage=OUTAGE, tried=NOW - age, as_named=group.site.fingerprint)
    error = group.known_down(60.0)
    assert bool(error) is known
    if error:
        assert (error.verdict.reason, error.verdict.message, error.endpoint) == (Reason.CONNECT_UNREACHABLE, "no answer", True)


def test_it_is_not_known_with_other_credentials_or_another_description(world: World) -> None:
    group = world.group()
    group.record = EndpointRecord(outage=OUTAGE, tried=NOW, as_named=group.site.fingerprint)
    assert group.known_down(60.0) is not None
    group.site = replace(group.site, fingerprint="another")
    assert group.known_down(60.0) is None


def test_an_answer_is_no_outage(world: World) -> None:
    group = world.group()
    group.record = EndpointRecord(tried=NOW, as_named=group.site.fingerprint)
    assert group.known_down(60.0) is None


def test_what_is_known_is_told_and_nothing_is_asked(world: World) -> None:
    world.make("a", "b")
    world.tiny.replies[LIST] = REFUSED
    first = world.group()
    assert go_through(world, first, *(stopped(name) for name in "ab"), look=Look(whole=True)) == [Reason.CONNECT_UNREACHABLE] * 2
    first.keep_record()
    world.time.now += 5
    world.tiny.reads.clear()
    second = world.group()
    known = second.known_down(60.0)
    assert known is not None
    assert go_through(world, second, *(world.connector(name) for name in "ab"), known_down=known) == [Reason.CONNECT_UNREACHABLE] * 2
    assert world.tiny.reads == []
    assert second.record.tried < world.time.now, "what was not tried is not taken for a try"


# -- what is remembered


def test_with_the_lock_comes_what_another_run_has_found_out(world: World) -> None:
    group = world.group()
    world.keep(listed=NOW, outage=OUTAGE)
    let_go = group.lock()
    assert let_go is not None
    assert (group.record.listed, group.record.outage) == (NOW, OUTAGE)
    world.keep(listed=NOW + 1)
    assert group.lock() is None
    assert group.record.listed == NOW


def test_the_worker_that_answers_is_remembered_and_asked_first(world: World) -> None:
    world.connection()["spec"] = {"urls": ["http://a:8083", "http://b:8083"]}
    world.make("c")
    group = world.group()
    asked: list[str] = []
    real = world.tiny.send

    def first_is_dead(method: str, url: str, **more: Any) -> Any:
        asked.append(url.split("/")[2])
        if "//a:" in url:
            raise REFUSED
        return real(method, url, **more)

    world.tiny.send = first_is_dead  # type: ignore[method-assign]
    assert go_through(world, group, stopped("c")) == [Reason.STOPPED]
    group.keep_record()
    assert (world.record().worker, asked[0]) == ("http://b:8083", "a:8083")
    asked.clear()
    go_through(world, world.group(), world.connector("c"))
    assert set(asked) == {"b:8083"}


def test_a_list_that_is_too_big_is_not_tried_again_for_a_while(world: World) -> None:
    world.make(*"abc")
    world.live(*"abc")
    world.tiny.replies[LIST] = NoAnswer(Failure.TOO_BIG, "its answer is too big", sent=True)
    group = world.group()
    assert go_through(world, group, *(stopped(name) for name in "abc"), look=Look(whole=True)) == [Reason.STOPPED] * 3
    assert group.record.sliced == NOW
    assert group.record.outage is None
    for later, sliced in ((60.0, True), (_schedule.SLICED_SECONDS - 1, True), (_schedule.SLICED_SECONDS, False)):
        assert _schedule.look_for([], group.record, NOW + later).sliced is sliced


def test_since_when_a_connector_is_unsettled_is_forgotten_when_it_has_settled(world: World) -> None:
    world.make("a", "b")
    world.live("a", "b")
    world.tiny.states["a"] = "UNASSIGNED"
    group = world.group()
    group.record.unsettled = {"a": NOW - 3, "b": NOW - 3, "elsewhere": NOW - 3}
    go_through(world, group, stopped("a"), stopped("b"))
    assert group.record.unsettled == {"a": NOW - 3, "elsewhere": NOW - 3}


# -- what stands against it


def test_what_stands_against_asking_is_told_of_each_in_its_order(world: World) -> None:
    world.connection()["spec"]["policy"] = {"connectorNames": ["ok-*"]}
    found = go_through(
        world,
        world.group(),
        stopped("ok-a"),
        stopped("bad"),
        stopped("ok-other", namespace="other"),
        stopped("twice", spec={"connectorName": "ok-a"}, creationTimestamp="2026-01-02T00:00:00Z"),
    )
    assert found == [Reason.STOPPED, Reason.INVALID_SPEC, Reason.NAMESPACE_NOT_ALLOWED, Reason.DUPLICATE_CLAIM]
    assert world.tiny.writes == ["POST ok-a"]


@pytest.mark.parametrize(
    ("squatter", "reason"),
    [
        # Its namespace may not use the connection, or not under this name, or not with this class; or it does nothing.
        ({"namespace": "stranger"}, Reason.NAMESPACE_NOT_ALLOWED),
        ({"namespace": "tenant"}, Reason.INVALID_SPEC),
        ({"spec": {"class": "Forbidden"}}, Reason.INVALID_SPEC),
        ({"spec": {"mode": "Plan"}}, Reason.DUPLICATE_CLAIM),
        ({"annotations": {PAUSE: "true"}}, Reason.DUPLICATE_CLAIM),
    ],
)
def test_who_may_not_act_keeps_nobody_from_a_connector(world: World, squatter: dict[str, Any], reason: Reason) -> None:
    selector = {"from": "Selector", "selector": {"matchLabels": {"team": "a"}}}
    policy = {"connectorNames": ["{namespace}-*"], "classes": ["C"]}
    world.connection()["spec"].update(allowedNamespaces=selector, policy=policy)
    world.server.objects["/api/v1/namespaces/tenant"] = {"metadata": {"labels": {"team": "a"}}}
    spec = {"connectorName": "ns-a", **squatter.get("spec", {})}
    old = stopped("squatter", **{**squatter, "spec": spec}, creationTimestamp="2020-01-01T00:00:00Z")
    assert go_through(world, world.group(), old, stopped("rightful", spec={"connectorName": "ns-a"})) == [reason, Reason.STOPPED]
    assert world.tiny.writes == ["POST ns-a"]


@pytest.mark.parametrize("broken", [False, True])
def test_who_may_not_use_a_connection_does_not_learn_where_it_leads(world: World, broken: bool) -> None:
    if broken:
        world.connection()["spec"]["authentication"] = {"bearer": {"secretRef": {"name": "none"}}}
    stranger = stopped("stranger", namespace="other")
    assert go_through(world, world.group(), stranger) == [Reason.NAMESPACE_NOT_ALLOWED]
    status = world.server.stored(stranger)["status"]
    assert status["connectCluster"]["name"] == "prod"
    assert "connect:8083" not in str(status)


def test_who_was_served_once_is_not_made_to_forget(world: World) -> None:
    spec = {"connectClusterRef": {"name": "prod", "namespace": "ns"}}
    served = stopped("served", namespace="other", spec=spec, status=owning_on(url="http://connect:8083"))
    assert go_through(world, world.group(), served) == [Reason.NAMESPACE_NOT_ALLOWED]
    assert world.server.stored(served)["status"]["url"] == "http://connect:8083"


def test_labels_of_a_namespace_are_asked_for_once_and_only_where_they_count(world: World) -> None:
    selector = {"matchLabels": {"team": "a"}}
    world.connection()["spec"].update(allowedNamespaces={"from": "Selector", "selector": selector}, policy={"connectorNames": ["*"]})
    world.server.objects["/api/v1/namespaces/team-a"] = {"metadata": {"labels": {"team": "a"}}}
    world.server.objects["/api/v1/namespaces/team-b"] = {"metadata": {}}
    objects = [stopped(f"{name}{number}", namespace=name) for name in ("team-a", "team-b", "gone", "ns") for number in (1, 2)]
    found = go_through(world, world.group(), *objects)
    assert found == [Reason.STOPPED] * 2 + [Reason.NAMESPACE_NOT_ALLOWED] * 4 + [Reason.STOPPED] * 2
    assert sorted(one for one in world.server.requests if one.startswith("GET /api/v1/namespaces/") and one.count("/") == 4) == [
        f"GET /api/v1/namespaces/{name}" for name in ("gone", "team-a", "team-b")
    ]


@pytest.mark.parametrize(
    ("settings", "reason"),
    [(Settings(label_addressing=False), Reason.ENDPOINT_NOT_ALLOWED), (Settings(allowed_endpoints="http://x"), Reason.ENDPOINT_NOT_ALLOWED)],
)
def test_settings_stand_against_labels(world: World, settings: Settings, reason: Reason) -> None:
    group = Group(world.environment, settings, labelled_site(Endpoint("http", "connect", 8083)), EndpointRecord())
    assert go_through(world, group, an_object()) == [reason]
    assert world.tiny.reads == []
    connected = replace(world.group(), settings=settings)
    expected = reason if settings.allowed_endpoints else Reason.STOPPED
    assert go_through(world, connected, stopped("c")) == [expected], "a connection is no labels, but has an address too"


@pytest.mark.parametrize(
    ("obj", "place", "at"),
    [
        (referring(), ClusterRef("ns", "prod"), True),
        (referring(), ClusterRef("other", "prod"), False),
        (referring(to="other", status=owning_on()), ClusterRef("ns", "prod"), True),
        (an_object(), Endpoint("http", "connect", 8083), True),
        (an_object(host="CONNECT"), Endpoint("http", "connect", 8083), True),
        (an_object(host="other", status=owning()), Endpoint("http", "connect", 8083), True),
        (an_object(labels={}), Endpoint("http", "connect", 8083), False),
    ],
)
def test_to_whom_an_object_belongs(obj: dict[str, Any], place: Any, at: bool) -> None:
    assert is_at(obj, place) is at


# -- what their references hold


PASSWORD = {"configValueFrom": {"password": {"secretKeyRef": {"name": "db", "key": "password"}}}}


def test_what_a_secret_holds_is_sent_and_what_it_holds_next_is_a_difference(world: World) -> None:
    world.server.add_secret("db", password="sesame")
    assert go_through(world, world.group(), stopped("a", spec=PASSWORD)) == [Reason.STOPPED]
    assert world.tiny.configs["a"]["password"] == "sesame"
    world.server.add_secret("db", password="open", version="2")
    group = world.group()
    found = group.go_through([world.connector("a")], [world.connector("a")])
    assert [write.keys for outcome in found.outcomes for write in outcome.writes] == [("password",)]
    assert world.tiny.configs["a"]["password"] == "open"
    assert "sesame" not in str(world.connector("a"))
    assert "open" not in str(world.connector("a")["status"].get("lastChange"))


def test_without_the_secret_the_connector_is_left_as_it_is_and_its_deletion_goes_on(world: World) -> None:
    world.server.add_secret("db", password="sesame")
    go_through(world, world.group(), stopped("a", spec=PASSWORD))
    del world.server.objects["/api/v1/namespaces/ns/secrets/db"]
    world.tiny.writes.clear()
    obj = world.connector("a")
    assert [outcome.verdict.reason for outcome in world.group().go_through([obj], [obj]).outcomes] == [Reason.REFERENCE_NOT_FOUND]
    assert world.tiny.writes == []
    obj = {**world.connector("a")}
    obj["metadata"] = {**obj["metadata"], "deletionTimestamp": "2026-01-01T00:00:00Z"}
    world.server.add(obj)
    (outcome,) = world.group().go_through([obj], [obj]).outcomes
    assert (outcome.released, outcome.orphaned, world.tiny.configs) == (True, "", {})


@pytest.mark.parametrize(("allowed", "reason"), [(False, Reason.INVALID_SPEC), (True, Reason.STOPPED)])
def test_labels_may_name_where_secrets_are_sent_only_if_the_administrator_says_so(world: World, allowed: bool, reason: Reason) -> None:
    world.server.add_secret("db", password="sesame")
    settings = Settings(allowed_endpoints="connect", label_addressed_secrets=allowed)
    group = Group(world.environment, settings, labelled_site(Endpoint("http", "connect", 8083)), EndpointRecord())
    assert go_through(world, group, an_object("a", spec={"state": "stopped", **PASSWORD})) == [reason]
    assert ("GET /api/v1/namespaces/ns/secrets/db" in world.server.requests) is allowed


def test_nothing_is_read_for_who_may_not_use_the_connection(world: World) -> None:
    world.server.add_secret("db", password="sesame")
    world.server.add(a_connection(spec={"url": "http://connect:8083", "policy": {"connectorNames": ["other"]}}))
    assert go_through(world, world.group(), stopped("a", spec=PASSWORD)) == [Reason.INVALID_SPEC]
    assert "GET /api/v1/namespaces/ns/secrets/db" not in world.server.requests


@pytest.mark.parametrize("change", ["secret", "defaults"])
def test_a_refused_configuration_is_sent_again_at_once_when_a_source_changed(world: World, change: str) -> None:
    world.server.add_secret("db", password="sesame")
    world.tiny.replies["POST /connectors"] = (400, {"error_code": 400, "message": "Connector configuration is invalid"})
    assert go_through(world, world.group(), stopped("a", spec=PASSWORD)) == [Reason.INVALID_CONFIG]
    obj = world.connector("a")
    assert [len(outcome.writes) for outcome in world.group().go_through([obj], [obj]).outcomes] == [0]
    world.tiny.replies.clear()
    if change == "secret":
        world.server.add_secret("db", password="open", version="2")
    else:
        world.server.add(a_connection(spec={"url": "http://connect:8083", "connectorDefaults": {"config": {"k": "v"}}}, generation=2))
    obj = world.connector("a")
    assert [outcome.verdict.reason for outcome in world.group().go_through([obj], [obj]).outcomes] == [Reason.STOPPED]
