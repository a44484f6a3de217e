"""Load items through faults, and kill the loading again and again; count what is missing and what is there twice."""

import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final, NamedTuple

from abeja_datasets import APIClient
from upkeep.soak import clients
from upkeep.soak.server import SoakServer, soak_server

_HERE: Final = Path(__file__).resolve().parent
_SDK: Final = _HERE.parents[2] / "bench" / ".peers" / "abeja-sdk" / "bin" / "python"
"""Where `scripts/bench` installs abeja-sdk."""
_CREATE: Final = {"operations": "create_dataset_item", "probability": 0.05}
_LOSSES: Final[tuple[dict[str, Any], ...]] = (
    {"reset_before": True},
    {"reset_after": True},
    {"half_answer": True},
    {"status": 503, "when": "after"},
    {"status": 503},
    {"status": 429},
    {"stall": 2 * clients.TIMEOUT},
)
PLAN: Final = {"seed": 1, "faults": [{**_CREATE, **loss} for loss in _LOSSES]}
_ONE_BY_ONE: Final = 300
"""Items that are created one request at a time, as a measure."""
_CONCURRENCY: Final = 64
_MOST_TIME: Final = 1 / 3
"""The part of the time of one request at a time that loading may take."""


class Counted(NamedTuple):
    """How the items of a dataset compare with the input, as multisets."""

    missing: int
    twice: int

    def __str__(self) -> str:
        return f"{self.missing} missing, {self.twice} twice"


class LoadingSoak:
    """The trials against one server.

    Args:
        server: with the faults of `PLAN`.
        folder: for the journals.
        items: how many to load.
    """

    def __init__(self, server: SoakServer, folder: Path, items: int) -> None:
        self._server = server
        self._folder = folder
        self._items = items
        # Without the faults on the wire; those in the server meet creates alone.
        self._client = APIClient(clients.USER, base_url=server.url)
        self._rate = 0.0
        self._seconds = 0.0
        self.problems: list[str] = []

    def one_by_one(self) -> None:
        """Measure how long loading takes one request at a time."""
        dataset = self._dataset("one by one")
        count = min(_ONE_BY_ONE, self._items)
        found = self._load(self._start(dataset, "1", count))
        self._rate = count / (found["seconds"] - found["waits"])
        print(f"one request at a time: {_timed(found)}, {self._rate:.1f} items/s; {self._count(dataset, count)}")

    def at_once(self) -> None:
        """Load all items in one run."""
        dataset = self._dataset("at once")
        found = self._load(self._start(dataset))
        self._seconds = found["seconds"] - found["waits"]
        part = self._seconds / (self._items / self._rate)
        counted = self._judge("loading", dataset)
        print(f"loading {self._items:,} items: {_timed(found)}, {part:.3f} of one request at a time; {counted}")
        if part > _MOST_TIME:
            self.problems.append(
                f"loading took {part:.2f} of the time of one request at a time; {_MOST_TIME:.2f} is allowed"
            )

    def killed(self, kills: int) -> None:
        """Load all items in runs that are killed at random moments; the last one is not."""
        dataset = self._dataset("killed")
        rng = random.Random(1)  # noqa: S311 - the same moments on every run
        begun = time.monotonic()
        for number in range(kills):
            process = self._start(dataset)
            time.sleep(rng.uniform(0.3, 1.5 * self._seconds / kills + 1))
            process.kill()
            process.communicate()
            if twice := self._count(dataset).twice:
                self.problems.append(f"after kill {number + 1} there are {twice} items twice")
        found = self._load(self._start(dataset))
        counted = self._judge(f"loading with {kills} kills", dataset)
        print(
            f"loading {self._items:,} items, killed {kills} times: {time.monotonic() - begun:.0f} s in all, "
            f"the last run {_timed(found)}; {counted}"
        )

    def abeja_sdk(self, count: int) -> None:
        """Create items with abeja-sdk under the same faults, for the record."""
        if not _SDK.exists():
            print("abeja-sdk: not installed here; scripts/bench installs it")
            return
        dataset = self._dataset("abeja-sdk")
        arguments = ["abeja-sdk", self._server.faulty_url, dataset, str(count)]
        found = self._load(_program(str(_SDK), *arguments))
        print(
            f"abeja-sdk in {clients.THREADS} threads, {count:,} items: {_timed(found)}, "
            f"{found['failed']} failures; {self._count(dataset, count)}"
        )

    def _dataset(self, name: str) -> str:
        return str(self._client.create_dataset(clients.ORGANIZATION, name, "custom", {})["dataset_id"])

    def _start(self, dataset: str, concurrency: str = str(_CONCURRENCY), count: int = 0) -> "subprocess.Popen[str]":
        journal = str(self._folder / f"{dataset}.journal")
        arguments = [self._server.faulty_url, dataset, str(count or self._items), journal, concurrency]
        return _program(sys.executable, "ours", *arguments)

    def _load(self, process: "subprocess.Popen[str]") -> dict[str, Any]:
        output, _ = process.communicate()
        if process.returncode:
            raise RuntimeError(f"the loading ended with {process.returncode}")
        found: dict[str, Any] = json.loads(output)
        return found

    def _count(self, dataset: str, count: int = 0) -> Counted:
        given = Counter(_uri(item) for item in clients.rows(count or self._items))
        listed = self._client.iter_dataset_items(clients.ORGANIZATION, dataset, {"limit": 1000})
        stored = Counter(map(_uri, listed))
        return Counted((given - stored).total(), (stored - given).total())

    def _judge(self, what: str, dataset: str) -> Counted:
        counted = self._count(dataset)
        if any(counted):
            self.problems.append(f"{what}: {counted}")
        return counted


def soak(items: int, kills: int, sdk_items: int) -> list[str]:
    """Run all trials, print their figures, and return the problems."""
    with tempfile.TemporaryDirectory() as folder:
        with soak_server(PLAN) as server:
            trials = LoadingSoak(server, Path(folder), items)
            trials.one_by_one()
            trials.at_once()
            trials.killed(kills)
            trials.abeja_sdk(sdk_items)
        return trials.problems + server.problems


def _program(python: str, *arguments: str) -> "subprocess.Popen[str]":
    command = [python, str(_HERE / "clients.py"), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own program


def _uri(item: Any) -> str:
    return str(item["source_data"][0]["data_uri"])


def _timed(found: dict[str, Any]) -> str:
    return f"{found['seconds'] - found['waits']:.1f} s and {found['waits']:.1f} s of waits to settle"
