# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The jars of Kafka and Kafka Connect, taken from the pinned pom.xml in the folder kafka."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

from testbed import cache, paths, progress
from testbed.errors import TestbedError

POM = Path(__file__).parent / "kafka" / "pom.xml"
# The last Connect before Java 17 and log4j 2, and the oldest that the project is tested with.
OLDER = Path(__file__).parent / "kafka" / "older" / "pom.xml"


def _download(folder: Path, pom: Path) -> None:
    # In batch mode, with a mismatch of a checksum being an error.
    command = ["mvn", "-q", "-B", "-C", "-f", str(pom), f"-Djars.directory={folder}", "package"]
    with progress.step("Download Kafka and Kafka Connect", "about 1 minute the first time"):
        result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise TestbedError(f"the jars could not be downloaded:\n{result.stdout}{result.stderr}")


def folder(pom: Path = POM) -> Path:
    """Holds lib/ (the class path) and plugins/<name>/ (the plugin path); made first if it is not in the cache."""
    key = hashlib.sha256(pom.read_bytes()).hexdigest()[:16]
    return cache.made_once(paths.cache() / f"jars-{key}", lambda target: _download(target, pom))
