"""A server that never stops sending: a call ends with its deadline or a limit, and nothing of it stays behind."""

import contextlib
import gzip
import socket
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.wrapper.raw_server import left, read_head, serving

from abeja_datasets import APIClient
from abeja_datasets.exceptions import Error, RequestTimeout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.wrapper.faces import Face

HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED: Final = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
GZIP: Final = HEAD + b"Content-Encoding: gzip\r\n\r\n"
FLOODS: Final[dict[str, tuple[bytes, bytes]]] = {
    "interim responses": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "interim responses with headers": (b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nA: b\r\n\r\n"),
    "header lines": (HEAD, b"X: y\r\n"),
    "a header line": (HEAD + b"X: ", b"y"),
    "a folded header line": (HEAD + b"X: y\r\n", b" z\r\n"),
    "a status line": (b"HTTP/1.1 200 ", b"r"),
    "blank lines before the response": (b"", b"\r\n"),
    "white space in a header": (HEAD + b"Content-Length:", b" "),
    "a chunk extension": (CHUNKED + b"1;", b"a=b;"),
    "chunks with extensions": (CHUNKED, b"1;a=b\r\n \r\n"),
    "small chunks": (CHUNKED, b"1\r\n \r\n"),
    "zeros before the size of a chunk": (CHUNKED, b"0"),
    "trailers": (CHUNKED + b"2\r\n{}\r\n0\r\n", b"X: y\r\n"),
    "a trailer": (CHUNKED + b"2\r\n{}\r\n0\r\nX: ", b"y"),
    "white space": (HEAD + b"\r\n", b" "),
    "a body of a length": (HEAD + b"Content-Length: 99999999999\r\n\r\n", b" "),
    "members of gzip without data": (GZIP, gzip.compress(b"")),
    "blocks of gzip without data": (GZIP + gzip.compress(b"")[:10], b"\0\0\0\xff\xff"),
    "gzip that becomes large": (GZIP, gzip.compress(b" " * 10_000_000)),
}
LIMIT: Final = 32 << 20
DEADLINE: Final = 1.0


def flood(connection: socket.socket, name: str) -> None:
    """Send a response without end."""
    first, more = FLOODS[name]
    piece = more * (65_536 // len(more) + 1)
    read_head(connection)
    connection.sendall(first)
    while True:
        connection.sendall(piece)


class Memory:
    """The largest growth of the process's memory while it is measured, in bytes."""

    growth = 0
    lateness = 0.0
    """How many seconds a thread waits for its turn, at most: how busy the machine is."""

    @classmethod
    @contextlib.contextmanager
    def measured(cls) -> "Iterator[Memory]":
        memory, over = cls(), threading.Event()
        before = _resident()

        def watch() -> None:
            seen = time.monotonic()
            while not over.wait(0.01):
                memory.lateness = max(memory.lateness, time.monotonic() - seen - 0.01)
                seen = time.monotonic()
                memory.growth = max(memory.growth, _resident() - before)

        watching = threading.Thread(target=watch)
        watching.start()
        try:
            yield memory
        finally:
            over.set()
            watching.join()


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def failed(client: APIClient) -> tuple[Error, float]:
    """Return the error of a create, and the seconds that it took."""
    started = time.monotonic()
    with pytest.raises(Error) as caught:
        client.create_dataset(1, "a", "b", {})
    return caught.value, time.monotonic() - started


def ours() -> list[threading.Thread]:
    """Return the threads of the library, once they had the time to end."""
    for _ in range(200):
        threads = [thread for thread in threading.enumerate() if thread.name == "abeja-datasets"]
        if not threads:
            break
        time.sleep(0.01)
    return threads


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the memory can't be measured")
@pytest.mark.parametrize("name", FLOODS)
@pytest.mark.parametrize("is_given", [False, True])
def test_a_flood_ends_with_the_deadline_or_a_limit(face: "Face", name: str, is_given: bool) -> None:
    given = {"http_client": face.http_client(trust_env=False)} if is_given else {}
    received: list[str] = []

    def serve(connection: socket.socket) -> None:
        connection.recv(1, socket.MSG_PEEK)
        received.append(name)
        flood(connection, name)

    with serving(serve) as url:
        client = face.open(url, deadline=DEADLINE, max_response_bytes=LIMIT, max_retry_count=0, **given)
        with client, Memory.measured() as memory:  # the first call loads an HTTP library
            error, taken = failed(client)
        assert not ours()
    assert received or isinstance(error, RequestTimeout)
    assert error.outcome == ("unknown" if received else "not_sent")
    assert len(str(error)) < 3000
    assert taken < DEADLINE + 0.5 + memory.lateness
    assert memory.growth < 2 * LIMIT


@pytest.mark.parametrize("name", ["interim responses", "chunks with extensions"])
def test_a_flood_ends_in_time(face: "Face", name: str) -> None:
    given = {"http_client": face.http_client(trust_env=False)} if face.name == "sync" else {}
    with serving(lambda connection: flood(connection, name)) as url:
        error, taken = failed(face.open(url, deadline=0.2, max_retry_count=0, **given))
        assert not ours()
    assert isinstance(error, RequestTimeout)
    assert taken < 3


def test_a_timeout_holds_after_an_interim_response(face: "Face") -> None:
    def serve(connection: socket.socket) -> None:
        read_head(connection)
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        left(connection)

    with serving(serve) as url:
        error, taken = failed(face.open(url, timeout=0.2, deadline=5, max_retry_count=0))
    assert isinstance(error, RequestTimeout)
    assert taken < 3


@pytest.mark.parametrize("count", [3, pytest.param(200, marks=pytest.mark.slow)])
@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: "])
def test_deadlines_of_a_given_client_leave_nothing_behind(face: "Face", sent: bytes, count: int) -> None:
    def serve(connection: socket.socket) -> None:
        opened.append(1)
        try:
            read_head(connection)
            connection.settimeout(0.005)
            while True:
                connection.sendall(sent)
                with contextlib.suppress(TimeoutError):
                    left(connection)
                    break
        finally:
            closed.append(1)

    opened, closed = list[int](), list[int]()
    with serving(serve) as url:
        client = face.open(url, deadline=0.03, max_retry_count=0, http_client=face.http_client(trust_env=False))
        for _ in range(count):
            error, _ = failed(client)
            assert isinstance(error, RequestTimeout)
        assert not ours()
        for _ in range(200):
            face.run(_moment if face.name == "sync" else _async_moment)
            if len(closed) == len(opened):
                break
        # A few of those that are cancelled in the moment of connecting stay open until they are garbage.
        assert len(opened) - len(closed) <= count / 50
        assert len(opened) >= count / 2


def _moment() -> None:
    time.sleep(0.01)


async def _async_moment() -> None:
    import asyncio

    await asyncio.sleep(0.01)


def test_a_request_is_not_sent_once_its_deadline_is_over(face: "Face", monkeypatch: pytest.MonkeyPatch) -> None:
    """A host name that is found too late: no thread sends the create that is reported as not sent."""
    received: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        received.append(connection.recv(65_536))

    over, looked_up = threading.Event(), threading.Event()
    real = socket.getaddrinfo

    def slow(host: Any, *arguments: Any, **options: Any) -> Any:
        over.wait(5)
        try:
            return real("127.0.0.1" if host == "slow.invalid" else host, *arguments, **options)
        finally:
            looked_up.set()

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with serving(serve) as url:
        given = {"http_client": face.http_client(trust_env=False)}
        client = face.open(url.replace("127.0.0.1", "slow.invalid"), deadline=0.1, max_retry_count=0, **given)
        error, _ = failed(client)
        over.set()
        assert looked_up.wait(5)
        assert not ours()
        time.sleep(0.05)
    assert error.outcome == "not_sent"
    assert b"".join(received) == b""
