"""Requests at the same time: each is carried out whole, or not at all."""

from collections import Counter
from typing import Any

from abeja_datasets_contract.check.document.sources import INFO, Source
from abeja_datasets_contract.check.judging.compare import shown
from abeja_datasets_contract.check.judging.reading import Response
from abeja_datasets_contract.check.probe import Probe
from abeja_datasets_contract.check.registry import Stage
from abeja_datasets_contract.check.resources import (
    by_id,
    filled,
    new_dataset,
    newest_datasets,
    shared_filled,
    source,
    walk_items,
    with_name,
)

from .bulk import entry, many

STAGE = Stage("concurrency")
_CREATED, _OK, _REFUSED, _NOT_FOUND = (200, 201), (200,), (400,), (404,)
_ROUNDS = 2


def _workers(p: Probe) -> int:
    p.skip_unless(p.options.concurrency > 1, "concurrency is 1; --concurrency 8 checks it")
    return max(4, min(p.options.concurrency, 12))


def _last(p: Probe) -> Response:
    return p.last


@STAGE.clause(
    "concurrency.create-items", "Items created at the same time are all there, each with an id of its own.", INFO
)
def create_items(p: Probe) -> None:
    """Create many, and list them."""
    dataset = new_dataset(p)
    count = 2 * _workers(p)
    bodies = [{"source_data": source(p), "attributes": {"number": number}} for number in range(count)]
    responses = p.send_all([p.request("create_dataset_item", dataset.id, json=body) for body in bodies])
    made = {}
    for response, body in zip(responses, bodies, strict=True):
        p.expect(response, _CREATED)
        p.same(body, response, "the item as it was given")
        made[response.id("dataset_item_id")] = body["attributes"]
    p.require(len(made) == count, f"{count} ids", f"{len(made)}", *responses)
    listed = {number: record.at("attributes") for number, record in by_id(walk_items(p, dataset.id)).items()}
    p.require(listed == made, "the items as they were given", "others", *responses, p.last)
    response = p.call("get_dataset", dataset.id)
    p.equal(count, response.number("total_count"), f"total_count {count}", *responses, response)


@STAGE.clause(
    "concurrency.create-datasets", "Datasets created at the same time are all there, each with an id of its own.", INFO
)
def create_datasets(p: Probe) -> None:
    """Create some, and read them at the same time."""
    bodies = [{"name": p.name("-beside"), "type": "custom", "props": {"n": n}} for n in range(_workers(p))]
    responses = p.send_all([p.request("create_dataset", json=body) for body in bodies])
    ids = [response.id("dataset_id") for response in responses if p.is_one_of(response, _CREATED)]
    p.passing.extend(dict.fromkeys(ids))
    for response, body in zip(responses, bodies, strict=True):
        p.expect(response, _CREATED)
        p.same(body, response, "the dataset as it was given")
    p.require(len(set(ids)) == len(bodies), f"{len(bodies)} ids", f"{len(set(ids))}", *responses)
    for response, body in zip(p.send_all([p.request("get_dataset", number) for number in ids]), bodies, strict=True):
        p.expect(response, _OK)
        p.same(body, response, "the dataset as it was given")


@STAGE.clause(
    "concurrency.names",
    "Of datasets created at the same time with one name, one is.",
    Source.operation("create_dataset", "description"),
)
def names(p: Probe) -> None:
    """Create some."""
    workers = _workers(p)
    for _ in range(_ROUNDS):
        body = {"name": p.name("-race"), "type": "custom", "props": {}}
        responses = p.send_all([p.request("create_dataset", json=body) for _ in range(workers)])
        for response in responses:
            p.expect(response, (*_CREATED, *_REFUSED))
        made = [response for response in responses if p.is_one_of(response, _CREATED)]
        p.passing.extend(response.id("dataset_id") for response in made)
        p.require(len(made) == 1, "one dataset of this name", f"{len(made)}", *responses)
        found = with_name(newest_datasets(p), str(body["name"]))
        p.require(len(found) == 1, "one dataset of this name in the list", f"{len(found)}", *responses, p.last)


@STAGE.clause(
    "concurrency.update",
    "Of updates at the same time one is the last, and is kept whole.",
    Source.operation("update_dataset_item", "description"),
)
def update(p: Probe) -> None:
    """Update one item in many ways."""
    dataset = filled(p, 1)
    item = dataset.items[0].id
    values = [{"writer": number, f"key {number}": [number] * 20} for number in range(_workers(p))]
    calls = [p.request("update_dataset_item", dataset.id, item, json={"attributes": value}) for value in values]
    responses = p.send_all(calls)
    for response, value in zip(responses, values, strict=True):
        p.expect(response, _OK)
        p.same({"attributes": value}, response, "the attributes of this update")
    last = p.call("get_dataset_item", dataset.id, item)
    p.require(
        last.at("attributes") in values,
        "the attributes of one update",
        shown(last.at("attributes")),
        *responses,
        last,
    )


@STAGE.clause("concurrency.update-many", "Updates of different items at the same time are all kept.", INFO)
def update_many(p: Probe) -> None:
    """Update each once."""
    dataset = many(p)
    items = dataset.items[: _workers(p)]
    responses = p.send_all(
        [
            p.request("update_dataset_item", dataset.id, item.id, json={"attributes": {"beside": number}})
            for number, item in enumerate(items)
        ]
    )
    for response, item in zip(responses, items, strict=True):
        item.update(p.expect(response, _OK).at("attributes"), response)
    found = {number: record.at("attributes") for number, record in by_id(walk_items(p, dataset.id)).items()}
    wanted = [{"beside": number} for number in range(len(items))]
    p.equal(wanted, [found.get(item.id) for item in items], "each update", *responses, p.last)


@STAGE.clause(
    "concurrency.bulk",
    "Bulk updates at the same time are each carried out as a whole.",
    Source.operation("bulk_update_dataset_item", "description"),
)
def bulk(p: Probe) -> None:
    """Update the same items in different orders."""
    dataset = filled(p, 6)
    workers = _workers(p)
    for _ in range(_ROUNDS):
        calls = []
        for writer in range(workers):
            items = dataset.items if writer % 2 else dataset.items[::-1]
            body = [entry(item, {"writer": writer}) for item in items]
            calls.append(p.request("bulk_update_dataset_item", dataset.id, json=body))
        responses = p.send_all(calls)
        for response in responses:
            p.expect(response, _OK)
        writers: Counter[Any] = Counter(
            shown(record.part("attributes").get("writer")) for record in walk_items(p, dataset.id)
        )
        p.require(len(writers) == 1, "the attributes of one update", f"those of {dict(writers)}", *responses, p.last)


@STAGE.clause(
    "concurrency.delete",
    "Of deletions of one item at the same time, one succeeds.",
    Source.operation("delete_dataset_item", "description"),
)
def delete(p: Probe) -> None:
    """Delete one, and count."""
    dataset = filled(p, _ROUNDS + 1)
    workers = _workers(p)
    for number in range(_ROUNDS):
        call = p.request("delete_dataset_item", dataset.id, dataset.items[number].id)
        responses = p.send_all([call] * workers)
        for response in responses:
            p.expect(response, (*_OK, *_NOT_FOUND))
        done = sum(p.is_one_of(response, _OK) for response in responses)
        p.require(done == 1, "one success", f"{done}", *responses)
    response = p.call("get_dataset", dataset.id)
    p.equal(1, response.number("total_count"), "total_count 1", response)


@STAGE.clause(
    "concurrency.search",
    "Searches at the same time each get their own response.",
    Source.operation("list_dataset_items", "description"),
)
def search(p: Probe) -> None:
    """Request different things."""
    dataset = shared_filled(p, "searched at once", 6)
    numbers = [number % 6 for number in range(_workers(p))]
    calls = [
        p.request("list_dataset_items", dataset.id, query={"q": f"kept:{number} OR nowhere:x"}) for number in numbers
    ]
    for response, number in zip(p.send_all(calls), numbers, strict=True):
        p.expect(response, _OK)
        found = [record.id("dataset_item_id") for record in response.parts("items")]
        p.equal([dataset.items[number].id], found, f"the item that holds {number}", response)


@STAGE.clause(
    "concurrency.read",
    "Each of the items read at the same time comes as it is.",
    Source.operation("get_dataset_item", "description"),
)
def read(p: Probe) -> None:
    """Read different ones."""
    dataset = shared_filled(p, "searched at once", 6)
    items = [dataset.items[number % 6] for number in range(_workers(p))]
    responses = p.send_all([p.request("get_dataset_item", dataset.id, item.id) for item in items])
    for response, item in zip(responses, items, strict=True):
        p.expect(response, _OK)
        p.same(item.record, response, "the item that was asked for")


@STAGE.clause("concurrency.walk", "A walk misses nothing and returns nothing twice while others write.", INFO)
def walk(p: Probe) -> None:
    """Read pages while items are created."""
    dataset = filled(p, 8)
    workers = _workers(p)
    old = [item.id for item in dataset.items]
    body = {"source_data": source(p)}
    calls = [p.request("create_dataset_item", dataset.id, json=body) for _ in range(workers)]
    calls[::2] = [p.request("list_dataset_items", dataset.id, query={"limit": 1000}) for _ in calls[::2]]
    for response in p.send_all(calls):
        p.expect(response, (*_OK, *_CREATED))
        if response.has("items"):
            ids = [record.id("dataset_item_id") for record in response.parts("items")]
            p.equal(old[: len(ids)], ids[: len(old)], "the old items first, in order", response)
            p.require(len(set(ids)) == len(ids), "none twice", f"{ids}", response)
