# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is exported, what is said of it, and what is not exported."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.saiello.kafka_connect.plugins.module_utils._argspec import OptionError
from ansible_collections.saiello.kafka_connect.plugins.module_utils._connect import Connect
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import ConnectError
from ansible_collections.saiello.kafka_connect.plugins.modules import connectors_export

from tests.unit.plugins.module_utils.script import Time
from tests.unit.plugins.module_utils.tiny import Tiny

LIST = "GET /connectors?expand=info&expand=status"
STARTING = (503, {"status": "starting", "message": "Worker is still starting up."})


@dataclass
class Module:
    """What an export has of Ansible."""

    folder: Path
    options: dict[str, Any] = field(default_factory=dict)
    check_mode: bool = False
    _diff: bool = True
    no_log_values: set[str] = field(default_factory=set)

    @property
    def params(self) -> dict[str, Any]:
        own = {"destination": str(self.folder / "out"), "names": ["*"], "cluster": None, "namespace": None, "secret_values": None}
        return {**own, **self.options}


def tiny(*names: str, **config: str) -> Tiny:
    return Tiny({name: {"name": name, "connector.class": "C", **config} for name in names})


def export(folder: Path, fake: Tiny, *, check: bool = False, **options: Any) -> dict[str, Any]:
    return connectors_export.export(Module(folder, options, check), Connect("http://c:8083", fake, Time().clock))


def written(folder: Path) -> dict[str, str]:
    """By file, the connector that it is about; the Secret of it for a file of secrets."""
    found = {path.name: yaml.safe_load(path.read_text(encoding="utf-8")) for path in (folder / "out").iterdir()}
    return {name: obj["spec"].get("connectorName", obj["metadata"]["name"]) if "spec" in obj else "Secret" for name, obj in found.items()}


def test_a_connector_without_a_status_is_exported_as_well(tmp_path: Path) -> None:
    fake = tiny("a", "b", "c")
    fake.replies[LIST] = (200, {name: fake._listed(name, "status") for name in ("a", "c")})
    assert [one["name"] for one in export(tmp_path, fake)["connectors"]] == ["a", "b", "c"]
    assert written(tmp_path) == {"a.yaml": "a", "b.yaml": "b", "c.yaml": "c"}


def test_a_status_that_is_not_there_is_told(tmp_path: Path) -> None:
    fake = tiny("a")
    fake.replies["GET /connectors/a/status"] = (404, {"error_code": 404, "message": "No status found for connector a"})
    result = export(tmp_path, fake)
    assert result["warnings"] == ["connector a: Kafka Connect has no status of it; its manifest lets it run"]


def test_nothing_is_exported_of_a_connect_that_is_starting(tmp_path: Path) -> None:
    fake = tiny()
    fake.replies["GET /health"] = STARTING
    with pytest.raises(ConnectError, match="is starting"):
        export(tmp_path, fake)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("reply", [(404, {"error_code": 404, "message": "HTTP 404 Not Found"}), (403, {"error_code": 403, "message": "no"})])
def test_a_connect_that_does_not_say_whether_it_is_ready_counts_as_ready(tmp_path: Path, reply: tuple[int, Any]) -> None:
    fake = tiny("a")
    fake.replies["GET /health"] = reply
    assert [one["name"] for one in export(tmp_path, fake)["connectors"]] == ["a"]


def test_a_connector_that_cannot_be_read_fails_the_export(tmp_path: Path) -> None:
    fake = tiny("a")
    fake.replies["GET /connectors/a/config"] = (200, ["a"])
    with pytest.raises(ConnectError):
        export(tmp_path, fake)
    assert not (tmp_path / "out").exists()


def test_what_is_left_out_or_lost_is_a_warning(tmp_path: Path) -> None:
    fake = tiny("a", "b/c", **{"tasks.max": "02"})
    result = export(tmp_path, fake)
    assert result["warnings"] == [
        "connector a: tasks.max is no number that a spec can hold",
        "connector b/c: there is no manifest of it: it holds /, which Connect's URLs cannot carry",
    ]


def test_no_connector_takes_the_file_of_the_secret_of_another(tmp_path: Path) -> None:
    fake = tiny("a", "a.secret", **{"database.password": "sesame"})
    export(tmp_path, fake)
    assert written(tmp_path) == {"a.yaml": "a", "a.secret.yaml": "Secret", "a-secret.yaml": "a.secret", "a-secret.secret.yaml": "Secret"}


def test_an_export_of_some_leaves_the_files_of_others(tmp_path: Path) -> None:
    fake = tiny("a b", "a->b", "a-b")
    export(tmp_path, fake)
    before = written(tmp_path)
    assert sorted(before.values()) == ["a b", "a->b", "a-b"]
    for name in before.values():
        assert not export(tmp_path, fake, names=[name])["changed"]
    assert written(tmp_path) == before


def test_values_do_not_take_the_place_of_a_manifest(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="secret_values: is also the file of a manifest"):
        export(tmp_path, tiny("a"), secret_values=f"{tmp_path}/x/../out/a.yaml")
    assert not (tmp_path / "out").exists()


class TestDiff:
    def test_check_mode_tells_the_same_and_writes_nothing(self, tmp_path: Path) -> None:
        fake = tiny("a", file="1", **{"database.password": "sesame-1"})
        values = str(tmp_path / "values.yaml")
        predicted = export(tmp_path, fake, check=True, secret_values=values)
        assert list(tmp_path.iterdir()) == []
        done = export(tmp_path, fake, secret_values=values)
        assert done["diff"] == predicted["diff"]
        assert "sesame" not in str(done)
        manifest, secret, filled = done["diff"]
        path = f"{tmp_path}/out/a.yaml"
        assert manifest == {"before_header": path, "before": "", "after_header": path, "after": (tmp_path / "out/a.yaml").read_text()}
        assert [(one["before"], one["after"]) for one in (secret, filled)] == [("", "(hidden)\n")] * 2
        assert "diff" not in export(tmp_path, fake, secret_values=values)

    def test_a_file_that_changes(self, tmp_path: Path) -> None:
        fake = tiny("a", file="1", **{"database.password": "sesame-1"})
        values = str(tmp_path / "values.yaml")
        export(tmp_path, fake, secret_values=values)
        before = (tmp_path / "out/a.yaml").read_text()
        fake.configs["a"].update({"file": "2", "database.password": "sesame-2"})
        changed, filled = export(tmp_path, fake, secret_values=values)["diff"]
        assert (changed["before"], changed["after"]) == (before, before.replace('file: "1"', 'file: "2"'))
        assert (filled["before"], filled["after"]) == ("(hidden)\n", "(changed)\n")

    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("spec: {config: {database.password: sesame-3, x: '1'}}", 'spec:\n  config:\n    database.password: "(hidden)"\n    "x": "1"\n'),
            ("spec: {config: {login: sesame-3}}", 'spec:\n  config:\n    login: "(hidden)"\n'),
            ("spec: {config: {database.password: [sesame-3]}}", "(hidden)\n"),
            ("# sesame-3\nspec: {}\n---\nspec: {}", "(hidden)\n"),
            ("sesame-3", "(hidden)\n"),
            ("{sesame-3", "(hidden)\n"),
        ],
    )
    def test_what_somebody_wrote_there_before_shows_no_secret(self, tmp_path: Path, text: str, shown: str) -> None:
        (tmp_path / "out").mkdir()
        (tmp_path / "out/a.yaml").write_text(text)
        (diff,) = export(tmp_path, tiny("a", file="1"))["diff"]
        assert diff["before"].removeprefix("---\n") == shown
        assert diff["after"] == (tmp_path / "out/a.yaml").read_text()
        assert "sesame" not in str(diff)

    def test_a_difference_that_is_not_shown_is_said(self, tmp_path: Path) -> None:
        fake = tiny("a", file="1")
        export(tmp_path, fake)
        file = tmp_path / "out/a.yaml"
        file.write_text(f"# mine\n{file.read_text()}")
        (diff,) = export(tmp_path, fake)["diff"]
        assert (diff["before"], diff["after"]) == ("(hidden)\n", "(changed)\n")
