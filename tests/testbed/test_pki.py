# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates do what they are made for, by the judgement of OpenSSL and of Java."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

import pytest

from testbed import keystores
from testbed.pki import Authority, KeyPair


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "servers", "servers")


def shake_hands(server: KeyPair, *, trusted: Path, clients: Path | None = None, client: KeyPair | None = None) -> None:
    """A whole handshake for 127.0.0.1 in memory."""
    listening = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    listening.load_cert_chain(server.public, server.private)
    if clients:
        listening.load_verify_locations(clients)
        listening.verify_mode = ssl.CERT_REQUIRED
    calling = ssl.create_default_context(cafile=trusted)
    if client:
        calling.load_cert_chain(client.public, client.private)
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = [calling.wrap_bio(down, up, server_hostname="127.0.0.1"), listening.wrap_bio(up, down, server_side=True)]
    while sides:
        for side in list(sides):
            try:
                side.do_handshake()
                sides.remove(side)
            except ssl.SSLWantReadError:
                pass


def test_a_server_is_trusted_by_its_own_authority_only(authority: Authority, tmp_path: Path) -> None:
    server = authority.server("good")
    shake_hands(server, trusted=authority.certificate)
    with pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer"):
        shake_hands(server, trusted=Authority(tmp_path / "others", "others").certificate)
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(server, trusted=Authority(tmp_path / "namesakes", "servers").certificate)


def test_a_server_can_be_expired_or_for_another_host(authority: Authority) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="certificate has expired"):
        shake_hands(authority.server("old", expired=True), trusted=authority.certificate)
    with pytest.raises(ssl.SSLCertVerificationError, match=r"not valid for '127\.0\.0\.1'"):
        shake_hands(authority.server("other", hosts=["connect.example", "192.0.2.1"]), trusted=authority.certificate)
    shake_hands(authority.server("many", hosts=["connect.example", "127.0.0.1"]), trusted=authority.certificate)


def test_a_client_can_be_asked_for_a_certificate(authority: Authority, tmp_path: Path) -> None:
    server, clients = authority.server("strict"), Authority(tmp_path / "clients", "clients")
    shake_hands(server, trusted=authority.certificate, clients=clients.certificate, client=clients.client("ada", "people"))
    for refused in (None, authority.client("foreign", "people"), clients.client("old", "people", expired=True)):
        with pytest.raises(ssl.SSLError, match=r"PEER_DID_NOT_RETURN_A_CERTIFICATE|CERTIFICATE_VERIFY_FAILED"):
            shake_hands(server, trusted=authority.certificate, clients=clients.certificate, client=refused)


def test_java_finds_the_key_and_what_it_is_to_trust(authority: Authority, tmp_path: Path) -> None:
    keys = keystores.write_keystore(tmp_path / "key.p12", authority.server("java"))
    trust = keystores.write_truststore(tmp_path / "trust.p12", authority.certificate)
    assert (keys.stat().st_mode | trust.stat().st_mode) & 0o077 == 0
    assert "PrivateKeyEntry" in entries(keys)
    assert "trustedCertEntry" in entries(trust)


def entries(store: Path) -> str:
    command = ["keytool", "-list", "-keystore", str(store), "-storetype", keystores.TYPE, "-storepass", keystores.PASSWORD]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
