# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the reference of the modules from their own documentation: ``make docs``."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "docs" / "modules"
COLLECTION = "saiello.kafka_connect"
# They belong to the operator's role and are for nobody else.
INTERNAL = {"reconcile", "requeue_after"}


def pages() -> dict[str, str]:
    """The page of each module, by its file name."""
    modules = documented()
    return {**{f"{name}.md": _page(name, one) for name, one in modules.items()}, "README.md": _index(modules)}


def documented() -> dict[str, dict[str, Any]]:
    """What Ansible shows of each module, with what they share filled in."""
    names = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py") if path.stem not in INTERNAL)
    command = [str(Path(sys.executable).with_name("ansible-doc")), "--json", "-t", "module", *(f"{COLLECTION}.{name}" for name in names)]
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".build"), "ANSIBLE_NOCOLOR": "1"}
    shown = json.loads(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)
    return {name: shown[f"{COLLECTION}.{name}"] for name in names}


def _index(modules: Mapping[str, Mapping[str, Any]]) -> str:
    rows = [f"| [`{name}`]({name}.md) | {_text(one['doc']['short_description'])} |" for name, one in modules.items()]
    return "\n".join(
        ["# Modules", "", "Written from the modules' own documentation by `make docs`.", "", "| module | what it does |", "|---|---|", *rows, ""]
    )


def _page(name: str, one: Mapping[str, Any]) -> str:
    doc = one["doc"]
    parts = [f"# {COLLECTION}.{name}", _text(doc["short_description"]) + ".", _bullets(doc["description"])]
    shared = {option: told for option, told in doc["options"].items() if "E(KAFKA_CONNECT_" in str(told["description"])}
    own = {option: told for option, told in doc["options"].items() if option not in shared}
    if own:
        parts += ["## Options", "\n".join(_entries(own, 0))]
    parts += ["## Options for the connection", "\n".join(_entries(shared, 0))]
    parts += ["## Attributes", "\n".join(_attributes(doc["attributes"]))]
    parts += ["## Requirements", _bullets(doc["requirements"])]
    if doc.get("notes"):
        parts += ["## Notes", _bullets(doc["notes"])]
    parts += ["## Examples", f"```yaml\n{one['examples'].strip()}\n```"]
    parts += ["## Return values", "\n".join(_entries(one["return"], 0))]
    return "\n\n".join(parts) + "\n"


def _bullets(lines: list[str]) -> str:
    return "\n".join(f"* {_text(line)}" for line in lines)


def _attributes(attributes: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for name, one in attributes.items():
        told = [*_lines(one["description"]), *_lines(one.get("details") or [])]
        yield f"* `{name}`: {one['support']}. {' '.join(map(_text, told))}"


def _entries(entries: Mapping[str, Mapping[str, Any]], depth: int) -> Iterator[str]:
    """Options, or returned values, with those inside them."""
    for name, one in sorted(entries.items(), key=lambda entry: not entry[1].get("required")):
        yield f"{'  ' * depth}* `{name}` ({_kind(one)}): {' '.join(map(_text, _lines(one['description'])))}"
        yield from _entries(one.get("suboptions") or one.get("contains") or {}, depth + 1)


def _kind(one: Mapping[str, Any]) -> str:
    kind = f"{one['type']} of {one['elements']}" if "elements" in one else str(one["type"])
    facts = [kind]
    if one.get("required"):
        facts.append("required")
    if one.get("choices"):
        facts.append("one of " + ", ".join(f"`{choice}`" for choice in one["choices"]))
    if one.get("default") is not None:
        facts.append(f"default `{json.dumps(one['default']) if not isinstance(one['default'], str) else one['default']}`")
    if one.get("returned") not in (None, "always"):
        facts.append(f"returned {_text(str(one['returned']))}")
    return ", ".join(facts)


def _lines(text: str | list[str]) -> list[str]:
    return [text] if isinstance(text, str) else text


_MARKUP = re.compile(r"(?<![A-Z])(RV|[VOECPMIB])\(((?:\\.|[^)\\])*)\)")


def _text(text: str) -> str:
    """Ansible's markup as Markdown."""
    return _MARKUP.sub(_marked, text)


def _marked(match: re.Match[str]) -> str:
    markup, inside = match.groups()
    if markup == "M" and inside.startswith(f"{COLLECTION}."):
        name = inside.removeprefix(f"{COLLECTION}.")
        return f"[`{name}`]({name}.md)"
    if markup == "I":
        return f"*{inside}*"
    if markup == "P":
        inside = inside.partition("#")[0]
    elif markup in ("V", "O", "RV", "E"):
        inside = re.sub(r"\\(.)", r"\1", inside)
    return f"`{inside}`"


def main() -> None:
    """Write them all, and remove those of modules that are gone."""
    PAGES.mkdir(exist_ok=True)
    written = pages()
    for page in PAGES.glob("*.md"):
        if page.name not in written:
            page.unlink()
    for name, text in written.items():
        (PAGES / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
