# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The form of endpoints, and the addresses that are never spoken to."""

from __future__ import annotations

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils._address import (
    RUNTIME_PORTS,
    Endpoint,
    EndpointError,
    allowed_endpoints,
    anywhere,
    endpoint,
    parse_url,
)

OWN = "10.0.0.7"


# -- form


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("connect", "http://connect:8083"),
        ("my-connect-cluster-connect-api.kafka", "http://my-connect-cluster-connect-api.kafka:8083"),
        ("Connect.Example.COM", "http://connect.example.com:8083"),
        ("connect.example.com.", "http://connect.example.com.:8083"),
        ("10.1.2.3", "http://10.1.2.3:8083"),
        ("::1", "http://[::1]:8083"),
        ("a_b", "http://a_b:8083"),
    ],
)
def test_three_labels_are_an_endpoint(host: str, url: str) -> None:
    assert endpoint("http", host, "8083").url == url


BAD_HOSTS = [
    "",
    "-a",
    "a-",
    "a..b",
    ".a",
    "a/b",
    "a b",
    "u@h",
    "u:p@h",
    "h:80",
    "h?x",
    "h#x",
    "h%20",
    "a" * 64,
    ".".join(["a" * 60] * 5),
    "h\n",
    "[::1]",
    "é",
]


@pytest.mark.parametrize("host", BAD_HOSTS)
def test_what_is_no_host(host: str) -> None:
    with pytest.raises(EndpointError, match="no host name or address"):
        endpoint("http", host, "8083")


@pytest.mark.parametrize("port", ["", "0", "65536", "99999", "100000", "-1", "+80", "80 ", "0x50", "08", "8083\n", "٣", "http"])
def test_what_is_no_port(port: str) -> None:
    with pytest.raises(EndpointError, match="from 1 to 65535"):
        endpoint("http", "h", port)


@pytest.mark.parametrize("scheme", ["", "HTTP", "ftp", "file", "http ", "https://"])
def test_what_is_no_schema(scheme: str) -> None:
    with pytest.raises(EndpointError, match="must be http or https"):
        endpoint(scheme, "h", "1")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://h:8083", Endpoint("http", "h", 8083)),
        ("http://h", Endpoint("http", "h", 80)),
        ("https://h", Endpoint("https", "h", 443)),
        ("https://H:1/a/b-c/d.e_f~/", Endpoint("https", "h", 1, "/a/b-c/d.e_f~")),
        ("http://[::1]:8083/", Endpoint("http", "::1", 8083)),
    ],
)
def test_urls(url: str, expected: Endpoint) -> None:
    assert parse_url(url) == expected
    assert parse_url(expected.url) == expected


BAD_URLS = [
    "",
    "h:8083",
    "//h:8083",
    "ftp://h",
    "http://",
    "http://:80",
    "http://h:0",
    "http://h:x",
    "http://h:70000",
    "http://[::1",
    "http://h/../x",
    "http://h/./x",
    "http://h/a%2Fb",
    "http://h/a;b",
    "http://h/a b",
    "http://h/a\\b",
    "http://h\\@x/",
    "http://h?x",
    "http://h/?",
    "http://h#",
    "http://h/x#y",
    "http://user@h",
    "http://user:hunter2@h",
    "http://user:hunter2/@h",
    "http://user:hunter2",
]


@pytest.mark.parametrize("url", BAD_URLS)
def test_what_is_no_url_is_not_quoted(url: str) -> None:
    with pytest.raises(EndpointError) as refused:
        parse_url(url)
    assert "hunter2" not in str(refused.value)


# -- policy


def allows(entries: str | None, peer: str, port: int = 8083, host: str = "h", own: str = OWN) -> bool:
    return allowed_endpoints(entries)(host, peer, own, port) is None


NEVER_BY_DEFAULT = [
    "127.0.0.1",
    "127.9.9.9",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "0.0.0.0",
    "::",
    "::ffff:0.0.0.0",
    "169.254.169.254",
    "::ffff:169.254.169.254",
    "169.254.170.2",
    "fe80::1",
    "fe80::1%eth0",
]


@pytest.mark.parametrize("peer", NEVER_BY_DEFAULT)
@pytest.mark.parametrize("entries", [None, "", "*", "h", "*:8083", "localhost", "10.0.0.0/8"])
def test_special_addresses_need_an_entry_that_is_an_address_or_network(peer: str, entries: str | None) -> None:
    assert not allows(entries, peer)
    assert not allows(entries, peer, host="localhost")


@pytest.mark.parametrize("peer", ["10.1.2.3", "192.168.1.1", "8.8.8.8", "2001:db8::1", "fd00::1", OWN])
def test_without_the_setting_other_addresses_are_allowed(peer: str) -> None:
    assert allows(None, peer)


@pytest.mark.parametrize(
    ("entries", "host", "peer", "port", "allowed"),
    [
        ("127.0.0.1", "localhost", "127.0.0.1", 8083, True),
        ("127.0.0.0/8", "x", "127.1.1.1", 8083, True),
        ("127.0.0.1:8083", "x", "127.0.0.1", 8083, True),
        ("127.0.0.1:8083", "x", "127.0.0.1", 8084, False),
        ("127.0.0.1", "x", "::ffff:127.0.0.1", 8083, True),
        ("127.0.0.1", "x", "::1", 8083, False),
        ("::1", "x", "::1", 8083, True),
        ("[::1]:8083", "x", "::1", 8083, True),
        ("[::1]:8083", "x", "::1", 8084, False),
        ("169.254.0.0/16", "x", "169.254.169.254", 80, True),
        ("fe80::/10", "x", "fe80::1%eth0", 8083, True),
        ("10.0.0.0/8", "x", "10.1.2.3", 8083, True),
        ("10.0.0.0/8", "x", "11.1.2.3", 8083, False),
        ("10.0.0.1/8", "x", "10.1.2.3", 8083, True),
        ("connect.example.com", "connect.example.com", "10.1.2.3", 8083, True),
        ("connect.example.com", "Connect.Example.COM.", "10.1.2.3", 8083, True),
        ("Connect.Example.COM.", "connect.example.com", "10.1.2.3", 8083, True),
        ("connect.example.com", "evil.com", "10.1.2.3", 8083, False),
        ("*.example.com", "a.example.com", "10.1.2.3", 8083, True),
        ("*.example.com", "example.com", "10.1.2.3", 8083, False),
        ("*.example.com", "a.example.com.evil.com", "10.1.2.3", 8083, False),
        ("*.example.com:8083", "a.example.com", "10.1.2.3", 8084, False),
        ("connect-?", "connect-1", "10.1.2.3", 8083, True),
        ("10.1.2.3", "x", "10.1.2.3", 1, True),
        ("a\nb\r\n c , d\t", "d", "10.1.2.3", 1, True),
        ("", "x", "10.1.2.3", 8083, False),
        (" \n ", "x", "10.1.2.3", 8083, False),
    ],
)
def test_entries(entries: str, host: str, peer: str, port: int, allowed: bool) -> None:
    assert allows(entries, peer, port, host) is allowed


@pytest.mark.parametrize("port", sorted(RUNTIME_PORTS))
@pytest.mark.parametrize("peer", ["127.0.0.1", "127.0.0.2", "::1", "::ffff:127.0.0.1", "0.0.0.0", OWN, f"::ffff:{OWN}"])
def test_the_listeners_of_the_runtime_are_never_allowed(peer: str, port: int) -> None:
    for entries in (None, "0.0.0.0/0\n::/0", f"{peer}:{port}" if ":" not in peer else f"[{peer}]:{port}"):
        assert not allows(entries, peer, port)
    assert not allows("0.0.0.0/0\n::/0", peer, port, own=f"::ffff:{OWN}")


def test_the_same_ports_elsewhere_are_nothing_special() -> None:
    assert allows(None, "10.0.0.8", 8888)


def test_8888_and_5050_are_among_them() -> None:
    assert {8888, 5050} <= RUNTIME_PORTS


@pytest.mark.parametrize(
    "entry", ["http://h", "h/x", "h:0", "h:70000", "h:x", "[::1", "[h]:80x", "10.0.0.0/33", "a;b", "#", "user@h", "[a-z].example.com"]
)
def test_an_entry_that_is_none_opens_nothing(entry: str) -> None:
    with pytest.raises(EndpointError, match="allowedEndpoints"):
        allowed_endpoints(f"10.0.0.0/8\n{entry}")


def test_a_person_at_work_goes_anywhere() -> None:
    assert anywhere("localhost", "127.0.0.1", "127.0.0.1", 8888) is None
