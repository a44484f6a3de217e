"""What one call costs: `get_dataset_item` on a kept-open loopback connection, against its peers.

abeja-sdk and abeja-datasets own the same import name, so each has a process of its own; bare httpx runs
beside ours, in the same process, call by call. Rounds are short and take turns: so a machine that gets slower for a
while does so for all. A process that has waited is slow at first, and all rounds have as many calls.
"""

import json
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any

from servers import MockServer

HERE = Path(__file__).parent
SDK = HERE / ".peers" / "abeja-sdk" / "bin" / "python"
ROUNDS = 40
CALLS = 200

# One program for both: abeja-sdk has the same face as ours.
WORKER = """
import base64, json, os, sys, time
from statistics import median
from abeja.datasets import APIClient

organization, dataset, item = sys.argv[1:]
api_client = APIClient()
calls = {"client": lambda: api_client.get_dataset_item(organization, dataset, item)}
try:
    import httpx
except ImportError:
    pass
else:
    user, token = os.environ["ABEJA_PLATFORM_USER_ID"], os.environ["ABEJA_PLATFORM_PERSONAL_ACCESS_TOKEN"]
    client = httpx.Client(headers={"Authorization": "Basic " + base64.b64encode(f"{user}:{token}".encode()).decode()})
    url = f"{os.environ['ABEJA_API_URL']}/organizations/{organization}/datasets/{dataset}/items/{item}"
    calls["bare httpx"] = lambda: client.get(url).json()

for line in sys.stdin:
    times = {name: [] for name in calls}
    for _ in range(int(line) // len(calls)):
        for name, call in calls.items():
            start = time.perf_counter()
            result = call()
            times[name].append(time.perf_counter() - start)
            assert result["dataset_item_id"] == int(item)
    print(json.dumps({name: median(each) for name, each in times.items()}), flush=True)
"""


def measure() -> dict[str, Any]:
    """Return the medians, in microseconds a call, and the ratios of ours to each peer."""
    with MockServer() as server:
        workers = {
            name: subprocess.Popen(
                [python, "-c", WORKER, *server.item_path],
                env=server.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for name, python in {"ours": sys.executable, "abeja-sdk": str(SDK)}.items()
        }
        try:
            for worker in workers.values():
                _round(worker, 200)
            rounds = [_rounds(workers) for _ in range(ROUNDS)]
        finally:
            for worker in workers.values():
                worker.communicate()
    return {
        "microseconds a call": {name: round(median(r[name] for r in rounds) * 1e6) for name in rounds[0]},
        "ratio to bare httpx (must reach 0.85)": round(median(r["ours"] / r["bare httpx"] for r in rounds), 3),
        "ratio to abeja-sdk (must reach 0.36)": round(median(r["ours"] / r["abeja-sdk"] for r in rounds), 3),
    }


def _rounds(workers: "dict[str, subprocess.Popen[str]]") -> dict[str, float]:
    ours, sdk = _round(workers["ours"], CALLS), _round(workers["abeja-sdk"], CALLS)
    return {"ours": ours["client"], "bare httpx": ours["bare httpx"], "abeja-sdk": sdk["client"]}


def _round(worker: "subprocess.Popen[str]", calls: int) -> dict[str, float]:
    assert worker.stdin
    assert worker.stdout
    worker.stdin.write(f"{calls}\n")
    worker.stdin.flush()
    medians: dict[str, float] = json.loads(worker.stdout.readline())
    return medians


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
