# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""The options of every module that speaks to a Kafka Connect, and the Connect that they describe."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.module_utils.common.parameters import env_fallback

from . import _config, _credentials
from ._address import EndpointError, anywhere, parse_url
from ._connect import Connect
from ._credentials import CredentialError
from ._http import Limits, RequestsTransport


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
    transport = RequestsTransport(anywhere, verify=_trust(params), certificate=_certificate(params))
    limits = Limits(connect=params["connect_timeout"], read=params["timeout"], write=max(params["timeout"], Limits.write))
    return Connect(url, transport, limits=limits, headers=_headers(params))


def secrets_of(params: Mapping[str, Any]) -> set[str]:
    """What no module may say of its connection."""
    own = {key: params[key] for key in ("url_password", "token")}
    return _config.secret_values(own) | _config.secret_values(params["headers"] or {})


def _trust(params: Mapping[str, Any]) -> bool | str:
    """What requests calls ``verify``."""
    if params["ca_path"] and params["validate_certs"]:
        return _readable("ca_path", params["ca_path"])
    return bool(params["validate_certs"])


def _certificate(params: Mapping[str, Any]) -> tuple[str, str] | None:
    if not params["client_cert"]:
        return None
    certificate = _readable("client_cert", params["client_cert"])
    # Without a key of its own the file holds both.
    return certificate, _readable("client_key", params["client_key"]) if params["client_key"] else certificate


def _readable(option: str, path: str) -> str:
    try:
        with Path(path).open("rb") as file:
            file.read(1)
    except OSError as error:
        raise OptionError(f"{option}: the file {path} cannot be read ({error.strerror})") from error
    return path


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
