"""Bulk updates: all or nothing, with a response in the order of the request."""

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

from abeja_datasets_contract.check.document.sources import INFO, Source
from abeja_datasets_contract.check.judging.reading import Response
from abeja_datasets_contract.check.options import Skip
from abeja_datasets_contract.check.probe import Probe
from abeja_datasets_contract.check.probes.access.identifiers import UNKNOWN_ITEM
from abeja_datasets_contract.check.registry import Stage
from abeja_datasets_contract.check.resources import (
    CATEGORIES,
    Dataset,
    Item,
    by_id,
    filled,
    gone,
    nothing_changed,
    same_item,
    shared_filled,
    unchanged,
)

from .items import moved
from .labels import label

STAGE = Stage("bulk")
_BULK, _GET = "bulk_update_dataset_item", "get_dataset_item"
_RULE = Source.operation(_BULK, "description")
_RESPONSE = Source.operation(_BULK, "responses", "200")
_REFUSED = (400,)
_LEAST, _MOST = 20, 100


def entry(item: Any, attributes: Any) -> dict[str, Any]:
    """Return an entry."""
    return {"dataset_item_id": item.id if isinstance(item, Item) else item, "attributes": attributes}


def _sent(p: Probe, dataset: Dataset, items: Sequence[Item], attributes: Callable[[int], Any]) -> Response:
    """Update items, which are then expected to be as they should be now."""
    body = [entry(item, attributes(number)) for number, item in enumerate(items)]
    response = p.call(_BULK, dataset.id, json=body)
    updated = by_id(response.parts())
    for number, item in enumerate(items):
        if item.id in updated:
            item.update(attributes(number), updated[item.id])
        else:
            item.record = item.record.but(response, attributes=attributes(number))
    return response


@STAGE.clause("bulk.response", "The response is the updated items as they are now.", _RESPONSE)
def response_(p: Probe) -> None:
    """Update some, and look at the response."""
    dataset = filled(p, 3)
    response = _sent(p, dataset, dataset.items, lambda number: {"new": number})
    records = response.parts()
    p.require(len(records) == 3, "3 items", f"{len(records)}", response)  # noqa: PLR2004 - as made
    for item in dataset.items:
        same_item(p, item, by_id(records), "the item as it is now")


@STAGE.clause("bulk.order", "The response has the order of the request.", _RESPONSE)
def order(p: Probe) -> None:
    """Update in other orders than that of creation."""
    dataset = filled(p, 4)
    for places in ((3, 2, 1, 0), (2, 0, 3, 1), (1, 0)):
        items = [dataset.items[place] for place in places]
        response = _sent(p, dataset, items, lambda number: {"new": number})
        ids = [record.id("dataset_item_id") for record in response.parts()]
        p.equal([item.id for item in items], ids, "the items in the order of the request", response)


@STAGE.clause("bulk.kept", "Each item is updated, and others stay.", _RULE)
def kept(p: Probe) -> None:
    """Update some, and read all."""
    dataset = filled(p, 4)
    _sent(p, dataset, [dataset.items[3], dataset.items[1]], lambda number: {"new": number, "kept": [None, number]})
    nothing_changed(p, dataset, [])
    for item in dataset.items[1:3]:
        unchanged(p, dataset, item, "the item as it should be now")


@STAGE.clause("bulk.replaces", "It replaces attributes as a whole.", _RULE)
def replaces(p: Probe) -> None:
    """Update ones that held other keys."""
    dataset = filled(p, 2)
    for attributes in ({"deep": {"a": 1}, "list": [1, 2], "old": 1}, {"deep": {"b": 2}, "list": [3], "new": 2}, {}):
        response = _sent(p, dataset, dataset.items, lambda _, given=attributes: given)  # type: ignore[misc]
        for record in response.parts():
            p.same({"attributes": attributes}, record, "the new attributes alone")
        nothing_changed(p, dataset, [])


@STAGE.clause("bulk.timestamps", "It moves updated_at of each, and leaves created_at.", _RULE)
def timestamps(p: Probe) -> None:
    """Update, and compare with before."""
    dataset = filled(p, 2)
    one, other = dataset.items

    def update() -> Response:
        return p.call(_BULK, dataset.id, json=[entry(one, {"new": 1})])

    moved(p, update, one, lambda response: response.part(0))
    response = p.call(_GET, dataset.id, one.id)
    p.same({key: one.record[key] for key in ("created_at", "updated_at")}, response, "the timestamps")
    unchanged(p, dataset, other, "the other stays as it is")


@STAGE.clause("bulk.empty", "An empty list responds with an empty list.", _RULE)
def empty(p: Probe) -> None:
    """Send one."""
    dataset = filled(p, 1)
    response = p.call(_BULK, dataset.id, json=[])
    p.equal([], response.at(), "an empty list", response)
    nothing_changed(p, dataset, [], response)


@STAGE.clause("bulk.ignores-unknown", "A property that no one documented is ignored, and source_data stays.", INFO)
def ignores_unknown(p: Probe) -> None:
    """Send such properties in an entry."""
    dataset = filled(p, 1)
    more = {"source_data": [{"data_uri": "datalake://contract-check/other"}], "contract_check": 1}
    response = p.call(_BULK, dataset.id, json=[{**entry(dataset.items[0], {"new": 1}), **more}])
    p.same({"source_data": dataset.items[0].record["source_data"]}, response.part(0), "source_data stays")


def _refused(p: Probe, bad: Callable[[Dataset], Any]) -> None:
    """Send a bad entry before good ones and behind them."""
    dataset = shared_filled(p, "bulk", 3, {"categories": CATEGORIES})
    good = [entry(item, {"changed": 1}) for item in dataset.items[:2]]
    for place in (0, 2):
        body = [*good[:place], bad(dataset), *good[place:]]
        with p.case():
            response = p.call(_BULK, dataset.id, json=body, expect=_REFUSED)
            nothing_changed(p, dataset, [], response)


_BAD: dict[str, tuple[str, Callable[[Dataset], Any]]] = {
    "unknown-id": (
        "An id that the dataset does not have",
        lambda dataset: entry(max(i.number for i in dataset.items) + 10**9, {}),
    ),
    "large-id": ("An id that 63 bits don't hold", lambda _: entry(2**63, {})),
    "huge-id": ("An id that 64 bits don't hold", lambda _: entry(2**64, {})),
    "repeated-id": ("An id given twice", lambda dataset: entry(dataset.items[1], {"changed": 2})),
    "repeated-entry": ("An entry given twice", lambda dataset: entry(dataset.items[0], {"changed": 1})),
    "unknown-label": (
        "A label that the dataset does not have",
        lambda dataset: entry(dataset.items[2], {"classification": [label(7, 0)]}),
    ),
    "null-attributes": ("An entry with null attributes", lambda dataset: entry(dataset.items[2], None)),
    "missing-attributes": ("An entry without attributes", lambda dataset: {"dataset_item_id": dataset.items[2].id}),
    "missing-id": ("An entry without an id", lambda _: {"attributes": {}}),
}
for _kind, (_what, _bad) in _BAD.items():

    def _check(p: Probe, bad: Callable[[Dataset], Any] = _bad) -> None:
        _refused(p, bad)

    STAGE.add(f"bulk.all-or-nothing.{_kind}", f"{_what} is 400 and changes nothing.", _RULE, _check)


@STAGE.clause("bulk.all-or-nothing.deleted-id", "The id of a deleted item is 400 and changes nothing.", _RULE)
def deleted_id(p: Probe) -> None:
    """Delete one, and update it among others."""
    dataset = filled(p, 2)
    doomed = dataset.items.pop()
    p.call("delete_dataset_item", dataset.id, doomed.id)
    body = [entry(dataset.items[0], {"changed": 1}), entry(doomed, {"changed": 1})]
    response = p.call(_BULK, dataset.id, json=body, expect=_REFUSED)
    nothing_changed(p, dataset, [], response)


@STAGE.clause(
    "bulk.unknown-dataset",
    "An unknown dataset is refused, whatever the list.",
    Source.operation(_BULK, "responses", "400"),
)
def unknown_dataset(p: Probe) -> None:
    """Send to a deleted one."""
    for body in ([], [entry(UNKNOWN_ITEM, {})]):
        p.call(_BULK, gone(p).id, json=body, expect=(400, 404))


def many(p: Probe) -> Dataset:
    """Return a dataset with one item more than a page has by default, and with a few at least."""
    default = _MOST
    with contextlib.suppress(Skip):
        default = p.contract.bounds("list_dataset_items", "limit").default or _MOST
    return shared_filled(p, "many", max(_LEAST, min(default, _MOST)) + 1)


@STAGE.clause("bulk.many", "Many items are updated at once.", _RULE)
def updates_many(p: Probe) -> None:
    """Update as many as there are."""
    dataset = many(p)
    response = _sent(p, dataset, list(reversed(dataset.items)), lambda number: {"new": number})
    p.equal(
        [item.id for item in reversed(dataset.items)],
        [record.id("dataset_item_id") for record in response.parts()],
        "all",
        response,
    )
    nothing_changed(p, dataset, [])
