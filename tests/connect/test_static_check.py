# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is found wrong with a configuration without running the plugin's code, compared with what Connect and the plugin say."""

from __future__ import annotations

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _plugins
from ansible_collections.saiello.kafka_connect.plugins.module_utils._connect import Connect
from ansible_collections.saiello.kafka_connect.plugins.module_utils._http import RequestsTransport

from testbed.connect import ConnectCluster

SOURCE, SINK = (f"org.apache.kafka.connect.file.FileStream{kind}Connector" for kind in ("Source", "Sink"))
NUMBERS = ["7", " 7 ", "+7", "-7", "07", "7.0", "1e3", "1_000", "0x10", "7f", "", " ", "many", "2147483647", "2147483648", "-2147483649", "٣", "NaN"]
CONFIGS = [
    *({"connector.class": SOURCE, "topic": "t", "batch.size": number} for number in NUMBERS),
    {"connector.class": SOURCE},
    {"connector.class": SINK},
    {"connector.class": SINK, "topics": ""},
    {"connector.class": SINK, "topics": " "},
    {"connector.class": SINK, "topics": "a"},
    {"connector.class": SINK, "topics.regex": "a.*"},
    {"connector.class": SINK, "topics": "a", "topics.regex": "a.*"},
]


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: str({**config, "connector.class": config["connector.class"][-15:]}))
def test_what_is_declared_says_what_connect_says(connect: ConnectCluster, config: dict[str, str]) -> None:
    client = Connect(connect.url, RequestsTransport())
    whole = {"name": "c", **config}
    definitions = client.definitions(config["connector.class"])
    assert definitions is not None
    found = _plugins.faults(whole, definitions, _plugins.type_of(config["connector.class"], client.known_plugins()))
    said = client.validate(whole)
    assert said is not None
    assert {error.field for error in found} <= {error.field for error in said}
    assert bool(found) is bool(said)


@pytest.mark.parametrize(("version", "lacks"), [("9.9", True), ("[9,)", True), ("4.3.1", False), ("[4.0,5.0)", False), ("", False)])
def test_a_version_is_known_before_anything_is_sent(connect: ConnectCluster, version: str, lacks: bool) -> None:
    client = Connect(connect.url, RequestsTransport())
    assert client.lacks(SOURCE, version) is lacks
    assert (client.definitions(SOURCE, version) is None) is lacks
