# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The canonical form on a real Connect: whatever an object can hold in its config is, once written, no difference."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils._config import ConfigError, canonical, difference
from ansible_collections.saiello.kafka_connect.plugins.module_utils._connect import Connect
from ansible_collections.saiello.kafka_connect.plugins.module_utils._http import RequestsTransport
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import Difference, RunState
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from testbed.connect import ConnectCluster
from tests.connect.conftest import Rest

NAME, CLASS = "canonical", "FileStreamSource"
# What the plugin knows nothing of, so that no value is refused for what it means.
KEYS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20).map("x.".__add__)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False) | st.decimals(-1000, 1000, places=3).map(float)
VALUES = (
    TEXTS | NUMBERS | st.booleans() | st.sampled_from(["", " ", "null", "true", "007", "1e3", "${file:/x:y}", "${x}", "a\\b", "\r\n", "\x00", "****"])
)


@pytest.fixture
def client(connect: ConnectCluster, rest: Rest) -> Iterator[Connect]:
    transport = RequestsTransport()
    client = Connect(connect.url, transport)
    assert client.create(NAME, canonical(NAME, CLASS, 1, {"file": "/nowhere", "topic": "t"}), RunState.STOPPED)
    yield client
    transport.session.close()


def as_stored(config: dict[str, Any]) -> dict[str, Any]:
    """What comes back from an API server, without what is refused by name: those numbers are for quotes."""

    def is_carried(key: str, value: Any) -> bool:
        try:
            return bool(canonical(NAME, CLASS, 1, {key: value}))
        except ConfigError:
            return False

    stored: dict[str, Any] = json.loads(json.dumps(config))
    return {key: value for key, value in stored.items() if is_carried(key, value)}


@settings(max_examples=12, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.dictionaries(KEYS, VALUES, min_size=10, max_size=40))
def test_what_was_written_is_no_difference(client: Connect, rest: Rest, config: dict[str, Any]) -> None:
    wanted = canonical(NAME, CLASS, 1, {"file": "/nowhere", "topic": "t", **as_stored(config)})
    client.update(NAME, wanted)
    assert difference(client.config(NAME) or {}, wanted) == Difference()
    listed = client.observed_in(client.read_all(), [NAME])[NAME]
    assert difference(listed.config, wanted) == Difference()
    # Read without any code of ours, too.
    assert rest.config(NAME) == wanted
