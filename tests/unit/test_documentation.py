# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages for users agree with each other and with what they describe."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests import pages

ROOT = Path(__file__).resolve().parents[2]
LISTED = subprocess.run(["git", "ls-files", "-z", "--", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
PAGES = [name for name in LISTED.split("\0") if name and (ROOT / name).is_file()]


def anchors(text: str) -> set[str]:
    """What headings are called in links, as GitHub makes it of them."""
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.*)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    file = ROOT / page
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", file.read_text(encoding="utf-8")) if "://" not in link]
    lost = []
    for link in links:
        path, _, anchor = link.partition("#")
        target = file.parent / path if path else file
        if not target.exists() or (anchor and anchor not in anchors(target.read_text(encoding="utf-8"))):
            lost.append(link)
    assert lost == []


def test_every_page_is_linked() -> None:
    linked = {
        os.path.normpath(Path(page).parent / link.partition("#")[0])
        for page in PAGES
        for link in re.findall(r"\]\(([^)\s]+)\)", (ROOT / page).read_text(encoding="utf-8"))
    }
    assert {page for page in PAGES if page.startswith("docs/")} - linked == set()


def variables(playbook: Path) -> set[str]:
    """What somebody can set: what the tasks of a playbook use, but what they register or set themselves."""
    used = re.findall(r"(?:\{\{ |\bwhen: )(\w+)", playbook.read_text(encoding="utf-8"))
    return {name for name in used if not name.startswith(("kafka_connect_", "ansible_"))}


def told_variables() -> dict[str, set[str]]:
    """The variables of each playbook that the reference tells of."""
    text = (pages.DOCS / "playbooks.md").read_text(encoding="utf-8")
    tables = re.findall(r"^Of (.*?):\n\n((?:\|.*\n)+)", text, re.MULTILINE)
    told = {heading: set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE)) for heading, table in tables}
    both = told["`plan` and `apply`"]
    return {"plan": both | told["`plan` alone"], "apply": both, "export": told["`export`"]}


def test_every_variable_of_the_playbooks_is_told() -> None:
    assert told_variables() == {playbook.stem: variables(playbook) for playbook in (ROOT / "playbooks").glob("*.yml")}


def test_every_variable_is_used_where_a_test_tries_it() -> None:
    tried = "".join(block.text for page in pages.PLAYBOOKS for block in pages.blocks(page) if block.kind != "shows")
    told = set().union(*told_variables().values())
    assert {name for name in told if not re.search(rf'(?<![\w.]){name}(=|:|": )', tried)} == set()


@pytest.mark.parametrize(
    ("shown", "printed", "lost"),
    [
        ("a: 1\nb", "x\na:  1\n  y\nb\n", ""),
        ("a long line", "a long\nline", ""),
        ("b\na", "a\nb", "'a' in "),
        ("a\na", "a", "'a' in "),
        ("c", "a b", "'c' in a b"),
    ],
)
def test_what_a_page_shows_is_looked_for_in_order(shown: str, printed: str, lost: str) -> None:
    assert pages.missing(shown, printed) == lost
