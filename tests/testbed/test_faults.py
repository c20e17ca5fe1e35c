# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from testbed.black_hole import BlackHole
from testbed.faults import Answer, Drip, Drop, FaultProxy, Hold, Rule

ECHO_PATH = "/connectors/a->b?expand=info"


class Echo(BaseHTTPRequestHandler):
    """Answers with what it was asked, and keeps count."""

    protocol_version = "HTTP/1.1"
    seen: list[str]

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.seen.append(f"{self.command} {self.path}")
        status = 204 if self.command == "DELETE" else 200
        self.send_response(status)
        self.send_header("X-Echo", self.headers.get("X-Sent", ""))
        if status == 200:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if status == 200:
            self.wfile.write(body)

    do_GET = do_PUT = do_DELETE = _serve  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def seen() -> list[str]:
    return []


@pytest.fixture
def proxy(seen: list[str]) -> Iterator[FaultProxy]:
    handler = type("Handler", (Echo,), {"seen": seen})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    with FaultProxy(f"http://127.0.0.1:{server.server_port}") as proxy:
        yield proxy
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as pool:
        yield pool


def put(proxy: FaultProxy, path: str = "/connectors/a/config") -> requests.Response:
    return requests.put(proxy.url + path, data=b"{}", timeout=30)


def test_requests_pass_and_are_recorded(proxy: FaultProxy, seen: list[str]) -> None:
    answer = requests.put(f"{proxy.url}{ECHO_PATH}", data=b"text", headers={"X-Sent": "yes"}, timeout=10)
    assert (answer.status_code, answer.content, answer.headers["X-Echo"]) == (200, b"text", "yes")
    assert requests.delete(f"{proxy.url}/connectors/a", timeout=10).status_code == 204
    assert seen == ["PUT /connectors/a-%3Eb?expand=info", "DELETE /connectors/a"]
    assert [(request.method, request.status, request.body) for request in proxy.requests] == [("PUT", 200, b"text"), ("DELETE", 204, b"")]
    assert proxy.count("PUT") == 1
    assert proxy.count(path=r"/connectors/a") == 1


def test_an_answer_takes_the_place_of_connect(proxy: FaultProxy, seen: list[str]) -> None:
    rule = proxy.add(Rule("GET", r"/connectors/.*", Answer(429, b'{"error_code":429}', {"Retry-After": "7"}), times=1))
    answer = requests.get(f"{proxy.url}/connectors/a", timeout=10)
    assert (answer.status_code, answer.headers["Retry-After"], answer.json()) == (429, "7", {"error_code": 429})
    assert seen == []
    assert requests.get(f"{proxy.url}/connectors/a", timeout=10).status_code == 200
    assert rule.hits == 1
    assert [request.forwarded for request in proxy.requests] == [False, True]


def test_a_body_can_go_on_without_end(proxy: FaultProxy) -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b" " * 1024

    proxy.add(Rule("GET", "/", Answer(200, endless)))
    with requests.get(proxy.url, stream=True, timeout=10) as answer:
        taken = answer.iter_content(1024)
        assert sum(len(next(taken)) for _ in range(1000)) >= 1_000_000


def test_a_request_is_held_before_connect_sees_it(proxy: FaultProxy, seen: list[str], pool: ThreadPoolExecutor) -> None:
    rule = proxy.add(Rule("PUT", r"/connectors/a/config", Hold()))
    held: Future[requests.Response] = pool.submit(put, proxy)
    rule.wait_hit()
    assert put(proxy, "/connectors/b/config").status_code == 200
    assert seen == ["PUT /connectors/b/config"]
    rule.release()
    assert held.result(timeout=10).status_code == 200
    assert seen == ["PUT /connectors/b/config", "PUT /connectors/a/config"]


def test_an_answer_is_held_after_connect_has_done_the_work(proxy: FaultProxy, seen: list[str], pool: ThreadPoolExecutor) -> None:
    rule = proxy.add(Rule("PUT", ".*", Hold(after=True)))
    held = pool.submit(put, proxy)
    deadline = time.monotonic() + 10
    while not seen and time.monotonic() < deadline:
        time.sleep(0.01)
    assert seen == ["PUT /connectors/a/config"]
    assert not held.done()
    rule.release()
    assert held.result(timeout=10).status_code == 200


def test_a_hold_ends_by_itself(proxy: FaultProxy) -> None:
    proxy.add(Rule("PUT", ".*", Hold(seconds=0.3)))
    began = time.monotonic()
    assert put(proxy).status_code == 200
    assert 0.3 <= time.monotonic() - began < 10


def test_an_answer_drips_until_it_is_released(proxy: FaultProxy, pool: ThreadPoolExecutor) -> None:
    rule = proxy.add(Rule("PUT", ".*", Drip(pause=0.05)))
    began = time.monotonic()
    assert requests.put(f"{proxy.url}/", data=b"slowly", timeout=10).content == b"slowly"
    assert 6 * 0.05 <= time.monotonic() - began < 10
    with requests.put(f"{proxy.url}/", data=b"x" * 10_000, stream=True, timeout=30) as answer:
        assert answer.raw.read(1) == b"x"
        rest = pool.submit(answer.raw.read)
        assert not rest.done()
        rule.release()
        assert len(rest.result(timeout=10)) == 9_999


def test_connections_to_a_black_hole_are_not_established_and_refused_after_its_end() -> None:
    with BlackHole() as hole:
        for _ in range(3):
            with pytest.raises(requests.ConnectTimeout):
                requests.get(hole.url, timeout=(0.3, 10))
    with pytest.raises(requests.ConnectionError, match="refused"):
        requests.get(hole.url, timeout=10)
    with BlackHole(hole.port) as again:
        assert again.url == hole.url


@pytest.mark.parametrize("after", [False, True])
def test_a_dropped_connection(proxy: FaultProxy, seen: list[str], after: bool) -> None:
    proxy.add(Rule("PUT", ".*", Drop(after=after)))
    with pytest.raises(requests.ConnectionError):
        put(proxy)
    assert seen == (["PUT /connectors/a/config"] if after else [])
    assert proxy.requests[0].forwarded is after
    proxy.clear()
    assert put(proxy).status_code == 200


def test_the_last_rule_decides(proxy: FaultProxy) -> None:
    proxy.add(Rule("GET", ".*", Answer(500)))
    later = proxy.add(Rule("GET", "/x", Answer(503)))
    assert requests.get(f"{proxy.url}/x", timeout=10).status_code == 503
    proxy.remove(later)
    assert requests.get(f"{proxy.url}/x", timeout=10).status_code == 500


def test_refused_connections_and_their_end(proxy: FaultProxy) -> None:
    with requests.Session() as session:
        assert session.get(f"{proxy.url}/a", timeout=10).status_code == 200
        proxy.refuse()
        with pytest.raises(requests.ConnectionError):
            session.get(f"{proxy.url}/a", timeout=10)
        proxy.listen()
        assert session.get(f"{proxy.url}/a", timeout=10).status_code == 200


def test_what_is_held_at_the_end_is_not_passed_on(proxy: FaultProxy, seen: list[str], pool: ThreadPoolExecutor) -> None:
    rule = proxy.add(Rule("PUT", ".*", Hold()))
    held = pool.submit(put, proxy)
    rule.wait_hit()
    proxy.close()
    with pytest.raises(requests.ConnectionError):
        held.result(timeout=10)
    assert seen == []


def test_with_a_prefix_only_what_is_below_it_is_passed_on(proxy: FaultProxy, seen: list[str]) -> None:
    with FaultProxy(proxy.upstream, "/base/path") as below:
        below.add(Rule("GET", "/held", Answer(503)))
        assert requests.get(f"{below.url}/connectors?expand=info", timeout=10).ok
        assert requests.get(f"{below.url}/held", timeout=10).status_code == 503
        for path in ("/connectors", "/base/pathology", "/base/path"):
            assert requests.get(f"http://127.0.0.1:{below.port}{path}", timeout=10).status_code == 404
        assert [one.path for one in below.requests] == ["/connectors?expand=info", "/held", "/connectors", "/base/pathology", "/base/path"]
    assert seen == ["GET /connectors?expand=info"]
