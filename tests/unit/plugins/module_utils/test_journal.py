# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the journal writes when two runs deal with one object: the real API server cannot be stopped between the two."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _objects
from ansible_collections.saiello.kafka_connect.plugins.module_utils._apply import Claim
from ansible_collections.saiello.kafka_connect.plugins.module_utils._http import Answer, Clock
from ansible_collections.saiello.kafka_connect.plugins.module_utils._kube import KubeApi, KubeError, KubeJournal, api_of_run, connectors_path
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
from ansible_collections.saiello.kafka_connect.plugins.module_utils._run_directory import EndpointRecord, RunDirectory

from .test_objects import NOW, an_object, merged

PATH = connectors_path("ns", "c")
RUNNING = Verdict(Reason.RUNNING, "runs")


@dataclass
class Cluster:
    """One object behind resource versions. ``before`` is called once, ahead of the next request of its method."""

    stored: dict[str, Any] | None
    before: dict[str, Callable[[], None]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    freeze: bool = False

    def send(
        self, method: str, url: str, *, body: bytes | None, headers: Mapping[str, str], seconds: float, size: int, connect: float = 5.0
    ) -> Answer:
        self.before.pop(method, lambda: None)()
        path = url.removeprefix("http://api")
        self.requests.append(f"{method} {path}")
        if "configmaps" in path:
            return Answer(200, {}, json.dumps({"data": {"freeze": "true" if self.freeze else "false"}}).encode())
        if path.endswith("/events"):
            return Answer(201, {}, b"{}")
        if self.stored is None:
            return Answer(404, {}, b'{"message":"not found"}')
        if method == "PATCH":
            patch = json.loads(body or b"{}")
            if patch["metadata"].pop("resourceVersion") != self.stored["metadata"]["resourceVersion"]:
                return Answer(409, {}, b'{"message":"conflict"}')
            self.edit(**patch)
        return Answer(200, {}, json.dumps(self.stored).encode())

    def edit(self, **patch: Any) -> None:
        """Somebody else's patch."""
        assert self.stored is not None
        self.stored = merged(self.stored, patch)
        self.stored["metadata"]["resourceVersion"] = str(int(self.stored["metadata"]["resourceVersion"]) + 1)

    def journal(self, directory: Path) -> KubeJournal:
        """That of a run which lists the object now."""
        objects = {} if self.stored is None else {"ns/c": json.loads(json.dumps(self.stored))}
        api = KubeApi("http://api", "user", self)
        return KubeJournal(
            api, objects, "http://connect:8083", "op", RunDirectory(directory), EndpointRecord(), Clock(lambda: NOW), lambda entry: None
        )

    @property
    def status(self) -> dict[str, Any]:
        assert self.stored is not None
        found: dict[str, Any] = self.stored["status"]
        return found


@pytest.fixture
def cluster() -> Cluster:
    return Cluster(an_object(finalizers=[_objects.FINALIZER]))


def outcome(cluster: Cluster, ownership: Ownership, verdict: Verdict = RUNNING, **more: Any) -> Outcome:
    assert cluster.stored is not None
    return Outcome(_objects.wanted_of(cluster.stored), verdict, Observed(Presence.PRESENT), ownership, NOW, **more)


DONE = (Write("create", "spec", (), "done", 0.1),)


def wanted() -> Wanted:
    return _objects.wanted_of(an_object())


def test_a_creation_is_written_down_before_it_is_sent(cluster: Cluster, tmp_path: Path) -> None:
    assert cluster.stored is not None
    cluster.stored["metadata"]["finalizers"] = []
    assert cluster.journal(tmp_path).claim(wanted(), Create({}, None)) is Claim.GRANTED
    assert cluster.stored["metadata"]["finalizers"] == [_objects.FINALIZER]
    assert cluster.status["ownership"] == "Creating"
    assert cluster.status["endpoint"] == {"schema": "http", "host": "connect", "port": "8083"}


def test_freeze_is_read_before_each_write(cluster: Cluster, tmp_path: Path) -> None:
    journal = cluster.journal(tmp_path)
    assert journal.claim(wanted(), Switch("RUNNING", RunState.PAUSED)) is Claim.GRANTED
    cluster.freeze = True
    assert journal.claim(wanted(), Switch("RUNNING", RunState.PAUSED)) is Claim.FROZEN


@pytest.mark.parametrize("action", [Create({}, None), Switch("RUNNING", RunState.PAUSED)])
@pytest.mark.parametrize(
    "edit",
    [
        {"metadata": {"generation": 2}},
        {"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}},
        {"metadata": {"uid": "another"}},
        {"status": {"ownership": "Created", "ownershipTime": "2026-01-01T00:00:00Z"}},
        {"status": {"unconfirmedWrite": {"action": "update", "time": "2026-01-01T00:00:00Z"}}},
    ],
)
def test_a_claim_on_what_has_changed_is_not_granted(cluster: Cluster, tmp_path: Path, edit: dict[str, Any], action: Any) -> None:
    journal = cluster.journal(tmp_path)
    cluster.edit(**edit)
    before = cluster.status
    assert journal.claim(wanted(), action) is Claim.SUPERSEDED
    assert cluster.status == before


def test_a_claim_on_what_is_gone_is_not_granted(cluster: Cluster, tmp_path: Path) -> None:
    journal = cluster.journal(tmp_path)
    cluster.stored = None
    assert journal.claim(wanted(), Create({}, None)) is Claim.SUPERSEDED


def test_an_edit_of_labels_alone_does_not_matter_to_a_claim(cluster: Cluster, tmp_path: Path) -> None:
    journal = cluster.journal(tmp_path)
    cluster.edit(metadata={"labels": {"x": "y"}})
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
    cluster.edit(status={"observedGeneration": 1})
    actor.report(outcome(cluster, Ownership.CREATED, writes=DONE))
    assert (cluster.status["ownership"], cluster.status["observedGeneration"]) == ("Created", 1)
    assert _objects.ready_condition(cluster.stored or {})["reason"] == "Running"


def test_what_was_done_for_an_older_spec_is_recorded_and_nothing_is_said_of_the_newer(cluster: Cluster, tmp_path: Path) -> None:
    actor = cluster.journal(tmp_path)
    actor.claim(wanted(), Create({}, None))
    cluster.edit(metadata={"generation": 2})
    actor.report(outcome(cluster, Ownership.CREATING, unconfirmed=UnconfirmedWrite("create", NOW), writes=DONE))
    assert cluster.status["ownership"] == "Creating"
    assert cluster.status["unconfirmedWrite"]["action"] == "create"
    assert cluster.status["observedGeneration"] == -1
    assert "conditions" not in cluster.status


def test_a_creation_that_met_a_connector_is_withdrawn_also_for_a_newer_spec(cluster: Cluster, tmp_path: Path) -> None:
    actor = cluster.journal(tmp_path)
    actor.claim(wanted(), Create({}, None))
    cluster.edit(metadata={"generation": 2})
    refused = (Write("create", "spec", (), "exists", 0.1),)
    actor.report(outcome(cluster, Ownership.NONE, Verdict(Reason.CONNECTOR_EXISTS, "exists"), writes=refused))
    assert "ownership" not in cluster.status


def test_nothing_lands_on_an_object_that_was_made_anew(cluster: Cluster, tmp_path: Path) -> None:
    actor = cluster.journal(tmp_path)
    actor.claim(wanted(), Create({}, None))
    cluster.edit(metadata={"uid": "another"}, status={"ownership": None})
    before = cluster.stored
    actor.report(outcome(cluster, Ownership.CREATED, writes=DONE))
    actor.released(outcome(cluster, Ownership.NONE, writes=DONE))
    assert cluster.stored == before


def test_the_same_status_is_not_written_again(cluster: Cluster, tmp_path: Path) -> None:
    cluster.journal(tmp_path).report(outcome(cluster, Ownership.CREATED))
    cluster.requests.clear()
    cluster.journal(tmp_path).report(outcome(cluster, Ownership.CREATED))
    assert cluster.requests == []


def test_only_our_finalizer_is_taken_off(cluster: Cluster, tmp_path: Path) -> None:
    assert cluster.stored is not None
    cluster.stored["metadata"]["finalizers"] = ["other/one", _objects.FINALIZER]
    journal = cluster.journal(tmp_path)
    cluster.edit(metadata={"labels": {"x": "y"}})
    journal.released(outcome(cluster, Ownership.CREATED))
    assert cluster.stored["metadata"]["finalizers"] == ["other/one"]


@pytest.mark.parametrize("text", ["", "{}", "clusters: []", "clusters: [{cluster: {}}]", "[", "clusters: 1", "\x00"])
def test_a_kubeconfig_that_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "config").write_text(text, encoding="utf-8")
    with pytest.raises(KubeError, match="kubeconfig"):
        api_of_run(str(tmp_path / "config"), "default", "a", Cluster(None))
    with pytest.raises(KubeError, match="kubeconfig"):
        api_of_run("", "default", "a", Cluster(None))


def test_a_kubeconfig_that_went_with_the_run_before_is_made_up_for(tmp_path: Path) -> None:
    api = api_of_run(str(tmp_path / "gone"), "default", "a", Cluster(None))
    owner = json.loads(base64.b64decode(api.user))
    assert api.server == "http://localhost:8888"
    assert (owner["apiVersion"], owner["kind"]) == ("external.saiello.github.io/v1alpha1", "KafkaConnector")


def test_the_user_of_the_kubeconfig_is_sent(tmp_path: Path) -> None:
    (tmp_path / "config").write_text(
        "clusters:\n- cluster:\n    insecure-skip-tls-verify: true\n    server: http://dXNlcg@localhost:8888\n  name: proxy-server\n",
        encoding="utf-8",
    )
    api = api_of_run(str(tmp_path / "config"), "default", "a", Cluster(None))
    assert (api.server, api.user) == ("http://localhost:8888", "dXNlcg")
