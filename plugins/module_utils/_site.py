# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""One Connect as its objects name it, with what it takes to speak to it: address, credentials, trust."""

from __future__ import annotations

import base64
import binascii
import hashlib
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from . import _connection, _credentials, _objects
from ._address import Endpoint
from ._connection import Connection, KeyRef, SpecError
from ._http import Limits
from ._kube import KubeApi, KubeError
from ._model import Reason, Verdict
from ._tls import TlsError, tls_context

# Kinds of Secrets that are somebody else's business, whoever names them.
FORBIDDEN_TYPES = (
    "kubernetes.io/service-account-token",
    "bootstrap.kubernetes.io/token",
    "kubernetes.io/dockercfg",
    "kubernetes.io/dockerconfigjson",
    "helm.sh/release.v1",
)


class SiteError(Exception):
    """A Connect that cannot be spoken to as it is described; ``verdict`` says why, and holds no value."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.message)
        self.verdict = verdict


@dataclass(frozen=True)
class Site:
    """``key``: of its locks and records. ``place``: the fields of a status that say where it is. ``problem``: why nothing can be asked of it.

    ``fingerprint``: another one means other credentials or another description. ``renew`` reads the credentials again.
    """

    key: str
    urls: tuple[str, ...] = ()
    place: Mapping[str, Any] = field(default_factory=dict)
    terms: _objects.Terms = field(default_factory=_objects.Terms)
    problem: Verdict | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    context: ssl.SSLContext | None = None
    limits: Limits = field(default_factory=Limits)
    fingerprint: str = ""
    renew: Callable[[], Mapping[str, str] | None] | None = None
    connection: Connection | None = None
    object: Mapping[str, Any] | None = None


def labelled_site(place: Endpoint) -> Site:
    """The Connect that labels name."""
    labels = {"schema": place.scheme, "host": place.host, "port": str(place.port)}
    return Site(place.url, (place.url,), {"endpoint": labels, "url": place.url})


def missing_site(place: _objects.ClusterRef, obj: _objects.Object) -> Site:
    """The place of an object whose connection is not there. What was known of it is kept."""
    known = _objects.status_of(obj)
    kept = {key: known[key] for key in ("connectCluster", "url") if key in known and _objects.owned_place(obj) == place}
    text = f"there is no KafkaConnectCluster {place.key} that the operator watches; create it, or mend spec.connectClusterRef"
    cluster = {"connectCluster": {"namespace": place.namespace, "name": place.name}}
    return Site(place.key, place={**cluster, **kept}, problem=Verdict(Reason.CONNECT_CLUSTER_NOT_FOUND, text))


def connection_site(api: KubeApi, obj: Mapping[str, Any]) -> Site:
    """The Connect that a KafkaConnectCluster describes, its Secrets read at this moment.

    :raises KubeError: if the Kubernetes API does not answer.
    """
    metadata = obj["metadata"]
    cluster = {"namespace": metadata["namespace"], "name": metadata["name"], "uid": metadata["uid"]}
    site = Site(f"{metadata['namespace']}/{metadata['name']}", place={"connectCluster": cluster}, object=obj)
    try:
        connection = _connection.connection_of(obj)
    except SpecError as error:
        return replace(site, problem=Verdict(Reason.INVALID_SPEC, str(error)))
    site = replace(site, place={**site.place, "url": connection.urls[0]}, urls=connection.urls, connection=connection, terms=connection.terms)
    sources = _Sources(api, metadata["namespace"])
    try:
        headers = _headers(connection, sources)
        context = _context(connection, sources)
    except SiteError as error:
        return replace(site, problem=error.verdict, fingerprint=sources.fingerprint(obj))
    seconds = connection.timeouts
    limits = Limits(seconds["connect"], seconds["read"], seconds["write"])
    return replace(
        site, headers=headers, context=context, limits=limits, fingerprint=sources.fingerprint(obj), renew=lambda: _renewed(api, connection)
    )


# What texts about a Connect that lets nobody in have to do with; the first that fits counts.
_ABOUT = (
    ("(401)", "credentials"),
    ("(403)", "credentials"),
    ("client certificate", "certificate"),
    ("its certificate is not trusted", "authority"),
)
_SHUT = (Reason.CONNECT_UNAUTHORIZED, Reason.CONNECT_FORBIDDEN, Reason.CONNECT_UNREACHABLE, Reason.DELETION_BLOCKED)


def advised(site: Site, namespace: str, verdict: Verdict) -> Verdict:
    """A verdict that also says which Secret or field of the connection is to be put right, where that may be it.

    :param namespace: of the object that shows it; another one than that of the connection is told no names of Secrets.
    """
    connection = site.connection
    about = next((part for mark, part in _ABOUT if mark in verdict.message), "") if verdict.reason in _SHUT else ""
    if connection is None or not about:
        return verdict
    if namespace != connection.place.namespace:
        return replace(verdict, message=f"{verdict.message}; tell the owner of the KafkaConnectCluster {site.key}")
    return replace(verdict, message=f"{verdict.message}; {_advice(connection)[about]}")


def _advice(connection: Connection) -> dict[str, str]:
    where = connection.authentication
    logins = [*(where.basic or ())[:1], *((where.bearer,) if where.bearer else ()), *connection.headers]
    names = " and ".join(_named(replace(ref, key="")) for ref in logins)
    pair = where.certificate
    return {
        "credentials": f"check {names}" if names else "name credentials in spec.authentication",
        "certificate": f"check {_named(replace(pair[0], key=''))}" if pair else "name one in spec.authentication.clientCertificate",
        "authority": f"check {_named(connection.authority)}" if connection.authority else "name the authority that signed it in spec.tls",
    }


def _renewed(api: KubeApi, connection: Connection) -> Mapping[str, str] | None:
    try:
        return _headers(connection, _Sources(api, connection.place.namespace))
    except (SiteError, KubeError):
        return None


class _Sources:
    """The Secrets and ConfigMaps of one namespace, each read once."""

    def __init__(self, api: KubeApi, namespace: str) -> None:
        self._api = api
        self._namespace = namespace
        self._read: dict[tuple[str, str], dict[str, Any]] = {}

    def fingerprint(self, obj: Mapping[str, Any]) -> str:
        """Of the connection and all that was read for it, without a value of it."""
        versions = sorted((*key, str(one["metadata"].get("resourceVersion"))) for key, one in self._read.items())
        own = (obj["metadata"].get("uid"), obj["metadata"].get("generation"))
        return hashlib.sha256(repr((own, versions)).encode()).hexdigest()[:16]

    def text(self, ref: KeyRef) -> str:
        """The value of a key.

        :raises SiteError: if it is not there.
        """
        found = self.texts(ref)
        if ref.key not in found:
            raise SiteError(_unknown(f"the {ref.kind} {ref.name} that {ref.field} names has no key {ref.key}; add it"))
        return found[ref.key]

    def texts(self, ref: KeyRef) -> dict[str, str]:
        """The values of all keys, or of the one that is named.

        :raises SiteError: if there is no such object, or it holds what is no text.
        """
        obj = self._get(ref)
        if ref.kind == "ConfigMap":
            return dict(obj.get("data") or {})
        if obj.get("type") in FORBIDDEN_TYPES:
            text = f"{ref.field} names a Secret of type {obj['type']}, which may not be used; make one of type Opaque"
            raise SiteError(Verdict(Reason.INVALID_SPEC, text))
        return {key: _decoded(ref, key, value) for key, value in (obj.get("data") or {}).items() if ref.key in ("", key)}

    def _get(self, ref: KeyRef) -> dict[str, Any]:
        key = (ref.kind, ref.name)
        if key not in self._read:
            plural = "secrets" if ref.kind == "Secret" else "configmaps"
            try:
                found = self._api.get(f"/api/v1/namespaces/{quote(self._namespace)}/{plural}/{quote(ref.name)}")
            except KubeError as error:
                if error.status != 403:
                    raise
                raise SiteError(_unknown(f"the operator may not read the {ref.kind} {ref.name} that {ref.field} names; grant it get")) from error
            if found is None:
                raise SiteError(_unknown(f"the {ref.kind} {ref.name} that {ref.field} names is not there; create it in this namespace"))
            self._read[key] = found
        return self._read[key]


def _unknown(text: str) -> Verdict:
    return Verdict(Reason.REFERENCE_NOT_FOUND, text)


def _decoded(ref: KeyRef, key: str, value: Any) -> str:
    try:
        return base64.b64decode(str(value), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        text = f"the key {key} of the Secret {ref.name} that {ref.field} names is no text; store it as text"
        raise SiteError(Verdict(Reason.INVALID_SPEC, text)) from None


def _headers(connection: Connection, sources: _Sources) -> dict[str, str]:
    """What is sent with every request.

    :raises SiteError: for what is missing, or cannot be sent.
    """
    authorization: dict[str, str] = {}
    extra: dict[str, str] = {}
    where = connection.authentication
    if where.basic:
        user, password = (sources.text(ref) for ref in where.basic)
        source = dict(zip(("username", "password"), map(_named, where.basic), strict=True))
        authorization = _checked(source, lambda: _credentials.basic(user, password))
    elif where.bearer:
        token = sources.text(where.bearer)
        authorization = _checked({"token": _named(where.bearer)}, lambda: _credentials.bearer(token))
    for ref in connection.headers:
        values = sources.texts(ref)
        extra.update(_checked({"header": _named(ref)}, lambda values=values: _credentials.extra_headers(values)))  # type: ignore[misc]
    return _checked({"header": "spec.headersFrom"}, lambda: _credentials.together(authorization, extra))


def _context(connection: Connection, sources: _Sources) -> ssl.SSLContext | None:
    if not any(url.startswith("https:") for url in connection.urls):
        return None
    pair = connection.authentication.certificate
    certificate = (sources.text(pair[0]), sources.text(pair[1])) if pair else None
    authority = sources.text(connection.authority) if connection.authority else None
    try:
        return tls_context(authority=authority, certificate=certificate, verify=connection.verify)
    except TlsError as error:
        sources_of = {"authority": connection.authority, **dict(zip(("certificate", "key"), pair or (None, None), strict=True))}
        ref = sources_of[error.part]
        raise SiteError(Verdict(Reason.INVALID_SPEC, f"{_named(ref) if ref else 'spec.tls'}: {error}")) from error


def _named(ref: KeyRef) -> str:
    key = f", key {ref.key}" if ref.key else ""
    return f"the {ref.kind} {ref.name} that {ref.field} names{key}"


def _checked(source: Mapping[str, str], make: Callable[[], dict[str, str]]) -> dict[str, str]:
    """:raises SiteError: naming which of the sources (by part) cannot be used."""
    try:
        return make()
    except _credentials.CredentialError as error:
        raise SiteError(Verdict(Reason.INVALID_SPEC, f"{source[error.part]}: {error}")) from error
