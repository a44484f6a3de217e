"""What exporting 100,000 items into a file of JSON lines costs, against iterating over them, in turns.

A raw server sends the pages, which it made before.
"""

import asyncio
import json
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any, Final

from iterate import CREDENTIAL, ITEMS, PAGES, Server

from abeja_datasets import APIClient, AsyncAPIClient
from abeja_datasets_loading import export_items, export_items_async

ROUNDS: Final = 7
COUNT: Final = PAGES * ITEMS


def measure() -> dict[str, Any]:
    """Return items a second and the ratios."""
    with Server() as url, tempfile.TemporaryDirectory() as folder:
        times = asyncio.run(_rounds(url, Path(folder) / "items.jsonl"))
    figures: dict[str, Any] = {"items a second": {name: round(COUNT / median(each)) for name, each in times.items()}}
    for ours, peer in (("export, asyncio", "iterate, asyncio over aiohttp"), ("export", "iterate")):
        ratio = median(b / a for a, b in zip(times[ours], times[peer], strict=True))
        figures[f"{ours}, ratio to {peer} (must reach 0.9)"] = round(ratio, 3)
    return figures


async def _rounds(url: str, path: Path) -> dict[str, list[float]]:
    async with AsyncAPIClient(CREDENTIAL, base_url=url, transport="aiohttp") as fast_client:
        with APIClient(CREDENTIAL, base_url=url) as client:

            async def exported_async() -> int:
                return (await export_items_async(fast_client, 1, 2, path, on_progress=False)).counts.read

            async def exported() -> int:
                report = await asyncio.to_thread(export_items, client, 1, 2, path, on_progress=False)
                return report.counts.read

            async def iterated_async() -> int:
                return len([1 async for _ in fast_client.iter_dataset_items(1, 2, {"limit": ITEMS})])

            async def iterated() -> int:
                return sum(1 for _ in client.iter_dataset_items(1, 2, {"limit": ITEMS}))

            loops = {
                "export, asyncio": exported_async,
                "iterate, asyncio over aiohttp": iterated_async,
                "export": exported,
                "iterate": iterated,
            }
            times: dict[str, list[float]] = {name: [] for name in loops}
            for number in range(ROUNDS + 1):
                for name, loop in loops.items():
                    start = time.perf_counter()
                    assert await loop() == COUNT
                    if number:  # the first one loads and connects
                        times[name].append(time.perf_counter() - start)
    return times


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
