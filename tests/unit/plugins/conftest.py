# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of the property tests."""

from __future__ import annotations

from hypothesis import settings

# A busy machine is no failure, and what was found is found again by chance, not from files in the checkout.
settings.register_profile("unit", deadline=None, database=None, max_examples=60)
settings.load_profile("unit")
