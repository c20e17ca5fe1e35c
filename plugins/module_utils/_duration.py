# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# PRIVATE to this collection: no interface for others.
"""Durations as Kubernetes users write them: ``90s``, ``2m``, ``1h30m``. Pure."""

from __future__ import annotations

import re

_FORM = re.compile(r"(?=[0-9])(?:([0-9]{1,6})h)?(?:([0-9]{1,6})m)?(?:([0-9]{1,6})s)?")


def seconds_of(text: str) -> float:
    """Seconds.

    :raises ValueError: for anything else; the text says what is expected.
    """
    match = _FORM.fullmatch(text.strip())
    if not match:
        raise ValueError('must be a duration like "90s", "2m" or "1h30m"')
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return float(hours * 3600 + minutes * 60 + seconds)
