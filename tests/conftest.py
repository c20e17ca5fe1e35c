# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all tests share: a run that is ended from outside still stops what it started."""

from __future__ import annotations

import signal
from types import FrameType
from typing import NoReturn


def pytest_configure() -> None:
    """Take SIGTERM as Ctrl-C, and Ctrl-C even where it was ignored, so that every fixture is torn down."""

    def interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
