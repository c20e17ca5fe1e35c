# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manifests from files, and what they want of which Connect."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _bulk, _gone, _manifest
from ansible_collections.saiello.kafka_connect.plugins.module_utils._bulk import BulkError
from ansible_collections.saiello.kafka_connect.plugins.module_utils._connect import Connect
from ansible_collections.saiello.kafka_connect.plugins.module_utils._diff import diff_of
from ansible_collections.saiello.kafka_connect.plugins.module_utils._fleet import Entry, Fleet, NewConnect, Target
from ansible_collections.saiello.kafka_connect.plugins.module_utils._manifest import ManifestSet
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import Observed, Presence, Reason, RunState, Update
from ansible_collections.saiello.kafka_connect.plugins.module_utils._objects import LABELS
from ansible_collections.saiello.kafka_connect.plugins.module_utils._plan import make_plan
from ansible_collections.saiello.kafka_connect.plugins.module_utils._values import SKELETON, Values

from .tiny import Tiny

API_VERSION = "external.saiello.github.io/v1alpha1"


def connector(name: str = "a", *, labels: Mapping[str, str] | None = None, namespace: str = "", **spec: Any) -> dict[str, Any]:
    metadata = {"name": name, **({"labels": dict(labels)} if labels else {}), **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": API_VERSION, "kind": "KafkaConnector", "metadata": metadata, "spec": {"class": "x", **spec}}


def cluster(name: str = "prod", **spec: Any) -> dict[str, Any]:
    whole = {"url": "http://cluster:8083", **spec}
    return {"apiVersion": API_VERSION, "kind": "KafkaConnectCluster", "metadata": {"name": name}, "spec": whole}


def strimzi(api_version: str = "v1", annotations: Mapping[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    metadata = {"name": "s", "labels": {"strimzi.io/cluster": "prod", "team": "t"}, "annotations": dict(annotations or {})}
    return {"apiVersion": f"kafka.strimzi.io/{api_version}", "kind": "KafkaConnector", "metadata": metadata, "spec": {"class": "x", **spec}}


def read(path: Path, *objects: Any) -> ManifestSet:
    (path / "all.yaml").write_text(yaml.safe_dump_all(objects), encoding="utf-8")
    return _manifest.read([str(path)])


class TestFiles:
    def test_files_folders_and_patterns(self, tmp_path: Path) -> None:
        for name in ("b.yaml", "sub/c.yml", "sub/.hidden.yaml", "note.txt", ".git/d.yaml", "e.json"):
            file = tmp_path / name
            file.parent.mkdir(exist_ok=True)
            file.write_text(
                yaml.safe_dump(connector(file.stem.strip("."))) if file.suffix != ".json" else '{"name": "e", "config": {"connector.class": "x"}}'
            )

        def names(*paths: str) -> list[str]:
            return [one.object["metadata"]["name"] for one in _manifest.read([str(tmp_path / path) for path in paths]).connectors]

        assert names("") == ["b", "e", "c"]
        assert names("note.txt", "*.yaml") == ["note", "b"]
        assert names("sub", "", "sub/c.yml") == ["c", "b", "e"]
        assert names("**/*.yml") == ["c"]

    @pytest.mark.parametrize(
        ("text", "fault"),
        [
            ("a: 1\na: 2\n", "all.yaml:2: the key a is there twice"),
            ("x: 1\n", "all.yaml:1: is neither a Kubernetes object"),
            (yaml.safe_dump_all([connector(), connector()]), "the KafkaConnector default/a is there twice; the other one is at"),
            (yaml.safe_dump({**connector(), "apiVersion": "external.saiello.github.io/v2"}), "there is no kind KafkaConnector in"),
            (yaml.safe_dump({**connector(), "metadata": {}}), "metadata.name: is required"),
            (yaml.safe_dump({**connector(), "metadata": None}), "metadata: must be a map"),
            (yaml.safe_dump({**connector(), "spec": None}), "spec: must be a map"),
            (yaml.safe_dump({**strimzi(), "spec": 3}), "spec: must be a map"),
            (yaml.safe_dump(strimzi("v1alpha1")), "the version v1alpha1 of Strimzi is not known"),
            (yaml.safe_dump(strimzi(pause="true")), "all.yaml:11: spec.pause: must be true or false"),
            (
                yaml.safe_dump({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"k": 5}}),
                "stringData.k: must be a text",
            ),
            ('{"name": "a", "config": {}}', "config.connector.class: is required"),
            ('{"name": "a", "config": {"name": "b", "connector.class": "x"}}', "config.name: is another one than name"),
            ('{"name": "a", "config": {"connector.class": "x"}, "initial_state": "GONE"}', "initial_state: must be one of"),
        ],
    )
    def test_faults_name_file_and_line(self, tmp_path: Path, text: str, fault: str) -> None:
        (tmp_path / "all.yaml").write_text(text, encoding="utf-8")
        found = _manifest.read([str(tmp_path)])
        assert len(found.faults) == 1
        assert fault in found.faults[0]
        assert found.faults[0].startswith(str(tmp_path / "all.yaml") + ":")

    def test_what_cannot_be_read(self, tmp_path: Path) -> None:
        (tmp_path / "a.yaml").write_bytes(b"\xff\xfe\x00")
        faults = _manifest.read([str(tmp_path), str(tmp_path / "none"), str(tmp_path / "*.json")]).faults
        assert [fault.removeprefix(f"{tmp_path}/") for fault in faults] == [
            "a.yaml: is no UTF-8 text",
            "none: there is no such file or folder",
            "*.json: there is no such file or folder",
        ]

    def test_lists_and_other_kinds(self, tmp_path: Path) -> None:
        listed = {"apiVersion": "v1", "kind": "List", "items": [connector("a"), {"apiVersion": "apps/v1", "kind": "Deployment"}]}
        typed = {"apiVersion": API_VERSION, "kind": "KafkaConnectorList", "items": [{"metadata": {"name": "b"}, "spec": {"class": "x"}}]}
        found = read(tmp_path, listed, typed, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "ns", "labels": {"a": "b"}}})
        assert [one.key for one in found.connectors] == ["default/a", "default/b"]
        assert (found.ignored, found.namespaces) == ({"Deployment": 1}, {"ns": {"a": "b"}})


def new_connect(url: str) -> NewConnect:
    return lambda: Connect(url, Tiny())


def targets(found: ManifestSet, **connections: str) -> dict[str, Target]:
    default = connections.pop("default", "")
    named = {name.replace("__", "/"): new_connect(url) for name, url in connections.items()}
    fleet = Fleet(found, Values(found.values), named, new_connect(default) if default else None)
    assert not found.faults
    return {target.url: target for target in fleet.targets()}


AT_LABELS: Any = dict(zip(LABELS.values(), ("http", "labelled", "80"), strict=True))
AT_PROD: dict[str, Any] = {"connectClusterRef": {"name": "prod"}}


class TestFleet:
    @pytest.mark.parametrize(
        ("objects", "connections", "url"),
        [
            ([connector(**AT_PROD), cluster()], {"prod": "http://named", "default": "http://default"}, "http://named"),
            ([connector(**AT_PROD)], {"default__prod": "http://named"}, "http://named"),
            ([connector(**AT_PROD), cluster()], {"default": "http://default"}, "http://cluster:8083"),
            ([connector(labels=AT_LABELS)], {"default": "http://default"}, "http://labelled:80"),
            ([connector(**AT_PROD)], {"default": "http://default"}, "http://default"),
            ([connector()], {"default": "http://default"}, "http://default"),
            ([strimzi()], {"prod": "http://named"}, "http://named"),
        ],
    )
    def test_where_it_is(self, tmp_path: Path, objects: list[Any], connections: dict[str, str], url: str) -> None:
        (target,) = targets(read(tmp_path, *objects), **connections).values()
        assert (target.url, target.connect().url, target.problem) == (url, url, None)
        assert target.entries[0].wanted.problem is None

    def test_one_pass_for_each_connect(self, tmp_path: Path) -> None:
        found = read(tmp_path, connector("a", **AT_PROD), connector("b", labels=AT_LABELS), connector("c"), cluster())
        assert {url: len(one.entries) for url, one in targets(found, default="http://cluster:8083").items()} == {
            "http://cluster:8083": 2,
            "http://labelled:80": 1,
        }

    @pytest.mark.parametrize(
        ("objects", "reason", "words"),
        [
            ([connector()], Reason.CONNECT_CLUSTER_NOT_FOUND, "set url"),
            ([connector(**AT_PROD)], Reason.CONNECT_CLUSTER_NOT_FOUND, "there is no KafkaConnectCluster default/prod among the manifests"),
            ([connector(labels=AT_LABELS, **AT_PROD)], Reason.INVALID_SPEC, "both say where Connect is"),
            ([connector(labels={LABELS["host"]: "h"})], Reason.INVALID_SPEC, "the label external.saiello.github.io/api-schema is missing"),
            (
                [connector(**AT_PROD), cluster(authentication={"bearer": {"secretRef": {"name": "s"}}})],
                Reason.REFERENCE_NOT_FOUND,
                "the Secret s that spec.authentication.bearer.secretRef names is not there",
            ),
            (
                [connector(namespace="other", connectClusterRef={"name": "prod", "namespace": "default"}), cluster()],
                Reason.NAMESPACE_NOT_ALLOWED,
                "does not allow connectors of the namespace other",
            ),
            ([connector(**AT_PROD), cluster(policy={"classes": ["z"]})], Reason.INVALID_SPEC, "takes only classes like z"),
        ],
    )
    def test_what_stands_against_it(self, tmp_path: Path, objects: list[Any], reason: Reason, words: str) -> None:
        (target,) = targets(read(tmp_path, *objects)).values()
        problem = target.entries[0].wanted.problem
        assert problem
        assert (problem.reason, words in problem.message) == (reason, True)

    def test_defaults_and_bounds_count_as_for_the_operator(self, tmp_path: Path) -> None:
        defaults = {"config": {"k": "v", "own": "default"}, "tasksMax": 4}
        found = read(tmp_path, connector(config={"own": 1.0}, **AT_PROD), cluster(connectorDefaults=defaults, mode="Plan", ignoreLiveKeys=["x.*"]))
        (target,) = targets(found).values()
        wanted = target.entries[0].wanted
        assert wanted.config == {"name": "a", "connector.class": "x", "tasks.max": "4", "k": "v", "own": "1"}
        assert (wanted.hold and wanted.hold.reason, wanted.ignored_keys) == (Reason.PLAN_ONLY, ("x.*",))

    def test_two_objects_do_not_share_a_connector(self, tmp_path: Path) -> None:
        (target,) = targets(read(tmp_path, connector("a"), connector("b", connectorName="a")), default="http://d").values()
        assert [one.wanted.problem and one.wanted.problem.reason for one in target.entries] == [None, Reason.DUPLICATE_CLAIM]

    @pytest.mark.parametrize(
        ("first", "reason"),
        [
            ({"class": "z"}, Reason.INVALID_SPEC),
            ({"namespace": "other", "connectClusterRef": {"name": "prod", "namespace": "default"}}, Reason.NAMESPACE_NOT_ALLOWED),
            ({"mode": "Plan"}, Reason.DUPLICATE_CLAIM),
        ],
    )
    def test_nor_does_one_that_may_not_have_it_keep_the_other_from_it(self, tmp_path: Path, first: dict[str, Any], reason: Reason) -> None:
        manifests = connector("a", **{**AT_PROD, **first}), connector("b", connectorName="a", **AT_PROD)
        (target,) = targets(read(tmp_path, *manifests, cluster(policy={"classes": ["x"]}))).values()
        assert [one.wanted.problem and one.wanted.problem.reason for one in target.entries] == [reason, None]

    def test_credentials_come_from_secrets_of_the_set(self, tmp_path: Path) -> None:
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"token": "abcd"}}
        found = read(tmp_path, connector(**AT_PROD), cluster(authentication={"bearer": {"secretRef": {"name": "s"}}}), secret)
        (target,) = targets(found).values()
        assert target.connect().headers == {"Authorization": "Bearer abcd"}


class TestDialects:
    def test_strimzi(self, tmp_path: Path) -> None:
        orders = {"strimzi.io/restart": "true", "strimzi.io/pause-reconciliation": "true"}
        found = read(tmp_path, strimzi("v1beta2", orders, pause=True, tasksMax=2, config={"a": True}, invented=1))
        (target,) = targets(found, prod="http://p").values()
        (entry,) = target.entries
        assert entry.wanted.config == {"name": "s", "connector.class": "x", "tasks.max": "2", "a": "true"}
        assert (entry.wanted.state, entry.wanted.hold is not None) == (RunState.PAUSED, True)
        assert entry.notes == ("spec.invented has no equal", "the annotation strimzi.io/restart is not carried out")

    @pytest.mark.parametrize("version", ["v1beta2", "v1"])
    def test_what_of_strimzi_is_not_applied(self, tmp_path: Path, version: str) -> None:
        spec: dict[str, Any] = {
            "alterOffsets": {"fromConfigMap": {"name": "m"}},
            "autoRestart": {"enabled": True, "maxRestarts": 3},
            "listOffsets": {"toConfigMap": {"name": "m"}},
        }
        found = read(tmp_path, strimzi(version, version="[1,2)", pause=False, **spec))
        (target,) = targets(found, prod="http://p").values()
        (entry,) = target.entries
        assert entry.wanted.config == {"name": "s", "connector.class": "x", "connector.plugin.version": "[1,2)"}
        assert (entry.wanted.state, entry.wanted.problem) == (RunState.RUNNING, None)
        assert entry.notes == tuple(f"spec.{name} is not applied here" for name in spec)

    def test_json_of_connect(self, tmp_path: Path) -> None:
        config = {"connector.class": "x", "tasks.max": "2", "connector.plugin.version": "1.0", "a": 1}
        found = read(tmp_path, {"name": "A->b", "config": config}, {"name": "p", "config": config, "initial_state": "PAUSED"})
        (target,) = targets(found, default="http://p").values()
        assert [one.wanted.state for one in target.entries] == [None, RunState.PAUSED]
        assert target.entries[0].wanted.config == {**config, "name": "A->b", "a": "1"}


FROM_SECRET = {"password": {"secretKeyRef": {"name": "s", "key": "k"}}, "user": {"secretKeyRef": {"name": "s", "key": "u"}}}


class TestReferences:
    def fleet(self, path: Path, *, lenient: bool = False, **variables: Any) -> Fleet:
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"u": "me"}}
        found = read(path, connector("a", config={"b": "c"}, configValueFrom=FROM_SECRET), secret)
        return Fleet(found, Values(found.values, variables), {}, new_connect("http://d"), lenient=lenient)

    def test_resolved(self, tmp_path: Path) -> None:
        fleet = self.fleet(tmp_path, s={"k": "sesame"})
        wanted = fleet.targets()[0].entries[0].wanted
        assert (wanted.config["password"], wanted.config["user"], set(wanted.hidden_keys), fleet.unresolved) == (
            "sesame",
            "me",
            {"password", "user"},
            [],
        )
        assert fleet.values.secrets == {"sesame", "me"}

    def test_missing(self, tmp_path: Path) -> None:
        fleet = self.fleet(tmp_path)
        fleet.targets()
        (text,) = fleet.unresolved
        assert text.endswith("the Secret s that spec.configValueFrom[password].secretKeyRef names has no key k; add it")

    def test_left_as_it_is(self, tmp_path: Path) -> None:
        fleet = self.fleet(tmp_path, lenient=True)
        wanted = fleet.targets()[0].entries[0].wanted
        assert (fleet.unresolved, set(wanted.unresolved_keys)) == ([], {"password"})
        live = {**wanted.config, "password": "theirs"}
        assert make_plan(wanted, Observed(Presence.PRESENT, live), 0.0).actions == ()
        (update,) = make_plan(wanted, Observed(Presence.PRESENT, {**live, "b": "x"}), 0.0).actions
        assert isinstance(update, Update)
        assert (update.config, update.keys) == (live, ("b",))
        diff = diff_of("a", [update], lambda kind: frozenset(("b",)), wanted.hidden_keys, unresolved_keys=wanted.unresolved_keys)
        assert diff["after"].splitlines()[1:] == [
            '  b: "c"',
            '  connector.class: "x"',
            '  name: "a"',
            "  password: (not compared)",
            "  user: (hidden)",
        ]
        for observed in (Observed(Presence.ABSENT), Observed(Presence.PRESENT, wanted.config)):
            verdict = make_plan(wanted, observed, 0.0).verdict
            assert verdict
            assert verdict.reason is Reason.REFERENCE_NOT_FOUND


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

    def test_only_where_it_is_clear(self) -> None:
        two = [Target("http://a", new_connect("http://a")), Target("http://b", new_connect("http://b"))]
        with pytest.raises(BulkError, match="run once for each"):
            _bulk.add_removals(two, ["x"], None, None)
        with pytest.raises(BulkError, match="url: is required"):
            _bulk.add_removals([], ["x"], None, None)
        one = [Target("http://a", new_connect("http://a"))]
        _bulk.add_removals(one, ["x"], None, None)
        one[0].entries.append(Entry(one[0].entries[0].wanted, "there"))
        with pytest.raises(BulkError, match="connector x is asked for at absent and at there"):
            _bulk.check_names(one)


class TestValues:
    def test_variables_count_more_than_manifests(self) -> None:
        secret = {"metadata": {"name": "s"}, "data": {"a": "b2xk"}, "stringData": {"b": "text", "c": ""}}
        values = Values({("Secret", "ns", "s"): secret}, {"s": {"a": "new"}, "ns/s": {"d": "more"}})
        found = values.get("/api/v1/namespaces/ns/secrets/s")
        assert found
        assert found["data"] == {"a": "bmV3", "b": "dGV4dA==", "c": "", "d": "bW9yZQ=="}
        assert values.get("/api/v1/namespaces/ns/configmaps/none") is None

    def test_empty_values_of_a_skeleton_are_missing(self) -> None:
        secret = {"metadata": {"name": "s", "annotations": {SKELETON: "true"}}, "stringData": {"a": "", "b": "x"}, "data": {"c": ""}}
        found = Values({("Secret", "ns", "s"): secret}).get("/api/v1/namespaces/ns/secrets/s")
        assert found
        assert found["data"].keys() == {"b"}
