"""Exporting the items of a dataset into a file of JSON lines, whole or not at all."""

import asyncio
import os
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

from abeja_datasets import APIClient, AsyncAPIClient
from abeja_datasets.exceptions import BadRequest, Error
from abeja_datasets_loading.actions.partial_file import PartialFile, decode, lines, partial_of, remove, target_of
from abeja_datasets_loading.errors import JournalError
from abeja_datasets_loading.journal.records import Counts, Record, State, Target
from abeja_datasets_loading.options import Identifier, Options, file_path, place_of, whole
from abeja_datasets_loading.progress.progress import OnProgress, Progress
from abeja_datasets_loading.report import Report
from abeja_datasets_loading.running import running
from abeja_datasets_loading.settling import listing

_PAGE: Final = 1000
_SECONDS_BETWEEN: Final = 5.0
"""Seconds after which what was exported is made durable, at the latest."""
_BEGIN: Final[dict[str, Any]] = {"cursor": None, "bytes": 0, "items": 0}


async def export_items_async(
    client: APIClient | AsyncAPIClient,
    organization_id: Identifier,
    dataset_id: Identifier,
    path: str | os.PathLike[str],
    *,
    q: str | None = None,
    journal: str | os.PathLike[str] | None = None,
    page_size: int = 1000,
    on_progress: OnProgress = None,
    max_outage: float = 900,
) -> Report:
    """Export the items of a dataset into a file of JSON lines, one item a line, as the API returns it.

    ::

        from abeja_datasets_loading import export_items_async

        await export_items_async(api_client, "1102940376065", "1410805969256", "items.jsonl")

    The file appears when it is whole, and then replaces one of the same name. Until then the lines are in
    `PATH.partial`, and `PATH.journal` says how far they go: after an interruption, a crash or `kill -9`, the same call
    continues there. Both files are removed at the end. Items that are created meanwhile are exported too; of those
    that change or are deleted meanwhile, each is exported at most once.

    Args:
        client: an `APIClient` or an `AsyncAPIClient`.
        organization_id: the organization that owns the dataset.
        dataset_id: the dataset.
        path: the file to write.
        q: exports the items that match this query; None exports all.
        journal: another place for `PATH.journal`, such as a local disk where the folder of `path` is a network's.
        page_size: the most items of a request, 1 to 1,000.
        on_progress: a function that is called with a `Progress` about twice a second; False for no output. None: a bar
            in a terminal, else a line every 30 seconds.
        max_outage: seconds to wait for a server that can't be used, before the run stops.

    Returns:
        The counts; `created` counts the items that this run exported, and `earlier` those of interrupted ones.

    Raises:
        LoadingStopped: the run stopped early. Its `report` has the counts.
        JournalError: the journal can't be used, or belongs to an export of something else.
        NotFound: there is no such dataset.
        BadRequest: the query is not valid.
        OSError: the file can't be written.
        ValueError: an option is not usable.
        TypeError: an option is of a wrong type.
    """
    whole("page_size", page_size, least=1, most=_PAGE)
    if q is not None and not isinstance(q, str):
        raise TypeError(f"q: a str is needed, not {type(q).__name__}")
    options = Options(on_progress=on_progress, max_outage=max_outage)
    place = place_of(organization_id, dataset_id)
    target = target_of(path)
    book = target.with_name(f"{target.name}.journal") if journal is None else file_path("journal", journal)
    runs: list[_Exporting] = []

    async def work(run: running.Run) -> None:
        assert isinstance(run, _Exporting)  # noqa: S101 - it is what `make` makes
        runs.append(run)
        await run.export(target, q, page_size)

    def target_at(base_url: str) -> Target:
        return Target("export", base_url, *place)

    try:
        return await running.run(client, target_at, book, options, work, make=_Exporting)
    finally:
        if runs and not runs[0].can_go_on:
            remove(partial_of(target), book)


class _Exporting(running.Run):
    """A run that exports. Its journal holds the cursor, with the size of the file and the number of items up to it."""

    _items = _earlier_items = 0
    _total: int | None = None
    _is_whole = False

    @property
    def can_go_on(self) -> bool:
        """Whether a later run has something to go on with: items that are not all."""
        return self._items > 0 and not self._is_whole

    async def export(self, path: Path, q: str | None, page_size: int) -> None:
        """Write the file, from where an earlier run has left it."""
        state = self._state(q)
        try:
            with PartialFile(partial_of(path), state["bytes"]) as file:
                if not file.goes_on:
                    state.update(_BEGIN)
                self._items = self._earlier_items = state["items"]
                self._total = await self._count() if q is None else None
                await self._write(file, state, page_size)
                if not self.stopping.is_set():
                    await asyncio.to_thread(file.replace, path)
                    self._is_whole = True
        except Error:
            raise
        except OSError as error:  # which an error of a connection is too
            self.stop(f"{partial_of(path)} can't be written: {error.strerror or error}", error)

    def _state(self, q: str | None) -> dict[str, Any]:
        state = self.journal.get("export")
        if not isinstance(state, dict):
            return {"q": q, **_BEGIN}
        self._items = state["items"]
        if state.get("q") != q:
            raise JournalError(
                self.journal.path,
                f"belongs to an export with q={state.get('q')!r:.80}; export the same, or delete this file",
                "other_target",
            )
        return state

    async def _count(self) -> int | None:
        dataset: Any = await self.patiently(lambda: self.client.get_dataset(self.organization_id, self.dataset_id))
        count = dataset.get("total_count") if isinstance(dataset, dict) else None
        return count if type(count) is int else None

    async def _write(self, file: PartialFile, state: dict[str, Any], page_size: int) -> None:
        """Write the items page by page, and keep in the journal how far they go."""
        entries = self.client.with_options(decode=decode).iter_dataset_items(
            self.organization_id,
            self.dataset_id,
            {"q": state["q"], "limit": page_size},
            start=state["cursor"],
            ahead=1,
        )
        clock = asyncio.get_running_loop().time
        kept = clock()
        is_last = False
        try:
            while not is_last:
                page = await self._page(entries, page_size)
                file.write(lines(page))
                self._items += len(page)
                is_last = len(page) < page_size or self.stopping.is_set()
                del page  # before the next one is decoded
                if is_last or clock() - kept >= _SECONDS_BETWEEN:
                    await asyncio.to_thread(file.sync)
                    state.update(cursor=entries.checkpoint(), bytes=file.size, items=self._items)
                    await self.writer.call(partial(self.journal.set, "export", state))
                    kept = clock()
        finally:
            await entries.aclose()

    async def _page(self, entries: Any, page_size: int) -> list[Any]:
        """Return the next items; fewer than a page at the end, and where the run stops."""
        page: list[Any] = []

        async def load() -> None:
            # The iterator goes on after an error, and so does what is loaded already.
            async for entry in entries:
                page.append(entry)
                if len(page) == page_size:
                    break

        reader = self.dataset_reader()
        try:
            await listing.repeated(load, reader)
        except listing.Stopped:
            pass  # what is there is written
        except Error as error:
            if not self._items:
                raise
            again = f"; to start again, delete {self.journal.path}" if isinstance(error, BadRequest) else ""
            self.stop(f"{error}{again}", error)
        return page

    def report(self, seconds: float) -> Report:
        """Return what was exported."""
        now = self._items - self._earlier_items
        counts = Counts(self._items, now, self._earlier_items)
        return Report(counts, seconds, self.action, stopped=self.reason, journal=self.journal.path, reader=_NoRecords())

    def progress(self) -> Progress:
        """Return where the run is."""
        seconds = time.monotonic() - self._begun
        now = self._items - self._earlier_items
        return Progress(
            action=self.action,
            total=self._total,
            read=self._items,
            created=now,
            earlier=self._earlier_items,
            rate=self._rate.rate(seconds, now),
            seconds=seconds,
            note=self._note,
        )


class _NoRecords:
    """Stands for the journal of a report: an export records no single items."""

    def records(self, *states: State, after: int = -1) -> Iterator[Record]:
        """Return none."""
        del states, after
        return iter(())
