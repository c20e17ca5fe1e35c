# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What it takes to speak to a Connect, from Secrets and ConfigMaps as they are, and as they should not be."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils._address import Endpoint
from ansible_collections.saiello.kafka_connect.plugins.module_utils._http import Limits
from ansible_collections.saiello.kafka_connect.plugins.module_utils._kube import KubeError
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import Reason, Verdict
from ansible_collections.saiello.kafka_connect.plugins.module_utils._objects import ClusterRef
from ansible_collections.saiello.kafka_connect.plugins.module_utils._references import FORBIDDEN_TYPES
from ansible_collections.saiello.kafka_connect.plugins.module_utils._site import Site, connection_site, labelled_site, missing_site

from .apiserver import CORE, ApiServer
from .manifests import a_connection, owning, owning_on, referring

HTTP, HTTPS = "http://connect:8083", "https://connect:8083"
BASIC = {"authentication": {"basic": {"secretRef": {"name": "login"}}}}
BEARER = {"authentication": {"bearer": {"secretRef": {"name": "login"}}}}
HEADERS = {"headersFrom": [{"secretRef": {"name": "extra"}}, {"secretRef": {"name": "more"}}]}
AUTHORITY = {"url": HTTPS, "tls": {"caConfigMapRef": {"name": "trust"}}}


@pytest.fixture
def server() -> ApiServer:
    found = ApiServer()
    found.add_secret("login", username="me", password="hunter2", token="hunter2")
    found.add_secret("extra", {"X-Tenant": "a"})
    found.add_secret("more", {"X-Key": "hunter2"})
    return found


def site(server: ApiServer, **spec: Any) -> Site:
    return connection_site(server.api, a_connection(spec={"url": HTTP, **spec}))


def problem(server: ApiServer, **spec: Any) -> tuple[Reason, str]:
    found = site(server, **spec).problem
    assert found is not None
    assert "hunter2" not in found.message
    return found.reason, found.message


# -- what is sent


@pytest.mark.parametrize(
    ("spec", "headers"),
    [
        ({}, {}),
        (BASIC, {"Authorization": f"Basic {base64.b64encode(b'me:hunter2').decode()}"}),
        (BEARER, {"Authorization": "Bearer hunter2"}),
        (HEADERS, {"X-Tenant": "a", "X-Key": "hunter2"}),
        ({**BEARER, **HEADERS}, {"Authorization": "Bearer hunter2", "X-Tenant": "a", "X-Key": "hunter2"}),
    ],
)
def test_credentials_become_headers(server: ApiServer, spec: dict[str, Any], headers: dict[str, str]) -> None:
    found = site(server, **spec)
    assert (found.problem, found.headers, found.context) == (None, headers, None)
    assert "hunter2" not in repr(found)


def test_a_connection_is_a_place(server: ApiServer) -> None:
    found = site(server, timeouts={"connect": "1s", "read": "2s", "write": "3s"}, protectConnectors=True)
    assert found.key == "ns/prod"
    assert found.urls == (HTTP,)
    assert found.place == {"connectCluster": {"namespace": "ns", "name": "prod", "uid": "uid-prod"}, "url": HTTP}
    assert found.limits == Limits(1.0, 2.0, 3.0)
    assert found.terms.protected
    assert found.connection is not None
    assert found.object == a_connection(spec={"url": HTTP, "timeouts": {"connect": "1s", "read": "2s", "write": "3s"}, "protectConnectors": True})


def test_each_secret_is_read_once(server: ApiServer) -> None:
    site(server, **BASIC, headersFrom=[{"secretRef": {"name": "extra"}}, {"secretRef": {"name": "extra"}}])
    assert server.requests == [f"GET {CORE}/secrets/login", f"GET {CORE}/secrets/extra"]


def test_without_https_no_authority_is_read(server: ApiServer) -> None:
    problem = site(server, tls={"caConfigMapRef": {"name": "none"}}).problem
    assert problem is not None
    assert "spec.tls.caConfigMapRef needs https" in problem.message
    assert server.requests == []


# -- what is wrong with it


@pytest.mark.parametrize(
    ("spec", "where", "kind", "name"),
    [
        (BASIC, "spec.authentication.basic.secretRef", "Secret", "login"),
        (BEARER, "spec.authentication.bearer.secretRef", "Secret", "login"),
        (HEADERS, "spec.headersFrom[1]", "Secret", "more"),
        ({**AUTHORITY}, "spec.tls.caConfigMapRef", "ConfigMap", "trust"),
        ({"url": HTTPS, "tls": {"caSecretRef": {"name": "login"}}}, "spec.tls.caSecretRef", "Secret", "login"),
        (
            {"url": HTTPS, "authentication": {"clientCertificate": {"secretRef": {"name": "login"}}}},
            "spec.authentication.clientCertificate.secretRef",
            "Secret",
            "login",
        ),
    ],
)
def test_what_is_missing_or_may_not_be_read_is_named_with_the_field(
    server: ApiServer, spec: dict[str, Any], where: str, kind: str, name: str
) -> None:
    path = f"{CORE}/{kind.lower()}s/{name}"
    server.objects.pop(path, None)
    assert problem(server, **spec) == (Reason.REFERENCE_NOT_FOUND, f"the {kind} {name} that {where} names is not there; create it in this namespace")
    server.refuses.add(path)
    assert problem(server, **spec) == (Reason.REFERENCE_NOT_FOUND, f"the operator may not read the {kind} {name} that {where} names; grant it get")


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        (BASIC, "the Secret login that spec.authentication.basic.secretRef names has no key password; add it"),
        (
            {"authentication": {"basic": {"secretRef": {"name": "login", "usernameKey": "u"}}}},
            "the Secret login that spec.authentication.basic.secretRef names has no key u; add it",
        ),
        (BEARER, "the Secret login that spec.authentication.bearer.secretRef names has no key token; add it"),
        (AUTHORITY, "the ConfigMap trust that spec.tls.caConfigMapRef names has no key ca.crt; add it"),
    ],
)
def test_a_missing_key_is_named(server: ApiServer, spec: dict[str, Any], says: str) -> None:
    server.add_secret("login", username="me", other="hunter2")
    server.objects[f"{CORE}/configmaps/trust"] = {"metadata": {"resourceVersion": "1"}}
    assert problem(server, **spec) == (Reason.REFERENCE_NOT_FOUND, says)


@pytest.mark.parametrize("kind", FORBIDDEN_TYPES)
@pytest.mark.parametrize("spec", [BASIC, BEARER, {"headersFrom": [{"secretRef": {"name": "login"}}]}])
def test_secrets_that_are_somebody_elses_business(server: ApiServer, spec: dict[str, Any], kind: str) -> None:
    server.add_secret("login", kind=kind, username="me", password="hunter2", token="hunter2")
    reason, text = problem(server, **spec)
    assert reason is Reason.INVALID_SPEC
    assert f"names a Secret of type {kind}, which may not be used" in text


@pytest.mark.parametrize("raw", ["/w==", "!", "aHVudGVyMg"])
@pytest.mark.parametrize("spec", [BEARER, {"headersFrom": [{"secretRef": {"name": "login"}}]}])
def test_what_is_no_text(server: ApiServer, spec: dict[str, Any], raw: str) -> None:
    server.add_secret("login", raw={"token": raw})
    reason, text = problem(server, **spec)
    assert (reason, "the key token of the Secret login" in text, "is no text" in text) == (Reason.INVALID_SPEC, True, True)


def test_keys_that_nobody_names_may_be_anything(server: ApiServer) -> None:
    server.add_secret("login", raw={"binary": "/w=="}, token="hunter2")
    assert site(server, **BEARER).problem is None


@pytest.mark.parametrize(
    ("spec", "data", "says"),
    [
        (
            BEARER,
            {"token": "hunter2\n"},
            "the Secret login that spec.authentication.bearer.secretRef names, key token: must be printable ASCII text without blanks",
        ),
        (
            BASIC,
            {"username": "a:b", "password": "hunter2"},
            "the Secret login that spec.authentication.basic.secretRef names, key username: must not hold a colon",
        ),
        (
            {"headersFrom": [{"secretRef": {"name": "login"}}]},
            {"Host": "hunter2"},
            "the Secret login that spec.headersFrom[0] names: Host is set by the client itself",
        ),
        (
            {**BEARER, "headersFrom": [{"secretRef": {"name": "login"}}]},
            {"token": "hunter2", "Authorization": "hunter2"},
            "spec.headersFrom: Authorization is set by the other authentication already",
        ),
    ],
)
def test_what_cannot_be_sent(server: ApiServer, spec: dict[str, Any], data: dict[str, str], says: str) -> None:
    server.add_secret("login", data)
    reason, text = problem(server, **spec)
    assert reason is Reason.INVALID_SPEC
    assert text.startswith(says)


def test_a_certificate_that_is_none(server: ApiServer) -> None:
    server.objects[f"{CORE}/configmaps/trust"] = {"metadata": {"resourceVersion": "1"}, "data": {"ca.crt": "hunter2"}}
    reason, text = problem(server, **AUTHORITY)
    assert reason is Reason.INVALID_SPEC
    assert text.startswith("the ConfigMap trust that spec.tls.caConfigMapRef names, key ca.crt: ")


def test_a_spec_that_is_none_keeps_the_place(server: ApiServer) -> None:
    found = connection_site(server.api, a_connection(spec={}))
    assert found.problem is not None
    assert found.problem.reason is Reason.INVALID_SPEC
    assert (found.connection, found.urls, server.requests) == (None, (), [])
    assert found.place == {"connectCluster": {"namespace": "ns", "name": "prod", "uid": "uid-prod"}}


def test_a_problem_with_secrets_keeps_the_connection(server: ApiServer) -> None:
    server.objects.clear()
    found = site(server, **BEARER, protectConnectors=True)
    assert found.connection is not None
    assert (found.terms.protected, found.urls, found.headers) == (True, (HTTP,), {})


def test_an_api_server_that_does_not_answer_is_no_missing_secret(server: ApiServer) -> None:
    server.objects[f"{CORE}/secrets/login"] = []  # type: ignore[assignment]
    with pytest.raises(KubeError):
        site(server, **BEARER)


# -- what changes


def test_the_fingerprint_is_of_the_description_and_of_all_that_was_read(server: ApiServer) -> None:
    spec = {"url": HTTP, **BEARER}
    seen = [connection_site(server.api, a_connection(spec=spec)).fingerprint]
    assert connection_site(server.api, a_connection(spec=spec, resourceVersion="9", labels={"x": "y"})).fingerprint == seen[0]
    server.add_secret("login", version="2", token="hunter2")
    seen.append(connection_site(server.api, a_connection(spec=spec)).fingerprint)
    seen.append(connection_site(server.api, a_connection(spec=spec, generation=2)).fingerprint)
    seen.append(connection_site(server.api, a_connection(spec=spec, uid="another")).fingerprint)
    seen.append(connection_site(server.api, a_connection(spec={"url": HTTP})).fingerprint)
    server.objects.clear()
    seen.append(connection_site(server.api, a_connection(spec=spec, generation=3)).fingerprint)
    assert len(set(seen)) == len(seen)
    assert not any("hunter2" in one for one in seen)


def test_credentials_are_read_again(server: ApiServer) -> None:
    found = site(server, **BEARER)
    assert found.renew is not None
    server.add_secret("login", version="2", token="rotated")
    assert found.renew() == {"Authorization": "Bearer rotated"}
    assert found.headers == {"Authorization": "Bearer hunter2"}


@pytest.mark.parametrize("trouble", ["gone", "refused", "unusable", "odd"])
def test_credentials_that_cannot_be_read_again_are_none(server: ApiServer, trouble: str) -> None:
    found = site(server, **BEARER)
    path = f"{CORE}/secrets/login"
    if trouble == "gone":
        del server.objects[path]
    elif trouble == "refused":
        server.refuses.add(path)
    elif trouble == "unusable":
        server.add_secret("login", token="\n")
    else:
        server.objects[path] = []  # type: ignore[assignment]
    assert found.renew is not None
    assert found.renew() is None


# -- other places


def test_labels_are_a_place() -> None:
    found = labelled_site(Endpoint("http", "connect", 8083))
    assert (found.key, found.urls, found.connection, found.problem) == (HTTP, (HTTP,), None, None)
    assert found.place == {"endpoint": {"schema": "http", "host": "connect", "port": "8083"}, "url": HTTP}


@pytest.mark.parametrize(
    ("status", "kept"),
    [
        ({}, {}),
        (owning_on(url=HTTP), {"connectCluster": {"namespace": "ns", "name": "prod", "uid": "uid-prod"}, "url": HTTP}),
        (owning_on("other", url=HTTP), {}),
        (owning(url=HTTP), {}),
    ],
)
def test_of_a_connection_that_is_not_there_what_was_known_is_kept(status: dict[str, Any], kept: dict[str, Any]) -> None:
    found = missing_site(ClusterRef("ns", "prod"), referring(status=status))
    text = "there is no KafkaConnectCluster ns/prod that the operator watches; create it, or mend spec.connectClusterRef"
    assert found.problem == Verdict(Reason.CONNECT_CLUSTER_NOT_FOUND, text)
    assert found.place == {"connectCluster": {"namespace": "ns", "name": "prod"}, **kept}
    assert found.key == "ns/prod"
