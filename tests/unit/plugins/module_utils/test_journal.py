# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the journal writes when two runs deal with one object: the real API server cannot be stopped between the two."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _objects, _wanted
from ansible_collections.saiello.kafka_connect.plugins.module_utils._apply import Claim
from ansible_collections.saiello.kafka_connect.plugins.module_utils._journal import Guard, KubeJournal
from ansible_collections.saiello.kafka_connect.plugins.module_utils._kube import KubeError
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import (
    Create,
    Observed,
    Outcome,
    Ownership,
    Presence,
    Reason,
    RunState,
    Switch,
    UnconfirmedWrite,
    Verdict,
    Wanted,
    Write,
)
from ansible_collections.saiello.kafka_connect.plugins.module_utils._objects import PAUSE
from ansible_collections.saiello.kafka_connect.plugins.module_utils._plan import BY_PLAN, BY_POLICY, NOT_OURS
from ansible_collections.saiello.kafka_connect.plugins.module_utils._run_directory import EndpointRecord, RunDirectory
from ansible_collections.saiello.kafka_connect.plugins.module_utils._wanted import Terms

from .apiserver import OPERATOR_SETTINGS, ApiServer
from .manifests import NOW, a_connection, an_object
from .script import Time

ORIGINAL = an_object()
PLACE = {"endpoint": {"schema": "http", "host": "connect", "port": "8083"}, "url": "http://connect:8083"}
CONNECTION = a_connection()
RUNNING = Verdict(Reason.RUNNING, "runs")


@dataclass
class Cluster(ApiServer):
    """An API server with one object of ours."""

    clock: Time = field(default_factory=lambda: Time(NOW))
    log: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def obj(self) -> dict[str, Any]:
        return self.stored(ORIGINAL)

    @property
    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = self.obj["status"]
        return found

    def change(self, **patch: Any) -> None:
        self.edit(ORIGINAL, **patch)

    def journal(self, directory: Path, connection: dict[str, Any] | None = None) -> KubeJournal:
        """That of a run which lists the object now."""
        return KubeJournal(
            self.api,
            {"ns/c": copy.deepcopy(self.obj)},
            "http://connect:8083",
            PLACE,
            Terms(),
            Guard(self.api, "op", connection),
            RunDirectory(directory),
            EndpointRecord(),
            self.clock.clock,
            self.log.append,
        )


@pytest.fixture
def cluster() -> Cluster:
    server = Cluster()
    server.add(an_object(finalizers=[_objects.FINALIZER]))
    return server


def outcome(cluster: Cluster, ownership: Ownership, verdict: Verdict = RUNNING, **more: Any) -> Outcome:
    return Outcome(_wanted.wanted_of(cluster.obj), verdict, Observed(Presence.PRESENT), ownership, NOW, **more)


DONE = (Write("create", "spec", (), "done", 0.1),)


def wanted() -> Wanted:
    return _wanted.wanted_of(an_object())


def test_a_creation_is_written_down_before_it_is_sent(cluster: Cluster, tmp_path: Path) -> None:
    cluster.obj["metadata"]["finalizers"] = []
    assert cluster.journal(tmp_path).claim(wanted(), Create({}, None)) is Claim.GRANTED
    assert cluster.obj["metadata"]["finalizers"] == [_objects.FINALIZER]
    assert cluster.status["ownership"] == "Creating"
    assert cluster.status["endpoint"] == {"schema": "http", "host": "connect", "port": "8083"}


def test_freeze_is_read_before_each_write(cluster: Cluster, tmp_path: Path) -> None:
    journal = cluster.journal(tmp_path)
    assert journal.claim(wanted(), Switch("RUNNING", RunState.PAUSED)) is Claim.GRANTED
    cluster.settings(freeze="true")
    assert journal.claim(wanted(), Switch("RUNNING", RunState.PAUSED)) is Claim.FROZEN


@pytest.mark.parametrize("action", [Create({}, None), Switch("RUNNING", RunState.PAUSED)])
@pytest.mark.parametrize(
    "edit",
    [
        {"metadata": {"generation": 2}},
        {"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}},
        {"metadata": {"uid": "another"}},
        {"metadata": {"annotations": {PAUSE: "true"}}},
        {"status": {"ownership": "Created", "ownershipTime": "2026-01-01T00:00:00Z"}},
        {"status": {"unconfirmedWrite": {"action": "update", "time": "2026-01-01T00:00:00Z"}}},
    ],
)
def test_a_claim_on_what_has_changed_is_not_granted(cluster: Cluster, tmp_path: Path, edit: dict[str, Any], action: Any) -> None:
    journal = cluster.journal(tmp_path)
    cluster.change(**edit)
    before = cluster.status
    assert journal.claim(wanted(), action) is Claim.SUPERSEDED
    assert cluster.status == before


def test_a_claim_on_what_is_gone_is_not_granted(cluster: Cluster, tmp_path: Path) -> None:
    journal = cluster.journal(tmp_path)
    cluster.objects.clear()
    assert journal.claim(wanted(), Create({}, None)) is Claim.SUPERSEDED


def test_an_edit_of_labels_alone_does_not_matter_to_a_claim(cluster: Cluster, tmp_path: Path) -> None:
    journal = cluster.journal(tmp_path)
    cluster.change(metadata={"labels": {"x": "y"}})
    assert journal.claim(wanted(), Create({}, None)) is Claim.GRANTED
    assert cluster.status["ownership"] == "Creating"


def test_who_only_looked_does_not_overwrite_who_acted(cluster: Cluster, tmp_path: Path) -> None:
    """A run listed the object before another created its connector, and then saw an equal connector that nobody seemed to own."""
    looker, actor = cluster.journal(tmp_path), cluster.journal(tmp_path)
    assert actor.claim(wanted(), Create({}, None)) is Claim.GRANTED
    looker.report(outcome(cluster, Ownership.ADOPTED))
    assert cluster.status["ownership"] == "Creating"
    actor.report(outcome(cluster, Ownership.CREATED, writes=DONE))
    assert cluster.status["ownership"] == "Created"
    looker.report(outcome(cluster, Ownership.NONE, Verdict(Reason.CONNECTOR_EXISTS, "exists")))
    assert cluster.status["ownership"] == "Created"


def test_who_acted_writes_it_down_whoever_looked(cluster: Cluster, tmp_path: Path) -> None:
    actor = cluster.journal(tmp_path)
    actor.claim(wanted(), Create({}, None))
    cluster.change(status={"observedGeneration": 1})
    actor.report(outcome(cluster, Ownership.CREATED, writes=DONE))
    assert (cluster.status["ownership"], cluster.status["observedGeneration"]) == ("Created", 1)
    assert _objects.ready_condition(cluster.obj)["reason"] == "Running"


def test_what_was_done_for_an_older_spec_is_recorded_and_nothing_is_said_of_the_newer(cluster: Cluster, tmp_path: Path) -> None:
    actor = cluster.journal(tmp_path)
    actor.claim(wanted(), Create({}, None))
    cluster.change(metadata={"generation": 2})
    actor.report(outcome(cluster, Ownership.CREATING, unconfirmed=UnconfirmedWrite("create", NOW), writes=DONE))
    assert cluster.status["ownership"] == "Creating"
    assert cluster.status["unconfirmedWrite"]["action"] == "create"
    assert cluster.status["observedGeneration"] == -1
    assert "conditions" not in cluster.status


@pytest.mark.parametrize("generation", [1, 2])
def test_who_could_not_read_its_creation_back_leaves_what_another_run_has_seen_of_it(cluster: Cluster, tmp_path: Path, generation: int) -> None:
    journal = cluster.journal(tmp_path)
    assert journal.claim(wanted(), Create({}, None)) is Claim.GRANTED
    cluster.journal(tmp_path).report(outcome(cluster, Ownership.CREATED))
    cluster.change(metadata={"generation": generation})
    unread = outcome(cluster, Ownership.CREATING, Verdict(Reason.CONNECT_UNREACHABLE, "is away"), writes=DONE)
    journal.report(unread)
    assert cluster.status["ownership"] == "Created", "an edit would make it a stranger's"
    assert cluster.status["lastChange"]["action"] == "create"


def test_a_creation_that_met_a_connector_is_withdrawn_also_for_a_newer_spec(cluster: Cluster, tmp_path: Path) -> None:
    actor = cluster.journal(tmp_path)
    actor.claim(wanted(), Create({}, None))
    cluster.change(metadata={"generation": 2})
    refused = (Write("create", "spec", (), "exists", 0.1),)
    actor.report(outcome(cluster, Ownership.NONE, Verdict(Reason.CONNECTOR_EXISTS, "exists"), writes=refused))
    assert "ownership" not in cluster.status


def test_nothing_lands_on_an_object_that_was_made_anew(cluster: Cluster, tmp_path: Path) -> None:
    actor = cluster.journal(tmp_path)
    actor.claim(wanted(), Create({}, None))
    cluster.change(metadata={"uid": "another"}, status={"ownership": None})
    before = cluster.obj
    actor.report(outcome(cluster, Ownership.CREATED, writes=DONE))
    actor.released(outcome(cluster, Ownership.NONE, writes=DONE))
    assert cluster.obj == before


def test_what_is_adopted_as_it_is_gets_the_finalizer_too(cluster: Cluster, tmp_path: Path) -> None:
    """Its object may be deleted before the runtime has seen it, and the connector may have to go with it."""
    cluster.change(metadata={"finalizers": ["other/one"]})
    cluster.journal(tmp_path).report(outcome(cluster, Ownership.NONE))
    assert cluster.obj["metadata"]["finalizers"] == ["other/one"]
    cluster.journal(tmp_path).report(outcome(cluster, Ownership.ADOPTED))
    assert cluster.obj["metadata"]["finalizers"] == ["other/one", _objects.FINALIZER]
    assert cluster.status["ownership"] == "Adopted"
    cluster.change(metadata={"finalizers": ["other/one"], "deletionTimestamp": "x"})
    cluster.journal(tmp_path).report(outcome(cluster, Ownership.CREATED))
    assert cluster.obj["metadata"]["finalizers"] == ["other/one"], "none can be put on what is being deleted"


def test_what_is_adopted_as_it_is_holds_its_connection_too(cluster: Cluster, tmp_path: Path) -> None:
    cluster.add(copy.deepcopy(CONNECTION))
    cluster.journal(tmp_path, CONNECTION).report(outcome(cluster, Ownership.NONE))
    assert "finalizers" not in cluster.stored(CONNECTION)["metadata"]
    cluster.journal(tmp_path, CONNECTION).report(outcome(cluster, Ownership.ADOPTED))
    assert cluster.stored(CONNECTION)["metadata"]["finalizers"] == [_objects.FINALIZER]
    assert cluster.status["ownership"] == "Adopted"
    cluster.requests.clear()
    cluster.journal(tmp_path, CONNECTION).report(outcome(cluster, Ownership.ADOPTED, Verdict(Reason.STOPPED, "stopped")))
    assert len(cluster.requests) == 1, "once it is ours the connection is not looked at for that"


def test_nothing_is_adopted_on_a_connection_that_went(cluster: Cluster, tmp_path: Path) -> None:
    cluster.journal(tmp_path, CONNECTION).report(outcome(cluster, Ownership.ADOPTED))
    assert "ownership" not in cluster.status


def test_the_same_status_is_not_written_again(cluster: Cluster, tmp_path: Path) -> None:
    cluster.journal(tmp_path).report(outcome(cluster, Ownership.CREATED))
    cluster.requests.clear()
    cluster.journal(tmp_path).report(outcome(cluster, Ownership.CREATED))
    assert cluster.requests == []


def test_only_our_finalizer_is_taken_off(cluster: Cluster, tmp_path: Path) -> None:
    cluster.obj["metadata"]["finalizers"] = ["other/one", _objects.FINALIZER]
    journal = cluster.journal(tmp_path)
    cluster.change(metadata={"labels": {"x": "y"}})
    journal.released(outcome(cluster, Ownership.CREATED))
    assert cluster.obj["metadata"]["finalizers"] == ["other/one"]


@pytest.mark.parametrize(
    ("cause", "kind"), [(NOT_OURS, "Normal"), (BY_POLICY, "Normal"), (BY_PLAN, "Normal"), ("its namespace is not allowed any more", "Warning")]
)
def test_an_event_says_why_a_connector_stays_on_connect(cluster: Cluster, tmp_path: Path, cause: str, kind: str) -> None:
    cluster.journal(tmp_path).released(outcome(cluster, Ownership.CREATED, orphaned=cause))
    (event,) = cluster.events
    assert (event["reason"], event["type"]) == ("Orphaned", kind)
    assert event["message"] == f"the connector c stays on Connect: {cause}"
    (line,) = cluster.log
    assert (line["action"], line["cause"], line["result"]) == ("orphan", cause, "done")


def test_an_object_whose_deletion_was_changed_meanwhile_is_not_let_go_of(cluster: Cluster, tmp_path: Path) -> None:
    """Its connector may have to be deleted now."""
    cluster.obj["metadata"]["finalizers"] = [_objects.FINALIZER]
    journal = cluster.journal(tmp_path)
    cluster.change(metadata={"generation": 2})
    journal.released(outcome(cluster, Ownership.CREATED, orphaned=BY_POLICY))
    assert cluster.obj["metadata"]["finalizers"] == [_objects.FINALIZER]
    assert (cluster.events, cluster.log) == ([], [])
    journal.released(outcome(cluster, Ownership.CREATED))
    assert cluster.obj["metadata"]["finalizers"] == [], "what is gone from Connect is let go of, whatever was changed"


def test_where_no_event_can_be_written_it_is_about_the_namespace(cluster: Cluster, tmp_path: Path) -> None:
    """As in a namespace that is being deleted."""
    cluster.refuses.add("/api/v1/namespaces/ns/events")
    cluster.journal(tmp_path).released(outcome(cluster, Ownership.CREATED, orphaned="for this cause"))
    (event,) = cluster.events
    assert event["metadata"]["namespace"] == "default"
    assert event["involvedObject"] == {"apiVersion": "v1", "kind": "Namespace", "name": "ns"}
    assert (event["reason"], event["type"]) == ("Orphaned", "Warning")
    assert event["message"] == "the KafkaConnector c is let go of: the connector c stays on Connect: for this cause"
    cluster.refuses.add("/api/v1/namespaces/default/events")
    cluster.journal(tmp_path).released(outcome(cluster, Ownership.CREATED, orphaned="for this cause"))
    assert len(cluster.events) == 1, "and where that cannot be, nothing is held up"


def test_a_deletion_as_wanted_is_no_event_of_that_kind(cluster: Cluster, tmp_path: Path) -> None:
    cluster.journal(tmp_path).released(outcome(cluster, Ownership.CREATED))
    assert cluster.events == []


def test_a_secret_that_is_typed_into_the_spec_is_warned_of_by_the_name_of_its_key_once(cluster: Cluster, tmp_path: Path) -> None:
    cluster.change(spec={"config": {"database.password": "sesame", "connection.url": "jdbc:postgresql://ada:sesame@db/orders"}})
    for _pass in range(2):
        cluster.journal(tmp_path).report(outcome(cluster, Ownership.CREATED))
    (event,) = cluster.events
    assert (event["reason"], event["type"]) == ("SecretInSpec", "Warning")
    assert "keys: connection.url, database.password;" in event["message"]
    assert "sesame" not in event["message"]


# -- what stands above all connectors


@dataclass
class Above:
    """A guard, and what it looks at."""

    server: ApiServer = field(default_factory=ApiServer)
    connection: dict[str, Any] | None = field(default_factory=lambda: copy.deepcopy(CONNECTION))

    def __post_init__(self) -> None:
        self.server.add(copy.deepcopy(CONNECTION))
        self.guard = Guard(self.server.api, "op", self.connection)


def test_freeze_comes_and_goes() -> None:
    above = Above()
    found = [above.guard.claim()]
    for freeze in ("true", "false", "sure"):
        above.server.settings(freeze=freeze)
        found.append(above.guard.claim())
    assert found == [Claim.GRANTED, Claim.FROZEN, Claim.GRANTED, Claim.FROZEN]


@pytest.mark.parametrize(
    ("edit", "claim"),
    [
        ({"metadata": {"generation": 2}}, Claim.SUPERSEDED),
        ({"metadata": {"uid": "another"}}, Claim.SUPERSEDED),
        ({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}}, Claim.SUPERSEDED),
        ({"metadata": {"annotations": {PAUSE: "true"}}}, Claim.SUPERSEDED),
        ({"metadata": {"labels": {"x": "y"}}}, Claim.GRANTED),
        ({"status": {"version": "4.3.1"}}, Claim.GRANTED),
    ],
)
def test_a_connection_that_was_edited_is_another_one(edit: dict[str, Any], claim: Claim) -> None:
    above = Above()
    assert above.guard.claim() is Claim.GRANTED
    above.server.edit(CONNECTION, **edit)
    assert above.guard.claim() is claim


def test_without_its_connection_nothing_is_written() -> None:
    above = Above()
    above.server.objects.clear()
    assert above.guard.claim() is Claim.SUPERSEDED


def test_a_connection_is_held_before_the_first_write_and_patched_once() -> None:
    """Its own first run may be far back in the queue, and its deletion come before that."""
    above = Above()
    above.server.edit(CONNECTION, metadata={"finalizers": ["other/one"]})
    above.server.before["PATCH"] = lambda: above.server.edit(CONNECTION, metadata={"labels": {"x": "y"}})
    for _write in range(3):
        assert above.guard.claim() is Claim.GRANTED
    assert above.server.stored(CONNECTION)["metadata"]["finalizers"] == ["other/one", _objects.FINALIZER]
    assert len(above.server.writes()) == 2, "one met somebody else's patch"


def test_nothing_is_put_on_a_connection_that_is_frozen_or_on_its_way_out() -> None:
    leaving = a_connection(deletionTimestamp="2026-01-01T00:00:00Z", finalizers=["other/one"])
    above = Above(connection=leaving)
    above.server.add(copy.deepcopy(leaving))
    assert above.guard.claim() is Claim.GRANTED, "what is on it already goes on"
    above = Above()
    above.server.settings(freeze="true")
    assert above.guard.claim() is Claim.FROZEN
    assert above.server.writes() == []


def test_a_connection_that_goes_at_that_moment_is_written_through_no_more() -> None:
    above = Above()
    above.server.before["PATCH"] = above.server.objects.clear
    assert above.guard.claim() is Claim.SUPERSEDED


def test_labels_need_no_connection() -> None:
    above = Above(connection=None)
    above.server.objects.clear()
    assert above.guard.claim() is Claim.GRANTED
    assert above.server.requests == [f"GET {OPERATOR_SETTINGS}"]


def test_a_look_that_fails_grants_nothing_and_is_repeated() -> None:
    above = Above()
    above.server.refuses.add(OPERATOR_SETTINGS)
    for _attempt in range(2):
        with pytest.raises(KubeError):
            above.guard.claim()
    above.server.refuses.clear()
    assert above.guard.claim() is Claim.GRANTED


@pytest.mark.parametrize(("freeze", "claim"), [("true", Claim.FROZEN), ("false", Claim.SUPERSEDED)])
def test_what_stands_above_is_asked_before_the_object(cluster: Cluster, tmp_path: Path, freeze: str, claim: Claim) -> None:
    cluster.settings(freeze=freeze)
    cluster.obj["metadata"]["finalizers"] = []
    journal = cluster.journal(tmp_path, a_connection("gone"))
    assert journal.claim(wanted(), Create({}, None)) is claim
    assert cluster.writes() == []
