"""Any plan of faults, any moments of death, any small input: in the end each item is in the dataset exactly once.

A death is that of `kill -9`: what the journal has committed by then is all that the next run finds, requests that have
left are carried out, and no other request leaves.
"""

import asyncio
import contextlib
import gc
import itertools
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.loading.small_run import LOSE_AFTER, ORGANIZATION, item, numbers

from abeja_datasets import AsyncAPIClient
from abeja_datasets.exceptions import Error
from abeja_datasets_cli.pytest_mock import DatasetApi
from abeja_datasets_loading import LoadingStopped, Report, create_items, create_items_async, update_items, verify
from abeja_datasets_loading.journal.journal import Journal
from abeja_datasets_mock.scenarios.table import Row, load_rows

CREATE, READS = "create_dataset_item", ["get_dataset", "list_dataset_items"]
TIMEOUT, STALL, SETTLE_AFTER = 0.4, 0.6, 0.5

LOSSES = st.sampled_from(
    [
        {"reset_before": True},
        {"reset_after": True},
        {"half_answer": True},
        {"half_answer": 5},
        {"half_answer": 0},
        {"garbage": True},
        {"twice": True},
        {"status": 429, "retry_after": 0.01},
        {"status": 429},
        {"status": 503},
        {"status": 503, "retry_after": 0.01},
        {"status": 503, "when": "after"},
        {"status": 500, "when": "after"},
        {"status": 200, "body": "<html>"},
        {"status": 201, "body": {}},
        {"status": 201, "body": []},
        {"stall": STALL},
        {"latency": 0.01},
    ]
)
CHANCES = st.sampled_from([0.1, 0.3])
ON_CREATES = st.builds(lambda fault, part: {**fault, "operations": CREATE, "probability": part}, LOSSES, CHANCES)
ON_READS = st.builds(
    lambda fault, after: {**fault, "operations": READS, "after": after, "count": 1}, LOSSES, st.integers(0, 4)
)
PLANS = st.lists(ON_CREATES | ON_READS, max_size=4)
INPUTS = st.lists(st.integers(0, 4), min_size=1, max_size=25)
DEATHS = st.lists(st.tuples(st.integers(1, 25), st.booleans()), max_size=3)
"""Which create it is that the run dies at, and whether that is answered."""


_NUMBERS = itertools.count()


class Mortal(httpx.AsyncHTTPTransport):
    """Sends requests until it dies; `left` has the journal as it was then.

    Args:
        journal: the file.
        at: the number of the create that it dies at, from 1.
        after: whether it dies after the response to that, and not before the request leaves.
        left: the file to copy the journal to.
    """

    def __init__(self, journal: Path, at: int, *, after: bool, left: Path) -> None:
        super().__init__()
        self._journal, self._at, self._after, self._left = journal, at, after, left
        self._creates = 0
        self.died = False
        self.run: asyncio.Task[Any] | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        is_last = False
        if request.method == "POST" and not self.died:
            self._creates += 1
            is_last = self._creates == self._at
        if is_last and not self._after:
            self._die()
        if self.died:
            await asyncio.Future()
        response = await super().handle_async_request(request)
        if is_last:
            await response.aread()
            self._die()
            await asyncio.Future()
        return response

    def _die(self) -> None:
        assert self.run
        self.died = True
        # No other connection may read it: it is locked.
        open_ones = (one for one in gc.get_objects() if type(one) is Journal and one._database)
        (journal,) = (one for one in open_ones if one.path == self._journal)
        with contextlib.closing(sqlite3.connect(self._left)) as copy, journal._lock:
            assert journal._database
            journal._database.backup(copy)
        self.run.cancel()


class Story:
    """Runs of one input with one journal, against a new dataset."""

    def __init__(self, api: DatasetApi, folder: str, kinds: Sequence[int], marker: str | None) -> None:
        self.api, self.folder = api, Path(folder)
        self.items = [item(kind) for kind in kinds]
        self.journal = self.folder / "journal"
        self.marker = marker
        self.plain = api.client(base_url=api.server_url)
        # Examples share a server.
        name = f"loaded {next(_NUMBERS)}"
        self.dataset_id = self.plain.create_dataset(ORGANIZATION, name, "custom", {})["dataset_id"]

    def run(self, transport: Mortal | None = None) -> Report | None:
        """Run once; return no report of a run that died, or that stopped."""
        return asyncio.run(self._run(transport))

    async def _run(self, transport: Mortal | None) -> Report | None:
        options: dict[str, Any] = {"base_url": self.api.url, "timeout": TIMEOUT}
        async with httpx.AsyncClient(transport=transport) as http_client:
            client = AsyncAPIClient(self.api.credential, **options, http_client=http_client if transport else None)
            place = client, ORGANIZATION, self.dataset_id
            run = asyncio.ensure_future(
                create_items_async(
                    *place,
                    self.items,
                    journal=self.journal,
                    settle_after=SETTLE_AFTER,
                    marker=self.marker,
                    on_progress=False,
                )
            )
            if transport:
                transport.run = run
            try:
                return await run
            except asyncio.CancelledError:
                return None
            except (LoadingStopped, Error):
                return None
            finally:
                await client.close()

    def run_until(self, at: int, *, after: bool, number: int) -> None:
        """Run until it dies, if it does."""
        left = self.folder / f"left{number}"
        transport = Mortal(self.journal, at, after=after, left=left)
        self.run(transport)
        if transport.died:
            self.journal = left

    def check(self, report: Report | None) -> None:
        """Check that each item is there exactly once, and that all say so."""
        assert report
        stored = list(self.plain.iter_dataset_items(ORGANIZATION, self.dataset_id))
        assert Counter(numbers(stored)) == Counter(numbers(self.items)), report
        assert (report.created + report.earlier, report.rejected, report.unknown) == (len(self.items), 0, 0)
        assert verify(self.plain, ORGANIZATION, self.dataset_id, self.items, journal=self.journal).is_complete
        by_id = {one["dataset_item_id"]: one["source_data"] for one in stored}
        ids = dict(report.iter_created())
        assert [by_id[ids[index]] for index in range(len(self.items))] == [one["source_data"] for one in self.items]


def tell(
    api: DatasetApi,
    kinds: Sequence[int],
    plan: Sequence[Mapping[str, Any]],
    deaths: Sequence[tuple[int, bool]],
    marker: str | None,
) -> None:
    """Run loads that meet faults and die, and one that does not."""
    api.faults.clear()
    with TemporaryDirectory() as folder:
        story = Story(api, folder, kinds, marker)
        for fault in plan:
            api.faults.add(**fault)
        for number, (at, after) in enumerate(deaths):
            story.run_until(at, after=after, number=number)
        story.run()
        api.faults.clear()
        story.check(story.run())


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("abeja_datasets_loading.settling.looking.BEHIND", (0.05, 0.1))


CHECKS = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
STORIES = given(INPUTS, PLANS, DEATHS, st.sampled_from([None, "loaded_by"]))


@settings(max_examples=2, deadline=None, suppress_health_check=CHECKS, phases=[Phase.generate], derandomize=True)
@STORIES
def test_some_stories(
    dataset_api: DatasetApi, kinds: list[int], plan: list[Any], deaths: list[Any], marker: str | None
) -> None:
    tell(dataset_api, kinds, plan, deaths, marker)


@pytest.mark.slow
@settings(max_examples=100, deadline=None, suppress_health_check=CHECKS)
@STORIES
def test_many_stories(
    dataset_api: DatasetApi, kinds: list[int], plan: list[Any], deaths: list[Any], marker: str | None
) -> None:
    tell(dataset_api, kinds, plan, deaths, marker)


ROWS = [
    row
    for row in load_rows()
    if row.operation in ("create_dataset_item", "get_dataset", "list_dataset_items", "bulk_update_dataset_item")
    and row.fault
]
KINDS = [1, 2, 2, 3]


@pytest.mark.slow
@pytest.mark.parametrize("row", ROWS, ids=str)
def test_bad_responses(dataset_api: DatasetApi, tmp_path: Path, row: Row) -> None:
    client = dataset_api.client(timeout=min(row.timeout, 1.0))
    plain = dataset_api.client(base_url=dataset_api.server_url)
    dataset_id = plain.create_dataset(ORGANIZATION, "loaded", "custom", {})["dataset_id"]
    options: dict[str, Any] = {"journal": tmp_path / "journal", "on_progress": False, "max_outage": 1.0}
    is_update = row.operation == "bulk_update_dataset_item"
    if is_update:
        ids = [plain.create_dataset_item(ORGANIZATION, dataset_id, **item(kind))["dataset_item_id"] for kind in KINDS]
        given = [{"dataset_item_id": one, "attributes": {"n": place}} for place, one in enumerate(ids)]
    else:
        given = [item(kind) for kind in KINDS]
        options["settle_after"] = 0.3
        if row.operation == "list_dataset_items":
            dataset_api.faults.add(**LOSE_AFTER, count=1)  # it is listed again to settle this one
    run = update_items if is_update else create_items
    dataset_api.faults.add(**row.fault)
    with contextlib.suppress(LoadingStopped, Error):
        run(client, ORGANIZATION, dataset_id, given, **options)
    dataset_api.faults.clear()
    report = run(client, ORGANIZATION, dataset_id, given, **options)
    assert (report.created + report.earlier + report.rejected, report.unknown) == (len(KINDS), 0)
    stored = list(plain.iter_dataset_items(ORGANIZATION, dataset_id))
    rejected = {index for index, _, _ in report.iter_rejected()}
    if is_update:
        assert [one["attributes"] for one in stored] == [{} if n in rejected else {"n": n} for n in range(len(KINDS))]
    else:
        assert numbers(stored) == [kind for index, kind in enumerate(KINDS) if index not in rejected]
    # Only what the server refuses for good is rejected.
    assert not rejected or row.expected.outcome == "rejected"
