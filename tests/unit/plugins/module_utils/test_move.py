# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is remembered of a place that a connector leaves, and how two Connects are told apart."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _move, _objects, _wanted
from ansible_collections.saiello.kafka_connect.plugins.module_utils._address import Endpoint
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import (
    ConnectError,
    ConnectorStatus,
    Observed,
    Presence,
    Reason,
    TaskStatus,
    Verdict,
)
from ansible_collections.saiello.kafka_connect.plugins.module_utils._move import Relation, Sighting
from ansible_collections.saiello.kafka_connect.plugins.module_utils._objects import LABELS, ClusterRef

from .manifests import NOW, NOW_TEXT, an_object, owning, owning_on, referring

CONFIG = {"name": "c", "file": "/a"}
HIDDEN = Observed(Presence.UNKNOWN, error=ConnectError(Verdict(Reason.CONNECT_UNREACHABLE, "no answer")))


NAMES = frozenset(("c", "other"))
TASK = TaskStatus(0, "RUNNING", "w1")


def there(
    worker: str = "w1",
    cluster: str = "k1",
    config: dict[str, str] | None = None,
    *,
    names: frozenset[str] | None = NAMES,
    state: str = "STOPPED",
    tasks: tuple[TaskStatus, ...] = (),
) -> Sighting:
    status = ConnectorStatus(state, tasks, worker_id=worker)
    return Sighting(Observed(Presence.PRESENT, CONFIG if config is None else config, status), cluster, names)


def absent(cluster: str = "k1") -> Sighting:
    return Sighting(Observed(Presence.ABSENT), cluster)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (there(), there(), Relation.SAME),
        (there(), there("w2"), Relation.APART),
        (there(), there("w1", "k2"), Relation.APART),
        (absent(), absent("k2"), Relation.APART),
        (there(), absent(), Relation.APART),
        (absent(), there(), Relation.APART),
        (absent(), absent(), Relation.UNTOLD),
        (there(), there(config={}), Relation.UNTOLD),
        # What else runs there, or how this one does, may differ for a moment on one Connect, and will not be equal for long on two.
        (there(), there(names=frozenset("c")), Relation.UNTOLD),
        (there(names=None), there(names=None), Relation.UNTOLD),
        (there(), there(state="RUNNING"), Relation.UNTOLD),
        (there(tasks=(TASK,)), there(), Relation.UNTOLD),
        (there(tasks=(TASK,)), there(tasks=(replace(TASK, worker_id="w2"),)), Relation.UNTOLD),
        (there(tasks=(TASK,)), there(tasks=(replace(TASK, state="FAILED", trace="x"),)), Relation.UNTOLD),
        (there(state="RUNNING", tasks=(TASK,)), there(state="RUNNING", tasks=(replace(TASK, trace="x"),)), Relation.SAME),
        (there("w1", ""), there("w1", ""), Relation.UNTOLD),
        (there(""), there(""), Relation.UNTOLD),
        (there(""), there("w2"), Relation.UNTOLD),
        (Sighting(HIDDEN), there(), Relation.UNTOLD),
        (there(), Sighting(HIDDEN), Relation.UNTOLD),
        (Sighting(Observed(Presence.PRESENT, CONFIG), "k1"), there(), Relation.UNTOLD),
    ],
)
def test_what_tells_two_connects_apart(old: Sighting, new: Sighting, expected: Relation) -> None:
    assert _move.relation(old, new) is expected


def test_two_looks_have_to_agree() -> None:
    assert _move.agreed(Relation.APART, Relation.APART) is Relation.APART
    assert _move.agreed(Relation.APART, Relation.SAME) is Relation.UNTOLD


@pytest.mark.parametrize(
    ("obj", "leaving"),
    [
        (referring(status=owning_on()), False),
        (referring(to="other", status=owning_on()), True),
        (an_object(status=owning_on()), True),
        (an_object(host="CONNECT", status=owning()), False),
        (an_object(host="other", status=owning()), True),
        (referring(status=owning()), True),
        (referring(to="other"), False),
        (referring(to="other", status=owning_on(), deletionTimestamp=NOW_TEXT), False),
        # What names no place goes nowhere.
        (an_object(status=owning(), spec={"connectClusterRef": {"name": "prod"}}), False),
        (an_object(status=owning(), labels={}), False),
    ],
)
def test_who_leaves(obj: dict[str, Any], leaving: bool) -> None:
    assert _move.is_leaving(obj) is leaving
    assert _move.is_between(obj) is leaving


@pytest.mark.parametrize(("status", "place"), [(owning_on(), ClusterRef("ns", "prod")), (owning(), Endpoint("http", "connect", 8083))])
def test_the_old_place_is_remembered_and_the_new_one_owns_nothing(status: dict[str, Any], place: Any) -> None:
    status = {**status, "referencedKeys": ["file"]}
    left = {**status, "kafkaClusterId": "k1", "ownershipTime": NOW_TEXT, "connectorState": "STOPPED", "acceptedCluster": "k1"}
    obj = referring(to="other", status=left)
    new = {"connectCluster": {"namespace": "ns", "name": "other"}, "url": "http://other:8083"}
    after = {**obj, "status": _move.departed(obj, new, [], NOW)}
    assert _objects.ownership_of(after).value == ""
    assert _objects.place_of(after) == ClusterRef("ns", "other")
    assert _move.former_place(after) == place
    assert not _move.is_between(after)
    assert not _move.may_clear(after)
    assert after["status"]["acceptedCluster"] == "k1"
    assert not {"connectorState", "referencedKeys"} & after["status"].keys()
    view = _move.former(after)
    assert _objects.is_deleting(view)
    assert _objects.named_place(view) == _objects.owned_place(view) == place
    assert _wanted.wanted_of(view).mark.recorded == "k1"  # type: ignore[union-attr]

    back = {**after, "spec": {**obj["spec"], "connectClusterRef": {"name": "prod"}}, "metadata": {**obj["metadata"], "labels": {}}}
    if isinstance(place, Endpoint):
        del back["spec"]["connectClusterRef"]
        back["metadata"]["labels"] = {LABELS["schema"]: "http", LABELS["host"]: "connect", LABELS["port"]: "8083"}
    assert _move.is_returning(back)
    returned = _move.returned(back)
    assert {key: returned[key] for key in status} == status
    assert "movedFrom" not in returned


def test_another_name_for_the_same_place_replaces_only_the_name() -> None:
    obj = referring(status={**owning(), "url": "http://connect:8083", "kafkaClusterId": "k1"})
    place = {"connectCluster": {"namespace": "ns", "name": "prod"}, "url": "http://connect:8083"}
    after = _move.readdressed(obj, place)
    assert after == {"ownership": "Created", "kafkaClusterId": "k1", **place}


def test_the_record_of_the_old_place_can_be_told_more_of() -> None:
    obj = referring(status={"movedFrom": {"ownership": "Created", "reason": "DeletionBlocked", "message": "m"}, "url": "u"})
    assert _move.told(obj, {"message": "n", "reason": None})["movedFrom"] == {"ownership": "Created", "message": "n"}
    assert _move.told(obj, {}) == {"url": "u"}


@pytest.mark.parametrize(
    ("observed", "stopped"),
    [
        (Observed(Presence.ABSENT), True),
        (Observed(Presence.PRESENT, CONFIG, ConnectorStatus("STOPPED")), True),
        (Observed(Presence.PRESENT, CONFIG, ConnectorStatus("STOPPED", (TaskStatus(0, "RUNNING"),))), False),
        (Observed(Presence.PRESENT, CONFIG, ConnectorStatus("PAUSED")), False),
        (Observed(Presence.PRESENT, CONFIG), False),
        (HIDDEN, False),
    ],
)
def test_when_nothing_runs(observed: Observed, stopped: bool) -> None:
    assert _move.is_stopped(observed) is stopped
