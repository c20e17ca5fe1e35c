# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may use the REST API of a Connect: its HTTPS listener, its users and their passwords, and the testbed as one of its clients."""

from __future__ import annotations

import ssl
import string
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import requests
from requests.auth import HTTPBasicAuth

from testbed import keystores
from testbed.pki import KeyPair

_EXTENSION = "org.apache.kafka.connect.rest.basic.auth.extension"


@dataclass(frozen=True)
class Tls:
    """An HTTPS listener. With `clients`, the certificate of an authority, only clients with a certificate of it are let in.

    The testbed then shows `client`. `host` is the one that the server's certificate is for, if that is another than this machine.
    """

    server: KeyPair
    clients: Path | None = None
    client: KeyPair | None = None
    host: str | None = None

    def __post_init__(self) -> None:
        if self.clients and not self.client:
            raise ValueError("the testbed needs a client certificate, too: it asks the worker whether it is healthy")


def tls_properties(directory: Path, tls: Tls) -> dict[str, object]:
    """Write the stores into a folder; the properties of a worker that uses them."""
    keystore = keystores.write_keystore(directory / "server.p12", tls.server)
    properties: dict[str, object] = {
        "ssl.keystore.type": keystores.TYPE,
        "ssl.keystore.location": keystore,
        "ssl.keystore.password": keystores.PASSWORD,
        "ssl.key.password": keystores.PASSWORD,
    }
    if tls.clients:
        truststore = keystores.write_truststore(directory / "clients.p12", tls.clients)
        properties |= {
            "ssl.client.auth": "required",
            "ssl.truststore.type": keystores.TYPE,
            "ssl.truststore.location": truststore,
            "ssl.truststore.password": keystores.PASSWORD,
        }
    return {f"listeners.https.{key}": value for key, value in properties.items()}


def credentials_properties() -> dict[str, object]:
    """The properties of a worker that asks for credentials."""
    return {"rest.extension.classes": f"{_EXTENSION}.BasicAuthSecurityRestExtension"}


def credentials_options(directory: Path) -> tuple[str, ...]:
    """Tell the JVM of a worker where the credentials are that were written into the folder."""
    login = f'KafkaConnect {{ {_EXTENSION}.PropertyFileLoginModule required file="{_users(directory)}"; }};\n'
    jaas = directory / "jaas.conf"
    jaas.parent.mkdir(parents=True, exist_ok=True)
    jaas.write_text(login, encoding="utf-8")
    return (f"-Djava.security.auth.login.config={jaas}",)


def write_credentials(directory: Path, credentials: Mapping[str, str]) -> None:
    """Write the users and their passwords. A worker reads them once, at the first request (PropertyFileLoginModule keeps them)."""
    if not credentials:
        raise ValueError("without any user Connect lets everybody in")
    target = _users(directory)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.touch(mode=0o600)
    target.write_text("".join(f"{_escaped(user)}={_escaped(password)}\n" for user, password in credentials.items()), encoding="ascii")


def _users(directory: Path) -> Path:
    return directory / "users.properties"


def _escaped(text: str) -> str:
    """Any text as part of a Java properties file: all but plain letters and digits as UTF-16 units."""
    plain = string.ascii_letters + string.digits
    return "".join(one if one in plain else "".join(f"\\u{unit}" for unit in one.encode("utf-16-be").hex(" ", 2).split()) for one in text)


class _Pinned(requests.adapters.HTTPAdapter):
    """Accepts one certificate, also when it is expired or for another host; no authority is asked."""

    def __init__(self, certificate: Path) -> None:
        der = ssl.PEM_cert_to_DER_cert(certificate.read_text(encoding="ascii"))
        self._fingerprint = sha256(der).hexdigest()
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **keywords: Any) -> None:
        super().init_poolmanager(*arguments, **keywords, assert_fingerprint=self._fingerprint)


def session(tls: Tls | None, credentials: Mapping[str, str] | None) -> requests.Session:
    """The testbed as a client that is let in: with the first of the credentials, and with its own certificate."""
    opened = requests.Session()
    opened.trust_env = False
    if credentials:
        # As bytes: of a text only Latin-1 would be sent, while Connect reads UTF-8.
        user, password = next(iter(credentials.items()))
        opened.auth = HTTPBasicAuth(user.encode(), password.encode())
    if tls:
        opened.verify = False
        opened.mount("https://", _Pinned(tls.server.public))
        if tls.client:
            opened.cert = (str(tls.client.public), str(tls.client.private))
        if tls.host:
            # Jetty refuses a request for a host that its own certificate is not for: 400 Invalid SNI.
            opened.headers["Host"] = tls.host
    return opened
