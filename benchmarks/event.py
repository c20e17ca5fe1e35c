# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run of the role against a role of one module that does nothing, both by ansible-runner as the runtime calls it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.fleet import Fleet, operated
from benchmarks.result import Row
from benchmarks.runner import Cost, Invocation
from testbed import collection, manifests
from testbed.kubernetes_api import connector_path
from testbed.operator import Operator
from testbed.progress import step
from testbed.stack import Stack

NAME = "event"
EMPTY_MODULE = """
from ansible.module_utils.basic import AnsibleModule

AnsibleModule(argument_spec={}).exit_json(changed=False)
"""


def measure(stack: Stack, repeat: int) -> Iterator[Row]:
    """Two rows: a run that finds nothing to do, and one that sends an update."""
    with operated(stack) as fleet:
        fleet.create(NAME)
        fleet.wait_ready(1)
        stack.operator.stop()
        # The runtime's proxy without the runtime's runs: it watches a namespace that has no objects.
        bystander = Operator(
            stack.processes, stack.control_plane, manifests.container(manifests.default()), environment={"WATCH_NAMESPACE": "kube-public"}
        )
        bystander.start()
        try:
            bystander.wait_ready()
            yield from _rows(fleet, bystander, repeat)
        finally:
            bystander.stop()


def _rows(fleet: Fleet, bystander: Operator, repeat: int) -> Iterator[Row]:
    obj = fleet.api.get(connector_path(NAME))
    environment = {**bystander.process_environment(), "WATCH_NAMESPACE": ""}
    directory = fleet.stack.directory / "event"
    role = collection.staged() / "ansible_collections" / "saiello" / "kafka_connect" / "roles" / "kafka_connector"
    variables = {"kafka_connector_namespace": "default", "kafka_connector_name": NAME, "kafka_connector_phase": "reconcile"}
    ours = Invocation(directory / "ours", role, variables, environment)
    empty = Invocation(directory / "empty", _empty_role(directory), variables, environment)
    for invocation in (ours, empty):
        invocation.prepare(obj)
    with step("One event run against an empty role"):
        base, idle, edited = [], [], []
        for _ in range(repeat):
            base.append(empty.run())
            idle.append(_checked(ours, writes=0))
            edited.append(_edited(fleet, ours))
    memory = {name: {"module MiB": peak.module, "tree MiB": peak.tree} for name, peak in (("ours", ours.memory()), ("empty", empty.memory()))}
    for work, costs in (("nothing to do", idle), ("one update", edited)):
        yield _row(f"event run, {work}, CPU", costs, base, lambda cost: cost.cpu, {})
        yield _row(f"event run, {work}, seconds", costs, base, lambda cost: cost.seconds, {"peak memory": memory})


def _row(work: str, costs: list[Cost], base: list[Cost], value: Callable[[Cost], float], numbers: Mapping[str, Any]) -> Row:
    ours, empty = median(map(value, costs)), median(map(value, base))
    return Row(work, "an empty role", ours / empty, 1.25, {"seconds": {"ours": ours, "empty role": empty}, **numbers})


def _edited(fleet: Fleet, ours: Invocation) -> Cost:
    fleet.patch(NAME, {"spec": {"config": {"topic": f"topic-{time.monotonic_ns()}"}}})
    return _checked(ours, writes=1)


def _checked(ours: Invocation, *, writes: int) -> Cost:
    cost = ours.run()
    assert len(ours.result()["writes"]) == writes
    return cost


def _empty_role(directory: Path) -> Path:
    role = directory / "roles" / "empty"
    texts = {"tasks/main.yml": "- name: Do nothing\n  do_nothing: {}\n", "library/do_nothing.py": EMPTY_MODULE}
    for place, text in texts.items():
        (role / place).parent.mkdir(parents=True, exist_ok=True)
        (role / place).write_text(text, encoding="utf-8")
    return role
