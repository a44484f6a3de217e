"""What iterating over 100,000 items costs, against a plain loop over the same transport and `json.loads`, in turns.

A raw server sends the pages, which it made before. For `ahead=1` it waits before each page, and the caller works as
long for each: it waits, or it computes.
"""

import asyncio
import contextlib
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from statistics import median
from typing import Any, Final, Literal

import aiohttp
import httpx
from servers import ITEM

from abeja_datasets import APIClient, AsyncAPIClient

PAGES: Final = 100
ITEMS: Final = 1_000
ROUNDS: Final = 10
PAGES_AHEAD: Final = 20
ROUNDS_AHEAD: Final = 3
SECONDS_A_PAGE: Final = 0.05
PATH: Final = "/organizations/1/datasets/2/items/"
CREDENTIAL: Final = {"auth_token": "benchmark-token"}
HEADERS: Final = {"Authorization": "Bearer benchmark-token"}

Loop = Callable[[], Awaitable[int]]


def measure() -> dict[str, Any]:
    """Return items a second and the ratios."""
    figures: dict[str, Any] = {}
    with Server() as url:
        times = asyncio.run(_rounds(url))
        names = list(times)
        figures["items a second"] = {name: round(PAGES * ITEMS / median(times[name])) for name in names}
        for ours, peer in zip(names[::2], names[1::2], strict=True):
            ratio = median(b / a for a, b in zip(times[ours], times[peer], strict=True))
            figures[f"{ours}, ratio to {peer} (must reach 0.95)"] = round(ratio, 3)
    with Server(SECONDS_A_PAGE) as url:
        for work in ("waits", "computes"):
            for name, ratio in asyncio.run(_ratios_ahead(url, work)).items():
                figures[f"ahead=1, {name}, the caller {work}, ratio to ahead=0 (must reach 1.6)"] = round(ratio, 3)
    return figures


async def _rounds(url: str) -> dict[str, list[float]]:
    with APIClient(CREDENTIAL, base_url=url) as client, httpx.HTTPTransport() as transport:
        async with (
            AsyncAPIClient(CREDENTIAL, base_url=url) as async_client,
            AsyncAPIClient(CREDENTIAL, base_url=url, transport="aiohttp") as fast_client,
            httpx.AsyncHTTPTransport() as async_transport,
            aiohttp.ClientSession(headers=HEADERS) as session,
        ):
            loops: dict[str, Loop] = {
                "sync": _in_turn(lambda: sum(1 for _ in client.iter_dataset_items(1, 2))),
                "a loop over httpx's transport": _in_turn(lambda: sum(1 for _ in _plain(transport, url))),
                "asyncio": lambda: _count(async_client.iter_dataset_items(1, 2)),
                "a loop over httpx's async transport": lambda: _count(_plain_async(async_transport, url)),
                "asyncio over aiohttp": lambda: _count(fast_client.iter_dataset_items(1, 2)),
                "a loop over aiohttp": lambda: _count(_plain_aiohttp(session, url)),
            }
            times: dict[str, list[float]] = {name: [] for name in loops}
            turns = list(loops.items())
            for number in range(ROUNDS + 1):
                turns.reverse()
                for name, loop in turns:
                    start = time.perf_counter()
                    assert await loop() == PAGES * ITEMS
                    if number:  # the first one loads and connects
                        times[name].append(time.perf_counter() - start)
    return times


def _in_turn(count: Callable[[], int]) -> Loop:
    async def loop() -> int:
        return count()

    return loop


async def _count(items: AsyncIterator[Any]) -> int:
    count = 0
    async for _ in items:
        count += 1
    return count


def _plain(transport: httpx.HTTPTransport, url: str) -> Iterator[Any]:
    query = ""
    while True:
        response = transport.handle_request(httpx.Request("GET", url + PATH + query, headers=HEADERS))
        page = json.loads(b"".join(response.stream))  # type: ignore[arg-type]  # of a sync transport
        response.close()
        yield from page["items"]
        if not page["next_page_token"]:
            return
        query = f"?next_page_token={page['next_page_token']}"


async def _plain_async(transport: httpx.AsyncHTTPTransport, url: str) -> AsyncIterator[Any]:
    query = ""
    while True:
        response = await transport.handle_async_request(httpx.Request("GET", url + PATH + query, headers=HEADERS))
        body = b"".join([piece async for piece in response.stream])  # type: ignore[union-attr]  # of an async one
        page = json.loads(body)
        await response.aclose()
        for item in page["items"]:
            yield item
        if not page["next_page_token"]:
            return
        query = f"?next_page_token={page['next_page_token']}"


async def _plain_aiohttp(session: aiohttp.ClientSession, url: str) -> AsyncIterator[Any]:
    query = ""
    while True:
        async with session.get(url + PATH + query) as response:
            page = json.loads(await response.read())
        for item in page["items"]:
            yield item
        if not page["next_page_token"]:
            return
        query = f"?next_page_token={page['next_page_token']}"


async def _ratios_ahead(url: str, work: str) -> dict[str, float]:
    loops: dict[str, Callable[[int], Awaitable[int]]] = {
        "sync": lambda ahead: _in_turn(lambda: _work(url, ahead, work))(),
        "asyncio": lambda ahead: _work_async(url, ahead, work, "httpx"),
        "asyncio over aiohttp": lambda ahead: _work_async(url, ahead, work, "aiohttp"),
    }
    ratios: dict[str, list[float]] = {name: [] for name in loops}
    for _ in range(ROUNDS_AHEAD):
        for name, loop in loops.items():
            seconds = []
            for ahead in (0, 1):
                start = time.perf_counter()
                assert await loop(ahead) == PAGES_AHEAD * ITEMS
                seconds.append(time.perf_counter() - start)
            ratios[name].append(seconds[0] / seconds[1])
    return {name: median(each) for name, each in ratios.items()}


def _work(url: str, ahead: int, work: str) -> int:
    count = 0
    with APIClient(CREDENTIAL, base_url=url) as client:
        for count, _ in enumerate(client.iter_dataset_items(1, 2, ahead=ahead), 1):
            if count % ITEMS == 0:
                time.sleep(SECONDS_A_PAGE) if work == "waits" else _compute()
            if count == PAGES_AHEAD * ITEMS:
                break
    return count


async def _work_async(url: str, ahead: int, work: str, transport: Literal["httpx", "aiohttp"]) -> int:
    count = 0
    async with AsyncAPIClient(CREDENTIAL, base_url=url, transport=transport) as client:
        async for _ in client.iter_dataset_items(1, 2, ahead=ahead):
            count += 1
            if count % ITEMS == 0:
                await asyncio.sleep(SECONDS_A_PAGE) if work == "waits" else _compute()
            if count == PAGES_AHEAD * ITEMS:
                break
    return count


def _compute() -> None:
    until = time.perf_counter() + SECONDS_A_PAGE
    while time.perf_counter() < until:
        sum(range(100))


class Server:
    """A server in a process of its own that sends pages made before.

    Args:
        wait: seconds before each page.
    """

    def __init__(self, wait: float = 0.0) -> None:
        self._wait = wait

    def __enter__(self) -> str:
        command = [sys.executable, __file__, str(self._wait)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        return self._process.stdout.readline().strip() if self._process.stdout else ""

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate()


def _serve(wait: float) -> None:
    responses = [_page(number) for number in range(PAGES)]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=_serve_one, args=(connection, responses, wait), daemon=True).start()


def _serve_one(connection: socket.socket, responses: list[bytes], wait: float) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    received = b""
    with connection, contextlib.suppress(ConnectionError):
        while True:
            while b"\r\n\r\n" not in received:
                piece = connection.recv(65_536)
                if not piece:
                    return
                received += piece
            head, _, received = received.partition(b"\r\n\r\n")
            _, has_token, token = head.partition(b"\r\n")[0].partition(b"next_page_token=")
            time.sleep(wait)
            connection.sendall(responses[int(token.split()[0]) if has_token else 0])


def _page(number: int) -> bytes:
    first = number * ITEMS
    items = [{**ITEM, "dataset_id": "2", "dataset_item_id": one} for one in range(first, first + ITEMS)]
    token = str(number + 1) if number + 1 < PAGES else None
    body = json.dumps({"items": items, "total_count": PAGES * ITEMS, "next_page_token": token}).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _serve(float(sys.argv[1]))
    print(json.dumps(measure(), indent=2))
