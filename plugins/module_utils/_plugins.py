# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""The connector plugins of a Connect: their names, and what they declare. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from ._model import Definitions, FieldError
from ._payloads import Plugin

MATCHES_LIMIT = 3
_SUFFIX = "Connector"


def aliases(connector_class: str) -> tuple[str, ...]:
    """The names by which Connect knows a connector class: the full one, the simple one, and that without "Connector"."""
    simple = connector_class.rpartition(".")[2]
    return tuple(dict.fromkeys((connector_class, simple, simple.removesuffix(_SUFFIX) or simple)))


def is_known(connector_class: str, plugins: Iterable[Plugin]) -> bool:
    """Whether a worker has a connector class, by its full name or an alias."""
    return any(connector_class in aliases(plugin.connector_class) for plugin in plugins)


def close_matches(connector_class: str, plugins: Iterable[Plugin]) -> tuple[str, ...]:
    """The full names of the connector classes that were perhaps meant by an unknown one, the closest first; at most three."""
    plugins = tuple(plugins)
    if is_known(connector_class, plugins):
        return ()
    by_name = {alias.lower(): plugin.connector_class for plugin in plugins for alias in aliases(plugin.connector_class)}
    asked = (connector_class.lower(), connector_class.rpartition(".")[2].lower())
    found = [by_name[name] for text in asked for name in get_close_matches(text, by_name, n=MATCHES_LIMIT, cutoff=0.75)]
    return tuple(dict.fromkeys(found))[:MATCHES_LIMIT]


def missing(config: Mapping[str, str], definitions: Definitions) -> tuple[FieldError, ...]:
    """The keys that the plugin cannot do without, and that the configuration does not have."""
    return tuple(FieldError(key, "is required") for key in sorted(definitions.required - config.keys()))
