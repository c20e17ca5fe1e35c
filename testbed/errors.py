# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one exception that the testbed shows to a person without a traceback."""

from __future__ import annotations


class TestbedError(Exception):
    """Something that the person at work can act on."""

    __test__ = False
