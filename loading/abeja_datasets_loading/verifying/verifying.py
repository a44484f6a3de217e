"""Verifying that a dataset holds each item of an input exactly once."""

import os
import time
from collections.abc import AsyncIterable, Iterable, Iterator, Mapping
from typing import Any

from abeja_datasets import APIClient, AsyncAPIClient
from abeja_datasets_loading.errors import InvalidItem
from abeja_datasets_loading.items.item_text import item_text
from abeja_datasets_loading.items.items import Checker, content_key
from abeja_datasets_loading.items.reading import Entry, Refused, size_of
from abeja_datasets_loading.items.reading import Reader as InputReader
from abeja_datasets_loading.journal.fingerprints import NO_FINGERPRINT
from abeja_datasets_loading.journal.journal import Journal
from abeja_datasets_loading.journal.kept_journal import marker_in, open_kept
from abeja_datasets_loading.journal.records import Record, State
from abeja_datasets_loading.options import Identifier, check_items, file_path, place_of
from abeja_datasets_loading.running.interruptible import interruptible
from abeja_datasets_loading.sending.clients import async_client
from abeja_datasets_loading.settling.baseline import IdRanges
from abeja_datasets_loading.settling.listing import BEHIND, Reader, iter_pages, pause, total_count
from abeja_datasets_loading.settling.marker import unmarked
from abeja_datasets_loading.verifying.comparing import Comparison, Id
from abeja_datasets_loading.verifying.verification import Verification

_STATES = (State.SENT, State.DONE, State.REJECTED, State.UNKNOWN)


async def verify_async(
    client: APIClient | AsyncAPIClient,
    organization_id: Identifier,
    dataset_id: Identifier,
    items: Iterable[Any] | AsyncIterable[Any],
    *,
    journal: str | os.PathLike[str] | None = None,
) -> Verification:
    """Compare an input with a dataset: is each item there exactly once?

    ::

        verification = await verify_async(client, "1102940376065", "1410805969256", rows(), journal="load.journal")
        verification.raise_for_errors()

    Nothing is written. Both sides are compared as multisets of their content: source data and attributes. The memory
    needed does not grow with their size.

    Args:
        client: any client of this library.
        organization_id: the organization that owns the dataset.
        dataset_id: the dataset.
        items: the input, as `create_items_async` takes it.
        journal: the path of the journal that the input was loaded with. It separates the items of the run from
            those that were there before it and those of others, and says why an item is missing. Without it all items
            of the dataset are compared. A marker of the run does not count as content.

    Returns:
        What is missing, twice or different.

    Raises:
        JournalError: the journal can't be read, or is that of another dataset.
        NotFound: dataset not found.
        Error: the dataset can't be read.
    """
    check_items(items)
    opened = async_client(client)
    kept: Journal | None = None
    try:
        if journal is not None:
            kept = open_kept(file_path("journal", journal), *place_of(organization_id, dataset_id))
        reader = Reader(opened.client, organization_id, dataset_id)
        return await interruptible(Verifying(reader, kept).run(items))
    finally:
        if kept is not None:
            kept.close()
        if opened.must_close:
            await opened.client.close()


class Verifying:
    """Compares an input with a dataset.

    Args:
        reader: of the dataset.
        journal: of the run that loaded the input; None compares with all items of the dataset.
    """

    def __init__(self, reader: Reader, journal: Journal | None) -> None:
        self._reader = reader
        self._journal = journal
        self._baseline = IdRanges() if journal is None else IdRanges.from_json(journal.baseline or [])
        self._marker = None if journal is None else marker_in(journal)
        self._comparison = Comparison()
        self._records: Iterator[Record] = iter(()) if journal is None else journal.records(*_STATES)
        self._next: Record | None = next(self._records, None)
        self._checker = Checker()

    async def run(self, items: Iterable[Any] | AsyncIterable[Any]) -> Verification:
        """Return how the input and the dataset differ."""
        started = time.monotonic()
        doubt = await self._read_dataset()
        read = await self._read_input(items)
        self._comparison.finish(read)
        stored, missing, twice, different, others = self._comparison.counts()
        if self._journal is None:
            different, others = others, 0
        return Verification(
            read=read,
            stored=stored,
            missing=missing,
            twice=twice,
            different=different,
            others=others,
            seconds=time.monotonic() - started,
            doubt=doubt,
            comparison=self._comparison,
            has_journal=self._journal is not None,
        )

    async def _read_dataset(self) -> str | None:
        """Read the dataset, again while the list is behind; return why it may be so still."""
        for seconds in (*BEHIND, None):
            doubt = await self._read_list()
            if doubt is None or seconds is None:
                return doubt
            await pause(seconds, None)
        return None

    async def _read_list(self) -> str | None:
        count = await total_count(self._reader)
        ids = IdRanges()
        async for page in iter_pages(self._reader):
            for item in page:
                ids.add(item["dataset_item_id"])
            self._comparison.add_stored(self._keys(page))
        lacking = self._link()
        if lacking:
            return f"the list lacks {lacking:,} items that the journal records: it is behind, or somebody deleted them"
        if count is not None and len(ids) < count:
            return f"the list has {len(ids):,} items, and total_count of the dataset is {count:,}"
        return None

    def _keys(self, page: Iterable[Mapping[str, Any]]) -> Iterator[tuple[Id, bytes]]:
        for item in page:
            if item["dataset_item_id"] not in self._baseline:
                content = item if self._marker is None else unmarked(item, *self._marker)
                yield item["dataset_item_id"], content_key(content)

    def _link(self) -> int:
        if self._journal is None:
            return 0
        records = self._journal.records(State.DONE)
        return self._comparison.link((one.position, one.item_id) for one in records if one.item_id is not None)

    async def _read_input(self, items: Iterable[Any] | AsyncIterable[Any]) -> int:
        source = InputReader(items, self._prepare)
        source.start()
        try:
            position = 0
            while block := await source.next_block():
                for entry in block:
                    self._take(position, entry)
                    position += 1
                source.done(len(block), sum(map(size_of, block)))
        finally:
            await source.close()
        if source.failure is not None:
            raise source.failure
        return position

    def _prepare(self, position: int, item: Any) -> Entry:
        try:
            return self._checker.prepare(position, item)
        except InvalidItem as invalid:
            return Refused(position, invalid.reason, item_text(item), NO_FINGERPRINT)

    def _take(self, position: int, entry: Entry) -> None:
        record = self._record(position)
        if isinstance(entry, Refused):
            self._comparison.add_missing(position, entry.item, f"the item is invalid: {entry.reason}")
        elif not self._comparison.take(position, entry.fingerprint, record and record.item_id):
            self._comparison.add_missing(position, item_text(entry.body), record and _why(record))

    def _record(self, position: int) -> Record | None:
        """Return what the journal has of an input. Inputs and records come in the same order."""
        while self._next is not None and self._next.position < position:
            self._next = next(self._records, None)
        return self._next if self._next is not None and self._next.position == position else None


def _why(record: Record) -> str:
    if record.state is State.DONE:
        return f"it was created as item {record.item_id}, which is not there"
    return f"{record.state.name.lower()}: {record.reason or 'no outcome is recorded'}"
