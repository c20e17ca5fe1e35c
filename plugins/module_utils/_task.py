# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""The way of a module from its options to its end: whatever Connect, the network or its user can cause is a failure that says so."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from . import _argspec, _config, _exit, _http
from ._argspec import OptionError
from ._asked import AskedError
from ._config import ConfigError
from ._connect import Connect
from ._model import ConnectError, Reason, name_problem

# No request lasts beyond it; a module ends within 45 s.
SECONDS = 40.0
# A cause that no condition of the operator needs, since its connectors come and go with their objects.
CONNECTOR_NOT_FOUND = "ConnectorNotFound"


class Failed(Exception):
    """The task fails for a cause in one word and in a sentence; ``result`` is what the module returns all the same."""

    def __init__(self, reason: str, message: str, result: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.result = dict(result or {})


def run(module: Any, work: Callable[[Connect], dict[str, Any]], *, subject: str = "", config: Mapping[str, Any] | None = None) -> NoReturn:
    """Do the work of a module with the Kafka Connect of its options, and end the module with the result.

    :param subject: what a failure is about, such as ``connector orders``.
    :param config: a configuration among the options, whose secrets are never said.
    """
    # Ansible would mask every word that is a value anywhere in an option that is not logged.
    module.no_log_values = _argspec.secrets_of(module.params) | _config.secret_values(config or {})
    if not _http.HAS_REQUESTS:
        _exit.fail(module, f"the Python library requests is missing for {sys.executable}; install it there")
    try:
        result = _done(module, work)
    except Failed as failed:
        text = f"{subject}: {failed.message}" if subject else failed.message
        _exit.fail(module, text, {**failed.result, "error": {"reason": failed.reason, "message": failed.message}})
    except Exception as error:
        _exit.crash(module, error)
    _exit.leave(module, result)


def _done(module: Any, work: Callable[[Connect], dict[str, Any]]) -> dict[str, Any]:
    """:raises Failed: for everything that is no bug of ours."""
    try:
        connect = _argspec.connect_of(module.params)
        connect.deadline = connect.clock.now() + SECONDS
    except OptionError as error:
        raise Failed(Reason.INVALID_SPEC.value, str(error)) from error
    try:
        return {"changed": False, **work(connect), "requests": connect.requests}
    except (AskedError, ConfigError, OptionError) as error:
        raise Failed(Reason.INVALID_SPEC.value, str(error)) from error
    except ConnectError as error:
        unknown = "; whether it took effect is not known" if error.outcome_unknown else ""
        raise Failed(error.verdict.reason.value, error.verdict.message + unknown, {"requests": connect.requests}) from error


def checked_name(name: str) -> str:
    """The name of a connector.

    :raises OptionError: if it is none.
    """
    problem = name_problem(name)
    if problem:
        raise OptionError(f"{name!r} is no name for a connector: {problem}")
    return name


def not_found() -> Failed:
    """What is asked for a connector that is not there."""
    return Failed(CONNECTOR_NOT_FOUND, "there is no such connector on this Connect")
