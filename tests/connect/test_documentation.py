# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the page on playbooks tells people to do, done in its order."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from testbed import paths
from tests.connect.conftest import Ansible, Rest
from tests.connect.playbooks import Playbooks

PAGE = paths.ROOT / "docs" / "playbooks.md"
BLOCK = re.compile(r"(?:<!-- (file|run)(?:: (\S+))? -->\n)?```(\w+)\n(.*?)```", re.DOTALL)


@pytest.mark.timeout(300)
def test_every_command_of_the_page_works(ansible: Ansible, rest: Rest) -> None:
    """Each block of the page is a file that is written, or commands that are run."""
    blocks = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    playbooks = Playbooks(ansible)
    script = ["set -eux"]
    for kind, name, language, text in blocks:
        here = text.replace("http://connect.example.com:8083", rest.url)
        assert kind in ("file", "run"), f"a block of {language} that nobody tries: {text}"
        if kind == "file":
            script.append(f"mkdir -p {Path(name).parent}\ncat > {name} <<'END'\n{here}END")
        else:
            script.append(here)
    environment = playbooks.environment()
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    done = subprocess.run(
        ["bash", "-c", "\n".join(script)], env=environment, cwd=playbooks.folder, capture_output=True, text=True, check=False, timeout=200
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "unchanged 1 connector: 1 unchanged" in done.stdout
    assert sorted(rest.get("/connectors").json()) == ["db", "orders", "orders-sink"]
