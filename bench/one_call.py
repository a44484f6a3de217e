"""What one call costs: `get_dataset_item` on a kept-open loopback connection, against its peers.

Each client runs in a process of its own, since abeja-sdk and abeja-datasets own the same import name. The processes
take turns, a short round each, and each ratio is of two rounds that followed each other: so a machine that gets slower
for a while does so for both.
"""

import json
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any

from servers import MockServer

HERE = Path(__file__).parent
PEERS = {
    "ours": (sys.executable, "ours"),
    "bare httpx": (sys.executable, "httpx"),
    "abeja-sdk": (str(HERE / ".peers" / "abeja-sdk" / "bin" / "python"), "ours"),
}
ROUNDS = 40
CALLS = 100

# One program for all: abeja-sdk has the same face as ours, and a module is only imported where it is.
WORKER = """
import json, os, sys, time
from statistics import median

kind, organization, dataset, item = sys.argv[1:]
base = os.environ["ABEJA_API_URL"]
if kind == "httpx":
    import base64, httpx
    user, token = os.environ["ABEJA_PLATFORM_USER_ID"], os.environ["ABEJA_PLATFORM_PERSONAL_ACCESS_TOKEN"]
    client = httpx.Client(headers={"Authorization": "Basic " + base64.b64encode(f"{user}:{token}".encode()).decode()})
    url = f"{base}/organizations/{organization}/datasets/{dataset}/items/{item}"
    call = lambda: client.get(url).json()
else:
    from abeja.datasets import APIClient
    client = APIClient()
    call = lambda: client.get_dataset_item(organization, dataset, item)
assert call()["dataset_item_id"] == int(item)

for line in sys.stdin:
    times = []
    for _ in range(int(line)):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    print(median(times), flush=True)
"""


def measure() -> dict[str, Any]:
    """Give the medians, in microseconds a call, and the ratios of ours to each peer."""
    with MockServer() as server:
        workers = {
            name: subprocess.Popen(
                [python, "-c", WORKER, kind, *server.item_path], env=server.environment, stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, text=True,
            )
            for name, (python, kind) in PEERS.items()
        }  # fmt: skip
        try:
            for worker in workers.values():
                _round(worker, 200)
            rounds = [{name: _round(worker, CALLS) for name, worker in workers.items()} for _ in range(ROUNDS)]
        finally:
            for worker in workers.values():
                worker.communicate()
    return {
        "microseconds a call": {name: round(median(r[name] for r in rounds) * 1e6) for name in PEERS},
        "ratio to bare httpx (must reach 1.10)": round(median(r["ours"] / r["bare httpx"] for r in rounds), 3),
        "ratio to abeja-sdk (must reach 0.60)": round(median(r["ours"] / r["abeja-sdk"] for r in rounds), 3),
    }


def _round(worker: "subprocess.Popen[str]", calls: int) -> float:
    assert worker.stdin
    assert worker.stdout
    worker.stdin.write(f"{calls}\n")
    worker.stdin.flush()
    return float(worker.stdout.readline())


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
