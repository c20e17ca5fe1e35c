# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Specs that break the rules of the CRDs, and such that just keep them."""

from __future__ import annotations

LOGIN = "{secretRef: {name: s}}"
AUTHORITY = "{name: s}"
SELECTING = "{url: 'http://x', policy: {connectorNames: [x]}, allowedNamespaces: {from: Selector, selector: {matchExpressions: [EXPRESSION]}}}"
ELSEWHERE = "allowedNamespaces: {from: All}"
# For each rule of the CRDs, by where it is in which kind, what breaks it and nothing else; where it stands is told, and at which line.
BROKEN = [
    ("KafkaConnectCluster", "spec", "{}"),
    ("KafkaConnectCluster", "spec", "{url: 'http://x', urls: ['http://y']}"),
    ("KafkaConnectCluster", "spec", f"{{url: 'http://x', {ELSEWHERE}}}"),
    ("KafkaConnectCluster", "spec", f"{{url: 'http://x', {ELSEWHERE}, policy: {{classes: [x]}}}}"),
    ("KafkaConnectCluster", "spec.url", "{url: 'http://x/a/../b'}"),
    ("KafkaConnectCluster", "spec.urls[1]", "{urls: ['http://x', 'http://y/.']}"),
    ("KafkaConnectCluster", "spec.urls", "{urls: ['http://x', 'http://x']}"),
    ("KafkaConnectCluster", "spec.authentication", f"{{url: 'http://x', authentication: {{basic: {LOGIN}, bearer: {LOGIN}}}}}"),
    ("KafkaConnectCluster", "spec.tls", f"{{url: 'https://x', tls: {{caSecretRef: {AUTHORITY}, caConfigMapRef: {AUTHORITY}}}}}"),
    ("KafkaConnectCluster", "spec.tls", f"{{url: 'https://x', tls: {{caSecretRef: {AUTHORITY}, insecureSkipVerify: true}}}}"),
    ("KafkaConnectCluster", "spec", f"{{url: 'http://x', tls: {{caSecretRef: {AUTHORITY}}}}}"),
    ("KafkaConnectCluster", "spec", "{url: 'http://x', tls: {insecureSkipVerify: true}}"),
    ("KafkaConnectCluster", "spec", f"{{urls: ['https://x', 'http://y'], authentication: {{clientCertificate: {LOGIN}}}}}"),
    *(
        ("KafkaConnectCluster", f"spec.timeouts.{name}", f"{{url: 'http://x', timeouts: {{{name}: {text}}}}}")
        for name, text in (("connect", "500s"), ("connect", "0s"), ("read", "61s"), ("write", "2m"))
    ),
    ("KafkaConnectCluster", "spec.syncPeriod", "{url: 'http://x', syncPeriod: 1s}"),
    ("KafkaConnectCluster", "spec.syncPeriod", "{url: 'http://x', syncPeriod: 24h1s}"),
    ("KafkaConnectCluster", "spec.allowedNamespaces", "{url: 'http://x', allowedNamespaces: {from: Selector}, policy: {connectorNames: [x]}}"),
    ("KafkaConnectCluster", "spec.allowedNamespaces", "{url: 'http://x', allowedNamespaces: {selector: {matchLabels: {a: b}}}}"),
    *(
        (
            "KafkaConnectCluster",
            "spec.allowedNamespaces.selector.matchExpressions[0]",
            SELECTING.replace("EXPRESSION", expression),
        )
        for expression in ("{key: a, operator: In}", "{key: a, operator: NotIn, values: []}", "{key: a, operator: Exists, values: [b]}")
    ),
    *(
        ("KafkaConnectCluster", "spec.policy.connectorNames[1]", f"{{url: 'http://x', policy: {{connectorNames: ['{{namespace}}.*', {name}]}}}}")
        for name in ("'a/b'", "'[ab]'", "'{other}'", '"a\\x7f"', "'{namespace'")
    ),
    ("KafkaConnectCluster", "spec.connectorDefaults.deletionDeadline", "{url: 'http://x', connectorDefaults: {deletionDeadline: 0s}}"),
    ("KafkaConnector", "spec.configFrom[0]", "{class: x, configFrom: [{}]}"),
    ("KafkaConnector", "spec.configFrom[0]", f"{{class: x, configFrom: [{{configMapRef: {AUTHORITY}, secretRef: {AUTHORITY}}}]}}"),
    ("KafkaConnector", "spec.configValueFrom.a", "{class: x, configValueFrom: {a: {}}}"),
    ("KafkaConnector", "spec.configValueFrom", "{class: x, configValueFrom: {tasks.max: {secretKeyRef: {name: s, key: k}}}}"),
    ("KafkaConnector", "spec.autoRestart", "{class: x, autoRestart: {}}"),
    ("KafkaConnector", "spec.deletionDeadline", "{class: x, deletionDeadline: 8761h}"),
    *(("KafkaConnector", "spec.connectorName", f"{{class: x, connectorName: {name}}}") for name in ("a/b", "' a'", "'a '", "'.'", "'..'")),
]

# Specs that keep all rules, at their very bounds.
KEPT = [
    ("KafkaConnectCluster", "{urls: ['http://x', 'http://y/a/...']}"),
    (
        "KafkaConnectCluster",
        f"{{url: 'http://x/.a/b..', {ELSEWHERE}, policy: {{connectorNames: ['{{namespace}}.*', 'a?b', '{{namespace}}{{namespace}}']}}}}",
    ),
    (
        "KafkaConnectCluster",
        f"{{url: 'https://x', authentication: {{basic: {LOGIN}}}, tls: {{caSecretRef: {AUTHORITY}, insecureSkipVerify: false}}}}",
    ),
    ("KafkaConnectCluster", "{url: 'https://x', tls: {insecureSkipVerify: true}}"),
    ("KafkaConnectCluster", "{url: 'http://x', timeouts: {connect: 1s, read: 60s, write: 1m40s}, syncPeriod: 5s}"),
    ("KafkaConnectCluster", "{url: 'http://x', syncPeriod: 24h, connectorDefaults: {deletionDeadline: 8760h}}"),
    *(
        ("KafkaConnectCluster", SELECTING.replace("EXPRESSION", expression))
        for expression in ("{key: a, operator: In, values: [b]}", "{key: a, operator: Exists}", "{key: a, operator: DoesNotExist, values: []}")
    ),
    ("KafkaConnector", f"{{class: x, configFrom: [{{configMapRef: {AUTHORITY}}}], configValueFrom: {{a: {{secretKeyRef: {{name: s, key: k}}}}}}}}"),
    ("KafkaConnector", "{class: x, autoRestart: null, deletionDeadline: 1s, connectorName: 'a [b].. c'}"),
]
