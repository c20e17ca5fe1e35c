# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all modules have in common: documentation that is true, a place in the action group, and an end without a traceback."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _task
from ansible_collections.saiello.kafka_connect.plugins.module_utils._argspec import OptionError
from ansible_collections.saiello.kafka_connect.plugins.module_utils._config import ConfigError
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import ConnectError, Reason, Verdict

from .test_connector import connection

ROOT = Path(__file__).parents[4]
# Those of the operator's role are for nobody else.
INTERNAL = {"reconcile", "requeue_after"}
MODULES = sorted(path for path in (ROOT / "plugins/modules").glob("*.py") if path.stem not in INTERNAL)


def documented(path: Path, name: str) -> Any:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == name:
            return yaml.safe_load(ast.literal_eval(node.value))
    raise AssertionError(f"{path.name} has no {name}")


def test_every_module_takes_defaults_of_the_group() -> None:
    groups = yaml.safe_load((ROOT / "meta/runtime.yml").read_text(encoding="utf-8"))["action_groups"]
    assert groups == {"connect": [path.stem for path in MODULES]}


def test_the_readme_names_every_module() -> None:
    named = re.findall(r"^\| `(\w+)` \|", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(named) >= {path.stem for path in MODULES}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
class TestDocumentation:
    def test_it_shares_what_is_common(self, path: Path) -> None:
        fragments = documented(path, "DOCUMENTATION")["extends_documentation_fragment"]
        assert fragments[0].startswith("saiello.kafka_connect.attributes")
        assert fragments[1:] == ["saiello.kafka_connect.connection"]
        assert path.stem.endswith("_info") == fragments[0].endswith(".info_module")

    def test_what_is_returned_has_types_and_samples(self, path: Path) -> None:
        returned = documented(path, "RETURN")
        assert {"requests", "error"} <= set(returned)
        bare = [where for where, value in entries(returned, "") if not {"description", "returned", "type"} <= set(value)]
        assert bare == []
        assert [where for where, value in returned.items() if not sampled(value)] == []

    def test_examples_use_the_module_by_its_full_name(self, path: Path) -> None:
        examples = documented(path, "EXAMPLES")
        tasks = [task for one in examples for task in one.get("block", [one])]
        assert any(f"saiello.kafka_connect.{path.stem}" in task for task in tasks)
        assert all("name" in task for task in tasks)


def entries(values: dict[str, Any], prefix: str) -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    for name, value in values.items():
        found += [(f"{prefix}{name}", value), *entries(value.get("contains", {}), f"{prefix}{name}.")]
    return found


def sampled(value: dict[str, Any]) -> bool:
    """Whether there is a sample of it, or of every part of it."""
    return "sample" in value or bool(value.get("contains") and all(map(sampled, value["contains"].values())))


class Ended(Exception):
    """A module has ended."""


class Module:
    """What a module has of Ansible."""

    def __init__(self, **options: Any) -> None:
        self.params = connection(**options)
        self.no_log_values: set[str] = {"everything"}
        self.result: dict[str, Any] = {}

    def exit_json(self, **result: Any) -> None:
        self.result = result
        raise Ended


def ended(module: Module, work: Any, **more: Any) -> dict[str, Any]:
    with pytest.raises(Ended):
        _task.run(module, work, **more)
    assert "invocation" in module.result
    json.dumps(module.result)
    return module.result


def raising(error: Exception) -> Any:
    def work(connect: object) -> dict[str, Any]:
        raise error

    return work


class TestEnd:
    def test_a_result(self) -> None:
        module = Module(token="bearer-4711")
        result = ended(module, lambda connect: {"told": connect.url}, config={"db.password": "sesame"})
        assert (result["changed"], result["told"], result["requests"]) == (False, "https://connect.example.com:443/base", 0)
        assert module.no_log_values == {"bearer-4711", "sesame"}

    @pytest.mark.parametrize(
        ("error", "reason", "message"),
        [
            (ConnectError(Verdict(Reason.CONNECT_FORBIDDEN, "no")), "ConnectForbidden", "connector a: no"),
            (
                ConnectError(Verdict(Reason.CONNECT_TIMEOUT, "slow"), outcome_unknown=True),
                "ConnectTimeout",
                "connector a: slow; whether it took effect is not known",
            ),
            (_task.not_found(), "ConnectorNotFound", "connector a: there is no such connector on this Connect"),
            (OptionError("timeout: no"), "InvalidSpec", "connector a: timeout: no"),
            (ConfigError("config key x: no"), "InvalidSpec", "connector a: config key x: no"),
        ],
    )
    def test_a_failure(self, error: Exception, reason: str, message: str) -> None:
        result = ended(Module(), raising(error), subject="connector a")
        assert (result["failed"], result["changed"], result["error"]["reason"], result["msg"]) == (True, False, reason, message)
        assert result["error"]["message"] == message.removeprefix("connector a: ")

    def test_a_failure_that_changed_something(self) -> None:
        result = ended(Module(), raising(_task.Failed("RestartFailed", "again", {"changed": True})))
        assert (result["changed"], result["msg"]) == (True, "again")

    def test_options_that_cannot_be_used(self) -> None:
        result = ended(Module(timeout=0), raising(AssertionError("it is not asked")))
        assert result["error"] == {"reason": "InvalidSpec", "message": "timeout: must be at least 1 second"}

    def test_a_bug_shows_no_text(self) -> None:
        result = ended(Module(), raising(KeyError("sesame")))
        assert "unexpected KeyError" in result["msg"]
        assert "sesame" not in str(result)

    @pytest.mark.parametrize("name", ["a/b", "", " a"])
    def test_a_name_that_is_none(self, name: str) -> None:
        with pytest.raises(OptionError, match="is no name for a connector"):
            _task.checked_name(name)
