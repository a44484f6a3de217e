"""What calls cost with asyncio: `get_dataset_item` one at a time, 4 at once and 32 at once, over httpx and aiohttp.

Each of our two transports runs beside the bare library, in the same process and event loop. Rounds are short and take
turns, so that a machine that gets slower for a while does so for all.
"""

import asyncio
import base64
import json
import os
import time
from collections.abc import Awaitable, Callable
from statistics import median
from typing import Any, Final

import aiohttp
import httpx
from servers import MockServer

from abeja_datasets import AsyncAPIClient

ROUNDS: Final = 40
CALLS: Final = 96
AT_ONCE: Final = (1, 4, 32)

Call = Callable[[], Awaitable[Any]]


def measure() -> dict[str, Any]:
    """Return the medians, in calls a second, and the ratios."""
    with MockServer() as server:
        os.environ.update(server.environment)
        times = asyncio.run(_rounds(server))

    def ratio(ours: tuple[str, int], peer: tuple[str, int]) -> float:
        return round(median(a / b for a, b in zip(times[ours], times[peer], strict=True)), 3)

    return {
        "calls a second": {
            name: {at_once: round(CALLS / median(times[name, at_once])) for at_once in AT_ONCE}
            for name in dict.fromkeys(name for name, _ in times)
        },
        "time of one at a time, ratio to bare httpx (must reach 0.85)": ratio(("ours", 1), ("bare httpx", 1)),
        "speed of 32 at once, ratio to 4 at once (must reach 1.00)": ratio(("ours", 4), ("ours", 32)),
        "speed of 32 at once over aiohttp, ratio to bare aiohttp (must reach 0.85)": ratio(
            ("bare aiohttp", 32), ("ours, aiohttp", 32)
        ),
    }


async def _rounds(server: MockServer) -> dict[tuple[str, int], list[float]]:
    organization, dataset, item = server.item_path
    user, token = (os.environ[f"ABEJA_PLATFORM_{name}"] for name in ("USER_ID", "PERSONAL_ACCESS_TOKEN"))
    headers = {"Authorization": "Basic " + base64.b64encode(f"{user}:{token}".encode()).decode()}
    url = f"{os.environ['ABEJA_API_URL']}/organizations/{organization}/datasets/{dataset}/items/{item}"
    async with (
        AsyncAPIClient() as ours,
        AsyncAPIClient(transport="aiohttp") as fast,
        httpx.AsyncClient(headers=headers) as bare_httpx,
        aiohttp.ClientSession(headers=headers) as bare_aiohttp,
    ):

        async def with_aiohttp() -> Any:
            async with bare_aiohttp.get(url) as response:
                return json.loads(await response.read())

        async def with_httpx() -> Any:
            return (await bare_httpx.get(url)).json()

        calls: dict[str, Call] = {
            "ours": lambda: ours.get_dataset_item(organization, dataset, item),
            "bare httpx": with_httpx,
            "ours, aiohttp": lambda: fast.get_dataset_item(organization, dataset, item),
            "bare aiohttp": with_aiohttp,
        }
        times: dict[tuple[str, int], list[float]] = {(name, n): [] for name in calls for n in AT_ONCE}
        for name, at_once in times:  # connections are opened before the first round
            await _many(calls[name], at_once)
        for _ in range(ROUNDS):
            for (name, at_once), taken in times.items():
                taken.append(await _many(calls[name], at_once))
        return times


async def _many(call: Call, at_once: int) -> float:
    """Return the seconds that CALLS calls take, so many at once."""

    async def some() -> None:
        for _ in range(CALLS // at_once):
            assert "dataset_item_id" in await call()

    start = time.perf_counter()
    await asyncio.gather(*(some() for _ in range(at_once)))
    return time.perf_counter() - start


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
