# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to be on the machine before anything is built. Runs by itself, with nothing installed: python3 -m testbed.prerequisites."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass

from testbed.errors import TestbedError


@dataclass(frozen=True)
class Prerequisite:
    """A program, the command that tells its version, the oldest version that works, and how to get it."""

    name: str
    command: tuple[str, ...]
    pattern: str
    minimum: tuple[int, ...]
    remedy: str


PREREQUISITES = (
    Prerequisite(
        "Python",
        (sys.executable, "--version"),
        r"Python (\d+)\.(\d+)",
        (3, 11),
        "install Python 3.11 or newer and make the virtual environment again (make venv)",
    ),
    Prerequisite(
        "Go",
        ("go", "version"),
        r"go(\d+)\.(\d+)",
        (1, 26),
        "install Go 1.26 or newer and put its bin directory on PATH",
    ),
    Prerequisite(
        "Java Development Kit",
        ("javac", "-version"),
        r"javac (\d+)",
        (17,),
        "install a JDK 17 or newer (Debian: openjdk-17-jdk-headless) and put its bin directory on PATH",
    ),
    Prerequisite(
        "Java",
        ("java", "-version"),
        r'version "(\d+)',
        (17,),
        "install a JDK 17 or newer (Debian: openjdk-17-jdk-headless) and put its bin directory on PATH",
    ),
    Prerequisite(
        "Maven",
        ("mvn", "--version"),
        r"Apache Maven (\d+)\.(\d+)",
        (3, 6),
        "install Maven 3.6 or newer (Debian: maven) and put mvn on PATH",
    ),
)


def complaint(prerequisite: Prerequisite) -> str | None:
    """One sentence on what is missing, or None."""
    if shutil.which(prerequisite.command[0]) is None:
        return f"{prerequisite.name} is missing: {prerequisite.remedy}."
    result = subprocess.run(prerequisite.command, capture_output=True, text=True, check=False, timeout=60)
    match = re.search(prerequisite.pattern, result.stdout + result.stderr)
    minimum = ".".join(map(str, prerequisite.minimum))
    if match is None:
        return f"{prerequisite.name} does not tell its version ({' '.join(prerequisite.command)}): {prerequisite.remedy}."
    found = tuple(int(number) for number in match.groups())
    if found < prerequisite.minimum:
        return f"{prerequisite.name} {'.'.join(map(str, found))} is too old, {minimum} is needed: {prerequisite.remedy}."
    return None


def check(prerequisites: tuple[Prerequisite, ...] = PREREQUISITES) -> None:
    """Raise with every missing prerequisite and its remedy."""
    complaints = [text for prerequisite in prerequisites if (text := complaint(prerequisite))]
    if sys.platform != "linux":
        complaints.insert(0, "The testbed finds its processes in /proc: run it on Linux, or in a Linux virtual machine.")
    if complaints:
        raise TestbedError("The testbed cannot start:\n" + "\n".join(f"  - {text}" for text in complaints))


if __name__ == "__main__":
    try:
        check()
    except TestbedError as error:
        sys.exit(str(error))
