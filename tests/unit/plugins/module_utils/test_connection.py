# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Connect a KafkaConnectCluster describes, and to whom it lends it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils._connection import (
    SHORTEST_PERIOD,
    SYNC_PERIOD,
    TIMEOUTS,
    Authentication,
    Connection,
    SpecError,
    asks_for_labels,
    connection_of,
    refusal,
    selects,
    sync_period,
)
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import Adoption, ClusterMark, Deletion, Reason, Verdict
from ansible_collections.saiello.kafka_connect.plugins.module_utils._objects import ACCEPT, PAUSE, ClusterRef
from ansible_collections.saiello.kafka_connect.plugins.module_utils._sources import KeyRef
from ansible_collections.saiello.kafka_connect.plugins.module_utils._wanted import Terms

from .manifests import a_connection, owning_on, referring

URL, HTTPS = "http://connect:8083", "https://connect:8083"


def described(url: str | None = URL, **spec: Any) -> Connection:
    return connection_of(a_connection(spec={**({"url": url} if url else {}), **spec}))


# -- the fields


def test_a_url_is_enough() -> None:
    terms = Terms(adoption_bound=Adoption.IF_IDENTICAL, generation=1)
    assert described() == Connection(ClusterRef("ns", "prod"), "uid-prod", (URL,), terms=terms)


@pytest.mark.parametrize(
    ("spec", "field", "value"),
    [
        ({"url": "HTTPS://Connect.Example.com/base/path/"}, "urls", ("https://connect.example.com:443/base/path",)),
        ({"url": None, "urls": ["http://b:1", "http://a:1"]}, "urls", ("http://b:1", "http://a:1")),
        ({"url": None, "urls": ["http://a", "http://a:80/"]}, "urls", ("http://a:80",)),
        ({"url": HTTPS, "tls": {"insecureSkipVerify": True}}, "verify", False),
        ({"url": HTTPS, "tls": {"caSecretRef": {"name": "s"}}}, "authority", KeyRef("spec.tls.caSecretRef", "s", "ca.crt", "Secret")),
        ({"url": HTTPS, "tls": {"caSecretRef": {"name": "s", "key": "k"}}}, "authority", KeyRef("spec.tls.caSecretRef", "s", "k", "Secret")),
        ({"url": HTTPS, "tls": {"caConfigMapRef": {"name": "m"}}}, "authority", KeyRef("spec.tls.caConfigMapRef", "m", "ca.crt", "ConfigMap")),
        ({"tls": None}, "verify", True),
        ({"tls": {"insecureSkipVerify": False}}, "verify", True),
        ({"timeouts": {"read": "1m"}}, "timeouts", {**TIMEOUTS, "read": 60.0}),
        ({"timeouts": None}, "timeouts", TIMEOUTS),
        ({"syncPeriod": "2m"}, "sync_period", 120.0),
        ({"allowedNamespaces": {"from": "All"}}, "allowed_from", "All"),
        ({"allowedNamespaces": {"from": "Selector", "selector": {"matchLabels": {"a": "b"}}}}, "selector", {"matchLabels": {"a": "b"}}),
        ({"allowedNamespaces": {"selector": None}}, "selector", {}),
        ({"policy": {"connectorNames": ["{namespace}-*"]}}, "connector_names", ("{namespace}-*",)),
        ({"policy": {"classes": ["org.*"]}}, "classes", ("org.*",)),
        ({"unmanagedConnectors": "Ignore"}, "report_unmanaged", False),
        ({"unmanagedConnectors": "Report"}, "report_unmanaged", True),
        ({"headersFrom": [{"secretRef": {"name": "h"}}]}, "headers", (KeyRef("spec.headersFrom[0]", "h"),)),
        (
            {"authentication": {"basic": {"secretRef": {"name": "s"}}}},
            "authentication",
            Authentication(basic=tuple(KeyRef("spec.authentication.basic.secretRef", "s", key) for key in ("username", "password"))),  # type: ignore[arg-type]
        ),
        (
            {"authentication": {"basic": {"secretRef": {"name": "s", "usernameKey": "u", "passwordKey": "p"}}}},
            "authentication",
            Authentication(basic=tuple(KeyRef("spec.authentication.basic.secretRef", "s", key) for key in ("u", "p"))),  # type: ignore[arg-type]
        ),
        (
            {"authentication": {"bearer": {"secretRef": {"name": "s"}}}},
            "authentication",
            Authentication(bearer=KeyRef("spec.authentication.bearer.secretRef", "s", "token")),
        ),
        (
            {"url": HTTPS, "authentication": {"clientCertificate": {"secretRef": {"name": "s"}}}},
            "authentication",
            Authentication(
                certificate=tuple(KeyRef("spec.authentication.clientCertificate.secretRef", "s", key) for key in ("tls.crt", "tls.key"))  # type: ignore[arg-type]
            ),
        ),
        ({"authentication": None}, "authentication", Authentication()),
    ],
)
def test_each_field(spec: dict[str, Any], field: str, value: Any) -> None:
    assert getattr(described(**spec), field) == value


@pytest.mark.parametrize(
    ("spec", "field", "value"),
    [
        ({"connectorDefaults": {"config": {"a": 1}}}, "config", {"a": 1}),
        ({"connectorDefaults": {"tasksMax": 3}}, "tasks_max", 3),
        ({"connectorDefaults": None}, "config", {}),
        ({"ignoreLiveKeys": ["a*"]}, "ignored_keys", ("a*",)),
        ({"protectConnectors": True}, "protected", True),
        ({"policy": {"adoption": "Always"}}, "adoption_bound", Adoption.ALWAYS),
        ({"policy": {"adoption": "Never"}}, "adoption_bound", Adoption.NEVER),
        ({"policy": {"classes": ["*"]}}, "adoption_bound", Adoption.IF_IDENTICAL),
        ({"policy": None}, "adoption_bound", Adoption.IF_IDENTICAL),
        ({"connectorDefaults": {"adoptionPolicy": "Never"}}, "adoption", Adoption.NEVER),
        ({"connectorDefaults": {"tasksMax": 1}}, "adoption", None),
        ({"connectorDefaults": {"deletionPolicy": "Orphan"}}, "deletion", Deletion.ORPHAN),
        ({"connectorDefaults": {"deletionDeadline": "1h"}}, "deletion_deadline", "1h"),
        ({"mode": "Apply"}, "hold", None),
        ({"mode": "Plan"}, "hold", Verdict(Reason.PLAN_ONLY, "Nothing is written while the KafkaConnectCluster ns/prod has mode: Plan")),
    ],
)
def test_each_field_for_its_connectors(spec: dict[str, Any], field: str, value: Any) -> None:
    assert getattr(described(**spec).terms, field) == value


def test_its_annotations_and_its_status_count() -> None:
    obj = a_connection(status={"kafkaClusterId": "a"}, annotations={PAUSE: "true", ACCEPT: "b@1"}, deletionTimestamp="x")
    connection = connection_of({**obj, "spec": {"url": URL, "mode": "Plan"}})
    assert connection.deleting
    assert connection.terms.mark == ClusterMark("a", "b")
    assert connection.terms.hold == Verdict(Reason.DRIFTED, "the KafkaConnectCluster ns/prod is paused by the annotation pause-reconciliation")


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ({}, "spec: exactly one of url and urls"),
        ({"url": URL, "urls": [URL]}, "spec: exactly one of url and urls"),
        ({"urls": []}, "spec: exactly one of url and urls"),
        ({"url": "http://u:hunter2@connect"}, "spec.url: the URL holds a user name or password"),
        ({"url": "ftp://connect"}, "spec.url: the schema is 'ftp'"),
        ({"urls": [URL, "http://a/../b"]}, r"spec.urls\[1\]: the URL's path"),
        (
            {"url": URL, "authentication": {"bearer": {"secretRef": {"name": "s"}}, "basic": {"secretRef": {"name": "s"}}}},
            "spec.authentication: only one of basic and bearer",
        ),
        ({"url": URL, "timeouts": {"read": "soon"}}, "spec.timeouts.read must be a duration"),
        ({"url": URL, "timeouts": {"write": "0s"}}, "spec.timeouts.write must be longer than nothing"),
        *(
            ({"urls": [HTTPS, "http://b"], **spec}, f"{field} needs https, and http://b:80 has another schema")
            for spec, field in (
                ({"authentication": {"clientCertificate": {"secretRef": {"name": "s"}}}}, "spec.authentication.clientCertificate"),
                ({"tls": {"caSecretRef": {"name": "s"}}}, "spec.tls.caSecretRef"),
                ({"tls": {"caConfigMapRef": {"name": "s"}}}, "spec.tls.caConfigMapRef"),
                ({"tls": {"insecureSkipVerify": True}}, "spec.tls.insecureSkipVerify"),
            )
        ),
        *(
            ({"url": URL, "connectorDefaults": {"config": config}}, f"spec.connectorDefaults.config key {says}")
            for config, says in (
                ({"a": {"b": "hunter2"}}, "a: a map is no value for Connect"),
                ({"a": None}, "a: null is no value"),
                ({"tasks.max": 2}, "tasks.max is reserved; use the field spec.connectorDefaults.tasksMax"),
                ({"name": "x"}, "name is reserved; use the field spec.connectorName of the KafkaConnectors"),
            )
        ),
        ({"url": URL, "connectorDefaults": {"config": {"": "x"}}}, "spec.connectorDefaults.config: a key is empty"),
    ],
)
def test_what_is_wrong_is_named(spec: dict[str, Any], says: str) -> None:
    with pytest.raises(SpecError, match=f"^{says}") as refused:
        connection_of(a_connection(spec=spec))
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(("text", "seconds"), [(None, 60.0), ("90s", 90.0), ("1s", SHORTEST_PERIOD), ("soon", SYNC_PERIOD), ("", SYNC_PERIOD)])
def test_there_is_a_period_whatever_the_spec_says(text: str | None, seconds: float) -> None:
    assert sync_period({"spec": {} if text is None else {"syncPeriod": text}}) == seconds
    assert sync_period({}) == SYNC_PERIOD


# -- consent


def refused(connection: Connection, labels: dict[str, str] | None = None, **obj: Any) -> tuple[Reason, str] | None:
    verdict = refusal(connection, referring(**obj), labels)
    return (verdict.reason, verdict.message) if verdict else None


def lent(to: str, names: tuple[str, ...] = ("*",), **selector: Any) -> Connection:
    return described(allowedNamespaces={"from": to, "selector": selector}, policy={"connectorNames": list(names)})


@pytest.mark.parametrize("to", ["Same", "All", "Selector"])
def test_its_own_namespace_is_always_allowed(to: str) -> None:
    assert refused(lent(to, matchLabels={"a": "b"})) is None
    assert not asks_for_labels(lent(to), "ns")


@pytest.mark.parametrize(
    ("to", "labels", "allowed"),
    [
        ("Same", {"team": "a"}, False),
        ("All", None, True),
        ("Selector", {"team": "a"}, True),
        ("Selector", {"team": "b"}, False),
        ("Selector", {}, False),
        ("Selector", None, False),
        ("Odd", {"team": "a"}, False),
    ],
)
def test_other_namespaces_need_consent(to: str, labels: dict[str, str] | None, allowed: bool) -> None:
    connection = lent(to, matchLabels={"team": "a"})
    found = refused(connection, labels, namespace="other")
    assert (found is None) is allowed
    assert asks_for_labels(connection, "other") is (to == "Selector")
    if found:
        text = "the KafkaConnectCluster ns/prod does not allow connectors of the namespace other (spec.allowedNamespaces); ask its owner"
        assert found == (Reason.NAMESPACE_NOT_ALLOWED, text)


def test_an_empty_selector_selects_every_namespace_that_there_is() -> None:
    assert refused(lent("Selector"), {}, namespace="other") is None
    assert refused(lent("Selector"), None, namespace="other") is not None


def test_without_a_policy_on_names_no_other_namespace_is_served() -> None:
    found = refused(described(allowedNamespaces={"from": "All"}), namespace="other")
    assert found is not None
    assert found[0] is Reason.NAMESPACE_NOT_ALLOWED
    assert "policy.connectorNames" in found[1]
    assert refused(described(allowedNamespaces={"from": "All"})) is None


@pytest.mark.parametrize(
    ("selector", "labels", "matches"),
    [
        ({}, {}, True),
        ({"matchLabels": {"a": "1"}}, {"a": "1", "b": "2"}, True),
        ({"matchLabels": {"a": "1"}}, {"a": "2"}, False),
        ({"matchLabels": {"a": "1", "b": "2"}}, {"a": "1"}, False),
        ({"matchLabels": None, "matchExpressions": None}, {}, True),
        ({"matchExpressions": [{"key": "a", "operator": "In", "values": ["1", "2"]}]}, {"a": "2"}, True),
        ({"matchExpressions": [{"key": "a", "operator": "In", "values": ["1", "2"]}]}, {"a": "3"}, False),
        ({"matchExpressions": [{"key": "a", "operator": "In", "values": ["1", "2"]}]}, {}, False),
        ({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["1"]}]}, {"a": "2"}, True),
        ({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["1"]}]}, {}, True),
        ({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["1"]}]}, {"a": "1"}, False),
        ({"matchExpressions": [{"key": "a", "operator": "Exists"}]}, {"a": ""}, True),
        ({"matchExpressions": [{"key": "a", "operator": "Exists"}]}, {"b": ""}, False),
        ({"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}, {"b": ""}, True),
        ({"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}, {"a": ""}, False),
        ({"matchExpressions": [{"key": "a", "operator": "Like", "values": ["1"]}]}, {"a": "1"}, False),
        ({"matchExpressions": [{}]}, {"a": "1"}, False),
        ({"matchLabels": {"a": "1"}, "matchExpressions": [{"key": "b", "operator": "Exists"}]}, {"a": "1"}, False),
    ],
)
def test_selectors_mean_what_they_mean_to_kubernetes(selector: dict[str, Any], labels: dict[str, str], matches: bool) -> None:
    assert selects(selector, labels) is matches


# -- policy


@pytest.mark.parametrize(
    ("patterns", "namespace", "name", "allowed"),
    [
        (["{namespace}-*"], "team", "team-a", True),
        (["{namespace}-*"], "team", "a", False),
        (["{namespace}-*"], "team", "other-a", False),
        (["{namespace}-*"], "ns", "a", False),
        (["{namespace}-*", "shared"], "team", "shared", True),
        (["Team-*"], "team", "team-a", False),
        (["a?"], "ns", "ab", True),
    ],
)
def test_names_are_bounded(patterns: list[str], namespace: str, name: str, allowed: bool) -> None:
    connection = lent("All", tuple(patterns))
    found = refused(connection, namespace=namespace, spec={"connectorName": name})
    assert (found is None) is allowed
    if found:
        assert found[0] is Reason.INVALID_SPEC
        assert " or ".join(one.replace("{namespace}", namespace) for one in patterns) in found[1]
        assert found[1].endswith("set spec.connectorName")


@pytest.mark.parametrize(("name", "allowed"), [("org.example.Sink", True), ("org.other.Sink", False), ("Sink", False), ("ORG.example.Sink", False)])
def test_classes_are_bounded(name: str, allowed: bool) -> None:
    found = refused(described(policy={"classes": ["org.example.*", "x"]}), spec={"class": name})
    assert (found is None) is allowed
    if found:
        assert found[0] is Reason.INVALID_SPEC
        assert "only classes like org.example.* or x" in found[1]


# -- its end


@pytest.mark.parametrize(
    ("status", "reason"),
    [({}, Reason.CONNECT_CLUSTER_NOT_FOUND), (owning_on(ownership="Creating"), None), (owning_on(), None), (owning_on(ownership="Adopted"), None)],
)
def test_a_connection_that_is_being_deleted_takes_nobody_new(status: dict[str, Any], reason: Reason | None) -> None:
    connection = connection_of(a_connection(deletionTimestamp="x"))
    verdict = refusal(connection, referring(status=status), None)
    assert (verdict.reason if verdict else None) is reason
    assert verdict is None or "name another one in spec.connectClusterRef" in verdict.message


def test_consent_comes_before_everything_else() -> None:
    spec = {"url": URL, "policy": {"connectorNames": ["x"], "classes": ["x"]}}
    connection = connection_of(a_connection(spec=spec, deletionTimestamp="x"))
    verdict = refusal(connection, referring(namespace="other"), None)
    assert verdict is not None
    assert verdict.reason is Reason.NAMESPACE_NOT_ALLOWED
