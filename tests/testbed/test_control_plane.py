# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real API server with the shipped manifests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from testbed import manifests
from testbed.control_plane import ControlPlane
from testbed.errors import TestbedError
from testbed.kubernetes_api import ApiError, KubernetesApi, connector_path
from testbed.process import Processes


@pytest.fixture(scope="module")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    with Processes(tmp_path_factory.mktemp("control-plane")) as processes:
        control_plane = ControlPlane(processes, audit=True)
        control_plane.start()
        control_plane.wait_ready()
        control_plane.apply(manifests.default())
        for crd in manifests.CRDS:
            control_plane.wait_for_crd(crd)
        yield control_plane


def test_the_token_of_the_operator_has_the_shipped_rights_only(control_plane: ControlPlane) -> None:
    kubeconfig = control_plane.service_account_kubeconfig(manifests.NAMESPACE, manifests.NAME)
    allowed = control_plane.kubectl_as(kubeconfig, "auth", "can-i", "list", "kafkaconnectors", "-A")
    assert allowed.strip() == "yes"
    with pytest.raises(TestbedError, match="no"):
        control_plane.kubectl_as(kubeconfig, "auth", "can-i", "list", "secrets", "-A")


def test_requests_are_found_in_the_audit_log(control_plane: ControlPlane) -> None:
    api: KubernetesApi = control_plane.api
    with pytest.raises(ApiError, match="NotFound"):
        api.get(connector_path("nobody"))
    assert api.find(connector_path("nobody")) is None
    found = [request for request in control_plane.requests(user="admin") if request.name == "nobody"]
    assert [(request.verb, request.resource, request.status) for request in found] == [("get", "kafkaconnectors", 404)] * 2


def test_the_requests_of_a_period_tell_reads_from_writes_and_one_client_from_the_other(control_plane: ControlPlane) -> None:
    control_plane.api.get(connector_path())
    began = control_plane.audit_end()
    assert control_plane.requests(since=began, user="admin") == []
    control_plane.api.get("/api/v1/namespaces/default/secrets")
    control_plane.api.create("/api/v1/namespaces/default/configmaps", {"metadata": {"name": "written"}})
    control_plane.kubectl("auth", "can-i", "list", "secrets")
    found = control_plane.requests(since=began, user="admin")
    assert [(one.verb, one.resource, one.is_write, one.agent.partition("/")[0]) for one in found] == [
        ("list", "secrets", False, "python-requests"),
        ("create", "configmaps", True, "python-requests"),
        ("create", "selfsubjectaccessreviews", False, "kubectl"),
    ]
