# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the owner of a connection and the administrator do not allow is not done: requests are counted where they would arrive."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from testbed.faults import Answer, FaultProxy, Rule
from testbed.stack import Stack
from tests.e2e.bystander import untouched
from tests.e2e.world import Object, World, condition

pytestmark = pytest.mark.timeout(300)

TEAM, STRANGERS = "consent-team", "consent-strangers"


@dataclass(frozen=True)
class Proxies:
    """Ways to the main Connect; each counts what comes along."""

    open: FaultProxy
    home: FaultProxy
    redirecting: FaultProxy
    elsewhere: FaultProxy
    unlisted: FaultProxy


@pytest.fixture(scope="module")
def proxies(stack: Stack) -> Iterator[Proxies]:
    """They outlive the objects, so that these can be deleted."""
    with ExitStack() as running:
        yield Proxies(*(running.enter_context(FaultProxy(stack.connect.url)) for _ in range(5)))


@pytest.fixture(autouse=True)
def nothing_else_is_touched(world: World, proxies: Proxies) -> Iterator[None]:
    for proxy in vars(proxies).values():
        proxy.clear()
        proxy.forget()
    with untouched(world, world.stack.connect):
        yield


def refused(world: World, name: str, reason: str, *texts: str, namespace: str = "default") -> Object:
    """The object says that it is refused, and why."""
    obj = world.wait_reason(name, reason, namespace=namespace)
    message = condition(obj, "Ready")["message"]
    for text in texts:
        assert text in message, message
    assert condition(obj, "Stalled")["status"] == "True"
    return obj


def test_nothing_is_sent_without_consent(world: World, proxies: Proxies) -> None:
    """Namespaces, names and classes that a connection does not take; it is looked at seldom, so that every request would be one of theirs."""
    bounds: dict[str, Any] = {"connectorNames": ["{namespace}.*"], "classes": ["org.apache.kafka.connect.file.*"]}
    world.create_namespace(TEAM)
    world.create_cluster("same", url=proxies.home.url, syncPeriod="24h")
    world.create_cluster("all", url=proxies.open.url, syncPeriod="24h", allowedNamespaces={"from": "All"}, policy=bounds)
    for name in ("same", "all"):
        world.wait_cluster(name)
    for proxy in (proxies.home, proxies.open):
        proxy.forget()
    allowed = world.manifest("allowed", cluster="default/all", connectorName=f"{TEAM}.allowed")
    world.create(world.manifest("foreign", cluster="default/same"), TEAM)
    world.create(world.manifest("misnamed", cluster="default/all"), TEAM)
    world.create(world.manifest("in-disguise", cluster="default/all", connectorName="default.in-disguise"), TEAM)
    outside: dict[str, Any] = {"class": "org.apache.kafka.connect.mirror.MirrorSourceConnector", "connectorName": f"{TEAM}.mirror"}
    world.create(world.manifest("other-class", cluster="default/all", **outside), TEAM)
    world.create(world.manifest("at-home", cluster="all"))

    texts = (TEAM, "KafkaConnectCluster default/same", "spec.allowedNamespaces")
    foreign = refused(world, "foreign", "NamespaceNotAllowed", *texts, namespace=TEAM)
    assert proxies.home.url not in str(foreign["status"]), "where it leads is not told either"
    for name in ("misnamed", "in-disguise"):
        refused(world, name, "InvalidSpec", f"{TEAM}.*", "set spec.connectorName", namespace=TEAM)
    refused(world, "other-class", "InvalidSpec", "org.apache.kafka.connect.file.*", "set spec.class", namespace=TEAM)
    refused(world, "at-home", "InvalidSpec", "default.*")
    for name in ("foreign", "misnamed", "in-disguise", "other-class"):
        world.patch(name, {"spec": {"config": {"topic": "edited"}}}, TEAM)
    for name in ("foreign", "misnamed", "in-disguise", "other-class"):
        world.delete(name, TEAM)
        world.wait_gone(name, namespace=TEAM)
    assert [(one.method, one.path) for one in (*proxies.home.requests, *proxies.open.requests)] == []

    world.create(allowed, TEAM)
    world.wait_reason("allowed", "Stopped", namespace=TEAM)
    assert proxies.open.count("POST") == 1
    assert world.config(f"{TEAM}.allowed") is not None


def test_selected_namespaces(world: World, proxies: Proxies) -> None:
    """A label is enough to come in, and without it nothing more is done; what is on Connect stays there."""
    world.create_namespace(TEAM, {"kafka": "yes"})
    world.create_namespace(STRANGERS)
    selector = {"matchExpressions": [{"key": "kafka", "operator": "In", "values": ["yes", "too"]}]}
    allowed = {"from": "Selector", "selector": selector}
    world.create_cluster("select", url=proxies.open.url, allowedNamespaces=allowed, policy={"connectorNames": ["{namespace}-*"]})
    inside, outside = f"{TEAM}-sink", f"{STRANGERS}-sink"
    world.create(world.manifest("sink", cluster="default/select", connectorName=inside), TEAM)
    world.create(world.manifest("sink", cluster="default/select", connectorName=outside), STRANGERS)
    refused(world, "sink", "NamespaceNotAllowed", STRANGERS, namespace=STRANGERS)
    world.wait_reason("sink", "Stopped", namespace=TEAM)
    assert proxies.open.count("POST") == 1

    world.label_namespace(STRANGERS, {"kafka": "too"})
    world.label_namespace(TEAM, {})
    world.wait_reason("sink", "Stopped", namespace=STRANGERS)
    assert proxies.open.count("POST") == 2
    refused(world, "sink", "NamespaceNotAllowed", TEAM, "spec.allowedNamespaces", namespace=TEAM)
    drifted = {**(world.config(inside) or {}), "topic": "by-hand"}
    drifted.pop("name")
    assert world.connect("PUT", f"/connectors/{inside}/config", drifted).ok
    world.patch("sink", {"spec": {"config": {"topic": "wanted"}}}, TEAM)
    refused(world, "sink", "NamespaceNotAllowed", namespace=TEAM)
    proxies.open.forget()
    world.until(lambda: proxies.open.count("GET", ".*expand.*") >= 2, "two more periods")
    assert (world.config(inside) or {})["topic"] == "by-hand"

    world.delete("sink", TEAM)
    world.wait_gone("sink", namespace=TEAM)
    assert (world.config(inside) or {})["topic"] == "by-hand"
    assert proxies.open.count("PUT|DELETE") == 0
    warning = world.wait_event("sink", "Orphaned", namespace=TEAM)
    assert warning["type"] == "Warning"
    assert f"{inside} stays on Connect" in warning["message"]
    assert "spec.allowedNamespaces" in warning["message"]


def test_no_other_server_is_asked(world: World, proxies: Proxies) -> None:
    """Redirects are not followed, addresses that nobody listed get no byte, and the operator's own servers are out of reach."""
    url = f"{proxies.elsewhere.url}/connectors"
    proxies.redirecting.add(Rule(".*", ".*", Answer(307, b"", {"Location": url})))
    world.set_secret("token", {"token": "s3cret"})
    bearer = {"bearer": {"secretRef": {"name": "token"}}}
    port = str(proxies.unlisted.port)
    listed = [str(proxy.port) for proxy in vars(proxies).values() if proxy is not proxies.unlisted]
    entries = [f"127.0.0.1:{one}" for one in (*listed, world.url.rpartition(":")[2], "8888", "5050")]
    world.stack.configure({"allowedEndpoints": "\n".join(entries)})
    targets = {
        "redirecting": (proxies.redirecting.url, "NotConnect", "it redirects elsewhere, which is not followed"),
        "unlisted": (proxies.unlisted.url, "EndpointNotAllowed", f"127.0.0.1:{port} may not be used"),
        "kubernetes": ("http://127.0.0.1:8888", "EndpointNotAllowed", "the address is the operator's own"),
        "runner": ("http://localhost:5050", "EndpointNotAllowed", "the address is the operator's own"),
    }
    for name, (address, _reason, _text) in targets.items():
        world.create_cluster(name, url=address, authentication=bearer)
    world.create_all(world.manifest(name, cluster=name) for name in targets)
    for name, (_address, reason, text) in targets.items():
        for obj in (world.wait_cluster(name, reason), world.wait_reason(name, reason)):
            assert text in condition(obj, "Ready")["message"]
            assert condition(obj, "Stalled")["status"] == "True"
    proxies.redirecting.forget()
    world.until(lambda: proxies.redirecting.count() >= 2, "it was asked again")
    assert {one.headers["Authorization"] for one in proxies.redirecting.requests} == {"Bearer s3cret"}
    assert proxies.redirecting.count("POST|PUT|DELETE") == 0
    assert proxies.elsewhere.requests == []
    assert proxies.unlisted.requests == []

    proxies.redirecting.clear()
    world.stack.configure({"allowedEndpoints": "127.0.0.0/8"})
    for name in ("redirecting", "unlisted"):
        world.wait_cluster(name)
        world.wait_reason(name, "Stopped")
    assert proxies.elsewhere.requests == []
