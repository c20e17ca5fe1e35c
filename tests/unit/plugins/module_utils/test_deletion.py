# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How objects come to a connector and leave it, as their spec and their connection say, and runs for objects that are being deleted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _objects
from ansible_collections.saiello.kafka_connect.plugins.module_utils._http import Failure, NoAnswer
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import Adoption, Deletion
from ansible_collections.saiello.kafka_connect.plugins.module_utils._objects import PAUSE
from ansible_collections.saiello.kafka_connect.plugins.module_utils._plan import BY_PLAN, BY_POLICY, NOT_OURS
from ansible_collections.saiello.kafka_connect.plugins.module_utils._wanted import Terms, effective, kept_by, wanted_of

from .apiserver import CORE
from .manifests import NOW, NOW_TEXT, a_connection, an_object, owning, owning_on
from .world import World, own_by, stopped

LEAVING: dict[str, Any] = {"deletionTimestamp": NOW_TEXT, "finalizers": [_objects.FINALIZER]}
REFUSED = NoAnswer(Failure.REFUSED, "connection refused", sent=False)
PROTECTED = "its KafkaConnectCluster protects the connectors on it (protectConnectors)"
CREATED, ADOPTED = owning("Created"), owning("Adopted")
ORPHAN, DELETE = Terms(deletion=Deletion.ORPHAN), Terms(deletion=Deletion.DELETE)


# -- what the spec and the connection say


@pytest.mark.parametrize(
    ("spec", "terms", "status", "kept"),
    [
        ({}, Terms(), CREATED, ""),
        ({}, Terms(), owning("Creating"), ""),
        ({}, Terms(), ADOPTED, NOT_OURS),
        ({"deletionPolicy": "Delete"}, Terms(), ADOPTED, ""),
        ({"deletionPolicy": "Delete"}, ORPHAN, CREATED, ""),
        ({"deletionPolicy": "Orphan"}, DELETE, CREATED, BY_POLICY),
        ({}, ORPHAN, CREATED, BY_POLICY),
        ({}, DELETE, ADOPTED, ""),
        ({"deletionPolicy": "Delete"}, Terms(protected=True), CREATED, PROTECTED),
        ({"deletionPolicy": "Orphan"}, Terms(protected=True), CREATED, BY_POLICY),
        ({"mode": "Plan", "deletionPolicy": "Delete"}, Terms(), CREATED, BY_PLAN),
        ({"mode": "Apply"}, Terms(), CREATED, ""),
    ],
)
def test_why_a_connector_stays_when_its_object_goes(spec: dict[str, Any], terms: Terms, status: dict[str, Any], kept: str) -> None:
    obj = an_object(spec=spec, status=status, **LEAVING)
    assert kept_by(obj, terms) == wanted_of(obj, terms=terms).kept == kept


@pytest.mark.parametrize(
    ("own", "default", "seconds"),
    [(None, "", None), ("1h", "", 3600.0), (None, "90s", 90.0), ("1s", "90s", 1.0), ("soon", "", None)],
)
def test_the_deadline_is_counted_from_the_deletion(own: str | None, default: str, seconds: float | None) -> None:
    spec = {} if own is None else {"deletionDeadline": own}
    terms = Terms(deletion_deadline=default)
    assert wanted_of(an_object(spec=spec, **LEAVING), terms=terms).deadline == (None if seconds is None else NOW + seconds)
    assert wanted_of(an_object(spec=spec), terms=terms).deadline is None


@pytest.mark.parametrize(
    ("own", "default", "adoption"),
    [
        (None, None, Adoption.IF_IDENTICAL),
        ("Never", Adoption.ALWAYS, Adoption.NEVER),
        ("Always", None, Adoption.ALWAYS),
        (None, Adoption.ALWAYS, Adoption.ALWAYS),
    ],
)
def test_which_adoption_is_asked_for(own: str | None, default: Adoption | None, adoption: Adoption) -> None:
    spec = {} if own is None else {"adoptionPolicy": own}
    terms = Terms(adoption=default, adoption_bound=Adoption.IF_IDENTICAL)
    wanted = wanted_of(an_object(spec=spec), terms=terms)
    assert (wanted.adoption, wanted.adoption_bound) == (adoption, Adoption.IF_IDENTICAL)
    assert wanted_of(an_object(spec=spec, **LEAVING), terms=terms).adoption is Adoption.NEVER, "who leaves takes nothing along"


def test_which_defaults_counted_is_shown() -> None:
    terms = Terms(adoption=Adoption.NEVER, deletion=Deletion.ORPHAN, deletion_deadline="1h")
    assert effective(an_object(), terms) == {"adoptionPolicy": "Never", "deletionPolicy": "Orphan", "deletionDeadline": "1h"}
    own = {"adoptionPolicy": "Always", "deletionPolicy": "Delete", "deletionDeadline": "2h"}
    assert effective(an_object(spec=own), terms) == {}


# -- runs


@pytest.fixture
def world(tmp_path: Path) -> World:
    found = World(tmp_path)
    found.server.add(a_connection())
    found.server.objects[CORE] = {"metadata": {"name": "ns"}}
    found.live("c")
    return found


def leave(world: World, *, ownership: str = "Created", spec: dict[str, Any] | None = None, annotations: dict[str, str] | None = None) -> None:
    """An object that owns the connector is deleted, and a run looks at it."""
    status = own_by(owning_on(ownership=ownership, url="http://connect:8083", kafkaClusterId="cluster-a"))
    world.server.add(stopped("c", spec=spec, status=status, annotations=annotations or {}, **LEAVING))
    world.run()


def without_a_connection(world: World) -> None:
    del world.server.objects["/apis/external.saiello.github.io/v1alpha1/namespaces/ns/kafkaconnectclusters/prod"]


def without_a_secret(world: World) -> None:
    world.connection()["spec"]["authentication"] = {"bearer": {"secretRef": {"name": "gone"}}}


def in_a_namespace_that_goes(world: World) -> None:
    world.server.objects[CORE]["metadata"]["deletionTimestamp"] = NOW_TEXT


def out_of_reach(world: World) -> None:
    world.tiny.replies.update({"GET /connectors/c/config": REFUSED, "GET /": REFUSED})


def without_credentials(world: World) -> None:
    world.tiny.replies.update({"GET /connectors/c/config": (401, {})})


def read_only(world: World) -> None:
    world.tiny.replies.update({"DELETE /connectors/c": (403, {})})


def paused(world: World) -> None:
    world.connection()["metadata"]["annotations"] = {PAUSE: "true"}


def planning(world: World) -> None:
    world.connection()["spec"]["mode"] = "Plan"


def frozen(world: World) -> None:
    world.server.settings(freeze="true")


def protecting(world: World) -> None:
    world.connection()["spec"]["protectConnectors"] = True


def on_another_cluster(world: World) -> None:
    world.tiny.cluster_id = "cluster-b"


STUCK = [
    (without_a_connection, "there is no KafkaConnectCluster ns/prod"),
    (without_a_secret, "the Secret gone that spec.authentication.bearer.secretRef names is not there"),
    (out_of_reach, "connection refused"),
    (without_credentials, "(401)"),
    (read_only, "(403)"),
]
HELD = [
    (paused, "paused by the annotation pause-reconciliation"),
    (planning, "mode: Plan"),
    (frozen, "frozen by the operator settings (freeze)"),
    (on_another_cluster, "accept-cluster"),
]


def is_released(world: World) -> bool:
    return not world.connector()["metadata"]["finalizers"]


def orphaned(world: World) -> list[tuple[str, str]]:
    """Kind and message of the Events that say that a connector stays."""
    return [(event["type"], event["message"]) for event in world.server.events if event["reason"] == "Orphaned"]


def message(world: World) -> str:
    return str(_objects.ready_condition(world.connector())["message"])


@pytest.mark.parametrize(("trouble", "cause"), STUCK)
def test_a_deletion_waits_for_connect_and_says_the_way_out(world: World, trouble: Any, cause: str) -> None:
    trouble(world)
    leave(world)
    assert (world.reason(), is_released(world), "c" in world.tiny.configs) == ("DeletionBlocked", False, True)
    assert cause in message(world)
    assert "to let go of it, set deletionPolicy: Orphan or a deletionDeadline" in message(world)
    # The way out is one, although nothing else has changed.
    world.server.edit(world.connector(), spec={"deletionPolicy": "Orphan"}, metadata={"generation": 2})
    world.tiny.writes.clear()
    world.run()
    assert (is_released(world), world.tiny.writes) == (True, [])
    assert orphaned(world) == [("Normal", f"the connector c stays on Connect: {BY_POLICY}")]


@pytest.mark.parametrize(("trouble", "cause"), STUCK)
def test_so_is_the_deadline(world: World, trouble: Any, cause: str) -> None:
    trouble(world)
    leave(world, spec={"deletionDeadline": "90s"})
    assert (world.reason(), is_released(world)) == ("DeletionBlocked", False)
    assert "it is let go of at its deletionDeadline, or with deletionPolicy: Orphan" in message(world)
    world.time.now = NOW + 89
    world.run()
    assert not is_released(world)
    world.time.now = NOW + 90
    world.run()
    assert (is_released(world), "c" in world.tiny.configs) == (True, True)
    [(kind, text)] = orphaned(world)
    assert (kind, cause in text) == ("Warning", True)
    assert "its deletionDeadline is over, and it could not be deleted" in text


@pytest.mark.parametrize(("hold", "cause"), HELD)
def test_a_deletion_waits_while_writes_are_off_whatever_its_deadline(world: World, hold: Any, cause: str) -> None:
    hold(world)
    leave(world, spec={"deletionDeadline": "1s"})
    world.time.now = NOW + 1000
    world.run()
    assert (world.reason(), is_released(world), world.tiny.writes) == ("DeletionBlocked", False, [])
    assert cause in message(world)
    assert message(world).endswith("; to let go of it, set deletionPolicy: Orphan")
    world.server.edit(world.connector(), spec={"deletionPolicy": "Orphan"}, metadata={"generation": 2})
    world.run()
    assert (is_released(world), world.tiny.writes) == (True, [])


def test_so_it_does_while_it_is_paused_itself(world: World) -> None:
    leave(world, annotations={PAUSE: "true"})
    assert (world.reason(), is_released(world), world.tiny.writes) == ("DeletionBlocked", False, [])
    assert "annotation pause-reconciliation" in message(world)


@pytest.mark.parametrize("live", [{"password": "sesame"}, {}])
@pytest.mark.parametrize("seconds", [0.0, 1000.0])
def test_a_crashed_creation_whose_secret_went_first_is_told_of(world: World, live: dict[str, str], seconds: float) -> None:
    """Nobody can tell any more whether the connector is what would have been created."""
    world.tiny.configs["c"].update(live)
    world.time.now += seconds
    password = {"password": {"secretKeyRef": {"name": "db", "key": "password"}}}
    leave(world, ownership="Creating", spec={"configValueFrom": password})
    assert (is_released(world), world.tiny.writes) == (True, [])
    [(kind, text)] = orphaned(world)
    assert (kind, "it cannot be told whether this object made it: the Secret db that" in text) == ("Warning", True)


def test_a_crashed_creation_is_undone_while_its_secret_is_there(world: World) -> None:
    world.tiny.configs["c"]["password"] = "sesame"
    world.server.add_secret("db", password="sesame")
    leave(world, ownership="Creating", spec={"configValueFrom": {"password": {"secretKeyRef": {"name": "db", "key": "password"}}}})
    assert (is_released(world), world.tiny.configs, orphaned(world)) == (True, {}, [])


def without_a_secret_of_a_connection_that_goes(world: World) -> None:
    without_a_secret(world)
    world.server.edit(world.connection(), metadata=LEAVING)


@pytest.mark.parametrize("missing", [without_a_connection, without_a_secret, without_a_secret_of_a_connection_that_goes])
def test_what_goes_with_its_namespace_is_let_go_of(world: World, missing: Any) -> None:
    """The namespace takes Secrets and the connection first, and they will not come back."""
    missing(world)
    in_a_namespace_that_goes(world)
    leave(world)
    assert (is_released(world), world.tiny.writes) == (True, [])
    [(kind, text)] = orphaned(world)
    assert (kind, "the namespace ns is being deleted" in text) == ("Warning", True)
    assert [line["action"] for line in world.log] == ["orphan"]


def test_what_goes_with_its_connection_after_the_secret_of_that_is_let_go_of(world: World) -> None:
    """As in a folder that is deleted with the Secret first: nobody will bring that back for a connection that goes as well."""
    without_a_secret(world)
    world.server.objects["/api/v1/namespaces/ns"] = {"metadata": {}}
    leave(world)
    assert (world.reason(), is_released(world)) == ("DeletionBlocked", False)
    world.server.edit(world.connection(), metadata=LEAVING)
    world.make("stays", status=own_by(owning_on()))
    world.sync()
    assert (is_released(world), world.tiny.writes) == (True, [])
    assert world.connector("stays")["status"]["ownership"] == "Created", "nobody deletes its object"
    [(kind, text)] = orphaned(world)
    assert (kind, "the KafkaConnectCluster ns/prod is being deleted" in text) == ("Warning", True)
    assert [line["action"] for line in world.log] == ["orphan"]


@pytest.mark.parametrize("trouble", [out_of_reach, without_credentials])
def test_a_connection_that_goes_is_no_reason_as_long_as_connect_can_be_asked_again(world: World, trouble: Any) -> None:
    trouble(world)
    world.server.edit(world.connection(), metadata=LEAVING)
    leave(world)
    assert (world.reason(), is_released(world)) == ("DeletionBlocked", False)


@pytest.mark.parametrize("trouble", [out_of_reach, without_credentials])
def test_a_namespace_that_goes_is_no_reason_as_long_as_connect_can_be_asked_again(world: World, trouble: Any) -> None:
    trouble(world)
    in_a_namespace_that_goes(world)
    leave(world)
    assert (world.reason(), is_released(world)) == ("DeletionBlocked", False)


def test_in_a_namespace_that_goes_what_can_be_deleted_is(world: World) -> None:
    in_a_namespace_that_goes(world)
    leave(world)
    assert (is_released(world), world.tiny.configs, orphaned(world)) == (True, {}, [])


@pytest.mark.parametrize(
    ("ownership", "spec", "setting", "kind"),
    [
        ("Created", {"mode": "Plan"}, None, "Normal"),
        ("Created", {"deletionPolicy": "Orphan"}, None, "Normal"),
        ("Adopted", {}, None, "Normal"),
        ("Created", {}, protecting, "Warning"),
    ],
)
def test_what_stays_on_connect_asks_nothing_of_it(world: World, ownership: str, spec: dict[str, Any], setting: Any, kind: str) -> None:
    if setting:
        setting(world)
    leave(world, ownership=ownership, spec=spec)
    assert (is_released(world), world.tiny.writes, world.tiny.reads) == (True, [], [])
    assert [one for one, _text in orphaned(world)] == [kind]


@pytest.mark.parametrize("ownership", ["Created", "Adopted"])
def test_delete_deletes_also_what_was_adopted(world: World, ownership: str) -> None:
    leave(world, ownership=ownership, spec={"deletionPolicy": "Delete"})
    assert (is_released(world), world.tiny.configs, orphaned(world)) == (True, {}, [])


def test_defaults_outlive_their_connection(world: World) -> None:
    """What counted last is in the status."""
    without_a_connection(world)
    status = own_by(owning_on(effective={"deletionPolicy": "Orphan"}))
    world.server.add(stopped("c", status=status, **LEAVING))
    world.run()
    assert is_released(world)
    status = own_by(owning_on(effective={"deletionDeadline": "10s"}))
    world.server.add(stopped("d", status=status, **LEAVING))
    world.run("d")
    assert world.reason("d") == "DeletionBlocked"
    assert world.connector("d")["status"]["effective"] == {"deletionDeadline": "10s"}
    world.time.now += 10
    world.run("d")
    assert world.connector("d")["metadata"]["finalizers"] == []
