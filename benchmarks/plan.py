# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook ``plan`` over many connectors, beside a play of one module that only imports requests."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

import yaml

from benchmarks.fleet import Fleet, in_parallel, manifest, names
from benchmarks.result import Row
from testbed import collection
from testbed.faults import FaultProxy
from testbed.progress import step
from testbed.stack import Stack

BARE_MODULE = """\
#!/usr/bin/python
import requests
from ansible.module_utils.basic import AnsibleModule

AnsibleModule(argument_spec={}).exit_json(version=requests.__version__)
"""
BARE_PLAY = """\
- hosts: localhost
  connection: local
  gather_facts: false
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
  tasks:
    - bare:
"""
DIFFERENT = 30


def measure(stack: Stack, count: int, repeat: int) -> Iterator[Row]:
    """A plan that finds nothing, and one that finds some."""
    fleet = Fleet(stack)
    fleet.clear()
    with step(f"Plan of {count} connectors"), tempfile.TemporaryDirectory() as folder, FaultProxy(stack.connect.url) as proxy:
        here = Path(folder)
        in_parallel(fleet.connect.create, names(count))
        _write(here / "same.yaml", count, proxy.url, 0)
        _write(here / "some.yaml", count, proxy.url, DIFFERENT)
        (here / "library").mkdir()
        (here / "library" / "bare.py").write_text(BARE_MODULE, encoding="utf-8")
        (here / "bare.yml").write_text(BARE_PLAY, encoding="utf-8")
        bare = median(_seconds(here, "bare.yml") for _ in range(repeat))
        for file, what in (("same.yaml", "no difference"), ("some.yaml", f"{DIFFERENT} differences")):
            seconds, requests = [], 0
            for _ in range(repeat):
                proxy.forget()
                seconds.append(_seconds(here, "saiello.kafka_connect.plan", "-e", f"manifests={file}"))
                requests = proxy.count()
            shown = {"this": {"seconds": median(seconds)}, "bare play": {"seconds": bare}}
            goal = 1.0 if file == "same.yaml" else float(DIFFERENT + 2)
            yield Row(f"plan of {count} connectors, {what}, requests to Connect", "as needed", float(requests), goal)
            yield Row(f"plan of {count} connectors, {what}, time", "a play that imports requests", median(seconds) / bare, 3.0, shown)
    fleet.connect.clear()


def _write(file: Path, count: int, url: str, different: int) -> None:
    objects = [
        manifest(name, url, spec={"config": {"file": "/dev/null", "topic": f"topic-{name}" if number >= different else "other"}})
        for number, name in enumerate(names(count))
    ]
    file.write_text(yaml.safe_dump_all(objects), encoding="utf-8")


def _seconds(folder: Path, playbook: str, *options: str) -> float:
    command: Sequence[str] = [str(Path(sys.executable).with_name("ansible-playbook")), playbook, "-i", "localhost,", *options]
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(collection.staged()), "ANSIBLE_HOME": str(folder / "home")}
    started = time.monotonic()
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    return time.monotonic() - started
