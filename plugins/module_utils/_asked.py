# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""What the options of a task ask for: a connector, or that there is none. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import _config
from ._config import ConfigError
from ._model import NO_MEMORY, Adoption, RunState, Verdict, Wanted, name_problem

# The options for what the configuration may not hold itself.
RESERVED = {
    _config.NAME: "name",
    _config.CLASS: "connector_class",
    _config.TASKS_MAX: "tasks_max",
    _config.PLUGIN_VERSION: "plugin_version",
}


class AskedError(ValueError):
    """An option that asks for what cannot be; the text names it and holds no secret."""


def connector_options() -> dict[str, dict[str, Any]]:
    """The part of an argument spec that describes one connector."""
    return {
        "name": {"type": "str", "required": True},
        "connector_class": {"type": "str"},
        "tasks_max": {"type": "int"},
        "plugin_version": {"type": "str"},
        "config": {"type": "dict", "default": {}, "no_log": True},
        "run_state": {"type": "str", "choices": ["running", "paused", "stopped"]},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    }


REQUIRED_IF = (("state", "present", ("connector_class",)),)


def wanted_of(params: Mapping[str, Any]) -> Wanted:
    """The connector that the options describe.

    :raises AskedError: for an option that cannot be used; :raises ConfigError: for a configuration that cannot.
    """
    name = params["name"]
    problem = name_problem(name)
    if problem:
        raise AskedError(f"name: {name!r} is no name for a connector: {problem}")
    if params["state"] == "absent":
        return unwanted(name)
    if params["tasks_max"] is not None and params["tasks_max"] < 1:
        raise AskedError("tasks_max: must be at least 1")
    for key, value in params["config"].items():
        if isinstance(value, (dict, list)):
            raise ConfigError(
                f"config key {key}: a map or a list is no value for Connect; end its template with the filter to_json, or string, to make it one text"
            )
    config = _config.canonical(name, params["connector_class"], params["tasks_max"], params["config"], params["plugin_version"], reserved=RESERVED)
    state = RunState(params["run_state"]) if params["run_state"] else None
    # The request of the caller is the consent, and nothing is remembered from one run to the next.
    return Wanted(name, name, config, state, adoption=Adoption.ALWAYS, memory=NO_MEMORY)


def unwanted(name: str, *, hold: Verdict | None = None, kept: str = "") -> Wanted:
    """That there is no connector of this name. ``kept``: why it stays all the same."""
    return Wanted(name, name, absent=True, adoption=Adoption.ALWAYS, memory=NO_MEMORY, hold=hold, kept=kept)
