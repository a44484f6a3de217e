"""Over aiohttp, a request on a connection that is kept open goes the short way; nobody can see a difference."""

import asyncio
import contextlib
import gc
import gzip
import json
import re
import socket
import struct
import threading
from collections.abc import AsyncIterator, Awaitable
from typing import Any, BinaryIO, Final

import aiohttp
import pytest
from tests.wrapper.operations import OPERATIONS, Operation
from tests.wrapper.raw_server import serving

from abeja_datasets import AsyncAPIClient
from abeja_datasets.exceptions import ConnectionFailed, Error
from abeja_datasets.transports.over_aiohttp.aiohttp_requests import MAX_CONTENT, KeptConnections
from abeja_datasets.transports.received import Body

_OK: Final = b'HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{"id": "one"'
_GOOD: Final = _OK + b"}"
_ZIPPED: Final = gzip.compress(b'{"a": 1}')
CLOSE, RESET, WAIT = "close", "reset", "wait"
RESPONSES: Final[dict[str, tuple[bytes, str]]] = {
    "whole": (_GOOD, WAIT),
    "chunked": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", WAIT),
    "until the end": (b'HTTP/1.1 200 OK\r\n\r\n{"a": 1}', CLOSE),
    "zipped": (
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%b" % (len(_ZIPPED), _ZIPPED),
        WAIT,
    ),
    "without a body": (b"HTTP/1.1 204 No Content\r\n\r\n", WAIT),
    "an empty body": (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", WAIT),
    "after an interim one": (b"HTTP/1.1 103 Early\r\nLink: a\r\n\r\n" + _GOOD, WAIT),
    "more behind it": (_GOOD + b"HTTP/1.1 200 OK\r\n\r\n", WAIT),
    "not to be kept": (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}", WAIT),
    "another protocol": (b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", CLOSE),
    "refused": (b'HTTP/1.1 400 Bad\r\nContent-Length: 18\r\n\r\n{"error": "no no"}', WAIT),
    "failed": (b"HTTP/1.1 500 Bad\r\nContent-Length: 2\r\n\r\n{}", WAIT),
    "a redirect": (b"HTTP/1.1 307 Go\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n", WAIT),
    "half a body": (_OK, CLOSE),
    "half a body, then a reset": (_OK, RESET),
    "half a head": (b"HTTP/1.1 200 OK\r\nContent-Le", CLOSE),
    "no response": (b"", CLOSE),
    "a reset": (b"", RESET),
    "silence": (b"", WAIT),
    "silence in the body": (_OK, WAIT),
    "no HTTP": (b"SSH-2.0-x\r\n\r\n", WAIT),
    "a long head": (b"HTTP/1.1 200 OK\r\nX: %b\r\n\r\n" % (b"x" * 200_000), WAIT),
    "no JSON": (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n<p>", WAIT),
}


class Server:
    """Sends scripted responses, in the order of the requests, and keeps what it received."""

    def __init__(self, *script: tuple[bytes, str]) -> None:
        self._script = list(script)
        self.received: list[bytes] = []
        self.connections = 0
        self.second = threading.Event()
        """Set once two requests were received."""

    def serve(self, connection: socket.socket) -> None:
        self.connections += 1
        with connection.makefile("rb") as stream:
            while head := _head(stream):
                length = next((int(line[15:]) for line in head if line.startswith(b"Content-Length:")), 0)
                self.received.append(b"".join(head) + stream.read(length))
                if len(self.received) == 2:
                    self.second.set()
                response, then = self._script.pop(0) if self._script else (_GOOD, WAIT)
                connection.sendall(response)
                if then == RESET:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                if then != WAIT:
                    return


def _head(stream: BinaryIO) -> list[bytes]:
    """Read the lines of a head; none at the end of a connection."""
    lines: list[bytes] = []
    while line := stream.readline():
        lines.append(line)
        if line == b"\r\n":
            return lines
    return []


@contextlib.asynccontextmanager
async def opened(server: Server, **options: Any) -> AsyncIterator[AsyncAPIClient]:
    settings = {"transport": "aiohttp", "max_retry_count": 0, "timeout": 10, **options}
    with serving(server.serve) as url:
        async with AsyncAPIClient({"auth_token": "t"}, base_url=url, **settings) as client:
            yield client


async def outcome(call: Awaitable[Any]) -> tuple[Any, ...]:
    try:
        return ("returned", await call)
    except Error as error:
        causes = type(error.__cause__), str(error.__cause__)
        attempts = [one[:3] for one in error.attempts]  # without the seconds
        whole = (type(error), str(error), error.outcome, error.headers, attempts, causes)
        return tuple(re.sub(r"127\.0\.0\.1:\d+", "SERVER", str(part)) for part in whole)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What each request on a kept connection returned."""
    found: list[Any] = []
    send = KeptConnections.send

    async def counted(self: KeptConnections, request: Any) -> Any:
        found.append("none")
        received = await send(self, request)
        found[-1] = received and "kept"
        return received

    monkeypatch.setattr(KeptConnections, "send", counted)
    return found


@pytest.mark.parametrize("name", RESPONSES)
@pytest.mark.parametrize("method", ["get_dataset", "create_dataset_item"])
def test_a_response_means_the_same_on_a_kept_connection(name: str, method: str) -> None:
    operation = next(one for one in OPERATIONS if one.name == method)
    is_slow = "silence" in name

    async def main() -> None:
        outcomes, connections = [], []
        for before in (0, 1):
            server = Server(*[(_GOOD, WAIT)] * before, RESPONSES[name])
            async with opened(server) as client:
                for _ in range(before):
                    await _call(operation, client)
                outcomes.append(await outcome(_call(operation, client.with_options(timeout=0.5 if is_slow else 10))))
                assert server.connections == 1
                await outcome(_call(operation, client))
                connections.append(server.connections)
        assert outcomes[0] == outcomes[1]
        assert connections[0] == connections[1]

    asyncio.run(main())


async def _call(operation: Operation, client: Any) -> Any:
    return await operation.call(client)


def test_a_kept_connection_sends_the_same_bytes(operation: Operation, sent: list[Any]) -> None:
    async def main() -> None:
        server = Server(*[(_body(operation), WAIT)] * 3)
        async with opened(server, user_agent="mine/1.0") as client:
            for _ in range(3):
                await _call(operation, client)
        assert server.connections == 1
        first, *others = server.received
        assert others == [first, first]

    asyncio.run(main())
    assert sent == [None, "kept", "kept"]


def _body(operation: Operation) -> bytes:
    body = b"[]" if operation.name in ("list_datasets", "bulk_update_dataset_item") else b"{}"
    return b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" + body


@pytest.mark.parametrize("size", [1, MAX_CONTENT - 100, MAX_CONTENT + 1, 1_000_000])
def test_a_body_of_any_size_arrives_on_a_kept_connection(size: int) -> None:
    async def main() -> None:
        server = Server()
        async with opened(server) as client:
            for letter in "ab":
                await client.create_dataset_item(1, 2, [{"data_uri": letter * size}])
        assert server.connections == 1
        for letter, received in zip("ab", server.received, strict=True):
            assert json.loads(received.partition(b"\r\n\r\n")[2]) == {"source_data": [{"data_uri": letter * size}]}

    asyncio.run(main())


def test_tools_that_replace_the_requests_of_aiohttp_see_all(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    request = aiohttp.ClientSession._request

    async def recorded(self: aiohttp.ClientSession, method: str, url: Any, **options: Any) -> Any:
        seen.append(method)
        return await request(self, method, url, **options)

    async def main() -> None:
        async with opened(Server()) as client:
            await client.get_dataset(1, 2)
            monkeypatch.setattr(aiohttp.ClientSession, "_request", recorded)
            await client.get_dataset(1, 2)
            await client.create_dataset_item(1, 2, [])

    asyncio.run(main())
    assert seen == ["GET", "POST"]


def test_tracers_of_aiohttp_see_all(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    initialize = aiohttp.ClientSession.__init__

    async def begun(_session: Any, _context: Any, parameters: aiohttp.TraceRequestStartParams) -> None:
        seen.append(parameters.method)

    def traced(self: aiohttp.ClientSession, *args: Any, **options: Any) -> None:
        trace = aiohttp.TraceConfig()
        trace.on_request_start.append(begun)
        initialize(self, *args, trace_configs=[trace], **options)

    monkeypatch.setattr(aiohttp.ClientSession, "__init__", traced)  # as OpenTelemetry does

    async def main() -> None:
        async with opened(Server()) as client:
            for _ in range(3):
                await client.get_dataset(1, 2)

    asyncio.run(main())
    assert seen == ["GET"] * 3


def test_a_call_that_is_cancelled_closes_its_kept_connection() -> None:
    async def main() -> None:
        server = Server((_GOOD, WAIT), (b"", WAIT))
        async with opened(server) as client:
            await client.get_dataset(1, 2)
            call = asyncio.create_task(client.get_dataset(1, 2))
            await asyncio.to_thread(server.second.wait, 10)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            assert await client.get_dataset(1, 2) == {"id": "one"}
        assert server.connections == 2

    asyncio.run(main())


@pytest.mark.parametrize("sent_before", [0, 1])
@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"Content-Length: 20\r\n\r\n", id="a length"),
        pytest.param(b"Transfer-Encoding: chunked\r\n\r\n2\r\n", id="chunked"),
        pytest.param(b"\r\n", id="until the end"),
    ],
)
def test_closing_the_client_ends_a_call_that_reads_a_body(
    head: bytes, sent_before: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = Body.feed

    async def main() -> None:
        is_read = asyncio.Event()

        def noted(self: Body, piece: bytes) -> None:
            feed(self, piece)
            if piece == b"{}":
                is_read.set()

        server = Server(*[(_GOOD, WAIT)] * sent_before, (b"HTTP/1.1 200 OK\r\n" + head + b"{}", WAIT))
        async with opened(server) as client:
            for _ in range(sent_before):
                await client.get_dataset(1, 2)
            monkeypatch.setattr(Body, "feed", noted)
            call = asyncio.create_task(client.get_dataset(1, 2))
            await asyncio.wait_for(is_read.wait(), 10)
            await client.close()
            with pytest.raises(ConnectionFailed, match="closed while a response was read") as caught:
                await asyncio.wait_for(call, 10)
            assert caught.value.outcome == "unknown"
        gc.collect()  # a connection that was not let go warns when it is garbage

    asyncio.run(main())


def test_views_send_their_own_head_on_a_kept_connection() -> None:
    async def main() -> None:
        server = Server()
        async with opened(server) as client:
            views = [client, client.with_options(headers={"X-Own": "1"}), client]
            for view in views:
                await view.get_dataset(1, 2)
        assert server.connections == 1
        assert [b"X-Own: 1" in received for received in server.received] == [False, True, False]

    asyncio.run(main())
