# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection as a user gets it: built to a tarball and installed from it."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from testbed import cache, paths, progress
from testbed.errors import TestbedError

STAGED = paths.BUILD / "collections"
_KEPT = 3
_IGNORED = frozenset({"__pycache__", "testbed", "benchmarks", "node_modules"})


def _files() -> Iterator[Path]:
    for directory, folders, names in os.walk(paths.ROOT):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _IGNORED)
        yield from (Path(directory, name) for name in sorted(names))


def _key() -> str:
    digest = hashlib.sha256()
    for file in _files():
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        digest.update(f"{file.relative_to(paths.ROOT)} {content}\n".encode())
    return digest.hexdigest()[:16]


def _galaxy(*arguments: str | Path) -> None:
    program = Path(sys.executable).parent / "ansible-galaxy"
    if not program.exists():
        raise TestbedError(f"{program} is missing: run the testbed with the virtual environment of the checkout (make venv)")
    command = [str(program), "collection", *map(str, arguments)]
    result = subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise TestbedError(f"ansible-galaxy {' '.join(command[1:])}:\n{result.stdout}{result.stderr}")


def _stage(folder: Path) -> None:
    with progress.step("Build and install the collection", "5 seconds"):
        _galaxy("build", "--output-path", folder)
        _galaxy("install", tarball(folder), "--collections-path", folder, "--offline", "--no-deps", "--force")


def tarball(folder: Path) -> Path:
    """The artifact in a staged folder."""
    (found,) = folder.glob("saiello-kafka_connect-*.tar.gz")
    return found


def staged() -> Path:
    """A folder for ANSIBLE_COLLECTIONS_PATH that holds the tarball and the collection installed from it."""
    folder = cache.made_once(STAGED / _key(), _stage)
    os.utime(folder)
    others = [path for path in STAGED.iterdir() if path.is_dir() and not path.name.startswith(".")]
    for old in sorted(others, key=lambda path: path.stat().st_mtime, reverse=True)[_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)
    return folder
