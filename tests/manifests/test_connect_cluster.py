# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API of KafkaConnectCluster as a real API server keeps it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from testbed import paths
from testbed.control_plane import ControlPlane
from testbed.errors import TestbedError
from testbed.kubernetes_api import ApiError
from tests.manifests.connections import REFERENCE, URL, connection, create, path, refuse

CRD = paths.ROOT / "config" / "crd" / "bases" / "external.saiello.github.io_kafkaconnectclusters.yaml"
SAMPLES = paths.ROOT / "config" / "samples"
SAMPLE = "kafkaconnectcluster-sample"
PLAIN = "http://connect.example.com:8083"


@pytest.fixture
def no_samples(control_plane: ControlPlane) -> Iterator[None]:
    """Remove the samples again."""
    yield
    control_plane.kubectl("delete", "--ignore-not-found", "-k", str(SAMPLES))


@pytest.mark.usefixtures("no_samples")
@pytest.mark.parametrize("command", [["create"], ["apply"], ["apply", "--server-side"]], ids=" ".join)
def test_samples_apply_under_strict_validation(control_plane: ControlPlane, command: list[str]) -> None:
    printed = control_plane.kubectl(*command, "--validate=strict", "-k", str(SAMPLES))
    assert len(printed.splitlines()) == 5
    spec = control_plane.api.get(path(SAMPLE))["spec"]
    assert spec["authentication"] == {"basic": {"secretRef": {"name": SAMPLE, "usernameKey": "username", "passwordKey": "password"}}}
    assert spec["tls"] == {"caSecretRef": {"name": SAMPLE, "key": "ca.crt"}, "insecureSkipVerify": False}


@pytest.mark.usefixtures("no_samples")
def test_samples_belong_together(control_plane: ControlPlane) -> None:
    control_plane.kubectl("apply", "-k", str(SAMPLES))
    reference = control_plane.kubectl("get", "xkc", "kafkaconnector-referring-sample", "-o", "jsonpath={.spec.connectClusterRef.name}")
    assert reference == SAMPLE
    data = control_plane.api.get(f"/api/v1/namespaces/default/secrets/{SAMPLE}")["data"]
    assert set(data) == {"username", "password", "ca.crt"}


@pytest.mark.usefixtures("no_samples")
def test_samples_applied_twice_are_unchanged(control_plane: ControlPlane) -> None:
    versions = set()
    for _ in range(2):
        control_plane.kubectl("apply", "-k", str(SAMPLES))
        versions.add(control_plane.api.get(path(SAMPLE))["metadata"]["resourceVersion"])
    assert len(versions) == 1


def test_defaults(control_plane: ControlPlane) -> None:
    found = create(control_plane, connection())
    assert found["spec"] == {
        "url": URL,
        "timeouts": {"connect": "5s", "read": "30s", "write": "100s"},
        "syncPeriod": "60s",
        "allowedNamespaces": {"from": "Same"},
        "protectConnectors": False,
        "mode": "Apply",
        "unmanagedConnectors": "Report",
    }
    assert found["status"] == {"observedGeneration": -1}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"timeouts": {"read": "45s"}}, {"timeouts": {"connect": "5s", "read": "45s", "write": "100s"}}),
        ({"authentication": {"bearer": REFERENCE}}, {"authentication": {"bearer": {"secretRef": {"name": "credentials", "key": "token"}}}}),
        ({"authentication": {"clientCertificate": REFERENCE}}, {"authentication": {"clientCertificate": REFERENCE}}),
        ({"tls": {"caConfigMapRef": {"name": "ca"}}}, {"tls": {"caConfigMapRef": {"name": "ca", "key": "ca.crt"}, "insecureSkipVerify": False}}),
    ],
    ids=str,
)
def test_defaults_beside_what_is_given(control_plane: ControlPlane, given: dict[str, Any], kept: dict[str, Any]) -> None:
    assert kept.items() <= create(control_plane, connection(given))["spec"].items()


ADDRESSES = "exactly one of url and urls is needed"
LOGINS = "at most one of basic, bearer and clientCertificate is allowed"
AUTHORITIES = "at most one of caSecretRef and caConfigMapRef is allowed"
SELECTED = "selector is needed with from Selector, and allowed only there"
BOUNDED = "policy.connectorNames is needed when connectors of other namespaces are allowed"
COMPARED = "values are needed with In and NotIn, and not allowed with Exists and DoesNotExist"
ENCRYPTED = "tls and authentication.clientCertificate need https in each address"
NAMES = {"connectorNames": ["{namespace}-*"]}


def selecting(**selector: Any) -> dict[str, Any]:
    """A spec that allows the namespaces of a selector."""
    return {"policy": NAMES, "allowedNamespaces": {"from": "Selector", "selector": selector}}


def requiring(**requirement: Any) -> dict[str, Any]:
    """A spec that allows the namespaces of one requirement."""
    return selecting(matchExpressions=[requirement])


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"url": None}, ADDRESSES),
        ({"urls": ["http://connect"]}, ADDRESSES),
        ({"url": None, "urls": []}, r"spec\.urls"),
        ({"url": None, "urls": [f"http://worker-{number}" for number in range(17)]}, r"spec\.urls"),
        ({"url": None, "urls": ["http://a", "http://b", "http://a"]}, "urls must not hold an address twice"),
        ({"authentication": {"basic": REFERENCE, "bearer": REFERENCE}}, LOGINS),
        ({"authentication": {"basic": REFERENCE, "clientCertificate": REFERENCE}}, LOGINS),
        ({"authentication": {"bearer": REFERENCE, "clientCertificate": REFERENCE}}, LOGINS),
        ({"authentication": {"basic": {}}}, r"spec\.authentication\.basic\.secretRef: Required"),
        ({"authentication": {"basic": {"secretRef": {}}}}, r"spec\.authentication\.basic\.secretRef\.name: Required"),
        ({"authentication": {"basic": {"secretRef": {"name": "../a"}}}}, r"spec\.authentication\.basic\.secretRef\.name: Invalid"),
        ({"authentication": {"basic": {"secretRef": {"name": "a", "usernameKey": ""}}}}, r"spec\.authentication\.basic\.secretRef\.usernameKey"),
        ({"authentication": {"basic": {"secretRef": {"name": "a", "passwordKey": "a/b"}}}}, r"spec\.authentication\.basic\.secretRef\.passwordKey"),
        ({"authentication": {"bearer": {"secretRef": {"name": "a", "key": "a b"}}}}, r"spec\.authentication\.bearer\.secretRef\.key"),
        ({"headersFrom": [{}]}, r"spec\.headersFrom\[0\]\.secretRef: Required"),
        ({"headersFrom": [REFERENCE] * 9}, r"spec\.headersFrom: Too many"),
        ({"tls": {"caSecretRef": {"name": "a"}, "caConfigMapRef": {"name": "a"}}}, AUTHORITIES),
        ({"tls": {"caSecretRef": {"name": "a"}, "insecureSkipVerify": True}}, "a CA has no meaning"),
        ({"tls": {"caConfigMapRef": {"name": "a"}, "insecureSkipVerify": True}}, "a CA has no meaning"),
        ({"tls": {"caSecretRef": {"name": "A"}}}, r"spec\.tls\.caSecretRef\.name"),
        ({"url": PLAIN, "authentication": {"clientCertificate": REFERENCE}}, ENCRYPTED),
        ({"url": PLAIN, "tls": {"caSecretRef": {"name": "a"}}}, ENCRYPTED),
        ({"url": PLAIN, "tls": {"caConfigMapRef": {"name": "a"}}}, ENCRYPTED),
        ({"url": PLAIN, "tls": {"insecureSkipVerify": True}}, ENCRYPTED),
        ({"url": None, "urls": [URL, "http://other"], "tls": {"insecureSkipVerify": True}}, ENCRYPTED),
        ({"timeouts": {"connect": "0s"}}, "connect must be from 1s to 30s"),
        ({"timeouts": {"connect": "31s"}}, "connect must be from 1s to 30s"),
        ({"timeouts": {"read": "0m"}}, "read must be from 1s to 60s"),
        ({"timeouts": {"read": "1m1s"}}, "read must be from 1s to 60s"),
        ({"timeouts": {"write": "101s"}}, "write must be from 1s to 100s"),
        ({"timeouts": {"write": "99999h99999m"}}, "write must be from 1s to 100s"),
        ({"timeouts": {"read": 30}}, r"timeouts\.read"),
        *(({"timeouts": {"read": text}}, r"timeouts\.read") for text in ("", "5", "s", "-5s", "1.5s", "500ms", "5s1m", "5 s", "1d", "5S", "5s\n")),
        ({"syncPeriod": "4s"}, "syncPeriod must be from 5s to 24h"),
        ({"syncPeriod": "24h1s"}, "syncPeriod must be from 5s to 24h"),
        ({"syncPeriod": "1441m"}, "syncPeriod must be from 5s to 24h"),
        ({"allowedNamespaces": {"from": "None"}}, r"spec\.allowedNamespaces\.from: Unsupported value"),
        ({"allowedNamespaces": {"from": "Selector"}, "policy": NAMES}, SELECTED),
        ({"allowedNamespaces": {"from": "All", "selector": {}}, "policy": NAMES}, SELECTED),
        ({"allowedNamespaces": {"from": "Same", "selector": {"matchLabels": {"a": "b"}}}}, SELECTED),
        ({"allowedNamespaces": {"selector": {}}}, SELECTED),
        ({"allowedNamespaces": {"from": "All"}}, BOUNDED),
        ({"allowedNamespaces": {"from": "All"}, "policy": {"classes": ["*"]}}, BOUNDED),
        ({"allowedNamespaces": {"from": "All"}, "policy": {"connectorNames": []}}, r"spec\.policy\.connectorNames: Invalid value: 0"),
        ({"allowedNamespaces": {"from": "Selector", "selector": {}}}, BOUNDED),
        (selecting(matchLabels={"a": 1}), r"selector\.matchLabels\.a: "),
        (selecting(matchLabels={"a": "b" * 64}), r"selector\.matchLabels\.a: "),
        (requiring(key="a", operator="Equals", values=["b"]), r"matchExpressions\[0\]\.operator: Unsupported value"),
        (requiring(key="a", operator="In"), COMPARED),
        (requiring(key="a", operator="NotIn", values=[]), COMPARED),
        (requiring(key="a", operator="Exists", values=["b"]), COMPARED),
        (requiring(key="a", operator="DoesNotExist", values=["b"]), COMPARED),
        (requiring(key="a"), r"matchExpressions\[0\]\.operator: Required"),
        (requiring(operator="Exists"), r"matchExpressions\[0\]\.key: Required"),
        (requiring(key="a b", operator="Exists"), r"matchExpressions\[0\]\.key: Invalid"),
        (requiring(key="A/b", operator="Exists"), r"matchExpressions\[0\]\.key: Invalid"),
        (requiring(key="a" * 64, operator="Exists"), r"matchExpressions\[0\]\.key: Invalid"),
        *(
            ({"policy": {"connectorNames": [text]}}, r"connectorNames\[0\]")
            for text in ("", "a/b", "{name}-*", "{namespace", "a[b]", "a%b", "a\nb", "a;b")
        ),
        ({"policy": {"connectorNames": ["x" * 250]}}, r"connectorNames\[0\]"),
        ({"policy": {"connectorNames": ["x"] * 65}}, r"spec\.policy\.connectorNames: Too many"),
        *(({"policy": {"classes": [text]}}, r"classes\[0\]") for text in ("", "a b", "{namespace}.*", "[a]", "a/b")),
        ({"policy": {"classes": []}}, r"spec\.policy\.classes: Invalid value: 0"),
        ({"ignoreLiveKeys": [""]}, r"spec\.ignoreLiveKeys\[0\]"),
        ({"ignoreLiveKeys": ["a b"]}, r"spec\.ignoreLiveKeys\[0\]"),
        ({"ignoreLiveKeys": ["a"] * 65}, r"spec\.ignoreLiveKeys: Too many"),
        ({"connectorDefaults": {"tasksMax": 0}}, r"spec\.connectorDefaults\.tasksMax"),
        ({"connectorDefaults": {"config": ["a"]}}, r"spec\.connectorDefaults\.config: "),
        ({"connectorDefaults": {"adoptionPolicy": "Take"}}, r"spec\.connectorDefaults\.adoptionPolicy: Unsupported value"),
        ({"connectorDefaults": {"deletionPolicy": "Keep"}}, r"spec\.connectorDefaults\.deletionPolicy: Unsupported value"),
        ({"connectorDefaults": {"deletionDeadline": "0h"}}, "deletionDeadline must be from 1s to 8760h"),
        ({"policy": {"adoption": "always"}}, r"spec\.policy\.adoption: Unsupported value"),
        ({"mode": "apply"}, r"spec\.mode: Unsupported value"),
        ({"unmanagedConnectors": "Delete"}, r"spec\.unmanagedConnectors: Unsupported value"),
        ({"protectConnectors": "true"}, r"spec\.protectConnectors: "),
    ],
    ids=str,
)
def test_spec_is_refused(control_plane: ControlPlane, spec: dict[str, Any], message: str) -> None:
    refuse(control_plane, spec, message)


@pytest.mark.parametrize(
    "spec",
    [
        {"authentication": {}},
        {"authentication": {"basic": {"secretRef": {"name": "a.b", "usernameKey": "user.name", "passwordKey": "PASS_word-1"}}}},
        {"authentication": {"bearer": {"secretRef": {"name": "a", "key": "token"}}}},
        {"headersFrom": [REFERENCE] * 8},
        {"tls": {"caSecretRef": {"name": "a", "key": "bundle.pem"}, "insecureSkipVerify": False}},
        {"tls": {"insecureSkipVerify": True}},
        {"authentication": {"clientCertificate": REFERENCE}},
        {"url": PLAIN, "tls": {"insecureSkipVerify": False}, "authentication": {"bearer": REFERENCE}},
        {"timeouts": {"connect": "1s", "read": "1s", "write": "1s"}},
        {"timeouts": {"connect": "30s", "read": "1m", "write": "1m40s"}},
        *({"syncPeriod": text} for text in ("5s", "2m", "1m30s", "1h", "1h0m5s", "24h", "1440m")),
        {"allowedNamespaces": {"from": "Same"}, "policy": {"classes": ["org.example.*", "FileStreamSource", "a.B$C", "*", "a.?"]}},
        {"allowedNamespaces": {"from": "All"}, "policy": NAMES},
        {"connectorDefaults": {"adoptionPolicy": "Always", "deletionPolicy": "Orphan", "deletionDeadline": "1h"}, "policy": {"adoption": "Always"}},
        {"policy": {"connectorNames": ["*", "{namespace}", "a-{namespace}->{namespace}?", "ünï code", "x" * 249]}},
        selecting(),
        selecting(matchLabels={"team": "orders", "example.com/kafka": ""}),
        requiring(key="a", operator="In", values=["b", ""]),
        requiring(key="example.com/a", operator="NotIn", values=["b"]),
        requiring(key="a", operator="Exists"),
        requiring(key="a", operator="DoesNotExist", values=[]),
        {"protectConnectors": True, "mode": "Plan", "unmanagedConnectors": "Ignore"},
        {"ignoreLiveKeys": ["cloud.*", "a.?", "X_y-z"]},
        {"connectorDefaults": {}},
        {
            "connectorDefaults": {
                "tasksMax": 3,
                "config": {"text": "a", "int": 3, "float": 1.5, "yes": True, "digits": "007", "dotted.key": "{{ x }}"},
            }
        },
    ],
    ids=str,
)
def test_spec_is_kept(control_plane: ControlPlane, spec: dict[str, Any]) -> None:
    assert _within(spec, create(control_plane, connection(spec))["spec"])


def _within(given: Any, kept: Any) -> bool:
    """Whether all that was given was kept; defaults may have come to it."""
    if isinstance(given, dict):
        return isinstance(kept, dict) and all(key in kept and _within(value, kept[key]) for key, value in given.items())
    return bool(given == kept) or (isinstance(given, list) and len(given) == len(kept) and all(map(_within, given, kept)))


@pytest.mark.parametrize(
    "spec",
    [
        {"policy": {"connectorNames": ["x" * 249] * 64, "classes": ["y" * 512] * 64}, "ignoreLiveKeys": ["z" * 249] * 64},
        {
            "url": None,
            "urls": [f"https://{'a' * 60}{number:02}/{'b' * 440}" for number in range(16)],
            "tls": {"insecureSkipVerify": True},
        },
        selecting(
            matchLabels={f"label-{number}": "v" * 63 for number in range(32)},
            matchExpressions=[{"key": "a" * 63, "operator": "In", "values": ["v" * 63] * 64}] * 32,
        ),
    ],
    ids=["policy", "urls", "selector"],
)
def test_largest_spec_is_within_the_cost_of_its_rules(control_plane: ControlPlane, spec: dict[str, Any]) -> None:
    create(control_plane, connection(spec))


@pytest.mark.parametrize("key", ["ansible_python_interpreter", "ansible_connection", "kafka_connect_cluster_phase", "kafka_connect_cluster_name"])
@pytest.mark.parametrize("where", ["", "tls", "authentication", "policy", "connectorDefaults"])
def test_unknown_spec_keys_never_get_in(control_plane: ControlPlane, where: str, key: str) -> None:
    body = connection({where: {key: "/bin/false"}} if where else {key: "/bin/false"})
    with pytest.raises(ApiError, match="unknown field"):
        create(control_plane, body)
    spec = create(control_plane, body, "Ignore")["spec"]
    assert key not in (spec[where] if where else spec)


STATUS: dict[str, Any] = {
    "observedGeneration": 1,
    "url": "https://connect.example.com:8083",
    "version": "4.3.1",
    "kafkaClusterId": "5L6g3nShT-eMCtK--X86sw",
    "acceptedCluster": "5L6g3nShT-eMCtK--X86sw",
    "plugins": [{"class": "org.apache.kafka.connect.file.FileStreamSourceConnector", "type": "source", "version": "4.3.1"}],
    "connectors": {"managed": 12, "ready": 11, "failed": 1, "unmanaged": 2},
    "unmanagedConnectors": ["a->b", "by-hand"],
    "lastSyncTime": "2026-01-01T00:00:00Z",
    "conditions": [
        {
            "type": "Ready",
            "status": "True",
            "reason": "Running",
            "message": "Connect answers",
            "observedGeneration": 1,
            "lastTransitionTime": "2026-01-01T00:00:00Z",
        },
        # As the runtime itself writes it when it cannot start a run.
        {"type": "Failure", "status": "True", "reason": "", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"},
    ],
}


def test_status_keeps_all_that_is_written(control_plane: ControlPlane) -> None:
    name = create(control_plane, connection(), dry_run=False)["metadata"]["name"]
    params = {"fieldValidation": "Strict"}
    control_plane.api.request("PATCH", path(name, "status"), {"status": STATUS}, content_type="application/merge-patch+json", params=params)
    assert control_plane.api.get(path(name))["status"] == STATUS
    header, row = control_plane.kubectl("get", "xkcc", name, "-o", "wide").splitlines()
    assert header.split() == ["NAME", "READY", "REASON", "VERSION", "CONNECTORS", "FAILED", "AGE", "URL", "MESSAGE"]
    assert row.split()[:6] == [name, "True", "Running", "4.3.1", "12", "1"]
    assert row.split()[7:] == ["https://connect.example.com:8083", "Connect", "answers"]


def test_status_fields_are_all_tested() -> None:
    crd = yaml.safe_load(CRD.read_text(encoding="utf-8"))
    fields = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["status"]["properties"]
    assert set(STATUS) == set(fields), "STATUS above shows every field once"
    assert set(STATUS["connectors"]) == set(fields["connectors"]["properties"])


def test_spec_does_not_change_with_the_status(control_plane: ControlPlane) -> None:
    name = create(control_plane, connection(), dry_run=False)["metadata"]["name"]
    control_plane.api.patch(path(name, "status"), {"spec": {"url": "http://other"}, "status": {"version": "4.3.1"}})
    found = control_plane.api.patch(path(name), {"status": {"version": "0"}})
    assert (found["spec"]["url"], found["status"]["version"], found["metadata"]["generation"]) == (URL, "4.3.1", 1)


def test_category_lists_connections(control_plane: ControlPlane) -> None:
    create(control_plane, body := connection(), dry_run=False)
    assert f"kafkaconnectcluster.external.saiello.github.io/{body['metadata']['name']}" in control_plane.kubectl("get", "kafka", "-o", "name")


def test_policy_refuses_annotations_of_the_runtime(control_plane: ControlPlane) -> None:
    annotation = "ansible.sdk.operatorframework.io/reconcile-period"
    with pytest.raises(ApiError, match="annotations that begin with"):
        create(control_plane, connection(annotations={annotation: "1ms"}))
    name = create(control_plane, connection(annotations={"external.saiello.github.io/x": "1"}), dry_run=False)["metadata"]["name"]
    with pytest.raises(TestbedError, match="annotations that begin with"):
        control_plane.kubectl("annotate", "xkcc", name, f"{annotation}=1ms")
