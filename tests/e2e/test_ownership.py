# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose a connector is: what exists is adopted as far as that is allowed, and has one owner, however many objects want it and by whichever way."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from testbed.faults import FaultProxy
from testbed.kubernetes_api import ApiError, KubernetesApi, connect_cluster_path, connector_path
from testbed.stack import Stack
from tests.e2e.bystander import untouched
from tests.e2e.conftest import SETTINGS
from tests.e2e.world import GROUP, Object, World, condition

WRITES = "POST|PUT|PATCH|DELETE"
CLAIMED, EXISTS = "DuplicateClaim", "ConnectorExists"
TENANT, STRANGER = "ownership-tenant", "ownership-stranger"
VALUE = "live-value-of-theirs"


@dataclass(frozen=True)
class Scene:
    """A way to the main Connect of its own."""

    name: str
    world: World
    proxy: FaultProxy

    def name_of(self, name: str) -> str:
        """A name that no other scene has."""
        return f"{self.name}-{name}"

    def by_hand(self, name: str, **config: str) -> dict[str, str]:
        """A connector as the object of that name wants it, but for what is said."""
        spec = self.world.manifest(name)["spec"]
        whole = {"connector.class": spec["class"], "tasks.max": "1", **spec["config"], **config}
        self.world.connect("POST", "/connectors", {"name": name, "config": whole, "initial_state": "STOPPED"}).raise_for_status()
        return {"name": name, **whole}

    def refused(self, name: str, reason: str, *texts: str, namespace: str = "default") -> Object:
        """The object does not get the connector, says why, and shows nothing of it."""
        obj = self.world.wait_reason(name, reason, namespace=namespace)
        message = condition(obj, "Ready")["message"]
        for text in texts:
            assert text in message, message
        assert condition(obj, "Stalled")["status"] == "True"
        assert not {"ownership", "connectorState", "tasks", "workerId", "type"} & obj["status"].keys()
        assert VALUE not in json.dumps(obj["status"])
        return obj

    def periods(self, count: int = 2) -> None:
        """Wait until Connect was read so many times more."""
        before = self.proxy.count("GET", r"/connectors\?.*")
        self.world.until(lambda: self.proxy.count("GET", r"/connectors\?.*") >= before + count, f"{count} periods of {self.name}")


def what_exists(scene: Scene) -> None:
    """Each adoptionPolicy and the bound of the connection; labels have no bound."""
    world = scene.world
    never, same, other, labelled = (scene.name_of(name) for name in ("never", "same", "other", "labelled"))
    for name in (never, same):
        scene.by_hand(name)
    theirs = {name: scene.by_hand(name, topic=VALUE, extra=VALUE) for name in (other, labelled)}
    world.create_cluster(scene.name, url=scene.proxy.url, connectorDefaults={"adoptionPolicy": "Never"})
    world.create(world.manifest(never, cluster=scene.name))
    world.create(world.manifest(same, cluster=scene.name, adoptionPolicy="IfIdentical"))
    world.create(world.manifest(other, cluster=scene.name, adoptionPolicy="Always"))
    world.create(world.manifest(labelled, url=scene.proxy.url))

    scene.refused(never, EXISTS, "adoptionPolicy: Never leaves it alone", "set IfIdentical or Always to adopt it")
    scene.refused(other, EXISTS, "another configuration", "its KafkaConnectCluster has to allow by policy.adoption: Always")
    scene.refused(labelled, EXISTS, "make the spec equal to it to adopt it, set adoptionPolicy: Always to overwrite it")
    assert world.wait_reason(same, "Stopped")["status"]["ownership"] == "Adopted"
    scene.periods()
    assert scene.proxy.matching(WRITES) == []

    # The spec, the bound of the connection or the default: each gets it at once, or with the next period.
    world.patch(never, {"spec": {"adoptionPolicy": "IfIdentical"}})
    world.patch_cluster(scene.name, {"spec": {"policy": {"adoption": "Always"}}})
    world.patch(labelled, {"spec": {"adoptionPolicy": "Always"}})
    for name in (never, other, labelled):
        assert world.wait_reason(name, "Stopped")["status"]["ownership"] == "Adopted"
    for name, config in theirs.items():
        expected = {**config, "topic": f"topic-{name}"}
        del expected["extra"]
        assert world.config(name) == expected
    assert sorted(one.path for one in scene.proxy.matching(WRITES)) == sorted(f"/connectors/{name}/config" for name in (other, labelled))
    scene.periods()
    assert len(scene.proxy.matching(WRITES)) == 2
    names = (never, same, other, labelled)
    quiet = {name: (world.get(name) or {})["metadata"]["resourceVersion"] for name in names}
    scene.periods(3)
    assert {name: (world.get(name) or {})["metadata"]["resourceVersion"] for name in names} == quiet
    assert len(scene.proxy.matching(WRITES)) == 2

    # What was adopted stays, also when it was overwritten, unless the object says that it is to go.
    world.patch(labelled, {"spec": {"deletionPolicy": "Delete"}})
    for name in (other, labelled):
        world.delete(name)
        world.wait_gone(name)
    assert world.config(other) is not None
    assert world.config(labelled) is None


def two_ways_to_one(scene: Scene) -> None:
    """Labels, and connections by the same and by another address: the owner keeps its connector, and who waits gets it when the owner goes."""
    world = scene.world
    world.create_namespace(TENANT)
    first, second, third = (scene.name_of(name) for name in ("first", "second", "third"))
    shared, adopted = scene.name_of("shared"), scene.name_of("adopted")
    for name in (first, second):
        world.create_cluster(name, url=scene.proxy.url)
    world.create_cluster(third, namespace=TENANT, url=world.url)
    world.create(world.manifest(scene.name_of("owner"), cluster=first, connectorName=shared))
    world.create(world.manifest(scene.name_of("by-label"), url=scene.proxy.url, connectorName=adopted, deletionPolicy="Orphan"))
    for name in ("owner", "by-label"):
        world.wait_reason(scene.name_of(name), "Stopped")
    scene.proxy.forget()

    other: dict[str, Any] = {"file": "/dev/null", "topic": "other"}
    waits: dict[str, tuple[Object, str, str]] = {
        # By labels, and by another connection to the same address, also to overwrite it.
        "label-waits": (world.manifest("", url=scene.proxy.url, connectorName=shared, config=other), "default", f"default/{scene.name_of('owner')}"),
        "other-waits": (
            world.manifest("", cluster=second, connectorName=shared, config=other, adoptionPolicy="Always"),
            "default",
            f"default/{scene.name_of('owner')}",
        ),
        # By a connection in another namespace to another address of this Connect: it equals what is there, and is not adopted.
        "tenant-waits": (
            world.manifest("", cluster=third, connectorName=adopted, config={"file": "/dev/null", "topic": f"topic-{scene.name_of('by-label')}"}),
            TENANT,
            "a KafkaConnector of another namespace owns one of that name and Kafka cluster at another address",
        ),
    }
    for name, (manifest, namespace, text) in waits.items():
        manifest["metadata"]["name"] = scene.name_of(name)
        world.create(manifest, namespace)
        scene.refused(scene.name_of(name), CLAIMED, text, namespace=namespace)
    tenant = world.get(scene.name_of("tenant-waits"), TENANT) or {}
    assert "by-label" not in json.dumps(tenant["status"])
    scene.periods()
    assert scene.proxy.matching(WRITES) == []

    # Who has no connector takes none along.
    world.delete(scene.name_of("other-waits"))
    world.wait_gone(scene.name_of("other-waits"))
    assert (world.config(shared) or {})["topic"] == f"topic-{scene.name_of('owner')}"
    # And when the owner goes, another one takes its place: what is gone is made again, and what was left is adopted.
    world.delete(scene.name_of("owner"))
    world.delete(scene.name_of("by-label"))
    assert world.wait_reason(scene.name_of("label-waits"), "Stopped")["status"]["ownership"] == "Created"
    assert (world.config(shared) or {})["topic"] == "other"
    assert world.wait_reason(scene.name_of("tenant-waits"), "Stopped", namespace=TENANT)["status"]["ownership"] == "Adopted"


def tenant_of(world: World, namespace: str) -> KubernetesApi:
    """Somebody who may do with connectors in one namespace what he likes, and nothing else."""
    rbac = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}"
    rules = [
        {"apiGroups": [GROUP], "resources": ["kafkaconnectors"], "verbs": ["create", "get", "list", "patch", "delete"]},
        {"apiGroups": [""], "resources": ["events"], "verbs": ["get", "list"]},
    ]
    subject = {"kind": "ServiceAccount", "name": "tenant", "namespace": namespace}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "tenant"}
    world.api.create(f"/api/v1/namespaces/{namespace}/serviceaccounts", {"metadata": {"name": "tenant"}})
    world.api.create(f"{rbac}/roles", {"metadata": {"name": "tenant"}, "rules": rules})
    world.api.create(f"{rbac}/rolebindings", {"metadata": {"name": "tenant"}, "subjects": [subject], "roleRef": role})
    return world.stack.control_plane.api_as(namespace, "tenant")


def a_tenant(scene: Scene) -> None:
    """On a shared connection that does not even keep names apart, a tenant gets nothing of connectors that are not his, and learns nothing."""
    world = scene.world
    world.create_namespace(STRANGER)
    tenant = tenant_of(world, STRANGER)
    owner, prize, loose, other = (scene.name_of(name) for name in ("owner", "prize", "loose", "other"))
    before = {name: scene.by_hand(name, topic=VALUE) for name in (loose, other)}
    shared: dict[str, Any] = {"allowedNamespaces": {"from": "All"}, "policy": {"connectorNames": ["*"]}}
    world.create_cluster(scene.name, url=scene.proxy.url, **shared)
    config = {"file": "/dev/null", "topic": VALUE}
    world.create(world.manifest(owner, cluster=scene.name, connectorName=prize, config=config))
    world.wait_reason(owner, "Stopped")
    scene.proxy.forget()

    everything: dict[str, Any] = {"adoptionPolicy": "Always", "deletionPolicy": "Delete", "state": "running"}
    attempts: dict[str, tuple[dict[str, Any], str]] = {
        "overwrite": ({**everything, "connectorName": prize}, CLAIMED),
        "guess": ({"connectorName": prize, "config": config, "deletionPolicy": "Delete"}, CLAIMED),
        "look": ({**everything, "connectorName": prize, "mode": "Plan"}, CLAIMED),
        "overwrite-loose": ({**everything, "connectorName": loose}, EXISTS),
        "look-loose": ({**everything, "connectorName": other, "mode": "Plan"}, EXISTS),
    }
    for name, (spec, _reason) in attempts.items():
        tenant.create(connector_path(namespace=STRANGER), world.manifest(name, cluster=f"default/{scene.name}", **spec))
    messages = {}
    for name, (_spec, reason) in attempts.items():
        obj = world.wait_reason(name, reason, namespace=STRANGER)
        assert not {"ownership", "connectorState", "tasks", "plan"} & obj["status"].keys()
        messages[name] = condition(obj, "Ready")["message"]
        tenant.patch(connector_path(name, STRANGER), {"spec": {"tasksMax": 2}})
    # A right guess is answered like a wrong one.
    assert messages["guess"] == messages["overwrite"] == messages["look"]
    scene.periods()
    seen = json.dumps([tenant.get(connector_path(namespace=STRANGER)), tenant.get(f"/api/v1/namespaces/{STRANGER}/events")])
    assert seen.count(VALUE) == json.dumps(tenant.get(connector_path("guess", STRANGER))).count(VALUE), "only what the tenant wrote"
    assert owner not in seen
    for method, path, body in (
        ("GET", connector_path(owner), None),
        ("GET", "/apis/external.saiello.github.io/v1alpha1/kafkaconnectors", None),
        ("GET", connect_cluster_path(scene.name), None),
        ("PATCH", connector_path("guess", STRANGER, "status"), {"status": {"ownership": "Created"}}),
    ):
        with pytest.raises(ApiError, match="403"):
            tenant.request(method, path, body, content_type="application/merge-patch+json")
    for name in attempts:
        tenant.delete(connector_path(name, STRANGER))
        world.wait_gone(name, namespace=STRANGER)
    assert scene.proxy.matching(WRITES) == []
    assert (world.config(prize) or {})["topic"] == VALUE
    assert {name: world.config(name) for name in before} == before
    assert {world.state(name) for name in (prize, *before)} == {"STOPPED"}


SCENES: Mapping[str, Callable[[Scene], None]] = {"existing": what_exists, "claims": two_ways_to_one, "tenant": a_tenant}


@pytest.fixture(scope="module")
def scenes(stack: Stack) -> Iterator[Mapping[str, Future[None]]]:
    """All of them, under way."""
    world = World(stack)
    with ExitStack() as ends, ThreadPoolExecutor(len(SCENES)) as pool:
        proxies = {name: ends.enter_context(FaultProxy(stack.connect.url)) for name in SCENES}
        ends.callback(world.restore, SETTINGS)
        ends.enter_context(untouched(world, stack.connect))
        yield {name: pool.submit(play, Scene(name, world, proxies[name])) for name, play in SCENES.items()}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", SCENES)
def test_scene(scenes: Mapping[str, Future[None]], name: str) -> None:
    scenes[name].result()
