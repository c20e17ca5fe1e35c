# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Kubernetes API a run speaks to, as whom, and what it asks."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils._kube import KubeError, api_of_run, cluster_path, connectors_path, path_of
from ansible_collections.saiello.kafka_connect.plugins.module_utils._objects import CLUSTER_KIND, KIND

from .apiserver import ApiServer
from .manifests import a_connection, an_object

NOBODYS = [f"server: {url}" for url in ("http://localhost:8888", "http://@localhost:8888", "http://:x@localhost:8888")]


@pytest.mark.parametrize("text", ["", "{}", "clusters: []", "clusters: [{cluster: {}}]", "[", "clusters: 1", "\x00", *NOBODYS])
def test_a_kubeconfig_that_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "config").write_text(text, encoding="utf-8")
    with pytest.raises(KubeError, match="kubeconfig"):
        api_of_run(str(tmp_path / "config"), KIND, "default", "a", ApiServer())
    with pytest.raises(KubeError, match="kubeconfig"):
        api_of_run("", KIND, "default", "a", ApiServer())


@pytest.mark.parametrize("kind", [KIND, CLUSTER_KIND])
def test_a_kubeconfig_that_went_with_the_run_before_is_made_up_for(tmp_path: Path, kind: str) -> None:
    api = api_of_run(str(tmp_path / "gone"), kind, "default", "a", ApiServer())
    owner = json.loads(base64.b64decode(api.user))
    assert api.server == "http://localhost:8888"
    assert (owner["apiVersion"], owner["kind"]) == ("external.saiello.github.io/v1alpha1", kind)


def test_the_user_of_the_kubeconfig_is_sent(tmp_path: Path) -> None:
    (tmp_path / "config").write_text(
        "clusters:\n- cluster:\n    insecure-skip-tls-verify: true\n    server: http://dXNlcg@localhost:8888\n  name: proxy-server\n",
        encoding="utf-8",
    )
    api = api_of_run(str(tmp_path / "config"), KIND, "default", "a", ApiServer())
    assert (api.server, api.user) == ("http://localhost:8888", "dXNlcg")


def test_each_kind_has_its_path() -> None:
    group = "/apis/external.saiello.github.io/v1alpha1"
    assert path_of(an_object("a b")) == f"{group}/namespaces/ns/kafkaconnectors/a%20b" == connectors_path("ns", "a b")
    assert path_of(a_connection("prod", namespace="kafka")) == f"{group}/namespaces/kafka/kafkaconnectclusters/prod" == cluster_path("kafka", "prod")
    assert connectors_path() == f"{group}/kafkaconnectors"


def test_labels_of_a_namespace() -> None:
    server = ApiServer({"/api/v1/namespaces/a": {"metadata": {"labels": {"team": "x"}}}, "/api/v1/namespaces/b": {"metadata": {}}})
    assert [server.api.namespace_labels(name) for name in ("a", "b", "c")] == [{"team": "x"}, {}, None]
    server.refuses.add("/api/v1/namespaces/a")
    with pytest.raises(KubeError) as refused:
        server.api.namespace_labels("a")
    assert refused.value.status == 403


def test_whether_a_namespace_goes() -> None:
    path = "/api/v1/namespaces/"
    server = ApiServer({f"{path}stays": {"metadata": {}}, f"{path}goes": {"metadata": {"deletionTimestamp": "x"}}, f"{path}secret": {"metadata": {}}})
    server.refuses.add(f"{path}secret")
    assert [server.api.is_going(name) for name in ("stays", "goes", "gone", "secret")] == [False, True, True, False]


def test_connectors_of_some_namespaces_or_all_of_them() -> None:
    server = ApiServer()
    server.add(an_object("a"), an_object("b", namespace="other"), an_object("c", namespace="third"), a_connection())
    assert [obj["metadata"]["name"] for obj in server.api.connectors((), {})] == ["a", "b", "c"]
    assert [obj["metadata"]["name"] for obj in server.api.connectors(("other", "ns"), {})] == ["b", "a"]
