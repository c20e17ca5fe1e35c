# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real Connects behind TLS, client certificates and passwords: what is wrong is named, and a Secret or a server that is put right is enough."""

from __future__ import annotations

import base64
import json
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
import requests

from testbed import manifests
from testbed.connect import ConnectCluster
from testbed.faults import Answer, FaultProxy, Rule
from testbed.pki import Authority, KeyPair
from testbed.rest_access import Tls
from testbed.stack import Stack
from tests.e2e.bystander import untouched
from tests.e2e.world import OUR_AGENT, World, condition

# The first test waits for several restarts of workers.
pytestmark = pytest.mark.timeout(500)

USER, FIRST, SECOND = "ada", "s3cret:first é", "s3cret-second"
PERIOD = "8s"

Spec = dict[str, Any]


@dataclass(frozen=True)
class Guarded:
    """Two Connects over HTTPS: one asks for a password, the other for a certificate."""

    asking: ConnectCluster
    certified: ConnectCluster
    servers: Authority
    clients: Authority
    client: KeyPair

    def tls(self, server: KeyPair) -> Tls:
        """A listener that lets only in who has a certificate."""
        return Tls(server, clients=self.clients.certificate, client=self.client)


@pytest.fixture(scope="module")
def guarded(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    folder = tmp_path_factory.mktemp("guarded")
    servers, clients = Authority(folder / "servers", "servers"), Authority(folder / "clients", "clients")
    client = clients.client("operator", "clients")
    certifying = Tls(servers.server("certified"), clients=clients.certificate, client=client)
    asking = stack.connect_cluster("asking", heap="256m", tls=Tls(servers.server("asking")), credentials={USER: FIRST})
    certified = stack.connect_cluster("certified", heap="256m", tls=certifying)
    with ExitStack() as running:
        for cluster in (asking, certified):
            running.callback(cluster.stop)
            cluster.start()
        for cluster in (asking, certified):
            cluster.wait_healthy()
        yield Guarded(asking, certified, servers, clients, client)


@pytest.fixture(autouse=True)
def nothing_else_is_touched(world: World, guarded: Guarded) -> Iterator[None]:
    with untouched(world, world.stack.connect, guarded.asking, guarded.certified):
        yield


def basic(secret: str) -> Spec:
    return {"basic": {"secretRef": {"name": secret}}}


def login(password: str) -> dict[str, str]:
    return {"username": USER, "password": password}


def create_config_map(world: World, name: str, data: Mapping[str, str]) -> None:
    path = "/api/v1/namespaces/default/configmaps"
    if not world.api.find(f"{path}/{name}"):
        world.api.create(path, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": dict(data)})


def create_both(world: World, connections: Mapping[str, Spec]) -> None:
    """Connections, and for each a connector of its name."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: world.create_cluster(name, **{"syncPeriod": PERIOD, **connections[name]}), connections))
    world.create_all(world.manifest(name, cluster=name) for name in connections)


def expect(world: World, name: str, reason: str, *texts: str) -> None:
    """The connection and its connector come to have the reason, in a message that names all this, and no value of a Secret."""
    # A worker that restarts is out of reach for another cause first.
    for obj in (world.wait_cluster(name, reason, texts=texts), world.wait_reason(name, reason, texts=texts)):
        assert "s3cret" not in json.dumps(obj)


def expect_healthy(world: World, *names: str) -> None:
    """Both work, and nobody has touched them since they were made."""
    for name in names:
        for obj in (world.wait_cluster(name), world.wait_reason(name, "Stopped")):
            assert obj["metadata"]["generation"] == 1


def sent_with(proxy: FaultProxy, authorization: str) -> list[tuple[str, str]]:
    """Method and path of the requests with these credentials."""
    return [(request.method, request.path) for request in proxy.requests if request.headers.get("Authorization") == authorization]


def test_kubernetes_is_read_live_and_no_more_than_needed(world: World, guarded: Guarded) -> None:
    """From the audit log: each pass reads each thing once, by name, from the API server itself; nobody lists or watches Secrets."""
    authority = guarded.servers.certificate.read_text(encoding="ascii")
    asking, team = guarded.asking, "access-team"
    world.create_namespace(team, {"access": "granted"})
    world.set_secret("watched-login", login(FIRST))
    create_config_map(world, "watched-authority", {"ca.crt": authority})
    world.create_cluster(
        "watched",
        url=asking.url,
        authentication=basic("watched-login"),
        tls={"caConfigMapRef": {"name": "watched-authority"}},
        allowedNamespaces={"from": "Selector", "selector": {"matchLabels": {"access": "granted"}}},
        policy={"connectorNames": ["{namespace}.*", "home"]},
    )
    world.create(world.manifest("home", cluster="watched"))
    world.create(world.manifest("away", cluster="default/watched", connectorName=f"{team}.away"), team)
    for name, namespace in (("home", "default"), ("away", team)):
        world.wait_reason(name, "Stopped", namespace=namespace)
    world.wait_cluster("watched")
    world.until(world.stack.operator.idle, "no run is under way")
    mark = world.stack.control_plane.audit_end()
    cluster = ("get", "kafkaconnectclusters", "default", "watched")

    expected = Counter(
        [
            cluster,
            ("get", "configmaps", manifests.NAMESPACE, manifests.SETTINGS),
            ("get", "secrets", "default", "watched-login"),
            ("get", "configmaps", "default", "watched-authority"),
            ("list", "kafkaconnectors", "", ""),
            ("get", "namespaces", team, team),
        ]
    )

    def passes() -> list[Counter[tuple[str, str, str, str]]]:
        """What was read from each look at the connection to the next."""
        found: list[Counter[tuple[str, str, str, str]]] = []
        # A run also clears up after a few objects of which it finds that they are gone, as those of other tests are.
        for one in (one for one in world.asked(mark) if one.status != requests.codes.not_found):
            read = (one.verb, one.resource, one.namespace, one.name)
            if read == cluster:
                found.append(Counter())
            if found:
                found[-1][read] += 1
        return found

    # A last run of an object that was just created may come in between.
    world.until(lambda: any(pair == (expected, expected) for pair in pairwise(passes())), "two passes in a row that read just that")
    # Since the stack was started, by whomever.
    everything = world.stack.control_plane.requests(user=world.stack.operator.user)
    private = [one for one in everything if one.resource in ("secrets", "configmaps", "namespaces")]
    assert {one.verb for one in private} == {"get"}
    assert {one.agent for one in private} == {OUR_AGENT}
    assert [one for one in everything if one.agent == OUR_AGENT and one.verb == "watch"] == []
    assert {one.status for one in private} <= {200, 404}


def test_credentials_on_their_way(world: World, proxy: FaultProxy) -> None:
    """Headers as the server sees them: sent unasked for, none left out, and new ones as soon as the Secret has them."""
    world.set_secret("token", {"token": "first"})
    world.set_secret("tenant", {"X-Tenant": "people"})
    world.set_secret("login", login(FIRST))
    create_both(
        world,
        {
            "bearing": {
                "url": proxy.url,
                "authentication": {"bearer": {"secretRef": {"name": "token"}}},
                "headersFrom": [{"secretRef": {"name": "tenant"}}],
                "syncPeriod": "5s",
            },
            "named": {"url": proxy.url, "authentication": basic("login"), "syncPeriod": "24h"},
        },
    )
    expect_healthy(world, "bearing", "named")
    encoded = base64.b64encode(f"{USER}:{FIRST}".encode()).decode()
    seen = {(request.headers.get("Authorization"), request.headers.get("X-Tenant")) for request in proxy.requests}
    assert seen == {("Bearer first", "people"), (f"Basic {encoded}", None)}
    assert {method for method, _path in sent_with(proxy, "Bearer first")} >= {"GET", "POST"}

    world.set_secret("token", {"token": "second"})
    proxy.forget()
    world.until(lambda: bool(sent_with(proxy, "Bearer second")), "the new token is used")
    # A pass that had read the Secret before may have been under way.
    assert len([path for _method, path in sent_with(proxy, "Bearer first") if "expand" in path]) <= 1

    before = world.wait_cluster("bearing")
    rotated = threading.Event()

    def refusal() -> Iterator[bytes]:
        rotated.wait(20)
        yield b"User cannot access the resource."

    refused = proxy.add(Rule("GET", r"/connectors\?expand=.*", Answer(401, refusal), times=1))
    refused.wait_hit()
    mark = world.stack.control_plane.audit_end()
    world.set_secret("token", {"token": "third"})
    proxy.forget()
    rotated.set()
    world.until(lambda: bool(sent_with(proxy, "Bearer third")), "the pass goes on with the third token")
    assert sent_with(proxy, "Bearer second") == []
    ours = [request for request in world.asked(mark) if request.verb == "get"]
    # It was this very pass: none other has begun, and of what it read only the credentials were read again.
    assert [(request.resource, request.name) for request in ours][:2] == [("secrets", "token"), ("secrets", "tenant")]
    assert condition(world.wait_cluster("bearing"), "Ready") == condition(before, "Ready")


def test_what_is_wrong_is_named_and_heals_by_itself(world: World, guarded: Guarded) -> None:
    asking, certified = guarded.asking, guarded.certified
    authority = guarded.servers.certificate.read_text(encoding="ascii")
    stranger = guarded.clients.certificate.read_text(encoding="ascii")
    pair = {"tls.crt": guarded.client.public.read_text(encoding="ascii"), "tls.key": guarded.client.private.read_text(encoding="ascii")}
    world.set_secret("login", login(FIRST))
    world.set_secret("wrong", login("s3cret-wrong"))
    world.set_secret("half", {"username": USER})
    world.set_secret("pulling", {".dockerconfigjson": "{}"}, kind="kubernetes.io/dockerconfigjson")
    world.set_secret("broken", {"token": "s3cret-token\n"})
    world.set_secret("authority", {"ca.crt": authority})
    world.set_secret("stranger", {"ca.crt": stranger})
    world.set_secret("pair", pair, kind="kubernetes.io/tls")
    create_config_map(world, "authority", {"bundle.pem": authority})
    trusting: Spec = {"tls": {"caSecretRef": {"name": "authority"}}}
    create_both(
        world,
        {
            "by-secret": {"url": asking.url, "authentication": basic("login"), **trusting},
            "by-config-map": {
                "url": asking.url,
                "authentication": basic("login"),
                "tls": {"caConfigMapRef": {"name": "authority", "key": "bundle.pem"}},
                "syncPeriod": "24h",
            },
            "seldom": {"url": asking.url, "authentication": basic("login"), **trusting, "syncPeriod": "24h"},
            "by-certificate": {"url": certified.url, "authentication": {"clientCertificate": {"secretRef": {"name": "pair"}}}, **trusting},
            "no-certificate": {"url": certified.url, **trusting},
            "wrong-ca": {"url": asking.url, "authentication": basic("login"), "tls": {"caSecretRef": {"name": "stranger"}}},
            "wrong-password": {"url": asking.url, "authentication": basic("wrong"), **trusting},
            "no-secret": {"url": asking.url, "authentication": basic("later"), **trusting},
            "no-key": {"url": asking.url, "authentication": basic("half"), **trusting},
            "forbidden": {"url": asking.url, "authentication": basic("pulling"), **trusting},
            "broken-token": {"authentication": {"bearer": {"secretRef": {"name": "broken"}}}},
        },
    )
    healthy = ("by-secret", "by-config-map", "by-certificate", "seldom")
    expect_healthy(world, *healthy)
    expect(world, "wrong-ca", "ConnectUnreachable", asking.url, "its certificate is not trusted", "Secret stranger")
    expect(world, "no-certificate", "ConnectUnreachable", certified.url, "it wants a client certificate", "spec.authentication")
    expect(world, "wrong-password", "ConnectUnauthorized", asking.url, "401", "Secret wrong")
    expect(world, "no-secret", "ReferenceNotFound", "Secret later", "is not there; create it")
    expect(world, "no-key", "ReferenceNotFound", "Secret half", "has no key password; add it")
    expect(world, "forbidden", "InvalidSpec", "Secret of type kubernetes.io/dockerconfigjson", "may not be used")
    expect(world, "broken-token", "InvalidSpec", "Secret broken", "key token", "line break")

    # From here on, only Secrets and servers change.
    with ThreadPoolExecutor(2) as pool:
        changes = [
            pool.submit(asking.set_credentials, {USER: SECOND}),
            pool.submit(certified.set_tls, guarded.tls(guarded.servers.server("expired", expired=True))),
        ]
        world.set_secret("broken", {"token": "whole"})
        world.set_secret("stranger", {"ca.crt": authority})
        world.set_secret("later", login(SECOND))
        world.set_secret("half", login(SECOND))
        world.set_secret("wrong", login(SECOND))
        world.delete_secret("pulling")
        world.set_secret("pulling", login(SECOND))
        for change in changes:
            change.result()
    for name in ("by-secret", "wrong-ca"):
        expect(world, name, "ConnectUnauthorized", "401", "Secret login")
    for name in ("by-certificate", "no-certificate"):
        expect(world, name, "ConnectUnreachable", "its certificate has expired")
    expect_healthy(world, "broken-token", "no-secret", "no-key", "forbidden", "wrong-password")

    with ThreadPoolExecutor(1) as pool:
        renewed = pool.submit(certified.set_tls, Tls(guarded.servers.server("renewed")))
        # An edit does not wait for the period of its connection, neither for what fails nor once the Secret is right.
        world.patch("seldom", {"spec": {"config": {"topic": "edited"}}})
        world.wait_reason("seldom", "ConnectUnauthorized")
        world.set_secret("login", login(SECOND))
        world.patch("seldom", {"spec": {"config": {"topic": "edited-again"}}})
        world.wait_reason("seldom", "Stopped")
        assert asking.request("GET", "/connectors/seldom/config").json()["topic"] == "edited-again"
        expect_healthy(world, "by-secret", "wrong-ca")
        renewed.result()
    expect_healthy(world, "by-certificate", "no-certificate")
    for secret in (FIRST, SECOND, "s3cret", "whole"):
        assert secret not in world.operator_log()
