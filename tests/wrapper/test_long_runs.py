"""A client that runs for days: after many calls, or many that were cancelled, it holds no more than after a few."""

import asyncio
import contextlib
import gc
import socket
import threading
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from abeja_datasets import APIClient, AsyncAPIClient

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="descriptors can't be counted"),
]
CALLS = 100_000
CANCELLED = 2_000
WARM = 2_000
TOKEN = {"auth_token": "t"}


class Server:
    """Answers each request that comes in one piece, with a new cookie each time if asked to."""

    def __init__(self, *, with_cookies: bool) -> None:
        self.connections = 0
        self._numbers = count()
        self._with_cookies = with_cookies
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.connections += 1
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            while connection.recv(65_536):
                cookie = f"Set-Cookie: c{next(self._numbers)}=\u00e9; Path=/\r\n" if self._with_cookies else ""
                connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n{cookie}\r\n{{}}".encode())


class Held:
    """What the process holds, and how much more it is later."""

    def __init__(self) -> None:
        self._descriptors = _descriptors()
        gc.collect()
        self._objects = len(gc.get_objects())
        self._bytes = _resident()

    def check(self) -> None:
        gc.collect()
        # The last connections may be about to close.
        assert _descriptors() <= self._descriptors + 5
        assert len(gc.get_objects()) - self._objects < 500
        assert _resident() - self._bytes < 4_000_000


@pytest.fixture(params=[False, True], ids=["plain", "cookies"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    server = Server(with_cookies=request.param)
    yield server
    server.close()


def test_many_calls(server: Server) -> None:
    with APIClient(TOKEN, base_url=server.url) as client:
        for number in range(CALLS):
            if number == WARM:
                held = Held()
            client.get_dataset(1, number)
        held.check()
    assert server.connections == 1


@pytest.mark.parametrize("transport", ["httpx", "aiohttp"])
def test_many_calls_with_asyncio(server: Server, transport: Any) -> None:
    async def main() -> None:
        async with AsyncAPIClient(TOKEN, base_url=server.url, transport=transport) as client:
            for number in range(CALLS):
                if number == WARM:
                    held = Held()
                await client.get_dataset(1, number)
            held.check()

    asyncio.run(main())
    assert server.connections == 1


@pytest.mark.parametrize("transport", ["httpx", "aiohttp"])
@pytest.mark.parametrize("at_once", [1, 50])
def test_many_cancelled_calls(transport: Any, at_once: int) -> None:
    async def cancel(client: AsyncAPIClient) -> None:
        calls = [asyncio.create_task(client.get_dataset(1, number)) for number in range(at_once)]
        await asyncio.sleep(0.005)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        await asyncio.sleep(0.005)

    async def main(url: str) -> None:
        async with AsyncAPIClient(TOKEN, base_url=url, transport=transport) as client:
            for number in range(CANCELLED // at_once):
                if number == CANCELLED // at_once // 10:
                    held = Held()
                await cancel(client)
            assert len(asyncio.all_tasks()) == 1
            held.check()

    # The system takes the connections, and never answers.
    with socket.create_server(("127.0.0.1", 0), backlog=4096) as listener:
        asyncio.run(main(f"http://127.0.0.1:{listener.getsockname()[1]}"))


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
