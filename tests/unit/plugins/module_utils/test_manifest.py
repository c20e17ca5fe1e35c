# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manifests from files."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _manifest
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import RunState
from ansible_collections.saiello.kafka_connect.plugins.module_utils._values import SKELETON, Values

from .sets import API_VERSION, cluster, connector, read, secret, strimzi, targets


def core(kind: str, **parts: Any) -> str:
    return yaml.safe_dump({"apiVersion": "v1", "kind": kind, **parts})


def rest_json(**config: Any) -> str:
    return json.dumps({"name": "a", "config": {"connector.class": "x", **config}})


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
            (yaml.safe_dump({**connector(), "apiVersion": "external.saielo.github.io/v1alpha1"}), "the kind KafkaConnector of external.saielo"),
            (yaml.safe_dump({**cluster(), "apiVersion": "kafka.strimzi.io/v1"}), "the kind KafkaConnectCluster of kafka.strimzi.io/v1 is not known"),
            (yaml.safe_dump(cluster(syncPeriod="1s")), "all.yaml:6: spec.syncPeriod: syncPeriod must be from 5s to 24h"),
            (yaml.safe_dump(cluster(url="http://a@b")), "all.yaml:6: spec.url: "),
            (yaml.safe_dump(cluster(urls=["http://a", "http://b", "b"])), "all.yaml:6: spec.urls[2]: "),
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
            (core("Secret", metadata={"name": "s", "annotations": ["a"]}), "all.yaml:4: metadata.annotations: must be a map"),
            (core("Namespace", metadata={"name": "s", "labels": "a"}), "all.yaml:4: metadata.labels: must be a map"),
            (core("ConfigMap", metadata={"name": "s"}, binaryData=5), "binaryData: must be a map"),
            (core("ConfigMap", metadata={"name": "s"}, data=[]), "data: must be a map"),
            (core("ConfigMap", metadata=None), "metadata: must be a map"),
            (core("Secret", metadata={}), "metadata.name: is required"),
            (rest_json(**{"tasks.max": [2]}), "all.yaml:1: config.tasks.max: must be a whole number"),
            (rest_json(**{"tasks.max": True}), "config.tasks.max: must be a whole number"),
            (rest_json(**{"tasks.max": 2.5}), "config.tasks.max: must be a whole number"),
            (rest_json(**{"connector.plugin.version": 1.0}), "config.connector.plugin.version: must be a text; put it in quotes"),
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

    def test_no_file_is_left_out_silently(self, tmp_path: Path) -> None:
        for name in ("set/a.yaml", "elsewhere/b.yaml", "elsewhere/note.txt"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(yaml.safe_dump(connector(name[-6])), encoding="utf-8")
        folder = tmp_path / "set"
        (folder / "linked").symlink_to(tmp_path / "elsewhere")
        (folder / "round").symlink_to(folder)
        (tmp_path / "elsewhere" / "back").symlink_to(folder)
        found = _manifest.read([str(folder)])
        assert ([one.object["metadata"]["name"] for one in found.connectors], found.faults) == (["a", "b"], [])

        for link in ("set/gone", "set/gone.yaml", "dangling"):
            (tmp_path / link).symlink_to(tmp_path / "nowhere" / link)
        (tmp_path / "empty").mkdir()
        (tmp_path / "empty" / ".hidden.yaml").touch()
        paths = ["", *(str(tmp_path / name) for name in ("set", "dangling", "empty", "emp*"))]
        assert [fault.replace(f"{tmp_path}/", "") for fault in _manifest.read(paths).faults] == [
            "a path: is empty; name a file, a folder or a pattern",
            "set/gone: cannot be read (No such file or directory)",
            "set/gone.yaml: cannot be read (No such file or directory)",
            "dangling: cannot be read (No such file or directory)",
            "empty: there is no manifest in it; their names end in .yaml, .yml, .json",
            "emp*: there is no manifest in it; their names end in .yaml, .yml, .json",
        ]

    def test_a_folder_that_cannot_be_read(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "a.yaml").write_text(yaml.safe_dump(connector()), encoding="utf-8")
        (tmp_path / "closed").mkdir()
        real = os.scandir

        def scandir(path: str) -> Any:
            if path.endswith("closed"):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
            return real(path)

        monkeypatch.setattr(os, "scandir", scandir)
        assert _manifest.read([str(tmp_path)]).faults == [f"{tmp_path}/closed: cannot be read (Permission denied)"]

    def test_the_namespace_of_what_names_none(self, tmp_path: Path) -> None:
        rest = {"name": "c", "config": {"connector.class": "x"}}
        read(tmp_path, connector("a"), connector("b", namespace="own"), cluster(), secret("s", k="v"), rest, strimzi())
        found = _manifest.read([str(tmp_path)], "live")
        assert [one.key for one in found.connectors] == ["live/a", "own/b", "live/c", "live/s"]
        assert [*found.connections, *found.values] == ["live/prod", ("Secret", "live", "s")]

    def test_lists_and_other_kinds(self, tmp_path: Path) -> None:
        listed = {"apiVersion": "v1", "kind": "List", "items": [connector("a"), {"apiVersion": "apps/v1", "kind": "Deployment"}]}
        typed = {"apiVersion": API_VERSION, "kind": "KafkaConnectorList", "items": [{"metadata": {"name": "b"}, "spec": {"class": "x"}}]}
        found = read(tmp_path, listed, typed, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "ns", "labels": {"a": "b"}}})
        assert [one.key for one in found.connectors] == ["default/a", "default/b"]
        assert (found.ignored, found.namespaces) == ({"Deployment": 1}, {"ns": {"a": "b"}})


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


class TestValues:
    def test_variables_count_more_than_manifests(self) -> None:
        secret = {"metadata": {"name": "s"}, "data": {"a": "b2xk", "e": "b2\nxk\n"}, "stringData": {"b": "text", "c": ""}}
        values = Values({("Secret", "ns", "s"): secret}, {"s": {"a": "new"}, "ns/s": {"d": "more"}})
        found = values.get("/api/v1/namespaces/ns/secrets/s")
        assert found
        assert found["data"] == {"a": "bmV3", "e": "b2xk", "b": "dGV4dA==", "c": "", "d": "bW9yZQ=="}
        assert values.get("/api/v1/namespaces/ns/configmaps/none") is None

    def test_nulls_are_empty(self) -> None:
        """As the API server stores them."""
        manifests = {(kind, "ns", "s"): {"metadata": {"name": "s"}, "data": {"a": None}} for kind in ("Secret", "ConfigMap")}
        for plural in ("secrets", "configmaps"):
            found = Values(manifests).get(f"/api/v1/namespaces/ns/{plural}/s")
            assert found
            assert found["data"] == {"a": ""}

    def test_empty_values_of_a_skeleton_are_missing(self) -> None:
        secret = {"metadata": {"name": "s", "annotations": {SKELETON: "true"}}, "stringData": {"a": "", "b": "x"}, "data": {"c": ""}}
        found = Values({("Secret", "ns", "s"): secret}).get("/api/v1/namespaces/ns/secrets/s")
        assert found
        assert found["data"].keys() == {"b"}
