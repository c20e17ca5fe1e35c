# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run for a KafkaConnector, from its name to the time of the next run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _objects
from ansible_collections.saiello.kafka_connect.plugins.module_utils._http import Failure, NoAnswer
from ansible_collections.saiello.kafka_connect.plugins.module_utils._objects import PAUSE
from ansible_collections.saiello.kafka_connect.plugins.module_utils._schedule import IDLE_SECONDS
from ansible_collections.saiello.kafka_connect.plugins.module_utils._settings import POLL_PERIOD

from .manifests import NOW, a_connection, an_object, owning, owning_on, referring
from .world import World, own_by, stopped

LEAVING: dict[str, Any] = {"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": [_objects.FINALIZER]}
REFUSED = NoAnswer(Failure.REFUSED, "connection refused", sent=False)
LIST = "GET /connectors?expand=info&expand=status"
URL = "http://connect:8083"


@pytest.fixture
def world(tmp_path: Path) -> World:
    found = World(tmp_path)
    found.server.add(a_connection())
    return found


# -- labels


@pytest.mark.parametrize("poller", ["ns/a", "ns/other", ""])
def test_run_just_after_another_leaves_the_poll_to_the_poller(world: World, poller: str) -> None:
    world.server.add(an_object("a", status=own_by(owning(), "Running")))
    world.keep(URL, listed=NOW - 1, polled=NOW - 1, poller=poller)
    run = world.run("a")
    assert run.outcomes == ()
    assert not run.finished
    assert not [one for one in world.server.requests if one.endswith("/kafkaconnectors")], "nothing is listed"
    if poller == "ns/a":
        assert run.requeue_after == POLL_PERIOD
    else:
        assert run.requeue_after >= IDLE_SECONDS[0]


def test_a_run_takes_along_what_is_pending_on_the_same_connect(world: World) -> None:
    spec = {"state": "stopped"}
    world.live("quiet")
    world.server.add(
        an_object("c", spec=spec),
        an_object("d", host="CONNECT", spec=spec),
        an_object("elsewhere", host="other", spec=spec),
        an_object("quiet", spec=spec, status=own_by(owning())),
    )
    world.keep(URL, polled=NOW)
    run = world.run()
    assert {outcome.wanted.name for outcome in run.outcomes} == {"c", "d"}
    assert sorted(world.tiny.writes) == ["POST c", "POST d"]
    assert world.record(URL).poller == "ns/c"


# -- references


def test_a_referred_object_is_finished_without_another_run(world: World) -> None:
    world.make("c", "d")
    run = world.run()
    assert sorted(world.tiny.writes) == ["POST c", "POST d"]
    assert (run.finished, run.requeue_after) == (True, 0.0)
    assert (world.reason("c"), world.reason("d")) == ("Stopped", "Stopped")
    assert world.run().finished
    assert sorted(world.tiny.writes) == ["POST c", "POST d"]


def test_what_refers_to_it_from_a_connection_elsewhere_is_no_member(world: World) -> None:
    world.server.add(a_connection("dev", spec={"url": "http://dev:8083"}))
    world.make("c")
    world.server.add(stopped("d", to="dev"), stopped("e", spec={"connectClusterRef": {"name": "prod", "namespace": "other"}}))
    world.run()
    assert world.tiny.writes == ["POST c"]


@pytest.mark.parametrize("status", [{}, owning_on(url=URL)])
def test_without_its_connection_an_object_says_so_and_waits(world: World, status: dict[str, Any]) -> None:
    world.server.objects.clear()
    world.make("c", status=status)
    run = world.run()
    assert run.finished, "the connection's first period looks at it"
    assert world.reason() == "ConnectClusterNotFound"
    assert world.tiny.reads == []
    assert world.connector()["status"].get("ownership", "") == status.get("ownership", "")
    assert world.connector()["status"].get("url") == status.get("url")
    world.server.requests.clear()
    world.run()
    assert world.server.writes() == [], "and says it once"


def test_a_connection_outside_of_what_the_operator_watches_is_not_read(world: World) -> None:
    world.watched = ("ns",)
    world.server.add(a_connection("prod", namespace="kafka", spec={"url": URL, "allowedNamespaces": {"from": "All"}}))
    world.make("c", spec={"connectClusterRef": {"name": "prod", "namespace": "kafka"}})
    world.run()
    assert world.reason() == "ConnectClusterNotFound"
    assert not [one for one in world.server.requests if "/namespaces/kafka/" in one]


@pytest.mark.parametrize(
    ("allowed", "reason"),
    [({"from": "Same"}, "NamespaceNotAllowed"), ({"from": "All"}, "Stopped")],
)
def test_a_connection_in_another_namespace_needs_consent(world: World, allowed: dict[str, Any], reason: str) -> None:
    spec = {"url": URL, "allowedNamespaces": allowed, "policy": {"connectorNames": ["*"]}}
    world.server.add(a_connection("prod", namespace="kafka", spec=spec))
    world.make("c", spec={"connectClusterRef": {"name": "prod", "namespace": "kafka"}})
    run = world.run()
    assert (world.reason(), run.finished) == (reason, True)
    assert world.tiny.writes == (["POST c"] if reason == "Stopped" else [])


def test_consent_that_is_withdrawn_writes_nothing_more(world: World) -> None:
    spec = {"url": URL, "policy": {"connectorNames": ["*"]}}
    world.server.add(a_connection("prod", namespace="kafka", spec=spec))
    status = own_by(
        {"ownership": "Created", "connectCluster": {"namespace": "kafka", "name": "prod", "uid": "uid-prod"}, "kafkaClusterId": "cluster-a"}
    )
    world.make("c", spec={"connectClusterRef": {"name": "prod", "namespace": "kafka"}}, status=status, generation=2)
    world.live("c")
    world.run()
    assert (world.reason(), world.tiny.reads, world.tiny.writes) == ("NamespaceNotAllowed", [], [])
    assert world.connector()["status"]["ownership"] == "Created"
    world.server.edit(referring(), metadata=LEAVING)
    assert world.run().finished
    assert world.connector()["metadata"].get("finalizers") == []
    assert (world.tiny.reads, world.tiny.writes) == ([], [])
    assert [(event["reason"], event["type"]) for event in world.server.events][-1] == ("Orphaned", "Warning")


def test_credentials_reach_connect(world: World) -> None:
    world.connection()["spec"]["authentication"] = {"bearer": {"secretRef": {"name": "login"}}}
    world.server.add_secret("login", token="hunter2")
    world.make("c")
    world.run()
    assert {headers.get("Authorization") for headers in world.tiny.headers} == {"Bearer hunter2"}
    assert "hunter2" not in str(world.connector()) + str(world.log) + str(world.server.events)


# -- the next run of a referred object


def test_an_object_that_another_run_is_at_asks_again_soon(world: World) -> None:
    world.make("c")
    let_go = world.directory.lock("connector", "ns/prod", "c")
    assert let_go is not None
    run = world.run()
    assert not run.finished
    assert 1.0 <= run.requeue_after <= 2.0
    let_go()


def test_the_rest_is_left_to_the_period(world: World) -> None:
    world.make("c")
    world.tiny.replies["GET /connectors/c/config"] = REFUSED
    run = world.run()
    assert (world.reason(), run.finished) == ("ConnectUnreachable", True)


@pytest.mark.parametrize("hold", ["", "pause", "outage"])
def test_a_deletion_that_is_not_done_asks_again_by_itself(world: World, hold: str) -> None:
    world.make("c", status=own_by(owning_on(kafkaClusterId="cluster-a")), **LEAVING)
    world.live("c")
    if hold == "pause":
        world.server.edit(referring(), metadata={"annotations": {PAUSE: "true"}})
    elif hold == "outage":
        world.tiny.replies["GET /connectors/c/config"] = REFUSED
    run = world.run()
    if not hold:
        assert (run.finished, world.tiny.writes) == (True, ["DELETE c"])
        return
    assert (world.reason(), world.tiny.writes) == ("DeletionBlocked", [])
    assert not run.finished
    assert 5.0 <= run.requeue_after <= 40.0


def test_the_deletion_of_what_owns_nothing_needs_no_connection(world: World) -> None:
    world.server.objects.clear()
    world.make("c", **LEAVING)
    assert world.run().finished
    assert world.connector()["metadata"]["finalizers"] == []


def test_a_deletion_without_the_connection_waits_for_it(world: World) -> None:
    world.server.objects = {"/api/v1/namespaces/ns": {"metadata": {}}}
    world.make("c", status=own_by(owning_on(url=URL)), **LEAVING)
    run = world.run()
    assert (world.reason(), run.finished) == ("DeletionBlocked", False)
    assert "there is no KafkaConnectCluster ns/prod" in _objects.ready_condition(world.connector())["message"]
    assert world.connector()["metadata"]["finalizers"] == [_objects.FINALIZER]


def test_what_is_gone_is_finished(world: World) -> None:
    assert world.run("none").finished
    world.make("c", deletionTimestamp="x", finalizers=[])
    assert world.run().finished
    assert world.tiny.reads == []


# -- an outage


def test_an_unreachable_connect_is_tried_once_a_period_whatever_comes_up(world: World) -> None:
    world.tiny.replies[LIST] = REFUSED
    world.make("a", "b", "c")
    world.sync()
    world.tiny.reads.clear()
    for second in range(5):
        world.time.now += 1
        world.make(f"new{second}")
        assert world.run(f"new{second}").finished
        assert world.reason(f"new{second}") == "ConnectUnreachable"
    assert world.tiny.reads == []


@pytest.mark.parametrize("edit", ["connection", "secret"])
def test_an_edit_of_the_connection_or_of_its_secret_is_tried_at_once(world: World, edit: str) -> None:
    world.connection()["spec"]["authentication"] = {"bearer": {"secretRef": {"name": "login"}}}
    world.server.add_secret("login", token="wrong")
    world.tiny.replies[LIST] = (401, {"error_code": 401, "message": "no"})
    world.make("a", "b", "c")
    world.sync()
    assert world.reason("a") == "ConnectUnauthorized"
    world.tiny.replies.clear()
    world.time.now += 10
    if edit == "secret":
        world.server.add_secret("login", token="right", version="2")
    else:
        world.server.edit(a_connection(), metadata={"generation": 2})
    for name in "abc":
        world.server.edit(referring(name), metadata={"generation": 2})
    world.run("a")
    assert {world.reason(name) for name in "abc"} == {"Stopped"}


# -- beside another run


@pytest.mark.parametrize("pending", [True, False])
def test_beside_another_run_an_object_is_dealt_with_alone(world: World, pending: bool) -> None:
    world.make("c", **({} if pending else {"status": own_by(owning_on())}))
    world.make("d")
    let_go = world.directory.lock("endpoint", "ns/prod")
    assert let_go is not None
    run = world.run()
    assert [outcome.wanted.name for outcome in run.outcomes] == (["c"] if pending else [])
    assert world.tiny.writes == (["POST c"] if pending else [])
    assert run.finished
    let_go()


def test_a_run_just_after_another_reads_nothing_of_others(world: World) -> None:
    world.make("c", status=own_by(owning_on()))
    world.keep(listed=NOW - 1)
    run = world.run()
    assert (run.finished, run.outcomes, world.tiny.reads) == (True, (), [])
    assert not [one for one in world.server.requests if one.endswith("/kafkaconnectors")]
