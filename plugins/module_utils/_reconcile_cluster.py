# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""One run for a KafkaConnectCluster: a pass over all connectors that refer to it, its status, and the time of the next period."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

from . import _cluster_status, _connection, _move, _objects, _schedule
from ._address import Endpoint
from ._cluster_status import Sync
from ._events import Event, record_event, secret_in_spec
from ._group import Environment, Group, RunResult, is_at
from ._kube import KubeError, cluster_path, path_of
from ._model import ConnectError, Reason, Verdict
from ._payloads import Plugin, WorkerInfo
from ._site import advised, connection_site
from ._usecase import PassResult

# How long a run waits for another one that goes through the same connectors, how often it looks, and when it asks again (seconds).
LOCK_SECONDS, LOCK_LOOK_SECONDS, LOCKED_SECONDS = 10.0, 0.2, 5.0
# A connection that waits for its connectors to go looks after this whether they have gone.
DELETION_SECONDS = 5.0
TRIES = 4


def reconcile_cluster(environment: Environment, namespace: str, name: str) -> RunResult:
    """One run.

    :raises JournalError: if the Kubernetes API does not answer; the run is to be repeated.
    """
    own = environment.api.get(cluster_path(namespace, name))
    if own is None or not _objects.is_alive(own):
        return RunResult(finished=True)
    settings = environment.api.settings(environment.operator_namespace)
    site = connection_site(environment.api, own)
    group = Group(environment, settings, site, environment.directory.record(site.key))
    return _ClusterRun(own, group, environment.clock.now()).run()


@dataclass
class _ClusterRun:
    own: dict[str, Any]
    group: Group
    started: float
    straggled: bool = False

    @property
    def environment(self) -> Environment:
        return self.group.environment

    def run(self) -> RunResult:
        let_go = self._await_lock()
        if let_go is None:
            return RunResult(False, LOCKED_SECONDS)
        with ExitStack() as lock:
            lock.callback(let_go)
            return self._locked(lock)

    def _await_lock(self) -> Callable[[], None] | None:
        clock = self.environment.clock
        until = clock.now() + LOCK_SECONDS
        while True:
            let_go = self.group.lock()
            if let_go is not None or clock.now() >= until:
                return let_go
            clock.sleep(LOCK_LOOK_SECONDS)

    def _locked(self, lock: ExitStack) -> RunResult:
        self.group.everything = everything = self.environment.api.connectors(self.environment.watched_namespaces, {})
        place = _objects.ClusterRef(self.own["metadata"]["namespace"], self.own["metadata"]["name"])
        members = [obj for obj in everything if is_at(obj, place)]
        left_behind = [_move.former(obj) for obj in everything if _move.former_place(obj) == place]
        users = _cluster_status.users_of([*members, *left_behind])
        if _objects.is_deleting(self.own) and not users:
            return self._end(members)
        record = self.group.record
        recent = _schedule.is_recent(record.polled, self.started, _connection.sync_period(self.own))
        if _objects.is_deleting(self.own) and recent and not self.group.site.problem:
            # It may go as soon as nobody uses it, which is no reason to ask Connect more often.
            self._report(PassResult((), 0), members, left_behind, everything)
            return RunResult(False, DELETION_SECONDS)
        record.listed = record.polled = self.started
        self.group.keep_record()

        def straggle() -> None:
            self.straggled = True
            lock.close()

        look = _schedule.look_for([*members, self.own], record, self.started, whole=True)
        alive = [obj for obj in members if _objects.is_alive(obj)]
        patience = _schedule.patience_of(_connection.sync_period(self.own))
        result = self.group.go_through(alive, members, look=look, spare=True, straggling=straggle, patience=patience)
        record.listed = self.environment.clock.now()
        self._keep_record()
        self._report(result, members, left_behind, everything)
        self._keep_record()
        self.group.prune_folders(everything)
        requests = self.group.connect.requests if self.group.connect else 0
        return RunResult(False, self._next_period(), result.outcomes, requests, result.stuck)

    def _keep_record(self) -> None:
        """Unless other runs write it meanwhile."""
        if not self.straggled:
            self.group.keep_record()

    def _end(self, members: Sequence[dict[str, Any]]) -> RunResult:
        """Nothing is owned on it any more. The objects that named it in vain hear of its end, as nobody else tells them."""
        text = f"the KafkaConnectCluster {_objects.key_of(self.own)} was deleted; create it again, or mend spec.connectClusterRef"
        problem = Verdict(Reason.CONNECT_CLUSTER_NOT_FOUND, text)
        self.group.site = replace(self.group.site, problem=problem)
        result = self.group.go_through(members, members)
        return RunResult(True, outcomes=result.outcomes)

    # -- the status of the connection

    def _report(
        self,
        result: PassResult,
        members: Sequence[dict[str, Any]],
        left_behind: Sequence[dict[str, Any]],
        everything: Sequence[dict[str, Any]],
    ) -> None:
        now = self.environment.clock.now()
        afterwards = [self.group.objects.get(_objects.key_of(obj), obj) for obj in members]
        released = {outcome.wanted.key for outcome in result.outcomes if outcome.released}
        remaining = [obj for obj in afterwards if _objects.key_of(obj) not in released]
        worker, plugins, problem = self._ask_worker(result)
        url = self.group.connect.url_in_use if self.group.connect and not problem else ""
        live_id = worker.kafka_cluster_id if worker else ""
        users = _cluster_status.users_of([*remaining, *left_behind])
        changed = _cluster_status.changed_cluster(self.own, result.outcomes, live_id)
        verdict = _cluster_status.verdict_of(self.own, problem or changed, users, url)
        verdict = advised(self.group.site, self.own["metadata"]["namespace"], verdict)
        sync = Sync(
            verdict,
            url,
            worker.version if worker else "",
            live_id if worker and not changed else None,
            plugins,
            self._unmanaged(result, [*everything, *left_behind]),
        )
        self._write(sync, result, [obj for obj in remaining if self.group.serves(obj)], now)

    def _ask_worker(self, result: PassResult) -> tuple[WorkerInfo | None, tuple[Plugin, ...] | None, Verdict | None]:
        """Version, cluster and plugins where they are due; and why Connect could not be asked, if so."""
        connect = self.group.connect
        error = self.group.site.problem or self._failure(result)
        record = self.group.record
        due = _cluster_status.is_due(self.own, record.asked, self.started) or _objects.accepted_cluster(self.own)
        if error or connect is None or not due:
            return result.worker, None, error
        worker = result.worker
        # The list came. A gate may hide what is not asked for every period.
        with contextlib.suppress(ConnectError):
            worker = worker or connect.worker_info()
            record.asked = self.started
            return worker, connect.connector_plugins(), None
        return worker, None, None

    def _failure(self, result: PassResult) -> Verdict | None:
        connect = self.group.connect
        error = result.view.error or (connect.down if connect else None)
        return error.verdict if error else None

    def _unmanaged(self, result: PassResult, everything: Sequence[dict[str, Any]]) -> tuple[str, ...] | None:
        """Connectors that no object claims."""
        connection = self.group.site.connection
        if connection is None or not connection.report_unmanaged:
            return ()
        if result.view.names is None:
            return None
        claimed = {_objects.connector_name(obj) for obj in everything if self._is_here(obj, connection)}
        return tuple(sorted(result.view.names - claimed))

    def _is_here(self, obj: _objects.Object, connection: _connection.Connection) -> bool:
        """By this connection, if that serves the object, by labels, or by another connection to one of its addresses."""
        try:
            place = _objects.place_of(obj)
        except ValueError:
            return False
        url = place.url if isinstance(place, Endpoint) else _objects.status_of(obj).get("url")
        return self.group.serves(obj) if place == connection.place else url in connection.urls

    def _write(self, sync: Sync, result: PassResult, members: Sequence[dict[str, Any]], now: float) -> None:
        """The status, and Events about a turn to the worse and secrets in a new spec. Who edits the connection at this moment starts another run."""
        own = self.own
        patch = _cluster_status.status_patch(own, _cluster_status.rendered(own, sync, result.outcomes, members, now), now)
        if not patch:
            return None
        body = {"metadata": {"resourceVersion": own["metadata"]["resourceVersion"]}, "status": patch}
        for _attempt in range(TRIES):
            try:
                self.environment.api.patch(f"{path_of(own)}/status", body)
                return self._tell(sync.verdict)
            except KubeError as error:
                if error.status == 404:
                    return None
                if error.status != 409:
                    raise
            fresh = self.environment.api.get(path_of(own))
            if (
                fresh is None
                or fresh["metadata"]["uid"] != own["metadata"]["uid"]
                or fresh["metadata"]["generation"] != own["metadata"]["generation"]
            ):
                return None
            body["metadata"]["resourceVersion"] = fresh["metadata"]["resourceVersion"]
        return None

    def _tell(self, verdict: Verdict) -> None:
        defaults = (self.own["spec"].get("connectorDefaults") or {}).get("config") or {}
        typed = secret_in_spec(self.own, defaults, "spec.connectorDefaults.config", "use configValueFrom of the KafkaConnectors")
        if typed:
            record_event(self.environment.api, self.environment.clock, self.own, typed)
        if verdict.reason is not Reason.RUNNING and _objects.reason_of(self.own) is not verdict.reason:
            record_event(self.environment.api, self.environment.clock, self.own, Event(verdict.reason.value, verdict.message, "Warning"))

    def _next_period(self) -> float:
        """Seconds. A period is counted from the start of one run to the start of the next."""
        if _objects.is_deleting(self.own):
            return DELETION_SECONDS
        period = _connection.sync_period(self.own)
        jitter = 0.1 * random.random() if not self.group.record.answered else 0.0
        return max(1.0, period * (1 + jitter) - (self.environment.clock.now() - self.started))
