# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""The objects of one Connect, and a pass over some of them."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from . import _claims, _connection, _move, _objects, _run_folders, _schedule
from ._address import AddressPolicy, Endpoint, EndpointError, allowed_endpoints
from ._connect import Connect
from ._http import Clock, Transport
from ._journal import Guard, KubeJournal
from ._kube import KubeApi, cluster_path, path_of
from ._model import ConnectError, Look, Outcome, OutOfTime, Ownership, Reason, Rival, Verdict, Wanted
from ._reading import Reading
from ._references import SourceReader
from ._run_directory import EndpointRecord, RunDirectory
from ._settings import Settings
from ._site import Site, advised, connection_site, labelled_site, missing_site
from ._usecase import END_SECONDS, PassResult, run_pass

J = TypeVar("J", bound=KubeJournal)


@dataclass(frozen=True)
class Environment:
    """What a run needs from around it; ``transport`` makes one for a policy on addresses and what TLS trusts."""

    api: KubeApi
    directory: RunDirectory
    transport: Callable[[AddressPolicy, ssl.SSLContext | None], Transport]
    clock: Clock
    log: Callable[[Mapping[str, Any]], None]
    operator_namespace: str = ""
    watched_namespaces: tuple[str, ...] = ()
    runs: str = ""


@dataclass(frozen=True)
class RunResult:
    """``finished``: the object is not looked at again; else after ``requeue_after`` seconds. ``outcomes``: what the pass has to say."""

    finished: bool
    requeue_after: float = 0.0
    outcomes: tuple[Outcome, ...] = ()
    requests: int = 0
    stuck: bool = False


# The connection is not there, or a Secret or ConfigMap of it.
_MISSING = (Reason.CONNECT_CLUSTER_NOT_FOUND, Reason.REFERENCE_NOT_FOUND)


@dataclass
class Group:
    """``objects`` by key: those that a pass went over, as they are afterwards. ``connect``: what it asked.

    ``everything``: all objects that the operator watches, if the run listed them.
    """

    environment: Environment
    settings: Settings
    site: Site
    record: EndpointRecord
    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    connect: Connect | None = None
    labels: dict[str, Mapping[str, str] | None] = field(default_factory=dict)
    everything: Sequence[dict[str, Any]] | None = None

    def lock(self) -> Callable[[], None] | None:
        """The lock that keeps two runs from going through the same objects; None if another run has it. With it comes what that has found out."""
        let_go = self.environment.directory.lock("endpoint", self.site.key)
        if let_go:
            self.record = self.environment.directory.record(self.site.key)
        return let_go

    def lock_connector(self, name: str) -> Callable[[], None] | None:
        """The lock that keeps two runs from working on one connector; None if another run has it."""
        return self.environment.directory.lock("connector", self.site.key, name)

    def keep_record(self) -> None:
        self.environment.directory.keep(self.site.key, self.record)

    def prune_folders(self, existing: Sequence[_objects.Object]) -> None:
        """Remove what the runtime keeps of objects that are gone.

        :param existing: connectors that are known to be there.
        :raises KubeError: if the Kubernetes API does not answer.
        """
        api, clock = self.environment.api, self.environment.clock

        def is_gone(kind: str, namespace: str, name: str) -> bool:
            return api.get(path_of({"kind": kind, "metadata": {"namespace": namespace, "name": name}})) is None

        _run_folders.prune(self.environment.runs, existing, is_gone, clock.now())

    def problem(self) -> Verdict | None:
        """Why nothing is asked of this Connect, for any object."""
        if self.site.problem or self.site.connection:
            return self.site.problem
        if not self.settings.label_addressing:
            return Verdict(Reason.ENDPOINT_NOT_ALLOWED, "addressing by labels is switched off in the operator settings (labelAddressing)")
        return None

    def go_through(
        self,
        scope: Sequence[dict[str, Any]],
        members: Sequence[_objects.Object],
        *,
        look: Look | None = None,
        spare: bool = False,
        known_down: ConnectError | None = None,
        straggling: Callable[[], None] = lambda: None,
        patience: float = END_SECONDS,
    ) -> PassResult:
        """A pass over the objects ``scope``; ``members`` are all objects of this Connect, which may claim the same connectors.

        Those that are on their way to another Connect are left to their move.

        :param spare: references that were read lately are not read as long as nothing is to be sent for their objects.
        :param known_down: what was found out lately; then nothing is asked again.
        """
        reading = self._reading(spare=spare)
        wanted = self.wanted([obj for obj in scope if not _move.is_between(obj)], members, reading)
        environment = self.environment
        journal = self.journal(scope, KubeJournal)
        connect = self.open(known_down)
        result = run_pass(
            connect, wanted, journal, environment.clock, look=look, complete=reading.completed, straggling=straggling, patience=patience
        )
        reading.keep(result.outcomes, members)
        self.objects = journal.objects
        touched = {one.name for one in wanted}
        self.record.unsettled = {
            name: since for name, since in self.record.unsettled.items() if name in journal.seen_unsettled or name not in touched
        }
        if not known_down and result.requests:
            self._remember(connect, result)
        return result

    def wanted(self, scope: Sequence[dict[str, Any]], members: Sequence[_objects.Object], reading: Reading | None = None) -> list[Wanted]:
        """What the objects want here, with what their references hold at this moment, and what stands against it.

        :param reading: what reads the references; all of them are read without one.
        """
        problem = self._objection()
        others = [] if problem else self._others(scope, members)
        duplicates = _claims.duplicates(members, others, self.site.urls, self._refusal)
        abandoned = self._abandoned(scope)
        verdicts = {_objects.key_of(obj): self._against(obj, problem) or duplicates.get(_objects.key_of(obj)) for obj in scope}
        reading = reading or self._reading(spare=False)
        return [
            replace(one, out_of_reach=problem is not None, kept=one.kept or abandoned, rivals=self._rivals(one, obj, others))
            for one, obj in zip(reading.wanted(scope, verdicts), scope, strict=True)
        ]

    def _reading(self, *, spare: bool) -> Reading:
        """What reads the references of objects: all of them at once, or only those that are due."""
        environment, settings = self.environment, self.settings
        period = self.site.connection.sync_period if self.site.connection else settings.poll_period
        reader = SourceReader(environment.api, secrets=not self.site.is_labelled or settings.label_addressed_secrets)
        spread = max(0.0, settings.reference_period - period)
        return Reading(reader, environment.directory, environment.clock, self.site.key, self.site.terms, spread, spare)

    def open(self, known_down: ConnectError | None = None) -> Connect:
        """The Connect of these objects, for one pass; one that may not be asked says why to everything.

        :param known_down: what was found out lately.
        """
        policy, _unreadable = self._policy()
        problem = self._objection()
        self.connect = self._connect(policy)
        self.connect.down = known_down or (ConnectError(problem, endpoint=True) if problem else None)
        return self.connect

    def _objection(self) -> Verdict | None:
        return self.problem() or self._policy()[1]

    def known_down(self, period: float) -> ConnectError | None:
        """What the last try found, as long as it is not time for another: an unreachable Connect is asked once a period for all."""
        outage, now = self.record.outage, self.environment.clock.now()
        if outage is None or self.record.as_named != self.site.fingerprint or not _schedule.is_recent(self.record.tried, now, period):
            return None
        reason = next((one for one in Reason if one.value == outage[0]), Reason.CONNECT_UNREACHABLE)
        return ConnectError(Verdict(reason, outage[1]), endpoint=True)

    def remember_outage(self, result: PassResult) -> None:
        """For a run that has no lock on these objects: leave word of whether Connect answers, and all else as others wrote it."""
        if self.connect is None or not result.requests:
            return
        self._remember(self.connect, result)
        known, self.record = self.record, self.environment.directory.record(self.site.key)
        self.record.outage, self.record.tried, self.record.as_named = known.outage, known.tried, known.as_named
        self.keep_record()

    def _remember(self, connect: Connect, result: PassResult) -> None:
        error = connect.down or (None if isinstance(result.view.error, OutOfTime) else result.view.error)
        now = self.environment.clock.now()
        self.record.outage = (error.verdict.reason.value, error.verdict.message) if error else None
        self.record.tried, self.record.as_named = now, self.site.fingerprint
        self.record.worker = connect.url_in_use
        if result.view.sliced and now - self.record.sliced > _schedule.SLICED_SECONDS:
            self.record.sliced = now

    def _connect(self, policy: AddressPolicy) -> Connect:
        site, environment = self.site, self.environment
        first, *others = site.urls or ("",)
        return Connect(
            first,
            environment.transport(policy, site.context),
            environment.clock,
            limits=site.limits,
            headers=site.headers,
            more_urls=tuple(others),
            preferred=self.record.worker,
            renew=site.renew,
        )

    def journal(self, scope: Sequence[dict[str, Any]], kind: type[J]) -> J:
        """Where a pass over these objects asks and writes down."""
        environment, site = self.environment, self.site
        return kind(
            environment.api,
            {_objects.key_of(obj): obj for obj in scope},
            site.key,
            site.place,
            site.terms,
            Guard(environment.api, environment.operator_namespace, site.object),
            environment.directory,
            self.record,
            environment.clock,
            environment.log,
            lambda obj, verdict: advised(site, obj["metadata"]["namespace"], verdict),
        )

    def _others(self, scope: Sequence[_objects.Object], members: Sequence[_objects.Object]) -> list[dict[str, Any]]:
        """The objects of other places. Who did not list them does so only for an object that owns nothing yet, and may be about to."""
        if self.everything is None and any(map(_claims.is_newcomer, scope)):
            self.everything = self.environment.api.connectors(self.environment.watched_namespaces, {})
        keys = {_objects.key_of(obj) for obj in members}
        others = [obj for obj in self.everything or () if _objects.key_of(obj) not in keys]
        return [*others, *(_move.former(obj) for obj in others if _move.record_of(obj))]

    def _rivals(self, wanted: Wanted, obj: _objects.Object, others: Sequence[_objects.Object]) -> tuple[Rival, ...]:
        if not _claims.is_newcomer(obj) or wanted.problem:
            return ()
        return _claims.rivals(obj, others, self.site.urls, wanted.mark.recorded if wanted.mark else "")

    def _abandoned(self, scope: Sequence[_objects.Object]) -> str:
        """Why what it takes to reach this Connect will not come back, if that is missing. Only a deletion minds."""
        problem, cluster = self.site.problem, self.site.place.get("connectCluster")
        if problem is None or problem.reason not in _MISSING or not cluster or not any(map(_objects.is_deleting, scope)):
            return ""
        namespace = cluster["namespace"]
        if self.environment.api.is_going(namespace):
            return f"the namespace {namespace} is being deleted, and with it what it takes to reach Connect"
        if self.site.object and _objects.is_deleting(self.site.object):
            return f"the KafkaConnectCluster {self.site.key} is being deleted, and what it takes to reach Connect is gone already"
        return ""

    def _against(self, obj: _objects.Object, problem: Verdict | None) -> Verdict | None:
        """What stands against an object. Who may not use the connection at all is told no more than that."""
        refusal = self._refusal(obj)
        if problem is None or (refusal and refusal.reason is Reason.NAMESPACE_NOT_ALLOWED):
            return refusal
        return self._told(obj, problem)

    def serves(self, obj: _objects.Object) -> bool:
        """Whether an object counts among those of this Connect: it owns something on it, or may."""
        return _objects.ownership_of(obj) is not Ownership.NONE or self._refusal(obj) is None

    def _told(self, obj: _objects.Object, problem: Verdict) -> Verdict:
        """What stands against a connection, as far as a namespace may know of the Secrets of another."""
        connection = self.site.object
        if connection is None or connection["metadata"]["namespace"] == obj["metadata"]["namespace"]:
            return problem
        return Verdict(
            problem.reason, f"the KafkaConnectCluster {self.site.key} cannot be used as it is; its owner finds the cause in its conditions"
        )

    def _refusal(self, obj: _objects.Object) -> Verdict | None:
        """Why the connection does not serve an object."""
        connection = self.site.connection
        if connection is None:
            return None
        namespace = str(obj["metadata"]["namespace"])
        if _connection.asks_for_labels(connection, namespace) and namespace not in self.labels:
            self.labels[namespace] = self.environment.api.namespace_labels(namespace)
        return _connection.refusal(connection, obj, self.labels.get(namespace))

    def _policy(self) -> tuple[AddressPolicy, Verdict | None]:
        """Which addresses may be used, or why none: a setting that cannot be read allows nothing."""
        refused: AddressPolicy = lambda host, peer, own, port: "the operator settings do not allow it"  # noqa: E731
        try:
            return allowed_endpoints(self.settings.allowed_endpoints), None
        except EndpointError as error:
            return refused, Verdict(Reason.ENDPOINT_NOT_ALLOWED, f"the operator settings are not readable: {error}")


def is_at(obj: _objects.Object, place: _objects.Place) -> bool:
    """Whether an object belongs to a Connect."""
    try:
        return _objects.place_of(obj) == place
    except EndpointError:
        return False


def site_of(environment: Environment, place: _objects.Place, obj: _objects.Object) -> Site:
    """The Connect at a place.

    :param obj: an object that names it, or is there.
    :raises KubeError: if the Kubernetes API does not answer.
    """
    if isinstance(place, Endpoint):
        return labelled_site(place)
    watched = environment.watched_namespaces
    found = environment.api.get(cluster_path(place.namespace, place.name)) if not watched or place.namespace in watched else None
    return connection_site(environment.api, found) if found else missing_site(place, obj)


def members_of(environment: Environment, place: _objects.Place) -> list[dict[str, Any]]:
    """All objects of one Connect.

    :raises KubeError: if the Kubernetes API does not answer.
    """
    return [obj for obj in candidates(environment, place) if is_at(obj, place)]


def candidates(environment: Environment, place: _objects.Place | None) -> list[dict[str, Any]]:
    """Objects among which those of a place are: all there are, but for labels.

    :raises KubeError: if the Kubernetes API does not answer.
    """
    labels = {}
    if isinstance(place, Endpoint):
        # Not by host: host names may be spelled in capitals, and a selector compares letter by letter.
        labels = {_objects.LABELS["schema"]: place.scheme, _objects.LABELS["port"]: str(place.port)}
    return environment.api.connectors(environment.watched_namespaces, labels)
