# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates and keys in the form that Java reads: PKCS12.

Kafka's PEM stores are no choice for the REST API: Connect 4.3.1 hands type and location to Jetty, which knows Java's own types only.
"""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, load_pem_private_key, pkcs12
from cryptography.x509 import load_pem_x509_certificate

from testbed.pki import KeyPair

TYPE = "PKCS12"
# No secret: the file is private. Java reads no certificate from a store without a password.
PASSWORD = "testbed"  # noqa: S105


def write_keystore(target: Path, pair: KeyPair) -> Path:
    """A store of one private key with its certificate."""
    key = load_pem_private_key(pair.private.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{pair.private} holds another kind of key than the testbed makes")
    certificate = load_pem_x509_certificate(pair.public.read_bytes())
    encryption = BestAvailableEncryption(PASSWORD.encode())
    return _write(target, pkcs12.serialize_key_and_certificates(b"key", key, certificate, None, encryption))


def write_truststore(target: Path, authority: Path) -> Path:
    """A store of the certificate of one authority, marked as Java wants what it is to trust."""
    trusted = pkcs12.PKCS12Certificate(load_pem_x509_certificate(authority.read_bytes()), b"authority")
    return _write(target, pkcs12.serialize_java_truststore([trusted], BestAvailableEncryption(PASSWORD.encode())))


def _write(target: Path, content: bytes) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.touch(mode=0o600)
    target.write_bytes(content)
    return target
