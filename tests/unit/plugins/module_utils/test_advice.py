# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a connection that is let in by nobody tells people to put right."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils._connection import connection_of
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import Reason, Verdict
from ansible_collections.saiello.kafka_connect.plugins.module_utils._site import Site, advised

LOGIN = {"authentication": {"basic": {"secretRef": {"name": "login"}}}, "headersFrom": [{"secretRef": {"name": "tenant"}}]}
PAIR = {"authentication": {"clientCertificate": {"secretRef": {"name": "pair"}}}, "tls": {"caConfigMapRef": {"name": "trust", "key": "ca.pem"}}}

REFUSED = Verdict(Reason.CONNECT_UNAUTHORIZED, "Kafka Connect at u: it wants credentials, or does not accept these (401)")
UNTRUSTED = Verdict(Reason.CONNECT_UNREACHABLE, "Kafka Connect at u: its certificate is not trusted")
UNKNOWN = Verdict(Reason.CONNECT_UNREACHABLE, "Kafka Connect at u: it does not accept the client certificate")


def site(spec: dict[str, Any]) -> Site:
    obj = {"metadata": {"namespace": "kafka", "name": "prod"}, "spec": {"url": "https://c:8083", **spec}}
    return Site("kafka/prod", connection=connection_of(obj))


@pytest.mark.parametrize(
    ("spec", "verdict", "advice"),
    [
        (
            LOGIN,
            REFUSED,
            "check the Secret login that spec.authentication.basic.secretRef names and the Secret tenant that spec.headersFrom[0] names",
        ),
        ({}, REFUSED, "name credentials in spec.authentication"),
        (PAIR, UNTRUSTED, "check the ConfigMap trust that spec.tls.caConfigMapRef names, key ca.pem"),
        ({}, UNTRUSTED, "name the authority that signed it in spec.tls"),
        (PAIR, UNKNOWN, "check the Secret pair that spec.authentication.clientCertificate.secretRef names"),
        ({}, UNKNOWN, "name one in spec.authentication.clientCertificate"),
    ],
)
def test_what_to_put_right(spec: dict[str, Any], verdict: Verdict, advice: str) -> None:
    assert advised(site(spec), "kafka", verdict) == Verdict(verdict.reason, f"{verdict.message}; {advice}")


def test_another_namespace_is_told_no_names() -> None:
    assert advised(site(LOGIN), "team", REFUSED).message.endswith("(401); tell the owner of the KafkaConnectCluster kafka/prod")


@pytest.mark.parametrize("verdict", [Verdict(Reason.CONNECT_UNREACHABLE, "connection refused"), Verdict(Reason.INVALID_CONFIG, "(401)")])
def test_nothing_is_added_to_the_rest(verdict: Verdict) -> None:
    assert advised(site(LOGIN), "kafka", verdict) == verdict


def test_without_a_connection_there_is_nothing_to_name() -> None:
    assert advised(Site("http://c:8083"), "kafka", REFUSED) == REFUSED
