# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two tenants on one connection: with all that the one may write, it gets nothing of what the other has."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from testbed.faults import FaultProxy
from testbed.kubernetes_api import ApiError, KubernetesApi, connect_cluster_path, connector_path
from testbed.stack import Stack
from tests.e2e.bystander import untouched
from tests.e2e.world import Object, World, condition, labels

pytestmark = pytest.mark.timeout(300)

MINE, THEIRS, SHARED = "tenant-mine", "tenant-theirs", "tenant-platform"
# The values of the other tenant that must not be found, and the connector that must not be touched.
VALUES = ("pl4nted-config", "pl4nted-secret", "pl4nted-by-hand")
NAME = f"{THEIRS}.payroll"
OWNS = "owns one of that name and Kafka cluster at another address"
CONNECTORS = {"apiGroups": ["external.saiello.github.io"], "resources": ["kafkaconnectors"]}
RULES = [
    {**CONNECTORS, "verbs": ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"]},
    {"apiGroups": [""], "resources": ["events"], "verbs": ["get", "list"]},
]


@dataclass(frozen=True)
class Tenant:
    """A user who may only keep connectors in one namespace."""

    api: KubernetesApi
    world: World

    def create(self, manifest: Object) -> None:
        self.api.create(connector_path(namespace=MINE), manifest)

    def claim(self, name: str, *, addressed: dict[str, Any], **spec: Any) -> Object:
        """A manifest that claims a connector and asks for as much as can be asked for."""
        manifest = self.world.manifest(name, **addressed, connectorName=NAME, adoptionPolicy="Always", deletionPolicy="Delete", **spec)
        manifest["metadata"]["namespace"] = MINE
        return manifest

    def refused(self, name: str, reason: str) -> str:
        """Wait until an object says why it is not worked on."""
        obj = self.world.wait_reason(name, reason, namespace=MINE)
        assert "ownership" not in obj["status"]
        return str(condition(obj, "Ready")["message"])

    def everything(self) -> str:
        """All that the tenant may read, but for what it wrote into its specs itself."""
        connectors, events = (self.api.get(path)["items"] for path in (connector_path(namespace=MINE), f"/api/v1/namespaces/{MINE}/events"))
        return json.dumps([[one["status"] for one in connectors], events])


@pytest.fixture(scope="module")
def way(stack: Stack) -> Iterator[FaultProxy]:
    """The shared way to Connect; it outlives the objects."""
    with FaultProxy(stack.connect.url) as running:
        yield running


@pytest.fixture
def tenant(world: World) -> Tenant:
    for namespace in (MINE, THEIRS, SHARED):
        world.create_namespace(namespace)
    account = f"/api/v1/namespaces/{MINE}/serviceaccounts"
    roles = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{MINE}"
    if not world.api.find(f"{account}/tenant"):
        world.api.create(account, {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "tenant"}})
        role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "tenant"}, "rules": RULES}
        world.api.create(f"{roles}/roles", role)
        binding = {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": {"name": "tenant"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "tenant"},
            "subjects": [{"kind": "ServiceAccount", "name": "tenant", "namespace": MINE}],
        }
        world.api.create(f"{roles}/rolebindings", binding)
    config = yaml.safe_load(world.stack.control_plane.service_account_kubeconfig(MINE, "tenant").read_text(encoding="utf-8"))
    [cluster], [user] = config["clusters"], config["users"]
    api = KubernetesApi(cluster["cluster"]["server"], cluster["cluster"]["certificate-authority"], token=user["user"]["token"])
    return Tenant(api, world)


def forbidden(tenant: Tenant, method: str, path: str, body: Object | None = None) -> None:
    """The API server does not let the tenant do that."""
    kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
    with pytest.raises(ApiError) as refused:
        tenant.api.request(method, path, body, content_type=kind)
    assert refused.value.status == 403


def test_a_tenant_gets_at_nothing_of_another(world: World, tenant: Tenant, way: FaultProxy) -> None:
    policy = {"connectorNames": ["{namespace}.*"]}
    world.create_cluster("shared", namespace=SHARED, url=way.url, allowedNamespaces={"from": "All"}, policy=policy)
    world.create_cluster("private", namespace=THEIRS)
    world.set_secret("payroll", {"password": "pl4nted-secret"}, namespace=THEIRS)
    shared: dict[str, Any] = {"cluster": f"{SHARED}/shared"}
    private: dict[str, Any] = {"cluster": f"{THEIRS}/private"}
    theirs = {"file": "/etc/hostname", "topic": "payroll", "note": "pl4nted-config"}
    world.create(world.manifest("payroll", **shared, connectorName=NAME, state="running", config=theirs), THEIRS)
    world.wait_reason("payroll", "Running", namespace=THEIRS)
    by_hand = {"connector.class": world.manifest("x")["spec"]["class"], "file": "/dev/null", "topic": "by-hand", "note": "pl4nted-by-hand"}
    world.connect("POST", "/connectors", {"name": f"{MINE}.by-hand", "config": by_hand, "initial_state": "STOPPED"}).raise_for_status()
    before = {**world.connect("GET", f"/connectors/{NAME}/status").json()}
    way.forget()

    with untouched(world, world.stack.connect):
        _read_nothing(tenant)
        # By the shared connection, by labels, by a connection that serves others, and by what a status would prove if it could be written.
        tenant.create(tenant.claim("by-reference", addressed=shared, config=theirs))
        # Alone at this address: nobody else's claim stands before it.
        tenant.create(tenant.claim("by-plan", addressed={"url": world.url}, mode="Plan"))
        assert f"a KafkaConnector of another namespace {OWNS}" in tenant.refused("by-plan", "DuplicateClaim")
        tenant.create(tenant.claim("by-labels", addressed={"url": world.url}, config=theirs))
        tenant.create(tenant.claim("by-their-connection", addressed=private))
        owning = {"ownership": "Created", "connectCluster": {"namespace": SHARED, "name": "shared"}, "observedGeneration": 1}
        tenant.create({**tenant.claim("by-status", addressed=shared), "status": {**owning, "movedFrom": owning}})
        adopting = world.manifest("by-hand", **shared, connectorName=f"{MINE}.by-hand", adoptionPolicy="Always", deletionPolicy="Delete")
        tenant.create(adopting)
        secret: dict[str, Any] = {"configFrom": [{"secretRef": {"name": "payroll", "namespace": THEIRS}}]}
        tenant.create(world.manifest("by-secret", **shared, connectorName=f"{MINE}.secret", **secret))

        for name in ("by-reference", "by-status"):
            assert f"{MINE}.*" in tenant.refused(name, "InvalidSpec")
        assert f"a KafkaConnector of another namespace {OWNS}" in tenant.refused("by-labels", "DuplicateClaim")
        tenant.refused("by-their-connection", "NamespaceNotAllowed")
        assert "url" not in tenant.api.get(connector_path("by-their-connection", MINE))["status"]
        tenant.refused("by-hand", "ConnectorExists")
        assert "payroll" in tenant.refused("by-secret", "ReferenceNotFound")

        # What one may do to one's own objects does nothing to the connector of the other.
        names = ("by-reference", "by-labels", "by-plan", "by-their-connection", "by-status", "by-hand", "by-secret")
        annotations = {"restart": "true", "restart-task": "0", "connector-offsets": "reset", "accept-cluster": "x"}
        marks = {f"external.saiello.github.io/{key}": value for key, value in annotations.items()}
        for name in names[:3]:
            body = {"metadata": {"annotations": marks}, "spec": {"state": "stopped", "config": {"topic": "edited"}}}
            tenant.api.patch(connector_path(name, MINE), body)
        # From one address to the other it is claimed as before.
        tenant.api.patch(connector_path("by-labels", MINE), {"metadata": {"labels": labels(way.url)}})
        for name in names[:3]:
            tenant.refused(name, "DuplicateClaim" if name != "by-reference" else "InvalidSpec")
        readable = tenant.everything()
        for name in names:
            tenant.api.delete(connector_path(name, MINE))
        for name in names:
            world.wait_gone(name, namespace=MINE)

        readable += tenant.everything()
        assert [value for value in VALUES if value in readable] == []
        assert [(one.method, one.path) for one in way.matching("POST|PUT|PATCH|DELETE")] == []
        assert world.connect("GET", f"/connectors/{NAME}/status").json() == before
        assert {**(world.config(NAME) or {}), "name": ""} == {**theirs, "name": "", "connector.class": by_hand["connector.class"], "tasks.max": "1"}
        assert (world.config(f"{MINE}.by-hand") or {})["note"] == "pl4nted-by-hand"
        assert [one["action"] for one in world.writes(NAME)] == ["create"]
        world.wait_reason("payroll", "Running", namespace=THEIRS)


def test_a_claim_that_is_refused_keeps_no_name_from_its_owner(world: World, tenant: Tenant, way: FaultProxy) -> None:
    """However old it is, and whatever it asks for."""
    policy = {"connectorNames": ["{namespace}.*"]}
    world.create_cluster("shared", namespace=SHARED, url=way.url, allowedNamespaces={"from": "All"}, policy=policy)
    shared: dict[str, Any] = {"cluster": f"{SHARED}/shared"}
    tenant.create(tenant.claim("squatter", addressed=shared))
    tenant.create(tenant.claim("planner", addressed=shared, mode="Plan"))
    for name in ("squatter", "planner"):
        assert f"{MINE}.*" in tenant.refused(name, "InvalidSpec")

    world.create(world.manifest("payroll", **shared, connectorName=NAME, state="running"), THEIRS)
    assert world.wait_reason("payroll", "Running", namespace=THEIRS)["status"]["ownership"] == "Created"
    for name in ("squatter", "planner"):
        tenant.refused(name, "InvalidSpec")
        tenant.api.delete(connector_path(name, MINE))
        world.wait_gone(name, namespace=MINE)
    assert [one["action"] for one in world.writes(NAME)] == ["create"]
    assert world.state(NAME) == "RUNNING"


def test_a_plan_does_not_tell_a_right_guess_from_a_wrong_one(world: World, tenant: Tenant, way: FaultProxy) -> None:
    """Of a connector that nobody owns, and that the tenant may overwrite."""
    policy = {"connectorNames": ["{namespace}.*"], "adoption": "Always"}
    world.create_cluster("shared", namespace=SHARED, url=way.url, allowedNamespaces={"from": "All"}, policy=policy)
    name = f"{MINE}.by-hand"
    live = {"connector.class": world.manifest("x")["spec"]["class"], "file": "/dev/null", "topic": "by-hand", "note": "pl4nted-by-hand", "more": "x"}
    world.connect("POST", "/connectors", {"name": name, "config": live, "initial_state": "STOPPED"}).raise_for_status()
    way.forget()
    plans, messages = [], []
    for note in ("wrong", live["note"]):
        spec = {"connectorName": name, "adoptionPolicy": "Always", "mode": "Plan"}
        config = {"file": "/dev/null", "topic": "theirs", "note": note}
        tenant.create(world.manifest("guess", cluster=f"{SHARED}/shared", config=config, **spec))
        messages.append(tenant.refused("guess", "PlanOnly"))
        plans.append(tenant.api.get(connector_path("guess", MINE))["status"]["plan"])
        tenant.api.delete(connector_path("guess", MINE))
        world.wait_gone("guess", namespace=MINE)
    assert plans[0] == plans[1]
    assert messages[0] == messages[1]
    assert [(row["key"], row["change"]) for row in plans[0]["changes"]] == [
        (key, "set") for key in ("connector.class", "file", "name", "note", "tasks.max", "topic")
    ]
    assert (plans[0]["actions"], plans[0]["removedKeys"]) == (["update"], 1)
    assert way.matching("POST|PUT|PATCH|DELETE") == []
    assert world.config(name) == {**live, "name": name}


def _read_nothing(tenant: Tenant) -> None:
    """The rights that the documentation names give no more than that."""
    forbidden(tenant, "GET", connector_path(namespace=THEIRS))
    forbidden(tenant, "GET", connector_path("payroll", THEIRS))
    forbidden(tenant, "PATCH", connector_path("payroll", THEIRS), {"spec": {"state": "stopped"}})
    forbidden(tenant, "DELETE", connector_path("payroll", THEIRS))
    forbidden(tenant, "GET", connect_cluster_path("shared", SHARED))
    forbidden(tenant, "GET", f"/api/v1/namespaces/{THEIRS}/secrets/payroll")
    forbidden(tenant, "GET", f"/api/v1/namespaces/{THEIRS}/events")
    own = {"status": {"ownership": "Created"}}
    forbidden(tenant, "PATCH", connector_path("by-reference", MINE, "status"), own)
