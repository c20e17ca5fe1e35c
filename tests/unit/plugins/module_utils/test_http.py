# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One request to a server that means no good: limits, addresses, and what the failure is called."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils._address import AddressPolicy, allowed_endpoints, anywhere
from ansible_collections.saiello.kafka_connect.plugins.module_utils._http import LARGE, MIB, Answer, Failure, NoAnswer, RequestsTransport
from ansible_collections.saiello.kafka_connect.plugins.module_utils._tls import tls_context

from .certificate import certified
from .hostile import Behaviour, HostileServer, Visit, always, hostile, tls

SERVER = certified("hostile")
SECONDS = 0.3
# What a busy machine may add to a limit; far below the second limit that a request without a watch would take.
GRACE = 0.5


@pytest.fixture
def transport() -> Iterator[RequestsTransport]:
    made = RequestsTransport()
    yield made
    made.session.close()


def get(
    transport: RequestsTransport, url: str, *, seconds: float = SECONDS, size: int = MIB, method: str = "GET", body: bytes | None = None
) -> Answer:
    return transport.send(method, url, body=body, headers={}, seconds=seconds, size=size)


def failure(transport: RequestsTransport, url: str, **more: Any) -> NoAnswer:
    started = time.monotonic()
    with pytest.raises(NoAnswer) as failed:
        get(transport, url, **more)
    assert time.monotonic() - started < more.get("seconds", SECONDS) + GRACE
    assert "hunter2" not in str(failed.value)
    return failed.value


def after_request(act: Callable[[Visit], None]) -> Behaviour:
    def behave(visit: Visit) -> None:
        visit.request()
        act(visit)

    return behave


def raw(data: bytes) -> Behaviour:
    return after_request(lambda visit: visit.send(data))


def endless(visit: Visit) -> None:
    visit.send(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        visit.send(b"hunter2 " * 1000)


def endless_chunks(visit: Visit) -> None:
    visit.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        visit.send(b"3e8\r\n" + b"x" * 1000 + b"\r\n")


def drip_body(visit: Visit) -> None:
    visit.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    visit.drip(b"hunter2", 0.02)


def drip_then_silence(visit: Visit) -> None:
    """With this header the connection hands its socket over to the answer."""
    visit.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    for _ in range(7):
        visit.send(b"{")
        visit.pause(0.1)
    visit.pause(60)


def drip_headers(visit: Visit) -> None:
    visit.send(b"HTTP/1.1 200 OK\r\nX: ")
    visit.drip(b"hunter2", 0.02)


def drip_many_headers(visit: Visit) -> None:
    visit.send(b"HTTP/1.1 100 Continue\r\n\r\n")
    visit.drip(b"HTTP/1.1 100 Continue\r\n\r\n", 0.002)


# -- limits


@pytest.mark.parametrize("act", [drip_body, drip_headers, drip_many_headers, lambda visit: visit.pause(60)])
def test_a_slow_answer_is_cut(transport: RequestsTransport, act: Callable[[Visit], None]) -> None:
    with hostile(after_request(act)) as server:
        failed = failure(transport, server.url)
    assert (failed.failure, failed.sent) == (Failure.TIMEOUT, True)


def test_a_slow_answer_is_cut_also_when_it_falls_silent_at_the_end(transport: RequestsTransport) -> None:
    with hostile(after_request(drip_then_silence)) as server:
        assert failure(transport, server.url, seconds=0.8).failure is Failure.TIMEOUT


@pytest.mark.parametrize("act", [endless, endless_chunks])
def test_an_endless_answer_is_cut(transport: RequestsTransport, act: Callable[[Visit], None]) -> None:
    with hostile(after_request(act)) as server:
        failed = failure(transport, server.url, seconds=20.0, size=100_000)
    assert (failed.failure, failed.sent) == (Failure.TOO_BIG, True)


def test_an_answer_of_the_very_size_is_read(transport: RequestsTransport) -> None:
    with hostile(always(200, b"x" * 1000)) as server:
        assert get(transport, server.url, size=1000).body == b"x" * 1000
        assert failure(transport, server.url, size=999).failure is Failure.TOO_BIG


def test_what_is_compressed_is_not_inflated(transport: RequestsTransport) -> None:
    bomb = gzip.compress(b"0" * 20 * MIB)
    with hostile(always(200, bomb, Content_Encoding="gzip")) as server:
        assert get(transport, server.url, size=len(bomb)).body == bomb
        assert server.requests[0][3]["accept-encoding"] == "identity"


@pytest.mark.parametrize("head", [b"X: " + b"x" * 70_000, b"".join(b"X%d: x\r\n" % number for number in range(200))])
def test_too_many_headers(transport: RequestsTransport, head: bytes) -> None:
    with hostile(raw(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n")) as server:
        assert failure(transport, server.url).sent


def test_a_request_that_nobody_reads_is_cut(transport: RequestsTransport) -> None:
    with hostile(lambda visit: visit.pause(60)) as server:
        failed = failure(transport, server.url, method="PUT", body=b"x" * 30 * MIB)
    assert (failed.failure, failed.sent) == (Failure.TIMEOUT, True)


# -- broken answers


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhunter2",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nhunter2",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nhunter2\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhunter2\r\n",
        b"",
    ],
)
def test_half_an_answer_is_none(transport: RequestsTransport, data: bytes) -> None:
    with hostile(raw(data)) as server:
        failed = failure(transport, server.url)
    assert (failed.failure, failed.sent) == (Failure.BROKEN, True)


@pytest.mark.parametrize(
    "data", [b"hunter2\r\n\r\n", b"\x15\x03\x03\x00\x02\x02\x50", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 hunter2 OK\r\n\r\n", b"\n" * 70_000]
)
def test_what_is_no_http(transport: RequestsTransport, data: bytes) -> None:
    with hostile(raw(data)) as server:
        failed = failure(transport, server.url)
    assert (failed.failure, failed.sent) == (Failure.NOT_HTTP, True)


def test_a_reset_in_the_middle(transport: RequestsTransport) -> None:
    def reset(visit: Visit) -> None:
        visit.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhunter2")
        visit.reset()

    with hostile(after_request(reset)) as server:
        failed = failure(transport, server.url)
    assert (failed.failure, failed.sent) == (Failure.BROKEN, True)


def test_nobody_there(transport: RequestsTransport) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    failed = failure(transport, f"http://127.0.0.1:{port}")
    assert (failed.failure, failed.sent) == (Failure.REFUSED, False)


def test_a_name_that_nobody_knows(transport: RequestsTransport, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "hunter2")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    failed = failure(transport, "http://nowhere.example:8083")
    assert (failed.failure, failed.sent) == (Failure.UNREACHABLE, False)


def test_a_connection_that_is_never_made(transport: RequestsTransport) -> None:
    """A full backlog: the kernel answers no further SYN."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, socket.socket() as first, socket.socket() as second:
        for one in (first, second):
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        failed = failure(transport, f"http://127.0.0.1:{full.getsockname()[1]}")
    assert (failed.failure, failed.sent) == (Failure.UNREACHABLE, False)


def test_nothing_is_sent_once_the_time_is_over(transport: RequestsTransport, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name was looked up for longer than the whole request may take, and then there is a connection all the same."""
    real = socket.getaddrinfo

    def slow(*args: Any, **more: Any) -> Any:
        time.sleep(0.3)
        return real(*args, **more)

    with hostile(always(200)) as server:
        monkeypatch.setattr(socket, "getaddrinfo", slow)
        failed = failure(transport, server.url, seconds=0.1, method="PUT", body=b"x")
    assert (failed.failure, failed.sent) == (Failure.UNREACHABLE, False)
    assert server.received == 0


# -- connections


def test_a_connection_is_used_again(transport: RequestsTransport) -> None:
    with hostile(always(200, b"{}")) as server:
        for _ in range(5):
            assert get(transport, server.url).status == 200
        assert get(transport, server.url, method="PUT", body=b"x").status == 200
    assert server.accepts == 1


def test_a_connection_that_was_cut_is_not(transport: RequestsTransport) -> None:
    def behave(visit: Visit) -> None:
        visit.request()
        if visit.server.accepts == 1:
            visit.pause(60)
        visit.answer(200, b"{}")

    with hostile(behave) as server:
        assert failure(transport, server.url).failure is Failure.TIMEOUT
        assert get(transport, server.url).status == 200
        assert server.accepts == 2


def test_a_kept_connection_that_the_server_closed_is_made_anew(transport: RequestsTransport) -> None:
    closed = threading.Event()

    def behave(visit: Visit) -> None:
        visit.request()
        visit.answer(200, b"{}")
        visit.connection.shutdown(socket.SHUT_RDWR)
        closed.set()

    with hostile(behave) as server:
        assert get(transport, server.url).status == 200
        assert closed.wait(5)
        assert get(transport, server.url).status == 200
        assert server.accepts == 2


@pytest.mark.parametrize("act", [drip_body, drip_headers])
def test_the_limit_holds_on_a_kept_connection(transport: RequestsTransport, act: Callable[[Visit], None]) -> None:
    def behave(visit: Visit) -> None:
        visit.request()
        visit.answer(200, b"{}")
        visit.request()
        act(visit)

    with hostile(behave) as server:
        assert get(transport, server.url).status == 200
        failed = failure(transport, server.url)
        assert (failed.failure, failed.sent) == (Failure.TIMEOUT, True)
        assert server.accepts == 1


def test_a_redirect_is_an_answer_and_not_followed(transport: RequestsTransport) -> None:
    with hostile(always(200)) as target, hostile(always(302, Location=f"{target.url}/connectors")) as server:
        answer = get(transport, server.url)
        assert answer.status == 302
        assert target.accepts == 0


def test_the_environment_is_not_asked(transport: RequestsTransport, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with hostile(always(200)) as proxy, hostile(always(200)) as server:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        netrc = tmp_path / ".netrc"
        netrc.write_text("machine 127.0.0.1 login someone password hunter2\n", encoding="utf-8")
        netrc.chmod(0o600)
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("NETRC", str(netrc))
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none"))
        assert get(transport, server.url).status == 200
        assert proxy.accepts == 0
        assert "authorization" not in server.requests[0][3]


# -- TLS


def test_tls_to_what_speaks_none(transport: RequestsTransport) -> None:
    with hostile(lambda visit: visit.send(b"HTTP/1.1 400 hunter2\r\n\r\n")) as server:
        failed = failure(transport, server.url.replace("http", "https"), seconds=5.0)
    assert (failed.failure, failed.sent) == (Failure.TLS, False)
    assert "does not speak TLS" in str(failed)


def test_a_handshake_that_never_ends(transport: RequestsTransport) -> None:
    with hostile(lambda visit: visit.drip(b"\x16\x03\x03\x40\x00", 0.02)) as server:
        failed = failure(transport, server.url.replace("http", "https"))
    assert not failed.sent


@pytest.fixture(scope="module")
def server_tls(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    return SERVER.server(tmp_path_factory.mktemp("tls"))


def test_a_certificate_that_nobody_signed(transport: RequestsTransport, server_tls: ssl.SSLContext) -> None:
    with hostile(tls(server_tls, always(200))) as server:
        failed = failure(transport, server.url.replace("http", "https"), seconds=5.0)
        assert server.requests == []
    assert (failed.failure, failed.sent) == (Failure.TLS, False)
    assert "certificate is not trusted" in str(failed)


def test_http_to_a_tls_port(transport: RequestsTransport, server_tls: ssl.SSLContext) -> None:
    with hostile(tls(server_tls, always(200))) as server:
        failed = failure(transport, server.url)
        assert server.requests == []
    assert failed.failure in (Failure.NOT_HTTP, Failure.BROKEN)


@pytest.mark.parametrize("act", [drip_body, drip_then_silence, drip_headers])
def test_the_limit_holds_inside_tls(server_tls: ssl.SSLContext, act: Callable[[Visit], None]) -> None:
    trusting = RequestsTransport(tls=tls_context(authority=SERVER.certificate))
    with hostile(tls(server_tls, after_request(act))) as server:
        failed = failure(trusting, server.url.replace("http", "https"))
        trusting.session.close()
    assert (failed.failure, failed.sent) == (Failure.TIMEOUT, True)


def test_tls_that_breaks_after_the_request_leaves_the_outcome_open(server_tls: ssl.SSLContext) -> None:
    """A record that cannot be decrypted: the request was sent, and may have been carried out."""
    trusting = RequestsTransport(tls=tls_context(authority=SERVER.certificate))

    def break_off(visit: Visit) -> None:
        visit.request()
        plain = socket.socket(fileno=socket.dup(visit.connection.fileno()))
        with plain:
            plain.sendall(b"\x17\x03\x03\x00\x40" + b"\x00" * 64)
        visit.pause(1)

    with hostile(tls(server_tls, break_off)) as server:
        failed = failure(trusting, server.url.replace("http", "https"), method="POST", body=b"x")
        trusting.session.close()
        assert [request[0] for request in server.requests] == ["POST"]
    assert failed.sent


def test_a_worker_that_is_killed_breaks_off(server_tls: ssl.SSLContext) -> None:
    """No word of TLS says so; what was read can be read elsewhere or again."""
    trusting = RequestsTransport(tls=tls_context(authority=SERVER.certificate))

    def die(visit: Visit) -> None:
        visit.request()
        visit.connection.shutdown(socket.SHUT_RDWR)

    with hostile(tls(server_tls, die)) as server:
        failed = failure(trusting, server.url.replace("http", "https"))
        trusting.session.close()
    assert (failed.failure, failed.sent) == (Failure.BROKEN, True)
    # Neither does one that misses a client certificate, when its alert is lost.
    assert "client certificate" in str(failed)


# -- addresses


def refused_by(policy: AddressPolicy, server: HostileServer, host: str, scheme: str = "http") -> NoAnswer:
    transport = RequestsTransport(policy)
    with pytest.raises(NoAnswer) as failed:
        get(transport, f"{scheme}://{host}:{server.port}", method="PUT", body=b"x")
    transport.session.close()
    return failed.value


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "0", "0.0.0.0", "2130706433", "0x7f.1"])
def test_loopback_is_refused_whatever_it_is_called(host: str, scheme: str) -> None:
    with hostile(always(200)) as server:
        failed = refused_by(allowed_endpoints(None), server, host, scheme)
    assert (failed.failure, failed.sent) == (Failure.NOT_ALLOWED, False)
    assert server.received == 0


@pytest.mark.parametrize("host", ["[::1]", "ip6-localhost"])
def test_loopback_is_refused_by_ipv6(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda name, *args, **more: real("::1" if name == "ip6-localhost" else name, *args, **more))
    try:
        with hostile(always(200), "::1") as server:
            failed = refused_by(allowed_endpoints("*\n0.0.0.0/0"), server, host)
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    assert failed.failure is Failure.NOT_ALLOWED
    assert (server.accepts, server.received) == (1, 0)


def test_a_name_that_leads_to_loopback_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda name, *args, **more: real("127.0.0.1", *args, **more))
    with hostile(always(200)) as server:
        failed = refused_by(allowed_endpoints("connect.example.com"), server, "connect.example.com")
    assert failed.failure is Failure.NOT_ALLOWED
    assert (server.accepts, server.received) == (1, 0)


def test_what_the_administrator_lists_is_spoken_to() -> None:
    with hostile(always(200, b"{}")) as server:
        transport = RequestsTransport(allowed_endpoints(f"127.0.0.1:{server.port}"))
        assert get(transport, f"http://localhost:{server.port}").status == 200
        transport.session.close()


def test_the_policy_sees_the_address_that_was_really_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name means one address when it is asked for first, and another when it is connected to."""
    seen: list[tuple[str, str, str, int]] = []

    def policy(host: str, peer: str, own: str, port: int) -> str | None:
        seen.append((host, peer, own, port))
        return None

    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda name, *args, **more: real("127.0.0.1", *args, **more))
    with hostile(always(200)) as server:
        transport = RequestsTransport(policy)
        for _ in range(2):
            get(transport, f"http://connect.example.com:{server.port}")
        transport.session.close()
        assert seen == [("connect.example.com", "127.0.0.1", "127.0.0.1", server.port)]


def test_a_person_at_work_may_speak_to_loopback() -> None:
    assert RequestsTransport().policy is anywhere


# -- bodies


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe\x00", b'{"a": "\xc3\x28"}', b"[" * 200_000, b'{"a":' * 100_000, b"9" * 5000, b"<html>", b"{} x"]
)
def test_what_is_no_json(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        Answer(200, {}, body).json()


@pytest.mark.parametrize("unit", [b"[],", b"{},", b"[[[[]]]],", b'{"a":1},', b'{"abc":"defg"},'])
def test_what_would_take_too_much_memory_is_no_json(unit: bytes) -> None:
    """Brackets take up to 50 times their size as objects; a real list has one for every 40 bytes or more."""
    body = b"[" + unit * (2 * MIB // len(unit)) + b"[]]"
    with pytest.raises(ValueError, match="too many"):
        Answer(200, {}, body).json()


@pytest.mark.parametrize(("size", "entered"), [(MIB, 0), (LARGE, 0), (LARGE + 1, 1)])
def test_a_large_answer_is_parsed_where_there_is_room_for_it(size: int, entered: int) -> None:
    parsing = []

    @contextmanager
    def room() -> Iterator[None]:
        parsing.append(True)
        yield
        parsing[-1] = False

    text = "x" * (size - 2)
    assert Answer(200, {}, f'"{text}"'.encode(), room).json() == text
    with pytest.raises(ValueError, match="Expecting"):
        Answer(200, {}, b"!" * size, room).json()
    assert parsing == [False] * entered + [True] * entered


def test_an_answer_comes_with_the_room_of_its_transport() -> None:
    entered = []

    @contextmanager
    def room() -> Iterator[None]:
        entered.append(True)
        yield

    body = b'"' + b"x" * LARGE + b'"'
    made = RequestsTransport(room=room)
    with hostile(after_request(lambda visit: visit.answer(200, body))) as server:
        assert get(made, server.url, seconds=10, size=2 * LARGE).json() == "x" * LARGE
    made.session.close()
    assert entered == [True]
