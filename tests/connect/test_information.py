# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules tell that change nothing, and what they leave out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from testbed.faults import FaultProxy
from tests.connect.conftest import Ansible, Rest, task

# Many tasks of Ansible, on a machine that may have much else to do.
pytestmark = pytest.mark.timeout(300)

SOURCE = {"connector_class": "FileStreamSource", "tasks_max": 1}
PLAIN = {"file": "/nowhere", "topic": "lines", "batch.size": 20}
SECRETS = {"my.password": "sesame-1", "undeclared": "sesame-2"}


def test_of_connectors(ansible: Ansible, rest: Rest) -> None:
    with FaultProxy(ansible.url) as proxy:
        *_, everything, named, bare = replace(ansible, url=proxy.url).plays(
            task("connector", {"name": "b->lines", **SOURCE, "config": {**PLAIN, **SECRETS}}),
            task("connector", {"name": "a", **SOURCE, "run_state": "stopped", "config": PLAIN}),
            task("connector", {"name": "c", **SOURCE, "run_state": "paused", "config": PLAIN}),
            task("connector_info", {}, check_mode=True),
            task("connector_info", {"names": ["nosuch", "b->lines", "a"], "config": False}),
            task("connector_info", {"names": ["a"]}),
            verbose="-vvv",
        )
        told = {one["name"]: one for one in everything.result["connectors"]}
        assert list(told) == ["a", "b->lines", "c"]
        assert not everything.result["changed"]
        # Whether it is ready, the names, the list, and once what the plugin declares; the second time what is not in the list by itself;
        # the third time one connector.
        assert [one.result["requests"] for one in (everything, named, bare)] == [4, 2, 3]
        assert [one["present"] for one in named.result["connectors"]] == [True, True, False]
        assert "config" not in named.result["connectors"][0]
        assert bare.result["connectors"] == [told["a"]]
    running = told["b->lines"]
    assert rest.config("b->lines") == {**running["config"], **SECRETS}
    assert {key for key, value in running["config"].items() if value == "(hidden)"} == set(SECRETS)
    assert (running["reason"], running["state"], running["type"], running["version"]) == ("Running", "RUNNING", "source", "4.3.1")
    assert [one["state"] for one in running["tasks"]] == ["RUNNING"]
    assert [(told[name]["reason"], told[name]["state"]) for name in "ac"] == [("Stopped", "STOPPED"), ("Paused", "PAUSED")]
    assert "sesame" not in everything.output + str(everything.result)


def test_of_the_whole(ansible: Ansible, rest: Rest) -> None:
    told, all_told = ansible.plays(task("cluster_info", {}), task("cluster_info", {"all_plugins": True}))
    root = rest.get("/").json()
    assert told.result["version"] == root["version"]
    assert told.result["kafka_cluster_id"] == root["kafka_cluster_id"]
    assert told.result["ready"]
    plugins = {(one["class"], one["type"], one["version"]) for one in told.result["plugins"]}
    assert plugins == {(one["class"], one["type"], one["version"]) for one in rest.get("/connector-plugins").json()}
    assert {"converter", "transformation", "source"} <= {one["type"] for one in all_told.result["plugins"]}
