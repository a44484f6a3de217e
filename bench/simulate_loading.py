"""A model of loading by plans, to 1,000,000,000 rows and 1,000 workers, from constants that were measured.

    .venv/bin/python bench/simulate_loading.py              the tables of docs/scale.md
    .venv/bin/python bench/simulate_loading.py --measure    measures the constants on this machine, on one core

What it assumes is in docs/scale.md. All of it is arithmetic: no part of it needs a cluster.
"""

import argparse
import math
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Final, NamedTuple

PAGE: Final = 500
"""Items of a page, when a dataset is listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Constants:
    """What was measured: seconds of processor time, and bytes."""

    create: float = 0.000145
    """Of a worker for a row."""
    unit: float = 0.018
    """For a unit, whatever its rows: lease, journal, source, and one `get_dataset`."""
    gather: float = 0.0046
    """For a unit of 1,000 rows, of which a verification reads the outcome."""
    listed: float = 0.00001
    """For an item of a list, of which each round of settling sees all."""
    compared: float = 0.000047
    """For a row and its item, when the dataset is compared with the sources."""
    outcome: float = 9.0
    """Bytes for a row in the outcome of a unit, with ids of 8 digits."""
    objects: float = 364.0
    """Bytes for a unit in its lease, its intent and the frame of its outcome."""
    gathered: float = 36.0
    """Bytes for a row on the disk of the machine that verifies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumed:
    """What no measurement here can say."""

    server: float = 5000.0
    """Creates that the server carries out in a second, from all clients together."""
    latency: float = 0.05
    """Seconds for a create."""
    concurrency: int = 512
    """Requests at once, of all workers."""
    unit_rows: int = 1000
    lost: float = 0.0001
    """Part of the creates whose response is lost."""
    not_done: float = 0.5
    """Part of the unknown rows that were not created."""
    deaths: float = 0.01
    """Deaths of a worker an hour: one in four days."""
    round_trips: float = 10.0
    """Of a unit until it has found how many requests at once are right."""
    page: float = 0.05
    """Seconds that the server takes for a page of 500 items."""
    storage: float = 0.03
    """Seconds for a request to the storage; a unit waits for five."""
    settle_after: float = 61.0
    lease: float = 30.0
    readers: int = 32
    """Objects that a verification reads at once."""


class Load(NamedTuple):
    """What the model says of a load."""

    rows: int
    workers: int
    throughput: float
    """Rows a second."""
    run: float
    """Seconds until each unit has an outcome."""
    unknown: float
    """Rows that are unknown then: by lost responses, and in the units of workers that died."""
    rounds: int
    """How often the dataset is listed to settle them."""
    settle: float
    """Seconds to settle them."""
    compare: float
    """Seconds to compare the dataset with the sources."""
    objects: int
    journal: float
    """Bytes beside the plan."""
    disk: float
    """Bytes on the machine that verifies."""


def model(rows: int, workers: int, constants: Constants, assumed: Assumed) -> Load:
    """Return what a load takes."""
    busy = min(workers, assumed.concurrency, math.ceil(rows / assumed.unit_rows))
    share = max(1, assumed.concurrency // busy)
    # A worker is bound by its processor, by the latency of its part of the requests, or by the server.
    row = max(constants.create, assumed.latency / share, busy / assumed.server)
    unit = assumed.unit_rows * row + constants.unit + 5 * assumed.storage + assumed.round_trips * assumed.latency
    throughput = min(assumed.server, busy * assumed.unit_rows / unit)
    run = max(rows / throughput, unit)
    died = busy * run / 3600 * assumed.deaths
    unknown = rows * assumed.lost + died * assumed.unit_rows
    rounds = _rounds(unknown, assumed)
    units = math.ceil(rows / assumed.unit_rows)
    gather = units * max(constants.gather, assumed.storage / assumed.readers)
    wait = assumed.settle_after * rounds + (assumed.lease if died >= 1 else 0)
    again = unknown * assumed.not_done * max(constants.create, assumed.latency / assumed.concurrency)
    page = assumed.page / PAGE
    settle = gather + wait + rounds * rows * (constants.listed + page) + again
    journal = rows * constants.outcome + units * constants.objects
    compare = rows * (constants.compared + page)
    disk = rows * constants.gathered
    return Load(rows, workers, throughput, run, unknown, rounds, settle, compare, 3 * units, journal, disk)


def _rounds(unknown: float, assumed: Assumed) -> int:
    """Return how many rounds it takes until less than half a row is unknown: a row created again may be lost again."""
    rounds = 0
    while unknown >= 0.5:  # noqa: PLR2004 - as above
        rounds += 1
        unknown *= assumed.not_done * assumed.lost
    return rounds


def tables(constants: Constants, assumed: Assumed) -> Iterator[str]:
    """Iterate over the lines of the tables."""
    yield "| rows | workers | rows/s | run | unknown | lists | settling | comparing | objects | journal | disk |"
    yield "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    for rows, workers in ((10**6, 1), (10**6, 10), (10**7, 10), (10**8, 10), (10**8, 100), (10**9, 100), (10**9, 1000)):
        yield _line(model(rows, workers, constants, assumed))
    yield ""
    yield "| changed, for 10⁹ rows and 1,000 workers | rows/s | run | unknown | settling |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for name, changed in {
        "as above": {},
        "the server carries out 50,000 a second, at 5,120 requests": {"server": 50_000.0, "concurrency": 5120},
        "units of 250 rows": {"unit_rows": 250},
        "1 % of the responses are lost": {"lost": 0.01},
        "each worker dies once an hour": {"deaths": 1.0},
        "no response is lost, and no worker dies": {"lost": 0.0, "deaths": 0.0},
    }.items():
        found = model(10**9, 1000, constants, replace(assumed, **changed))  # type: ignore[arg-type] # by name
        cells = (f"{found.throughput:,.0f}", _time(found.run), f"{found.unknown:,.0f}", _time(found.settle))
        yield f"| {name} | {' | '.join(cells)} |"


def _line(load: Load) -> str:
    cells = (
        f"{load.rows:,}", f"{load.workers:,}", f"{load.throughput:,.0f}", _time(load.run), f"{load.unknown:,.0f}",
        str(load.rounds), _time(load.settle), _time(load.compare), f"{load.objects:,}", _size(load.journal),
        _size(load.disk),
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _time(seconds: float) -> str:
    for size, name in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {name}"
    return f"{seconds:.0f} s"


def _size(size: float) -> str:
    return f"{size / 1e9:,.1f} GB" if size >= 1e9 else f"{size / 1e6:,.0f} MB"  # noqa: PLR2004 - a gigabyte


def measure() -> Constants:
    """Return the constants of this machine."""
    from servers import ORGANIZATION, MockServer

    from abeja_datasets import APIClient
    from abeja_datasets_loading import create_plan, run_unit

    with MockServer() as server, tempfile.TemporaryDirectory() as folder:
        given = {"user_id": "user-1", "personal_access_token": "benchmark-token"}
        with APIClient(given, base_url=server.environment["ABEJA_API_URL"]) as client:
            dataset = client.create_dataset(ORGANIZATION, "scale", "custom", {})["dataset_id"]
            place = Path(folder)
            for name, rows in (("small", 250), ("large", 1000)):
                for part in range(8):
                    _write(place / f"{name}-{part}.jsonl", rows)
            plan = create_plan(
                client, ORGANIZATION, dataset, [place / "small-*.jsonl", place / "large-*.jsonl"], place / "plan",
                unit_rows=1000, settle_after=0,
            )  # fmt: skip
            taken = [_seconds(partial(run_unit, plan, number, client=client)) for number in range(16)]
            small, large = median(sorted(taken[:8])[:5]), median(sorted(taken[8:])[:5])  # without what was disturbed
            create = (large - small) / 750
            return Constants(create=create, unit=max(0.0, small - 250 * create), **_verifying(client, plan))


def _verifying(client: Any, plan: Any) -> dict[str, float]:
    """Return what a verification of a plan that was run takes."""
    from abeja_datasets_loading.journal.journal import Journal
    from abeja_datasets_loading.plans.gathering import Gathering
    from abeja_datasets_loading.plans.rounds import Rounds
    from abeja_datasets_loading.plans.storage import Storage
    from abeja_datasets_loading.running.synchronous import run_sync
    from abeja_datasets_loading.sending.clients import async_client
    from abeja_datasets_loading.settling.listing import Reader, iter_pages
    from abeja_datasets_loading.settling.matching import Matcher
    from abeja_datasets_loading.verifying.verifying import Verifying

    storage = Storage(plan.url)
    journal = Journal.open(None, plan.target)
    gather = _seconds(lambda: Gathering(plan, storage, journal).gather(Rounds(storage, plan)))

    async def read() -> tuple[float, float]:
        opened = async_client(client)
        reader = Reader(opened.client, plan.organization_id, plan.dataset_id)
        begun, matcher = time.process_time(), Matcher({})
        async for page in iter_pages(reader):
            for item in page:
                matcher.add(item)
        listed, begun = time.process_time() - begun, time.process_time()
        await Verifying(reader, journal).run(plan.read_all())
        compared = time.process_time() - begun
        await opened.client.close()
        return listed, compared

    listed, compared = run_sync(read)
    sizes = {kind: sum(path.stat().st_size for path in (Path(plan.url) / kind).iterdir()) for kind in
             ("leases", "intents", "done")}  # fmt: skip
    database = journal._opened()  # noqa: SLF001 - its size is what is measured
    pages = database.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size").fetchone()[0]
    digits = plan.rows * 9.0  # ids of a new server are short; those of 10⁸ items have 8 digits, and a comma
    return {
        "gather": gather / plan.units * 1000 * plan.units / plan.rows, "listed": listed / plan.rows,
        "compared": compared / plan.rows, "outcome": digits / plan.rows,
        "objects": (sizes["leases"] + sizes["intents"]) / plan.units + 200, "gathered": pages / plan.rows,
    }  # fmt: skip


def _write(path: Path, rows: int) -> None:
    line = (
        '{"source_data": [{"data_type": "image/jpeg", "data_uri": "s3://bucket/%d"}], "attributes": {"number": %d}}\n'
    )
    path.write_text("".join(line % (number, number) for number in range(rows)), encoding="utf-8")


def _seconds(work: Callable[[], Any]) -> float:
    """Return the processor time of some work, which other programs do not change; the server is another process."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def main() -> None:
    """Print the tables, or the constants of this machine with theirs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measure", action="store_true", help="measure the constants on this machine first")
    for name, value in asdict(Assumed()).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=value)
    options = vars(parser.parse_args())
    constants = measure() if options.pop("measure") else Constants()
    print("\n".join(f"{name} = {value:.3g}" for name, value in asdict(constants).items()), end="\n\n")
    print("\n".join(tables(constants, Assumed(**options))))


if __name__ == "__main__":
    main()
