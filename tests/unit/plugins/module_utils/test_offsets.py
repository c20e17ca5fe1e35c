# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which offsets are the same, which are to change, and how they are shown."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils._offsets import OffsetsError, changes, diff_of, removal, shown
from ansible_collections.saiello.kafka_connect.plugins.module_utils._payloads import Offset


def sink(partition: Any, offset: Any, topic: str = "orders") -> Offset:
    return Offset({"kafka_topic": topic, "kafka_partition": partition}, None if offset is None else {"kafka_offset": offset})


def file(name: str, position: Any) -> Offset:
    return Offset({"filename": name}, None if position is None else {"position": position})


LIVE = [sink(0, 10), sink(10, 5), sink(2, 7)]


@pytest.mark.parametrize(
    ("live", "wanted", "changed"),
    [
        (LIVE, [sink(0, 10)], ()),
        (LIVE, [sink("0", "10")], ()),
        (LIVE, [sink(0, 11), sink(2, 7)], (sink(0, 11),)),
        (LIVE, [sink(3, 0)], (sink(3, 0),)),
        (LIVE, [sink(3, None)], ()),
        (LIVE, [sink(2, None)], (sink(2, None),)),
        ([sink(0, None)], [sink(0, None)], ()),
        ([file("a", 5)], [file("a", 5)], ()),
        ([file("a", 5)], [file("a", "5")], (file("a", "5"),)),
        ([], [file("b", 1), file("a", 1)], (file("a", 1), file("b", 1))),
        ([Offset({"a": 1, "b": 2}, {"x": None})], [Offset({"b": 2, "a": 1}, {"x": None})], ()),
    ],
)
def test_changes(live: list[Offset], wanted: list[Offset], changed: tuple[Offset, ...]) -> None:
    assert changes(live, wanted) == changed


def test_a_partition_that_is_named_twice() -> None:
    with pytest.raises(OffsetsError, match="named twice"):
        changes(LIVE, [sink(0, 1), sink("0", 2)])


def test_removal_is_of_what_there_is() -> None:
    assert removal([*LIVE, sink(4, None)]) == (sink(0, None), sink(2, None), sink(10, None))
    assert removal([]) == ()


def test_a_partition_that_has_not_begun_is_not_shown() -> None:
    assert shown([file("b", None), file("a", 3)]) == [{"partition": {"filename": "a"}, "offset": {"position": 3}}]


def test_shown_in_order() -> None:
    rows = shown([*LIVE, sink(1, 1, topic="a")])
    assert [(row["partition"]["kafka_topic"], row["partition"]["kafka_partition"]) for row in rows] == [
        ("a", 1),
        ("orders", 0),
        ("orders", 2),
        ("orders", 10),
    ]
    odd = [Offset({"x": value}, {"position": 1}) for value in (True, None, [1], {"a": 1}, "text", 2.5)]
    assert len(shown(odd)) == len(odd)


def test_diff_has_the_partitions_that_change() -> None:
    diff = diff_of("c", LIVE, (sink(0, 11), sink(2, None)))
    assert diff["before"].splitlines() == [
        '{"kafka_partition": 0, "kafka_topic": "orders"}: {"kafka_offset": 10}',
        '{"kafka_partition": 2, "kafka_topic": "orders"}: {"kafka_offset": 7}',
    ]
    assert diff["after"] == '{"kafka_partition": 0, "kafka_topic": "orders"}: {"kafka_offset": 11}\n'
