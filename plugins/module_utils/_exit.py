# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""The one way out of a module: what it says holds no argument and no secret, and nothing that hangs keeps it alive."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from threading import Lock
from typing import Any, NoReturn

from ansible.module_utils.common.parameters import remove_values

from . import _config


def hush(module: Any) -> Callable[[Iterable[str]], None]:
    """What makes secret values known to a module, so that none of its ends says them."""

    lock = Lock()

    def remember(values: Iterable[str]) -> None:
        with lock:
            # Another set: one that the end of the module goes through does not change.
            module.no_log_values = module.no_log_values | _config.masked(values)

    return remember


# What holds words and numbers of ours.
_OURS = {"outcome", "summary", "counts", "check", "changed", "failed", "actions", "reason", "present", "requests"}


def masked(module: Any, result: Mapping[str, Any]) -> dict[str, Any]:
    """A result without what its module must not say, for a file: programs read that, so a word of ours stays also where a secret is the same."""
    hidden: dict[str, Any] = _with_ours(remove_values(result, module.no_log_values), result)
    return hidden


def _with_ours(hidden: Any, told: Any) -> Any:
    if isinstance(told, Mapping) and isinstance(hidden, Mapping):
        return {key: told[key] if key in _OURS else _with_ours(hidden[key], told[key]) for key in told}
    if isinstance(told, (list, tuple)):
        return [_with_ours(*pair) for pair in zip(hidden, told, strict=True)]
    return hidden


def leave(module: Any, result: dict[str, Any], *, stuck: bool = False) -> NoReturn:
    """End a module with a result.

    ``invocation`` is set here: left to Ansible it would hold every argument, and land in the runner's event files.

    :param stuck: a thread hangs in a request; the process is left without waiting for it.
    """
    result.setdefault("invocation", {"module_args": {}})
    if not stuck:
        module.exit_json(**result)
    sys.stdout.write(module.jsonify(remove_values(result, module.no_log_values)) + "\n")
    sys.stdout.flush()
    _remove_payload()
    os._exit(0)


def fail(module: Any, message: str, result: Mapping[str, Any] | None = None, *, stuck: bool = False) -> NoReturn:
    """End a module that failed. Not by ``fail_json``: at -vvv that adds a traceback, whose texts may hold values."""
    leave(module, {"changed": False, **(result or {}), "failed": True, "msg": message}, stuck=stuck)


def crash(module: Any, error: BaseException) -> NoReturn:
    """End a module that met a bug of ours: type and place of the exception, never its text or a traceback, which may hold values."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    place = f"{Path(frame.tb_frame.f_code.co_filename).name}:{frame.tb_lineno}" if frame else "unknown place"
    fail(module, f"unexpected {type(error).__name__} at {place}; this is a bug of saiello.kafka_connect")


def end_on_signals() -> None:
    """Let Ctrl-C, or whoever ends the task, end the module at once. Left to Python it would send all that is still to be sent."""

    def end(number: int, _frame: object) -> NoReturn:
        _remove_payload()
        os._exit(128 + number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)


def _remove_payload() -> None:
    """What Ansible unpacked for this module, and would itself remove at the end of a process that ends well."""
    for part in Path(__file__).parents:
        if re.fullmatch(r"ansible_.*_payload_.*", part.name) and part.is_dir():
            shutil.rmtree(part, ignore_errors=True)
