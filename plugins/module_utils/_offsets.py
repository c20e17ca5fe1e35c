# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""Offsets of a connector: which are the same, which are to change, how they are shown. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ._payloads import Offset

# Connect takes these as numbers or as texts, and gives them as numbers.
_NUMBERS = ("kafka_partition", "kafka_offset")


class OffsetsError(ValueError):
    """Offsets that cannot be used; the text says why."""


def changes(live: Iterable[Offset], wanted: Iterable[Offset]) -> tuple[Offset, ...]:
    """The rows of ``wanted`` that Connect does not have like that, sorted. A partition that only Connect has is left alone.

    :raises OffsetsError: if one partition is named twice.
    """
    there = {_text(row.partition): _text(row.offset) for row in live if row.offset is not None}
    found: dict[str, Offset] = {}
    for row in wanted:
        key = _text(row.partition)
        if key in found:
            raise OffsetsError(f"the partition {key} is named twice")
        found[key] = row
    return tuple(row for key, row in sorted(found.items()) if there.get(key) != (None if row.offset is None else _text(row.offset)))


def removal(live: Iterable[Offset]) -> tuple[Offset, ...]:
    """What removes all that there is."""
    return tuple(Offset(row.partition, None) for row in in_order(live) if row.offset is not None)


def in_order(rows: Iterable[Offset]) -> tuple[Offset, ...]:
    """Sorted by partition: by texts before numbers, so that those of one topic stay together."""
    return tuple(sorted(rows, key=_place))


def _place(row: Offset) -> tuple[list[str], list[float]]:
    values = [row.partition[key] for key in sorted(row.partition)]
    numbers = [isinstance(value, (int, float)) and not isinstance(value, bool) for value in values]
    texts = [json.dumps(value, sort_keys=True) for value, number in zip(values, numbers, strict=True) if not number]
    return texts, [float(value) for value, number in zip(values, numbers, strict=True) if number]


def shown(rows: Iterable[Offset]) -> list[dict[str, Any]]:
    """As a module returns them, sorted. A partition without an offset has not begun; Connect shows it for a moment after a removal (4.3.1)."""
    return [{"partition": row.partition, "offset": row.offset} for row in in_order(rows) if row.offset is not None]


def diff_of(name: str, live: Iterable[Offset], changed: Iterable[Offset]) -> dict[str, str]:
    """The partitions that change, before and after, one a line."""
    keys = {_text(row.partition) for row in changed}
    before = [row for row in live if _text(row.partition) in keys]
    return {
        "before_header": f"{name} (live)",
        "after_header": f"{name} (wanted)",
        "before": _lines(before),
        "after": _lines(changed),
    }


def _lines(rows: Iterable[Offset]) -> str:
    return "".join(f"{_text(row.partition)}: {_text(row.offset)}\n" for row in in_order(rows) if row.offset is not None)


def _text(values: Mapping[str, Any] | None) -> str:
    """The same text for what Connect takes for the same."""
    plain = None if values is None else {key: _number(value) if key in _NUMBERS else value for key, value in values.items()}
    return json.dumps(plain, sort_keys=True, ensure_ascii=False)


def _number(value: Any) -> Any:
    """:returns: the number that a text stands for, and anything else as it is."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value
