# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many objects at once are the work of a few passes, whether or not they ever get a run of their own."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from testbed.faults import FaultProxy
from testbed.kubernetes_api import connector_path
from testbed.operator import RUNS
from tests.e2e.world import FINALIZER, World, condition

COUNT = 300
HANDFUL = 5
OBJECTS = RUNS / "v1alpha1" / "KafkaConnector" / "default"


def results(names: set[str]) -> Iterator[dict[str, Any]]:
    """What the module returned in the last runs of these objects, as the runtime keeps it."""
    for name in names:
        for file in OBJECTS.glob(f"{name}/artifacts/*/job_events/*.json"):
            # What is half written, and does not stay.
            if file.name.endswith("-partial.json"):
                continue
            event = json.loads(file.read_text(encoding="utf-8"))
            result = event.get("event_data", {}).get("res") or {}
            if event["event"] == "runner_on_ok" and "writes" in result:
                yield result


def writing_passes(names: set[str]) -> int:
    """How many passes sent something to Connect."""
    return sum(bool(result["writes"]) for result in results(names))


def without_run(names: set[str]) -> set[str]:
    """The objects for which the runtime has not begun a run of their own."""
    return {name for name in names if not (OBJECTS / name).exists()}


def sent(proxy: FaultProxy, method: str) -> Counter[str]:
    """How often a write of that method was sent for each connector."""
    requests = proxy.matching(method)
    return Counter(json.loads(one.body)["name"] if method == "POST" else unquote(one.path.split("/")[2]) for one in requests)


def test_burst_of_creations_and_deletions(world: World, proxy: FaultProxy) -> None:
    names = {f"burst-{number:03}" for number in range(COUNT)}
    once = Counter(names)
    world.create_all(world.manifest(name, url=proxy.url) for name in sorted(names))

    def all_ready() -> bool:
        return proxy.count("POST") >= COUNT and all(condition(obj, "Ready").get("reason") == "Stopped" for obj in world.all())

    world.until(all_ready, "all are Ready", timeout=90)
    untouched = without_run(names)
    assert untouched, "the passes were ahead of the runs of the single objects"
    assert sent(proxy, "POST") == once
    # A run says so at its end.
    world.until(lambda: writing_passes(names) > 0, "a run that made some has ended")
    assert writing_passes(names) <= HANDFUL
    for obj in world.all():
        assert obj["status"]["ownership"] == "Created"
        assert obj["metadata"]["finalizers"] == [FINALIZER]
    assert world.connectors() == names

    world.api.delete(connector_path())
    world.until(lambda: sum(sent(proxy, "DELETE").values()) >= COUNT and not world.all(), "all are gone", timeout=90)
    assert sent(proxy, "DELETE") == once
    assert sent(proxy, "POST") == once
    assert world.connectors() == set()
    assert without_run(names), "some went without any run of their own"
    assert writing_passes(names) <= 2 * HANDFUL
    assert world.failed_runs() == []
