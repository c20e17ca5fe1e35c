# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What programs in Python say to the log of the machine. It is taken down on its way there: where a daemon listens, nobody else can."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_SPY = """
import syslog

def spy(*texts):
    with open({file!r}, "a", encoding="utf-8", errors="replace") as file:
        file.write(repr(texts) + "\\n")

syslog.syslog = spy
"""


@dataclass(frozen=True)
class MachineLog:
    """Hears the programs that get its environment, and those that they start. ``folder``: of its own, and there."""

    folder: Path

    def __post_init__(self) -> None:
        (self.folder / "sitecustomize.py").write_text(_SPY.format(file=str(self._file)), encoding="utf-8")

    @property
    def _file(self) -> Path:
        return self.folder / "said.txt"

    @property
    def environment(self) -> dict[str, str]:
        """What to add to the environment of a program."""
        return {"PYTHONPATH": str(self.folder)}

    @property
    def text(self) -> str:
        """All that was said so far."""
        return self._file.read_text(encoding="utf-8") if self._file.exists() else ""
