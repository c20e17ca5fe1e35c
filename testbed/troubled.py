# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A source connector that hangs and fails on demand, compiled from kafka/troubled; its keys are described in TroubledSource.java."""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
import zipfile
from pathlib import Path

from testbed import cache, jars, paths, progress
from testbed.errors import TestbedError

CLASS = "troubled.TroubledSource"
FAILING_CONVERTER = "troubled.FailingConverter"
_SOURCES = Path(__file__).parent / "kafka" / "troubled"
# Also on a newer JDK the classes are for the oldest Java that Kafka 4 runs on.
_FLAGS = ("--release", "17", "-Xlint:all", "-Werror", "-proc:none")


def _sources() -> list[Path]:
    return sorted(_SOURCES.glob("*.java"))


def _key() -> str:
    """Changes with the sources, with what they are compiled against, and with how."""
    parts = [jars.folder().name, CLASS, *_FLAGS, *(file.read_text(encoding="utf-8") for file in _sources())]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _compile(folder: Path) -> None:
    with progress.step("Compile the connector for faults", "2 seconds"), tempfile.TemporaryDirectory() as temporary:
        command = ["javac", *_FLAGS, "-cp", str(jars.folder() / "lib" / "*"), "-d", temporary, *map(str, _sources())]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise TestbedError(f"the connector for faults could not be compiled:\n{result.stdout}{result.stderr}")
        _pack(Path(temporary), folder / "troubled.jar")


def _pack(classes: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w") as jar:
        jar.writestr("META-INF/services/org.apache.kafka.connect.source.SourceConnector", f"{CLASS}\n")
        jar.writestr("META-INF/services/org.apache.kafka.connect.storage.Converter", f"{FAILING_CONVERTER}\n")
        for file in sorted(classes.rglob("*.class")):
            jar.write(file, file.relative_to(classes))


def folder() -> Path:
    """A folder for the plugin path that holds the jar; compiled first if it is not in the cache."""
    return cache.made_once(paths.cache() / f"troubled-{_key()}", _compile)
