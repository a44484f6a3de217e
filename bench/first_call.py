"""What a whole program costs that makes one call: ours against bare httpx, in fresh processes that take turns.

It is measured in this environment, with all extras, and in one with the core alone (bench/.peers/core).
"""

import json
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any, Final

from servers import MockServer

ROUNDS: Final = 21
CORE: Final = Path(__file__).parent / ".peers" / "core" / "bin" / "python"
PROGRAMS: Final = {
    "ours": """
import sys
from abeja_datasets import APIClient
assert APIClient().get_dataset_item(*sys.argv[1:])["dataset_item_id"] == 0
""",
    "bare httpx": """
import os, sys, httpx
organization, dataset, item = sys.argv[1:]
auth = os.environ["ABEJA_PLATFORM_USER_ID"], os.environ["ABEJA_PLATFORM_PERSONAL_ACCESS_TOKEN"]
with httpx.Client(auth=auth) as client:
    url = f"{os.environ['ABEJA_API_URL']}/organizations/{organization}/datasets/{dataset}/items/{item}"
    assert client.get(url).json()["dataset_item_id"] == 0
""",
    "ours, asyncio": """
import asyncio, sys
from abeja_datasets import AsyncAPIClient

async def main():
    async with AsyncAPIClient() as api_client:
        assert (await api_client.get_dataset_item(*sys.argv[1:]))["dataset_item_id"] == 0

asyncio.run(main())
""",
}


def measure() -> dict[str, Any]:
    """Return the medians, in milliseconds a program, and the ratios."""
    figures = {}
    with MockServer() as server:
        for extras, python in {"all extras": sys.executable, "the core alone": str(CORE)}.items():
            rounds = [{name: _seconds(server, python, code) for name, code in PROGRAMS.items()} for _ in range(ROUNDS)]
            figures[extras] = {
                "milliseconds": {name: round(median(r[name] for r in rounds) * 1e3) for name in PROGRAMS},
                "ratio to bare httpx (must reach 1.25)": round(median(r["ours"] / r["bare httpx"] for r in rounds), 3),
            }
    return figures


def _seconds(server: MockServer, python: str, code: str) -> float:
    start = time.perf_counter()
    subprocess.run([python, "-c", code, *server.item_path], env=server.environment, check=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
