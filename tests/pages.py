# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages for people who use the playbooks, as blocks that a test can try."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from testbed import paths

DOCS = paths.ROOT / "docs"
PLAYBOOKS = ("first-plan.md", "pipeline.md", "adopt.md", "migrate-from-strimzi.md", "playbook-secrets.md", "playbooks.md")
_BLOCK = re.compile(r"(?:<!-- (file|run|run in a cluster)(?:: (\S+))? -->\n)?```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """What is between two fences. ``kind``: ``file``, a file that is written; ``run``, commands; ``run in a cluster``, commands that need Kubernetes;
    else ``shows``, of what the commands before it print. ``argument``: the name of the file, or the exit status of the commands."""

    kind: str
    argument: str
    text: str

    @property
    def status(self) -> int:
        return int(self.argument or 0)


def blocks(page: str) -> Iterator[Block]:
    """The blocks of a page, in their order.

    :raises ValueError: for one that no test could try.
    """
    for kind, argument, language, text in _BLOCK.findall((DOCS / page).read_text(encoding="utf-8")):
        if not kind and language != "text":
            raise ValueError(f"{page}: a block of {language} that nobody tries: {text}")
        yield Block(kind or "shows", argument, text)


def missing(shown: str, printed: str) -> str:
    """The first line of a block that is not in a text, after those before it; empty if all are. Blanks do not count: Ansible breaks long lines."""
    rest = " ".join(printed.split())
    for line in shown.splitlines():
        before, found, rest = rest.partition(" ".join(line.split()))
        if not found:
            return f"{line!r} in {before}"
    return ""
