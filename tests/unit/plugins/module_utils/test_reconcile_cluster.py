# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run for a KafkaConnectCluster, from its name to its status and the next period."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _objects
from ansible_collections.saiello.kafka_connect.plugins.module_utils._cluster_status import SIGN_OF_LIFE_SECONDS
from ansible_collections.saiello.kafka_connect.plugins.module_utils._http import Failure, NoAnswer
from ansible_collections.saiello.kafka_connect.plugins.module_utils._objects import ACCEPT, PAUSE
from ansible_collections.saiello.kafka_connect.plugins.module_utils._reconcile_cluster import DELETION_SECONDS, LOCK_SECONDS, LOCKED_SECONDS

from .manifests import NOW, a_connection, an_object, owning_on, referring
from .world import World, own_by, stopped

LEAVING: dict[str, Any] = {"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": [_objects.FINALIZER]}
REFUSED = NoAnswer(Failure.REFUSED, "connection refused", sent=False)
BLACK_HOLE = NoAnswer(Failure.UNREACHABLE, "no connection within the time limit", sent=False)
LIST = "GET /connectors?expand=info&expand=status"


@pytest.fixture
def world(tmp_path: Path) -> World:
    found = World(tmp_path)
    found.server.add(a_connection(finalizers=[_objects.FINALIZER]))
    return found


# -- the ordinary


def test_a_period_makes_connectors_and_tells_of_the_connection(world: World) -> None:
    world.make("a", "b")
    world.live("theirs")
    run = world.sync()
    assert sorted(world.tiny.writes) == ["POST a", "POST b"]
    assert (world.reason("a"), world.reason("b")) == ("Stopped", "Stopped")
    assert world.connector("a")["status"]["connectCluster"] == {"namespace": "ns", "name": "prod", "uid": "uid-prod"}
    assert world.connector("a")["status"]["kafkaClusterId"] == "cluster-a"
    status = world.status()
    assert (status["version"], status["kafkaClusterId"], status["url"]) == ("4.3.1", "cluster-a", "http://connect:8083")
    assert status["plugins"] == [{"class": "org.example.Sink", "type": "sink", "version": "1.0"}]
    assert status["connectors"] == {"managed": 2, "ready": 2, "failed": 0, "unmanaged": 1}
    assert status["unmanagedConnectors"] == ["theirs"]
    assert world.condition() == ("Running", "Kafka Connect answers at http://connect:8083")
    assert not run.finished


def test_nothing_to_do_is_one_request_to_connect_and_no_write_to_kubernetes(world: World) -> None:
    names = [f"c{number}" for number in range(20)]
    world.make(*names)
    world.sync()
    world.sync()
    world.tiny.reads.clear()
    world.tiny.writes.clear()
    world.server.requests.clear()
    world.time.now += 60
    run = world.sync()
    assert world.tiny.reads == ["/connectors?expand=info&expand=status"]
    assert (run.requests, world.tiny.writes, world.server.writes()) == (1, [], [])


def test_a_sign_of_life_comes_with_a_look_at_the_worker(world: World) -> None:
    world.sync()
    world.tiny.cluster_id = "cluster-a"
    world.tiny.reads.clear()
    world.time.now += SIGN_OF_LIFE_SECONDS
    world.sync()
    assert "/connector-plugins" in world.tiny.reads
    assert world.status()["lastSyncTime"] == _objects.timestamp(NOW + SIGN_OF_LIFE_SECONDS)


@pytest.mark.parametrize("hidden", [["GET /"], ["GET /", "GET /connector-plugins"]])
def test_a_gate_that_hides_the_worker_costs_no_more_requests(world: World, hidden: list[str]) -> None:
    world.tiny.replies.update(dict.fromkeys(hidden, (403, {"message": "no"})))
    for _period in range(2):
        world.sync()
        world.time.now += 60
    world.tiny.reads.clear()
    world.server.requests.clear()
    world.sync()
    assert world.condition()[0] == "Running"
    assert (world.tiny.reads, world.server.writes()) == (["/connectors?expand=info&expand=status"], [])


@pytest.mark.parametrize(
    "change",
    [
        lambda tiny: tiny.configs["c"].update(extra="x"),
        lambda tiny: tiny.configs["c"].update(file="/b"),
        lambda tiny: tiny.configs["c"].pop("file"),
        lambda tiny: tiny.configs.pop("c"),
        lambda tiny: tiny.states.update(c="PAUSED"),
    ],
)
def test_drift_of_each_kind_is_repaired_in_a_period(world: World, change: Callable[[Any], Any]) -> None:
    world.make("c", "d")
    world.sync()
    before = ({name: dict(one) for name, one in world.tiny.configs.items()}, dict(world.tiny.states))
    world.tiny.writes.clear()
    change(world.tiny)
    world.time.now += 60
    world.sync()
    assert len(world.tiny.writes) == 1
    assert (world.tiny.configs, world.tiny.states) == before
    assert world.connector()["status"]["lastChange"]["cause"] == "drift"


def test_what_was_refused_or_not_kept_before_the_first_period_is_not_sent_again_by_it(world: World) -> None:
    """It is the first period that finds out about the plugins; a later one that finds others tries again."""
    world.tiny.replies["POST /connectors"] = (400, {"error_code": 400, "message": "Connector configuration is invalid"})
    world.make("refused", "bounced")
    world.live("bounced")
    world.tiny.configs["bounced"]["file"] = "/b"
    world.tiny.replies["PUT /connectors/bounced/config"] = (200, {})
    world.server.edit(referring("bounced"), status=owning_on())
    world.run("refused")
    assert (world.reason("refused"), world.reason("bounced")) == ("InvalidConfig", "NotConverging")
    assert "plugins" not in world.status()
    sent = sent_by(world)
    for _period in range(2):
        world.sync()
        world.time.now += 60
    assert world.status()["plugins"] != []
    assert (world.reason("refused"), world.reason("bounced")) == ("InvalidConfig", "NotConverging")
    assert sent_by(world) == sent
    world.tiny.replies["GET /connector-plugins"] = (200, [{"class": "org.example.Sink", "type": "sink", "version": "2.0"}])
    world.time.now += SIGN_OF_LIFE_SECONDS
    world.sync()
    before = sent_by(world)
    world.time.now += 60
    world.sync()
    assert sent_by(world) - before == Counter(refused=1, bounced=1)


def sent_by(world: World) -> Counter[str]:
    """How often something was sent, by connector."""
    return Counter(str(one["connector"]) for one in world.log)


# -- the period


def test_a_period_is_counted_from_the_start_of_a_run(world: World) -> None:
    world.tiny.costs(7, world.time)
    run = world.sync()
    took = world.time.now - NOW
    assert took >= 21
    assert run.requeue_after == pytest.approx(60 - took)


@pytest.mark.parametrize(("period", "seconds"), [("2m", 120.0), ("1s", 5.0), ("soon", 60.0)])
def test_the_period_is_that_of_the_spec(world: World, period: str, seconds: float) -> None:
    world.connection()["spec"]["syncPeriod"] = period
    assert world.sync().requeue_after == pytest.approx(seconds)


def test_a_run_that_took_longer_than_the_period_does_not_spin(world: World) -> None:
    world.tiny.costs(30, world.time)
    assert world.sync().requeue_after == 1.0


def test_a_connect_that_is_away_is_asked_with_a_little_jitter(world: World) -> None:
    world.tiny.replies[LIST] = REFUSED
    run = world.sync()
    assert 55.0 <= run.requeue_after <= 66.0
    assert world.condition()[0] == "ConnectUnreachable"
    assert "connection refused" in world.condition()[1]


# -- the lock


def test_while_another_run_goes_through_the_connectors_this_one_waits_and_then_asks_again(world: World) -> None:
    world.make("a")
    let_go = world.directory.lock("endpoint", "ns/prod")
    assert let_go is not None
    run = world.sync()
    assert (run.finished, run.requeue_after, run.outcomes) == (False, LOCKED_SECONDS, ())
    assert world.time.now - NOW == pytest.approx(LOCK_SECONDS, abs=0.5)
    assert world.tiny.reads == []
    let_go()
    assert world.sync().outcomes != ()


def test_a_lock_that_comes_free_is_taken(world: World) -> None:
    let_go = world.directory.lock("endpoint", "ns/prod")
    assert let_go is not None
    real = world.time.sleep
    world.time.sleep = lambda seconds: (real(seconds), let_go() if len(world.time.naps) == 3 else None)[0]  # type: ignore[method-assign]
    assert world.sync().requeue_after == pytest.approx(60 - (world.time.now - NOW))
    assert world.condition()[0] == "Running"


# -- an unusable connection


@pytest.mark.parametrize(
    ("spec", "reason", "says"),
    [
        ({"url": "http://connect:8083", "urls": ["http://b"]}, "InvalidSpec", "exactly one of url and urls"),
        ({"url": "http://connect:8083", "authentication": {"bearer": {"secretRef": {"name": "none"}}}}, "ReferenceNotFound", "the Secret none"),
    ],
)
def test_a_connection_that_cannot_be_used_says_so_with_all_its_connectors(world: World, spec: dict[str, Any], reason: str, says: str) -> None:
    world.connection()["spec"] = spec
    world.make("a")
    world.server.add(stopped("b", status=own_by(owning_on())))
    world.sync()
    assert world.tiny.reads == []
    assert (world.condition()[0], world.reason("a"), world.reason("b")) == (reason, reason, reason)
    assert says in world.condition()[1]
    assert world.connector("b")["status"]["ownership"] == "Created"
    assert [event["reason"] for event in world.server.events if event["involvedObject"]["kind"] == "KafkaConnectCluster"] == [reason]


def test_a_secret_that_is_typed_into_the_defaults_is_warned_of_by_the_name_of_its_key_once_for_each_spec(world: World) -> None:
    defaults = {"database.password": "sesame", "topic": "orders"}
    world.connection()["spec"]["connectorDefaults"] = {"config": defaults}
    for _period in range(2):
        world.sync()
        world.time.now += 60

    def warned() -> list[str]:
        return [event["message"] for event in world.server.events if event["reason"] == "SecretInSpec"]

    [message] = warned()
    assert "spec.connectorDefaults.config holds what looks like a secret" in message
    assert "keys: database.password;" in message
    assert "sesame" not in message
    world.server.edit(world.connection(), metadata={"generation": 2}, spec={"connectorDefaults": {"config": {**defaults, "topic": "other"}}})
    world.sync()
    assert len(warned()) == 2


def test_an_outage_is_one_change_of_status_for_each(world: World) -> None:
    world.make("a", "b")
    world.sync()
    world.tiny.replies[LIST] = REFUSED
    world.server.requests.clear()
    for _period in range(3):
        world.time.now += 60
        world.sync()
    assert len(world.server.writes()) == 3
    assert world.reason("a") == world.reason("b") == world.condition()[0] == "ConnectUnreachable"
    world.tiny.replies.clear()
    world.time.now += 60
    world.sync()
    assert (world.reason("a"), world.reason("b"), world.condition()[0]) == ("Stopped", "Stopped", "Running")
    assert sorted(world.tiny.writes) == ["POST a", "POST b"]


# -- nothing is written


@pytest.mark.parametrize("hold", [{"metadata": {"annotations": {PAUSE: "true"}}}, {"spec": {"mode": "Plan"}}])
def test_a_held_connection_looks_and_writes_nothing(world: World, hold: dict[str, Any]) -> None:
    world.server.edit(a_connection(), **hold)
    world.make("a")
    world.server.add(stopped("b", status=own_by(owning_on()), **LEAVING))
    world.live("b")
    world.sync()
    assert world.tiny.writes == []
    assert world.reason("b") == "DeletionBlocked"
    assert world.reason("a") == ("PlanOnly" if "spec" in hold else "Drifted")
    assert world.condition()[0] == "Running"


# -- another cluster behind the same address


def on_another_cluster(world: World) -> None:
    """Five connectors were made, and now somebody else's Connect answers: one of them exists there too, by chance."""
    world.make(*"abcde")
    world.sync()
    world.tiny.writes.clear()
    world.tiny.cluster_id = "cluster-b"
    for name in "abcd":
        world.tiny.configs.pop(name)
    world.time.now += 60


def test_another_cluster_is_left_alone_until_it_is_accepted(world: World) -> None:
    on_another_cluster(world)
    for _period in range(3):
        world.sync()
        world.time.now += 60
    assert world.tiny.writes == []
    assert world.condition()[0] == world.reason("a") == "ConnectClusterChanged"
    assert world.status()["kafkaClusterId"] == "cluster-a"
    world.server.edit(a_connection(), metadata={"annotations": {ACCEPT: "cluster-b"}})
    world.sync()
    assert sorted(world.tiny.writes) == ["POST a", "POST b", "POST c", "POST d"]
    assert (world.status()["kafkaClusterId"], world.status()["acceptedCluster"]) == ("cluster-b", "cluster-b")
    assert {world.connector(name)["status"]["kafkaClusterId"] for name in "abcde"} == {"cluster-b"}


def test_an_equal_connector_there_does_not_make_it_ours(world: World) -> None:
    """Nothing is to be done for it, so nothing is held. That is no word on the cluster."""
    on_another_cluster(world)
    world.sync()
    assert world.connector("e")["status"]["kafkaClusterId"] == "cluster-a"


def test_deletions_wait_too_however_often_it_is_looked(world: World) -> None:
    on_another_cluster(world)
    for name in "ae":
        world.server.edit(referring(name), metadata=LEAVING)
    for _period in range(3):
        world.sync()
        world.time.now += 60
    assert world.tiny.writes == []
    assert (world.reason("a"), world.reason("e")) == ("DeletionBlocked", "DeletionBlocked")
    assert world.connector("a")["status"]["kafkaClusterId"] == "cluster-a"


@pytest.mark.parametrize("existing", ["", "abc"])
def test_the_deletion_of_the_connection_accepts_no_cluster(world: World, existing: str) -> None:
    """With most of the connectors there, too, only the id tells."""
    on_another_cluster(world)
    world.live(*existing)
    world.server.edit(a_connection(), metadata=LEAVING)
    for _period in range(3):
        world.sync()
        world.time.now += 60
    assert world.tiny.writes == []
    assert world.status()["kafkaClusterId"] == "cluster-a"


# -- its end


def test_a_connection_that_nobody_uses_goes_and_those_that_named_it_hear_of_it(world: World) -> None:
    world.server.add(stopped("a", spec={"connectorName": "a/b"}), referring("b", "other"))
    world.server.edit(a_connection(), metadata=LEAVING)
    run = world.sync()
    assert (run.finished, world.tiny.reads) == (True, [])
    assert world.reason("a") == "ConnectClusterNotFound"
    assert world.reason("b") == ""


def test_a_connection_that_is_used_stays_and_says_by_whom(world: World) -> None:
    world.make("a", "b")
    world.sync()
    world.server.edit(a_connection(), metadata=LEAVING)
    run = world.sync()
    assert (run.finished, run.requeue_after) == (False, DELETION_SECONDS)
    assert world.condition() == ("DeletionBlocked", "connectors still use it: ns/a, ns/b; delete these KafkaConnectors first")
    assert world.reason("a") == "Stopped"
    world.server.edit(referring("a"), metadata=LEAVING)
    world.time.now += 60
    world.sync()
    assert world.tiny.writes[-1] == "DELETE a"
    assert "ns/b;" in world.condition()[1]
    world.server.edit(referring("b"), metadata=LEAVING)
    world.time.now += 60
    world.sync()
    del world.server.objects["/apis/external.saiello.github.io/v1alpha1/namespaces/ns/kafkaconnectors/a"]
    del world.server.objects["/apis/external.saiello.github.io/v1alpha1/namespaces/ns/kafkaconnectors/b"]
    assert world.sync().finished
    assert world.tiny.configs == {}


@pytest.mark.parametrize("reply", [None, BLACK_HOLE])
def test_while_it_waits_to_go_connect_is_asked_once_a_period_all_the_same(world: World, reply: NoAnswer | None) -> None:
    """It is the users that are looked at more often."""
    world.make("a")
    world.sync()
    if reply:
        world.tiny.replies.update({LIST: reply, "GET /": reply})
    world.server.edit(a_connection(), metadata=LEAVING)
    world.tiny.reads.clear()
    for second in range(0, 120, 5):
        world.time.now = NOW + second
        assert world.sync().requeue_after == DELETION_SECONDS
        assert world.condition()[0] == "DeletionBlocked"
    assert len(world.tiny.reads) == 2
    world.server.edit(referring("a"), metadata={**LEAVING, "finalizers": []}, status={"ownership": None})
    assert world.sync().finished


def test_what_is_gone_already_is_finished(world: World) -> None:
    assert world.sync("none").finished
    world.server.edit(a_connection(), metadata={**LEAVING, "finalizers": []})
    assert world.sync().finished
    assert world.server.writes() == []


# -- connectors that nobody manages


def test_claims_by_labels_or_another_connection_on_the_same_url_are_no_strangers(world: World) -> None:
    world.connection()["spec"] = {"urls": ["http://first:8083", "http://connect:8083"]}
    world.server.add(
        an_object("labelled", host="CONNECT"),
        an_object("elsewhere", host="other"),
        an_object("nowhere", labels={}),
        referring("another", "dev"),
        referring("shared", "dev", status={"url": "http://first:8083"}),
        referring("named", spec={"connectorName": "x->y"}),
    )
    world.live("labelled", "elsewhere", "nowhere", "another", "shared", "x->y")
    world.sync()
    assert world.status()["unmanagedConnectors"] == ["another", "elsewhere", "nowhere"]
    assert not [one for one in world.tiny.writes if "x->y" not in one]


def test_unmanaged_connectors_are_told_only_where_that_is_wanted(world: World) -> None:
    world.live("theirs")
    world.sync()
    assert world.status()["unmanagedConnectors"] == ["theirs"]
    world.connection()["spec"]["unmanagedConnectors"] = "Ignore"
    world.sync()
    assert "unmanagedConnectors" not in world.status()
    assert world.status()["connectors"]["unmanaged"] == 0


def test_who_is_refused_counts_for_nothing_and_hides_nothing(world: World) -> None:
    """But who was served before, and owns something."""
    world.connection()["spec"]["policy"] = {"connectorNames": ["a*"]}
    owns = {"ownership": "Created", "connectCluster": {"namespace": "ns", "name": "prod"}}
    spec = {"connectClusterRef": {"name": "prod", "namespace": "ns"}}
    world.server.add(
        stopped("a"),
        stopped("misnamed"),
        stopped("foreign", namespace="other", spec=spec),
        stopped("owned", namespace="other", spec=spec, status=owns),
    )
    world.live("misnamed", "foreign", "owned")
    world.sync()
    assert world.status()["unmanagedConnectors"] == ["foreign", "misnamed"]
    assert world.status()["connectors"] == {"managed": 2, "ready": 1, "failed": 0, "unmanaged": 2}


# -- the status


def test_an_edit_in_between_leaves_the_status_to_the_run_of_the_edit(world: World) -> None:
    world.server.before["PATCH"] = lambda: world.server.edit(a_connection(), metadata={"generation": 2})
    world.sync()
    assert world.status() == {"observedGeneration": -1}


def test_a_patch_of_somebody_else_in_between_is_no_obstacle(world: World) -> None:
    world.server.before["PATCH"] = lambda: world.server.edit(a_connection(), metadata={"labels": {"x": "y"}})
    world.sync()
    assert world.condition()[0] == "Running"


def test_a_connection_that_went_in_between_needs_no_status(world: World) -> None:
    world.server.before["PATCH"] = world.server.objects.clear
    assert not world.sync().finished
