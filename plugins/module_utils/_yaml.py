# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""YAML and JSON as kubectl reads them and the API server stores them, with the lines where things stand. Pure.

kubectl reads YAML with sigs.k8s.io/yaml, a YAML 1.1 of its own (``resolve.go`` of goyaml.v2): ``1e3`` is a number, ``12:30:45`` and
``2026-01-01`` are texts, ``y`` is true, ``0o17`` is 15. The API server keeps a whole number as an integer, however it was written.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

try:
    import yaml
except ImportError:  # the modules say so politely
    HAS_YAML = False
else:
    HAS_YAML = True


class DocumentError(ValueError):
    """Text that cannot be read; ``line`` counts from 1. The message holds no value of it."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line


@dataclass(frozen=True)
class Document:
    """One document of a stream: what it holds, and the line where it begins."""

    value: Any
    line: int
    node: Any = None

    def line_of(self, path: Sequence[str | int]) -> int:
        """The line of the innermost part of a path that is there."""
        node = self.node
        line = self.line
        for step in path:
            node = _child(node, step)
            if node is None:
                break
            line = node[0].start_mark.line + 1
            node = node[1]
        return line


def documents(text: str) -> list[Document]:
    """All documents of a stream but the empty ones.

    :raises DocumentError: for what is no YAML or JSON, a key that is there twice, and what kubectl would not take either.
    """
    try:
        if text.lstrip("\ufeff \t\r\n").startswith(("{", "[")):
            found = _json_documents(text.lstrip("\ufeff"))
            if found is not None:
                return found
        return list(_yaml_documents(text))
    except RecursionError:
        raise DocumentError(1, "it is nested too deeply") from None


# -- JSON


class _Twice(ValueError):
    """A key that is there twice."""


def _json_documents(text: str) -> list[Document] | None:
    """None for what may be YAML in braces."""
    decoder = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=lambda number: stored_float(float(number)))
    found: list[Document] = []
    at = 0
    while True:
        at = len(text) - len(text[at:].lstrip(" \t\r\n"))
        if at == len(text):
            return found
        line = text.count("\n", 0, at) + 1
        try:
            value, at = decoder.raw_decode(text, at)
        except _Twice as error:
            raise DocumentError(line, str(error)) from error
        except json.JSONDecodeError:
            return None
        except ValueError as error:  # a number with more digits than Python turns into one
            raise DocumentError(line, "a number in it is too long") from error
        found.append(Document(value, line))


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        keys = [key for key, value in pairs]
        raise _Twice(f"the key {_shown(next(key for key in keys if keys.count(key) > 1))} is there twice")
    return result


def _no_constant(name: str) -> Any:
    raise json.JSONDecodeError(f"{name} is no JSON", name, 0)


# -- YAML

_PLAIN = "plain"


def _yaml_documents(text: str) -> Iterator[Document]:
    try:
        loader = _loader(text)
    except yaml.YAMLError as error:
        raise DocumentError(1, "it holds characters that YAML does not allow") from error
    try:
        while loader.check_node():
            node = loader.get_node()
            line = node.start_mark.line + 1
            value = _Values().of(node)
            if value is not None:
                yield Document(value, line, node)
    except yaml.YAMLError as error:
        raise _malformed(error) from error
    finally:
        loader.dispose()


def _loader(text: str) -> Any:
    # Only the tag tells a plain scalar from a quoted one, and what a plain one means is decided here.
    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    kind = type("Loader", (base,), {"yaml_implicit_resolvers": {None: [(_PLAIN, re.compile(""))]}})
    return kind(text)


def _malformed(error: Any) -> DocumentError:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or "it holds characters that YAML does not allow"
    # The parser quotes names of anchors and tags, and single characters, but no values.
    return DocumentError(mark.line + 1 if mark else 1, f"it is no YAML: {problem}")


class _Values:
    """The values of one document's nodes. An alias is the very value of its anchor, never a copy."""

    def __init__(self) -> None:
        self._made: dict[int, Any] = {}
        self._making: set[int] = set()

    def of(self, node: Any) -> Any:
        key = id(node)
        if key in self._made:
            return self._made[key]
        if key in self._making:
            raise _at(node, "an anchor holds itself")
        self._making.add(key)
        self._made[key] = value = self._new(node)
        self._making.discard(key)
        return value

    def _new(self, node: Any) -> Any:
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node)
        if isinstance(node, yaml.SequenceNode):
            _tagged(node, "tag:yaml.org,2002:seq")
            return [self.of(item) for item in node.value]
        _tagged(node, "tag:yaml.org,2002:map")
        return self._mapping(node)

    def _mapping(self, node: Any) -> dict[str, Any]:
        """In the order of the text: of a key and a ``<<`` that has it too, and of two such, the later one counts (``decode.go`` of goyaml.v2)."""
        result: dict[str, Any] = {}
        own: set[str] = set()
        for key_node, value_node in node.value:
            if key_node.tag == _PLAIN and key_node.value == "<<":
                # Of a list of maps the first one counts most.
                for one in reversed(self._merged(value_node)):
                    result.update(one)
                continue
            key = _key(key_node)
            if key in own:
                raise _at(key_node, f"the key {_shown(key)} is there twice")
            own.add(key)
            result[key] = self.of(value_node)
        return result

    def _merged(self, node: Any) -> list[dict[str, Any]]:
        value = self.of(node)
        several = value if isinstance(value, list) else [value]
        if not all(isinstance(one, dict) for one in several):
            raise _at(node, "<< takes a map, or a list of maps")
        return several


def _tagged(node: Any, *expected: str) -> None:
    if node.tag not in expected:
        raise _at(node, "tags are not supported, but for !!str; leave it out, or put the value in quotes")


def _scalar(node: Any) -> Any:
    _tagged(node, _PLAIN, "tag:yaml.org,2002:str", "!")
    return plain(node.value) if node.tag == _PLAIN else str(node.value)


def _key(node: Any) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise _at(node, "a key is a map or a list; write it as a text")
    value = _scalar(node)
    if value is None:
        raise _at(node, "a key is null; put it in quotes")
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _at(node: Any, text: str) -> DocumentError:
    return DocumentError(node.start_mark.line + 1, text)


_SHOWN_LENGTH = 80


def _shown(key: str) -> str:
    return key if len(key) <= _SHOWN_LENGTH else f"{key[:_SHOWN_LENGTH]}..."


def _child(node: Any, step: str | int) -> tuple[Any, Any] | None:
    """The node that a step leads to: where it is named, and what it holds."""
    if node is None:
        return None
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == str(step)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return (node.value[step], node.value[step])
    return None


# -- scalars that are not quoted

_WORDS: dict[str, Any] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
_POINTED = re.compile(r"\.[0-9]+(_[0-9]+)*([eE][-+]?[0-9]+)?")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INTEGER = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[oO]([0-7]+)|0[bB]([01]+)|0([0-7]+)|(0|[1-9][0-9]*))")
_UINT64 = 2**64
_INT64 = range(-(2**63), 2**63)


def plain(text: str) -> Any:
    """What kubectl makes of a scalar without quotes or tag."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] == ".":
        return _float(text) if _POINTED.fullmatch(text) else text
    if text[0] not in "+-0123456789":
        return text
    bare = text.replace("_", "")
    number = _integer(bare)
    if number is not None:
        return number
    found = _float(bare) if _FLOAT.fullmatch(bare) else text
    return text if found == bare else found


def _float(text: str) -> float | int | str:
    """A number, or the text where it is too big to be one."""
    number = float(text)
    return text if math.isinf(number) else stored_float(number)


def _integer(text: str) -> int | None:
    """An integer as Go's ParseInt(text, 0, 64), then ParseUint, take it."""
    found = _INTEGER.fullmatch(text)
    if not found:
        return None
    sign, *forms = found.groups()
    digits, base = next((digits, base) for digits, base in zip(forms, (16, 8, 2, 8, 10), strict=True) if digits)
    if len(digits) > 64:
        return None
    number = int(digits, base) * (-1 if sign == "-" else 1)
    if number in _INT64:
        return number
    return number if 0 <= number < _UINT64 and not sign else None


def stored_float(number: float) -> float | int:
    """A number as the API server stores it: one without a fraction as an integer, as long as Go writes it without an exponent."""
    if not math.isfinite(number) or not number.is_integer() or abs(number) >= 1e21:
        return number
    return int(Decimal(repr(number)))  # the digits that JSON would carry, not those of the binary number
