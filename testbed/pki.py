# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates and keys, for the API server and its users, and for Kafka Connect and its clients."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_VALID = timedelta(days=30)
# What a certificate that is made expired has behind it.
_PAST = timedelta(days=60)
# How this machine is addressed.
LOOPBACK = ("127.0.0.1", "localhost")


@dataclass(frozen=True)
class KeyPair:
    """The files of a private key and of what belongs to it: a certificate or a public key."""

    public: Path
    private: Path


def _name(common_name: str, organization: str | None = None) -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    if organization:
        attributes.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization))
    return x509.Name(attributes)


def _store(pair: KeyPair, key: ec.EllipticCurvePrivateKey, public: bytes) -> KeyPair:
    pair.private.touch(mode=0o600)
    pair.private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    pair.public.write_bytes(public)
    return pair


def _general_name(host: str) -> x509.GeneralName:
    """An entry of a certificate for a host: an address, or a name."""
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


class Authority:
    """A certificate authority that keeps its files in one folder. Two of them take two folders; two of one name do not trust each other either."""

    def __init__(self, directory: Path, name: str = "testbed") -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._subject = _name(name)
        constraints = x509.BasicConstraints(ca=True, path_length=0)
        certificate = self._builder(self._subject, self._key).add_extension(constraints, critical=True)
        self.certificate = self._sign(certificate, "ca", self._key).public

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, *, expired: bool = False) -> x509.CertificateBuilder:
        now = datetime.now(UTC) - (_PAST if expired else timedelta())
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=5))
            .not_valid_after(now + _VALID)
        )

    def _sign(self, builder: x509.CertificateBuilder, name: str, key: ec.EllipticCurvePrivateKey) -> KeyPair:
        certificate = builder.sign(self._key, hashes.SHA256())
        pair = KeyPair(self._directory / f"{name}.crt", self._directory / f"{name}.key")
        return _store(pair, key, certificate.public_bytes(Encoding.PEM))

    def server(self, name: str, *, hosts: Sequence[str] = LOOPBACK, expired: bool = False) -> KeyPair:
        """A certificate for a server: of this machine if no other hosts (names, addresses) are given. A name is used once."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([_general_name(host) for host in hosts])
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        builder = self._builder(_name(name), key, expired=expired)
        return self._sign(builder.add_extension(names, critical=False).add_extension(usage, critical=False), name, key)

    def client(self, name: str, group: str, *, expired: bool = False) -> KeyPair:
        """A certificate for a user in a group. A name is used once."""
        key = ec.generate_private_key(ec.SECP256R1())
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
        builder = self._builder(_name(name, group), key, expired=expired)
        return self._sign(builder.add_extension(usage, critical=False), name, key)

    def signing_key(self, name: str) -> KeyPair:
        """A key that signs tokens, with its public key."""
        key = ec.generate_private_key(ec.SECP256R1())
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return _store(KeyPair(self._directory / f"{name}.pub", self._directory / f"{name}.key"), key, public)
