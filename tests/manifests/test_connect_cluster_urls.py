# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses that a KafkaConnectCluster may hold: the schema lets in what the operator reads, and nothing else."""

from __future__ import annotations

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils._address import EndpointError, parse_url

from testbed.control_plane import ControlPlane
from tests.manifests.connections import URL, connection, create, refuse


@pytest.mark.parametrize(
    "url",
    [
        "http://connect",
        "https://connect.example.com.",
        "http://my-connect-cluster-connect-api.kafka:8083",
        "http://under_score.example.com",
        "http://10.0.0.1:1",
        "http://[::1]:65535",
        "https://[2001:db8::1]",
        "https://[::ffff:10.0.0.1]:8083/",
        "https://connect.example.com:8083/",
        "https://connect.example.com/base/path",
        "https://connect.example.com/base/v1.2/~x_y-z/",
        "https://connect.example.com/..a/b../.c/...",
        f"http://{'a' * 63}.b",
    ],
)
def test_url_is_kept_and_read_by_the_operator(control_plane: ControlPlane, url: str) -> None:
    assert create(control_plane, connection({"url": url}))["spec"]["url"] == url
    assert create(control_plane, connection({"url": None, "urls": [url]}))["spec"]["urls"] == [url]
    assert parse_url(url).url.startswith(url.partition(":")[0])


@pytest.mark.parametrize(
    "url",
    [
        "",
        "connect:8083",
        "ftp://connect",
        "file:///etc/passwd",
        "http://",
        "http://:8083",
        "http://user@connect",
        "http://user:password@connect:8083",
        "http://connect?x=y",
        "http://connect/#",
        "http://connect/#a",
        "http://connect/a?",
        "http://connect/../a",
        "http://connect/a/..",
        "http://connect/./a",
        "http://connect/.",
        "http://connect/a%2Fb",
        "http://connect/%2e%2e/a",
        "http://connect/a b",
        "http://connect/a;b",
        "http://connect/a\\b",
        "http://connect/é",
        "http://con nect",
        "http://-connect",
        "http://connect-",
        "http://connect..example",
        "http://ünï.example",
        "http://connect\n",
        "http://connect:0",
        "http://connect:08083",
        "http://connect:65536",
        "http://connect:99999",
        "http://connect:port",
        "http://[fe80::1%25eth0]",
        "http://[connect]",
        f"http://{'a' * 64}",
        "http://connect/" + "a" * 512,
    ],
    ids=repr,
)
def test_url_is_refused(control_plane: ControlPlane, url: str) -> None:
    refuse(control_plane, {"url": url}, r"spec\.url: ")
    refuse(control_plane, {"url": None, "urls": [URL, url]}, r"spec\.urls\[1\]: ")


@pytest.mark.parametrize("url", ["http://connect/../a", "http://user@connect", "http://connect?x=y", "http://connect/a%2Fb", "http://[connect]"])
def test_operator_refuses_the_worst_urls_itself(url: str) -> None:
    with pytest.raises(EndpointError):
        parse_url(url)


@pytest.mark.parametrize("count", [1, 16])
def test_several_urls_keep_their_order(control_plane: ControlPlane, count: int) -> None:
    urls = [f"https://worker-{number}.example.com:8083" for number in reversed(range(count))]
    assert create(control_plane, connection({"url": None, "urls": urls}))["spec"]["urls"] == urls
