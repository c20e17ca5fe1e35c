# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Imports point one way, and what is pure does nothing to the outside."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

PLUGINS = Path(__file__).parents[2] / "plugins"
FILES = sorted(path for path in PLUGINS.rglob("*.py"))
UTILS = {path.stem: path for path in FILES if path.parent.name == "module_utils" and path.stem != "__init__"}

PURE = {"_model", "_config", "_plan", "_status", "_objects", "_schedule", "_settings", "_answers", "_address", "_diff", "_duration"}
PURE |= {"_credentials", "_identity", "_progress", "_conclude", "_claims", "_connection", "_connector_status", "_cluster_status", "_payloads"}
PURE |= {"_planned", "_plugins", "_asked", "_offsets", "_restart", "_seals", "_shown", "_sources"}
PURE |= {"_crd", "_dialects", "_export", "_rules", "_schema", "_values", "_wanted", "_yaml"}
# What each may import of the others, lowest first. A file that is not here has no place yet.
LAYERS: dict[str, set[str]] = {
    "_model": set(),
    "_address": set(),
    "_duration": set(),
    "_credentials": set(),
    "_settings": {"_duration"},
    "_exit": {"_config"},
    "_run_directory": set(),
    "_config": {"_model"},
    "_answers": {"_model"},
    "_payloads": {"_model"},
    "_sources": {"_config", "_model"},
    "_plugins": {"_model", "_payloads"},
    "_planned": {"_config", "_model"},
    "_status": {"_model"},
    "_plan": {"_config", "_model"},
    "_tls": set(),
    "_watch": set(),
    "_http": {"_address", "_tls", "_watch"},
    "_identity": {"_model", "_plan"},
    "_objects": {"_address", "_identity", "_model", "_status"},
    "_wanted": {"_address", "_config", "_duration", "_model", "_objects", "_plan", "_sources"},
    "_claims": {"_config", "_model", "_objects"},
    "_move": {"_address", "_model", "_objects", "_status"},
    "_connector_status": {"_config", "_model", "_objects", "_plan", "_planned", "_status", "_wanted"},
    "_connection": {"_address", "_config", "_duration", "_model", "_objects", "_sources", "_wanted"},
    "_cluster_status": {"_identity", "_model", "_objects", "_payloads", "_status"},
    "_schedule": {"_model", "_objects", "_run_directory", "_status"},
    "_exchange": {"_answers", "_http", "_model", "_payloads"},
    "_connect": {"_answers", "_config", "_exchange", "_model", "_payloads", "_plugins"},
    "_progress": {"_model", "_plan"},
    "_apply": {"_connect", "_http", "_model", "_plan", "_progress"},
    "_inspect": {"_answers", "_config", "_connect", "_http", "_model", "_plan", "_plugins", "_progress"},
    "_conclude": {"_model", "_plan", "_progress", "_status"},
    "_observe": {"_connect", "_http", "_model", "_status"},
    "_usecase": {
        "_apply",
        "_conclude",
        "_connect",
        "_http",
        "_identity",
        "_inspect",
        "_model",
        "_observe",
        "_payloads",
        "_plan",
        "_progress",
        "_status",
    },
    "_kube": {"_http", "_model", "_objects", "_settings"},
    "_references": {"_kube", "_model", "_objects", "_sources"},
    "_seals": {"_config", "_model", "_objects", "_sources", "_status", "_wanted"},
    "_reading": {"_http", "_model", "_objects", "_references", "_run_directory", "_seals", "_sources", "_wanted"},
    "_events": {"_config", "_http", "_kube", "_objects"},
    "_journal": {
        "_apply",
        "_connector_status",
        "_events",
        "_http",
        "_kube",
        "_model",
        "_objects",
        "_plan",
        "_run_directory",
        "_status",
        "_wanted",
    },
    "_run_folders": {"_objects"},
    "_site": {"_address", "_connection", "_credentials", "_http", "_kube", "_model", "_objects", "_references", "_sources", "_tls", "_wanted"},
    "_former": {"_apply", "_events", "_journal", "_kube", "_model", "_move", "_objects", "_plan", "_status"},
    "_group": {
        "_address",
        "_claims",
        "_connect",
        "_connection",
        "_http",
        "_journal",
        "_kube",
        "_model",
        "_move",
        "_objects",
        "_reading",
        "_references",
        "_run_directory",
        "_run_folders",
        "_schedule",
        "_settings",
        "_site",
        "_usecase",
    },
    "_places": {"_connect", "_group", "_identity", "_model", "_move"},
    "_relocate": {
        "_apply",
        "_claims",
        "_former",
        "_group",
        "_identity",
        "_journal",
        "_kube",
        "_model",
        "_move",
        "_objects",
        "_places",
        "_plan",
        "_schedule",
        "_settings",
        "_site",
        "_status",
        "_usecase",
    },
    "_reconcile": {
        "_address",
        "_claims",
        "_group",
        "_kube",
        "_move",
        "_objects",
        "_relocate",
        "_run_directory",
        "_schedule",
        "_settings",
        "_site",
        "_usecase",
    },
    "_reconcile_cluster": {
        "_address",
        "_cluster_status",
        "_connection",
        "_events",
        "_group",
        "_kube",
        "_model",
        "_move",
        "_objects",
        "_payloads",
        "_schedule",
        "_site",
        "_usecase",
    },
    "_argspec": {"_address", "_config", "_connect", "_credentials", "_http", "_tls"},
    "_diff": {"_config", "_model"},
    "_shown": {"_config", "_model", "_status"},
    "_restart": {"_model", "_status"},
    "_playbook": {"_apply", "_connect", "_http", "_model", "_shown", "_status", "_usecase"},
    "_asked": {"_config", "_model"},
    "_offsets": {"_payloads"},
    "_task": {"_argspec", "_asked", "_config", "_connect", "_exit", "_http", "_model"},
    "_yaml": set(),
    "_crd": set(),
    "_rules": {"_config", "_duration"},
    "_schema": {"_crd", "_rules"},
    "_dialects": {"_config", "_crd", "_objects"},
    "_manifest": {"_connection", "_dialects", "_objects", "_schema", "_values", "_yaml"},
    "_export": {"_config", "_dialects", "_model", "_objects", "_values"},
    "_files": set(),
    "_report": {"_files"},
    "_values": {"_objects"},
    "_fleet": {
        "_address",
        "_claims",
        "_connect",
        "_connection",
        "_dialects",
        "_http",
        "_manifest",
        "_model",
        "_objects",
        "_references",
        "_site",
        "_sources",
        "_values",
        "_wanted",
    },
    "_gone": {"_manifest", "_model", "_objects", "_plan", "_wanted"},
    "_summary": {"_diff", "_fleet", "_gone", "_model", "_playbook"},
    "_bulk": {"_asked", "_config", "_connect", "_fleet", "_http", "_model", "_playbook", "_summary", "_wanted"},
}
# What a pure file may import besides; no clock, no file, no socket, no chance.
HARMLESS = {
    "__future__",
    "base64",
    "collections.abc",
    "dataclasses",
    "datetime",
    "decimal",
    "difflib",
    "enum",
    "fnmatch",
    "hashlib",
    "hmac",
    "ipaddress",
    "json",
    "math",
    "re",
    "types",
    "typing",
    "urllib.parse",
    "yaml",
}
# Which file may be reached from a layer that is above it only for the shape of a record.
RECORDS = {("_schedule", "_run_directory")}


def imported(path: Path) -> set[str]:
    """The modules that a file imports; those of ours by their stem."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.update(_of_statement(node))
    return found


def _of_statement(node: ast.ImportFrom) -> set[str]:
    module = node.module or ""
    ours = node.level > 0 or module.startswith("ansible_collections.saiello.kafka_connect.plugins.module_utils")
    if not ours:
        return {module}
    last = module.rpartition(".")[2]
    return {last} if last.startswith("_") else {alias.name for alias in node.names}


def used(path: Path) -> set[str]:
    return imported(path) & UTILS.keys()


def test_every_file_has_its_place() -> None:
    assert UTILS.keys() <= LAYERS.keys()


@pytest.mark.parametrize("name", sorted(UTILS))
def test_imports_point_down(name: str) -> None:
    assert used(UTILS[name]) <= LAYERS[name]


def test_the_layers_have_no_circle() -> None:
    placed: set[str] = set()
    todo = dict(LAYERS)
    while todo:
        free = {name for name, below in todo.items() if below <= placed}
        assert free, f"a circle among {sorted(todo)}"
        placed |= free
        todo = {name: below for name, below in todo.items() if name not in free}


@pytest.mark.parametrize("name", sorted(PURE & UTILS.keys()))
def test_what_is_pure_touches_nothing(name: str) -> None:
    assert imported(UTILS[name]) - UTILS.keys() <= HARMLESS
    assert {below for below in used(UTILS[name]) if (name, below) not in RECORDS} <= PURE
    calls = {
        node.func.id
        for node in ast.walk(ast.parse(UTILS[name].read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert not calls & {"open", "print", "exec", "eval", "input", "__import__"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PLUGINS).as_posix())
def test_only_modules_and_actions_know_ansible(path: Path) -> None:
    ansible = {name for name in imported(path) if name.split(".")[0] == "ansible"}
    if path.parent.name in ("modules", "action"):
        return
    # Options, and the way out of a module, hide what the module was told to hide.
    allowed = {"ansible.module_utils.common.parameters"} if path.stem in ("_argspec", "_exit") else set()
    assert ansible <= allowed


@pytest.mark.parametrize("path", [path for path in FILES if path.parent.name == "modules"], ids=lambda path: path.stem)
def test_a_module_goes_through_the_use_case(path: Path) -> None:
    assert not used(path) & {"_answers", "_apply", "_plan"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PLUGINS).as_posix())
def test_a_module_can_be_shipped(path: Path) -> None:
    """Ansible sends a module with the files that it imports: what else it imports has to be on the other side already."""
    foreign = {name.split(".")[0] for name in imported(path) - UTILS.keys()} - set(sys.stdlib_module_names)
    # An action is not sent anywhere.
    here = {"ansible_collections"} if path.parent.name == "action" else set()
    assert foreign <= {"ansible", "requests", "urllib3", "yaml"} | here
