# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""KafkaConnectCluster objects: the Connect that they describe, and what they allow to connectors. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from . import _config, _duration, _objects, _wanted
from ._address import EndpointError, parse_url
from ._model import Adoption, ClusterMark, Deletion, DriftPolicy, Ownership, Reason, Verdict
from ._sources import KeyRef, version_of

Spec = Mapping[str, Any]

SYNC_PERIOD, SHORTEST_PERIOD = 60.0, 5.0
# As the CRD has them, in seconds: connect, read, write.
TIMEOUTS = {"connect": 5.0, "read": 30.0, "write": 100.0}


class SpecError(ValueError):
    """A KafkaConnectCluster that cannot be used; the text names the field and the remedy."""


@dataclass(frozen=True)
class Authentication:
    """At most one of: user name and password, a token, certificate and private key."""

    basic: tuple[KeyRef, KeyRef] | None = None
    bearer: KeyRef | None = None
    certificate: tuple[KeyRef, KeyRef] | None = None


@dataclass(frozen=True)
class Connection:
    """A Connect as a KafkaConnectCluster describes it; times in seconds."""

    place: _objects.ClusterRef
    uid: str
    urls: tuple[str, ...]
    authentication: Authentication = Authentication()
    headers: tuple[KeyRef, ...] = ()
    authority: KeyRef | None = None
    verify: bool = True
    timeouts: Mapping[str, float] = field(default_factory=lambda: dict(TIMEOUTS))
    sync_period: float = SYNC_PERIOD
    allowed_from: str = "Same"
    selector: Mapping[str, Any] = field(default_factory=dict)
    connector_names: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    report_unmanaged: bool = True
    deleting: bool = False
    terms: _wanted.Terms = field(default_factory=_wanted.Terms)


def sync_period(obj: _objects.Object) -> float:
    """Seconds from one pass over everything to the next; the default where the spec cannot be read."""
    try:
        return max(SHORTEST_PERIOD, _duration.seconds_of(str(obj.get("spec", {}).get("syncPeriod", "60s"))))
    except ValueError:
        return SYNC_PERIOD


def connection_of(obj: _objects.Object) -> Connection:
    """The connection that an object describes.

    :raises SpecError: naming the field that is wrong. The CRD refuses most of this already; an object may be older than it.
    """
    spec = obj.get("spec", {})
    place = _objects.ClusterRef(str(obj["metadata"]["namespace"]), str(obj["metadata"]["name"]))
    allowed, policy, tls = spec.get("allowedNamespaces") or {}, spec.get("policy") or {}, spec.get("tls") or {}
    urls = _urls(spec)
    _check_schemas(spec, urls)
    return Connection(
        place,
        uid=str(obj["metadata"].get("uid", "")),
        urls=urls,
        authentication=_authentication(spec.get("authentication") or {}),
        headers=tuple(KeyRef(f"spec.headersFrom[{index}]", one["secretRef"]["name"]) for index, one in enumerate(spec.get("headersFrom") or ())),
        authority=_authority(tls),
        verify=not tls.get("insecureSkipVerify", False),
        timeouts=_timeouts(spec.get("timeouts") or {}),
        sync_period=sync_period(obj),
        allowed_from=str(allowed.get("from", "Same")),
        selector=allowed.get("selector") or {},
        connector_names=tuple(policy.get("connectorNames") or ()),
        classes=tuple(policy.get("classes") or ()),
        report_unmanaged=spec.get("unmanagedConnectors", "Report") == "Report",
        deleting=_objects.is_deleting(obj),
        terms=_terms(obj, spec),
    )


def _urls(spec: Spec) -> tuple[str, ...]:
    if bool(spec.get("url")) == bool(spec.get("urls")):
        raise SpecError("spec: exactly one of url and urls says where Connect is")
    named = [("url", spec["url"])] if spec.get("url") else [(f"urls[{index}]", url) for index, url in enumerate(spec["urls"])]
    found = []
    for name, url in named:
        try:
            found.append(parse_url(str(url)).url)
        except EndpointError as error:
            raise SpecError(f"spec.{name}: {error}") from error
    return tuple(dict.fromkeys(found))


def _check_schemas(spec: Spec, urls: tuple[str, ...]) -> None:
    """:raises SpecError: for what would do nothing, and seem to protect."""
    tls, plain = spec.get("tls") or {}, [url for url in urls if not url.startswith("https:")]
    given = [f"spec.tls.{name}" for name in ("caSecretRef", "caConfigMapRef", "insecureSkipVerify") if tls.get(name)]
    if "clientCertificate" in (spec.get("authentication") or {}):
        given.append("spec.authentication.clientCertificate")
    if plain and given:
        raise SpecError(f"{given[0]} needs https, and {plain[0]} has another schema; change the address, or remove that field")


def _authentication(spec: Spec) -> Authentication:
    if len(spec) > 1:
        raise SpecError(f"spec.authentication: only one of {' and '.join(sorted(spec))} can be used")
    for kind, one in spec.items():
        where, ref = f"spec.authentication.{kind}.secretRef", one["secretRef"]
        if kind == "basic":
            keys = (ref.get("usernameKey", "username"), ref.get("passwordKey", "password"))
            return Authentication(basic=(KeyRef(where, ref["name"], keys[0]), KeyRef(where, ref["name"], keys[1])))
        if kind == "bearer":
            return Authentication(bearer=KeyRef(where, ref["name"], ref.get("key", "token")))
        return Authentication(certificate=(KeyRef(where, ref["name"], "tls.crt"), KeyRef(where, ref["name"], "tls.key")))
    return Authentication()


def _authority(tls: Spec) -> KeyRef | None:
    for name, kind in (("caSecretRef", "Secret"), ("caConfigMapRef", "ConfigMap")):
        ref = tls.get(name)
        if ref:
            return KeyRef(f"spec.tls.{name}", ref["name"], ref.get("key", "ca.crt"), kind)
    return None


def _timeouts(spec: Spec) -> dict[str, float]:
    found = dict(TIMEOUTS)
    for name, text in spec.items():
        try:
            found[name] = _duration.seconds_of(str(text))
        except ValueError as error:
            raise SpecError(f"spec.timeouts.{name} {error}") from error
        if found[name] <= 0:
            raise SpecError(f"spec.timeouts.{name} must be longer than nothing")
    return found


def _terms(obj: _objects.Object, spec: Spec) -> _wanted.Terms:
    defaults = spec.get("connectorDefaults") or {}
    return _wanted.Terms(
        config=_default_config(defaults.get("config") or {}),
        generation=int(obj["metadata"].get("generation", 0)),
        plugins=_version_of_plugins(_objects.status_of(obj).get("plugins")),
        tasks_max=defaults.get("tasksMax"),
        ignored_keys=tuple(spec.get("ignoreLiveKeys") or ()),
        protected=bool(spec.get("protectConnectors", False)),
        drift_policy=DriftPolicy(defaults["driftPolicy"]) if defaults.get("driftPolicy") else None,
        # Whoever may use a connection takes over no connector by that alone.
        adoption_bound=Adoption((spec.get("policy") or {}).get("adoption") or Adoption.IF_IDENTICAL),
        **_ends(defaults),
        hold=_hold(obj, spec),
        mark=ClusterMark(str(_objects.status_of(obj).get("kafkaClusterId", "")), _objects.accepted_cluster(obj), _objects.verdict_of(obj)),
    )


# What the keys are called that have fields of their own.
_FIELDS = {
    key: "spec.connectorDefaults.tasksMax" if key == _config.TASKS_MAX else f"spec.{field} of the KafkaConnectors"
    for key, field in _config.RESERVED.items()
}


def _default_config(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """:raises SpecError: for what would be wrong in each connector that gets it."""
    try:
        _config.canonical("", "", None, config, reserved=_FIELDS)
    except _config.ConfigError as error:
        raise SpecError(f"spec.connectorDefaults.{error}") from error
    return config


def terms_of_missing(effective: Mapping[str, Any]) -> _wanted.Terms:
    """What is still known of the terms of a connection that is not there, from ``status.effective`` of a connector."""
    return _wanted.Terms(**_ends(effective))


def _ends(defaults: Mapping[str, Any]) -> dict[str, Any]:
    """How connectors come to an object, and leave it."""
    adoption, deletion = defaults.get("adoptionPolicy"), defaults.get("deletionPolicy")
    return {
        "adoption": Adoption(adoption) if adoption else None,
        "deletion": Deletion(deletion) if deletion else None,
        "deletion_deadline": str(defaults.get("deletionDeadline") or ""),
    }


def _version_of_plugins(plugins: Any) -> str:
    return version_of([json.dumps(plugins, sort_keys=True)]) if plugins else ""


def _hold(obj: _objects.Object, spec: Spec) -> Verdict | None:
    """Why nothing is written to this Connect, if the connection says so."""
    name = f"the KafkaConnectCluster {_objects.key_of(obj)}"
    if _objects.is_paused(obj):
        return Verdict(Reason.DRIFTED, f"{name} is paused by the annotation pause-reconciliation")
    if spec.get("mode") == "Plan":
        return Verdict(Reason.PLAN_ONLY, f"Nothing is written while {name} has mode: Plan")
    return None


# -- what it allows


def asks_for_labels(connection: Connection, namespace: str) -> bool:
    """Whether the labels of a namespace decide if connectors in it may use the connection."""
    return connection.allowed_from == "Selector" and namespace != connection.place.namespace


def refusal(connection: Connection, obj: _objects.Object, labels: Mapping[str, str] | None) -> Verdict | None:
    """Why an object may not use the connection like this, if so.

    :param labels: those of the object's namespace, None if that is not there or not asked for.
    """
    namespace = str(obj["metadata"].get("namespace", ""))
    home = namespace == connection.place.namespace
    name, key = _objects.connector_name(obj), connection.place.key
    if not home and not _consents(connection, labels):
        text = f"the KafkaConnectCluster {key} does not allow connectors of the namespace {namespace} (spec.allowedNamespaces); ask its owner"
        return Verdict(Reason.NAMESPACE_NOT_ALLOWED, text)
    if not home and not connection.connector_names:
        text = f"the KafkaConnectCluster {key} has no policy.connectorNames, without which it takes no connectors of other namespaces"
        return Verdict(Reason.NAMESPACE_NOT_ALLOWED, text)
    if connection.deleting and _objects.ownership_of(obj) is Ownership.NONE:
        text = f"the KafkaConnectCluster {key} is being deleted; name another one in spec.connectClusterRef, or create it again when it is gone"
        return Verdict(Reason.CONNECT_CLUSTER_NOT_FOUND, text)
    patterns = [pattern.replace("{namespace}", namespace) for pattern in connection.connector_names]
    if patterns and not _matches(name, patterns):
        names = " or ".join(patterns)
        text = f"the KafkaConnectCluster {key} takes connectors of this namespace only if they are named {names}; set spec.connectorName"
        return Verdict(Reason.INVALID_SPEC, text)
    connector_class = str(obj.get("spec", {}).get("class", ""))
    if connection.classes and not _matches(connector_class, connection.classes):
        classes = " or ".join(connection.classes)
        text = f"the KafkaConnectCluster {key} takes only classes like {classes}; set spec.class to one of them, by its full name"
        return Verdict(Reason.INVALID_SPEC, text)
    return None


def _matches(text: str, patterns: tuple[str, ...] | list[str]) -> bool:
    return any(fnmatchcase(text, pattern) for pattern in patterns)


def _consents(connection: Connection, labels: Mapping[str, str] | None) -> bool:
    if connection.allowed_from == "Selector":
        return labels is not None and selects(connection.selector, labels)
    return connection.allowed_from == "All"


def selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether a label selector of Kubernetes matches. An unknown operator matches nothing."""
    exact = selector.get("matchLabels") or {}
    expressions = selector.get("matchExpressions") or ()
    return all(labels.get(key) == value for key, value in exact.items()) and all(_fulfils(one, labels) for one in expressions)


def _fulfils(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    key, values = expression.get("key", ""), expression.get("values") or ()
    return {
        "In": key in labels and labels.get(key) in values,
        "NotIn": key not in labels or labels[key] not in values,
        "Exists": key in labels,
        "DoesNotExist": key not in labels,
    }.get(str(expression.get("operator")), False)
