# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""What a set of manifests wants, sorted by the Connect that it is wanted of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from . import _claims, _connection, _dialects, _objects
from ._address import EndpointError, anywhere
from ._connect import Connect
from ._connection import Connection
from ._http import RequestsTransport
from ._manifest import Manifest, ManifestSet
from ._model import NO_MEMORY, Adoption, DriftPolicy, Reason, Verdict, Wanted
from ._objects import ClusterRef, Terms
from ._references import References, sourced
from ._site import Site, connection_site, labelled_site
from ._sources import NOTHING, KeyRef, ReferenceFault, Sourced, sources_of
from ._values import Values

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
    """One Connect and what is wanted of it. ``problem``: why nothing can be asked of it; ``terms`` are those of its KafkaConnectCluster."""

    url: str
    connect: NewConnect
    entries: list[Entry] = field(default_factory=list)
    problem: Verdict | None = None
    terms: Terms = field(default_factory=Terms)


@dataclass(frozen=True)
class _Way:
    """How a place is reached. ``key``: equal for what leads to one and the same Connect."""

    key: str
    connect: NewConnect
    problem: Verdict | None = None
    terms: Terms = field(default_factory=Terms)
    connection: Connection | None = None


@dataclass
class Fleet:
    """Where connectors are: in ``connections`` by their names, at a KafkaConnectCluster of the set, at their labels, or at the ``default``.

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
        placed: dict[str, list[tuple[Manifest, _Way]]] = {}
        for manifest in self.found.connectors:
            way = self._way(manifest.object)
            placed.setdefault(way.key, []).append((manifest, way))
        return [self._target(manifests) for manifests in placed.values()]

    def terms_of(self, obj: _objects.Object) -> Terms:
        """What the Connect that an object names says of all connectors on it."""
        return self._way(obj).terms

    def _target(self, manifests: Sequence[tuple[Manifest, _Way]]) -> Target:
        refusals = {manifest.key: self._refusal(way, manifest.object) for manifest, way in manifests}
        duplicates = _claims.duplicates([manifest.object for manifest, way in manifests], refused=lambda obj: refusals[_objects.key_of(obj)])
        entries = [self._entry(way, manifest, refusals[manifest.key] or duplicates.get(manifest.key)) for manifest, way in manifests]
        first = manifests[0][1]
        return Target(first.key, first.connect, entries, first.problem, first.terms)

    def _entry(self, way: _Way, manifest: Manifest, refusal: Verdict | None) -> Entry:
        values, unresolved, fault = self._sourced(manifest)
        problem = way.problem or refusal or fault
        wanted = _objects.wanted_of(_placed(manifest.object), problem, way.terms, values)
        wanted = replace(wanted, unresolved_keys=unresolved)
        # The request of the caller is the consent, and nothing is remembered from one run to the next.
        adoption = Adoption.NEVER if wanted.adoption is Adoption.NEVER else Adoption.ALWAYS
        wanted = replace(wanted, adoption=adoption, adoption_bound=Adoption.ALWAYS, memory=NO_MEMORY, mark=None)
        if wanted.drift is DriftPolicy.REPORT and wanted.hold is None:
            # Without a memory nobody knows whether a difference is drift.
            wanted = replace(wanted, hold=Verdict(Reason.DRIFTED, "driftPolicy is Report"))
        if not manifest.sets_state:
            wanted = replace(wanted, state=None)
        return Entry(wanted, manifest.source, (*manifest.notes, *(f"{name} is not applied here" for name in _dialects.left_out(manifest.object))))

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
            return _nowhere(Verdict(Reason.INVALID_SPEC, str(error)))
        if isinstance(place, ClusterRef):
            return self._connection_way(place)
        return self._remembered(place, lambda: _site_way(labelled_site(place)))

    def _connection_way(self, place: ClusterRef) -> _Way:
        for name in (place.key, place.name):
            if name in self.connections:
                return self._remembered(name, lambda name=name: _direct(self.connections[name]))  # type: ignore[misc]
        manifest = self.found.connections.get(place.key)
        if manifest:
            obj = {**manifest.object, "metadata": {**manifest.object["metadata"], "uid": ""}}
            return self._remembered(place, lambda: _site_way(connection_site(self.values, obj)))
        missing = f"there is no KafkaConnectCluster {place.key} among the manifests; add it, name it in connections, or set url"
        return self._default(missing)

    def _default(self, missing: str) -> _Way:
        if self.default is None:
            return _nowhere(Verdict(Reason.CONNECT_CLUSTER_NOT_FOUND, missing))
        default = self.default
        return self._remembered("", lambda: _direct(default))

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


def _site_way(site: Site) -> _Way:
    if site.problem:
        return _Way(f"the KafkaConnectCluster {site.key}", _unusable, site.problem, site.terms, site.connection)
    first, *others = site.urls

    def connect() -> Connect:
        return Connect(first, RequestsTransport(anywhere, site.context), limits=site.limits, headers=site.headers, more_urls=tuple(others))

    return _Way(first, connect, terms=site.terms, connection=site.connection)


def _nowhere(problem: Verdict) -> _Way:
    return _Way("", _unusable, problem)


def _unusable() -> Connect:
    raise ValueError("there is no way to it")
