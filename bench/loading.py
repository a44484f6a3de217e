"""What creating many items costs: `create_items` with a journal on disk, beside bare clients and abeja-sdk in threads.

Each client has a process of its own, and a raw server accepts each item. Rounds are short and take turns: so a machine
that gets slower for a while does so for all. What each client counts as "create" is the whole of a run: its clients
are opened and closed, ours also reads the dataset, and writes each item to its journal twice.

A number as argument is that of the items of the larger run whose memory is measured: 1000000 is what must be reached.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any, Final, Self

from creating import DATASET, ORGANIZATION, items, load
from raw_server import RawServer

from abeja_datasets_loading.items.items import Checker
from abeja_datasets_loading.journal.journal import Journal
from abeja_datasets_loading.journal.records import Change, State, Target

HERE: Final = Path(__file__).parent
ROUNDS: Final = 5
COUNTS: Final = {
    "ours": 6_000,
    "bare aiohttp": 6_000,
    "bare pyreqwest": 6_000,
    "ours, httpx": 1_500,
    "bare httpx": 400,
    "abeja-sdk": 1_500,
}
LATENCY: Final = 0.05
SECONDS_TO_SETTLE: Final = 5.0
WITH_LATENCY: Final = 12_000
FEW: Final = 10_000
MANY: Final = 200_000
FINISHED: Final = 1_000_000


def measure(many: int = MANY) -> dict[str, Any]:
    """Return items a second, the ratios, and the figures of large runs."""
    return {**_rates(), **_latency(), **_memory(many), **_resumed(FINISHED)}


class _Client:
    """A process of `creating.py`."""

    def __init__(self, name: str, url: str) -> None:
        peer = HERE / ".peers" / name.removeprefix("bare ") / "bin" / "python"
        python = str(peer) if peer.exists() else sys.executable
        command = [python, str(HERE / "creating.py"), name, url]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def create(self, count: int) -> dict[str, float]:
        """Create so many items; return the seconds it took, those of CPU, and the peak memory of the process in MiB."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{count}\n")
        self._process.stdin.flush()
        figures: dict[str, float] = json.loads(self._process.stdout.readline())
        return figures


def _rates() -> dict[str, Any]:
    taken: dict[str, list[dict[str, float]]] = {name: [] for name in COUNTS}
    with RawServer() as url:
        clients = {name: _Client(name, url) for name in COUNTS}
        try:
            for number in range(ROUNDS + 1):
                for name, client in clients.items():
                    one = client.create(COUNTS[name] if number else COUNTS[name] // 4)
                    if number:  # the first one imports and connects
                        taken[name].append({key: one[key] / COUNTS[name] for key in ("seconds", "cpu")})
        finally:
            for client in clients.values():
                client.__exit__()

    def ratio(ours: str, peer: str, key: str = "seconds") -> float:
        return round(median(b[key] / a[key] for a, b in zip(taken[ours], taken[peer], strict=True)), 3)

    return {
        "items a second": {name: round(1 / median(one["seconds"] for one in each)) for name, each in taken.items()},
        "CPU of the client, microseconds an item": {
            name: round(1e6 * median(one["cpu"] for one in each)) for name, each in taken.items()
        },
        "speed, ratio to bare aiohttp (must reach 0.75)": ratio("ours", "bare aiohttp"),
        "speed, ratio to abeja-sdk in 32 threads (must reach 4.5)": ratio("ours", "abeja-sdk"),
        "speed, ratio to bare pyreqwest": ratio("ours", "bare pyreqwest"),
        "CPU, ratio to bare aiohttp": round(1 / ratio("ours", "bare aiohttp", "cpu"), 3),
        "speed over httpx, ratio to abeja-sdk in 32 threads (must reach 1.5)": ratio("ours, httpx", "abeja-sdk"),
        "speed over httpx, ratio to bare httpx": ratio("ours, httpx", "bare httpx"),
    }


def _latency() -> dict[str, Any]:
    """Measure from 5 s after the start on; the ideal rate is that of the concurrency it settles on, without a gap."""
    seen: list[Any] = []
    with RawServer(LATENCY) as url:
        load(url, WITH_LATENCY, "aiohttp", on_progress=seen.append, concurrency=64)
    settled = [one for one in seen if one.seconds >= SECONDS_TO_SETTLE and one.read < WITH_LATENCY]
    created, seconds = (getattr(settled[-1], each) - getattr(settled[0], each) for each in ("created", "seconds"))
    concurrency = sum(one.concurrency for one in settled) / len(settled)
    return {
        f"{LATENCY * 1000:.0f} ms of latency": {
            "concurrency that it settles on": round(concurrency),
            "items a second": round(created / seconds),
            f"ratio to the ideal rate, {SECONDS_TO_SETTLE:.0f} s after the start (must reach 0.9)": round(
                created / seconds / (concurrency / LATENCY), 3
            ),
        }
    }


def _memory(many: int) -> dict[str, Any]:
    peaks = {}
    with RawServer() as url:
        for count in (FEW, many):
            with _Client("ours", url) as client:
                peaks[f"{count} items"] = round(client.create(count)["MiB"], 1)
    few, most = peaks.values()
    return {"peak memory in MiB": peaks, "growth in MiB (must be under 10)": round(most - few, 1)}


def _resumed(count: int) -> dict[str, Any]:
    """Measure a run with the journal of a run that ended."""
    with tempfile.TemporaryDirectory() as folder, RawServer() as url:
        path = Path(folder) / "finished"
        _finish(path, url, count)
        start = time.perf_counter()
        report = load(url, count, "aiohttp", journal=path)
        seconds = time.perf_counter() - start
        assert report.earlier == count
        return {
            f"a finished journal of {count} items": {
                "MiB": round(path.stat().st_size / 2**20, 1),
                "seconds of a run with it (must be under 20)": round(seconds, 1),
            }
        }


def _finish(path: Path, url: str, count: int) -> None:
    """Write the journal of a run in which all items were created."""
    checker, block = Checker(), 1024
    journal = Journal.open(path, Target("create", url, ORGANIZATION, DATASET, None))
    fingerprints = [checker.prepare(number, each).fingerprint for number, each in enumerate(items(count))]
    for first in range(0, count, block):
        part = fingerprints[first : first + block]
        journal.take_block(first, part)
        journal.record(Change(first + number, State.DONE, first + number + 1, 1) for number in range(len(part)))
    journal.complete(count)
    journal.close()


if __name__ == "__main__":
    print(json.dumps(measure(*map(int, sys.argv[1:])), indent=2))
