# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The default manifests at a real API server: accepted, stable, restricted, and with no more rights than needed."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from testbed import manifests
from testbed.control_plane import ControlPlane
from testbed.errors import TestbedError
from testbed.kubernetes_api import ApiError

USER = f"system:serviceaccount:{manifests.NAMESPACE}:{manifests.NAME}"
KINDS = ("external.saiello.github.io/kafkaconnectors/", "external.saiello.github.io/kafkaconnectclusters/")


def test_applying_twice_changes_nothing(control_plane: ControlPlane) -> None:
    lines = control_plane.kubectl("apply", "-f", "-", stdin=manifests.default()).splitlines()
    assert len(lines) > 10
    assert [line for line in lines if not line.endswith(" unchanged")] == []


def test_server_side_apply_is_accepted(control_plane: ControlPlane) -> None:
    arguments = ("apply", "--server-side", "--force-conflicts", "--dry-run=server", "--validate=strict", "-f", "-")
    printed = control_plane.kubectl(*arguments, stdin=manifests.default())
    assert f"deployment.apps/{manifests.NAME} serverside-applied" in printed


def _pod(shipped: list[dict[str, Any]]) -> dict[str, Any]:
    (deployment,) = (item for item in shipped if item["kind"] == "Deployment")
    template = copy.deepcopy(deployment["spec"]["template"])
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "operator", **template["metadata"]}, "spec": template["spec"]}


def _create_pod(control_plane: ControlPlane, pod: dict[str, Any]) -> None:
    control_plane.api.request("POST", f"/api/v1/namespaces/{manifests.NAMESPACE}/pods", pod, params={"dryRun": "All"})


def test_pod_passes_the_restricted_standard_of_its_namespace(control_plane: ControlPlane, shipped: list[dict[str, Any]]) -> None:
    _create_pod(control_plane, _pod(shipped))


def test_namespace_enforces_the_restricted_standard(control_plane: ControlPlane, shipped: list[dict[str, Any]]) -> None:
    pod = _pod(shipped)
    del pod["spec"]["securityContext"]["runAsNonRoot"]
    with pytest.raises(ApiError, match='violates PodSecurity "restricted'):
        _create_pod(control_plane, pod)


def _may(control_plane: ControlPlane, verb: str, resource: str, namespace: str) -> bool:
    """Whether the ServiceAccount may do that; the resource is group/resource/subresource, and :name may follow."""
    kind, _, name = resource.partition(":")
    group, plural, subresource = kind.split("/")
    attributes = {"verb": verb, "group": group, "resource": plural, "subresource": subresource, "name": name, "namespace": namespace}
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": {"user": USER, "resourceAttributes": attributes}}
    return bool(control_plane.api.create("/apis/authorization.k8s.io/v1/subjectaccessreviews", body)["status"]["allowed"])


@pytest.mark.parametrize(
    ("verb", "resource", "namespace"),
    [
        *((verb, kind, "default") for kind in KINDS for verb in ("get", "list", "watch", "update", "patch")),
        *((verb, f"{kind}status", "default") for kind in KINDS for verb in ("get", "update", "patch")),
        *(("update", f"{kind}finalizers", "default") for kind in KINDS),
        ("create", "/events/", "default"),
        ("get", "/secrets/:any", "default"),
        ("get", "/configmaps/:any", "default"),
        ("get", "/namespaces/", "default"),
        ("get", f"/configmaps/:{manifests.SETTINGS}", manifests.NAMESPACE),
        ("create", "coordination.k8s.io/leases/", manifests.NAMESPACE),
        ("update", f"coordination.k8s.io/leases/:{manifests.NAME}", manifests.NAMESPACE),
        ("create", "authentication.k8s.io/tokenreviews/", "default"),
        ("create", "authorization.k8s.io/subjectaccessreviews/", "default"),
    ],
)
def test_operator_may(control_plane: ControlPlane, verb: str, resource: str, namespace: str) -> None:
    assert _may(control_plane, verb, resource, namespace)


@pytest.mark.parametrize(
    ("verb", "resource", "namespace"),
    [
        *((verb, kind, "default") for kind in KINDS for verb in ("create", "delete", "deletecollection")),
        *(
            (verb, kind, namespace)
            for kind in ("/secrets/", "/configmaps/", "/namespaces/")
            for verb in ("list", "watch", "create", "update", "patch", "delete")
            for namespace in ("default", manifests.NAMESPACE)
        ),
        ("create", "/serviceaccounts/token", manifests.NAMESPACE),
        ("update", f"/configmaps/:{manifests.SETTINGS}", manifests.NAMESPACE),
        ("get", "/pods/", manifests.NAMESPACE),
        ("update", "coordination.k8s.io/leases/:other", manifests.NAMESPACE),
        ("get", "rbac.authorization.k8s.io/clusterroles/", "default"),
    ],
)
def test_operator_may_not(control_plane: ControlPlane, verb: str, resource: str, namespace: str) -> None:
    assert not _may(control_plane, verb, resource, namespace)


def test_operator_reads_a_secret_by_name_only(control_plane: ControlPlane) -> None:
    control_plane.kubectl("create", "secret", "generic", "credentials", "--from-literal=password=x")
    kubeconfig = control_plane.service_account_kubeconfig(manifests.NAMESPACE, manifests.NAME)
    assert control_plane.kubectl_as(kubeconfig, "get", "secret", "credentials", "-o", "jsonpath={.data.password}") == "eA=="
    for arguments in (("get", "secrets"), ("get", "secrets", "-A"), ("get", "secret", "credentials", "--watch-only")):
        with pytest.raises(TestbedError, match="Forbidden"):
            control_plane.kubectl_as(kubeconfig, *arguments)
