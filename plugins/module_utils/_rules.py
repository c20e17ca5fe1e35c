# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""The rules of our CRDs, which are in CEL, in Python: by their texts, whether a value that has the form of its schema keeps them. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from . import _config, _duration

Rule = Callable[[Any], bool]


def _exactly_one(first: str, second: str) -> tuple[str, Rule]:
    return f"has(self.{first}) != has(self.{second})", lambda value: (first in value) != (second in value)


def _between(shortest: str, longest: str) -> tuple[str, Rule]:
    bounds = _duration.seconds_of(shortest), _duration.seconds_of(longest)
    text = f'duration(self) >= duration("{shortest}") && duration(self) <= duration("{longest}")'
    return text, lambda value: bounds[0] <= _duration.seconds_of(value) <= bounds[1]


def _count(names: Iterable[str], value: Any) -> int:
    return sum(name in value for name in names)


def _speaks_tls_where_it_has_to(value: Any) -> bool:
    trust = value.get("tls", {})
    has_to = "clientCertificate" in value.get("authentication", {}) or _count(_AUTHORITIES, trust) or trust.get("insecureSkipVerify", False)
    return not has_to or all(url.startswith("https:") for url in (value.get("url", "https:"), *value.get("urls", ())))


_RESERVED = ", ".join(f'"{key}"' for key in _config.RESERVED)
_LOGINS = ("basic", "bearer", "clientCertificate")
_AUTHORITIES = ("caSecretRef", "caConfigMapRef")

RULES: dict[str, Rule] = dict(
    (
        # KafkaConnector
        _exactly_one("configMapRef", "secretRef"),
        _exactly_one("configMapKeyRef", "secretKeyRef"),
        (f"[{_RESERVED}].all(key, !(key in self))", lambda value: _count(_config.RESERVED, value) == 0),
        (r"""!self.matches(r"[/\\%;{}\x00-\x1f\x7f-\x9f]")""", lambda value: not re.search(r"[/\\%;{}\x00-\x1f\x7f-\x9f]", value)),
        ('!self.startsWith(" ") && !self.endsWith(" ")', lambda value: value == value.strip(" ")),
        ('self != "." && self != ".."', lambda value: value not in (".", "..")),
        ("false", lambda value: False),
        # KafkaConnectCluster
        _exactly_one("url", "urls"),
        (
            "!(has(self.authentication) && has(self.authentication.clientCertificate)) && !(has(self.tls) && (has(self.tls.caSecretRef) || "
            "has(self.tls.caConfigMapRef) || self.tls.insecureSkipVerify)) || "
            '(!has(self.url) || self.url.startsWith("https:")) && (!has(self.urls) || self.urls.all(one, one.startsWith("https:")))',
            _speaks_tls_where_it_has_to,
        ),
        (
            'self.allowedNamespaces.from == "Same" || (has(self.policy) && has(self.policy.connectorNames))',
            lambda value: value["allowedNamespaces"]["from"] == "Same" or "connectorNames" in value.get("policy", ()),
        ),
        ('!self.matches("/[.]{1,2}(/|$)")', lambda value: not re.search(r"/[.]{1,2}(/|\Z)", value)),
        ("self.all(one, self.exists_one(other, other == one))", lambda value: len(set(value)) == len(value)),
        (
            f"[{', '.join(f'has(self.{name})' for name in _LOGINS)}].filter(given, given).size() <= 1",
            lambda value: _count(_LOGINS, value) <= 1,
        ),
        ("!(has(self.caSecretRef) && has(self.caConfigMapRef))", lambda value: _count(_AUTHORITIES, value) < 2),
        (
            "!self.insecureSkipVerify || !(has(self.caSecretRef) || has(self.caConfigMapRef))",
            lambda value: not (value["insecureSkipVerify"] and _count(_AUTHORITIES, value)),
        ),
        ('(self.from == "Selector") == has(self.selector)', lambda value: (value["from"] == "Selector") == ("selector" in value)),
        (
            '(self.operator in ["In", "NotIn"]) == (has(self.values) && self.values.size() > 0)',
            lambda value: (value["operator"] in ("In", "NotIn")) == bool(value.get("values")),
        ),
        (
            r"""!self.replace("{namespace}", "").matches(r"[/\\%;{}\[\]\x00-\x1f\x7f-\x9f]")""",
            lambda value: not re.search(r"[/\\%;{}\[\]\x00-\x1f\x7f-\x9f]", value.replace("{namespace}", "")),
        ),
        *(_between("1s", longest) for longest in ("30s", "60s", "100s", "8760h")),
        _between("5s", "24h"),
    )
)
