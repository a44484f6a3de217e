"""Load a Parquet file by a plan on Ray and on local processes: workers and the driver are killed, and requests fail.

Run it in the environment that `scripts/test-engines` makes: `.venv-engines/bin/python bench/cluster.py`. It prints
what is missing and what is there twice at the end of each trial, beside a naive sink, which repeats what failed. It
also prints how long Ray and local processes take for the same job, without faults.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "scripts"))

from abeja_datasets import APIClient  # noqa: E402
from abeja_datasets_loading import Plan, create_plan, plan_status  # noqa: E402
from upkeep.ray_cluster import ray_cluster  # noqa: E402 - found by the line above
from upkeep.soak.server import SoakServer, soak_server  # noqa: E402 - found by the line above

ORGANIZATION: Final = "1102940376065"
USER: Final = {"user_id": "1", "personal_access_token": "soak"}
_CREATE: Final = {"operations": "create_dataset_item", "probability": 0.02}
FAULTS: Final[Any] = {
    "seed": 1,
    "faults": [
        {**_CREATE, "status": 500, "when": "after"}, {**_CREATE, "status": 503}, {**_CREATE, "reset_after": True},
    ],
}  # fmt: skip
NO_FAULTS: Final[Any] = {"faults": []}
TIMEOUT: Final = 5
LEASE: Final = 5.0
OVERHEAD: Final = ("without faults, local", "without faults, ray") * 2
WITHOUT_RAY: Final = ("local", "without faults, local")
COMMAND: Final = [sys.executable, "-m", "abeja_datasets_cli", "plan"]


class Trial:
    """A dataset, and a plan of loading a file into it.

    Args:
        server: with or without faults.
        source: the file.
        folder: for plans.
        name: of the trial.
        rows: how many the file has.
    """

    def __init__(self, server: SoakServer, source: Path, folder: Path, name: str, rows: int) -> None:
        self.name = name
        self.rows = rows
        self._source = source
        self._place = folder / name.replace(" ", "-")
        self._url = server.faulty_url
        self.plain = APIClient(USER, base_url=server.url, timeout=30)
        self.dataset_id = str(self.plain.create_dataset(ORGANIZATION, name, "custom", {})["dataset_id"])
        self.environment = {
            **os.environ, "ABEJA_API_URL": self._url, "ABEJA_PLATFORM_USER_ID": USER["user_id"],
            "ABEJA_PLATFORM_PERSONAL_ACCESS_TOKEN": USER["personal_access_token"],
        }  # fmt: skip

    def plan(self) -> Plan:
        """Make the plan."""
        with APIClient(USER, base_url=self._url, timeout=TIMEOUT) as client:
            return create_plan(
                client, ORGANIZATION, self.dataset_id, self._source, self._place, concurrency=32, lease_seconds=LEASE
            )

    def start(self, engine: str, workers: int) -> "subprocess.Popen[bytes]":
        """Start a driver."""
        command = [*COMMAND, "run", str(self._place), "--engine", engine, "--workers", str(workers)]
        return subprocess.Popen(command, env=self.environment, stderr=subprocess.DEVNULL)

    def verify(self) -> str:
        """Verify the plan by the command; return what it prints."""
        command = [*COMMAND, "verify", str(self._place)]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        return done.stdout.strip() or done.stderr.strip()

    def counts(self) -> dict[str, int]:
        """Return how many rows are missing and how many items are twice, by the dataset itself."""
        items = self.plain.iter_dataset_items(ORGANIZATION, self.dataset_id, {"limit": 1000})
        found = Counter(item["attributes"]["number"] for item in items)
        missing = sum(number not in found for number in range(self.rows))
        return {"missing": missing, "twice": found.total() - len(found)}


def killed(trial: Trial, engine: str, workers: int, second: str | None = None) -> dict[str, Any]:
    """Run a plan; kill workers twice and the driver once, resume and verify; return what is in the dataset."""
    plan, begun = trial.plan(), time.monotonic()
    rng = random.Random(1)  # noqa: S311 - the same victims on every run, as far as that can be
    driver = trial.start(engine, workers)
    victims = 0
    for part in (0.15, 0.3):
        _wait_until(plan, part, driver)
        victims += _kill_a_worker(plan, rng)
    _wait_until(plan, 0.5, driver)
    driver.kill()
    driver.wait()
    resumed = trial.start(second or engine, workers)
    code = resumed.wait()
    status = plan_status(plan)
    run_seconds, begun = time.monotonic() - begun, time.monotonic()
    said = trial.verify()
    return {
        **trial.counts(), "workers killed": victims, "drivers killed": 1, "exit code of the resumed run": code,
        "units left without an outcome": status.open, "unknown rows of the others": status.unknown,
        "seconds to run": round(run_seconds, 1), "seconds to verify": round(time.monotonic() - begun, 1),
        "verify": said,
    }  # fmt: skip


def whole(trial: Trial, engine: str, workers: int) -> dict[str, Any]:
    """Run a plan without an interruption; return how long it took."""
    trial.plan()
    begun = time.monotonic()
    code = trial.start(engine, workers).wait()
    seconds = time.monotonic() - begun
    return {
        **trial.counts(),
        "exit code": code,
        "seconds": round(seconds, 2),
        "rows a second": round(trial.rows / seconds),
    }


def naive(trial: Trial, workers: int) -> dict[str, Any]:
    """Load the same rows with a plain sink: a task of Ray for each 500 rows, and whatever fails is repeated."""
    program = [sys.executable, str(HERE / "cluster_naive.py"), trial.dataset_id, str(trial.rows), str(workers)]
    begun = time.monotonic()
    process = subprocess.Popen(program, env=trial.environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    pids = [int(number) for number in process.stdout.readline().split()]
    killed_ = 0
    for share in (0.15, 0.3):
        while _total(trial) < share * trial.rows and process.poll() is None:
            time.sleep(0.1)
        with suppress(ProcessLookupError):
            os.kill(pids[killed_], signal.SIGKILL)
            killed_ += 1
    process.communicate()
    return {**trial.counts(), "workers killed": killed_, "seconds": round(time.monotonic() - begun, 1)}


def _total(trial: Trial) -> int:
    return int(trial.plain.get_dataset(ORGANIZATION, trial.dataset_id)["total_count"])


def _wait_until(plan: Plan, part: float, driver: "subprocess.Popen[bytes]") -> None:
    done = Path(plan.url) / "done"
    while driver.poll() is None and (len(list(done.glob("0*"))) if done.exists() else 0) < part * plan.units:
        time.sleep(0.05)


def _kill_a_worker(plan: Plan, rng: random.Random) -> int:
    """Kill the process that holds the lease of a unit without an outcome; return how many were killed."""
    for _ in range(100):
        leases = {path.name: path for path in (Path(plan.url) / "leases").glob("0*")}
        running = sorted(name for name in leases if not (Path(plan.url) / "done" / name).exists())
        with suppress(FileNotFoundError, ProcessLookupError, IndexError, ValueError):
            pid = json.loads(leases[rng.choice(running)].read_text())["pid"]
            os.kill(pid, signal.SIGKILL)
            return 1
        time.sleep(0.05)
    return 0


def write_rows(path: Path, count: int) -> None:
    """Write a Parquet file of items."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [
        {
            "source_data": [{"data_type": "image/jpeg", "data_uri": f"s3://bucket/{number}"}],
            "attributes": {"number": number},
        }
        for number in range(count)
    ]
    pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=5000)


def _names(trials: Sequence[str]) -> Iterator[str]:
    for name in trials:
        yield from OVERHEAD if name == "overhead" else [name]


def _figures(trial: Trial, name: str, workers: int) -> dict[str, Any]:
    if name in OVERHEAD:
        return whole(trial, name.rsplit(maxsplit=1)[-1], workers)
    if name == "naive":
        return naive(trial, workers)
    first, _, second = name.partition(" then ")
    return killed(trial, first, workers, second or None)


def main() -> None:
    """Run all trials, or some."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--trials", nargs="*", default=["local", "ray", "ray then local", "naive", "overhead"])
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "rows.parquet"
        write_rows(source, options.rows)
        for name in _names(options.trials):
            with soak_server(NO_FAULTS if name in OVERHEAD else FAULTS) as server:
                trial = Trial(server, source, Path(folder), f"{name} {len(figures.get(name, []))}", options.rows)
                with (
                    ray_cluster(trial.environment, options.workers)
                    if name not in WITHOUT_RAY
                    else nullcontext() as address
                ):
                    trial.environment["RAY_ADDRESS"] = address or ""
                    figures.setdefault(name, []).append(_figures(trial, name, options.workers))
            print(json.dumps({name: figures[name]}, indent=2, ensure_ascii=False), flush=True)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
