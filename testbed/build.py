# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that takes long the first time, made ready at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from testbed import collection, prerequisites, tools, troubled


def build() -> None:
    """Check the prerequisites, then build the tools, fetch the jars and compile the connector for faults, and stage the collection."""
    prerequisites.check()
    # Downloading and compiling go side by side; the compiler uses all cores by itself.
    with ThreadPoolExecutor(max_workers=1) as pool:
        download = pool.submit(troubled.folder)  # Fetches the jars first.
        for tool in tools.TOOLS:
            tools.path(tool)
        download.result()
    collection.staged()
