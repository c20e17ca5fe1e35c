# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""What a set of manifests wants, sorted by the Connect that it is wanted of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from . import _claims, _connection, _dialects, _objects, _wanted
from ._address import EndpointError, anywhere
from ._connect import Connect
from ._connection import Connection
from ._http import RequestsTransport
from ._manifest import Manifest, ManifestSet
from ._model import NO_MEMORY, Adoption, DriftPolicy, Reason, Verdict, Wanted
from ._objects import ClusterRef
from ._references import References, sourced
from ._site import Site, connection_site, labelled_site
from ._sources import NOTHING, KeyRef, ReferenceFault, Sourced, sources_of
from ._values import Values
from ._wanted import Terms

# A Connect as it was before anything was sent to it; each pass takes a new one.
NewConnect = Callable[[], Connect]


@dataclass(frozen=True)
class Entry:
    """One connector that is wanted, and where that is said. ``notes``: what is not applied here."""

    wanted: Wanted
    source: str
    notes: tuple[str, ...] = ()


@dataclass
class Target:
    """One Connect, reached with one set of credentials, and what is wanted of it. ``problem``: why nothing can be asked of it.

    ``requests``: how many were sent to find out what is wanted.
    """

    url: str
    connect: NewConnect
    entries: list[Entry] = field(default_factory=list)
    problem: Verdict | None = None
    requests: int = 0


@dataclass(frozen=True, eq=False)
class _Way:
    """How a place is reached. ``url``: equal for what leads to one and the same Connect; each way has credentials of its own."""

    url: str
    connect: NewConnect
    problem: Verdict | None = None
    terms: Terms = field(default_factory=Terms)
    connection: Connection | None = None


@dataclass
class Fleet:
    """Where connectors are: in ``connections`` by their names, at a KafkaConnectCluster of the set, at their labels, or at the ``default``.
    A KafkaConnectCluster of the set counts for all else that it says, also where ``connections`` have its name.

    ``lenient``: a value of a single key that is not there is left as Connect has it. ``unresolved``: else, which references of connectors name
    what is not there, each with file and line.
    """

    found: ManifestSet
    values: Values
    connections: Mapping[str, NewConnect]
    default: NewConnect | None
    lenient: bool = False
    unresolved: list[str] = field(default_factory=list)
    _ways: dict[object, _Way] = field(default_factory=dict)
    _references: dict[str, References] = field(default_factory=dict)

    def targets(self) -> list[Target]:
        """What is wanted of each Connect, in the order in which they are first named."""
        placed: dict[_Way, list[Manifest]] = {}
        claims: dict[str, list[_objects.Object]] = {}
        refusals: dict[str, Verdict | None] = {}
        for manifest in self.found.connectors:
            way = self._way(manifest.object)
            placed.setdefault(way, []).append(manifest)
            claims.setdefault(way.url, []).append(manifest.object)
            refusals[manifest.key] = self._refusal(way, manifest.object)
        problems = {key: verdict for key, verdict in refusals.items() if verdict}
        for objects in claims.values():
            problems.update(_claims.duplicates(objects, refused=lambda obj: refusals[_objects.key_of(obj)]))
        return [
            Target(way.url, way.connect, [self._entry(way, one, problems.get(one.key)) for one in manifests], way.problem)
            for way, manifests in placed.items()
        ]

    def terms_of(self, obj: _objects.Object) -> Terms:
        """What the Connect that an object names says of all connectors on it."""
        return self._way(obj).terms

    def terms_at(self, url: str) -> list[Terms]:
        """What the KafkaConnectClusters of the set say of all connectors on the Connect there."""
        ways = [self._connection_way(ClusterRef(*key.split("/"))) for key in self.found.connections]
        return [way.terms for way in ways if url in (way.url, *(way.connection.urls if way.connection else ()))]

    def _entry(self, way: _Way, manifest: Manifest, refusal: Verdict | None) -> Entry:
        values, unresolved, fault = self._sourced(manifest)
        problem = way.problem or refusal or fault
        wanted = _wanted.wanted_of(_placed(manifest.object), problem, way.terms, values)
        wanted = replace(wanted, unresolved_keys=unresolved)
        # The request of the caller is the consent, and nothing is remembered from one run to the next: any pause or stop may be one made by hand.
        adoption = Adoption.NEVER if wanted.adoption is Adoption.NEVER else Adoption.ALWAYS
        memory = replace(NO_MEMORY, synced_state=wanted.state)
        wanted = replace(wanted, adoption=adoption, adoption_bound=Adoption.ALWAYS, memory=memory, mark=None)
        if wanted.drift is DriftPolicy.REPORT and wanted.hold is None:
            # Without a memory nobody knows whether a difference is drift.
            wanted = replace(wanted, hold=Verdict(Reason.DRIFTED, "driftPolicy is Report"))
        if not manifest.sets_state:
            wanted = replace(wanted, state=None)
        return Entry(wanted, manifest.source, (*manifest.notes, *self._left_out(way, manifest.object)))

    def _left_out(self, way: _Way, obj: _objects.Object) -> list[str]:
        """What an object and its KafkaConnectCluster say, and is not applied."""
        notes = [f"{name} is not applied here" for name in _dialects.left_out(obj)]
        if way.connection:
            key = way.connection.place.key
            left = _dialects.left_out(self.found.connections[key].object)
            notes.extend(f"{name} of the KafkaConnectCluster {key} is not applied here" for name in left)
        return notes

    def _sourced(self, manifest: Manifest) -> tuple[Sourced, frozenset[str], Verdict | None]:
        """What the references of an object give, the keys whose values are not there, and what else is wrong with them."""
        namespace = manifest.object["metadata"]["namespace"]
        references = self._references.setdefault(namespace, References(self.values, namespace))
        try:
            sources = sources_of(manifest.object["spec"])
            missing = {key: text for key, ref in sources.values.items() if (text := _missing(references, ref))}
            known = replace(sources, values={key: ref for key, ref in sources.values.items() if key not in missing})
            if not self.lenient:
                self.unresolved.extend(f"{manifest.source}: {text}" for text in missing.values())
            return sourced(references, known), frozenset(missing), None
        except ReferenceFault as error:
            if not self.lenient:
                self.unresolved.append(f"{manifest.source}: {error}")
            return NOTHING, frozenset(), error.verdict

    # -- where

    def _way(self, obj: _objects.Object) -> _Way:
        """How the Connect of an object is reached, or what is wrong with how the object names it."""
        if not _names_a_place(obj):
            return self._default("neither connectClusterRef nor labels say where its Connect is; set url")
        try:
            place = _objects.named_place(obj)
        except EndpointError as error:
            return self._nowhere(Verdict(Reason.INVALID_SPEC, str(error)))
        if isinstance(place, ClusterRef):
            return self._connection_way(place)
        return self._remembered(place, lambda: _site_way(labelled_site(place)))

    def _connection_way(self, place: ClusterRef) -> _Way:
        manifest = self.found.connections.get(place.key)
        name = next((name for name in (place.key, place.name) if name in self.connections), None)
        connect = self.connections[name] if name else None
        if manifest:
            obj = {**manifest.object, "metadata": {**manifest.object["metadata"], "uid": ""}}
            return self._remembered(place, lambda: _site_way(connection_site(self.values, obj), connect))
        if connect:
            return self._remembered(name, lambda: _direct(connect))
        missing = f"there is no KafkaConnectCluster {place.key} among the manifests; add it, name it in connections, or set url"
        return self._default(missing)

    def _default(self, missing: str) -> _Way:
        if self.default is None:
            return self._nowhere(Verdict(Reason.CONNECT_CLUSTER_NOT_FOUND, missing))
        default = self.default
        return self._remembered("", lambda: _direct(default))

    def _nowhere(self, problem: Verdict) -> _Way:
        return self._remembered(problem, lambda: _Way("", _unusable, problem))

    def _remembered(self, key: object, make: Callable[[], _Way]) -> _Way:
        if key not in self._ways:
            self._ways[key] = make()
        return self._ways[key]

    def _refusal(self, way: _Way, obj: _objects.Object) -> Verdict | None:
        """Why the KafkaConnectCluster does not take an object. Labels of a namespace that is not in the set are not known, and not judged."""
        connection = way.connection
        if connection is None:
            return None
        namespace = obj["metadata"]["namespace"]
        labels = self.found.namespaces.get(namespace)
        if labels is None and _connection.asks_for_labels(connection, namespace):
            connection = replace(connection, allowed_from="All")
        return _connection.refusal(connection, obj, labels)


def _missing(references: References, ref: KeyRef) -> str:
    """What is missing of a single value, "" if nothing is."""
    try:
        references.text(ref)
    except ReferenceFault as error:
        return str(error) if error.missing and not ref.optional else ""
    return ""


def _names_a_place(obj: _objects.Object) -> bool:
    labels = obj["metadata"].get("labels") or {}
    return bool(obj["spec"].get("connectClusterRef")) or any(name in labels for name in _objects.LABELS.values())


def _placed(obj: _objects.Object) -> dict[str, Any]:
    """The object without a word on where it is: that is settled, by other rules than those for objects in Kubernetes."""
    labels = {key: value for key, value in (obj["metadata"].get("labels") or {}).items() if key not in _objects.LABELS.values()}
    return {
        **obj,
        "metadata": {**obj["metadata"], "labels": labels},
        "spec": {**obj["spec"], "connectClusterRef": {"name": "settled"}},
    }


def _direct(connect: NewConnect) -> _Way:
    return _Way(connect().url, connect)


def _site_way(site: Site, instead: NewConnect | None = None) -> _Way:
    """The way to a Connect on the terms of its KafkaConnectCluster. ``instead``: where, and with which credentials, whatever that says of it."""
    if instead and site.connection:
        return _Way(instead().url, instead, None, site.connection.terms, site.connection)
    if site.problem:
        return _Way(f"the KafkaConnectCluster {site.key}", _unusable, site.problem, site.terms, site.connection)
    first, *others = site.urls

    def connect() -> Connect:
        return Connect(first, RequestsTransport(anywhere, site.context), limits=site.limits, headers=site.headers, more_urls=tuple(others))

    return _Way(first, connect, terms=site.terms, connection=site.connection)


def _unusable() -> Connect:
    raise ValueError("there is no way to it")
