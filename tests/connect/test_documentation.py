# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the pages on playbooks and the README tell people to do, done in its order, and what they say is printed."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from testbed import paths
from tests.connect.conftest import Ansible, Rest
from tests.connect.playbooks import Playbooks, create_all, delete_all
from tests.pages import PLAYBOOKS, Block, blocks, missing

EXAMPLE = "http://connect.example.com:8083"
SINK = {"connector.class": "FileStreamSink", "topics": "orders", "file": "/dev/null"}
# What runs on the Connect of a page before anything is done there.
RUNS = {
    "first-plan.md": {"payments": SINK, "shop.old": SINK, "audit": SINK},
    "adopt.md": {
        "orders->db": {**SINK, "database.user": "${file:/run/secrets/db.properties:user}", "database.password": "swordfish"},
        "audit": {**SINK, "tasks.max": "1"},
    },
}
# What runs there in the end.
LEFT = {
    "first-plan.md": ["audit", "orders", "shop.old"],
    "pipeline.md": ["orders", "payments"],
    "adopt.md": ["audit", "orders->db"],
    "migrate-from-strimzi.md": ["my-source-connector"],
    "playbook-secrets.md": ["db"],
    "playbooks.md": [],
}


@dataclass
class Person:
    """Somebody with a shell in an empty repository, who does what a page says."""

    url: str
    folder: Path
    environment: dict[str, str]
    printed: str = ""
    everything: list[str] = field(default_factory=list)

    def does(self, block: Block) -> None:
        """:raises AssertionError: if it does not go as the page says."""
        text = block.text.replace(EXAMPLE, self.url)
        if block.kind == "file":
            file = self.folder / block.argument
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        elif block.kind == "run":
            status = self.run(text)
            assert status == block.status, f"{block.text}{self.printed}"
        elif block.kind == "shows":
            assert missing(text, self.printed) == ""

    def run(self, commands: str) -> int:
        """The exit status of commands; what they export stays."""
        exported = self.folder.parent / "exported"
        script = f"set -eu\ntrap 'env --null >{exported}' EXIT\n{commands}"
        done = subprocess.run(["bash", "-c", script], env=self.environment, cwd=self.folder, capture_output=True, text=True, check=False, timeout=200)
        self.printed = done.stdout + done.stderr
        self.everything.append(self.printed)
        self.environment = dict(pair.split("=", 1) for pair in exported.read_text(encoding="utf-8").split("\0") if pair)
        return done.returncode


@pytest.fixture
def person(ansible: Ansible, rest: Rest) -> Iterator[Person]:
    folder = ansible.directory / "repository"
    folder.mkdir()
    identity = {f"GIT_{who}_{what}": "someone@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = Playbooks(ansible).environment(HOME=str(ansible.directory), **identity)
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    person = Person(rest.url, folder, environment)
    assert person.run("git init --quiet --initial-branch=main") == 0
    yield person
    delete_all(rest)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("page", PLAYBOOKS)
def test_a_page_is_true(person: Person, rest: Rest, page: str) -> None:
    create_all(rest, {name: {"name": name, **config} for name, config in RUNS.get(page, {}).items()})
    for block in blocks(page):
        person.does(block)
    assert sorted(rest.get("/connectors").json()) == LEFT[page]
    if page in ("adopt.md", "playbook-secrets.md"):
        told = "".join([*person.everything, *(file.read_text(encoding="utf-8") for file in person.folder.glob("*.json"))])
        assert not [secret for secret in ("swordfish", "marlin", "tarpon") if secret in told]


def test_the_play_of_the_readme(person: Person, rest: Rest) -> None:
    text = (paths.ROOT / "README.md").read_text(encoding="utf-8")
    (play,) = re.findall(r"^```yaml\n(- hosts:.*?)^```$", text, re.DOTALL | re.MULTILINE)
    (plan,) = re.findall(r"^```shell\n(ansible-playbook saiello.*?)^```$", text, re.DOTALL | re.MULTILINE)
    person.does(Block("file", "play.yaml", play))
    person.does(Block("run", "", "ansible-playbook -i localhost, --check --diff play.yaml"))
    person.does(Block("shows", "", '+  topic: "orders"\nchanged: [localhost]'))
    assert rest.config("orders") is None
    for recap in ("changed: [localhost]", "ok: [localhost]"):
        person.does(Block("run", "", "ansible-playbook -i localhost, play.yaml"))
        person.does(Block("shows", "", recap))
    config = {"connector.class": "org.apache.kafka.connect.file.FileStreamSourceConnector", "file": "/var/log/orders.txt", "topic": "orders"}
    assert rest.config("orders") == {"name": "orders", "tasks.max": "1", **config}

    (manifest,) = [block for block in blocks("first-plan.md") if block.kind == "file"]
    person.does(manifest)
    person.does(Block("run", "", plan))
    person.does(Block("shows", "", "ok: [localhost]"))
