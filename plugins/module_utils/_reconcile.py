# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""One run of the operator: from the name of an object to a pass over what is pending on its Connect, and the time of the next run."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from . import _objects, _schedule
from ._address import AddressPolicy, Endpoint, EndpointError, allowed_endpoints
from ._connect import Connect
from ._http import Clock, Transport
from ._kube import KubeApi, KubeJournal, connectors_path
from ._model import Outcome, Reason, Verdict
from ._run_directory import EndpointRecord, RunDirectory
from ._settings import Settings
from ._usecase import PassResult, run_pass


@dataclass(frozen=True)
class Environment:
    """What a run needs from around it; ``transport`` makes one for a policy on addresses."""

    api: KubeApi
    directory: RunDirectory
    transport: Callable[[AddressPolicy], Transport]
    clock: Clock
    log: Callable[[Mapping[str, Any]], None]
    operator_namespace: str = ""
    watched_namespaces: tuple[str, ...] = ()


@dataclass(frozen=True)
class RunResult:
    """``finished``: the object is not looked at again; else after ``requeue_after`` seconds. ``outcomes``: what the pass has to say."""

    finished: bool
    requeue_after: float = 0.0
    outcomes: tuple[Outcome, ...] = ()
    requests: int = 0
    stuck: bool = False


def reconcile(environment: Environment, namespace: str, name: str) -> RunResult:
    """One run.

    :raises JournalError: if the Kubernetes API does not answer; the run is to be repeated.
    """
    own = environment.api.get(connectors_path(namespace, name))
    if own is None or (_objects.is_deleting(own) and not _objects.has_finalizer(own)):
        return RunResult(finished=True)
    settings = environment.api.settings(environment.operator_namespace)
    try:
        endpoint = _objects.endpoint_of(own)
    except EndpointError:
        return _Run(environment, own, settings, None).alone()
    return _Run(environment, own, settings, endpoint).among_others()


@dataclass
class _Run:
    environment: Environment
    own: dict[str, Any]
    settings: Settings
    endpoint: Endpoint | None
    lock: ExitStack = field(default_factory=ExitStack)
    straggled: bool = False

    @property
    def key(self) -> str:
        return _objects.key_of(self.own)

    @property
    def url(self) -> str:
        return self.endpoint.url if self.endpoint else ""

    def alone(self) -> RunResult:
        """The object names no endpoint: nothing is sent for it, and nothing of others is looked at."""
        result = self._pass([self.own], [self.own], EndpointRecord())
        return self._result(result, is_poller=False, waiting=0, answered=True)

    def among_others(self) -> RunResult:
        now = self.environment.clock.now()
        record = self.environment.directory.record(self.url)
        is_poller = record.poller == self.key
        due = _schedule.poll_is_due(is_poller, record, now, self.settings.poll_period)
        if not due and not _objects.is_pending(self.own) and now - record.listed < _schedule.RECENT_SECONDS:
            return self._result(None, is_poller=is_poller, waiting=0, answered=record.answered)
        let_go = self.environment.directory.lock("endpoint", self.url)
        if let_go is None:
            return self._own_only(record)
        with ExitStack() as self.lock:
            self.lock.callback(let_go)
            return self._locked(record)

    def _own_only(self, record: EndpointRecord) -> RunResult:
        """Another run goes through the endpoint just now; the object of this one need not wait for it."""
        members = self._members()
        if not _objects.is_pending(self.own):
            return self._result(None, is_poller=self._is_poller(members), waiting=0, answered=record.answered)
        result = self._pass([self.own], members, record)
        return self._result(result, is_poller=self._is_poller(members), waiting=0, answered=record.answered)

    def _locked(self, record: EndpointRecord) -> RunResult:
        """This run goes through the endpoint: what is pending, or everything when the poll is due.

        A write that hangs keeps this run, and so the next one of its object, but not the lock: other runs go on with what comes up.
        """
        now = self.environment.clock.now()
        members = self._members()
        record.poller = _schedule.poller(members) or ""
        is_poller = record.poller == self.key
        due = _schedule.poll_is_due(is_poller, record, now, self.settings.poll_period)
        scope = [obj for obj in members if _objects.is_pending(obj) or (due and not _objects.is_deleting(obj))]
        record.listed = now
        if due:
            record.polled = now
        self.environment.directory.keep(self.url, record)
        result = self._pass(scope, members, record, self._straggle) if scope else None
        if result and any(outcome.observed for outcome in result.outcomes):
            record.answered = not any(_schedule.is_unavailable(outcome.verdict.reason) for outcome in result.outcomes)
        if not self.straggled:
            record.listed = self.environment.clock.now()
            self.environment.directory.keep(self.url, record)
        waiting = sum(_objects.is_pending(obj) for obj in self.journal.objects.values()) if result else 0
        return self._result(result, is_poller=is_poller, waiting=waiting, answered=record.answered)

    def _straggle(self) -> None:
        self.straggled = True
        self.lock.close()

    def _members(self) -> list[dict[str, Any]]:
        """All objects of this endpoint; the object of the run also when its labels point elsewhere by now."""
        if self.endpoint is None:
            return [self.own]
        # Not by host: host names may be spelled in capitals, and a selector compares letter by letter.
        labels = {_objects.LABELS["schema"]: self.endpoint.scheme, _objects.LABELS["port"]: str(self.endpoint.port)}
        found = self.environment.api.connectors(self.environment.watched_namespaces, labels)
        members = {_objects.key_of(obj): obj for obj in found if self._is_here(obj)}
        self.own = members.setdefault(self.key, self.own)
        return list(members.values())

    def _is_here(self, obj: _objects.Object) -> bool:
        try:
            return _objects.endpoint_of(obj) == self.endpoint
        except EndpointError:
            return False

    def _is_poller(self, members: Sequence[_objects.Object]) -> bool:
        return _schedule.poller(members) == self.key

    def _pass(
        self,
        scope: Sequence[dict[str, Any]],
        members: Sequence[_objects.Object],
        record: EndpointRecord,
        straggling: Callable[[], None] = lambda: None,
    ) -> PassResult:
        policy, problem = self._policy()
        duplicates = _objects.duplicates(members)
        wanted = [_objects.wanted_of(obj, duplicates.get(_objects.key_of(obj)) or problem) for obj in scope]
        environment = self.environment
        self.journal = KubeJournal(
            environment.api,
            {_objects.key_of(obj): obj for obj in scope},
            self.url,
            environment.operator_namespace,
            environment.directory,
            record,
            environment.clock,
            environment.log,
        )
        connect = Connect(self.url, environment.transport(policy), environment.clock)
        result = run_pass(connect, wanted, self.journal, environment.clock, straggling=straggling)
        touched = {one.name for one in wanted}
        record.unsettled = {name: since for name, since in record.unsettled.items() if name in self.journal.seen_unsettled or name not in touched}
        return result

    def _policy(self) -> tuple[AddressPolicy, Verdict | None]:
        """Which addresses may be used, or why none: a setting that cannot be read allows nothing."""
        refused: AddressPolicy = lambda host, peer, own, port: "the operator settings do not allow it"  # noqa: E731
        if not self.settings.label_addressing:
            text = "addressing by labels is switched off in the operator settings (labelAddressing)"
            return refused, Verdict(Reason.ENDPOINT_NOT_ALLOWED, text)
        try:
            return allowed_endpoints(self.settings.allowed_endpoints), None
        except EndpointError as error:
            return refused, Verdict(Reason.ENDPOINT_NOT_ALLOWED, f"the operator settings are not readable: {error}")

    def _result(self, result: PassResult | None, *, is_poller: bool, waiting: int, answered: bool) -> RunResult:
        done = result or PassResult((), 0)
        own = next((outcome for outcome in done.outcomes if outcome.wanted.key == self.key), None)
        if own and own.released:
            return RunResult(True, outcomes=done.outcomes, requests=done.requests, stuck=done.stuck)
        seconds = _schedule.next_run(
            self.own,
            own,
            is_poller=is_poller,
            waiting=waiting,
            answered=answered,
            period=self.settings.poll_period,
            jitter=random.random(),
        )
        return RunResult(False, max(1.0, seconds), done.outcomes, done.requests, done.stuck)
