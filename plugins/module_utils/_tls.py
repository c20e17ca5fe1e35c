# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""Whom a connection trusts and as whom it speaks, from PEM texts; what a failure of TLS means."""

from __future__ import annotations

import os
import re
import ssl
import tempfile

try:
    from requests.utils import DEFAULT_CA_BUNDLE_PATH
except ImportError:  # the modules say so politely
    pass


class TlsError(ValueError):
    """PEM text that cannot be used. The text says what is wrong and what to do; ``part`` is "authority", "certificate" or "key"."""

    def __init__(self, part: str, text: str) -> None:
        super().__init__(text)
        self.part = part


def tls_context(*, authority: str | None = None, certificate: tuple[str, str] | None = None, verify: bool = True) -> ssl.SSLContext:
    """What connections are made with: TLS 1.2 or newer, host names compared.

    ``authority``: the certificates that are trusted, and no others; None: those that requests trusts.
    ``certificate``: the client's own chain and its key. No file that a disk could keep is made of them.
    ``verify`` False trusts everybody, whatever their name.

    :raises TlsError: for what cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif authority is not None:
        _trust(context, authority)
    else:
        context.load_verify_locations(cafile=DEFAULT_CA_BUNDLE_PATH)
    if certificate is not None:
        _identify(context, *certificate)
    return context


_CERTIFICATE = re.compile(r"-----BEGIN ((?:TRUSTED |X509 )?CERTIFICATE)-----.*?-----END \1-----", re.DOTALL)
_KEY = re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----")
_NO_CERTIFICATE = "there is no certificate in PEM form in it (-----BEGIN CERTIFICATE-----)"


def _trust(context: ssl.SSLContext, authority: str) -> None:
    # What stands between certificates may be in any language; OpenSSL is given the certificates only.
    blocks = [found.group() for found in _CERTIFICATE.finditer(authority)]
    if not blocks:
        raise TlsError("authority", _NO_CERTIFICATE)
    for block in blocks:
        try:
            context.load_verify_locations(cadata=f"{block}\n")
        except (ssl.SSLError, ValueError) as error:
            raise TlsError("authority", "a certificate in it is broken; copy it again, whole") from error


def _identify(context: ssl.SSLContext, chain: str, key: str) -> None:
    if not _CERTIFICATE.search(chain):
        raise TlsError("certificate", _NO_CERTIFICATE)
    if not _KEY.search(key):
        raise TlsError("key", "there is no private key in PEM form in it (-----BEGIN PRIVATE KEY-----)")
    with _Unwritten(chain) as chain_path, _Unwritten(key) as key_path:
        try:
            context.load_cert_chain(chain_path, key_path, password=_no_password)
        except ssl.SSLError as error:
            raise _unusable(error) from error


def _no_password() -> str:
    raise TlsError("key", "the private key is encrypted; take its password off (openssl pkey -in KEY -out NEW)")


def _unusable(error: ssl.SSLError) -> TlsError:
    reason = error.reason or ""
    if reason in ("KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH"):
        return TlsError("key", "the private key does not belong to the certificate")
    if reason.endswith(("_TOO_SMALL", "_TOO_WEAK")):
        return TlsError("certificate", "its key or its signature is too weak for OpenSSL; have it made anew")
    return TlsError("certificate", "the certificate or the private key is broken; copy both again, whole")


class _Unwritten:
    """A text under a path, because OpenSSL's Python interface takes a client certificate from paths only; in memory where the system can."""

    def __init__(self, text: str) -> None:
        if hasattr(os, "memfd_create"):
            self._file = os.memfd_create("pem", os.MFD_CLOEXEC)
            self._path = f"/proc/self/fd/{self._file}"
        else:
            # Has no name from the start, or loses it at once.
            with tempfile.TemporaryFile() as unnamed:
                self._file = os.dup(unnamed.fileno())
            self._path = f"/dev/fd/{self._file}"
        left = memoryview(text.encode("utf-8"))
        while left:
            left = left[os.write(self._file, left) :]
        os.lseek(self._file, 0, os.SEEK_SET)

    def __enter__(self) -> str:
        return self._path

    def __exit__(self, *_: object) -> None:
        os.close(self._file)


# In the texts of OpenSSL and of Python's ssl. The first that fits counts.
_FAILURES = (
    ("certificate has expired", "its certificate has expired; renew it on the worker"),
    ("certificate is not yet valid", "its certificate is not valid yet; compare the clocks"),
    ("Hostname mismatch", "its certificate is for another host"),
    ("IP address mismatch", "its certificate is for another host"),
    ("doesn't match", "its certificate is for another host"),
    ("CERTIFICATE_VERIFY_FAILED", "its certificate is not trusted"),
    ("WRONG_VERSION_NUMBER", "it does not speak TLS; is the schema http?"),
    ("HTTP_REQUEST", "it does not speak TLS; is the schema http?"),
    ("UNSUPPORTED_PROTOCOL", "it speaks only versions of TLS that are older than 1.2"),
    ("ALERT_PROTOCOL_VERSION", "it speaks only versions of TLS that are older than 1.2"),
    ("BAD_CERTIFICATE", "it wants a client certificate"),
    ("CERTIFICATE_REQUIRED", "it wants a client certificate"),
    ("ALERT_CERTIFICATE_EXPIRED", "the client certificate has expired"),
    ("CERTIFICATE_REVOKED", "it does not accept the client certificate"),
    ("CERTIFICATE_UNKNOWN", "it does not accept the client certificate"),
    ("ALERT_UNKNOWN_CA", "it does not accept the client certificate"),
    ("UNSUPPORTED_CERTIFICATE", "it does not accept the client certificate"),
    ("UNRECOGNIZED_NAME", "it does not serve this host name"),
    ("HANDSHAKE_FAILURE", "it shares no way of encryption, or wants a client certificate"),
)


def failure_text(text: str) -> str | None:
    """What a TLS failure says of certificates or of the protocol: then no request was accepted. None if it says nothing of these."""
    return next((meaning for mark, meaning in _FAILURES if mark in text), None)
