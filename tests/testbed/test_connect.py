# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two real workers: one leads, the other follows; each can be killed and started again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from testbed.connect import ConnectCluster, Worker
from testbed.kafka import Broker
from testbed.process import Processes, wait_until


@pytest.fixture(scope="module")
def connect(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConnectCluster]:
    with Processes(tmp_path_factory.mktemp("connect")) as processes:
        cluster = ConnectCluster(processes, broker, workers=2)
        cluster.start()
        cluster.wait_healthy()
        yield cluster


def agreed_leader(connect: ConnectCluster) -> Worker:
    wait_until(lambda: connect.leader() is not None, timeout=60, what="the workers agree on a leader")
    leader = connect.leader()
    assert leader is not None
    return leader


def test_a_follower_takes_over_from_a_killed_leader_which_comes_back(connect: ConnectCluster) -> None:
    first = agreed_leader(connect)
    (other,) = (worker for worker in connect if worker is not first)
    first.kill()
    assert not first.running
    assert not first.healthy()
    wait_until(lambda: connect.leader() is other, timeout=60, what="the other worker leads")
    first.start()
    first.wait_healthy()
    agreed_leader(connect)
    assert requests.get(f"{first.url}/connectors", timeout=30).json() == []


def test_a_file_becomes_records_of_a_topic(connect: ConnectCluster, broker: Broker, tmp_path: Path) -> None:
    source = tmp_path / "source.txt"
    source.write_text("one\ntwo\n", encoding="utf-8")
    (connect.secrets / "topic.properties").write_text("name=from-a-secret\n", encoding="utf-8")
    config = {
        "connector.class": "FileStreamSource",
        "file": str(source),
        "topic": f"${{file:{connect.secrets}/topic.properties:name}}",
        "value.converter": "org.apache.kafka.connect.storage.StringConverter",
    }
    created = requests.put(f"{connect.url}/connectors/lines/config", json=config, timeout=100)
    assert created.status_code == 201, created.text
    assert broker.records("from-a-secret", count=2) == ["one", "two"]
