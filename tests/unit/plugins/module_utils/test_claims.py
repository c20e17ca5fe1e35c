# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""To which object a connector belongs that several want."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _objects
from ansible_collections.saiello.kafka_connect.plugins.module_utils._claims import duplicates, rivals, told
from ansible_collections.saiello.kafka_connect.plugins.module_utils._http import Failure, NoAnswer
from ansible_collections.saiello.kafka_connect.plugins.module_utils._kube import path_of
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import Reason, Verdict
from ansible_collections.saiello.kafka_connect.plugins.module_utils._objects import LABELS, PAUSE

from .manifests import LABELLED, a_connection, an_object, owning, owning_on, referring
from .world import World, own_by, stopped

LATER = "2026-01-02T00:00:00Z"
URL, OTHER_URL = "http://connect:8083", "http://elsewhere:8083"
NO_ANSWER = NoAnswer(Failure.REFUSED, "connection refused", sent=False)


def claiming(name: str, **more: Any) -> dict[str, Any]:
    return an_object(name, spec={"connectorName": "x"}, **more)


def on(cluster: str = "other", **more: Any) -> dict[str, Any]:
    """The status of an object that owns a connector at our address, through another connection."""
    return owning_on(cluster, **{"url": URL, "kafkaClusterId": "cluster-a", **more})


# -- in one place


def test_the_oldest_has_the_name() -> None:
    old, new, other = claiming("old"), claiming("new", creationTimestamp=LATER), an_object("other")
    found = duplicates([new, other, old])
    assert list(found) == ["ns/new"]
    assert found["ns/new"].reason is Reason.DUPLICATE_CLAIM
    assert "the connector x is claimed by the KafkaConnector ns/old, which is older" in found["ns/new"].message


def test_the_oldest_keeps_its_turn_when_a_younger_one_comes() -> None:
    """Whatever runs have said of it meanwhile."""
    old = referring("old", spec={"connectorName": "x"}, status={"connectCluster": {"namespace": "ns", "name": "prod"}, "url": URL})
    assert list(duplicates([old, referring("new", spec={"connectorName": "x"}, creationTimestamp=LATER)])) == ["ns/new"]


def test_among_those_of_one_moment_the_uid_decides() -> None:
    first, second = claiming("b", uid="1"), claiming("a", uid="2")
    assert list(duplicates([second, first])) == list(duplicates([first, second])) == ["ns/a"]


def test_an_owner_keeps_its_name_whatever_is_older() -> None:
    old, owner = claiming("old"), claiming("owner", status=owning(), creationTimestamp=LATER)
    found = duplicates([old, owner])
    assert list(found) == ["ns/old"]
    assert "the connector x belongs to the KafkaConnector ns/owner already" in found["ns/old"].message
    owner["metadata"]["deletionTimestamp"] = "x"
    assert list(duplicates([old, owner])) == ["ns/old"]


def test_what_is_being_deleted_without_owning_claims_nothing() -> None:
    assert duplicates([claiming("old", deletionTimestamp="x"), claiming("new")]) == {}


PLAN: dict[str, Any] = {"spec": {"connectorName": "x", "mode": "Plan"}}
PAUSED: dict[str, Any] = {"annotations": {PAUSE: "true"}}


@pytest.mark.parametrize("more", [PLAN, PAUSED])
def test_who_only_looks_on_gets_it_after_all_who_may_act(more: dict[str, Any]) -> None:
    old, new = an_object("old", **{"spec": {"connectorName": "x"}, **more}), claiming("new", creationTimestamp=LATER)
    found = duplicates([old, new])
    assert list(found) == ["ns/old"]
    assert "the connector x is claimed by the KafkaConnector ns/new; choose" in found["ns/old"].message
    other = an_object("other", creationTimestamp=LATER, **{"spec": {"connectorName": "x"}, **more})
    assert list(duplicates([other, old])) == ["ns/other"], "among themselves the oldest"
    old["status"] = owning()
    assert list(duplicates([old, new])) == ["ns/new"], "an owner keeps it"


def test_who_is_refused_claims_nothing_that_it_does_not_own() -> None:
    old, new = claiming("old"), claiming("new", creationTimestamp=LATER)

    def refused(obj: _objects.Object) -> Verdict | None:
        return Verdict(Reason.INVALID_SPEC, "not you") if obj["metadata"]["name"] == "old" else None

    assert duplicates([old, new], refused=refused) == {}
    assert duplicates([old], refused=refused) == {}
    old["status"] = owning()
    assert list(duplicates([old, new], refused=refused)) == ["ns/new"]


@pytest.mark.parametrize(("namespace", "name"), [("ns", "the KafkaConnector ns/first"), ("other", "a KafkaConnector of another namespace")])
def test_names_of_other_namespaces_are_not_told(namespace: str, name: str) -> None:
    first, second = claiming("first"), claiming("second", namespace=namespace, creationTimestamp=LATER)
    (verdict,) = duplicates([first, second]).values()
    assert name in verdict.message
    assert told(first, second) == name
    assert namespace == "ns" or "first" not in verdict.message


# -- across places


@pytest.mark.parametrize(
    ("mine", "other", "yields"),
    [
        (claiming("mine"), claiming("other", status=on()), True),
        (claiming("mine"), claiming("other", status=on(ownership="Creating")), True),
        (claiming("mine"), claiming("other", status=on(), deletionTimestamp="x"), True),
        (claiming("mine"), claiming("other", status=owning(url=URL)), True),
        (claiming("mine"), claiming("other", status=on(url=OTHER_URL)), False),
        (claiming("mine"), claiming("other", status={"url": URL}), False),
        (claiming("mine"), claiming("other"), False),
        (claiming("mine"), an_object("other", status=on()), False),
        # When both own it by mistake, the one that is sure to look yields, or else the younger.
        (claiming("mine", status=owning(url=URL)), claiming("other", status=on()), False),
        (claiming("mine", status=on("mine")), claiming("other", status=owning(url=URL), creationTimestamp=LATER), True),
        (claiming("mine", status=on("mine")), claiming("other", status=on(), creationTimestamp=LATER), False),
        (claiming("mine", status=on("mine"), creationTimestamp=LATER), claiming("other", status=on()), True),
    ],
)
def test_who_owns_it_at_one_of_our_addresses_has_it(mine: dict[str, Any], other: dict[str, Any], yields: bool) -> None:
    found = duplicates([mine], [other], ("http://first:1", URL))
    assert list(found) == (["ns/mine"] if yields else [])


@pytest.mark.parametrize(
    ("other", "known", "count"),
    [
        (claiming("other", status=on(url=OTHER_URL)), "cluster-a", 1),
        (claiming("other", status=on(url=OTHER_URL)), "", 1),
        (claiming("other", status=on(url=OTHER_URL)), "cluster-b", 0),
        # A Connect that does not tell its Kafka cluster may work for ours.
        (claiming("other", status=on(url=OTHER_URL, kafkaClusterId="")), "", 1),
        (claiming("other", status=on(url=OTHER_URL, kafkaClusterId="")), "cluster-a", 1),
        (claiming("other", status=on()), "cluster-a", 0),
        (claiming("other", status={"url": OTHER_URL, "kafkaClusterId": "cluster-a"}), "cluster-a", 0),
        (an_object("other", status=on(url=OTHER_URL)), "cluster-a", 0),
    ],
)
def test_who_may_own_it_by_another_address(other: dict[str, Any], known: str, count: int) -> None:
    assert len(rivals(claiming("mine"), [other], (URL,), known)) == count


@pytest.mark.parametrize(
    ("spec", "synced", "generation", "config"),
    [
        ({}, "True", 1, {"name": "x", "connector.class": "C", "tasks.max": "2", "file": "/a"}),
        ({"tasksMax": None}, "True", 1, {"name": "x", "connector.class": "C", "file": "/a"}),
        ({"configValueFrom": {"file": {}}}, "True", 1, {"name": "x", "connector.class": "C", "tasks.max": "2"}),
        ({"config": {"a": []}}, "True", 1, {}),
        ({}, "False", 1, {}),
        ({}, "True", 0, {}),
    ],
)
def test_by_what_it_can_be_told_apart(spec: dict[str, Any], synced: str, generation: int, config: dict[str, str]) -> None:
    """By what its object says literally, and Connect was found to have."""
    condition = {"type": "Synced", "status": synced}
    status = on(url=OTHER_URL, observedGeneration=generation, conditions=[condition])
    other = an_object("other", spec={"connectorName": "x", **spec}, status=status)
    (rival,) = rivals(claiming("mine"), [other], (URL,), "")
    assert rival.config == config


# -- runs


@pytest.fixture
def world(tmp_path: Path) -> World:
    found = World(tmp_path)
    found.server.add(a_connection(status={"kafkaClusterId": "cluster-a"}), a_connection("other"))
    return found


def synced(status: dict[str, Any]) -> dict[str, Any]:
    found = own_by(status)
    return {**found, "conditions": [*found["conditions"], {"type": "Synced", "status": "True"}]}


def test_a_connector_at_the_same_address_is_not_created_beside_its_owner(world: World) -> None:
    """Also while it is absent just now: its owner will make it again."""
    world.make("owner", to="other", spec={"connectorName": "x"}, status=own_by(on()))
    world.make("c", spec={"connectorName": "x"})
    world.run()
    assert (world.reason(), world.tiny.writes) == ("DuplicateClaim", [])
    # And taken over when it is gone.
    del world.server.objects[path_of(referring("owner"))]
    world.time.now += 10
    world.sync()
    assert (world.reason(), world.tiny.writes) == ("Stopped", ["POST x"])


@pytest.mark.parametrize("recorded", ["cluster-a", ""])
def test_a_connector_that_may_have_an_owner_is_not_adopted(world: World, recorded: str) -> None:
    world.connection()["status"] = {"kafkaClusterId": recorded}
    world.live("c")
    status = synced(on(url=OTHER_URL))
    world.make("owner", to="other", spec={"connectorName": "c"}, status=status)
    for adoption in ("IfIdentical", "Always"):
        world.connection()["spec"]["policy"] = {"adoption": adoption}
        world.server.add(stopped("c", spec={"adoptionPolicy": adoption}))
        world.run()
        assert (world.reason(), world.tiny.writes) == ("DuplicateClaim", [])
        assert "owns one of that name and Kafka cluster at another address" in _objects.ready_condition(world.connector())["message"]


@pytest.mark.parametrize("recorded", ["cluster-a", ""])
def test_what_differs_from_its_owner_just_now_is_not_overwritten(world: World, recorded: str) -> None:
    """It was changed by hand, and its owner has not put it back yet: this tells nothing apart."""
    world.connection()["status"] = {"kafkaClusterId": recorded}
    world.connection()["spec"]["policy"] = {"adoption": "Always"}
    world.live("c")
    world.tiny.configs["c"]["file"] = "by-hand"
    world.make("owner", to="other", spec={"connectorName": "c"}, status=synced(on(url=OTHER_URL)))
    world.make("c", spec={"adoptionPolicy": "Always", "config": {"file": "/b"}})
    world.run()
    assert (world.reason(), world.tiny.writes) == ("DuplicateClaim", [])


def test_nor_is_it_after_a_creation_of_which_nobody_knows_what_came(world: World) -> None:
    world.connection()["spec"]["policy"] = {"adoption": "Always"}
    world.live("c")
    world.make("owner", to="other", spec={"connectorName": "c"}, status=synced(on(url=OTHER_URL)))
    creating = {"adoptionPolicy": "Always", "config": {"file": "/b"}}
    world.make("c", spec=creating, status=owning_on(ownership="Creating", url=URL))
    world.run()
    assert (world.reason(), world.tiny.writes) == ("DuplicateClaim", [])


def test_a_value_that_connect_masks_tells_nothing_apart(world: World) -> None:
    world.live("c")
    world.tiny.masks = {"file"}
    world.make("owner", to="other", spec={"connectorName": "c"}, status=synced(on(url=OTHER_URL)))
    world.make("c", spec={"config": {"file": "****"}})
    world.run()
    assert (world.reason(), world.tiny.writes) == ("DuplicateClaim", [])


@pytest.mark.parametrize("recorded", ["cluster-a", ""])
@pytest.mark.parametrize("hides", ["ours", "theirs"])
def test_a_connect_that_does_not_tell_its_kafka_cluster_tells_nothing_apart(world: World, hides: str, recorded: str) -> None:
    world.connection()["status"] = {"kafkaClusterId": recorded}
    world.live("c")
    if hides == "ours":
        world.tiny.cluster_id = None
    status = synced(on(url=OTHER_URL, **({"kafkaClusterId": ""} if hides == "theirs" else {})))
    world.make("owner", to="other", spec={"connectorName": "c"}, status=status)
    world.make("c")
    world.run()
    assert (world.reason(), world.tiny.writes) == ("DuplicateClaim", [])


@pytest.mark.parametrize("recorded", ["cluster-a", ""])
@pytest.mark.parametrize(
    ("live", "status"),
    [
        # Its own connector has another configuration.
        ({"file": "/b"}, synced(on(url=OTHER_URL))),
        # Its Connect works for another Kafka cluster.
        ({}, synced(on(url=OTHER_URL, kafkaClusterId="cluster-b"))),
    ],
)
def test_what_can_be_told_apart_is_adopted(world: World, recorded: str, live: dict[str, str], status: dict[str, Any]) -> None:
    world.connection()["status"] = {"kafkaClusterId": recorded}
    world.live("c")
    world.tiny.configs["c"].update(live)
    world.make("owner", to="other", spec={"connectorName": "c"}, status=status)
    world.make("c", spec={"config": {"file": "/a", **live}})
    world.run()
    assert (world.reason(), world.connector()["status"]["ownership"], world.tiny.writes) == ("Stopped", "Adopted", [])


def test_while_connect_does_not_say_who_it_is_nothing_is_said_of_rivals(world: World) -> None:
    world.connection()["status"] = {}
    world.live("c")
    world.tiny.replies["GET /"] = NO_ANSWER
    world.make("owner", to="other", spec={"connectorName": "c"}, status=synced(on(url=OTHER_URL)))
    world.make("c")
    world.run()
    assert (world.reason(), "ownership" in world.connector()["status"]) == ("ConnectUnreachable", False)


def test_labels_look_further_only_for_what_owns_nothing_yet(world: World) -> None:
    world.make("owner", to="other", spec={"connectorName": "x"}, status=own_by(on()))
    lists = "GET /apis/external.saiello.github.io/v1alpha1/kafkaconnectors"
    world.server.add(an_object("c", spec={"connectorName": "x", "state": "stopped"}))
    world.run()
    assert world.server.requests.count(lists) == 1
    assert "labelSelector" not in world.server.queries[-1]
    assert (world.reason(), world.tiny.writes) == ("DuplicateClaim", [])
    world.live("c")
    world.server.objects.pop(path_of(an_object("c")))
    world.server.add(an_object("c", spec={"state": "stopped"}, status=own_by(owning(url=URL, kafkaClusterId="cluster-a"))))
    world.server.edit(world.connector(), metadata={"generation": 2})
    world.server.requests.clear()
    world.run()
    assert world.server.requests.count(lists) == 1
    assert "labelSelector" in world.server.queries[-1]
    assert world.reason() == "Stopped"


def test_who_meets_another_on_creation_asks_around_first(world: World) -> None:
    """Two places, one Connect: the other one has just made it, and the list of objects is older than that."""
    world.make("c")

    def made_meanwhile() -> None:
        world.live("c")
        world.make("owner", to="other", spec={"connectorName": "c"}, status=synced(on()))

    real = world.tiny.answer

    def answer(method: str, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        if method == "POST":
            made_meanwhile()
        return real(method, path, body)

    world.tiny.answer = answer  # type: ignore[method-assign]
    run = world.run()
    assert world.tiny.writes == ["POST c"]
    assert "ownership" not in world.connector()["status"]
    assert not run.finished
    world.run()
    assert (world.reason(), world.tiny.writes) == ("DuplicateClaim", ["POST c"])


def test_of_two_owners_the_younger_lets_the_other_have_it(world: World) -> None:
    """Both adopted it at the same moment: one of them gives way, and takes nothing along when it goes."""
    world.live("c")
    world.make("elder", to="other", spec={"connectorName": "c"}, status=own_by(on()))
    world.make("c", spec={"config": {"file": "/b"}}, status=own_by(on("prod")), creationTimestamp=LATER)
    world.sync()
    assert (world.reason(), world.tiny.writes) == ("DuplicateClaim", [])
    world.server.edit(world.connector(), metadata={"deletionTimestamp": LATER, "finalizers": [_objects.FINALIZER]})
    world.run()
    assert (world.connector()["metadata"]["finalizers"], world.tiny.writes) == ([], [])
    assert [event["type"] for event in world.server.events if event["reason"] == "Orphaned"] == ["Warning"]


@pytest.mark.parametrize("host", ["connect", "CONNECT"])
def test_labels_and_references_to_one_connect(world: World, host: str) -> None:
    labels = {**LABELLED, LABELS["host"]: host}
    world.server.add(an_object("by-label", spec={"connectorName": "c"}, labels=labels, status=own_by(owning(url=URL))))
    world.make("c")
    world.run()
    assert (world.reason(), world.tiny.writes) == ("DuplicateClaim", [])
