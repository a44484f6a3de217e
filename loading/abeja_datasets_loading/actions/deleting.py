"""Deleting items."""

import os
from collections.abc import AsyncIterable, Awaitable, Iterable, Sequence
from hashlib import blake2b
from typing import Any

from abeja_datasets import APIClient, AsyncAPIClient
from abeja_datasets.exceptions import NotFound
from abeja_datasets_loading.actions.acting import Repeating
from abeja_datasets_loading.actions.given_ids import Once, item_id_of
from abeja_datasets_loading.items.items import Prepared
from abeja_datasets_loading.journal.records import Target
from abeja_datasets_loading.options import Identifier, ItemId, OnError, Options, check_items, length, place_of
from abeja_datasets_loading.progress.progress import OnProgress
from abeja_datasets_loading.report import Report
from abeja_datasets_loading.running import running


async def delete_items_async(
    client: APIClient | AsyncAPIClient,
    organization_id: Identifier,
    dataset_id: Identifier,
    ids: Iterable[ItemId] | AsyncIterable[ItemId],
    *,
    journal: str | os.PathLike[str] | None = None,
    concurrency: int = 64,
    rate: float | None = None,
    on_error: OnError = "continue",
    max_errors: int | None = None,
    on_progress: OnProgress = None,
    max_outage: float = 900,
    total: int | None = None,
) -> Report:
    """Delete items of a dataset, many at a time.

    ::

        from abeja_datasets_loading import delete_items_async

        entries = api_client.iter_dataset_items(organization_id, dataset_id, {"q": "label:wrong"})
        wrong = [entry["dataset_item_id"] async for entry in entries]
        report = await delete_items_async(api_client, organization_id, dataset_id, wrong, journal="delete.journal")
        report.raise_for_errors()

    A deletion may be repeated: an item that is not there any more after a lost response was deleted. An item that is
    not there at the first request is rejected, as "not found".

    Args:
        client: an `APIClient` or an `AsyncAPIClient`.
        organization_id: the organization that owns the dataset.
        dataset_id: the dataset.
        ids: any iterable, async or not, of ids, or of items with a `dataset_item_id`. An id that comes again is
            rejected. Do not iterate over a list of the dataset while items of it are deleted: take all of it first.
        journal: the file that records the outcome of each id, by which a run is resumed. None: it can't be resumed.
        concurrency: the most requests at once. Fewer are sent if more are no faster, or overload the server.
        rate: the most requests a second; None for no limit.
        on_error: "stop" ends the run at the first id that is invalid or refused; "continue" skips it.
        max_errors: how many may be invalid or refused before the run stops; None for no limit.
        on_progress: a function that is called with a `Progress` about twice a second; False for no output. None: a bar
            in a terminal, else a line every 30 seconds.
        max_outage: seconds to wait for a server that can't be used, before the run stops.
        total: how many ids there will be, for the progress; None takes `len(ids)`, where there is one.

    Returns:
        The counts; `created` counts the items that this run deleted.

    Raises:
        LoadingStopped: the run stopped early. Its `report` has the counts.
        JournalError: the journal can't be used.
        InputChanged: an id is another one than in the run that began the journal.
        NotFound: there is no such dataset.
        ValueError: an option is not usable.
        TypeError: an option or `ids` is of a wrong type.
    """
    check_items(ids, "ids")
    place = place_of(organization_id, dataset_id)
    options = Options(
        concurrency=concurrency,
        rate=rate,
        on_error=on_error,
        max_errors=max_errors,
        on_progress=on_progress,
        max_outage=max_outage,
        total=length(ids) if total is None else total,
    )

    def target(base_url: str) -> Target:
        return Target("delete", base_url, *place)

    async def work(run: running.Run) -> None:
        await run.patiently(lambda: run.client.get_dataset(*place))
        deleting = _Deleting(run)
        await run.load(ids, Once(_prepare).prepare, deleting, again=deleting.may_have_been_sent)
        await deleting.finish()

    return await running.run(client, target, journal, options, work)


def _prepare(position: int, given: Any) -> Prepared:
    text = str(item_id := item_id_of(position, given)).encode()
    return Prepared(position, {"dataset_item_id": item_id}, text, blake2b(text, digest_size=16).digest(), 0)


class _Deleting(Repeating[Prepared]):
    """Deletes one item with each request."""

    def entries(self, job: Prepared) -> Sequence[Prepared]:
        """Return the item."""
        return (job,)

    def request(self, job: Prepared) -> Awaitable[Any]:
        """Send the request."""
        return self._run.once.delete_dataset_item(*self._place, job.body["dataset_item_id"])

    def succeeded(self, job: Prepared, response: Any, attempts: int, started: float) -> None:
        """Record that the item is deleted."""
        del response  # the item as it was
        self._existence.succeeded(started)
        self.done(job, job.body["dataset_item_id"], attempts)

    async def refused(self, job: Prepared, error: Exception, attempts: int) -> Sequence[Prepared]:
        """Record that an item is refused. One that an earlier request may have deleted, and is not there, is done."""
        is_missing = isinstance(error, NotFound)
        if is_missing and job.position in self._doubts:
            self.done(job, job.body["dataset_item_id"], attempts)
        else:
            await self.reject(job, error, attempts, f"not found: {error}" if is_missing else None)
        return ()
