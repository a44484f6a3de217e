"""What creating many items costs: `create_items` with a journal on disk, beside bare clients and abeja-sdk in threads.

Each client has a process of its own, and a raw server accepts each item. Rounds are short and take turns: so a machine
that gets slower for a while does so for all. What each client counts as "create" is the whole of a run: its clients
are opened and closed, ours also reads the dataset, and writes each item to its journal twice.

A number as argument is that of the items of the larger run whose memory is measured: by default 1,000,000.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any, Final, Self

from creating import DATASET, ORGANIZATION, bare, items, load
from raw_server import RawServer

from abeja_datasets_loading.items.items import Checker
from abeja_datasets_loading.journal.journal import Journal
from abeja_datasets_loading.journal.records import Change, State, Target

HERE: Final = Path(__file__).parent
ROUNDS: Final = 5
COUNTS: Final = {
    "ours": 12_000,
    "bare aiohttp": 12_000,
    "bare pyreqwest": 12_000,
    "ours, httpx": 1_500,
    "bare httpx": 400,
    "abeja-sdk": 1_500,
}
LATENCY: Final = 0.05
SECONDS_TO_SETTLE: Final = 5.0
WITH_LATENCY: Final = 12_000
_LEAST: Final = 0.2
"""Seconds between two points of the curve."""
FEW: Final = 10_000
MANY: Final = 1_000_000
FINISHED: Final = 1_000_000


def measure(many: int = MANY) -> dict[str, Any]:
    """Return creates a second, the ratios, and the figures of large runs."""
    return {**_rates(), **_latency(), **_memory(many), **_resumed(FINISHED)}


def table(figures: dict[str, Any]) -> str:
    """Return the figures as a table of the clients, with the other figures below it."""
    speeds, times = figures["creates a second"], figures["CPU of the client, microseconds a create"]
    lines = [f"{'':<16}{'creates a second':>18}{'CPU, µs a create':>20}"]
    lines += [f"{name:<16}{speeds[name]:>18,}{times[name]:>20,}" for name in speeds]
    others = {key: value for key, value in figures.items() if value not in (speeds, times)}
    return "\n".join([*lines, "", *_lines(others)])


def plot(figures: dict[str, Any], path: Path) -> None:
    """Draw the figures into a PNG file."""
    python = HERE / ".peers" / "matplotlib" / "bin" / "python"
    command = [str(python), str(HERE / "loading_plot.py"), str(path)]
    subprocess.run(command, input=json.dumps(figures), text=True, check=True)


def _lines(figures: dict[str, Any], indent: str = "") -> Iterator[str]:
    for name, value in figures.items():
        if isinstance(value, dict):
            yield f"{indent}{name}:"
            yield from _lines(value, indent + "  ")
        elif not isinstance(value, list):  # a curve is for the plot
            yield f"{indent}{name}: {value}"


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
        """Create `count` items; return the seconds it took, those of CPU, and the peak memory of the process in MiB."""
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
        "creates a second": {name: round(1 / median(one["seconds"] for one in each)) for name, each in taken.items()},
        "CPU of the client, microseconds a create": {
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
    """Measure from 5 s after the start on; the ideal rate is that of the concurrency it settles on, without a gap.

    A server that sleeps wakes up late on a busy machine, so that a bare client does not reach the ideal rate either.
    """
    seen: list[Any] = []
    with RawServer(LATENCY) as url:
        load(url, WITH_LATENCY, "aiohttp", on_progress=seen.append, concurrency=64)
        start = time.perf_counter()
        bare("bare aiohttp", url, WITH_LATENCY // 4)
        seconds = time.perf_counter() - start
    settled = [one for one in seen if one.seconds >= SECONDS_TO_SETTLE and one.read < WITH_LATENCY]
    rate = (settled[-1].created - settled[0].created) / (settled[-1].seconds - settled[0].seconds)
    concurrency = sum(one.concurrency for one in settled) / len(settled)
    return {
        "with latency": {
            "latency in ms": LATENCY * 1000,
            "seconds to settle": SECONDS_TO_SETTLE,
            "concurrency that it settles on": round(concurrency),
            "ideal": round(concurrency / LATENCY),
            "ours": round(rate),
            "bare aiohttp": round(WITH_LATENCY // 4 / seconds),
            "ratio to the ideal rate (must reach 0.9)": round(rate / (concurrency / LATENCY), 3),
            "creates a second, over time": [
                (round(b.seconds, 1), round((b.created - a.created) / (b.seconds - a.seconds)))
                for a, b in pairwise(seen)
                if b.seconds - a.seconds > _LEAST
            ],
        }
    }


def _memory(many: int) -> dict[str, Any]:
    peaks = {}
    with RawServer() as url:
        for count in (FEW, many):
            with _Client("ours", url) as client:
                peaks[f"{count:,} items"] = round(client.create(count)["MiB"], 1)
    few, most = peaks.values()
    return {"peak memory in MiB": peaks, "growth in MiB (must be under 10)": round(most - few, 1)}


def _resumed(count: int) -> dict[str, Any]:
    """Measure a run with the journal of a run that ended."""
    with tempfile.TemporaryDirectory() as folder, RawServer() as url:
        path = Path(folder) / "finished"
        _finish(path, url, count)
        start, cpu = time.perf_counter(), time.process_time()
        report = load(url, count, "aiohttp", journal=path)
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
        assert report.earlier == count
        return {
            f"a finished journal of {count:,} items": {
                "MiB": round(path.stat().st_size / 2**20, 1),
                "seconds of a run with it (must be under 20)": round(seconds, 1),
                "seconds of CPU": round(cpu, 1),
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
    print(table(measure(*map(int, sys.argv[1:]))))
