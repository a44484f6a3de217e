"""Mangled requests and slow ones: answered in the documented shape or closed, and never a 500."""

import asyncio
import importlib.util
import logging
import random
import resource
import socket
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from abeja_datasets_mock import RunningServer
from abeja_datasets_mock.http.recording import Latency

if TYPE_CHECKING:
    from tests.mock_server.conftest import Api

REQUESTS = 2000
AT_ONCE = 8


# The modules of tests are no package that could be imported from.
_SPEC = importlib.util.spec_from_file_location("mangling", Path(__file__).with_name("mangling.py"))
assert _SPEC
assert _SPEC.loader
mangling = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(mangling)


def address(server: RunningServer) -> tuple[str, int]:
    url = httpx.URL(server.url)
    return url.host, url.port or 80


def read_all(connection: socket.socket) -> bytes:
    answer = b""
    while piece := connection.recv(65536):
        answer += piece
    return answer


def test_mangled_requests(
    server: RunningServer, api: "Api", authorization: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    items = api.items_path(api.create_dataset())
    rng = random.Random(3)
    requests = [mangling.mangled(rng, items, authorization.removeprefix("Basic ")) for _ in range(REQUESTS)]
    counts: Counter[int] = Counter()

    async def work(part: list[bytes]) -> None:
        for data in part:
            found = mangling.statuses(await mangling.exchange(address(server)[1], data, 10))
            assert all(status < 500 for status in found), data
            counts.update(found)

    async def main() -> None:
        await asyncio.gather(*(work(requests[part::AT_ONCE]) for part in range(AT_ONCE)))

    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    asyncio.run(main())
    # In KiB, and of the tests and the server together.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 64 * 1024
    assert not caplog.records
    # All kinds were met, so the requests were neither all refused at once nor all taken.
    assert min(counts[status] for status in (200, 201, 400, 401, 404)) > 10
    api.create_dataset()


def test_the_check_of_answers_can_fail() -> None:
    head = b"HTTP/1.1 400 Bad Request\r\ncontent-length: %d\r\n\r\n"
    for answer in (b"garbage", head % 5, head % 2 + b"{}", head % 9 + b"Traceback"):
        with pytest.raises(ValueError, match=r"HTTP|cut|shape|Expecting"):
            mangling.statuses(answer)
    good = b'{"error": "e", "error_description": "d"}'
    assert mangling.statuses(b"HTTP/1.1 100 Continue\r\n\r\n" + head % len(good) + good) == [100, 400]
    leak = b'{"error": "e", "error_description": "Traceback"}'
    with pytest.raises(ValueError, match="inside"):
        mangling.statuses(head % len(leak) + leak)


@pytest.mark.parametrize("data", [b"GET /", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: x\r\n"])
def test_a_head_that_comes_too_slowly(server: RunningServer, monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr("abeja_datasets_mock.http.protocol.PATIENCE", 0.2)
    with socket.create_connection(address(server), timeout=5) as connection:
        connection.sendall(data)
        start = time.monotonic()
        connection.setblocking(False)
        answer = b""
        # One more byte now and then does not buy more time.
        while not answer and time.monotonic() - start < 5:
            time.sleep(0.05)
            try:
                connection.sendall(b"X")
                answer = connection.recv(65536)
            except BlockingIOError:
                continue
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert b"took longer than 0.2 s" in answer
        assert b"connection: close" in answer


def test_a_body_that_stops_coming(server: RunningServer, authorization: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("abeja_datasets_mock.http.protocol.PATIENCE", 0.3)
    head = (
        f"POST /organizations/1/datasets/ HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\n"
        "Content-Type: application/json\r\nContent-Length: 39\r\n\r\n"
    ).encode()
    body = b'{"name":"n","type":"custom","props":{}}'
    with socket.create_connection(address(server), timeout=5) as connection:
        # Slow is fine, as long as something comes.
        for place in range(0, 39, 13):
            connection.sendall((b"" if place else head) + body[place : place + 13])
            time.sleep(0.15)
        assert connection.recv(65536).startswith(b"HTTP/1.1 201 ")
        connection.sendall(head + body[:5])
        answer = read_all(connection)
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert b"nothing more of the body came" in answer
    with socket.create_connection(address(server), timeout=5) as connection:
        # Refused already, so there is nothing to say at the end.
        connection.sendall(head.replace(b"Basic", b"Wrong") + body[:5])
        answer = read_all(connection)
        assert answer.startswith(b"HTTP/1.1 401 ")
        assert answer.count(b"HTTP/1.1") == 1


def test_a_slow_head_behind_a_request(
    server: RunningServer, authorization: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("abeja_datasets_mock.http.protocol.PATIENCE", 0.2)
    listing = f"GET /organizations/1/datasets/ HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\n\r\n".encode()
    with socket.create_connection(address(server), timeout=5) as connection:
        connection.sendall(listing + b"GET /")
        answer = read_all(connection)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"HTTP/1.1 400 " in answer


def test_a_connection_without_a_request_is_closed_at_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("abeja_datasets_mock.server._KEEP_ALIVE", 0.2)
    with RunningServer() as server:
        for data in (b"", b"\r\n\r\n"):
            with socket.create_connection(address(server), timeout=5) as connection:
                connection.sendall(data)
                assert read_all(connection) == b""


def test_a_connection_in_use_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("abeja_datasets_mock.server._KEEP_ALIVE", 0.3)
    server = RunningServer()
    # Each response takes longer than a connection may be idle.
    server.app.add_middleware(Latency, seconds=0.4)
    with server, socket.create_connection(address(server), timeout=5) as connection:
        for _ in range(2):
            connection.sendall(b"GET /unknown HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
            assert connection.recv(65536).startswith(b"HTTP/1.1 404 ")
            last = time.monotonic()
            time.sleep(0.2)
        assert read_all(connection) == b""
        assert 0.25 < time.monotonic() - last < 2
