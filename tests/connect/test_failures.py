# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person is told when something is wrong."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from testbed.connect import ConnectCluster
from testbed.faults import Answer, Drop, FaultProxy, Hold, Rule
from testbed.kafka import Broker
from testbed.pki import Authority
from testbed.ports import free_ports
from testbed.process import Processes
from tests.connect.conftest import Ansible, Played, Rest

TASK: dict[str, Any] = {"name": "orders", "connector_class": "FileStreamSource", "config": {"file": "/nowhere", "topic": "lines"}}
HTML = {"Content-Type": "text/html"}


@pytest.fixture
def proxy(connect: ConnectCluster) -> Iterator[FaultProxy]:
    with FaultProxy(connect.url) as proxy:
        yield proxy


@pytest.fixture
def through(ansible: Ansible, proxy: FaultProxy) -> Ansible:
    """Ansible whose requests go through the proxy."""
    return replace(ansible, url=proxy.url)


def refused(played: Played, reason: str, *words: str) -> None:
    """It failed for that reason, naming the connector and the cause in one line, and shows nothing of our code."""
    assert played.failed, played.result
    assert played.result["error"]["reason"] == reason
    message = played.result["msg"]
    assert all(word in message for word in ("connector orders", *words)), message
    assert "\n" not in message
    assert "Traceback" not in played.output
    assert "exception" not in played.result


@pytest.mark.parametrize("task", [TASK, {"name": "orders", "state": "absent"}])
def test_nobody_listens(ansible: Ansible, task: dict[str, Any]) -> None:
    nobody = replace(ansible, url=f"http://127.0.0.1:{free_ports(1)[0]}")
    for check in (True, False):
        played = nobody.play(task, check_mode=check, verbose="-vvv")
        refused(played, "ConnectUnreachable", nobody.url, "connection refused")
        assert not played.result["changed"]
        assert "connector" not in played.result, "nothing is known of it"


def test_a_host_that_is_not_known(ansible: Ansible) -> None:
    refused(replace(ansible, url="http://no.such.host.invalid:8083").play(TASK), "ConnectUnreachable", "host name is not known")


@pytest.mark.parametrize(
    ("url", "words"),
    [("ftp://host", "http or https"), ("http://u:secret@host", "give credentials separately"), ("http://host/?x", "query"), ("host:8083", "schema")],
)
def test_an_url_that_is_none(ansible: Ansible, url: str, words: str) -> None:
    played = replace(ansible, url=url).play(TASK)
    assert played.failed
    assert played.result["error"]["reason"] == "InvalidSpec"
    assert words in played.result["msg"]
    assert "secret" not in played.result["msg"]


def test_a_path_that_is_not_that_of_connect(ansible: Ansible) -> None:
    refused(replace(ansible, url=f"{ansible.url}/nowhere").play(TASK), "NotConnect", "check")


@pytest.mark.parametrize("task", [TASK, {"name": "orders", "state": "absent"}])
def test_a_page_of_something_else(through: Ansible, proxy: FaultProxy, task: dict[str, Any]) -> None:
    proxy.add(Rule(".*", ".*", Answer(404, b"<html>not here</html>", HTML)))
    played = through.play(task)
    refused(played, "NotConnect", proxy.url)
    assert "not here" not in played.output
    assert proxy.count("POST|PUT|DELETE") == 0


def test_a_class_that_no_worker_has(ansible: Ansible, rest: Rest) -> None:
    refused(ansible.play({**TASK, "connector_class": "org.example.Missing"}), "PluginNotFound", "org.example.Missing")
    assert rest.config("orders") is None


def test_a_version_of_a_plugin(ansible: Ansible, through: Ansible, proxy: FaultProxy, rest: Rest) -> None:
    missing = ansible.play({**TASK, "plugin_version": "[9,10)"})
    refused(missing, "PluginNotFound", "FileStreamSource in version [9,10)")
    old = {"version": "3.9.1", "commit": "0", "kafka_cluster_id": "x"}
    proxy.add(Rule("GET", "/", Answer(200, json.dumps(old).encode())))
    refused(through.play({**TASK, "plugin_version": "[4,5)"}), "InvalidSpec", "4.1 or newer", "3.9", "plugin_version")
    assert proxy.count("POST|PUT") == 0
    assert rest.config("orders") is None
    assert not ansible.play({**TASK, "plugin_version": "[4,5)"}).failed
    assert (rest.config("orders") or {})["connector.plugin.version"] == "[4,5)"


def test_every_error_of_a_configuration_is_named(ansible: Ansible, rest: Rest) -> None:
    config = {"topic": "lines", "batch.size": "tiny-4711", "errors.tolerance": "some"}
    played = ansible.play({**TASK, "config": config})
    refused(played, "InvalidConfig", "batch.size must be a number", "errors.tolerance")
    assert not played.result["changed"]
    assert "tiny-4711" not in played.result["msg"]
    ansible.play(TASK)
    played = ansible.play({**TASK, "config": config})
    refused(played, "InvalidConfig", "batch.size must be a number")
    assert (rest.config("orders") or {})["file"] == "/nowhere"


def test_a_write_whose_answer_is_lost_is_not_called_done(through: Ansible, proxy: FaultProxy) -> None:
    proxy.add(Rule("POST", ".*", Drop(after=True)))
    played = through.play(TASK)
    refused(played, "ConnectUnreachable", "whether the create took effect is not known")
    assert proxy.count("POST") == 1
    proxy.clear()
    # It did take effect.
    assert not through.play(TASK).result["changed"]


def test_a_connect_that_does_not_answer_is_given_up(through: Ansible, proxy: FaultProxy) -> None:
    proxy.add(Rule("GET", ".*", Hold()))
    refused(through.play({**TASK, "timeout": 1}), "ConnectTimeout", "did not answer in time")


def test_a_redirect_is_not_followed(through: Ansible, proxy: FaultProxy) -> None:
    with FaultProxy(proxy.upstream) as other:
        proxy.add(Rule(".*", ".*", Answer(302, b"", {"Location": other.url})))
        refused(through.play({**TASK, "token": "bearer-4711"}), "NotConnect", "redirects")
        assert proxy.requests[0].headers["Authorization"] == "Bearer bearer-4711"
        assert other.count() == 0


def test_credentials(broker: Broker, ansible: Ansible, tmp_path: Path) -> None:
    (tmp_path / "users").write_text("ada: secret:word\n", encoding="utf-8")
    login = "org.apache.kafka.connect.rest.basic.auth.extension.PropertyFileLoginModule"
    (tmp_path / "jaas.conf").write_text(f'KafkaConnect {{ {login} required file="{tmp_path}/users"; }};\n', encoding="utf-8")
    extension = "org.apache.kafka.connect.rest.basic.auth.extension.BasicAuthSecurityRestExtension"
    with Processes(tmp_path / "guarded") as processes:
        guarded = ConnectCluster(
            processes,
            broker,
            name="guarded",
            properties={"rest.extension.classes": extension},
            options=(f"-Djava.security.auth.login.config={tmp_path}/jaas.conf",),
        )
        guarded.start()
        guarded.wait_healthy()
        there = replace(ansible, url=guarded.url)
        refused(there.play(TASK), "ConnectUnauthorized", "credentials")
        wrong = there.play({**TASK, "url_username": "ada", "url_password": "wrong-word"}, verbose="-vvv")
        refused(wrong, "ConnectUnauthorized", "credentials")
        assert "wrong-word" not in wrong.output
        created = there.play(TASK, env={"KAFKA_CONNECT_URL_USERNAME": "ada", "KAFKA_CONNECT_URL_PASSWORD": "secret:word"})
        assert created.result["actions"] == ["create"], created.output


def speak_tls(proxy: FaultProxy, authority: Authority, *, client_certificate: bool) -> str:
    """Make a proxy speak TLS; its URL from then on."""
    pair = authority.server("connect")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=authority.certificate)
    context.load_cert_chain(pair.public, pair.private)
    context.verify_mode = ssl.CERT_REQUIRED if client_certificate else ssl.CERT_NONE
    assert proxy._server is not None
    proxy._server.socket = context.wrap_socket(proxy._server.socket, server_side=True)
    return proxy.url.replace("http:", "https:")


def test_certificates(through: Ansible, proxy: FaultProxy, tmp_path: Path) -> None:
    authority = Authority(tmp_path / "pki")
    there = replace(through, url=speak_tls(proxy, authority, client_certificate=False))
    refused(there.play(TASK), "ConnectUnreachable", "its certificate is not trusted")
    assert proxy.requests == []
    assert there.play({**TASK, "ca_path": str(authority.certificate)}).result["actions"] == ["create"]
    assert not there.play({**TASK, "validate_certs": False}).failed


def test_client_certificate(through: Ansible, proxy: FaultProxy, tmp_path: Path) -> None:
    authority = Authority(tmp_path / "pki")
    there = replace(through, url=speak_tls(proxy, authority, client_certificate=True))
    trusting = {**TASK, "ca_path": str(authority.certificate)}
    refused(there.play(trusting), "ConnectUnreachable", "client certificate")
    pair = authority.client("deploy", "operators")
    shown = {"client_cert": str(pair.public), "client_key": str(pair.private)}
    assert there.play({**trusting, **shown}).result["actions"] == ["create"]
