"""What `Client` costs above `APIClient`, a call and an item, and what downloading content ahead saves.

All take turns in one process. The servers have processes of their own.
"""

import asyncio
import contextlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any, Final

from iterate import CREDENTIAL, ITEMS, PAGES, Server
from servers import ITEM, MockServer

from abeja_datasets import Client
from abeja_datasets.dataset_item import DatasetItem, DatasetItems

CALLS: Final = 2_000
ROUNDS: Final = 7
CONTENTS: Final = 2_000
SECONDS_A_CONTENT: Final = 0.02
PAGE: Final = 100


def measure() -> dict[str, Any]:
    """Return the ratios, and what they are made of."""
    return {**_calls(), **_items(), **_contents()}


def _calls() -> dict[str, Any]:
    with MockServer() as server:
        organization, dataset, item = server.item_path
        credential = {"user_id": "user-1", "personal_access_token": "benchmark-token"}
        with Client(organization, credential, base_url=server.environment["ABEJA_API_URL"]) as client:
            items = client.get_dataset(dataset).dataset_items
            calls: dict[str, Callable[[], object]] = {
                "get_dataset": lambda: client.get_dataset(dataset),
                "api.get_dataset": lambda: client.api.get_dataset(organization, dataset),
                "dataset_items.get": lambda: items.get(item),
                "api.get_dataset_item": lambda: client.api.get_dataset_item(organization, dataset, item),
            }
            times: dict[str, list[float]] = {name: [] for name in calls}
            for _ in range(CALLS):
                for name, call in calls.items():
                    times[name].append(_seconds(call))
    return {
        "a call, ratio to the APIClient's (must reach 1.05)": {
            name: round(median(times[name]) / median(times[peer]), 3)
            for name, peer in (("get_dataset", "api.get_dataset"), ("dataset_items.get", "api.get_dataset_item"))
        }
    }


def _items() -> dict[str, Any]:
    ratios = []
    with Server() as url, Client("1", CREDENTIAL, base_url=url) as client:
        items = DatasetItems(client, "1", "2")
        for _ in zip(range(10 * ITEMS), items.list(), strict=False):
            pass
        before = _peak()
        for number in range(ROUNDS):
            loops: list[Callable[[], Iterator[Any]]] = [items.list, lambda: client.api.iter_dataset_items("1", "2")]
            seconds = [_seconds(lambda loop=loop: _count(loop())) for loop in loops[:: 1 if number % 2 else -1]]  # type: ignore[misc]  # the default binds it
            ratios.append(seconds[0] / seconds[1] if number % 2 else seconds[1] / seconds[0])
        after = _peak()
    return {
        "iterating items, ratio to dicts (must reach 1.25)": round(median(ratios), 3),
        "memory that 100,000 items add to that of 10,000, MB": round(after - before, 1),
    }


def _contents() -> dict[str, Any]:
    seconds = {}
    with _content_server() as url:
        for prefetch in (False, True):
            with (
                tempfile.TemporaryDirectory() as folder,
                Client("1", CREDENTIAL, base_url=url, cache_dir=folder) as client,
            ):
                listed = DatasetItems(client, "1", "2").list(limit=PAGE, prefetch=prefetch)
                seconds[prefetch] = _seconds(lambda listed=listed: _load(listed))  # type: ignore[misc]  # the default binds it
    return {
        "seconds for 2,000 contents of 20 ms": {
            "one by one": round(seconds[False], 1),
            "prefetch": round(seconds[True], 1),
        },
        "prefetch, times as fast (must reach 4)": round(seconds[False] / seconds[True], 2),
    }


def _load(items: Iterator[DatasetItem]) -> None:
    for number, item in enumerate(items):
        assert item.source_data[0].get_content() == str(number).encode()
    assert number == CONTENTS - 1


def _count(entries: Iterator[Any]) -> None:
    assert sum(1 for _ in entries) == PAGES * ITEMS


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@contextlib.contextmanager
def _content_server() -> Iterator[str]:
    """Run a server that lists items, and needs 20 ms for the content of each."""
    with subprocess.Popen([sys.executable, __file__, "serve"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield process.stdout.readline().strip()
        process.terminate()


async def _serve() -> None:
    server = await asyncio.start_server(_serve_one, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    print(url, flush=True)
    await server.serve_forever()


async def _serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(asyncio.IncompleteReadError):  # the client has closed
        while True:
            await _reply((await reader.readuntil(b"\r\n\r\n")).decode(), writer)


async def _reply(head: str, writer: asyncio.StreamWriter) -> None:
    target, host = head.split(" ")[1], head.lower().partition("host: ")[2].partition("\r")[0]
    if target.startswith("/content/"):
        await asyncio.sleep(SECONDS_A_CONTENT)
        body = target.removeprefix("/content/").encode()
    else:
        body = _page(int(target.partition("next_page_token=")[2].partition("&")[0] or 0), host)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body))
    writer.write(body)
    await writer.drain()


def _page(first: int, host: str) -> bytes:
    items = [
        {
            **ITEM,
            "dataset_id": "2",
            "dataset_item_id": one,
            "source_data": [{"data_uri": f"http://{host}/content/{one}"}],
        }
        for one in range(first, first + PAGE)
    ]
    token = str(first + PAGE) if first + PAGE < CONTENTS else None
    return json.dumps({"items": items, "total_count": CONTENTS, "next_page_token": token}).encode()


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        asyncio.run(_serve())
    print(json.dumps(measure(), indent=2))
