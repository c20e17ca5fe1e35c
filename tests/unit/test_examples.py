# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of the modules are tasks that Ansible takes, with options that there are."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from docs import reference

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def modules() -> dict[str, dict[str, Any]]:
    return reference.documented()


def examples(modules: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [task for module in modules.values() for task in yaml.safe_load(module["examples"])]


def tasks(listed: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Each task, those in blocks included."""
    for task in listed:
        yield from tasks(task["block"]) if "block" in task else [task]


def test_examples_are_a_playbook(modules: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    play = {"hosts": "localhost", "gather_facts": False, "tasks": examples(modules)}
    (tmp_path / "play.yml").write_text(yaml.safe_dump([play]), encoding="utf-8")
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "localhost,", "--syntax-check", str(tmp_path / "play.yml")]
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".build"), "ANSIBLE_HOME": str(tmp_path / "home")}
    checked = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_examples_use_options_that_there_are(modules: dict[str, dict[str, Any]]) -> None:
    seen = set()
    for task in tasks(examples(modules)):
        for called in (key for key in task if key.startswith(f"{reference.COLLECTION}.")):
            name = called.removeprefix(f"{reference.COLLECTION}.")
            assert wrong(task[called], modules[name]["doc"]["options"]) == [], task
            seen.add(name)
    assert seen == set(modules)


def wrong(given: Mapping[str, Any], options: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Options that are unknown, missing or none of their choices, those inside of others included. Defaults of a block may give the address."""
    found = [f"{name} is unknown" for name in given if name not in options]
    for name, option in options.items():
        value = given.get(name)
        if value is None:
            found.extend([f"{name} is missing"] if option.get("required") and name != "url" else [])
            continue
        if option.get("choices") and value not in option["choices"]:
            found.append(f"{name} cannot be {value}")
        if option.get("suboptions"):
            found.extend(f"{name}: {text}" for one in value for text in wrong(one, option["suboptions"]))
    return found
