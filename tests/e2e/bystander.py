# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A connector that nobody manages: put on a Connect by hand, to be found there at the end as it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from testbed.connect import ConnectCluster
from testbed.process import wait_until
from tests.e2e.world import SOURCE, World

NAME = "nobodys"
_CONFIG = {"connector.class": SOURCE, "tasks.max": "1", "file": "/dev/null", "topic": "nobodys"}


@contextmanager
def untouched(world: World, *clusters: ConnectCluster) -> Iterator[None]:
    """Put one on each Connect; afterwards no run has failed and each of them is as it was."""
    for cluster in clusters:
        if cluster.request("GET", f"/connectors/{NAME}/config").status_code != 200:
            cluster.request("POST", "/connectors", {"name": NAME, "config": _CONFIG, "initial_state": "STOPPED"}).raise_for_status()
    yield
    for cluster in clusters:
        # A worker that rebalances refuses to tell.
        wait_until(lambda cluster=cluster: _is_as_it_was(cluster), timeout=60, what=f"{NAME} is stopped, with its configuration")  # type: ignore[misc]
    assert world.writes(NAME) == []
    assert world.failed_runs() == []


def _is_as_it_was(cluster: ConnectCluster) -> bool:
    status, config = (cluster.request("GET", f"/connectors/{NAME}/{part}") for part in ("status", "config"))
    told = status.ok and config.ok
    return told and status.json()["connector"]["state"] == "STOPPED" and config.json() == {"name": NAME, **_CONFIG}
