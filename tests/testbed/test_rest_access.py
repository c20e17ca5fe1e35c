# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real worker with HTTPS, client certificates and passwords; each of them can be changed while it keeps its address."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from testbed.connect import ConnectCluster
from testbed.kafka import Broker
from testbed.pki import Authority, KeyPair
from testbed.process import Processes
from testbed.rest_access import Tls

# A properties file and JAAS have a meaning of their own for most of these.
USER, PASSWORD = "ada lovelace#é", 's3cret:=\\ "€😀'


@dataclass(frozen=True)
class Guarded:
    """A cluster that lets in who is trusted, and the authorities that decide on it."""

    cluster: ConnectCluster
    servers: Authority
    clients: Authority


@pytest.fixture(scope="module")
def guarded(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    folder = tmp_path_factory.mktemp("guarded")
    servers, clients = Authority(folder / "servers", "servers"), Authority(folder / "clients", "clients")
    tls = Tls(servers.server("first"), clients=clients.certificate, client=clients.client("testbed", "tests"))
    with Processes(folder) as processes:
        cluster = ConnectCluster(processes, broker, name="guarded", heap="300m", tls=tls, credentials={USER: PASSWORD})
        with cluster:
            yield Guarded(cluster, servers, clients)


def ask(guarded: Guarded, pair: KeyPair | None = None, user: str = "", password: str = "") -> int:
    """The status that a client gets which trusts the authority of the servers."""
    cert = (str(pair.public), str(pair.private)) if pair else None
    auth = requests.auth.HTTPBasicAuth(user.encode(), password.encode()) if user else None
    return requests.get(f"{guarded.cluster.url}/connectors", verify=str(guarded.servers.certificate), cert=cert, auth=auth, timeout=30).status_code


def test_only_who_is_trusted_is_let_in(guarded: Guarded) -> None:
    ada = guarded.clients.client("ada", "people")
    assert ask(guarded, ada, USER, PASSWORD) == 200
    assert guarded.cluster.request("GET", "/connectors").json() == []
    assert ask(guarded, ada) == 401
    assert ask(guarded, ada, USER, "wrong") == 401
    with pytest.raises(requests.exceptions.SSLError, match="unable to get local issuer"):
        requests.get(guarded.cluster.url, timeout=30)
    for refused in (None, guarded.clients.client("old", "people", expired=True), guarded.servers.client("foreign", "people")):
        with pytest.raises(requests.ConnectionError):
            ask(guarded, refused, USER, PASSWORD)


def test_the_heap_is_as_asked(guarded: Guarded) -> None:
    pid = guarded.cluster.workers[0].process.pid
    assert b"-Xmx300m" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")


def test_passwords_can_be_changed(guarded: Guarded) -> None:
    ada, url = guarded.clients.client("ada-again", "people"), guarded.cluster.url
    guarded.cluster.set_credentials({USER: "rotated"})
    assert guarded.cluster.url == url
    assert ask(guarded, ada, USER, PASSWORD) == 401
    assert ask(guarded, ada, USER, "rotated") == 200
    assert guarded.cluster.request("GET", "/connectors").status_code == 200


def test_certificates_can_be_changed(guarded: Guarded) -> None:
    old = Tls(guarded.servers.server("old", expired=True))
    guarded.cluster.set_tls(old)
    with pytest.raises(requests.exceptions.SSLError, match="certificate has expired"):
        ask(guarded)
    assert guarded.cluster.request("GET", "/connectors").status_code == 200
    guarded.cluster.set_tls(Tls(guarded.servers.server("elsewhere", hosts=["elsewhere.example"]), host="elsewhere.example"))
    with pytest.raises(requests.exceptions.SSLError, match=r"not valid for '127\.0\.0\.1'"):
        ask(guarded)
    assert guarded.cluster.request("GET", "/connectors").status_code == 200


def test_what_cannot_work_is_refused(broker: Broker, tmp_path: Path) -> None:
    authority = Authority(tmp_path / "pki")
    with pytest.raises(ValueError, match="client certificate"):
        Tls(authority.server("lonely"), clients=authority.certificate)
    tls = Tls(authority.server("many"))
    with pytest.raises(ValueError, match="one worker"):
        ConnectCluster(Processes(tmp_path), broker, workers=2, tls=tls)
    with pytest.raises(ValueError, match="one worker"):
        ConnectCluster(Processes(tmp_path), broker, tls=tls).add_worker()
    with pytest.raises(ValueError, match="lets everybody in"):
        ConnectCluster(Processes(tmp_path), broker, credentials={})
    plain = ConnectCluster(Processes(tmp_path), broker)
    with pytest.raises(ValueError, match="without credentials"):
        plain.set_credentials({"ada": "secret"})
    with pytest.raises(ValueError, match="without TLS"):
        plain.set_tls(tls)
