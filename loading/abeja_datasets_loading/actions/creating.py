"""Creating items, each exactly once."""

import os
from collections.abc import AsyncIterable, Callable, Iterable, Sequence
from typing import Any

from abeja_datasets import APIClient, AsyncAPIClient
from abeja_datasets.exceptions import NotFound
from abeja_datasets_loading.actions.acting import Acting
from abeja_datasets_loading.errors import InvalidItem
from abeja_datasets_loading.items.item_text import item_text
from abeja_datasets_loading.items.items import Checker, Prepared, done_before, same_content
from abeja_datasets_loading.items.reading import Entry, Refused
from abeja_datasets_loading.journal.done_blocks import DoneBlocks
from abeja_datasets_loading.journal.fingerprints import NO_FINGERPRINT
from abeja_datasets_loading.journal.records import Target
from abeja_datasets_loading.options import Identifier, Item, OnError, Options, check_items, length, place_of
from abeja_datasets_loading.progress.progress import OnProgress
from abeja_datasets_loading.report import Report
from abeja_datasets_loading.running import running
from abeja_datasets_loading.settling import baseline
from abeja_datasets_loading.settling.marker import check_key, mark


async def create_items_async(
    client: APIClient | AsyncAPIClient,
    organization_id: Identifier,
    dataset_id: Identifier,
    items: Iterable[Item] | AsyncIterable[Item],
    *,
    journal: str | os.PathLike[str] | None = None,
    concurrency: int = 64,
    rate: float | None = None,
    marker: str | None = None,
    on_error: OnError = "continue",
    max_errors: int | None = None,
    on_progress: OnProgress = None,
    settle_after: float | None = None,
    max_outage: float = 900,
    total: int | None = None,
) -> Report:
    """Create items in a dataset, many at a time and each exactly once.

    ::

        from abeja_datasets import AsyncAPIClient
        from abeja_datasets_loading import create_items_async

        async with AsyncAPIClient() as api_client:
            report = await create_items_async(api_client, "1102940376065", "1410805969256", rows, journal="rows.db")
        report.raise_for_errors()

    The API has no idempotency key: to repeat a create whose response was lost may create an item twice. So this
    function repeats only what was surely not carried out. Where that is not known, it waits at the end until no request
    can be under way, lists the dataset, and creates what is missing.

    With a journal a run can be resumed, also after a crash or `kill -9`: call the function again with the same input
    and the same journal. It creates what is missing, and nothing twice. An input may go on longer than before.

    It works in notebooks too. Ctrl-C or SIGTERM once: what is under way is finished; twice: the run ends at once. Both
    can be resumed.

    Args:
        client: an `APIClient` or an `AsyncAPIClient`. The requests are sent over aiohttp where the extra `fast` is
            installed.
        organization_id: the organization that owns the dataset.
        dataset_id: the dataset.
        items: any iterable, async or not, of mappings with `source_data` and optional `attributes`. It is read as
            the requests go on, so that a generator of any length takes little memory. The other keys of an item in a
            response, such as `dataset_item_id`, are left out and counted. Equal items are all created.
        journal: the file that records the outcome of each item. It is made where it is missing. Keep it until the
            run is complete. None: the run can't be resumed.
        concurrency: the most requests at once. Fewer are sent if more are no faster, or overload the server.
        rate: the most requests a second; None for no limit.
        marker: the key of an attribute to write into each item, with `RUN-INDEX` as its value. With it a lost item is
            found even if others write equal items to the dataset. `remove_marker` takes it out again.
        on_error: "stop" ends the run at the first item that is invalid or refused; "continue" skips it.
        max_errors: how many items may be invalid or refused before the run stops; None for no limit.
        on_progress: a function that is called with a `Progress` about twice a second; False for no output. None: a bar
            in a terminal, else a line every 30 seconds.
        settle_after: seconds after which a request can't be carried out any more; None for twice the client's timeout
            and one second.
        max_outage: seconds to wait for a server that can't be reached, before the run stops.
        total: how many items there will be, for the progress; None takes `len(items)`, where there is one.

    Returns:
        The counts of what was created, rejected and unknown. `iter_rejected()` has the items that were not created.

    Raises:
        LoadingStopped: the run stopped early: Ctrl-C, a refused credential, a dataset that is gone, an outage,
            `on_error` or `max_errors`. Its `report` has the counts.
        JournalError: the journal can't be used. Nothing of it is lost.
        InputChanged: an item is another one than in the run that began the journal.
        NotFound: there is no such dataset.
        Error: another error of `abeja_datasets.exceptions`, before anything was sent.
        ValueError: an option is not usable.
        TypeError: an option or `items` is of a wrong type.

        An error that the iterable raises is raised again, after what was read before it is created. Its attribute
        `report` has the counts.
    """
    check_items(items)
    place = place_of(organization_id, dataset_id)
    key = None if marker is None else check_key("marker", marker)
    options = Options(
        concurrency=concurrency,
        rate=rate,
        on_error=on_error,
        max_errors=max_errors,
        on_progress=on_progress,
        settle_after=settle_after,
        max_outage=max_outage,
        total=length(items) if total is None else total,
    )

    def target(base_url: str) -> Target:
        return Target("create", base_url, *place, key)

    async def work(run: running.Run) -> None:
        dataset = await run.patiently(lambda: run.client.get_dataset(*place))
        run.say("lists the items that are in the dataset already")
        await baseline.take_baseline(run.dataset_reader(), run.journal)
        run.say("")
        creating = Creating(run)
        run.finish = creating.finish
        preparing = Preparing(dataset, run)
        await run.load(items, preparing.prepare, creating)
        run.left_out += preparing.left_out
        await creating.finish()
        await run.settle()

    return await running.run(client, target, journal, options, work)


class Preparing:
    """Makes what is sent of an input item.

    Args:
        dataset: as the server returns it.
        run: the run.
        first: what is added to the position of an item for its marker.
        max_bytes: see `Checker`.

    Attributes:
        left_out: how many keys were left out of items that an earlier run has created.
    """

    def __init__(self, dataset: Any, run: running.Run, *, first: int = 0, max_bytes: int | None = None) -> None:
        self.left_out = 0
        self._first = first
        self._done = DoneBlocks(run.journal)
        self._checker = Checker.of(dataset, max_bytes=max_bytes)
        self._without_categories = Checker()
        self._marker = run.marker
        self._run_id = run.journal.run_id

    def prepare(self, position: int, item: Any) -> Entry | None:
        """Return what to send of an item, or why it can't be sent; None for an item that an earlier run has created."""
        fingerprint = self._done.fingerprint(position)
        if fingerprint and (left_out := done_before(item, fingerprint)) is not None:
            self.left_out += left_out
            return None
        try:
            prepared = self._checker.prepare(position, item)
            if self._marker is None:
                return prepared
            return prepared._replace(body=mark(prepared.body, self._marker, self._run_id, self._first + position))
        except InvalidItem as invalid:
            return Refused(position, invalid.reason, item_text(item), self._fingerprint(position, item))

    def _fingerprint(self, position: int, item: Any) -> bytes:
        """Return that of the item where it could be sent to another dataset: its categories may change."""
        try:
            return self._without_categories.prepare(position, item).fingerprint
        except InvalidItem:
            return NO_FINGERPRINT


class Creating(Acting[Prepared]):
    """Creates one item with each request.

    Args:
        run: the run.
    """

    def __init__(self, run: running.Run) -> None:
        super().__init__(run)
        self._create: Callable[..., Any] = run.once.create_dataset_item

    def entries(self, job: Prepared) -> Sequence[Prepared]:
        """Return the item."""
        return (job,)

    def positions(self, job: Prepared) -> Sequence[int]:
        """Return the position of the item."""
        return (job.position,)

    def send(self, job: Prepared) -> Any:
        """Send the request."""
        body = job.body
        return self._create(*self._place, body["source_data"], body.get("attributes"))

    def succeeded(self, job: Prepared, response: Any, attempts: int, started: float) -> None:
        """Record the id, if there is one."""
        item_id = response.get("dataset_item_id") if isinstance(response, dict) else None
        self._existence.succeeded(started)
        if isinstance(item_id, bool) or not isinstance(item_id, int | str):
            self.unclear(job, "the response has no dataset_item_id", attempts)
            return
        if not same_content(job.body, response):
            self._run.doubt(
                f"the server stores other content than it is sent: see item {item_id}, created for input item "
                f"{job.position}; pass a marker to have items found without their content"
            )
        self.done(job, item_id, attempts)

    async def refused(self, job: Prepared, error: Exception, attempts: int) -> Sequence[Prepared]:
        """Record that an item was refused, unless its dataset is gone."""
        await self.reject(job, error, attempts, at_once=isinstance(error, NotFound))
        return ()
