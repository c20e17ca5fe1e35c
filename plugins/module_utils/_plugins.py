# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""The connector plugins of a Connect: their names, and what they declare. Pure."""

from __future__ import annotations

import re
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


def type_of(connector_class: str, plugins: Iterable[Plugin]) -> str:
    """Whether a class is a "source" or a "sink"; "" if no worker has it."""
    return next((plugin.type for plugin in plugins if connector_class in aliases(plugin.connector_class)), "")


TOPICS, TOPICS_REGEX = "topics", "topics.regex"


def faults(config: Mapping[str, str], definitions: Definitions, plugin_type: str) -> tuple[FieldError, ...]:
    """What Connect will have against a configuration by what is declared, in its words: keys that are missing, values of another type, and the
    topics of a sink. What validators of the plugin say is not known without running its code.

    :param plugin_type: "source" or "sink", "" if that is not known.
    """
    found = dict.fromkeys(definitions.required - config.keys(), "is required")
    for key, kind in definitions.types.items():
        if key in config and not _has_type(config[key].strip(), kind):
            found[key] = "must be true or false" if kind == "BOOLEAN" else f"must be a number of type {kind}"
    if plugin_type == "sink":
        named = [key for key in (TOPICS, TOPICS_REGEX) if config.get(key, "").strip()]
        if not named:
            found[TOPICS] = "topics or topics.regex is needed"
        elif len(named) == 2:
            found[TOPICS_REGEX] = "must not be set together with topics"
    return tuple(FieldError(key, text) for key, text in sorted(found.items()))


_BITS = {"SHORT": 16, "INT": 32, "LONG": 64}
# As Java reads a double: with exponents, suffixes and hexadecimal digits.
_DOUBLE = re.compile(r"[+-]?(NaN|Infinity|(0[xX])?[0-9a-fA-F]*\.?[0-9a-fA-F]*([eEpP][+-]?[0-9]+)?[fFdD]?)")


def _has_type(value: str, kind: str) -> bool:
    """Whether Kafka's ConfigDef parses a text as of that type. What a config provider is to fill in is not known here."""
    if "${" in value:
        return True
    if kind == "BOOLEAN":
        return value.lower() in ("true", "false")
    if kind == "DOUBLE":
        return bool(value) and _DOUBLE.fullmatch(value) is not None
    return re.fullmatch(r"[+-]?\d{1,20}", value) is not None and -(1 << _BITS[kind] - 1) <= int(value) < 1 << _BITS[kind] - 1
