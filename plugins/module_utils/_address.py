# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""Where a Kafka Connect may be: the form of an endpoint, and the addresses that are never spoken to. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Optional, Union
from urllib.parse import urlsplit

Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]
Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]

# The runtime's own listeners: the Kubernetes proxy (it has the operator's rights and asks for none), its
# metrics API, the metrics and the probes. ansible-operator-plugins 1.42, `ansible-operator run`.
RUNTIME_PORTS = frozenset((8888, 5050, 8443, 6789))

_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?)(?:\.[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?)*\.?")
_SEGMENT = re.compile(r"[A-Za-z0-9._~-]+")


class EndpointError(ValueError):
    """An endpoint that is not well formed; the text says what is wrong and what is expected."""


@dataclass(frozen=True)
class Endpoint:
    """Scheme, host, port and a base path without trailing slash; equal for equal Connects as far as one can see."""

    scheme: str
    host: str
    port: int
    path: str = ""

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}{self.path}"


def endpoint(scheme: str, host: str, port: str) -> Endpoint:
    """The endpoint of the three labels.

    :raises EndpointError: naming the part that is wrong.
    """
    if scheme not in ("http", "https"):
        raise EndpointError(f"the schema is {scheme!r}; it must be http or https")
    if not _is_host(host):
        raise EndpointError(f"{host!r} is no host name or address")
    if not re.fullmatch(r"[1-9][0-9]{0,4}", port) or int(port) > 65535:
        raise EndpointError(f"the port is {port!r}; it must be a number from 1 to 65535")
    return Endpoint(scheme, host.lower(), int(port))


def parse_url(url: str) -> Endpoint:
    """The endpoint of a URL: scheme, host, port and plain path segments only.

    :raises EndpointError: for userinfo, query, fragment, ``..``, ``%`` or anything else.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise EndpointError("the URL is malformed") from error
    if "@" in parts.netloc:
        raise EndpointError("the URL holds a user name or password; give credentials separately")
    if parts.query or parts.fragment or "?" in url or "#" in url:
        raise EndpointError("the URL holds a query or a fragment; leave it out")
    segments = [segment for segment in parts.path.split("/") if segment]
    if any(segment in (".", "..") or not _SEGMENT.fullmatch(segment) for segment in segments):
        raise EndpointError("the URL's path may hold plain segments only (letters, digits, '.', '_', '~', '-')")
    default = {"http": 80, "https": 443}.get(parts.scheme, 0)
    checked = endpoint(parts.scheme, parts.hostname or "", str(default if port is None else port))
    return Endpoint(checked.scheme, checked.host, checked.port, "".join(f"/{segment}" for segment in segments))


def _is_host(host: str) -> bool:
    return _literal(host) is not None or (len(host) <= 253 and _HOST.fullmatch(host) is not None)


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host.split("%", maxsplit=1)[0])
    except ValueError:
        return None


# Says whether a host name (as written), the address connected to, our own address and the port are allowed; None: yes, else why not.
AddressPolicy = Callable[[str, str, str, int], Optional[str]]


def anywhere(host: str, peer: str, own: str, port: int) -> str | None:
    """The policy of a person at work: the URL is theirs, and so are the rights it is used with."""
    return None


@dataclass(frozen=True)
class _Entry:
    pattern: str
    network: Network | None
    port: int | None

    def matches(self, host: str, address: Address, port: int) -> bool:
        if self.port is not None and self.port != port:
            return False
        if self.network is not None:
            return address.version == self.network.version and address in self.network
        return fnmatchcase(host.lower().rstrip("."), self.pattern)


def allowed_endpoints(text: str | None) -> AddressPolicy:
    """The policy of the operator settings key ``allowedEndpoints``: one entry a line.

    An entry is a host pattern, an address or a network, with an optional ``:port``. Without the key every address is allowed
    but loopback, link-local and unspecified ones; with it only what an entry matches, and for those three kinds only an entry that
    is an address or a network. The runtime's own ports on this very host are never allowed.

    :raises EndpointError: for an entry that is none of these.
    """
    entries = None if text is None else [_entry(line) for line in re.split(r"[\s,]+", text) if line]

    def policy(host: str, peer: str, own: str, port: int) -> str | None:
        address = _plain(ipaddress.ip_address(peer.split("%", maxsplit=1)[0]))
        here = address.is_loopback or address.is_unspecified or _plain(ipaddress.ip_address(own.split("%", maxsplit=1)[0])) == address
        if here and port in RUNTIME_PORTS:
            return "the address is the operator's own"
        special = address.is_loopback or address.is_link_local or address.is_unspecified
        matching = [entry for entry in entries or () if entry.matches(host, address, port)]
        if special and not any(entry.network is not None for entry in matching):
            return "it leads to a loopback, link-local or unspecified address, which no entry of allowedEndpoints lists as address or network"
        if entries is not None and not matching:
            return "it is not listed in allowedEndpoints"
        return None

    return policy


def _plain(address: Address) -> Address:
    """IPv4 in IPv6 clothes is that IPv4 address."""
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address


def _entry(text: str) -> _Entry:
    body, port = text, None
    bracketed = re.fullmatch(r"\[([^\]]+)\](?::(\d+))?", text)
    with_port = re.fullmatch(r"([^:]+):(\d+)", text)
    if bracketed:
        body, port = bracketed.group(1), bracketed.group(2)
    elif with_port:
        body, port = with_port.group(1), with_port.group(2)
    if port is not None and not 1 <= int(port) <= 65535:
        raise EndpointError(f"allowedEndpoints: {text!r} has no port from 1 to 65535")
    try:
        network: Network | None = ipaddress.ip_network(body, strict=False)
    except ValueError:
        network = None
    if network is None and not re.fullmatch(r"[A-Za-z0-9.*?_-]+", body):
        raise EndpointError(f"allowedEndpoints: {text!r} is no host pattern, address or network")
    return _Entry(body.lower().rstrip("."), network, int(port) if port else None)
