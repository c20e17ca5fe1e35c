# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the pages for users show is accepted by a real API server."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from testbed import paths
from testbed.control_plane import ControlPlane
from testbed.kubernetes_api import connector_path
from tests.manifests.connections import connection, create


def blocks(page: str) -> list[str]:
    """What a page shows in YAML."""
    text = (paths.ROOT / "docs" / page).read_text(encoding="utf-8")
    return re.findall(r"^```yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


BLOCKS = blocks("connections.md")
SOURCED = [body for block in blocks("configuration.md") for body in yaml.safe_load_all(block) if body["kind"] == "KafkaConnector"]
WHOLE = [body for block in BLOCKS if block.startswith("apiVersion") for body in yaml.safe_load_all(block)]
PARTS = [yaml.safe_load(block) for block in BLOCKS if not block.startswith("apiVersion")]


def test_page_shows_objects_and_parts() -> None:
    assert [body["kind"] for body in WHOLE] == ["KafkaConnectCluster", "KafkaConnector"]
    assert len(PARTS) > 5


@pytest.mark.parametrize("spec", PARTS, ids="-".join)
def test_part_of_a_connection_is_accepted(control_plane: ControlPlane, spec: dict[str, Any]) -> None:
    create(control_plane, connection({"url": None, **spec} if "urls" in spec else spec))


@pytest.mark.parametrize("body", [*WHOLE, *SOURCED], ids=lambda body: body["kind"])
def test_object_is_accepted(control_plane: ControlPlane, body: dict[str, Any]) -> None:
    here = {**body, "metadata": {"name": body["metadata"]["name"]}}
    if body["kind"] == "KafkaConnectCluster":
        create(control_plane, here)
    else:
        control_plane.api.request("POST", connector_path(), here, params={"fieldValidation": "Strict", "dryRun": "All"})
