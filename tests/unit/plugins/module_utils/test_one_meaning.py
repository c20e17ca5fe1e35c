# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operator and the playbooks make the same of the same manifests."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _manifest, _wanted
from ansible_collections.saiello.kafka_connect.plugins.module_utils._connect import Connect
from ansible_collections.saiello.kafka_connect.plugins.module_utils._connection import connection_of
from ansible_collections.saiello.kafka_connect.plugins.module_utils._fleet import Fleet
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import Adoption, Memory, Observed, Presence, Wanted
from ansible_collections.saiello.kafka_connect.plugins.module_utils._plan import make_plan
from ansible_collections.saiello.kafka_connect.plugins.module_utils._values import Values

from .generated import API_VERSION, config, fields, manifest, stored
from .tiny import Tiny

OBJECTS = 200
CLUSTER = f"""\
apiVersion: {API_VERSION}
kind: KafkaConnectCluster
metadata: {{name: prod}}
spec: {{url: "http://c:8083", ignoreLiveKeys: ["added.*"], connectorDefaults: {{tasksMax: 7, config: {{k1: default, defaulted: 1.0}}}}}}
"""


def generated(chance: random.Random, number: int) -> tuple[str, dict[str, Any]]:
    """A manifest as somebody writes it, and the object that the API server stores for it."""
    written, keys = fields(chance), config(chance)
    spec = {"class": "org.example.X", "connectClusterRef": {"name": "prod"}, "state": "running"}
    spec.update({field: stored(text) for field, text in written.items()})
    if keys:
        spec["config"] = {key: stored(text) for key, text in keys.items()}
    text = manifest(f"c{number}", {"class": "org.example.X", "connectClusterRef": "{name: prod}", **written}, keys)
    metadata = {"name": f"c{number}", "namespace": "default", "generation": 1}
    return text, {"apiVersion": API_VERSION, "kind": "KafkaConnector", "metadata": metadata, "spec": spec}


def of_the_operator(obj: dict[str, Any]) -> Wanted:
    spec = {"url": "http://c:8083", "ignoreLiveKeys": ["added.*"], "connectorDefaults": {"tasksMax": 7, "config": {"k1": "default", "defaulted": 1}}}
    terms = connection_of({"metadata": {"name": "prod", "namespace": "default"}, "spec": spec}).terms
    return _wanted.wanted_of(obj, None, terms)


@pytest.mark.parametrize("seed", range(2))
def test_both_want_and_plan_the_same(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    pairs = [generated(chance, number) for number in range(OBJECTS)]
    (tmp_path / "all.yaml").write_text("---\n".join([CLUSTER, *(text for text, _ in pairs)]), encoding="utf-8")
    found = _manifest.read([str(tmp_path)])
    assert found.faults == []
    (target,) = Fleet(found, Values(), {}, lambda: Connect("http://c:8083", Tiny())).targets()
    refused = 0
    for entry, (_, obj) in zip(target.entries, pairs, strict=True):
        one, other = entry.wanted, of_the_operator(obj)
        assert (one.name, one.config, one.state, one.problem, one.ignored_keys) == (
            other.name,
            other.config,
            other.state,
            other.problem,
            other.ignored_keys,
        )
        live = dict(other.config)
        if live and chance.random() < 0.7:
            live[chance.choice(list(live))] = "other"
        live["added.by.connect"] = "x"
        owner = Memory(observed=True)
        as_owner = Wanted(**{**other.__dict__, "adoption": Adoption.ALWAYS, "adoption_bound": Adoption.ALWAYS, "memory": owner})
        observed = Observed(Presence.PRESENT, live)
        assert make_plan(one, observed, 0.0) == make_plan(as_owner, observed, 0.0)
        refused += one.problem is not None
    assert 0 < refused < OBJECTS / 2
