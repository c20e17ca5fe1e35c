# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils._http import Clock, RequestsTransport
from ansible_collections.saiello.kafka_connect.plugins.module_utils._kube import KubeApi
from ansible_collections.saiello.kafka_connect.plugins.module_utils._objects import GROUP
from ansible_collections.saiello.kafka_connect.plugins.module_utils._reconcile import Environment, reconcile
from ansible_collections.saiello.kafka_connect.plugins.module_utils._run_directory import EndpointRecord, open_run_directory
from ansible_collections.saiello.kafka_connect.plugins.module_utils._schedule import IDLE_SECONDS
from ansible_collections.saiello.kafka_connect.plugins.module_utils._settings import POLL_PERIOD

NOW = 1_000_000.0
AT_REST: dict[str, Any] = {
    "metadata": {
        "name": "a",
        "namespace": "ns",
        "generation": 1,
        "labels": {f"{GROUP}/api-schema": "http", f"{GROUP}/api-host": "connect", f"{GROUP}/api-port": "8083"},
    },
    "spec": {"class": "C"},
    "status": {"observedGeneration": 1, "conditions": [{"type": "Ready", "status": "True", "reason": "Running"}]},
}


class OneObject(KubeApi):
    """An API that knows one object at rest, and that nobody may list."""

    def get(self, path: str) -> dict[str, Any] | None:
        assert path.endswith("/kafkaconnectors/a")
        return AT_REST


@pytest.mark.parametrize("poller", ["ns/a", "ns/other", ""])
def test_run_just_after_another_leaves_the_poll_to_the_poller(tmp_path: Path, poller: str) -> None:
    directory = open_run_directory(str(tmp_path))
    directory.keep("http://connect:8083", EndpointRecord(listed=NOW - 1, polled=NOW - 1, poller=poller))
    transport = RequestsTransport()
    environment = Environment(OneObject("", "", transport), directory, lambda policy: transport, Clock(lambda: NOW), lambda entry: None)
    run = reconcile(environment, "ns", "a")
    assert run.outcomes == ()
    assert not run.finished
    if poller == "ns/a":
        assert run.requeue_after == POLL_PERIOD
    else:
        assert run.requeue_after >= IDLE_SECONDS[0]
