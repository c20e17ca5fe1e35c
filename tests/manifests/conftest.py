# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A control plane on which the default manifests are installed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from testbed import manifests
from testbed.control_plane import ControlPlane
from testbed.process import Processes


@pytest.fixture(scope="session")
def shipped() -> list[dict[str, Any]]:
    """The objects that an administrator installs."""
    return list(yaml.safe_load_all(manifests.default()))


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """An API server with everything installed."""
    processes = Processes(Path(tmp_path_factory.mktemp("stack")))
    try:
        plane = ControlPlane(processes)
        plane.start()
        plane.wait_ready()
        plane.kubectl("apply", "-f", "-", stdin=manifests.default())
        for crd in manifests.CRDS:
            plane.wait_for_crd(crd)
        yield plane
    finally:
        processes.stop()
