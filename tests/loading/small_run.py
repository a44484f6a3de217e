"""A run as small as can be: one create at a time, with a real journal against a real server, for tests of settling."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from abeja_datasets import AsyncAPIClient
from abeja_datasets.exceptions import Error
from abeja_datasets_cli.pytest_mock import DatasetApi
from abeja_datasets_loading.items.items import Checker, content_key, same_content
from abeja_datasets_loading.journal.journal import Journal
from abeja_datasets_loading.journal.records import Change, Record, State, Target
from abeja_datasets_loading.settling.baseline import take_baseline
from abeja_datasets_loading.settling.listing import Reader
from abeja_datasets_loading.settling.marker import mark
from abeja_datasets_loading.settling.settling import Settled, settle

ORGANIZATION = "1102940376065"
Item = dict[str, Any]

LOSE_AFTER = {"operations": "create_dataset_item", "reset_after": True}
LOSE_BEFORE = {"operations": "create_dataset_item", "reset_before": True}


def item(number: int, **attributes: Any) -> Item:
    source = [{"data_type": "image/jpeg", "data_uri": f"datalake://1200123803688/{number}"}]
    return {"source_data": source, "attributes": attributes}


class SmallRun:
    """What `settle` needs of a run. `notes` has what the run said."""

    def __init__(self, client: AsyncAPIClient, dataset_id: str, marker: str | None = None) -> None:
        self.client = client.with_options(max_retry_count=0)
        self.organization_id, self.dataset_id, self.marker = ORGANIZATION, dataset_id, marker
        self.journal = Journal.open(None, Target("create", "", ORGANIZATION, dataset_id, marker))
        self.settle_after = 0.0
        self.max_outage = 10.0
        self.distrust: str | None = None
        self.stopping = asyncio.Event()
        self.notes: list[str] = []
        self.sent: list[int] = []
        self._checker = Checker()

    def say(self, note: str) -> None:
        self.notes.append(note)

    async def load(self, items: Sequence[Item]) -> None:
        await take_baseline(Reader(self.client, self.organization_id, self.dataset_id), self.journal)
        prepared = [self._checker.prepare(index, given) for index, given in enumerate(items)]
        self.journal.take_block(0, [one.fingerprint for one in prepared])
        for one in prepared:
            body = one.body
            if self.marker is not None:
                body = mark(body, self.marker, self.journal.run_id, one.position)
            await self._send(one.position, body)

    async def settle(self) -> Settled:
        return await settle(self)

    async def record(self, changes: Sequence[Change]) -> None:
        self.journal.record(changes)

    async def create(self, records: Iterator[Record]) -> None:
        for record in records:
            await self._send(record.position, json.loads(record.item or ""))

    def created(self) -> dict[int, Any]:
        return {record.position: record.item_id for record in self.journal.records(State.DONE)}

    def reasons(self) -> dict[int, str | None]:
        return {record.position: record.reason for record in self.journal.records(State.UNKNOWN, State.SENT)}

    async def _send(self, position: int, body: Item) -> None:
        self.sent.append(position)
        self.journal.mark_sent([position])
        self.journal.set("last_sent", time.time())
        try:
            response = await self.client.create_dataset_item(self.organization_id, self.dataset_id, **body)
        except Error as error:
            if error.outcome != "unknown":
                raise
            change = Change(position, State.UNKNOWN, attempts=1, reason=str(error), item=json.dumps(body))
        else:
            change = Change(position, State.DONE, response["dataset_item_id"], attempts=1)
            if not same_content(body, response):
                self.distrust = "the server changes what it stores"
        self.journal.record([change])


@asynccontextmanager
async def running(
    url: str, credential: Mapping[str, Any], *, marker: str | None = None, patience: float = 5
) -> AsyncIterator[SmallRun]:
    """Yield a run with a new dataset."""
    async with AsyncAPIClient(credential, base_url=url, timeout=patience) as client:
        dataset = await client.create_dataset(ORGANIZATION, "loaded", "custom", {})
        run = SmallRun(client, dataset["dataset_id"], marker)
        try:
            yield run
        finally:
            run.journal.close()


async def listed(run: SmallRun) -> list[Item]:
    """Return the content of all items of the dataset, whatever is behind."""
    pages = run.client.iter_dataset_items(ORGANIZATION, run.dataset_id)
    return [{"source_data": one["source_data"], "attributes": one["attributes"]} async for one in pages]


def numbers(items: Sequence[Item]) -> list[int]:
    """Return the numbers that `item` made items of, sorted."""
    return sorted(int(one["source_data"][0]["data_uri"].rpartition("/")[2]) for one in items)


Story = Callable[[SmallRun], Coroutine[Any, Any, None]]


def play(api: DatasetApi, story: Story, **options: Any) -> None:
    """Run a story against a server with faults."""

    async def main() -> None:
        async with running(api.url, api.credential, **options) as run:
            await story(run)

    asyncio.run(main())


async def lose(run: SmallRun, one: Any, *, create: bool = False) -> None:
    """Create an input whose outcome is unknown; `create` says whether it was carried out."""
    await take_baseline(Reader(run.client, ORGANIZATION, run.dataset_id), run.journal)
    position = run.journal.read
    run.journal.take_block(position, [content_key(one)])
    body = one if run.marker is None else mark(one, run.marker, run.journal.run_id, position)
    if create:
        await run.client.create_dataset_item(ORGANIZATION, run.dataset_id, **body)
    run.journal.set("last_sent", time.time())
    run.journal.record([Change(position, State.UNKNOWN, reason="lost", item=json.dumps(body))])
