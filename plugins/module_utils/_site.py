# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""One Connect as its objects name it, with what it takes to speak to it: address, credentials, trust."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from . import _connection, _credentials, _objects, _wanted
from ._address import Endpoint
from ._connection import Connection, SpecError
from ._http import Limits
from ._kube import KubeError
from ._model import Reason, Verdict
from ._references import Api, References
from ._sources import ReferenceFault, version_of
from ._tls import TlsError, tls_context


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
    terms: _wanted.Terms = field(default_factory=_wanted.Terms)
    problem: Verdict | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    context: ssl.SSLContext | None = None
    limits: Limits = field(default_factory=Limits)
    fingerprint: str = ""
    renew: Callable[[], Mapping[str, str] | None] | None = None
    connection: Connection | None = None
    object: Mapping[str, Any] | None = None

    @property
    def is_labelled(self) -> bool:
        """Whether labels name it. Who may set labels may point it anywhere, so it is trusted with less."""
        return "endpoint" in self.place


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
    terms = _connection.terms_of_missing(known.get("effective") or {})
    return Site(place.key, place={**cluster, **kept}, terms=terms, problem=Verdict(Reason.CONNECT_CLUSTER_NOT_FOUND, text))


def connection_site(api: Api, obj: Mapping[str, Any]) -> Site:
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
    sources = References(api, metadata["namespace"])
    try:
        headers = _headers(connection, sources)
        context = _context(connection, sources)
    except (SiteError, ReferenceFault) as error:
        return replace(site, problem=error.verdict, fingerprint=_fingerprint(obj, sources))
    # Its uid alone is in the status of every connector on it.
    terms = replace(connection.terms, keeper=f"{connection.uid} {sorted(headers.items())}")
    seconds = connection.timeouts
    limits = Limits(seconds["connect"], seconds["read"], seconds["write"])
    return replace(
        site,
        terms=terms,
        headers=headers,
        context=context,
        limits=limits,
        fingerprint=_fingerprint(obj, sources),
        renew=lambda: _renewed(api, connection),
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
    names = " and ".join(str(replace(ref, key="")) for ref in logins)
    pair = where.certificate
    return {
        "credentials": f"check {names}" if names else "name credentials in spec.authentication",
        "certificate": f"check {replace(pair[0], key='')}" if pair else "name one in spec.authentication.clientCertificate",
        "authority": f"check {connection.authority}" if connection.authority else "name the authority that signed it in spec.tls",
    }


def _renewed(api: Api, connection: Connection) -> Mapping[str, str] | None:
    try:
        return _headers(connection, References(api, connection.place.namespace))
    except (SiteError, ReferenceFault, KubeError):
        return None


def _fingerprint(obj: Mapping[str, Any], sources: References) -> str:
    """Of the connection and all that was read for it, without a value of it."""
    return version_of((obj["metadata"].get("uid"), obj["metadata"].get("generation"), sources.version()))


def _headers(connection: Connection, sources: References) -> dict[str, str]:
    """What is sent with every request.

    :raises ReferenceFault: for what is missing; :raises SiteError: for what cannot be sent.
    """
    authorization: dict[str, str] = {}
    extra: dict[str, str] = {}
    where = connection.authentication
    if where.basic:
        user, password = (sources.text(ref) for ref in where.basic)
        source = dict(zip(("username", "password"), map(str, where.basic), strict=True))
        authorization = _checked(source, lambda: _credentials.basic(user, password))
    elif where.bearer:
        token = sources.text(where.bearer)
        authorization = _checked({"token": str(where.bearer)}, lambda: _credentials.bearer(token))
    for ref in connection.headers:
        values = sources.texts(ref)
        extra.update(_checked({"header": str(ref)}, lambda values=values: _credentials.extra_headers(values)))  # type: ignore[misc]
    return _checked({"header": "spec.headersFrom"}, lambda: _credentials.together(authorization, extra))


def _context(connection: Connection, sources: References) -> ssl.SSLContext | None:
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
        raise SiteError(Verdict(Reason.INVALID_SPEC, f"{ref or 'spec.tls'}: {error}")) from error


def _checked(source: Mapping[str, str], make: Callable[[], dict[str, str]]) -> dict[str, str]:
    """:raises SiteError: naming which of the sources (by part) cannot be used."""
    try:
        return make()
    except _credentials.CredentialError as error:
        raise SiteError(Verdict(Reason.INVALID_SPEC, f"{source[error.part]}: {error}")) from error
