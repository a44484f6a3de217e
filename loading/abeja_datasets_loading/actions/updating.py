"""Updating items, in batches."""

import os
from collections.abc import AsyncIterable, Awaitable, Iterable, Sequence
from typing import Any, Final

from abeja_datasets import APIClient, AsyncAPIClient
from abeja_datasets_loading.actions.acting import Repeating
from abeja_datasets_loading.actions.bisecting import halves, split
from abeja_datasets_loading.actions.given_ids import Once
from abeja_datasets_loading.items.items import Checker, Prepared
from abeja_datasets_loading.journal.records import Target
from abeja_datasets_loading.options import Identifier, Item, OnError, Options, check_items, length, place_of, whole
from abeja_datasets_loading.progress.progress import OnProgress
from abeja_datasets_loading.report import Report
from abeja_datasets_loading.running import running

Batch = Sequence[Prepared]

_LARGEST: Final = 1000
_BYTES: Final = 4 << 20
"""Bytes of a batch, about, above which no entry is added."""


async def update_items_async(
    client: APIClient | AsyncAPIClient,
    organization_id: Identifier,
    dataset_id: Identifier,
    entries: Iterable[Item] | AsyncIterable[Item],
    *,
    batch: int = 100,
    journal: str | os.PathLike[str] | None = None,
    concurrency: int = 64,
    rate: float | None = None,
    on_error: OnError = "continue",
    max_errors: int | None = None,
    on_progress: OnProgress = None,
    max_outage: float = 900,
    total: int | None = None,
) -> Report:
    """Replace the attributes of many items of a dataset, with bulk updates.

    ::

        from abeja_datasets_loading import update_items_async

        entries = [{"dataset_item_id": 7, "attributes": {"classification": [{"category_id": 1, "label_id": 2}]}}]
        report = await update_items_async(api_client, "1102940376065", "1410805969256", entries, journal="new.journal")
        report.raise_for_errors()

    A bulk update is carried out as a whole or not at all. So a batch that the server refuses is divided until the bad
    entries are alone, and all others are updated. An update may be repeated: one whose response was lost is sent again.

    Args:
        client: an `APIClient` or an `AsyncAPIClient`.
        organization_id: the organization that owns the dataset.
        dataset_id: the dataset.
        entries: any iterable, async or not, of mappings with `dataset_item_id` and `attributes`, which replace the
            old ones as a whole. Items of a list, changed, will do: their other keys are left out and counted. An
            entry with the id of an earlier one is rejected.
        batch: the most entries of a request, 1 to 1,000.
        journal: the file that records the outcome of each entry, by which a run is resumed. None: it can't be resumed.
        concurrency: the most requests at once. Fewer are sent if more are no faster, or overload the server.
        rate: the most requests a second; None for no limit.
        on_error: "stop" ends the run at the first entry that is invalid or refused; "continue" skips it.
        max_errors: how many may be invalid or refused before the run stops; None for no limit.
        on_progress: a function that is called with a `Progress` about twice a second; False for no output. None: a bar
            in a terminal, else a line every 30 seconds.
        max_outage: seconds to wait for a server that can't be used, before the run stops.
        total: how many entries there will be, for the progress; None takes `len(entries)`, where there is one.

    Returns:
        The counts; `created` counts the items that this run updated.

    Raises:
        LoadingStopped: the run stopped early. Its `report` has the counts.
        JournalError: the journal can't be used.
        InputChanged: an entry is another one than in the run that began the journal.
        NotFound: there is no such dataset.
        ValueError: an option is not usable.
        TypeError: an option or `entries` is of a wrong type.
    """
    check_items(entries, "entries")
    place = place_of(organization_id, dataset_id)
    whole("batch", batch, least=1, most=_LARGEST)
    options = Options(
        concurrency=concurrency,
        rate=rate,
        on_error=on_error,
        max_errors=max_errors,
        on_progress=on_progress,
        max_outage=max_outage,
        total=length(entries) if total is None else total,
    )

    def target(base_url: str) -> Target:
        return Target("update", base_url, *place)

    async def work(run: running.Run) -> None:
        dataset = await run.patiently(lambda: run.client.get_dataset(*place))
        updating = _Updating(run)
        await run.load(
            entries,
            Once(Checker.of(dataset).prepare_update).prepare,
            updating,
            jobs=lambda block: batches(block, batch),
            again=updating.may_have_been_sent,
        )
        await updating.finish()

    return await running.run(client, target, journal, options, work)


def batches(entries: Sequence[Prepared], most: int) -> list[Batch]:
    """Return entries in batches of this many, or fewer where they are large."""
    found: list[list[Prepared]] = []
    size = 0
    for entry in entries:
        if not found or len(found[-1]) == most or size + len(entry.text) > _BYTES:
            found.append([])
            size = 0
        found[-1].append(entry)
        size += len(entry.text)
    return list(found)


class _Updating(Repeating[Batch]):
    """Updates the items of a batch with each request."""

    def entries(self, job: Batch) -> Sequence[Prepared]:
        """Return the entries of the batch."""
        return job

    def request(self, job: Batch) -> Awaitable[Any]:
        """Send the request."""
        return self._run.once.bulk_update_dataset_item(*self._place, [entry.body for entry in job])

    def divided(self, job: Batch) -> Sequence[Batch]:
        """Return the halves of a batch."""
        return halves(job)

    def succeeded(self, job: Batch, response: Any, attempts: int, started: float) -> None:
        """Record that the items are updated, if the response has them."""
        self._existence.succeeded(started)
        updated = _ids(response)
        for entry in job:
            if (item_id := entry.body["dataset_item_id"]) in updated:
                self.done(entry, item_id, attempts)
            else:
                self.unclear(entry, f"the response does not have the item {item_id}", attempts)

    async def refused(self, job: Batch, error: Exception, attempts: int) -> Sequence[Batch]:
        """Record that an entry is refused, or return a batch divided."""
        if len(job) == 1:
            await self.reject(job, error, attempts)
            return ()
        if await self._existence.is_gone():
            self.planned(job, attempts)
            return ()
        return split(job, f"{getattr(error, 'error_description', error)} {getattr(error, 'error_detail', '')}")


def _ids(response: Any) -> set[Any]:
    items = response if isinstance(response, list) else []
    found = (item.get("dataset_item_id") for item in items if isinstance(item, dict))
    return {item_id for item_id in found if isinstance(item_id, int | str)}
