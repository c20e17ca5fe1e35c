# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A set of manifests as a whole: its KafkaConnectClusters, Secrets and ConfigMaps count for its connectors."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from testbed.faults import FaultProxy
from tests.connect.conftest import Ansible, Rest
from tests.connect.playbooks import API_VERSION, SOURCE, Playbooks, connector, create_all, delete_all, put, write

FILE = {"file": "/dev/null", "topic": "t"}
STORED = {"connector.class": SOURCE, **FILE}


@pytest.fixture
def playbooks(ansible: Ansible, rest: Rest) -> Iterator[Playbooks]:
    yield Playbooks(ansible)
    delete_all(rest)


def cluster(name: str, **spec: Any) -> dict[str, Any]:
    return {"apiVersion": API_VERSION, "kind": "KafkaConnectCluster", "metadata": {"name": name}, "spec": spec}


def referring(name: str, to: str, config: dict[str, Any] | None = None) -> dict[str, Any]:
    obj = connector(name, FILE if config is None else config, connectClusterRef={"name": to})
    del obj["spec"]["tasksMax"]
    return obj


DEFAULTS = {"tasksMax": 3, "config": {"errors.tolerance": "all", "batch.size": 1000}}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("named", [False, True], ids=["by its own address", "by connections"])
def test_the_defaults_of_a_connection_are_applied(playbooks: Playbooks, rest: Rest, named: bool) -> None:
    """Also where ``connections`` say how to get there: then neither its address nor its login counts."""
    file = playbooks.folder / "set.yaml"
    playbooks.given = {"manifests": str(file), **({"connections": {"prod": {"url": rest.url}}} if named else {})}
    elsewhere: dict[str, Any] = {"authentication": {"bearer": {"secretRef": {"name": "not-there"}}}} if named else {}
    at: dict[str, Any] = {"url": "http://127.0.0.1:1" if named else rest.url, **elsewhere}
    objects = [referring("a", "prod"), referring("b", "prod", {**FILE, "batch.size": 7})]
    expected = {
        name: {"name": name, **STORED, "tasks.max": "3", "errors.tolerance": "all", "batch.size": size} for name, size in (("a", "1000"), ("b", "7"))
    }

    write(file, [cluster("prod", **at, mode="Plan", connectorDefaults=DEFAULTS), *objects])
    planned = playbooks.run("apply")
    assert (planned.status, planned.report["counts"]["planned"]) == (0, 2), planned.output
    assert rest.get("/connectors").json() == []

    spec = {**at, "connectorDefaults": DEFAULTS, "protectConnectors": True, "ignoreLiveKeys": ["added.*"]}
    write(file, [cluster("prod", **spec), *objects])
    applied = playbooks.run("apply")
    assert (applied.status, applied.actions) == (0, {"a": ["create"], "b": ["create"]}), applied.output
    assert {name: rest.config(name) for name in expected} == expected
    put(rest, "a", {**expected["a"], "added.by.connect": "x"})
    assert playbooks.run("plan").outcome == "unchanged"

    create_all(rest, {"left": {"name": "left", **STORED}})
    purged = playbooks.run("apply", purge_pattern="*")
    assert (purged.status, purged.outcome) == (0, "unchanged"), purged.output
    assert "protects the connectors on it" in purged.connectors["left"]["message"]
    assert set(rest.get("/connectors").json()) == {"a", "b", "left"}

    write(file, [cluster("prod", **{**spec, "policy": {"connectorNames": ["a"]}}), *objects])
    bounded = playbooks.run("plan")
    assert (bounded.status, bounded.connectors["b"]["reason"]) == (2, "InvalidSpec"), bounded.output


@pytest.mark.timeout(200)
def test_nothing_is_deleted_where_two_connects_are_named(playbooks: Playbooks, rest: Rest) -> None:
    create_all(rest, {"left": {"name": "left", **STORED}})
    file = write(playbooks.folder / "set.yaml", [cluster("prod", url=rest.url), referring("a", "prod")])
    refused = playbooks.run("apply", manifests=str(file), connect_url="http://127.0.0.1:1", absent=["left"])
    assert (refused.status, "url names another one" in refused.report["error"]["message"]) == (2, True), refused.output
    assert rest.get("/connectors").json() == ["left"]
    deleted = playbooks.run("apply", manifests=str(file), connect_url=rest.url, absent=["left"])
    assert (deleted.status, deleted.actions) == (0, {"a": ["create"], "left": ["delete"]}), deleted.output


def core(kind: str, name: str, **parts: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, **parts}


def key_of(kind: str, name: str, key: str, *, optional: bool = False) -> dict[str, Any]:
    return {kind: {"name": name, "key": key, **({"optional": True} if optional else {})}}


@pytest.mark.timeout(300)
def test_values_come_from_where_references_say(playbooks: Playbooks, rest: Rest) -> None:
    """From manifests, the environment and variables: the latter count more, and the name with its namespace counts most."""
    shown = {"from.map": "m", "shared.map": "m", "both": "map", "own": "map"}
    secrets = {"from.secret": "s-planted", "shared.secret": "s-planted", "both": "secret-planted", "own": "secret-planted"}
    login = {"username": "somebody", "password": "login-planted"}
    from_keys = {
        "of.config.map": key_of("configMapKeyRef", "shown", "from.map"),
        "of.secret": key_of("secretKeyRef", "hidden", "from.secret"),
        "of.variable": key_of("secretKeyRef", "given", "k"),
        "of.variable.map": key_of("configMapKeyRef", "given", "m"),
        "missing": key_of("secretKeyRef", "hidden", "none", optional=True),
        "own.too": key_of("secretKeyRef", "hidden", "both"),
    }
    sources = [{"configMapRef": {"name": "shown"}}, {"secretRef": {"name": "hidden"}}, {"secretRef": {"name": "none", "optional": True}}]
    obj = connector(
        "a", {**FILE, "own": "spec", "own.too": "spec"}, connectClusterRef={"name": "prod"}, configFrom=sources, configValueFrom=from_keys
    )
    authentication = {"basic": {"secretRef": {"name": "login"}}}
    with FaultProxy(rest.url) as proxy:
        objects = [
            cluster("prod", url=proxy.url, authentication=authentication),
            core("ConfigMap", "shown", data=shown),
            core("Secret", "hidden", stringData=secrets, data={"of.data": base64.b64encode(b"data-planted").decode()}),
            core("Secret", "login", stringData=login),
            obj,
        ]
        file = write(playbooks.folder / "set.yaml", objects)
        playbooks.given = {"manifests": str(file)}
        given = {"given": {"k": "k-planted", "m": "of.name"}, "default/given": {"m": "of.namespace"}, "hidden": {"shared.secret": "given-planted"}}
        expected = {
            "name": "a",
            **STORED,
            "tasks.max": "1",
            "own": "spec",
            "both": "secret-planted",
            "own.too": "secret-planted",
            "from.map": "m",
            "shared.map": "m",
            "from.secret": "s-planted",
            "shared.secret": "given-planted",
            "of.data": "data-planted",
            "of.config.map": "m",
            "of.secret": "s-planted",
            "of.variable": "k-planted",
            "of.variable.map": "of.namespace",
        }

        missing = playbooks.run("apply")
        assert (missing.status, "has no key" in missing.output or "is not there" in missing.output) == (2, True), missing.output
        assert proxy.requests == []

        applied = playbooks.run("apply", "-vvv", "--diff", env={"KAFKA_CONNECT_REFERENCES": json.dumps(given)})
        assert (applied.status, applied.actions) == (0, {"a": ["create"]}), applied.output
        assert rest.config("a") == expected
        assert "planted" not in applied.output + str(applied.report)
        authorization = "Basic " + base64.b64encode(b"somebody:login-planted").decode()
        assert {request.headers.get("Authorization") for request in proxy.requests} == {authorization}

        # Variables stand in the place of those of the environment.
        unchanged = playbooks.run("plan", references=given, env={"KAFKA_CONNECT_REFERENCES": "{}"})
        assert (unchanged.status, unchanged.outcome) == (0, "unchanged"), unchanged.output
        elsewhere = {**given, "default/login": {"password": "other-planted"}, "hidden": {"from.secret": "new-planted"}}
        proxy.forget()
        changed = playbooks.run("apply", references=elsewhere)
        assert changed.connectors["a"]["changed_keys"] == ["from.secret", "of.secret", "shared.secret"], changed.output
        assert rest.config("a") == {**expected, "from.secret": "new-planted", "of.secret": "new-planted", "shared.secret": "s-planted"}
        assert all(request.headers["Authorization"] != authorization for request in proxy.requests)
