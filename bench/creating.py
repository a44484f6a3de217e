"""A client that creates items, in a process of its own: `python creating.py NAME URL`, then a count a line on stdin.

It prints the seconds and the CPU seconds that each count of creates took. It imports what the named client needs alone:
each has an environment of its own.
"""

import asyncio
import importlib
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any, Final, Literal

from memory import peak

ORGANIZATION: Final = "1102940376065"
DATASET: Final = "1410805969256"
PATH: Final = f"/organizations/{ORGANIZATION}/datasets/{DATASET}/items/"
HEADERS: Final = {"Authorization": "Bearer benchmark-token"}
TASKS: Final = {"bare aiohttp": 64, "bare httpx": 32, "bare pyreqwest": 64}
THREADS: Final = 32

Send = Callable[[dict[str, Any]], Awaitable[Any]]


def item(number: int) -> dict[str, Any]:
    """Return an item, the same for the same number."""
    uri = f"datalake://1200123803688/20170815T044617-f20dde80-1e3b-4496-bc06-{number:012}"
    rect = {"xmin": 22, "ymin": 145, "xmax": 140, "ymax": number % 1000}
    return {
        "source_data": [{"data_type": "image/jpeg", "data_uri": uri, "height": 500, "width": 200}],
        "attributes": {
            "classification": [{"category_id": 1, "label_id": 1}],
            "detection": [{"category_id": 1, "label_id": 2, "rect": rect}],
        },
    }


def items(count: int) -> Iterator[dict[str, Any]]:
    """Build `count` items."""
    return map(item, range(count))


def load(url: str, count: int, transport: Literal["aiohttp", "httpx"], **options: Any) -> Any:
    """Create items with `create_items_async`; the journal is kept on disk."""
    from abeja_datasets import AsyncAPIClient
    from abeja_datasets_loading import create_items_async

    async def main(journal: str) -> Any:
        async with AsyncAPIClient({"auth_token": "benchmark-token"}, base_url=url, transport=transport) as client:
            given = {"journal": journal, "on_progress": False, **options}
            return await create_items_async(client, ORGANIZATION, DATASET, items(count), **given)

    with tempfile.TemporaryDirectory() as folder:
        report = asyncio.run(main(f"{folder}/journal"))
    assert (report.created + report.earlier, report.unknown) == (count, 0), report
    return report


def bare(name: str, url: str, count: int) -> None:
    """Create items with a bare library: as many tasks as are best for it, and no records."""

    async def main() -> None:
        async with SESSIONS[name](url + PATH) as send:
            rest = items(count)

            async def some() -> None:
                for each in rest:
                    assert "dataset_item_id" in await send(each)

            await asyncio.gather(*(some() for _ in range(TASKS[name])))

    asyncio.run(main())


@asynccontextmanager
async def _aiohttp(url: str) -> AsyncIterator[Send]:
    import aiohttp

    async with aiohttp.ClientSession(headers=HEADERS) as session:

        async def send(body: dict[str, Any]) -> Any:
            async with session.post(url, json=body) as response:
                return json.loads(await response.read())

        yield send


@asynccontextmanager
async def _httpx(url: str) -> AsyncIterator[Send]:
    import httpx

    async with httpx.AsyncClient(headers=HEADERS) as session:

        async def send(body: dict[str, Any]) -> Any:
            return (await session.post(url, json=body)).json()

        yield send


@asynccontextmanager
async def _pyreqwest(url: str) -> AsyncIterator[Send]:
    from pyreqwest.client import ClientBuilder  # type: ignore[import-not-found]  # of an environment of its own

    async with ClientBuilder().default_headers(HEADERS).build() as session:

        async def send(body: dict[str, Any]) -> Any:
            return await (await session.post(url).body_json(body).build().send()).json()

        yield send


SESSIONS: Final[dict[str, Callable[[str], AbstractAsyncContextManager[Send]]]] = {
    "bare aiohttp": _aiohttp,
    "bare httpx": _httpx,
    "bare pyreqwest": _pyreqwest,
}


def abeja_sdk(url: str, count: int) -> None:
    """Create items with abeja-sdk's client in threads."""
    os.environ.update(ABEJA_API_URL=url, ABEJA_PLATFORM_AUTH_TOKEN="benchmark-token")
    client: Any = importlib.import_module("abeja.datasets").APIClient()  # of another distribution than ours

    def create(each: dict[str, Any]) -> None:
        assert "dataset_item_id" in client.create_dataset_item(ORGANIZATION, DATASET, **each)

    with ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(create, items(count)):
            pass


CLIENTS: Final[dict[str, Callable[[str, int], Any]]] = {
    "ours": lambda url, count: load(url, count, "aiohttp"),
    "ours, httpx": lambda url, count: load(url, count, "httpx"),
    "abeja-sdk": abeja_sdk,
    **{name: partial(bare, name) for name in SESSIONS},
}


def main(name: str, url: str) -> None:
    """Create as many items as each line says."""
    for line in sys.stdin:
        start, cpu = time.perf_counter(), time.process_time()
        CLIENTS[name](url, int(line))
        taken = {"seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu}
        print(json.dumps({**taken, "MiB": peak()}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
