# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""KafkaConnector objects: where their connectors are, what they want, and who has a name."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _objects
from ansible_collections.saiello.kafka_connect.plugins.module_utils._address import Endpoint, EndpointError
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import (
    ClusterMark,
    Ownership,
    Reason,
    Refusal,
    RunState,
    UnconfirmedWrite,
    Unremoved,
    Verdict,
)
from ansible_collections.saiello.kafka_connect.plugins.module_utils._objects import (
    ACCEPT,
    LABELS,
    PAUSE,
    ClusterRef,
    named_place,
    owned_place,
    place_of,
)
from ansible_collections.saiello.kafka_connect.plugins.module_utils._wanted import Terms, effective, wanted_of

from .manifests import NOW, an_object, owning, owning_on, referring

RUNNING = Verdict(Reason.RUNNING, "runs")

# -- where


def test_the_labels_say_where() -> None:
    assert place_of(an_object()) == Endpoint("http", "connect", 8083)


@pytest.mark.parametrize("label", LABELS.values())
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_label_is_named(label: str, value: str | None) -> None:
    obj = an_object()
    obj["metadata"]["labels"][label] = value
    with pytest.raises(EndpointError, match=f"label {label} is missing"):
        place_of(obj)
    del obj["metadata"]["labels"]
    with pytest.raises(EndpointError, match="is missing"):
        place_of(obj)


def test_a_connector_that_is_owned_is_where_it_was_put() -> None:
    moved = an_object(host="elsewhere", status=owning())
    assert place_of(moved) == Endpoint("http", "connect", 8083)
    del moved["metadata"]["labels"]
    assert place_of(moved) == Endpoint("http", "connect", 8083)


@pytest.mark.parametrize("endpoint", [None, "x", {}, {"schema": "http", "host": "", "port": "1"}])
def test_a_broken_record_leaves_the_labels(endpoint: Any) -> None:
    assert place_of(an_object(status={"ownership": "Created", "endpoint": endpoint})) == Endpoint("http", "connect", 8083)


def test_a_reference_says_where() -> None:
    assert place_of(referring()) == ClusterRef("ns", "prod")
    assert place_of(referring(spec={"connectClusterRef": {"name": "prod", "namespace": "kafka"}})) == ClusterRef("kafka", "prod")
    assert ClusterRef("kafka", "prod").key == "kafka/prod"


@pytest.mark.parametrize("label", LABELS.values())
@pytest.mark.parametrize("value", ["x", ""])
def test_a_reference_and_a_label_are_one_too_many(label: str, value: str) -> None:
    with pytest.raises(EndpointError, match=f"connectClusterRef and the label {label} both say where"):
        named_place(referring(labels={label: value}))


@pytest.mark.parametrize(
    ("status", "place"),
    [
        ({}, None),
        ({"endpoint": {"schema": "http", "host": "connect", "port": "8083"}}, None),
        (owning(), Endpoint("http", "connect", 8083)),
        (owning("Creating"), Endpoint("http", "connect", 8083)),
        (owning_on(), ClusterRef("ns", "prod")),
        ({"ownership": "Created"}, None),
        ({"ownership": "Created", "connectCluster": None, "endpoint": None}, None),
    ],
)
def test_a_connector_that_is_owned_has_a_place(status: dict[str, Any], place: Any) -> None:
    assert owned_place(an_object(status=status)) == place


@pytest.mark.parametrize(
    "obj",
    [
        referring("c", "other", status=owning_on("prod")),
        an_object(status=owning_on("prod")),
        an_object(host="elsewhere", status=owning()),
        referring(status=owning()),
    ],
)
def test_an_owned_connector_is_where_it_is_until_it_has_moved(obj: dict[str, Any]) -> None:
    assert place_of(obj) == owned_place(obj) != named_place(obj)
    assert place_of({**obj, "status": {}}) == named_place(obj)


def test_both_places_at_once_are_a_problem_also_for_what_is_owned() -> None:
    obj = an_object(status=owning(), spec={"connectClusterRef": {"name": "prod"}})
    assert place_of(obj) == Endpoint("http", "connect", 8083)
    problem = wanted_of(obj).problem
    assert problem is not None
    assert "both say where Connect is" in problem.message


# -- what it wants


def test_a_spec_is_wanted() -> None:
    wanted = wanted_of(an_object(spec={"state": "paused"}))
    assert wanted.problem is None
    assert (wanted.key, wanted.name, wanted.state, wanted.absent) == ("ns/c", "c", RunState.PAUSED, False)
    assert wanted.config == {"name": "c", "connector.class": "C", "tasks.max": "2", "file": "/a"}


def test_the_connector_may_have_a_name_of_its_own() -> None:
    assert wanted_of(an_object(spec={"connectorName": "a->b"})).config["name"] == "a->b"


def test_an_object_that_is_being_deleted_wants_it_absent() -> None:
    assert wanted_of(an_object(deletionTimestamp="2026-01-01T00:00:00Z")).absent


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ({"config": {"a": None}}, "spec.config key a: null"),
        ({"config": {"a": {"b": "hunter2"}}}, "spec.config key a: a map"),
        ({"config": {"name": "x"}}, "use the field connectorName"),
        ({"connectorName": "a/b"}, "it holds /"),
    ],
)
def test_an_impossible_spec_is_a_problem(spec: dict[str, Any], says: str) -> None:
    problem = wanted_of(an_object(spec=spec)).problem
    assert problem is not None
    assert problem.reason is Reason.INVALID_SPEC
    assert says in problem.message
    assert "hunter2" not in problem.message


def test_the_memory_of_an_object() -> None:
    conditions = [{"type": "Ready", "status": "True", "reason": "Running", "message": "runs"}]
    status = owning(
        observedGeneration=1,
        ownershipTime="2026-01-01T00:00:00Z",
        conditions=conditions,
        unconfirmedWrite={"action": "update", "time": "2026-01-01T00:00:01Z"},
        refused={"generation": 1, "count": 2, "time": "2026-01-01T00:00:02Z", "sources": "w"},
        notConverging={"generation": 1, "keys": ["a"], "sources": "v"},
    )
    memory = _objects.memory_of(an_object(status=status))
    assert (memory.ownership, memory.owned_since, memory.observed, memory.ready) == (Ownership.CREATED, NOW, True, True)
    assert memory.verdict == RUNNING
    assert memory.unconfirmed == UnconfirmedWrite("update", NOW + 1)
    assert memory.refused == Refusal(2, NOW + 2, "w")
    assert memory.unremoved == Unremoved(("a",), "v")


def test_a_refusal_is_forgotten_with_the_spec_that_was_refused() -> None:
    """Also after a pass that could not reach Connect has dealt with the new spec. So is a difference that our own write did not remove."""
    found_out: dict[str, dict[str, Any]] = {"refused": {"count": 2, "time": "2026-01-01T00:00:02Z"}, "notConverging": {"keys": ["a"]}}
    status = {**owning(observedGeneration=2), **{key: {"generation": 1, **one} for key, one in found_out.items()}}
    memory = _objects.memory_of(an_object(status=status, generation=2))
    assert (memory.refused, memory.unremoved) == (None, None)


@pytest.mark.parametrize(
    "status", [None, {}, {"ownership": "Odd", "conditions": [{"type": "Ready", "reason": "Odd"}], "ownershipTime": "x", "notConverging": None}]
)
def test_a_strange_status_is_no_memory(status: dict[str, Any] | None) -> None:
    memory = _objects.memory_of({**an_object(), "status": status})
    assert (memory.ownership, memory.verdict, memory.owned_since, memory.unremoved) == (Ownership.NONE, None, 0.0, None)


# -- what is to be done


@pytest.mark.parametrize(
    ("reason", "generation", "pending"),
    [("Running", 1, False), ("Running", 2, True), ("Converging", 1, True), ("InvalidSpec", 1, False), ("Odd", 1, True)],
)
def test_pending(reason: str, generation: int, pending: bool) -> None:
    status = {"observedGeneration": 1, "conditions": [{"type": "Ready", "status": "True", "reason": reason}]}
    assert _objects.is_pending(an_object(status=status, generation=generation)) is pending


def at_rest(paused: bool = False, message: str = _objects.PAUSED, annotations: dict[str, str] | None = None, **status: Any) -> dict[str, Any]:
    """An object that needs nothing, if its annotations say no more than its status does."""
    conditions = [{"type": "Ready", "status": "True", "reason": "Running"}]
    if paused:
        conditions.append({"type": "ReconciliationPaused", "status": "True", "message": message})
    return an_object(status={"observedGeneration": 1, "conditions": conditions, **status}, annotations=annotations or {})


@pytest.mark.parametrize("value", ["true", "True", " TRUE\n"])
def test_a_pause_is_pending_until_it_shows(value: str) -> None:
    assert _objects.is_pending(at_rest(annotations={PAUSE: value}))
    assert not _objects.is_pending(at_rest(paused=True, annotations={PAUSE: value}))


@pytest.mark.parametrize("annotations", [{}, {PAUSE: "false"}, {PAUSE: ""}, {PAUSE: "yes"}])
def test_the_end_of_a_pause_is_pending_until_it_shows(annotations: dict[str, str]) -> None:
    assert _objects.is_pending(at_rest(paused=True, annotations=annotations))
    assert not _objects.is_pending(at_rest(annotations=annotations))


def test_a_freeze_that_shows_is_no_pause_of_its_own() -> None:
    assert not _objects.is_pending(at_rest(paused=True, message="writes are frozen by the operator settings (freeze)"))


@pytest.mark.parametrize(
    ("value", "done", "accepted"),
    [("", "", ""), ("id-b", "", "id-b"), ("id-b", "id-b", ""), ("id-b@2", "id-b", "id-b"), ("id-b@2", "id-b@2", ""), (" id-b ", "id-b", "")],
)
def test_an_accepted_cluster_is_an_order_that_is_carried_out_once(value: str, done: str, accepted: str) -> None:
    obj = at_rest(annotations={ACCEPT: value} if value else {}, acceptedCluster=done)
    assert _objects.accepted_cluster(obj) == accepted
    assert _objects.is_pending(obj) is bool(accepted)


# -- what its Connect says of all connectors


DEFAULTS = Terms(config={"file": "/default", "topic": "t"}, tasks_max=7, ignored_keys=("x*",), protected=True)


def test_defaults_count_where_the_spec_says_nothing() -> None:
    obj = an_object()
    wanted = wanted_of(obj, terms=DEFAULTS)
    assert wanted.config == {"name": "c", "connector.class": "C", "tasks.max": "2", "file": "/a", "topic": "t"}
    assert wanted.ignored_keys == ("x*",)
    assert effective(obj, DEFAULTS) == {"configKeys": ["topic"]}
    bare = {**obj, "spec": {"class": "C"}}
    assert wanted_of(bare, terms=DEFAULTS).config == {"name": "c", "connector.class": "C", "tasks.max": "7", "file": "/default", "topic": "t"}
    assert effective(bare, DEFAULTS) == {"configKeys": ["file", "topic"], "tasksMax": 7}
    assert effective(obj, Terms()) == {}


def test_a_default_that_cannot_be_is_a_problem() -> None:
    problem = wanted_of(an_object(), terms=Terms(config={"list": ["hunter2"]})).problem
    assert problem is not None
    assert problem.reason is Reason.INVALID_SPEC
    assert "config key list" in problem.message
    assert "hunter2" not in problem.message


def test_what_holds_all_holds_each_and_a_pause_holds_one() -> None:
    above = Verdict(Reason.PLAN_ONLY, "Nothing is written")
    paused = an_object(annotations={PAUSE: "true"})
    assert wanted_of(an_object()).hold is None
    assert wanted_of(paused).hold == Verdict(Reason.DRIFTED, _objects.PAUSED)
    assert wanted_of(an_object(), terms=Terms(hold=above)).hold == above
    assert wanted_of(paused, terms=Terms(hold=above)).hold == above


def test_the_cluster_of_the_connection_comes_before_that_of_the_object() -> None:
    obj = an_object(status={"kafkaClusterId": "own"}, annotations={ACCEPT: "mine"})
    assert wanted_of(obj).mark == ClusterMark("own", "mine")
    assert wanted_of(obj, terms=Terms(mark=ClusterMark("whole", "all"))).mark == ClusterMark("whole", "all")
    assert wanted_of(an_object()).mark == ClusterMark()


# -- the end of it


def test_a_deletion_is_pending_while_the_finalizer_is_there() -> None:
    assert not _objects.is_pending(an_object(deletionTimestamp="x"))
    assert _objects.is_pending(an_object(deletionTimestamp="x", finalizers=[_objects.FINALIZER]))


def test_times_are_those_of_kubernetes() -> None:
    assert _objects.timestamp(NOW + 0.9) == "2026-01-01T00:00:00Z"
    assert _objects.seconds_of("2026-01-01T00:00:00Z") == NOW
    assert _objects.seconds_of(None) == 0.0


def test_the_version_of_the_plugin_is_part_of_the_configuration() -> None:
    assert wanted_of(an_object(spec={"version": "[1,2)"})).config["connector.plugin.version"] == "[1,2)"
    assert "connector.plugin.version" not in wanted_of(an_object()).config
