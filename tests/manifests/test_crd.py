# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API of KafkaConnector as a real API server keeps it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from testbed import paths
from testbed.control_plane import ControlPlane
from testbed.errors import TestbedError
from testbed.kubernetes_api import ApiError, connector_path

CRD = paths.ROOT / "config" / "crd" / "bases" / "external.saiello.github.io_kafkaconnectors.yaml"
SAMPLE = paths.ROOT / "config" / "samples" / "external_v1alpha1_kafkaconnector.yaml"
SAMPLE_NAME = "kafkaconnector-file-source-sample"
_numbers = itertools.count()


def connector(spec: dict[str, Any] | None = None, **metadata: Any) -> dict[str, Any]:
    """An object with a name of its own."""
    return {
        "apiVersion": "external.saiello.github.io/v1alpha1",
        "kind": "KafkaConnector",
        "metadata": {"name": f"connector-{next(_numbers)}", **metadata},
        "spec": {"class": "org.example.Sink", **(spec or {})},
    }


def create(control_plane: ControlPlane, body: dict[str, Any], validation: str = "Strict", *, dry_run: bool = True) -> dict[str, Any]:
    """What the API server makes of an object, without keeping it unless asked to."""
    params = {"fieldValidation": validation, **({"dryRun": "All"} if dry_run else {})}
    return control_plane.api.request("POST", connector_path(), body, params=params)


@pytest.fixture
def no_sample(control_plane: ControlPlane) -> Iterator[None]:
    """Remove the sample again."""
    yield
    control_plane.kubectl("delete", "--ignore-not-found", "-f", str(SAMPLE))


@pytest.mark.usefixtures("no_sample")
@pytest.mark.parametrize("command", [["create"], ["apply"], ["apply", "--server-side"]], ids=" ".join)
def test_sample_applies_verbatim_under_strict_validation(control_plane: ControlPlane, command: list[str]) -> None:
    control_plane.kubectl(*command, "--validate=strict", "-f", str(SAMPLE))
    found = control_plane.api.get(connector_path(SAMPLE_NAME))
    assert found["spec"].pop("autoRestart", None) is None
    assert found["spec"] == {
        "class": "org.apache.kafka.connect.file.FileStreamSourceConnector",
        "tasksMax": 2,
        "config": {"file": "/opt/kafka/LICENSE", "topic": "connect-test", "type": "source"},
        "state": "running",
    }


@pytest.mark.usefixtures("no_sample")
def test_sample_applied_twice_is_unchanged(control_plane: ControlPlane) -> None:
    versions = set()
    for _ in range(2):
        control_plane.kubectl("apply", "-f", str(SAMPLE))
        versions.add(control_plane.api.get(connector_path(SAMPLE_NAME))["metadata"]["resourceVersion"])
    assert len(versions) == 1


@pytest.mark.parametrize("validation", ["Strict", "Ignore"])
@pytest.mark.parametrize("value", [{}, {"enabled": True}])
def test_auto_restart_with_content_is_refused(control_plane: ControlPlane, value: dict[str, Any], validation: str) -> None:
    expected = "unknown field" if value and validation == "Strict" else "automatic restarts are not supported yet"
    with pytest.raises(ApiError, match=expected):
        create(control_plane, connector({"autoRestart": value}), validation)


def test_defaults(control_plane: ControlPlane) -> None:
    found = create(control_plane, connector())
    assert found["spec"] == {"class": "org.example.Sink", "state": "running"}
    assert found["status"] == {"observedGeneration": -1}


@pytest.mark.parametrize("name", ["a->b", "a b", "ünï😀", "a..b", '"x"?#|[]<>\'', "A.B_c", "x" * 249])
def test_connector_name_is_kept(control_plane: ControlPlane, name: str) -> None:
    assert create(control_plane, connector({"connectorName": name}))["spec"]["connectorName"] == name


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", " a", "a ", "a/b", "a\\b", "a%b", "a%2Fb", "a;b", "a{b", "a}b", "a\tb", "a\nb", "\x01a", "a\x7f", "a\x85b", "x" * 250],
    ids=repr,
)
def test_connector_name_is_refused(control_plane: ControlPlane, name: str) -> None:
    with pytest.raises(ApiError, match=r"spec\.connectorName"):
        create(control_plane, connector({"connectorName": name}))


@pytest.mark.parametrize(
    ("before", "after"),
    [({}, {"connectorName": "a"}), ({"connectorName": "a"}, {"connectorName": None}), ({"connectorName": "a"}, {"connectorName": "b"})],
)
def test_connector_name_cannot_be_changed(control_plane: ControlPlane, before: dict[str, Any], after: dict[str, Any]) -> None:
    name = create(control_plane, connector(before), dry_run=False)["metadata"]["name"]
    with pytest.raises(ApiError, match="connectorName cannot be changed"):
        control_plane.api.patch(connector_path(name), {"spec": after})
    control_plane.api.patch(connector_path(name), {"spec": {"class": "org.example.Other"}})


@pytest.mark.parametrize(
    "spec",
    [
        {"class": ""},
        {"class": None},
        {"tasksMax": 0},
        {"tasksMax": "2"},
        {"state": "Running"},
        {"state": "off"},
        {"config": "a=b"},
        {"config": ["a"]},
        {"adoptionPolicy": "never"},
        {"adoptionPolicy": None, "deletionPolicy": "Keep"},
        {"deletionDeadline": "0s"},
        {"deletionDeadline": "1d"},
        {"deletionDeadline": "8760h1s"},
        {"deletionDeadline": 3600},
    ],
    ids=str,
)
def test_spec_is_refused(control_plane: ControlPlane, spec: dict[str, Any]) -> None:
    with pytest.raises(ApiError) as refused:
        create(control_plane, connector(spec))
    assert refused.value.status == 422


@pytest.mark.parametrize("reference", [{"name": "prod"}, {"name": "prod.eu-1", "namespace": "kafka"}, {"name": "a" * 253, "namespace": "b" * 63}])
def test_reference_to_a_connection_is_kept_and_may_change(control_plane: ControlPlane, reference: dict[str, Any]) -> None:
    name = create(control_plane, connector({"connectClusterRef": reference}), dry_run=False)["metadata"]["name"]
    assert control_plane.api.get(connector_path(name))["spec"]["connectClusterRef"] == reference
    for changed in ({"name": "other", "namespace": "elsewhere"}, None):
        spec = control_plane.api.patch(connector_path(name), {"spec": {"connectClusterRef": changed}})["spec"]
        assert spec.get("connectClusterRef") == changed


@pytest.mark.parametrize(
    "reference",
    [
        {},
        {"namespace": "kafka"},
        {"name": ""},
        {"name": "A"},
        {"name": "a_b"},
        {"name": "a/b"},
        {"name": "../secrets"},
        {"name": "a."},
        {"name": "a" * 254},
        {"name": "a", "namespace": ""},
        {"name": "a", "namespace": "a.b"},
        {"name": "a", "namespace": "a/b"},
        {"name": "a", "namespace": "b" * 64},
    ],
    ids=str,
)
def test_reference_to_a_connection_is_refused(control_plane: ControlPlane, reference: dict[str, Any]) -> None:
    with pytest.raises(ApiError, match=r"spec\.connectClusterRef") as refused:
        create(control_plane, connector({"connectClusterRef": reference}))
    assert refused.value.status == 422


KEYED = {"name": "s", "key": "k"}
SOURCES = {
    "configFrom": [{"configMapRef": {"name": "m"}}, {"secretRef": {"name": "s", "optional": True}}],
    "configValueFrom": {"database.password": {"secretKeyRef": KEYED}, "topic->table": {"configMapKeyRef": {**KEYED, "optional": False}}},
}


def test_sources_are_kept(control_plane: ControlPlane) -> None:
    spec = create(control_plane, connector(SOURCES))["spec"]
    assert {key: spec[key] for key in SOURCES} == SOURCES


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ({"configFrom": [{}]}, "name exactly one of configMapRef and secretRef"),
        ({"configFrom": [{"configMapRef": {"name": "m"}, "secretRef": {"name": "s"}}]}, "name exactly one of configMapRef and secretRef"),
        ({"configFrom": [{"secretRef": {}}]}, "name: Required value"),
        ({"configFrom": [{"secretRef": {"name": "../s"}}]}, "name: Invalid value"),
        ({"configFrom": [{"secretRef": {"name": "s"}}] * 21}, "Too many"),
        ({"configValueFrom": {"k": {}}}, "name exactly one of configMapKeyRef and secretKeyRef"),
        ({"configValueFrom": {"k": {"secretKeyRef": KEYED, "configMapKeyRef": KEYED}}}, "name exactly one of configMapKeyRef and secretKeyRef"),
        ({"configValueFrom": {"k": {"secretKeyRef": {"name": "s"}}}}, "key: Required value"),
        ({"configValueFrom": {"k": {"secretKeyRef": {"name": "s", "key": "a/b"}}}}, "key: Invalid value"),
        *(({"configValueFrom": {key: {"secretKeyRef": KEYED}}}, "have fields of their own") for key in ("name", "connector.class", "tasks.max")),
    ],
    ids=str,
)
def test_sources_are_refused(control_plane: ControlPlane, spec: dict[str, Any], says: str) -> None:
    with pytest.raises(ApiError, match=says) as refused:
        create(control_plane, connector(spec))
    assert refused.value.status == 422


def test_a_source_in_another_namespace_is_refused(control_plane: ControlPlane) -> None:
    with pytest.raises(ApiError, match="unknown field"):
        create(control_plane, connector({"configFrom": [{"secretRef": {"name": "s", "namespace": "other"}}]}))


CONFIG = {
    "text": "plain",
    "empty": "",
    "int": 3,
    "big": 7776000000,
    "float": 1.5,
    "yes": True,
    "digits": "007",
    "jinja": "{{ lookup('pipe', 'id') }}",
    "reference": "${file:/x:y}",
    "backslash": "a\\b\\\\c",
    "emoji": "😀",
    "lines": "one\n  two\n",
    "long": "x" * 65536,
    "transforms.addTs.type": "dotted",
    "topic->table": "arrow",
    "UPPER.Case": "kept",
}


def test_config_values_survive(control_plane: ControlPlane) -> None:
    name = create(control_plane, connector({"config": CONFIG}), dry_run=False)["metadata"]["name"]
    assert control_plane.api.get(connector_path(name))["spec"]["config"] == CONFIG


@pytest.mark.parametrize("key", ["ansible_python_interpreter", "ansible_connection", "kafka_connector_phase", "environment"])
def test_unknown_spec_keys_never_get_in(control_plane: ControlPlane, key: str) -> None:
    body = connector({key: "/bin/false"})
    with pytest.raises(ApiError, match="unknown field"):
        create(control_plane, body)
    assert key not in create(control_plane, body, "Ignore")["spec"]


@pytest.mark.parametrize(
    "spec",
    [
        *({"adoptionPolicy": value} for value in ("Never", "IfIdentical", "Always")),
        *({"deletionPolicy": value} for value in ("Delete", "Orphan")),
        *({"deletionDeadline": value} for value in ("1s", "1h30m", "8760h")),
    ],
    ids=str,
)
def test_how_it_comes_and_goes_is_kept_and_may_change_while_it_is_being_deleted(control_plane: ControlPlane, spec: dict[str, Any]) -> None:
    body = connector()
    body["metadata"]["finalizers"] = ["example.com/hold"]
    name = create(control_plane, body, dry_run=False)["metadata"]["name"]
    control_plane.api.request("DELETE", connector_path(name))
    found = control_plane.api.patch(connector_path(name), {"spec": spec})
    assert found["spec"] == {**body["spec"], "state": "running", **spec}
    assert found["metadata"]["generation"] == 3, "an edit makes a run also then"
    control_plane.api.patch(connector_path(name), {"metadata": {"finalizers": []}})


def test_scale_reads_and_sets_tasks_max(control_plane: ControlPlane) -> None:
    name = create(control_plane, connector({"tasksMax": 2}), dry_run=False)["metadata"]["name"]
    control_plane.api.patch(connector_path(name, subresource="status"), {"status": {"tasksMax": 2}})
    assert control_plane.api.get(connector_path(name, subresource="scale"))["status"]["replicas"] == 2
    control_plane.kubectl("scale", f"kafkaconnector.external.saiello.github.io/{name}", "--replicas=5")
    assert control_plane.api.get(connector_path(name))["spec"]["tasksMax"] == 5


STATUS = {
    "observedGeneration": 1,
    "connectorName": "a->b",
    "connectCluster": {"namespace": "kafka", "name": "prod", "uid": "0b7c5c0e-0c5c-4c62-9d5f-0a8f6c6f2d11"},
    "kafkaClusterId": "5L6g3nShT-eMCtK--X86sw",
    "acceptedCluster": "5L6g3nShT-eMCtK--X86sw",
    "endpoint": {"schema": "http", "host": "connect", "port": "8083"},
    "url": "http://connect:8083",
    "ownership": "Created",
    "ownershipTime": "2026-01-01T00:00:00Z",
    "connectorState": "RUNNING",
    "type": "sink",
    "workerId": "worker:8083",
    "pluginVersion": "4.3.1",
    "tasksMax": 2,
    "tasks": {"total": 2, "running": 1, "failed": 1, "paused": 0, "unassigned": 0},
    "tasksReady": "1/2",
    "failedTasks": [{"id": 1, "workerId": "worker:8083", "reason": "ConnectException"}],
    "unconfirmedWrite": {"action": "update", "time": "2026-01-01T00:00:00Z"},
    "refused": {"generation": 1, "count": 2, "time": "2026-01-01T00:00:00Z", "sources": "6b86b273ff34fce1"},
    "movedFrom": {
        "time": "2026-01-01T00:00:00Z",
        "endpoint": {"schema": "http", "host": "old", "port": "8083"},
        "connectCluster": {"namespace": "kafka", "name": "old", "uid": "u"},
        "url": "http://old:8083",
        "kafkaClusterId": "id",
        "ownership": "Created",
        "ownershipTime": "2026-01-01T00:00:00Z",
        "unconfirmedWrite": {"action": "delete", "time": "2026-01-01T00:00:00Z"},
        "referencedKeys": ["database.password"],
        "reason": "DeletionBlocked",
        "message": "it cannot be deleted yet",
    },
    "lastChange": {"time": "2026-01-01T00:00:00Z", "action": "update", "cause": "Spec", "keys": ["topics"]},
    "effective": {
        "tasksMax": 2,
        "adoptionPolicy": "Never",
        "deletionPolicy": "Orphan",
        "deletionDeadline": "1h",
        "driftPolicy": "Report",
        "configKeys": ["errors.tolerance"],
    },
    "notConverging": {"generation": 1, "keys": ["topics"], "sources": "6b86b273ff34fce1"},
    "validationErrors": [{"field": "batch.size", "message": "must be a number of type INT"}],
    "validated": {"generation": 1, "order": "true@2", "sources": "0c5c4c629d5f0a8f"},
    "synced": {"generation": 1, "state": "running", "sources": "6b86b273ff34fce1"},
    "referencedKeys": ["database.password"],
    "plan": {
        "actions": ["update", "pause"],
        "from": "kafka/prod",
        "to": "http://connect:8083",
        "class": "org.example.Sink",
        "state": {"before": "running", "after": "paused"},
        "changes": [{"key": "topics", "change": "changed", "before": "a", "after": "b"}],
        "moreChanges": 3,
        "removedKeys": 2,
    },
    "masked": {"database.password": "d4735e3a265e16eee03f59718b9b5d03"},
    "conditions": [
        {
            "type": "Ready",
            "status": "False",
            "reason": "TasksFailed",
            "message": "1 of 2 tasks failed",
            "observedGeneration": 1,
            "lastTransitionTime": "2026-01-01T00:00:00Z",
        },
        # As the runtime itself writes it when it cannot start a run.
        {"type": "Failure", "status": "True", "reason": "", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"},
    ],
}


def test_status_keeps_all_that_is_written(control_plane: ControlPlane) -> None:
    name = create(control_plane, connector({"tasksMax": 2}), dry_run=False)["metadata"]["name"]
    params = {"fieldValidation": "Strict"}
    path = connector_path(name, subresource="status")
    control_plane.api.request("PATCH", path, {"status": STATUS}, content_type="application/merge-patch+json", params=params)
    assert control_plane.api.get(connector_path(name))["status"] == STATUS
    header, row = control_plane.kubectl("get", "xkc", name, "-o", "wide").splitlines()
    assert header.split() == ["NAME", "READY", "REASON", "STATE", "TASKS", "AGE", "CLUSTER", "URL", "CLASS", "MESSAGE"]
    assert row.split()[:5] == [name, "False", "TasksFailed", "RUNNING", "1/2"]


def test_status_fields_are_all_tested() -> None:
    assert set(STATUS) == set(_status_schema()), "STATUS above shows every field once"


def _status_schema() -> dict[str, Any]:
    crd = yaml.safe_load(CRD.read_text(encoding="utf-8"))
    properties: dict[str, Any] = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["status"]["properties"]
    return properties


def test_category_lists_connectors(control_plane: ControlPlane) -> None:
    create(control_plane, body := connector(), dry_run=False)
    assert f"kafkaconnector.external.saiello.github.io/{body['metadata']['name']}" in control_plane.kubectl("get", "kafka", "-o", "name")


@pytest.mark.parametrize("annotation", ["reconcile-period", "verbosity", "max-runner-artifacts", "anything"])
def test_policy_refuses_annotations_of_the_runtime(control_plane: ControlPlane, annotation: str) -> None:
    annotations = {f"ansible.sdk.operatorframework.io/{annotation}": "1"}
    with pytest.raises(ApiError, match="annotations that begin with"):
        create(control_plane, connector(annotations=annotations))
    name = create(control_plane, connector(annotations={"external.saiello.github.io/x": "1"}), dry_run=False)["metadata"]["name"]
    with pytest.raises(TestbedError, match="annotations that begin with"):
        control_plane.kubectl("annotate", "xkc", name, *(f"{key}={json.dumps(value)}" for key, value in annotations.items()))
