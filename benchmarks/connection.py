# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Periods of a KafkaConnectCluster, run one by one as the runtime would, with nobody else at work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.fleet import WAIT_SECONDS, Fleet, is_ready
from benchmarks.runner import Cost, Invocation
from benchmarks.usage import MemorySampler
from testbed import collection, manifests
from testbed.kubernetes_api import connect_cluster_path
from testbed.operator import Operator
from testbed.process import wait_until

NAME = "bench"
# Nobody runs it but the benchmark, so that the time of its period is of no account.
SYNC_PERIOD = "1h"


class Connection:
    """A connection of a fleet whose passes over everything are run by hand."""

    def __init__(self, fleet: Fleet, invocation: Invocation) -> None:
        self.fleet = fleet
        self._invocation = invocation

    def run(self) -> Cost:
        """One period."""
        return self._invocation.run()

    def memory(self) -> MemorySampler:
        """One more period, for its memory."""
        return self._invocation.memory()

    def result(self) -> dict[str, Any]:
        """What the last period returned."""
        return self._invocation.result()

    def settle(self) -> None:
        """Periods until one finds nothing to do."""

        def quiet() -> bool:
            before = self._versions()
            self.run()
            return not self.result()["writes"] and self._versions() == before

        wait_until(quiet, timeout=WAIT_SECONDS, what="a period finds nothing to do")

    def _versions(self) -> list[str]:
        own = self.fleet.api.get(connect_cluster_path(NAME))
        return [one["metadata"]["resourceVersion"] for one in (own, *self.fleet.objects())]


@contextmanager
def connected(fleet: Fleet, url: str) -> Iterator[Connection]:
    """A connection to that URL, and of the operator only its way to the API server."""
    fleet.clear()
    stack = fleet.stack
    # The runtime's proxy without the runtime's runs: it watches a namespace that has no objects.
    bystander = Operator(
        stack.processes, stack.control_plane, manifests.container(manifests.default()), environment={"WATCH_NAMESPACE": "kube-public"}
    )
    bystander.start()
    try:
        bystander.wait_ready()
        own = fleet.create_connection(NAME, url, SYNC_PERIOD)
        role = collection.staged() / "ansible_collections" / "saiello" / "kafka_connect" / "roles" / "kafka_connect_cluster"
        variables = {"kafka_connect_cluster_namespace": "default", "kafka_connect_cluster_name": NAME, "kafka_connect_cluster_phase": "reconcile"}
        environment = {**bystander.process_environment(), "WATCH_NAMESPACE": ""}
        invocation = Invocation(stack.directory / "connection", role, variables, environment)
        invocation.prepare(own)
        yield Connection(fleet, invocation)
    finally:
        bystander.stop()
        fleet.clear()


def all_ready(fleet: Fleet) -> bool:
    """Whether every object of the fleet is Ready."""
    return all(map(is_ready, fleet.objects()))
