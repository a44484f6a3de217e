"""What becomes of a connection after trouble, of a long body that is refused early, and of a call that is cancelled."""

import asyncio
import contextlib
import socket
import struct
import threading
import time
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from tests.sampling import every
from tests.wrapper.raw_server import left, read_head, serving
from tests.wrapper.scripted import Reply

from abeja_datasets import AsyncAPIClient
from abeja_datasets.exceptions import ConnectionFailed, HttpError, InternalServerError, RequestTimeout
from abeja_datasets.transports import in_time
from abeja_datasets.transports.over_aiohttp.aiohttp_connections import Protocol

if TYPE_CHECKING:
    from tests.wrapper.faces import Face
    from tests.wrapper.scripted import Request, ScriptedServer

LONG = {"text": "x" * 20_000_000}
REFUSAL = b"HTTP/1.1 %d Refused\r\nContent-Length: 2\r\n\r\n{}"


# Connections after trouble


@pytest.mark.parametrize("is_given", [False, True])
@pytest.mark.parametrize("body", [b"{}", b"x" * 1_000_000], ids=["short", "long"])
def test_a_connection_that_carried_a_5xx_is_not_used_again(
    face: "Face", server: "ScriptedServer", body: bytes, is_given: bool
) -> None:
    given = {"http_client": face.http_client(trust_env=False)} if is_given else {}
    client = face.open(server, max_retry_count=0, **given)
    for status in (200, 404, 500, 503, 599, 200, 429, 200):
        server.reply(status, body if status >= 500 else b"{}")
        with contextlib.suppress(HttpError):
            client.get_dataset(1, 2)
    assert [request.connection for request in server.requests] == [1, 1, 1, 2, 3, 4, 4, 4]
    assert server.left()[:3] == [1, 2, 3]


@pytest.mark.parametrize("is_given", [False, True])
def test_a_create_after_a_silent_close_succeeds_a_hundred_times(
    face: "Face", server: "ScriptedServer", is_given: bool
) -> None:
    def answer(request: "Request") -> Reply:
        return Reply(500, fault="goodbye") if request.method == "GET" else Reply(200)

    server.always = answer
    given = {"http_client": face.http_client(trust_env=False)} if is_given else {}
    client = face.open(server, max_retry_count=0, **given)
    for _ in range(100):
        with pytest.raises(InternalServerError):
            client.get_dataset(1, 2)
        assert client.create_dataset(1, "a", "b", {}) == {}
    assert len(server.requests) == 200


@pytest.mark.parametrize("is_given", [False, True])
@pytest.mark.parametrize("version", ["HTTP/1.0", "HTTP/1.1"])
def test_a_connection_that_the_server_ends_is_not_used_again(face: "Face", version: str, is_given: bool) -> None:
    def serve(connection: socket.socket) -> None:
        read_head(connection)
        close = "" if version == "HTTP/1.0" else "Connection: close\r\n"
        connection.sendall(f"{version} 200 OK\r\n{close}Content-Length: 2\r\n\r\n{{}}".encode())
        left(connection)
        seen.append(connection)

    seen: list[socket.socket] = []
    with serving(serve) as url:
        given = {"http_client": face.http_client(trust_env=False)} if is_given else {}
        client = face.open(url, max_retry_count=0, **given)
        for _ in range(3):
            assert client.get_dataset(1, 2) == {}
    assert len(seen) == 3


# Early refusals


@pytest.mark.parametrize(
    ("status", "end", "read", "is_given"),
    every(4, product([400, 401, 413], ["reset", "close", "half", "open", "late"], [0, 1, 3_000_000], [False, True])),
)
def test_an_early_refusal_is_seen_and_nothing_is_sent_again(
    *, face: "Face", status: int, end: str, read: int, is_given: bool
) -> None:
    came: list[int] = []

    def serve(connection: socket.socket) -> None:
        came.append(1)
        read_head(connection)
        taken = 0
        while taken < read:
            taken += len(connection.recv(65_536))
        connection.sendall(REFUSAL % status)
        if end == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif end == "half":
            connection.shutdown(socket.SHUT_WR)
        elif end == "late":
            time.sleep(0.05)
        if end in ("half", "open"):
            over.wait(2)  # httpx waits for 5

    over = threading.Event()
    given = {"http_client": face.http_client(trust_env=False)} if is_given else {}
    with serving(serve) as url:
        try:
            with pytest.raises(HttpError) as caught:
                face.open(url, **given).update_dataset_item(1, 2, 3, LONG)
        finally:
            over.set()
    assert (caught.value.status_code, caught.value.outcome) == (status, "rejected")
    assert came == [1]


def test_a_connection_of_an_early_refusal_is_not_used_again(face: "Face") -> None:
    def serve(connection: socket.socket) -> None:
        came.append(1)
        read_head(connection)
        connection.sendall(REFUSAL % (413 if len(came) == 1 else 404))
        # What is not read can't be sent to its end, however late the client hears of the refusal.
        if len(came) == 1:
            is_second.wait(5)
        else:
            is_second.set()
            left(connection)

    came: list[int] = []
    is_second = threading.Event()
    with serving(serve) as url:
        client = face.open(url, max_retry_count=0)
        for status in (413, 404):
            with pytest.raises(HttpError) as caught:
                client.update_dataset_item(1, 2, 3, LONG if status == 413 else {})
            assert caught.value.status_code == status
    assert came == [1, 1]


def test_a_connection_of_aiohttp_is_done_when_a_response_overtakes_the_request() -> None:
    """Also where aiohttp has handed all of the request to the event loop, and counts it as sent."""

    def serve(connection: socket.socket) -> None:
        read_head(connection)
        connection.sendall(REFUSAL % 413)
        is_over.wait(5)

    is_over = threading.Event()

    async def should_close(host: str, port: int) -> bool:
        loop = asyncio.get_running_loop()
        transport, protocol = await loop.create_connection(lambda: Protocol(loop), host, port)
        protocol.set_response_params(read_until_eof=True, auto_decompress=False)
        transport.write(b"PUT / HTTP/1.1\r\nHost: here\r\nContent-Length: 20000000\r\n\r\n" + bytes(20_000_000))
        message, _ = await protocol.read()
        assert message.code == 413
        is_done = bool(protocol.should_close)
        protocol.close()
        return is_done

    with serving(serve) as url:
        address = urlsplit(url)
        try:
            assert asyncio.run(should_close(str(address.hostname), address.port or 0))
        finally:
            is_over.set()


@pytest.mark.parametrize(
    "interim", [b"", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early\r\nLink: </a>\r\n\r\n"]
)
@pytest.mark.parametrize("final", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"])
def test_an_early_response_that_refuses_nothing_does_not_end_the_sending(
    face: "Face", interim: bytes, final: bytes
) -> None:
    received: list[int] = []
    complete = threading.Event()

    def serve(connection: socket.socket) -> None:
        read_head(connection)
        connection.sendall(interim + final)
        taken = 0
        # Up to the last brackets of the body.
        while (piece := connection.recv(1 << 20)) and not piece.endswith(b'"}}'):
            taken += len(piece)
        received.append(taken + len(piece))
        complete.set()
        if not final:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    with serving(serve) as url:
        if face.name == "aiohttp" and final:
            pytest.skip("aiohttp ends the sending at any final response")
        assert face.open(url, max_retry_count=0).update_dataset_item(1, 2, 3, LONG) == {}
        assert complete.wait(5)
    assert received[0] >= 20_000_000 - 65_536


# The deadline


def test_a_slow_reader_is_bounded_by_the_deadline(face: "Face") -> None:
    def serve(connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        while not over.wait(0.05) and connection.recv(20_000):
            pass

    over = threading.Event()
    with serving(serve) as url:
        client = face.open(url, deadline=0.4)
        started = time.monotonic()
        with pytest.raises(RequestTimeout) as caught:
            client.create_dataset(1, "a", "b", LONG)
        taken = time.monotonic() - started
        over.set()
    assert caught.value.outcome == "unknown"
    assert taken < 1.5


@pytest.mark.parametrize("drip", [b"HTTP/1.1 103 Early Hints\r\nX-A: b\r\n\r\n", b"X"], ids=["interim", "head"])
@pytest.mark.parametrize("is_given", [False, True])
def test_a_head_that_never_ends_is_bounded_by_the_deadline(face: "Face", drip: bytes, is_given: bool) -> None:
    def serve(connection: socket.socket) -> None:
        read_head(connection)
        connection.sendall(b"" if drip.startswith(b"HTTP") else b"HTTP/1.1 200 OK\r\nX-A: ")
        while not over.wait(0.01):
            connection.sendall(drip)

    over = threading.Event()
    with serving(serve) as url:
        given = {"http_client": face.http_client(trust_env=False)} if is_given else {}
        client = face.open(url, deadline=0.3, **given)
        started = time.monotonic()
        with pytest.raises(RequestTimeout) as caught:
            client.create_dataset(1, "a", "b", {})
        taken = time.monotonic() - started
        over.set()
    assert caught.value.outcome == "unknown"
    assert taken < 1.5


@pytest.mark.parametrize("is_given", [False, True])
def test_a_slow_look_up_of_a_host_is_bounded_by_the_deadline(
    face: "Face", monkeypatch: pytest.MonkeyPatch, is_given: bool
) -> None:
    def slow(*_arguments: Any, **_options: Any) -> Any:
        over.wait(5)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", slow)
    given = {"http_client": face.http_client(trust_env=False)} if is_given else {}
    started = time.monotonic()
    with pytest.raises(RequestTimeout) as caught:
        face.open("http://slow.invalid", deadline=0.2, **given).create_dataset(1, "a", "b", {})
    taken = time.monotonic() - started
    over.set()
    assert caught.value.outcome == "not_sent"
    assert taken < 1.5


def test_a_wait_that_would_end_after_the_deadline_is_not_begun(face: "Face", server: "ScriptedServer") -> None:
    server.reply(503, headers={"Retry-After": "5"})
    with pytest.raises(InternalServerError) as caught:
        face.open(server, deadline=3).get_dataset(1, 2)
    assert (caught.value.status_code, caught.value.retry_after, len(caught.value.attempts)) == (503, 5.0, 1)


def test_what_comes_too_late_is_taken_back() -> None:
    late: list[int] = []
    go, taken = threading.Event(), threading.Event()

    def work() -> int:
        go.wait(5)
        return 7

    def take(result: int) -> None:
        late.append(result)
        taken.set()

    with pytest.raises(in_time.OverTime) as caught:
        in_time.run(work, 0.01, take)
    go.set()
    assert taken.wait(5)
    caught.value.thread.join(5)
    assert late == [7]


# Proxies


@pytest.mark.parametrize(("status", "attempts"), [(403, 1), (407, 1), (400, 1), (429, 3), (502, 3), (503, 3)])
@pytest.mark.parametrize("is_given", [False, True])
def test_a_refusal_of_a_proxy_is_final_and_nothing_was_sent(
    *,
    face: "Face",
    server: "ScriptedServer",
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    attempts: int,
    is_given: bool,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", server.url)
    for _ in range(attempts):
        server.reply(status, b"no")
    given = {"http_client": face.http_client()} if is_given else {}
    with pytest.raises(ConnectionFailed, match=str(status)) as caught:
        face.open("https://nowhere.invalid", max_retry_count=2, **given).create_dataset(1, "a", "b", {})
    assert [attempt.outcome for attempt in caught.value.attempts] == ["not_sent"] * attempts
    assert caught.value.outcome == "not_sent"
    assert {request.method for request in server.requests} == {"CONNECT"}


# Cancelled calls


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="descriptors can't be counted")
@pytest.mark.parametrize("transport", ["httpx", "aiohttp"])
@pytest.mark.parametrize("size", [0, 20_000_000], ids=["short", "long"])
def test_cancelled_calls_leave_nothing_behind(transport: Any, size: int) -> None:
    calls = 3 if size else 40

    async def main() -> tuple[int, int]:
        async with AsyncAPIClient({"auth_token": "t"}, base_url=url, transport=transport) as client:
            tasks, before = set(asyncio.all_tasks()), 0
            for number in range(calls + 1):
                if number == 1:  # the first call opens what stays open
                    before = descriptors()
                call = asyncio.create_task(client.update_dataset_item(1, 2, 3, {"text": "x" * size}))
                await asyncio.sleep(0.02)
                call.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await call
            for _ in range(100):
                if descriptors() <= before:
                    break
                await asyncio.sleep(0.02)
            assert set(asyncio.all_tasks()) == tasks
            return before, descriptors()

    # The system takes the connections, and no thread of ours has an end of them.
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        before, after = asyncio.run(main())
    assert after <= before
