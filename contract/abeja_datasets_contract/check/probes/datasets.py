"""Datasets: what is kept of them, and what of them has a response where."""

import datetime as dt
import email.utils
from typing import Any

from abeja_datasets_contract.check.document.sources import INFO, Source
from abeja_datasets_contract.check.judging.reading import Response
from abeja_datasets_contract.check.probe import Probe
from abeja_datasets_contract.check.registry import Stage
from abeja_datasets_contract.check.resources import (
    CATEGORIES,
    Dataset,
    by_id,
    dataset_of,
    filled,
    new_dataset,
    new_item,
    subject,
    walk_datasets,
)

STAGE = Stage("datasets")
_NOT_FOUND = (404,)
_KEYS = ("organization_id", "dataset_id", "name", "type", "props", "created_at", "updated_at")
_OWN = ("dataset_id", "organization_id", "created_at", "updated_at")
_CREATE, _GET, _DELETE = "create_dataset", "get_dataset", "delete_dataset"
_COUNT = Source.operation(_GET, "description")
_LONG = 10
_SLACK, _QUARTER, _DAY = 300, 900, 86_400
"""Seconds: by how much clocks may differ, and time zones do."""


def _created(p: Probe) -> tuple[Dataset, Response]:
    body = {"name": p.name(), "type": "classification", "props": {"categories": CATEGORIES, "note": "kept"}}
    response = p.call(_CREATE, json=body)
    dataset = dataset_of(p, body, response)
    p.passing.append(dataset.id)
    return dataset, response


@STAGE.clause(
    "datasets.create.response", "The response is the dataset as given.", Source.operation(_CREATE, "responses", "201")
)
def create_response(p: Probe) -> None:
    """Create one, and look at the response."""
    dataset, response = _created(p)
    p.same(dataset.record, response, "the dataset as it was given")


@STAGE.clause(
    "datasets.create.kept", "A dataset is kept as given, and read back so.", Source.operation(_CREATE, "description")
)
def create_kept(p: Probe) -> None:
    """Create one, and read it."""
    dataset, _ = _created(p)
    p.same(dataset.record, p.call(_GET, dataset.id), "the dataset as it was created")


@STAGE.clause(
    "datasets.list.entries", "The list has each dataset as it is.", Source.operation("list_datasets", "description")
)
def list_entries(p: Probe) -> None:
    """Create one, and look for it in the list."""
    dataset, _ = _created(p)
    found = [record for record in walk_datasets(p) if record.id("dataset_id") == dataset.id]
    p.require(len(found) == 1, "the dataset in the list once", f"it is there {len(found)} times", p.last)
    p.same(dataset.record, found[0], "the dataset as it was created")


@STAGE.clause(
    "datasets.list.same-as-get",
    "The list and the dataset itself say the same.",
    Source.operation("list_datasets", "description"),
    reads=True,
)
def list_same_as_get(p: Probe) -> None:
    """Read what the list begins with."""
    query = {"max_results": 3}
    listed = p.call("list_datasets", query=query).parts()
    p.skip_unless(listed, "the organization has no dataset")
    for record in listed:
        dataset = record.id("dataset_id")
        response = p.send(p.request(_GET, dataset))
        if p.is_one_of(response, _NOT_FOUND):
            again = by_id(p.call("list_datasets", query=query).parts(), "dataset_id")
            if dataset in again:
                p.expect(response, (200,))
            continue  # somebody has deleted it meanwhile
        p.expect(response, (200,))
        known = {key: value for key, value in record.record().items() if key in _KEYS}
        p.same(known, response, "the dataset as the list has it")


@STAGE.clause("datasets.total-count.right", "total_count is the number of a dataset's items.", _COUNT)
def total_count(p: Probe) -> None:
    """Count along."""
    dataset = new_dataset(p)

    def expect(count: int) -> None:
        response = p.call(_GET, dataset.id)
        p.equal(count, response.number("total_count"), f"total_count {count}", response)

    expect(0)
    items = [new_item(p, dataset) for _ in range(3)]
    expect(3)
    p.call("update_dataset_item", dataset.id, items[0].id, json={"attributes": {"a": 1}})
    p.call("bulk_update_dataset_item", dataset.id, json=[{"dataset_item_id": items[1].id, "attributes": {"a": 1}}])
    expect(3)
    p.call("create_dataset_item", dataset.id, json={}, expect=(400,))
    expect(3)
    p.call("delete_dataset_item", dataset.id, items[1].id)
    expect(2)
    p.call("delete_dataset_item", dataset.id, items[1].id, expect=_NOT_FOUND)
    expect(2)


@STAGE.clause("datasets.total-count.only-in-get", "No operation except get_dataset returns total_count.", _COUNT)
def total_count_alone(p: Probe) -> None:
    """Search for the count in other responses."""
    dataset, response = _created(p)
    p.require(not response.has("total_count"), "no total_count when creating", "there is one", response)
    listed = walk_datasets(p)
    last = p.last
    p.require(all(not record.has("total_count") for record in listed), "none in the list", "there is one", last)
    response = p.call(_DELETE, dataset.id)
    p.require(not response.has("total_count"), "no total_count when deleting", "there is one", response)


@STAGE.clause(
    "datasets.total-count.items",
    "get_dataset and list_dataset_items count the same items.",
    Source.schema("DatasetItemPage", "properties", "total_count"),
    reads=True,
)
def total_count_of_items(p: Probe) -> None:
    """Request both, and the first again, since others may be writing."""
    dataset = subject(p)
    for _ in range(3):
        before = p.call(_GET, dataset.id)
        listed = p.call("list_dataset_items", dataset.id, query={"limit": 1})
        after = p.call(_GET, dataset.id)
        if before.number("total_count") == after.number("total_count"):
            p.equal(before.number("total_count"), listed.number("total_count"), "the same count", before, listed)
            return
    p.skip_unless(holds=False, reason="others are writing to the dataset")


@STAGE.clause("datasets.timestamps", "created_at and updated_at are those of its creation.", Source.schema("Timestamp"))
def timestamps(p: Probe) -> None:
    """Read twice, with reading between, and compare with a dataset made later."""
    dataset, response = _created(p)
    made = response.moment("created_at")
    is_now(p, made, response)
    p.require(response.moment("updated_at") >= made, "updated_at is not before created_at", "it is", response)
    new_item(p, dataset)
    response = p.call(_GET, dataset.id)
    p.equal(dataset.record["created_at"], response.at("created_at"), "created_at stays", response)
    later = new_dataset(p)
    p.require(later.record.moment("created_at") >= made, "a dataset made later has no earlier created_at", "it has")


def _date(response: Response) -> dt.datetime | None:
    """Read the header Date; None where there is none that can be read."""
    try:
        return email.utils.parsedate_to_datetime(response.header("date") or "").astimezone(dt.UTC)
    except ValueError:
        return None


def is_now(p: Probe, made: dt.datetime, response: Response) -> None:
    """Expect that a time is that of its response, in UTC, by the server's clock; else by ours, which may be wrong."""
    stated = _date(response)
    now = response.exchange.started if stated is None else stated
    off = abs((made - now).total_seconds())
    by_zone = off % _QUARTER if off % _QUARTER < _QUARTER / 2 else _QUARTER - off % _QUARTER
    wrong = off > _SLACK if stated is not None else off > _DAY or (off > _SLACK and by_zone < _SLACK / 10)
    p.require(not wrong, f"a created_at about {now:%Y-%m-%dT%H:%M:%S}, in UTC", f"{made:%Y-%m-%dT%H:%M:%S}", response)


@STAGE.clause("datasets.types", "The type is any text that is not empty, and is kept.", Source.schema("DatasetType"))
def types(p: Probe) -> None:
    """Create one of each."""
    for kind in ("classification", "detection", "segmentation", "video", "x" * 300, "種類 🐈", "Two WORDS ", " "):
        with p.case():
            body: dict[str, Any] = {"name": p.name(), "type": kind, "props": {}}
            response = p.call(_CREATE, json=body)
            dataset = dataset_of(p, body, response)
            p.passing.append(dataset.id)
            p.same(dataset.record, response, f"type {kind!r}")
            if len(kind.encode()) > _LONG:
                p.same({"type": kind}, p.call(_GET, p.passing[-1]), f"type {kind!r}")


@STAGE.clause("datasets.create.ignores-unknown", "A property that no one documented is ignored.", INFO)
def ignores_unknown(p: Probe) -> None:
    """Send an id, and the properties that the server sets."""
    body = {"name": p.name(), "type": "custom", "props": {}}
    more = {
        "contract_check": {"a": 1},
        "dataset_id": p.name("-id"),
        "created_at": "2001-01-01T00:00:00",
        "updated_at": "2001-01-01T00:00:00",
        "organization_id": p.name("-organization"),
        "total_count": 7,
    }
    response = p.call(_CREATE, json={**body, **more})
    dataset = response.id("dataset_id")
    p.passing.append(dataset)
    for key, value in response.record().items():
        own = key not in _OWN or value != more[key]
        p.require(own, f"a {key} of the server's own", "the one in the request", response)
    read = p.call(_GET, dataset)
    p.equal(0, read.number("total_count"), "total_count 0", read)
    for seen in (response, read):
        p.require(not seen.has("contract_check"), "no property of the request's own", "the one in the request", seen)


@STAGE.clause(
    "datasets.delete.response",
    "Deleting responds with the dataset as it was.",
    Source.operation(_DELETE, "description"),
)
def delete_response(p: Probe) -> None:
    """Delete one."""
    dataset, _ = _created(p)
    p.same(dataset.record, p.call(_DELETE, dataset.id), "the dataset as it was")


@STAGE.clause("datasets.delete.gone", "A deleted dataset is gone.", Source.operation(_DELETE, "description"))
def delete_gone(p: Probe) -> None:
    """Delete one, and look for it."""
    dataset, other = filled(p, 1), filled(p, 1)
    p.call(_GET, dataset.id)
    p.call(_DELETE, dataset.id)
    p.call(_GET, dataset.id, expect=_NOT_FOUND)
    p.call(_DELETE, dataset.id, expect=_NOT_FOUND)
    listed = [record.id("dataset_id") for record in walk_datasets(p)]
    last = p.last
    p.require(dataset.id not in listed, "the list does not have it", "it still stands in the list", last)
    p.require(other.id in listed, "the list still has the others", "another one is missing too", last)
    response = p.call(_GET, other.id)
    p.equal(1, response.number("total_count"), "the items of other datasets stay", response)


@STAGE.clause(
    "datasets.delete.cascades", "Deleting a dataset deletes its items.", Source.operation(_DELETE, "description")
)
def delete_cascades(p: Probe) -> None:
    """Delete one, and look for its items."""
    dataset = filled(p, 2)
    item = dataset.items[0].id
    p.call("get_dataset_item", dataset.id, item)
    p.call("list_dataset_items", dataset.id)
    p.call(_DELETE, dataset.id)
    p.call("get_dataset_item", dataset.id, item, expect=_NOT_FOUND)
    p.call("list_dataset_items", dataset.id, expect=_NOT_FOUND)
    p.call("delete_dataset_item", dataset.id, item, expect=_NOT_FOUND)
    p.call("update_dataset_item", dataset.id, item, json={"attributes": {}}, expect=(400, 404))
    body = [{"dataset_item_id": item, "attributes": {}}]
    p.call("bulk_update_dataset_item", dataset.id, json=body, expect=(400, 404))
    p.call("create_dataset_item", dataset.id, json={"source_data": [{"data_uri": "x"}]}, expect=(400,))
