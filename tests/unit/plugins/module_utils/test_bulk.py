# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many connectors in one task, and what is gone from a set of manifests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _bulk, _gone, _manifest
from ansible_collections.saiello.kafka_connect.plugins.module_utils._bulk import BulkError
from ansible_collections.saiello.kafka_connect.plugins.module_utils._connect import Connect
from ansible_collections.saiello.kafka_connect.plugins.module_utils._fleet import Entry, Fleet, Target
from ansible_collections.saiello.kafka_connect.plugins.module_utils._http import Clock
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import Reason
from ansible_collections.saiello.kafka_connect.plugins.module_utils._values import Values
from ansible_collections.saiello.kafka_connect.plugins.module_utils._wanted import PROTECTED

from .sets import AT_PROD, cluster, connector, new_connect, read
from .tiny import Tiny


class TestBulk:
    def test_what_is_listed_and_what_shall_go(self) -> None:
        found: list[Target] = []
        option = {"tasks_max": None, "plugin_version": None, "run_state": None, "state": "present", "connector_class": "x", "config": {"k": 1}}
        _bulk.add_listed(found, [{**option, "name": "a"}, {**option, "name": "b", "state": "absent"}], new_connect("http://d"))
        _bulk.add_removals(found, ["c"], None, new_connect("http://d"))
        assert [(one.wanted.name, one.wanted.absent) for one in found[0].entries] == [("a", False), ("b", True), ("c", True)]
        _bulk.check_names(found)

    def test_what_is_purged(self) -> None:
        tiny = Tiny({name: {"name": name} for name in ("shop.a", "shop.b", "other")})
        found = [Target("http://d", lambda: Connect("http://d", tiny))]
        with pytest.raises(BulkError, match="no connector is wanted"):
            _bulk.add_removals(found, [], "shop.*", None)
        _bulk.add_removals(found, ["shop.a"], None, None)
        _bulk.add_removals(found, [], "shop.*", None)
        assert [one.wanted.name for one in found[0].entries] == ["shop.a", "shop.b"]

    def test_what_connections_protect_is_not_deleted(self, tmp_path: Path) -> None:
        """Whichever way leads to that Connect, and whichever of its objects says so."""
        found = read(
            tmp_path,
            connector("a"),
            connector("b", connectClusterRef={"name": "free"}),
            cluster("free", urls=["http://d:8083", "http://e"]),
            cluster("protecting", url="http://d:8083", protectConnectors=True),
            cluster("planned", url="http://named-otherwise", mode="Plan"),
        )
        tiny = Tiny({name: {"name": name} for name in ("a", "b", "c")})
        connect = lambda: Connect("http://d:8083", tiny)  # noqa: E731
        fleet = Fleet(found, Values(), {"planned": connect, "free": connect}, connect)
        wanted = fleet.targets()
        _bulk.add_removals(wanted, ["gone"], "*", connect, fleet.terms_at)
        removals = [entry.wanted for target in wanted for entry in target.entries if entry.wanted.absent]
        assert [one.name for one in removals] == ["gone", "c"]
        assert [(one.kept, one.hold and one.hold.reason) for one in removals] == [(PROTECTED, Reason.PLAN_ONLY)] * 2
        # The list that told what matches counts as well.
        assert _bulk.carry_out(wanted, Clock(), check=True, diff=False).requests == len(tiny.reads) > 1

    def test_only_where_it_is_clear(self) -> None:
        two = [Target("http://a", new_connect("http://a")), Target("http://b", new_connect("http://b"))]
        with pytest.raises(BulkError, match="run once for each"):
            _bulk.add_removals(two, ["x"], None, None)
        with pytest.raises(BulkError, match="url: is required"):
            _bulk.add_removals([], ["x"], None, None)
        one = [Target("http://a", new_connect("http://a"))]
        with pytest.raises(BulkError, match="url names another one than the manifests do"):
            _bulk.add_removals(one, ["x"], None, new_connect("http://b"))
        with pytest.raises(BulkError, match="absent: 'x/y' is no name for a connector: it holds /"):
            _bulk.add_removals(one, ["x/y"], None, None)
        _bulk.add_removals(one, ["x"], None, None)
        one[0].entries.append(Entry(one[0].entries[0].wanted, "there"))
        with pytest.raises(BulkError, match="connector x is asked for at absent and at there"):
            _bulk.check_names(one)


class TestGone:
    @pytest.mark.parametrize(
        ("spec", "status", "terms", "deleted", "words"),
        [
            ({}, None, {}, True, "the connector is deleted, unless the operator adopted it"),
            ({}, "Created", {}, True, "the connector is deleted"),
            ({}, "Adopted", {}, False, "the connector stays on Connect: it was not made by this object"),
            ({}, "", {}, False, "the connector stays on Connect: it never belonged to the object"),
            ({"deletionPolicy": "Delete"}, "Adopted", {}, True, "the connector is deleted"),
            ({"deletionPolicy": "Orphan"}, None, {}, False, "the connector stays on Connect: deletionPolicy: Orphan leaves it there"),
            ({"mode": "Plan"}, None, {}, False, "the connector stays on Connect: mode: Plan"),
            ({}, None, {"mode": "Plan"}, False, "the deletion waits: Nothing is written while"),
            ({}, None, {"protectConnectors": True}, False, "the connector stays on Connect: its KafkaConnectCluster protects"),
        ],
    )
    def test_what_the_operator_does(self, spec: Any, status: str | None, terms: Any, deleted: bool, words: str) -> None:
        obj = connector("a", **{**AT_PROD, **spec})
        if status is not None:
            obj["status"] = {"ownership": status}
        base = _manifest.of_objects([obj, connector("b"), cluster(**terms)], "base")
        fleet = Fleet(base, Values(), {}, None)
        now = _manifest.of_objects([connector("b")], "now")
        (gone,) = _gone.gone(base.connectors, now.connectors, fleet.terms_of)
        assert (gone.key, gone.source, gone.deleted, gone.effect[: len(words)]) == ("default/a", "base[0]", deleted, words)
