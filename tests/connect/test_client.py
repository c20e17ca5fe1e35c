# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client of the REST API at a real Connect: what no module asks for yet, and several URLs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils._connect import Connect
from ansible_collections.saiello.kafka_connect.plugins.module_utils._http import RequestsTransport
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import ConnectError, Presence, Reason, RunState

from testbed.connect import ConnectCluster
from testbed.faults import Answer, FaultProxy, Rule
from testbed.ports import free_ports
from tests.connect.conftest import Rest

CONFIG = {"name": "orders", "connector.class": "FileStreamSource", "file": "/nowhere", "topic": "lines"}


@pytest.fixture
def transport() -> Iterator[RequestsTransport]:
    made = RequestsTransport()
    yield made
    made.session.close()


def test_what_a_worker_says_of_itself(connect: ConnectCluster, rest: Rest, transport: RequestsTransport) -> None:
    client = Connect(connect.url, transport)
    said = rest.get("/").json()
    info = client.worker_info()
    assert (info.version, info.kafka_cluster_id) == (said["version"], said["kafka_cluster_id"])
    assert client.is_ready()
    assert client.phase() == ""
    found = {plugin.connector_class: plugin.type for plugin in client.connector_plugins()}
    assert found == {row["class"]: row["type"] for row in rest.get("/connector-plugins").json()}
    assert found["org.apache.kafka.connect.file.FileStreamSourceConnector"] == "source"


def test_all_configurations(connect: ConnectCluster, rest: Rest, transport: RequestsTransport) -> None:
    client = Connect(connect.url, transport)
    assert client.configs() == {}
    assert client.create("orders", CONFIG, RunState.STOPPED)
    assert client.configs() == {"orders": rest.config("orders")}


def test_a_dead_worker_comes_first(connect: ConnectCluster, rest: Rest, transport: RequestsTransport) -> None:
    nobody = f"http://127.0.0.1:{free_ports(1)[0]}"
    client = Connect(nobody, transport, more_urls=[connect.url])
    assert client.create("orders", CONFIG, RunState.STOPPED)
    assert client.url_in_use == connect.url
    assert client.observe("orders").presence is Presence.PRESENT
    assert rest.config("orders") is not None


def test_a_worker_behind_a_page_is_left_for_reading(connect: ConnectCluster, rest: Rest, transport: RequestsTransport) -> None:
    with FaultProxy(connect.url) as proxy:
        proxy.add(Rule(".*", ".*", Answer(404, b"<html>not here</html>", {"Content-Type": "text/html"})))
        client = Connect(proxy.url, transport, more_urls=[connect.url])
        assert client.is_ready()
        assert client.read_all() == {}
        assert proxy.count() == 1


def test_nobody_is_there(rest: Rest, transport: RequestsTransport) -> None:
    first, second = (f"http://127.0.0.1:{port}" for port in free_ports(2))
    client = Connect(first, transport, more_urls=[second])
    with pytest.raises(ConnectError) as trouble:
        client.worker_info()
    assert trouble.value.verdict.reason is Reason.CONNECT_UNREACHABLE
    assert f"none of the 2 workers answers: {first}: connection refused; {second}: connection refused" in trouble.value.verdict.message
