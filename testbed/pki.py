# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates and keys for the API server and its users."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_VALID = timedelta(days=30)


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


class Authority:
    """A certificate authority that keeps its files in one folder."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._subject = _name("testbed")
        constraints = x509.BasicConstraints(ca=True, path_length=0)
        certificate = self._builder(self._subject, self._key).add_extension(constraints, critical=True)
        self.certificate = self._sign(certificate, "ca", self._key).public

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
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

    def server(self, name: str) -> KeyPair:
        """A certificate for a server on this machine."""
        key = ec.generate_private_key(ec.SECP256R1())
        loopback = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        names = x509.SubjectAlternativeName([loopback, x509.DNSName("localhost")])
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        builder = self._builder(_name(name), key).add_extension(names, critical=False).add_extension(usage, critical=False)
        return self._sign(builder, name, key)

    def client(self, name: str, group: str) -> KeyPair:
        """A certificate for a user in a group."""
        key = ec.generate_private_key(ec.SECP256R1())
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
        return self._sign(self._builder(_name(name, group), key).add_extension(usage, critical=False), name, key)

    def signing_key(self, name: str) -> KeyPair:
        """A key that signs tokens, with its public key."""
        key = ec.generate_private_key(ec.SECP256R1())
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return _store(KeyPair(self._directory / f"{name}.pub", self._directory / f"{name}.key"), key, public)
