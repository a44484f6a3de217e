# Generated from the async functions of loading by scripts/generate; do not edit.
"""The functions of loading for programs without an event loop: each runs its async twin in a thread of its own."""

import os
from collections.abc import Iterable
from typing import Any

from abeja_datasets import APIClient, AsyncAPIClient
from abeja_datasets_loading.options import Identifier, Item, ItemId, OnError
from abeja_datasets_loading.progress.progress import OnProgress
from abeja_datasets_loading.report import Report
from abeja_datasets_loading.running.synchronous import run_sync
from abeja_datasets_loading.verifying.verification import Verification


def create_items(
    client: APIClient | AsyncAPIClient,
    organization_id: Identifier,
    dataset_id: Identifier,
    items: Iterable[Item],
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

        from abeja_datasets import APIClient
        from abeja_datasets_loading import create_items

        with APIClient() as api_client:
            report = create_items(api_client, "1102940376065", "1410805969256", rows, journal="rows.db")
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
        items: any iterable of mappings with `source_data` and optional `attributes`. It is read as
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
    from abeja_datasets_loading.actions.creating import create_items_async

    return run_sync(
        create_items_async,
        client,
        organization_id,
        dataset_id,
        items,
        journal=journal,
        concurrency=concurrency,
        rate=rate,
        marker=marker,
        on_error=on_error,
        max_errors=max_errors,
        on_progress=on_progress,
        settle_after=settle_after,
        max_outage=max_outage,
        total=total,
    )


def update_items(
    client: APIClient | AsyncAPIClient,
    organization_id: Identifier,
    dataset_id: Identifier,
    entries: Iterable[Item],
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

        from abeja_datasets_loading import update_items

        entries = [{"dataset_item_id": 7, "attributes": {"classification": [{"category_id": 1, "label_id": 2}]}}]
        report = update_items(api_client, "1102940376065", "1410805969256", entries, journal="new.journal")
        report.raise_for_errors()

    A bulk update is carried out as a whole or not at all. So a batch that the server refuses is divided until the bad
    entries are alone, and all others are updated. An update may be repeated: one whose response was lost is sent again.

    Args:
        client: an `APIClient` or an `AsyncAPIClient`.
        organization_id: the organization that owns the dataset.
        dataset_id: the dataset.
        entries: any iterable of mappings with `dataset_item_id` and `attributes`, which replace the
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
    from abeja_datasets_loading.actions.updating import update_items_async

    return run_sync(
        update_items_async,
        client,
        organization_id,
        dataset_id,
        entries,
        batch=batch,
        journal=journal,
        concurrency=concurrency,
        rate=rate,
        on_error=on_error,
        max_errors=max_errors,
        on_progress=on_progress,
        max_outage=max_outage,
        total=total,
    )


def delete_items(
    client: APIClient | AsyncAPIClient,
    organization_id: Identifier,
    dataset_id: Identifier,
    ids: Iterable[ItemId],
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

        from abeja_datasets_loading import delete_items

        entries = api_client.iter_dataset_items(organization_id, dataset_id, {"q": "label:wrong"})
        wrong = [entry["dataset_item_id"] for entry in entries]
        report = delete_items(api_client, organization_id, dataset_id, wrong, journal="delete.journal")
        report.raise_for_errors()

    A deletion may be repeated: an item that is not there any more after a lost response was deleted. An item that is
    not there at the first request is rejected, as "not found".

    Args:
        client: an `APIClient` or an `AsyncAPIClient`.
        organization_id: the organization that owns the dataset.
        dataset_id: the dataset.
        ids: any iterable of ids, or of items with a `dataset_item_id`. An id that comes again is
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
    from abeja_datasets_loading.actions.deleting import delete_items_async

    return run_sync(
        delete_items_async,
        client,
        organization_id,
        dataset_id,
        ids,
        journal=journal,
        concurrency=concurrency,
        rate=rate,
        on_error=on_error,
        max_errors=max_errors,
        on_progress=on_progress,
        max_outage=max_outage,
        total=total,
    )


def export_items(
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

        from abeja_datasets_loading import export_items

        export_items(api_client, "1102940376065", "1410805969256", "items.jsonl")

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
    from abeja_datasets_loading.actions.exporting import export_items_async

    return run_sync(
        export_items_async,
        client,
        organization_id,
        dataset_id,
        path,
        q=q,
        journal=journal,
        page_size=page_size,
        on_progress=on_progress,
        max_outage=max_outage,
    )


def remove_marker(
    client: APIClient | AsyncAPIClient,
    organization_id: Identifier,
    dataset_id: Identifier,
    key: str,
    *,
    run: str | None = None,
) -> int:
    """Take the markers that `create_items` wrote out of the items of a dataset, and return how many there were.

    ::

        create_items(client, organization_id, dataset_id, items, journal="load.journal", marker="loaded_by")
        remove_marker(client, organization_id, dataset_id, "loaded_by")

    Remove them when the run is complete: an item without its marker can't be found by it. The other attributes stay as
    they are. What somebody else changes in an item at this very moment may be lost, since an update replaces all
    attributes of an item. It may be called again after an error, and then continues.

    Args:
        client: any client of this library.
        organization_id: the organization that owns the dataset.
        dataset_id: the dataset.
        key: the marker, as it was given to `create_items`.
        run: the part of the markers before the `-`, to remove only those of one journal; None for those of all. A
            value that is not a marker stays.

    Raises:
        ValueError: `key` can't be the key of a marker, or `run` no part of one.
        TypeError: one of them is not a str.
        NotFound: dataset not found.
        Error: a request failed.
    """
    from abeja_datasets_loading.actions.unmarking import remove_marker_async

    return run_sync(
        remove_marker_async,
        client,
        organization_id,
        dataset_id,
        key,
        run=run,
    )


def verify(
    client: APIClient | AsyncAPIClient,
    organization_id: Identifier,
    dataset_id: Identifier,
    items: Iterable[Any],
    *,
    journal: str | os.PathLike[str] | None = None,
) -> Verification:
    """Compare an input with a dataset: is each item there exactly once?

    ::

        verification = verify(client, "1102940376065", "1410805969256", rows(), journal="load.journal")
        verification.raise_for_errors()

    Nothing is written. Both sides are compared as multisets of their content: source data and attributes. The memory
    needed does not grow with their size.

    Args:
        client: any client of this library.
        organization_id: the organization that owns the dataset.
        dataset_id: the dataset.
        items: the input, as `create_items` takes it.
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
    from abeja_datasets_loading.verifying.verifying import verify_async

    return run_sync(
        verify_async,
        client,
        organization_id,
        dataset_id,
        items,
        journal=journal,
    )
