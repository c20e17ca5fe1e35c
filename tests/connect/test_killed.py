# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The process of Kafka Connect is killed in the middle of an apply."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from testbed.connect import ConnectCluster
from testbed.faults import FaultProxy, Hold, Rule
from testbed.kafka import Broker
from testbed.process import Processes, wait_until
from tests.connect.conftest import Ansible, Rest
from tests.connect.playbooks import SOURCE, Playbooks, connector, create_all, write

WRITES = "POST|PUT|DELETE"
KINDS = ("created", "updated", "switched", "both", "deleted")
EACH = 8
BEFORE, AFTER = {"file": "/dev/null", "topic": "before"}, {"file": "/dev/null", "topic": "after"}
# Configuration and state, of a connector that is there.
Seen = tuple[dict[str, str], str] | None


def seen(rest: Rest) -> dict[str, Seen]:
    shown = rest.get("/connectors?expand=info&expand=status").json()
    return {name: (one["info"]["config"], one["status"]["connector"]["state"]) for name, one in shown.items()}


def stored(name: str, config: dict[str, str]) -> dict[str, str]:
    return {"name": name, "connector.class": SOURCE, "tasks.max": "1", **config}


def may_be(name: str) -> list[Seen]:
    """Each way in which a connector may be left, the first of them as it was and the last as it shall be."""
    old, new = stored(name, BEFORE), stored(name, AFTER)
    ways: dict[str, list[Seen]] = {
        "created": [None, (new, "STOPPED")],
        "updated": [(old, "STOPPED"), (new, "STOPPED")],
        "switched": [(old, "STOPPED"), (old, "PAUSED")],
        # Two writes, one after the other.
        "both": [(old, "STOPPED"), (new, "STOPPED"), (new, "PAUSED")],
        "deleted": [(old, "STOPPED"), None],
    }
    return ways[name.partition("-")[0]]


def manifest(name: str) -> dict[str, Any]:
    config, state = next(reversed(may_be(name))) or ({}, "")
    own = ("name", "connector.class", "tasks.max")
    return connector(name, {key: value for key, value in config.items() if key not in own}, state=state.lower())


@pytest.mark.timeout(600)
def test_each_connector_is_as_it_was_or_as_it_shall_be(broker: Broker, ansible: Ansible, tmp_path: Path) -> None:
    names = [f"{kind}-{number}" for kind in KINDS for number in range(EACH)]
    with Processes(tmp_path / "mortal") as processes, ConnectCluster(processes, broker, name="mortal") as cluster:
        rest = Rest(cluster.url)
        create_all(rest, {name: stored(name, BEFORE) for name in names if may_be(name)[0]})
        write(tmp_path / "set.yaml", [manifest(name) for name in names if may_be(name)[-1]])
        with FaultProxy(cluster.url) as proxy:
            given = {"connect_url": proxy.url, "manifests": str(tmp_path / "set.yaml"), "absent": [name for name in names if not may_be(name)[-1]]}
            playbooks = Playbooks(replace(ansible, url=proxy.url), given)
            # Of each kind the first few are written, and the others are on their way.
            proxy.add(Rule(WRITES, r"/connectors/\w+-[4-7].*", Hold(1.0)))
            apply = subprocess.Popen(
                playbooks.command("apply"), env=playbooks.environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
            )
            wait_until(lambda: proxy.count(WRITES) >= 16, timeout=90, what="some are written")
            cluster.workers[0].kill()
            output, _ = apply.communicate(timeout=120)
            assert apply.returncode != 0, output
            assert "Traceback" not in output
            assert playbooks.last_report()["outcome"] == "failed"
            proxy.clear()
            wait_until(lambda: all(request.ended for request in proxy.requests), timeout=100, what="all requests have ended")
            cluster.workers[0].start()
            cluster.wait_healthy()
            wait_until(lambda: all(seen(rest).get(name) in may_be(name) for name in names), timeout=30, what="each is as it was or as it shall be")
            left = seen(rest)
            reached = {name for name in names if left.get(name) == may_be(name)[-1]}
            assert 0 < len(reached) < len(names)

            finished = playbooks.run("apply")
            assert finished.status == 0, finished.output
            assert set(finished.actions) == set(names) - reached
            assert {name: seen(rest).get(name) for name in names} == {name: may_be(name)[-1] for name in names}
            again = playbooks.run("apply")
            assert (again.status, again.outcome) == (0, "unchanged"), again.output
