# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Installs the collections of requirements.yml into a folder, without Ansible Galaxy.

They come out of the locked ansible package of the Python index, of which nothing else is kept.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent


def _download(folder: Path) -> Path:
    lock = ROOT / "requirements" / "collections.txt"
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:", "--require-hashes"]
    subprocess.run([sys.executable, "-m", "pip", "download", *options, "--requirement", lock, "--dest", folder], check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def _unpack(wheel: Path, name: str, version: str, target: Path) -> None:
    prefix = f"ansible_collections/{name.replace('.', '/')}/"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target, [member for member in archive.namelist() if member.startswith(prefix)])
    manifest = json.loads((target / prefix / "MANIFEST.json").read_text(encoding="utf-8"))
    found = manifest["collection_info"]["version"]
    if found != version:
        sys.exit(f"requirements.yml asks for {name} {version}, requirements/collections.txt brings {found}")


def main(target: Path) -> None:
    """Install into a folder that must not exist yet."""
    wanted = yaml.safe_load((ROOT / "requirements.yml").read_text(encoding="utf-8"))["collections"]
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        wheel = _download(Path(scratch))
        unpacked = Path(scratch, "collections")
        for collection in wanted:
            _unpack(wheel, collection["name"], collection["version"], unpacked)
        shutil.move(unpacked, target)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
