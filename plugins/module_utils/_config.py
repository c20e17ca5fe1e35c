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

# What secrets are called. Whoever chooses a text must not keep a run busy with it: so repetitions before something have limits, or begin with a word.
_NAMES = (
    r"pass(word|phrase|code|wd|(?![a-z]))|pwd|secret|token|credential|cookie|webhook|jaas|"
    r"(access|account|api|encryption|master|private|shared|signing)[._-]?key|"
    r"(?<![a-z])pin(?![a-z])|(?-i:[a-z]Pin(?![a-z]))"
)
_PASSWORD_KEY = re.compile(_NAMES, re.IGNORECASE)
# Where a secret is kept, or what it is like.
_ABOUT_SECRET = re.compile(r"(?<!webhook)[._-](file|path|location|type|class|provider|url|uri|endpoint|algorithm|enabled|ms|mode)$", re.IGNORECASE)
_SECRET_KEY = re.compile(rf"{_NAMES}|\bkey$|auth|sasl|keystore|truststore|signature|connection[._-]?(url|uri|string)|(url|uri)s?$|dsn", re.IGNORECASE)
# Also of ordinary keys, such as partition_key. What they hold is not shown, and not masked in all else that a module says.
_HIDDEN_KEY = re.compile(rf"{_SECRET_KEY.pattern}|key$", re.IGNORECASE)

# What follows the name of something in JSON, properties, connection strings and headers; in a URL it may be a port.
_NAMED = r"[\w.-]{0,100}[\\\"']*\s*"
_HAS_VALUE = rf"{_NAMED}(=|:(?!\d{{2,5}}(/|$)))\s*[\\\"']*[^\s\\\"',;&)}}\]]"
_CREDENTIALS = re.compile(
    r"://[^/\s]*@|(^|\s)[^\s:]*:\S*[^\s:@]@"  # user:password@host; not Oracle's thin:@host
    r"|[?&;](pass|pwd|secret|token|key|sig)[^=]{0,100}="
    rf"|({_NAMES}|authorization){_HAS_VALUE}"
    r"|-----BEGIN|\bBearer\s|\bBasic\s|LoginModule|^eyJ[\w-]+\.",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(r"\$\{[^}:]{0,1000}:[^}]{0,1000}\}")  # what a config provider fills in
_SECRET_VALUE = re.compile(
    rf"{_PLACEHOLDER.pattern}|{_CREDENTIALS.pattern}"
    rf"|(^|\s)[^\s:]*:\S*@|({_NAMES}|key|auth|sig){_NAMED}[=:]"
    r"|^[A-Za-z0-9+/_=-]{24,}$",
    re.IGNORECASE,
)
# Their values are names of fields in records.
_OF_RECORDS = ("transforms.", "predicates.")

# Masking a shorter text would mask half of what a module says.
_MASKED_LENGTH = 4
_WORDS = ("true", "false", "none", "null")


def masked(texts: Iterable[str]) -> set[str]:
    """The texts that a module must mask in what it says: all, but for those that are too short, or words of every result."""
    return {text for text in texts if len(text) >= _MASKED_LENGTH and text.lower() not in _WORDS}


def secret_values(values: Mapping[str, Any]) -> set[str]:
    """The texts of a map that a module must never say: those whose key looks secret."""
    return masked(value for key, value in values.items() if isinstance(value, str) and _SECRET_KEY.search(key))


def typed_secrets(config: Mapping[str, Any]) -> tuple[str, ...]:
    """The keys whose values look like secrets written down as they are, or hold some, sorted."""
    texts = {str(key): value for key, value in config.items() if isinstance(value, str) and value}
    typed = (key for key, value in texts.items() if _is_named_secret(key) or (not key.startswith(_OF_RECORDS) and _CREDENTIALS.search(value)))
    return tuple(sorted(key for key in typed if not _PLACEHOLDER.search(texts[key])))


def _is_named_secret(key: str) -> bool:
    return bool(_PASSWORD_KEY.search(key)) and not _ABOUT_SECRET.search(key)


def live_secrets(config: Mapping[str, str], password_keys: frozenset[str]) -> tuple[str, ...]:
    """The keys of a live configuration whose values do not belong into a file for everybody, sorted; what a config provider fills in does.

    :param password_keys: those that the plugin declares as PASSWORD.
    """
    named = {key for key, value in config.items() if _is_named_secret(key) or _CREDENTIALS.search(value)} | password_keys
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
    if key in hidden_keys or key not in plain_keys | FRAMEWORK_KEYS or _HIDDEN_KEY.search(key) or _SECRET_VALUE.search(value):
        return HIDDEN
    return value
