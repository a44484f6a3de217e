"""Items: what is kept of them, what an update does and does not, and what deleting one leaves."""

import time
from collections.abc import Callable
from typing import Any

from abeja_datasets_contract.check.document.sources import INFO, Source
from abeja_datasets_contract.check.judging.reading import Part, Response
from abeja_datasets_contract.check.probe import UNSET, Probe
from abeja_datasets_contract.check.registry import Stage
from abeja_datasets_contract.check.resources import (
    Dataset,
    Item,
    by_id,
    filled,
    item_of,
    new_item,
    plain,
    same_item,
    source,
    subject,
    unchanged,
    walk_items,
)

from .datasets import is_now

STAGE = Stage("items")
_CREATE, _GET, _LIST = "create_dataset_item", "get_dataset_item", "list_dataset_items"
_UPDATE, _DELETE = "update_dataset_item", "delete_dataset_item"
_UPDATES = Source.operation(_UPDATE, "description")
_NOT_FOUND, _REFUSED = (404,), (400,)
_COARSE = 1.1
"""Seconds after which even a clock of whole seconds has moved."""


def created(p: Probe, dataset: Dataset, body: dict[str, Any]) -> tuple[Item, Response]:
    """Create an item as the point of a clause."""
    response = p.call(_CREATE, dataset.id, json=body)
    return item_of(p, dataset.id, body, response), response


@STAGE.clause(
    "items.create.response", "The response is the item as given.", Source.operation(_CREATE, "responses", "201")
)
def create_response(p: Probe) -> None:
    """Create one, and look at the response."""
    item, response = created(p, plain(p), {"source_data": source(p), "attributes": {"tag": "A"}})
    p.same(item.record, response, "the item as it was given")


@STAGE.clause("items.create.kept", "An item is kept as given, and read back so.", Source.operation(_GET, "description"))
def create_kept(p: Probe) -> None:
    """Create one, and read it."""
    item, _ = created(p, plain(p), {"source_data": source(p), "attributes": {"tag": "A", "n": [1, {"b": None}]}})
    p.same(item.record, p.call(_GET, plain(p).id, item.id), "the item as it was created")


@STAGE.clause(
    "items.create.attributes-missing", "Missing attributes create {}.", Source.schema("CreateDatasetItemRequest")
)
def attributes_missing(p: Probe) -> None:
    """Send none of them."""
    item, response = created(p, plain(p), {"source_data": source(p)})
    p.same(item.record, response, "attributes {}")
    p.same(item.record, p.call(_GET, plain(p).id, item.id), "attributes {}")


@STAGE.clause("items.create.attributes-null", "Null attributes create {}.", Source.schema("CreateDatasetItemRequest"))
def attributes_null(p: Probe) -> None:
    """Send null."""
    item, response = created(p, plain(p), {"source_data": source(p), "attributes": None})
    p.same(item.record, response, "attributes {}")
    p.same(item.record, p.call(_GET, plain(p).id, item.id), "attributes {}")


@STAGE.clause("items.create.source-data", "source_data is kept whole and in order.", Source.schema("SourceData"))
def source_data(p: Probe) -> None:
    """Send many files, with more properties than are documented."""
    files = [
        {"data_uri": "datalake://1/b", "contract_check": {"kept": [1, None]}},
        {"data_uri": "datalake://1/a", "data_type": "text/plain", "height": 0, "width": 0},
        {"data_uri": "datalake://1/b"},
        {"data_uri": "datalake://1/b"},
        {"data_uri": " HTTP://Example.test/%7Ea/../b?c=%20#é "},
        *({"data_uri": f"datalake://1/{'long' * 500}", "width": 10**9 + number} for number in range(20)),
    ]
    item, response = created(p, plain(p), {"source_data": files, "attributes": {}})
    p.same(item.record, response, "source_data as it was given")
    p.same(item.record, p.call(_GET, plain(p).id, item.id), "source_data as it was given")


@STAGE.clause("items.create.ignores-unknown", "A property that no one documented is ignored.", INFO)
def ignores_unknown(p: Probe) -> None:
    """Send an id, and the properties that the server sets."""
    dataset = filled(p, 1)
    more = {"contract_check": 1, "dataset_item_id": dataset.items[0].id, "created_at": "2001-01-01T00:00:00"}
    more |= {"updated_at": "2001-01-01T00:00:00", "dataset_id": p.run, "organization_id": p.run}
    response = p.call(_CREATE, dataset.id, json={"source_data": source(p), **more})
    for key, value in response.record().items():
        own = key not in more or value != more[key]
        p.require(own, f"no {key} but of the server's own", "the one in the request", response)


@STAGE.clause("items.ids", "Each item of a dataset has an id of its own.", Source.schema("ItemNumber"))
def ids(p: Probe) -> None:
    """Create some."""
    dataset = filled(p, 4)
    found = dataset.ids
    p.require(len(set(found)) == len(found), "ids that differ", f"{found}", p.last)


@STAGE.clause("items.list.entries", "The list has each item as it is.", Source.operation(_LIST, "description"))
def list_entries(p: Probe) -> None:
    """Create some, and list them."""
    dataset = filled(p, 3)
    listed = walk_items(p, dataset.id)
    p.require(len(listed) == len(dataset.items), "3 items", f"{len(listed)} items", p.last)
    for item in dataset.items:
        same_item(p, item, by_id(listed), "the item as it was created")


@STAGE.clause(
    "items.list.same-as-get",
    "The list and the item itself say the same.",
    Source.operation(_LIST, "description"),
    reads=True,
)
def list_same_as_get(p: Probe) -> None:
    """Read what the list begins with."""
    dataset = subject(p)
    listed = p.call(_LIST, dataset.id, query={"limit": 3}).parts("items")
    p.skip_unless(listed, "no dataset that was looked at has an item")
    for record in listed:
        response = p.call(_GET, dataset.id, record.id("dataset_item_id"))
        p.same(record.record(), response, "the item as the list has it")


def _updated(p: Probe, attributes: Any, before: Any = UNSET) -> tuple[Dataset, Item, Response]:
    """Update an item, which is then expected to be as it should be now."""
    dataset = plain(p)
    item = new_item(p, dataset, {} if before is UNSET else before)
    response = p.call(_UPDATE, dataset.id, item.id, json={"attributes": attributes})
    item.update(attributes, response)
    return dataset, item, response


@STAGE.clause(
    "items.update.response", "The response is the item as it is now.", Source.operation(_UPDATE, "responses", "200")
)
def update_response(p: Probe) -> None:
    """Update one, and look at the response."""
    _, item, response = _updated(p, {"tag": "A"})
    known = {key: value for key, value in item.record.items() if key != "created_at"}
    p.same(known, response, "the item with its new attributes")


@STAGE.clause("items.update.kept", "An update is kept.", _UPDATES)
def update_kept(p: Probe) -> None:
    """Update one, and read it."""
    dataset, item, _ = _updated(p, {"tag": "A"})
    response = p.call(_GET, dataset.id, item.id)
    p.same({"attributes": item.attributes}, response, "the new attributes")
    listed = by_id(walk_items(p, dataset.id))
    p.require(item.id in listed, "the item in the list", "a list without it", p.last)
    p.same({"attributes": item.attributes}, listed[item.id], "the new attributes, in the list")


@STAGE.clause("items.update.replaces", "An update replaces the attributes as a whole.", _UPDATES)
def update_replaces(p: Probe) -> None:
    """Update one that held other keys, and other values of the same key."""
    before = {"old": 1, "deep": {"old": 1, "both": 1}, "list": [1, 2, 3]}
    dataset, item, response = _updated(p, {"new": 2, "deep": {"new": 2, "both": 2}, "list": [4]}, before)
    p.same({"attributes": item.attributes}, response, "nothing of the old attributes")
    p.same({"attributes": item.attributes}, p.call(_GET, dataset.id, item.id), "nothing of the old attributes")


@STAGE.clause("items.update.empties", "An update with {} empties the attributes.", _UPDATES)
def update_empties(p: Probe) -> None:
    """Update one with nothing."""
    dataset, item, response = _updated(p, {}, {"old": 1})
    p.same({"attributes": {}}, response, "attributes {}")
    p.same({"attributes": {}}, p.call(_GET, dataset.id, item.id), "attributes {}")


@STAGE.clause("items.update.source-data-stays", "An update changes nothing but the attributes.", _UPDATES)
def update_source_data(p: Probe) -> None:
    """Update one, and try to change more."""
    dataset = plain(p)
    item = new_item(p, dataset, {})
    body: dict[str, Any] = {"attributes": {"a": 1}, "source_data": [{"data_uri": "datalake://contract-check/other"}]}
    body |= {"dataset_item_id": item.number + 1, "created_at": "2001-01-01T00:00:00", "contract_check": 1}
    response = p.call(_UPDATE, dataset.id, item.id, json=body)
    kept = {key: item.record[key] for key in ("source_data", "dataset_item_id", "dataset_id")}
    p.same(kept, response, "all but the attributes stays")
    response = p.call(_GET, dataset.id, item.id)
    p.same(kept, response, "all but the attributes stays")
    p.require(
        not response.has("contract_check"), "no property of the request's own", "the one in the request", response
    )


@STAGE.clause("items.update.others-stay", "An update changes no other item.", _UPDATES)
def update_others(p: Probe) -> None:
    """Update the one in the middle."""
    dataset = filled(p, 3)
    p.call(_UPDATE, dataset.id, dataset.items[1].id, json={"attributes": {"a": 1}})
    for item in (dataset.items[0], dataset.items[2]):
        unchanged(p, dataset, item, "the other items stay as they are")


@STAGE.clause("items.update.attributes-missing", "An update without attributes is 400, and changes nothing.", _UPDATES)
def update_missing(p: Probe) -> None:
    """Send none of them."""
    _refused(p, {})


@STAGE.clause("items.update.attributes-null", "An update with null attributes is 400, and changes nothing.", _UPDATES)
def update_null(p: Probe) -> None:
    """Send null."""
    _refused(p, {"attributes": None})


def _refused(p: Probe, body: Any) -> None:
    dataset = plain(p)
    item = new_item(p, dataset, {"kept": 1})
    response = p.call(_UPDATE, dataset.id, item.id, json=body, expect=_REFUSED)
    unchanged(p, dataset, item, "the item stays as it is", response)


@STAGE.clause("items.update.created-at-stays", "An update leaves created_at as it is.", _UPDATES)
def update_created_at(p: Probe) -> None:
    """Update one twice."""
    dataset = plain(p)
    item = new_item(p, dataset, {})
    for number in range(2):
        response = p.call(_UPDATE, dataset.id, item.id, json={"attributes": {"n": number}})
        p.equal(item.record["created_at"], response.at("created_at"), "created_at stays", response)
    response = p.call(_GET, dataset.id, item.id)
    p.equal(item.record["created_at"], response.at("created_at"), "created_at stays", response)


@STAGE.clause("items.update.updated-at-moves", "An update moves updated_at.", _UPDATES)
def update_updated_at(p: Probe) -> None:
    """Update one."""
    dataset = plain(p)
    item = new_item(p, dataset, {})

    def update() -> Response:
        return p.call(_UPDATE, dataset.id, item.id, json={"attributes": {"n": 1}})

    moved(p, update, item)
    moved(p, update, item)  # by the same attributes as before too
    response = p.call(_GET, dataset.id, item.id)
    p.equal(item.record["updated_at"], response.at("updated_at"), "the updated_at of the update", response)


def moved(
    p: Probe,
    update: Callable[[], Response],
    item: Item,
    read: Callable[[Response], Part] = lambda response: response,
) -> None:
    """Expect that an update moves `updated_at`; again, where the server's clock may be one of whole seconds."""
    before = item.record.moment("updated_at")
    record = read(update())
    if record.moment("updated_at") <= before:
        time.sleep(_COARSE)
        record = read(update())
    late = record.moment("updated_at") > before
    p.require(late, f"an updated_at after {before}", f"{record.at('updated_at')}", record)
    item.record = item.record.but(record, "updated_at")


@STAGE.clause(
    "items.timestamps",
    "An item has the time of its creation; reading it, or failing to change it, leaves its timestamps.",
    Source.schema("Timestamp"),
)
def timestamps(p: Probe) -> None:
    """Read, and fail to update, then read again."""
    dataset = plain(p)
    item = new_item(p, dataset, {"a": 1})
    p.require(
        item.record.moment("updated_at") >= item.record.moment("created_at"),
        "updated_at is not before created_at",
        "it is",
        p.last,
    )
    is_now(p, item.record.moment("created_at"), p.call(_GET, dataset.id, item.id))
    p.call(_LIST, dataset.id, query={"limit": 1})
    p.call(_UPDATE, dataset.id, item.id, json={"attributes": []}, expect=_REFUSED)
    new_item(p, dataset)
    unchanged(p, dataset, item, "the timestamps stay as they are")


@STAGE.clause(
    "items.delete.response", "Deleting responds with the item as it was.", Source.operation(_DELETE, "description")
)
def delete_response(p: Probe) -> None:
    """Delete one."""
    dataset = plain(p)
    item = new_item(p, dataset, {"a": 1})
    p.same(item.record, p.call(_DELETE, dataset.id, item.id), "the item as it was")


@STAGE.clause(
    "items.delete.gone", "A deleted item is gone, and the others stay.", Source.operation(_DELETE, "description")
)
def delete_gone(p: Probe) -> None:
    """Delete the one in the middle, and look for it."""
    dataset = filled(p, 3)
    item = dataset.items.pop(1)
    p.call(_GET, dataset.id, item.id)
    p.call(_DELETE, dataset.id, item.id)
    p.call(_GET, dataset.id, item.id, expect=_NOT_FOUND)
    p.call(_DELETE, dataset.id, item.id, expect=_NOT_FOUND)
    p.call(_UPDATE, dataset.id, item.id, json={"attributes": {}}, expect=_NOT_FOUND)
    listed = by_id(walk_items(p, dataset.id))
    p.require(item.id not in listed, "a list without it", "it is still in the list", p.last)
    for other in dataset.items:
        same_item(p, other, listed, "the others as they are")
