# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""Connector configurations: the one canonical form, whole-map difference, redaction. Pure."""

from __future__ import annotations

import hmac
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Any

from ._model import Difference

NAME = "name"
CLASS = "connector.class"
TASKS_MAX = "tasks.max"
PLUGIN_VERSION = "connector.plugin.version"

# What the object has fields of its own for.
RESERVED = MappingProxyType({NAME: "connectorName", CLASS: "class", TASKS_MAX: "tasksMax", PLUGIN_VERSION: "version"})

# Kafka refuses a record above 1 MiB, and Connect then says 500 for ever (observed on 4.3.1).
SIZE_LIMIT = 900 * 1024

_INT64 = range(-(2**63), 2**63)
_EXACT_DIGITS = 15


class ConfigError(ValueError):
    """A configuration that cannot be carried as it is; the text names key and remedy, never a value."""


def canonical_value(key: str, value: Any) -> str:
    """The text that Connect stores for a value.

    Booleans are ``true``/``false``, numbers their JSON text as the Kubernetes API server stores it.

    :raises ConfigError: for null, nested values, and numbers that JSON does not carry exactly.
    """
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        if value in _INT64:
            return str(value)
        raise ConfigError(f"config key {key}: the number is too big to be carried exactly; put it in quotes")
    if isinstance(value, float):
        return _float_text(key, value)
    if value is None:
        raise ConfigError(f"config key {key}: null is no value; remove the key, or put the text in quotes")
    kind = "a list" if isinstance(value, (list, tuple)) else "a map"
    raise ConfigError(f"config key {key}: {kind} is no value for Connect; write it as one text, in quotes")


def _float_text(key: str, value: float) -> str:
    if not math.isfinite(value):
        raise ConfigError(f"config key {key}: not a finite number; put it in quotes")
    text = str(int(value)) if value.is_integer() and abs(value) < 10**_EXACT_DIGITS else repr(value)
    digits = re.sub(r"[^0-9]", "", text).lstrip("0")
    if "e" in text or len(digits) > _EXACT_DIGITS:
        raise ConfigError(f"config key {key}: the number cannot be carried exactly; put it in quotes")
    return text


def canonical(
    name: str,
    connector_class: str,
    tasks_max: int | None,
    config: Mapping[str, Any],
    plugin_version: str | None = None,
    *,
    reserved: Mapping[str, str] = RESERVED,
) -> dict[str, str]:
    """The whole map that Connect will hold for a connector.

    :param reserved: the keys that have a field of their own, and what that is called.
    :raises ConfigError: for reserved keys, an empty key, values that are no scalars, and a map beyond 900 KiB.
    """
    result: dict[str, str] = {}
    for key, value in config.items():
        if not isinstance(key, str) or not key:
            raise ConfigError("config: a key is empty or no text; name it")
        if key in reserved:
            raise ConfigError(f"config key {key} is reserved; use the field {reserved[key]}")
        result[key] = canonical_value(key, value)
    result[NAME] = name
    result[CLASS] = connector_class
    if tasks_max is not None:
        result[TASKS_MAX] = str(tasks_max)
    if plugin_version:
        result[PLUGIN_VERSION] = plugin_version
    if len(json.dumps(result, ensure_ascii=False).encode("utf-8", "surrogatepass")) > SIZE_LIMIT:
        raise ConfigError(f"config is larger than {SIZE_LIMIT // 1024} KiB, which Kafka does not store; shorten its values")
    for key, value in result.items():
        if _has_surrogate(key) or _has_surrogate(value):
            raise ConfigError(f"config key {key!a}: half of a surrogate pair is no text; write the whole character")
    return result


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


_MASK = re.compile(r"\*{4,}")


def is_masked(value: str) -> bool:
    """Whether a service shows this in place of a value (``****``)."""
    return _MASK.fullmatch(value) is not None


def digest(keeper: str, key: str, value: str) -> str:
    """What stands for a value in a status, to be compared with that of another one.

    :param keeper: what nobody knows who may not read the value: without it, short values could be guessed.
    """
    return hmac.new(keeper.encode("utf-8", "surrogatepass"), f"{key}\0{value}".encode("utf-8", "surrogatepass"), "sha256").hexdigest()[:32]


def difference(
    live: Mapping[str, str], wanted: Mapping[str, str], ignored: Sequence[str] = (), same: Callable[[str], bool] = lambda key: False
) -> Difference:
    """Whole maps are compared: a key that only the live side has is a difference too, unless one of the patterns ``ignored`` names it.

    :param same: whether the masked value of a key stands for the wanted one.
    """
    extra = (key for key in live.keys() - wanted.keys() if not any(fnmatchcase(key, pattern) for pattern in ignored))
    return Difference(
        added=tuple(sorted(wanted.keys() - live.keys())),
        changed=tuple(sorted(key for key in wanted.keys() & live.keys() if wanted[key] != live[key] and not (is_masked(live[key]) and same(key)))),
        removed=tuple(sorted(extra)),
    )


HIDDEN = "(hidden)"

_SECRET_KEY = re.compile(
    r"pass(word|phrase|wd)?\b|pass(word|phrase|wd)|secret|token|credential|api[._-]?key|access[._-]?key|private[._-]?key|"
    r"\bkey$|jaas|auth|sasl|keystore|truststore|signature|connection[._-]?(url|uri|string)|\.?(url|uri)s?$|dsn",
    re.IGNORECASE,
)
_CREDENTIALS = (
    r"://[^/\s]*@|\w:\S+@"  # user:password@host
    r"|[?&;](pass|pwd|secret|token|key|sig)[^=]*="
    r"|-----BEGIN|\bBearer\s|\bBasic\s|LoginModule|^eyJ[\w-]+\."
)
_SECRET_VALUE = re.compile(
    r"\$\{[^}]*:[^}]*\}"  # a placeholder of a config provider
    rf"|{_CREDENTIALS}"
    r"|^[A-Za-z0-9+/_=-]{24,}$",
    re.IGNORECASE,
)
_CREDENTIALS_IN_VALUE = re.compile(_CREDENTIALS, re.IGNORECASE)
# Masking a shorter text would mask half of what a module says.
_MASKED_LENGTH = 4
_WORDS = ("true", "false", "none", "null")


def masked(texts: Iterable[str]) -> set[str]:
    """The texts that a module must mask in what it says: all, but for those that are too short, or words of every result."""
    return {text for text in texts if len(text) >= _MASKED_LENGTH and text.lower() not in _WORDS}


def secret_values(values: Mapping[str, Any]) -> set[str]:
    """The texts of a map that a module must never say: those whose key looks secret."""
    return masked(value for key, value in values.items() if isinstance(value, str) and _SECRET_KEY.search(key))


_PASSWORD_KEY = re.compile(r"pass(word|phrase|wd)|secret|token|credential|(api|access|private)[._-]?key|jaas", re.IGNORECASE)
# Where a secret is kept, or what it is like.
_ABOUT_SECRET = re.compile(r"[._-](file|path|location|type|class|provider|url|uri|endpoint|algorithm|enabled|ms|mode)$", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"\$\{[^}]*:[^}]*\}")


def typed_secrets(config: Mapping[str, Any]) -> tuple[str, ...]:
    """The keys whose values look like secrets written down as they are, sorted."""
    texts = ((str(key), value) for key, value in config.items() if isinstance(value, str) and value)
    named = ((key, value) for key, value in texts if _PASSWORD_KEY.search(key) and not _ABOUT_SECRET.search(key))
    return tuple(sorted(key for key, value in named if not _PLACEHOLDER.search(value)))


def live_secrets(config: Mapping[str, str], password_keys: frozenset[str]) -> tuple[str, ...]:
    """The keys of a live configuration whose values do not belong into a file for everybody, sorted; what a config provider fills in does.

    :param password_keys: those that the plugin declares as PASSWORD.
    """
    named = {*typed_secrets(config), *password_keys, *(key for key, value in config.items() if _CREDENTIALS_IN_VALUE.search(value))}
    return tuple(sorted(key for key in named if config.get(key) and not _PLACEHOLDER.search(config[key])))


# Keys of the framework itself whose values are never secret.
FRAMEWORK_KEYS = frozenset(
    (NAME, CLASS, TASKS_MAX, PLUGIN_VERSION, "key.converter", "value.converter", "header.converter", "errors.tolerance", "topics", "transforms")
)


def shown(key: str, value: str, plain_keys: frozenset[str] = frozenset(), hidden_keys: frozenset[str] = frozenset()) -> str:
    """A value as it may be shown to people. It fails closed.

    :param plain_keys: the keys that the plugin declares, and not as PASSWORD. Every other value is hidden,
        and so is one whose key or text looks like a secret.
    :param hidden_keys: the keys whose values came from a Secret or a ConfigMap, whatever the plugin says of them.
    """
    if key in (NAME, CLASS, TASKS_MAX, PLUGIN_VERSION):
        return value
    if key in hidden_keys or key not in plain_keys | FRAMEWORK_KEYS or _SECRET_KEY.search(key) or _SECRET_VALUE.search(value):
        return HIDDEN
    return value
