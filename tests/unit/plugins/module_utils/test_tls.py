# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom a connection trusts, as whom it speaks, and what is said when that fails."""

from __future__ import annotations

import os
import ssl
import tempfile
from pathlib import Path
from typing import Any

import pytest
import requests.adapters
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _tls
from ansible_collections.saiello.kafka_connect.plugins.module_utils._connect import Connect
from ansible_collections.saiello.kafka_connect.plugins.module_utils._http import Answer, Failure, NoAnswer, RequestsTransport
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import Reason
from ansible_collections.saiello.kafka_connect.plugins.module_utils._tls import TlsError, failure_text, tls_context

from .certificate import Certified, certified
from .hostile import always, hostile, tls
from .script import failed

AUTHORITY = certified("authority")
SERVER = certified("connect", AUTHORITY)
CLIENT = certified("client", AUTHORITY)
STRANGER = certified("stranger")


def asked(server: ssl.SSLContext, client: ssl.SSLContext | None) -> Answer:
    """One request over TLS.

    :raises NoAnswer: if there is none.
    """
    transport = RequestsTransport(tls=client)
    with hostile(tls(server, always(200, b"{}"))) as worker:
        try:
            return transport.send("GET", worker.url.replace("http", "https"), body=None, headers={}, seconds=5.0, size=100)
        except NoAnswer:
            assert worker.requests == []
            raise
        finally:
            transport.session.close()


def refused(server: ssl.SSLContext, client: ssl.SSLContext | None) -> str:
    """Why there was no answer; nothing was sent."""
    with pytest.raises(NoAnswer) as trouble:
        asked(server, client)
    assert (trouble.value.failure, trouble.value.sent) == (Failure.TLS, False)
    return str(trouble.value)


# -- who is trusted


@pytest.mark.parametrize("before", ["", "# Zertifizierungsstelle für Győr\n", STRANGER.certificate, STRANGER.key, "\r\n"])
@pytest.mark.parametrize("server", [SERVER, AUTHORITY])
def test_what_an_authority_signed_is_trusted(tmp_path: Path, server: Certified, before: str) -> None:
    assert asked(server.server(tmp_path), tls_context(authority=before + AUTHORITY.certificate)).status == 200


def test_an_authority_is_the_only_one_that_is_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where requests would add those that it brings along."""
    bundle = AUTHORITY.file(tmp_path)
    assert refused(SERVER.server(tmp_path), None) == "its certificate is not trusted"
    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(bundle))
    monkeypatch.setattr(_tls, "DEFAULT_CA_BUNDLE_PATH", str(bundle))
    assert asked(SERVER.server(tmp_path), None).status == 200
    assert refused(SERVER.server(tmp_path), tls_context(authority=STRANGER.certificate)) == "its certificate is not trusted"


def test_without_an_authority_those_of_requests_are_trusted() -> None:
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    theirs.load_verify_locations(requests.adapters.DEFAULT_CA_BUNDLE_PATH)
    assert tls_context().cert_store_stats() == theirs.cert_store_stats()


@pytest.mark.parametrize(
    ("server", "text"),
    [
        (STRANGER, "its certificate is not trusted"),
        (certified("old", AUTHORITY, days=(-9, -1)), "its certificate has expired; renew it on the worker"),
        (certified("new", AUTHORITY, days=(1, 9)), "its certificate is not valid yet; compare the clocks"),
        (certified("other", AUTHORITY, address="192.0.2.1"), "its certificate is for another host"),
    ],
)
def test_a_certificate_that_is_not_trusted(tmp_path: Path, server: Certified, text: str) -> None:
    assert refused(server.server(tmp_path), tls_context(authority=AUTHORITY.certificate)) == text
    careless = tls_context(authority=AUTHORITY.certificate, verify=False)
    assert asked(server.server(tmp_path), careless).status == 200
    assert asked(server.server(tmp_path), tls_context(verify=False)).status == 200


def test_a_failure_is_that_of_the_whole_connect_and_not_tried_again(tmp_path: Path) -> None:
    transport = RequestsTransport(tls=tls_context(authority=STRANGER.certificate))
    with hostile(tls(SERVER.server(tmp_path), always(200, b"{}"))) as worker:
        connect = Connect(worker.url.replace("http", "https"), transport)
        trouble = failed(lambda: connect.config("c"))
        transport.session.close()
        assert (worker.accepts, connect.requests) == (1, 1)
    assert (trouble.verdict.reason, trouble.endpoint, connect.down) == (Reason.CONNECT_UNREACHABLE, True, trouble)


# -- who one is


def test_a_client_certificate_is_shown(tmp_path: Path) -> None:
    server = SERVER.server(tmp_path, clients=AUTHORITY.certificate)
    assert asked(server, tls_context(authority=AUTHORITY.certificate, certificate=(CLIENT.certificate, CLIENT.key))).status == 200
    both = CLIENT.key + CLIENT.certificate
    assert asked(server, tls_context(authority=AUTHORITY.certificate, certificate=(both, both))).status == 200


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize(
    ("client", "text"),
    [
        (None, "client certificate"),
        (STRANGER, "it does not accept the client certificate"),
        (certified("old", AUTHORITY, days=(-9, -1)), "the client certificate has expired"),
    ],
)
def test_a_client_that_is_not_known(tmp_path: Path, version: ssl.TLSVersion, client: Certified | None, text: str) -> None:
    server = SERVER.server(tmp_path, clients=AUTHORITY.certificate)
    server.maximum_version = version
    own = (client.certificate, client.key) if client else None
    assert text in refused(server, tls_context(authority=AUTHORITY.certificate, certificate=own))


@pytest.mark.parametrize("memory", [True, False])
def test_no_file_is_left_of_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, memory: bool) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    opened: list[Any] = []
    if memory:
        monkeypatch.setattr(tempfile, "TemporaryFile", None)
    else:
        monkeypatch.delattr(os, "memfd_create")
    load = ssl.SSLContext.load_cert_chain

    def loading(context: ssl.SSLContext, certfile: str, keyfile: str, password: Any) -> None:
        assert list(tmp_path.iterdir()) == []
        opened.extend(int(path.rpartition("/")[2]) for path in (certfile, keyfile))
        load(context, certfile, keyfile, password)

    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", loading)
    tls_context(certificate=(CLIENT.certificate, CLIENT.key))
    with pytest.raises(TlsError):
        tls_context(certificate=(CLIENT.certificate, STRANGER.key))
    assert len(opened) == 4
    for descriptor in opened:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(descriptor)


# -- what cannot be used


def broken(pem: str) -> str:
    lines = pem.splitlines()
    return "\n".join([lines[0], "hunter2!" * 8, *lines[1:]])


@pytest.mark.parametrize(
    ("options", "part", "words"),
    [
        ({"authority": ""}, "authority", "no certificate in PEM form"),
        ({"authority": "hunter2"}, "authority", "no certificate in PEM form"),
        ({"authority": AUTHORITY.key}, "authority", "no certificate in PEM form"),
        ({"authority": AUTHORITY.certificate[:200]}, "authority", "no certificate in PEM form"),
        ({"authority": broken(AUTHORITY.certificate)}, "authority", "is broken"),
        ({"authority": STRANGER.certificate + broken(AUTHORITY.certificate)}, "authority", "is broken"),
        ({"certificate": ("", CLIENT.key)}, "certificate", "no certificate in PEM form"),
        ({"certificate": (CLIENT.key, CLIENT.certificate)}, "certificate", "no certificate in PEM form"),
        ({"certificate": (broken(CLIENT.certificate), CLIENT.key)}, "certificate", "is broken"),
        ({"certificate": (CLIENT.certificate, "")}, "key", "no private key in PEM form"),
        ({"certificate": (CLIENT.certificate, CLIENT.certificate)}, "key", "no private key in PEM form"),
        ({"certificate": (CLIENT.certificate, broken(CLIENT.key))}, "certificate", "the private key is broken"),
        ({"certificate": (CLIENT.certificate, STRANGER.key)}, "key", "does not belong to the certificate"),
        ({"certificate": (CLIENT.certificate, CLIENT.encrypted(b"hunter2"))}, "key", "is encrypted"),
    ],
)
def test_what_cannot_be_used(options: dict[str, Any], part: str, words: str) -> None:
    with pytest.raises(TlsError) as error:
        tls_context(**options)
    assert (error.value.part, words in str(error.value)) == (part, True), str(error.value)
    assert "hunter2" not in str(error.value)


# Exceptions as observed with real Connect, requests 2.34 and OpenSSL 3.
@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate in certificate chain (_ssl.c:1006)", "not trusted"),
        ("[SSL: SSLV3_ALERT_BAD_CERTIFICATE] sslv3 alert bad certificate (_ssl.c:2580)", "wants a client certificate"),
        ("[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED] tlsv13 alert certificate required", "wants a client certificate"),
        ("[SSL: SSLV3_ALERT_CERTIFICATE_UNKNOWN] sslv3 alert certificate unknown", "does not accept the client certificate"),
        ("[SSL: TLSV1_ALERT_UNKNOWN_CA] tlsv1 alert unknown ca", "does not accept the client certificate"),
        ("[SSL: WRONG_VERSION_NUMBER] wrong version number", "is the schema http?"),
        ("[SSL: TLSV1_ALERT_PROTOCOL_VERSION] tlsv1 alert protocol version", "older than 1.2"),
        ("[SSL: SSLV3_ALERT_HANDSHAKE_FAILURE] sslv3 alert handshake failure", "shares no way of encryption"),
    ],
)
def test_what_a_failure_means(text: str, meaning: str) -> None:
    assert meaning in (failure_text(text) or "")


def test_other_failures_say_nothing_of_certificates() -> None:
    assert failure_text("[SSL: DECRYPTION_FAILED_OR_BAD_RECORD_MAC] decryption failed or bad record mac") is None
