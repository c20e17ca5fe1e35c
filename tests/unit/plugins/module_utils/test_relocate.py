# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A connector that moves from one Connect to another, run by run: whatever ends a run, the end is the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils._objects import FINALIZER, LABELS, PAUSE

from .manifests import LABELLED, NOW_TEXT, a_connection, referring
from .tiny import Tiny
from .two import NEW, OLD, RUNS, Two
from .world import own_by


@pytest.fixture
def two(tmp_path: Path) -> Two:
    return Two(tmp_path)


def has_moved(two: Two) -> None:
    """The end of a move: one connector, at the new place, and nothing is remembered of the old one."""
    status = two.connector()["status"]
    assert (status["connectCluster"]["name"], status["url"], status["ownership"]) == ("there", NEW, "Created")
    assert two.message().startswith("Stopped")
    assert "movedFrom" not in status
    assert (set(two.old.configs), set(two.new.configs)) == (set(), {"c"})
    assert two.new.states == {"c": "STOPPED"}


def test_a_stopped_connector_moves_and_the_old_one_goes_last(two: Two) -> None:
    two.name_instead("there")
    assert two.until_the_end()[-1].finished
    has_moved(two)
    assert two.new.writes == ["POST c"]
    assert two.old.writes == ["DELETE c"]
    assert "Moved" in two.events()
    writes = [(entry["action"], entry["url"]) for entry in two.log]
    assert writes == [("create", NEW), ("delete", OLD)]
    two.until_the_end()
    assert len(two.log) == 2, "a second pass has nothing to do"


@pytest.mark.parametrize("heard", [False, True])
@pytest.mark.parametrize("at", range(1, 13))
def test_a_kill_at_any_write_leads_to_the_same_end(two: Two, at: int, heard: bool) -> None:
    two.old.states["c"] = "RUNNING"
    two.name_instead("there")
    two.fate.at, two.fate.heard = at, heard
    two.run_into_the_end()
    two.time.now += 300
    two.until_the_end()
    has_moved(two)
    assert two.new.writes.count("POST c") <= 2
    assert set(two.new.writes) == {"POST c"}
    assert set(two.old.writes) == {"PUT c/stop", "DELETE c"}


@pytest.mark.parametrize("heard", [False, True])
@pytest.mark.parametrize("at", range(1, 9))
def test_a_deletion_in_the_middle_cleans_both_places(two: Two, at: int, heard: bool) -> None:
    two.name_instead("there")
    two.fate.at, two.fate.heard = at, heard
    two.run_into_the_end()
    two.delete()
    for _run in range(RUNS):
        two.time.now += 200
        if two.run().finished:
            break
    assert two.connector()["metadata"]["finalizers"] == []
    assert (set(two.old.configs), set(two.new.configs)) == (set(), set())


def test_a_connector_that_runs_does_not_move(two: Two) -> None:
    two.old.states["c"] = "RUNNING"
    two.name_instead("there", state="running")
    run = two.until_the_end()[-1]
    assert not run.finished
    assert two.message().startswith("InvalidSpec: the connector is on the KafkaConnectCluster ns/prod and the KafkaConnectCluster ns/there is named")
    assert "Set state: stopped" in two.message()
    assert (two.old.writes, two.new.writes) == ([], [])
    two.name_instead("prod", state="running")
    two.old.states["c"], two.old.tasks["c"] = "RUNNING", [{"id": 0, "state": "RUNNING", "worker_id": "w"}]
    two.run()
    assert two.message().startswith("Running")


def test_stopped_and_named_in_one_edit_it_is_stopped_first(two: Two) -> None:
    two.old.states["c"] = "RUNNING"
    two.name_instead("there")
    two.until_the_end()
    has_moved(two)
    assert two.old.writes == ["PUT c/stop", "DELETE c"]


def test_an_old_connect_that_is_away_is_not_forgotten(two: Two) -> None:
    two.net.down.add("connect")
    two.name_instead("there")
    for run in two.until_the_end():
        assert not run.finished
    assert two.message().startswith("Stopped")
    assert set(two.new.configs) == {"c"}
    assert two.left_behind["reason"] == "DeletionBlocked"
    assert "connection refused" in two.left_behind["message"]
    before = len(two.server.writes())
    two.run()
    assert len(two.server.writes()) == before, "nothing new, nothing written"
    two.net.down.clear()
    two.time.now += 100
    two.until_the_end()
    has_moved(two)


@pytest.mark.parametrize("stopped", [False, True])
def test_what_is_wrong_with_the_new_place_keeps_the_connector_where_it_is(two: Two, stopped: bool) -> None:
    state = "stopped" if stopped else "running"
    two.net.down.add("there")
    two.name_instead("there", state=state)
    two.until_the_end()
    assert two.message().startswith("ConnectUnreachable: the connector stays on the KafkaConnectCluster ns/prod until it can move")
    two.net.down.clear()
    two.new.configs["c"] = {"name": "c", "connector.class": "Theirs"}
    two.time.now += 100
    two.run()
    assert two.message().startswith("ConnectorExists: the connector stays on")
    two.name_instead("nowhere", state=state)
    two.run()
    assert two.message().startswith("ConnectClusterNotFound: the connector stays on")
    assert (two.old.writes, two.new.writes, two.left_behind) == ([], [], {})


@pytest.mark.parametrize(("cluster_id", "reason"), [("cluster-b", "Stopped"), ("cluster-a", "DuplicateClaim")])
def test_who_owns_one_of_its_name_on_another_kafka_cluster_stands_against_nothing(two: Two, cluster_id: str, reason: str) -> None:
    """Also while nothing is recorded of the cluster of the new place."""
    two.new.configs["c"], two.new.states["c"] = dict(two.old.configs["c"]), "STOPPED"
    owner = own_by({"ownership": "Created", "connectCluster": {"namespace": "ns", "name": "x"}, "url": "http://x:8083", "kafkaClusterId": cluster_id})
    two.server.add(referring("owner", "x", status=owner, spec={"connectorName": "c"}))
    two.name_instead("there")
    two.until_the_end()
    assert two.message().startswith(reason)
    assert two.new.writes == []


def test_a_refused_creation_waits_and_can_be_taken_back(two: Two) -> None:
    refused = {"error_code": 400, "message": "Connector configuration is invalid and contains the following 1 error(s):\nno\n"}
    two.new.replies["POST /connectors"] = (400, refused)
    two.name_instead("there")
    two.run()
    assert two.message().startswith("InvalidConfig")
    assert two.left_behind["connectCluster"]["name"] == "prod"
    assert set(two.old.configs) == {"c"}
    two.name_instead("prod")
    two.until_the_end()
    status = two.connector()["status"]
    assert (status["connectCluster"]["name"], status["ownership"], status["kafkaClusterId"]) == ("prod", "Created", "cluster-a")
    assert two.message().startswith("Stopped")
    assert (two.left_behind, two.old.writes) == ({}, [])


def test_what_was_sent_from_a_secret_stays_hidden_on_the_way_back(two: Two) -> None:
    two.server.add_secret("login", value="sesame open")
    two.name_instead("prod", configValueFrom={"file": {"secretKeyRef": {"name": "login", "key": "value"}}})
    two.run()
    assert two.old.configs["c"]["file"] == "sesame open"
    two.new.replies["POST /connectors"] = (400, {"error_code": 400, "message": "no"})
    two.name_instead("there")
    two.run()
    assert two.left_behind["referencedKeys"] == ["file"]
    two.name_instead("prod", configValueFrom=None, mode="Plan")
    two.until_the_end()
    status = two.connector()["status"]
    assert two.message().startswith("PlanOnly")
    assert status["plan"]["changes"] == [{"key": "file", "change": "changed"}]


def test_a_way_back_while_the_old_connector_is_still_there(two: Two) -> None:
    two.net.down.add("connect")
    two.name_instead("there")
    two.until_the_end()
    two.net.down.clear()
    two.time.now += 100
    two.name_instead("prod")
    two.until_the_end()
    status = two.connector()["status"]
    assert (status["connectCluster"]["name"], status["ownership"]) == ("prod", "Created")
    assert (set(two.old.configs), set(two.new.configs), two.left_behind) == ({"c"}, set(), {})


def test_one_move_at_a_time(two: Two) -> None:
    two.server.add(a_connection("third", spec={"url": "http://third:8083"}))
    two.net.hosts["third"] = Tiny(worker="w3:8083")
    two.net.down.add("connect")
    two.name_instead("there")
    two.until_the_end()
    two.name_instead("third")
    two.run()
    assert two.message().startswith("Converging: the connector moves on when the one that it left on the KafkaConnectCluster ns/prod is gone")
    two.net.down.clear()
    two.time.now += 100
    two.until_the_end()
    assert (set(two.old.configs), set(two.new.configs), set(two.net.hosts["third"].configs)) == (set(), set(), {"c"})


# -- the same Connect under another name


@pytest.mark.parametrize("state", ["running", "stopped"])
def test_another_name_for_the_same_address_is_no_move(two: Two, state: str) -> None:
    two.names("prod", state=state)
    if state == "running":
        two.old.states["c"], two.old.tasks["c"] = "RUNNING", [{"id": 0, "state": "RUNNING", "worker_id": "w"}]
    two.label("CONNECT")
    two.until_the_end()
    status = two.connector()["status"]
    assert (status["endpoint"]["host"], status["ownership"]) == ("connect", "Created")
    assert "connectCluster" not in status
    assert "movedFrom" not in status
    assert two.message().startswith("Running" if state == "running" else "Stopped")
    assert two.old.writes == []


@pytest.mark.parametrize(
    ("spec", "cause"),
    [
        ({"policy": {"connectorNames": ["other"]}}, "InvalidSpec: {}: the KafkaConnectCluster ns/alias takes connectors of this namespace only if"),
        ({"authentication": {"bearer": {"secretRef": {"name": "gone"}}}}, "ReferenceNotFound: {}: the Secret gone that"),
    ],
)
def test_another_name_that_does_not_take_it_changes_nothing(two: Two, spec: dict[str, Any], cause: str) -> None:
    """The connector stays where it is, as it is."""
    two.server.add(a_connection("alias", spec={"url": OLD, **spec}))
    two.old.states["c"], two.old.tasks["c"] = "RUNNING", [{"id": 0, "state": "RUNNING", "worker_id": "w"}]
    two.name_instead("alias", state="running")
    two.until_the_end()
    status = two.connector()["status"]
    assert (status["connectCluster"]["name"], status["ownership"], status["tasksReady"]) == ("prod", "Created", "1/1")
    assert two.message().startswith(cause.format("the connector stays on the KafkaConnectCluster ns/prod until it can move"))
    assert two.old.writes == []
    two.server.edit(a_connection("alias"), spec=dict.fromkeys(spec))
    two.until_the_end()
    assert two.connector()["status"]["connectCluster"]["name"] == "alias"
    assert two.message().startswith("Running")


def test_another_name_for_the_same_address_takes_it_along_past_who_waits_there(two: Two) -> None:
    """It is still the owner of its connector."""
    two.server.add(a_connection("alias", spec={"url": OLD}))
    two.server.add(referring("waits", "alias", spec={"connectorName": "c"}, creationTimestamp="2020-01-01T00:00:00Z"))
    two.name_instead("alias")
    two.until_the_end()
    assert two.connector()["status"]["connectCluster"]["name"] == "alias"
    assert two.message().startswith("Stopped")
    assert two.server.stored(a_connection("alias"))["metadata"]["finalizers"] == [FINALIZER], "it is held, though no run has looked at it yet"


@pytest.mark.parametrize("state", ["RUNNING", "STOPPED"])
def test_another_address_of_the_same_connect_is_no_move(two: Two, state: str) -> None:
    two.net.hosts["there"] = two.old
    two.names("prod", state=state.lower())
    two.old.states["c"], two.old.tasks["c"] = state, [{"id": 0, "state": state, "worker_id": "w"}] if state == "RUNNING" else []
    two.name_instead("there")
    two.until_the_end()
    status = two.connector()["status"]
    assert (status["url"], status["ownership"]) == (NEW, "Created")
    assert "movedFrom" not in status
    assert two.old.writes == []


def test_an_equal_connector_on_another_connect_is_not_taken_for_the_same(two: Two) -> None:
    """Two Connects whose workers have one address in networks of their own, and that work with one Kafka cluster."""
    two.new.worker = two.old.worker
    two.new.configs = {"c": dict(two.old.configs["c"]), "theirs": {"name": "theirs"}}
    two.new.states["c"] = "STOPPED"
    two.name_instead("there")
    two.until_the_end()
    assert two.connector()["status"]["ownership"] == "Adopted"
    two.delete()
    two.until_the_end()
    assert (two.old.writes, two.new.writes) == ([], [])
    assert "c" in two.new.configs


@pytest.mark.parametrize("hides", ["old", "new"])
def test_what_does_not_tell_its_connectors_is_not_taken_for_the_same(two: Two, hides: str) -> None:
    two.new.worker = two.old.worker
    two.new.configs["c"], two.new.states["c"] = dict(two.old.configs["c"]), "RUNNING"
    two.old.states["c"] = "RUNNING"
    getattr(two, hides).replies["GET /connectors"] = (403, None)
    two.name_instead("there", state="running")
    two.until_the_end()
    assert two.message().startswith("InvalidSpec: the connector is on the KafkaConnectCluster ns/prod")


def test_an_old_address_that_leads_to_the_new_connect_by_now_deletes_nothing(two: Two) -> None:
    two.net.down.add("connect")
    two.name_instead("there")
    two.until_the_end()
    two.net.down.clear()
    two.net.hosts["connect"] = two.new
    two.time.now += 100
    two.until_the_end()
    assert set(two.new.configs) == {"c"}
    assert two.new.writes == ["POST c"]
    assert two.left_behind == {}
    [event] = [one for one in two.server.events if one["reason"] == "Orphaned"]
    assert event["type"] == "Warning"
    assert "cannot be told apart" in event["message"]


def test_connects_that_cannot_be_told_apart_leave_the_old_connector(two: Two) -> None:
    two.new.worker = two.old.worker
    two.name_instead("there")
    two.until_the_end()
    assert (set(two.old.configs), set(two.new.configs)) == ({"c"}, {"c"})
    assert two.old.writes == []
    assert "Orphaned" in two.events()
    assert two.left_behind == {}


def test_another_kafka_cluster_tells_connects_apart(two: Two) -> None:
    two.new.worker, two.new.cluster_id = two.old.worker, "cluster-b"
    two.name_instead("there")
    two.until_the_end()
    has_moved(two)


# -- what holds for the rest


def test_a_pause_holds_the_move(two: Two) -> None:
    two.server.edit(referring(), metadata={"annotations": {PAUSE: "true"}})
    two.name_instead("there")
    two.until_the_end()
    assert "paused" in two.message()
    assert (two.new.writes, two.old.writes) == ([], [])


def test_a_freeze_holds_the_move(two: Two) -> None:
    two.server.settings(freeze="true")
    two.name_instead("there")
    two.until_the_end()
    assert "frozen" in two.message()
    assert (two.new.writes, two.old.writes) == ([], [])


def test_the_connection_that_was_left_stays_while_something_of_it_is_there(two: Two) -> None:
    two.net.down.add("connect")
    two.name_instead("there")
    two.until_the_end()
    two.server.edit(a_connection(), metadata={"deletionTimestamp": NOW_TEXT, "finalizers": [FINALIZER]})
    assert not two.sync().finished
    assert two.condition()[0] == "DeletionBlocked"
    assert "ns/c" in two.condition()[1]
    two.net.down.clear()
    two.time.now += 100
    two.until_the_end()
    has_moved(two)
    assert two.sync().finished


def test_an_edit_of_labels_is_carried_out_by_the_run_that_polls(two: Two) -> None:
    for name, age in (("a", "2020"), ("c", "2021")):
        obj = referring(name, status={}, spec={"state": "stopped"})
        obj["metadata"].update(creationTimestamp=f"{age}-01-01T00:00:00Z", labels=dict(LABELLED))
        del obj["spec"]["connectClusterRef"]
        two.server.add(obj)
    del two.old.configs["c"]
    two.run("a")
    assert set(two.old.configs) == {"a", "c"}
    two.server.edit(referring(), metadata={"labels": {LABELS["host"]: "there"}})
    for _run in range(4):
        two.time.now += 130
        two.run("a")
    assert (set(two.old.configs), set(two.new.configs)) == ({"a"}, {"c"})
    assert two.connector()["status"]["endpoint"]["host"] == "there"
    assert "movedFrom" not in two.connector()["status"]


@pytest.mark.parametrize(("namespace", "told"), [("ns", "the KafkaConnector ns/heir"), ("other", "a KafkaConnector of another namespace")])
def test_a_connector_that_somebody_else_owns_by_now_is_left(two: Two, namespace: str, told: str) -> None:
    two.net.down.add("connect")
    two.name_instead("there")
    two.until_the_end()
    heir = own_by({"ownership": "Adopted", "connectCluster": {"namespace": "ns", "name": "prod"}})
    two.server.add(referring("heir", "prod", status=heir, spec={"state": "stopped", "connectorName": "c"}, namespace=namespace))
    two.net.down.clear()
    two.time.now += 100
    two.until_the_end()
    assert two.old.writes == []
    assert two.left_behind == {}
    [event] = [one for one in two.server.events if one["reason"] == "Orphaned"]
    assert event["message"] == f"the connector c stays on the KafkaConnectCluster ns/prod: it belongs to {told} by now"


def test_credentials_of_the_new_connection_are_named_as_its_own(two: Two) -> None:
    login = {"basic": {"secretRef": {"name": "login"}}}
    two.server.add_secret("login", {"username": "u", "password": "p"})
    two.server.edit(a_connection("there"), spec={"authentication": login})
    two.new.replies["GET /"] = (401, None)
    two.name_instead("there")
    two.until_the_end()
    assert two.message().startswith("ConnectUnauthorized: the connector stays on the KafkaConnectCluster ns/prod")
    assert "check the Secret login" in two.message()


def test_a_plan_forgets_nothing_that_was_left_behind(two: Two) -> None:
    two.name_instead("there", mode="Plan")
    two.until_the_end()
    assert two.message().startswith("PlanOnly: the connector stays on")
    two.net.down.add("connect")
    two.name_instead("there", mode="Apply")
    two.until_the_end()
    two.net.down.clear()
    two.time.now += 100
    two.name_instead("there", mode="Plan")
    two.until_the_end()
    assert two.left_behind["connectCluster"]["name"] == "prod"
    assert set(two.old.configs) == {"c"}
    two.name_instead("there", mode="Apply")
    two.until_the_end()
    has_moved(two)


@pytest.mark.parametrize("ownership", ["Created", "Adopted"])
def test_what_the_policy_says_of_deletions_holds_for_what_is_left_behind(two: Two, ownership: str) -> None:
    two.server.edit(referring(), status={"ownership": ownership})
    two.name_instead("there", deletionPolicy="Orphan" if ownership == "Created" else None)
    two.until_the_end()
    assert (set(two.old.configs), set(two.new.configs)) == ({"c"}, {"c"})
    assert two.old.writes == []
    assert two.left_behind == {}
    assert "Orphaned" in two.events()
