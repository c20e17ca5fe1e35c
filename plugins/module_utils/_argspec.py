# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""The options of every module that speaks to a Kafka Connect, and the Connect that they describe."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ansible.module_utils.common.parameters import env_fallback

from . import _config, _credentials
from ._address import EndpointError, anywhere, parse_url
from ._connect import Connect
from ._credentials import CredentialError
from ._http import Limits, RequestsTransport
from ._tls import TlsError, tls_context


class OptionError(ValueError):
    """An option that cannot be used; the text names it and holds no secret."""


def connection_options() -> dict[str, dict[str, Any]]:
    """The connection part of an argument spec; documented in the fragment ``connection``."""
    options: dict[str, dict[str, Any]] = {
        "url": {"type": "str", "required": True},
        "url_username": {"type": "str"},
        "url_password": {"type": "str", "no_log": True},
        "token": {"type": "str", "no_log": True},
        "client_cert": {"type": "path"},
        "client_key": {"type": "path", "no_log": False},
        "ca_path": {"type": "path"},
        "validate_certs": {"type": "bool", "default": True},
        "headers": {"type": "dict", "no_log": True},
        "timeout": {"type": "int", "default": 30},
        "connect_timeout": {"type": "int", "default": 5},
    }
    for name, option in options.items():
        option["fallback"] = (env_fallback, [f"KAFKA_CONNECT_{name.upper()}"])
    return options


MUTUALLY_EXCLUSIVE = (("token", "url_username"),)
REQUIRED_BY = {"url_password": ("url_username",), "client_key": ("client_cert",)}


def connect_of(params: Mapping[str, Any]) -> Connect:
    """The Kafka Connect that the options describe. Nothing is sent yet.

    :raises OptionError: for an option that cannot be used.
    """
    try:
        url = parse_url(params["url"]).url
    except EndpointError as error:
        raise OptionError(f"url: {error}") from error
    for name in ("timeout", "connect_timeout"):
        if params[name] < 1:
            raise OptionError(f"{name}: must be at least 1 second")
    transport = RequestsTransport(anywhere, _tls_of(params))
    limits = Limits(connect=params["connect_timeout"], read=params["timeout"], write=max(params["timeout"], Limits.write))
    return Connect(url, transport, limits=limits, headers=_headers(params))


def new_connect(params: Mapping[str, Any]) -> Callable[[], Connect]:
    """What makes the Kafka Connect that the options describe, a new one each time.

    :raises OptionError: for an option that cannot be used.
    """
    connect_of(params)
    return lambda: connect_of(params)


def secrets_of(params: Mapping[str, Any]) -> set[str]:
    """What no module may say of its connection."""
    own = {key: params[key] for key in ("url_password", "token")}
    return _config.secret_values(own) | _config.secret_values(params["headers"] or {})


def _tls_of(params: Mapping[str, Any]) -> ssl.SSLContext | None:
    """What the options say of TLS; None if they say nothing of it."""
    authority, chain, key = (_text_of(name, params[name]) if params[name] else None for name in ("ca_path", "client_cert", "client_key"))
    if params["validate_certs"] and authority is None and chain is None:
        return None
    # Without a key of its own the file holds both.
    certificate = None if chain is None else (chain, chain if key is None else key)
    names = {"authority": "ca_path", "certificate": "client_cert", "key": "client_cert" if key is None else "client_key"}
    try:
        return tls_context(authority=authority, certificate=certificate, verify=params["validate_certs"])
    except TlsError as error:
        option = names[error.part]
        raise OptionError(f"{option}: the file {params[option]} cannot be used: {error}") from error


def _text_of(option: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise OptionError(f"{option}: the file {path} cannot be read ({error.strerror})") from error


_OPTIONS = {"username": "url_username", "password": "url_password", "token": "token", "header": "headers"}


def _headers(params: Mapping[str, Any]) -> dict[str, str]:
    """What is sent with every request, credentials unasked for."""
    user, token = params["url_username"], params["token"]
    try:
        authentication = _credentials.bearer(token) if token else _credentials.basic(user, params["url_password"] or "") if user else {}
        extra = {name: str(value) for name, value in (params["headers"] or {}).items()}
        return _credentials.together(authentication, _credentials.extra_headers(extra))
    except CredentialError as error:
        raise OptionError(f"{_OPTIONS[error.part]}: {error}") from error
