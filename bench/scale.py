"""What the reference server costs with many items: `q` by its index beside a scan, and a million items in one file.

The scan is the one that the index took the place of: a loop over all rows, with a search for the term's bytes in each.
The million items are loaded from a file, as with `abeja-datasets mock --load`.
"""

import asyncio
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import uvloop
from servers import ITEM

from abeja_datasets_mock.http.paging import Tokens
from abeja_datasets_mock.loading import load as load_items
from abeja_datasets_mock.storage.datasets import Datasets
from abeja_datasets_mock.storage.items import Items, Start
from abeja_datasets_mock.storage.places import places
from abeja_datasets_mock.storage.search import compile_query
from abeja_datasets_mock.storage.store import Store
from mock_server import BARE, OURS, Load

SEARCHED = 100_000
ITEMS = 1_000_000
CONNECTIONS = 64
ROUNDS = 7
PLACES = 50
PAGE = 100
ORGANIZATION = "1"
MIB = 2**20

# Loads before it serves, in the same process, so that its memory is that of both.
LOADING = """
import sys
from abeja_datasets_mock import Credential, RunningServer
from abeja_datasets_mock.loading import load
with RunningServer(database=sys.argv[1], credentials=[Credential.user("1", "benchmark")]) as server:
    server.run(load(server.app.state.store, sys.argv[1] + ".jsonl", "1"))
    print(server.url, flush=True)
    sys.stdin.read()
"""

# Each query with the term that a scan for it looks for.
QUERIES = {
    "n:77777": '"n":77777',
    "missing:1": '"missing":1',
    "label_id:3": '"label_id":3',
    "all:x": '"all":"x"',
    "label_id:3 AND NOT n:13": '"label_id":3',
}


def lines(number: int) -> Iterator[str]:
    """Make a dataset and its items: `n` and the edges of `rect` differ in each, `label_id` is one of ten."""
    rng = random.Random(1)  # noqa: S311 - the same items on every run
    yield json.dumps({"name": "scale", "type": "custom", "props": {}})
    for n in range(number):
        rect = {edge: round(rng.random() * 1000, 3) for edge in ("xmin", "ymin", "xmax", "ymax")}
        attributes = {"detection": [{"category_id": 1, "label_id": n % 10, "rect": rect}], "n": n, "all": "x"}
        yield json.dumps({"source_data": ITEM["source_data"], "attributes": attributes})


def measure(items: int = ITEMS) -> dict[str, Any]:
    """Return the figures of both parts."""
    with tempfile.TemporaryDirectory() as folder:
        return {**_search(Path(folder) / "search.sqlite"), **_many(Path(folder) / "many.sqlite", items)}


def _write(file: Path, number: int) -> Path:
    source = Path(f"{file}.jsonl")
    with source.open("w") as stream:
        stream.writelines(f"{line}\n" for line in lines(number))
    return source


def _search(file: Path) -> dict[str, Any]:
    store = Store(file)
    (loaded,) = asyncio.run(load_items(store, _write(file, SEARCHED), ORGANIZATION))
    dataset, items = int(loaded["dataset_id"]), Items(store)
    figures = {}
    for q, text in QUERIES.items():
        query, term = compile_query(q), text.encode()

        def by_index(query: Any = query) -> Any:
            return list(items.search(dataset, Start(), PAGE, query))

        def by_scan(term: bytes = term) -> Any:
            return _scan(store, dataset, term)

        times = [(_milliseconds(by_index), _milliseconds(by_scan)) for _ in range(ROUNDS)]
        figures[q] = {
            "ms": round(median(time for time, _ in times), 2),
            "scan, ms": round(median(time for _, time in times), 2),
            "scan, ratio to the index": round(median(scan / index for index, scan in times), 1),
        }
    scans = [_milliseconds(lambda: _scan(store, dataset, b'"n":77777')) for _ in range(ROUNDS)]
    store.execute("DELETE FROM postings")
    store.execute("UPDATE counters SET indexed = 0")
    store.execute("BEGIN IMMEDIATE")
    index = _milliseconds(lambda: list(items.index.index_all(dataset)))
    store.execute("COMMIT")
    store.close()
    return {
        f"q over {SEARCHED} items (the ratio must reach 10)": figures,
        "index of them, built again, ratio to one scan": round(index / median(scans), 1),
    }


def _scan(store: Store, dataset: int, term: bytes) -> tuple[list[Any], int]:
    search = re.compile(b"[{,]" + re.escape(term) + b"[,}]").search
    sql = "SELECT place, source_data, attributes, created_at, updated_at FROM items WHERE place >= ? AND place < ?"
    page: list[Any] = []
    count = 0
    for row in store.execute(sql, places(dataset)):
        if term in row[2] and search(row[2]) is not None:
            count += 1
            if len(page) < PAGE:
                page.append(row)
    return page, count


def _milliseconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def _many(file: Path, items: int) -> dict[str, Any]:
    source = _write(file, items)
    start = time.perf_counter()
    process, url = _start(LOADING, str(file))
    seconds = time.perf_counter() - start
    source.unlink()
    try:
        uvloop.run(_serve(url, file, items))
        memory = {"that loads and serves": _resident(process)}
    finally:
        process.communicate()
    starts = [(_time_start(OURS, str(file)), _time_start(BARE, "100")) for _ in range(ROUNDS)]
    process, url = _start(OURS, str(file))
    try:
        figures = uvloop.run(_serve(url, file, items))
        memory["that serves"] = _resident(process)
    finally:
        process.communicate()
    return {
        f"{items} items": {
            "loaded a second": round(items / seconds),
            "file in MiB": round(file.stat().st_size / MIB),
            "start in s (must be under 1)": round(median(ours for ours, _ in starts), 2),
            "start, ratio to a bare server's": round(median(ours / bare for ours, bare in starts), 2),
            **figures,
            "resident memory in MiB of a process (must be under 150)": memory,
        }
    }


async def _serve(url: str, file: Path, items: int) -> dict[str, Any]:
    # Tokens for any place, which a client would have to walk to.
    store = Store(file)
    tokens = Tokens(Datasets(store).token_key())
    dataset = str(store.execute("SELECT dataset_id FROM datasets").fetchone()[0])
    store.close()
    path = f"/organizations/{ORGANIZATION}/datasets/{dataset}/items/"
    rng = random.Random(1)  # noqa: S311 - the same places on every run

    async def once(query: str) -> float:
        load = await Load(url, "GET", f"{path}?{query}").connect(1)
        for _ in range(ROUNDS):
            await load.once()
        load.connections[0].transport.close()
        return median(load.latencies) * 1000

    async def page(after: int) -> float:
        token = tokens.make(after, "items", ORGANIZATION, dataset)
        return await once(f"limit={PAGE}&next_page_token={token}")

    places = [
        (await page(0), await page(items - PAGE - 1), await page(rng.randrange(items - PAGE))) for _ in range(PLACES)
    ]
    first, last, anywhere = (median(times) for times in zip(*places, strict=True))
    loads = {
        "read": await Load(url, "GET", f"{path}{items // 2}").connect(CONNECTIONS),
        "create": await Load(url, "POST", path, json.dumps(ITEM).encode()).connect(CONNECTIONS),
    }
    for load in loads.values():
        await load.round()
        load.latencies.clear()
        for _ in range(ROUNDS):
            await load.round()
    return {
        "page in ms": {"first": round(first, 2), "last": round(last, 2), "any": round(anywhere, 2)},
        "last page, ratio to the first": round(median(last / first for first, last, _ in places), 2),
        "q in ms": {q: round(await once(f"q={q.replace(':', '%3A').replace(' ', '+')}"), 2) for q in QUERIES},
        f"p99 in ms at {CONNECTIONS} connections (must be under 50)": {
            name: load.p99() for name, load in loads.items()
        },
    }


def _start(program: str, argument: str) -> "tuple[subprocess.Popen[str], str]":
    process = subprocess.Popen(
        [sys.executable, "-c", program, argument], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    return process, process.stdout.readline().strip()


def _time_start(program: str, argument: str) -> float:
    start = time.perf_counter()
    process, _ = _start(program, argument)
    seconds = time.perf_counter() - start
    process.terminate()
    process.communicate()
    return seconds


def _resident(process: "subprocess.Popen[str]") -> dict[str, float]:
    """Return the resident memory of a process in MiB, now and when it was largest."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return {
        name: round(int(status.partition(f"{field}:")[2].split()[0]) / 1024, 1)
        for name, field in (("now", "VmRSS"), ("most", "VmHWM"))
    }


if __name__ == "__main__":
    print(json.dumps(measure(*map(int, sys.argv[1:])), indent=2))
