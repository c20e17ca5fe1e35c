# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""The headers that credentials become, and which headers may be sent beside them. Pure."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping


class CredentialError(ValueError):
    """What cannot be sent. The text says what is wrong and what to do, never a value; ``part`` is what it is about.

    ``part``: "username", "password", "token" or "header"; a header is named in the text.
    """

    def __init__(self, part: str, text: str) -> None:
        super().__init__(text)
        self.part = part


def basic(username: str, password: str) -> dict[str, str]:
    """The header of HTTP Basic authentication (RFC 7617, UTF-8), to be sent unasked for.

    :raises CredentialError: for what is not printable, no user name, or a colon in it.
    """
    if not username:
        raise CredentialError("username", "must not be empty")
    if ":" in username:
        raise CredentialError("username", "must not hold a colon")
    for part, text in (("username", username), ("password", password)):
        if not text.isprintable():
            raise CredentialError(part, "must be printable text; does a line break end it?")
    return {"Authorization": f"Basic {base64.b64encode(f'{username}:{password}'.encode()).decode()}"}


def bearer(token: str) -> dict[str, str]:
    """The header of a bearer token (RFC 6750), to be sent unasked for.

    :raises CredentialError: for what is no token.
    """
    if not token:
        raise CredentialError("token", "must not be empty")
    if not re.fullmatch(r"[\x21-\x7e]+", token):
        raise CredentialError("token", "must be printable ASCII text without blanks; does a line break end it?")
    return {"Authorization": f"Bearer {token}"}


_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")
_OWN = re.compile(r"host|content-.*|transfer-encoding", re.IGNORECASE)


def extra_headers(values: Mapping[str, str]) -> dict[str, str]:
    """Headers that somebody wants to be sent with every request.

    :raises CredentialError: for a name that is none or that the client sets itself, and for a value that is not plain text.
    """
    for name, value in values.items():
        if not _NAME.fullmatch(name):
            raise CredentialError("header", f"{name!a} is no name of a header")
        if _OWN.fullmatch(name):
            raise CredentialError("header", f"{name} is set by the client itself; leave it out")
        if not _VALUE.fullmatch(value):
            raise CredentialError("header", f"the value of {name} must be printable ASCII text without blanks around it; does a line break end it?")
    return dict(values)


def together(authentication: Mapping[str, str], extra: Mapping[str, str]) -> dict[str, str]:
    """All headers: those of ``basic`` or ``bearer`` (or none), and those of ``extra_headers``.

    :raises CredentialError: if the latter authenticate as well.
    """
    if authentication and any(name.lower() == "authorization" for name in extra):
        raise CredentialError("header", "Authorization is set by the other authentication already; give only one of them")
    return {**extra, **authentication}
