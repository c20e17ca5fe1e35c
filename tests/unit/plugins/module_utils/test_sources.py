# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a spec names, and how its sources make one configuration."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _config
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import Reason
from ansible_collections.saiello.kafka_connect.plugins.module_utils._sources import (
    NOTHING,
    KeyRef,
    ReferenceFault,
    Sourced,
    Sources,
    check_reserved,
    is_same_version,
    merged,
    referenced_keys,
    sources_of,
    version_of,
    with_plugins,
)


def test_what_a_spec_names() -> None:
    found = sources_of(
        {
            "configFrom": [{"configMapRef": {"name": "m"}}, {"secretRef": {"name": "s", "optional": True}}],
            "configValueFrom": {
                "a.b": {"secretKeyRef": {"name": "s", "key": "k"}},
                "c": {"configMapKeyRef": {"name": "m", "key": "l", "optional": True}},
            },
        }
    )
    assert found == Sources(
        (KeyRef("spec.configFrom[0].configMapRef", "m", kind="ConfigMap"), KeyRef("spec.configFrom[1].secretRef", "s", optional=True)),
        {
            "a.b": KeyRef("spec.configValueFrom[a.b].secretKeyRef", "s", "k"),
            "c": KeyRef("spec.configValueFrom[c].configMapKeyRef", "m", "l", "ConfigMap", optional=True),
        },
    )
    assert [ref.name for ref in found.refs] == ["m", "s", "s", "m"]


@pytest.mark.parametrize("spec", [{}, {"configFrom": None, "configValueFrom": None}, {"configFrom": [], "configValueFrom": {}}])
def test_or_does_not_name(spec: dict[str, Any]) -> None:
    assert sources_of(spec) == Sources()


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ({"configFrom": [{}]}, "spec.configFrom[0]: name exactly one of configMapRef and secretRef"),
        (
            {"configFrom": [{"secretRef": {"name": "a"}, "configMapRef": {"name": "a"}}]},
            "spec.configFrom[0]: name exactly one of configMapRef and secretRef",
        ),
        ({"configValueFrom": {"k": {}}}, "spec.configValueFrom[k]: name exactly one of configMapKeyRef and secretKeyRef"),
    ],
)
def test_nothing_or_two_things_are_named(spec: dict[str, Any], says: str) -> None:
    with pytest.raises(ReferenceFault) as fault:
        sources_of(spec)
    assert (fault.value.verdict.reason, fault.value.verdict.message) == (Reason.INVALID_SPEC, says)


@pytest.mark.parametrize("key", sorted(_config.RESERVED))
def test_a_reserved_key_is_refused_naming_where_it_is(key: str) -> None:
    with pytest.raises(ReferenceFault) as fault:
        check_reserved(KeyRef("spec.configFrom[0].secretRef", "s"), key)
    text = f"spec.configFrom[0].secretRef: the key {key} is reserved; use the field {_config.RESERVED[key]}"
    assert (fault.value.verdict.reason, fault.value.verdict.message) == (Reason.INVALID_SPEC, text)


def test_each_source_wins_over_those_before_it() -> None:
    """Defaults of the connection, configFrom, config, configValueFrom."""
    levels = [dict.fromkeys("abcd"[level:], str(level)) for level in range(4)]
    defaults, below, own, above = levels
    sourced = Sourced(below, above)
    assert merged(defaults, sourced, own) == {"a": "0", "b": "1", "c": "2", "d": "3"}
    assert referenced_keys(sourced, own) == {"b", "d"}
    assert referenced_keys(NOTHING, own) == frozenset()


def test_nothing_that_was_read_is_in_a_representation() -> None:
    assert "sesame" not in repr(Sourced({"k": "sesame"}, {"l": "sesame"}))


def test_the_version_changes_with_each_part_and_not_with_their_order() -> None:
    assert version_of(["a", ("b", "1")]) == version_of([("b", "1"), "a"])
    assert len({version_of(parts) for parts in ([], ["a"], ["a", ("b", "1")], ["a", ("b", "2")])}) == 4


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("a", "a", True),
        ("a", "b", False),
        ("a", "a.x", True),
        ("a.x", "a.x", True),
        ("a.x", "a.y", False),
        ("a.x", "b", False),
        ("", "a", False),
    ],
)
def test_versions_of_plugins_count_where_both_are_known(one: str, other: str, same: bool) -> None:
    assert is_same_version(one, other) is same
    assert is_same_version(other, one) is same


def test_a_version_knows_its_plugins_if_they_are_known() -> None:
    assert is_same_version(with_plugins("a", ""), with_plugins("a", "x"))
    assert not is_same_version(with_plugins("a", "x"), with_plugins("a", "y"))
