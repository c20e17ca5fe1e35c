# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates of one's own, with their keys."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@dataclass(frozen=True)
class Certified:
    """A certificate and its key, as PEM and as they are."""

    certificate: str
    key: str
    private: ec.EllipticCurvePrivateKey
    name: x509.Name

    @property
    def common_name(self) -> str:
        return str(self.name.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value)

    def encrypted(self, password: bytes) -> str:
        return _pem(self.private, serialization.BestAvailableEncryption(password))

    def file(self, directory: Path) -> Path:
        path = directory / f"{self.common_name}.pem"
        path.write_text(self.certificate + self.key, encoding="utf-8")
        return path

    def server(self, directory: Path, *, clients: str | None = None) -> ssl.SSLContext:
        """A context for a server; ``clients``: whose certificates it insists on."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file(directory))
        if clients:
            context.load_verify_locations(cadata=clients)
            context.verify_mode = ssl.CERT_REQUIRED
        return context


def _pem(private: ec.EllipticCurvePrivateKey, encryption: serialization.KeySerializationEncryption) -> str:
    return private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption).decode()


def certified(name: str, by: Certified | None = None, *, address: str = "127.0.0.1", days: tuple[int, int] = (-1, 1)) -> Certified:
    """A certificate for an address, valid between two days from now; signed by itself unless another signs it."""
    private = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(timezone.utc)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(by.name if by else subject).public_key(private.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now + timedelta(days=days[0])).not_valid_after(now + timedelta(days=days[1]))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
    signed = builder.sign(by.private if by else private, hashes.SHA256())
    pem = signed.public_bytes(serialization.Encoding.PEM).decode()
    return Certified(pem, _pem(private, serialization.NoEncryption()), private, subject)
