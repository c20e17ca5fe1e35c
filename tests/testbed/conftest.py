# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Iterator

import pytest

from testbed.kafka import Broker
from testbed.process import Processes


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """One broker for all; each cluster on it has a name of its own."""
    with Processes(tmp_path_factory.mktemp("kafka")) as processes:
        broker = Broker(processes)
        broker.start()
        yield broker
