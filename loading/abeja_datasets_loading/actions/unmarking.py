"""Taking the markers of a run out of a dataset again."""

from collections.abc import Sequence
from typing import Any

from abeja_datasets import APIClient, AsyncAPIClient
from abeja_datasets.exceptions import BadRequest, NotFound
from abeja_datasets_loading.options import Identifier
from abeja_datasets_loading.running.interruptible import interruptible
from abeja_datasets_loading.sending.clients import async_client
from abeja_datasets_loading.settling.listing import Reader, iter_pages, repeated
from abeja_datasets_loading.settling.marker import check_key, check_run, marker_of, unmarked


async def remove_marker_async(
    client: APIClient | AsyncAPIClient,
    organization_id: Identifier,
    dataset_id: Identifier,
    key: str,
    *,
    run: str | None = None,
) -> int:
    """Take the markers that `create_items_async` wrote out of the items of a dataset, and return how many there were.

    ::

        await create_items_async(client, organization_id, dataset_id, items, journal="load.journal", marker="loaded_by")
        await remove_marker_async(client, organization_id, dataset_id, "loaded_by")

    Remove them when the run is complete: an item without its marker can't be found by it. The other attributes stay as
    they are. What somebody else changes in an item at this very moment may be lost, since an update replaces all
    attributes of an item. It may be called again after an error, and then continues.

    Args:
        client: any client of this library.
        organization_id: the organization that owns the dataset.
        dataset_id: the dataset.
        key: the marker, as it was given to `create_items_async`.
        run: the part of the markers before the `-`, to remove only those of one journal; None for those of all. A
            value that is not a marker stays.

    Raises:
        ValueError: `key` can't be the key of a marker, or `run` no part of one.
        TypeError: one of them is not a str.
        NotFound: dataset not found.
        Error: a request failed.
    """
    key = check_key("key", key)
    if run is not None:
        check_run(run)
    opened = async_client(client)
    try:
        return await interruptible(_remove(Reader(opened.client, organization_id, dataset_id), key, run))
    finally:
        if opened.must_close:
            await opened.client.close()


async def _remove(reader: Reader, key: str, run: str | None) -> int:
    removed = 0
    async for page in iter_pages(reader):
        entries = [_entry(item, key, run) for item in page if marker_of(item, key, run) is not None]
        if entries:
            removed += await _update(reader, entries)
    return removed


def _entry(item: dict[str, Any], key: str, run: str | None) -> dict[str, Any]:
    attributes = dict(unmarked(item, key, run)["attributes"])
    if isinstance(single := attributes.get("classification"), dict):
        attributes["classification"] = [single]  # a response may have one object where an update takes a list
    return {"dataset_item_id": item["dataset_item_id"], "attributes": attributes}


async def _update(reader: Reader, entries: Sequence[dict[str, Any]]) -> int:
    """Update items in one request. Where the server refuses that, in smaller ones; return how many were updated."""
    client, organization_id, dataset_id = reader.client, reader.organization_id, reader.dataset_id
    try:
        # Carried out twice it is the same as once.
        await repeated(lambda: client.bulk_update_dataset_item(organization_id, dataset_id, list(entries)), reader)
    except BadRequest:  # somebody deleted one of them, or it is too large
        if len(entries) == 1:
            return await _update_one(reader, entries[0])
        middle = len(entries) // 2
        return await _update(reader, entries[:middle]) + await _update(reader, entries[middle:])
    return len(entries)


async def _update_one(reader: Reader, entry: dict[str, Any]) -> int:
    client, organization_id, dataset_id = reader.client, reader.organization_id, reader.dataset_id
    item_id, attributes = entry["dataset_item_id"], entry["attributes"]
    try:
        await repeated(lambda: client.update_dataset_item(organization_id, dataset_id, item_id, attributes), reader)
    except NotFound:
        return 0  # somebody deleted it meanwhile
    return 1
