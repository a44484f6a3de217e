"""What is read shows every change that had a response before, however the same was read before the change."""

from collections.abc import Iterator

from abeja_datasets_contract.check.document.sources import INFO
from abeja_datasets_contract.check.probe import Probe
from abeja_datasets_contract.check.probes.lists.paging import DATASETS, ITEMS, token_where_more_follow
from abeja_datasets_contract.check.registry import Stage
from abeja_datasets_contract.check.resources import Dataset, filled, new_dataset, new_item, walk_items

from .bulk import entry

STAGE = Stage("current")


def _changes(p: Probe, dataset: Dataset) -> Iterator[str]:
    """Change a dataset of three items in each way; its first item is changed, and its last one goes."""
    yield "its creation"
    new_item(p, dataset, {"made": "later"})
    yield "a creation"
    first = dataset.items[0]
    body = {"attributes": {"changed": "alone"}}
    response = p.call("update_dataset_item", dataset.id, first.id, json=body)
    first.update(body["attributes"], response)
    yield "an update"
    attributes = {"changed": "in bulk"}
    response = p.call("bulk_update_dataset_item", dataset.id, json=[entry(first, attributes)])
    first.update(attributes, response.part(0))
    yield "a bulk update"
    p.call("delete_dataset_item", dataset.id, dataset.items.pop().id)
    yield "a deletion"


@STAGE.clause("current.items", "Items, their list and their number are what the last change left.", INFO)
def items(p: Probe) -> None:
    """Read in the same ways after each change."""
    dataset = filled(p, 3)
    for change in _changes(p, dataset):
        promised = f"what {change} left"
        first = dataset.items[0]
        p.same(first.record, p.call("get_dataset_item", dataset.id, first.id), promised)
        counted = p.call("get_dataset", dataset.id)
        p.equal(len(dataset.items), counted.number("total_count"), promised, counted)
        _listed(p, dataset, promised, {})
        _listed(p, dataset, promised, {"limit": 1})


def _listed(p: Probe, dataset: Dataset, promised: str, query: dict[str, int]) -> None:
    """Expect the items in a list whose first page this is, in any order; a page may be shorter than was asked for."""
    response = p.call(ITEMS.operation, dataset.id, query=query)
    records = ITEMS.records(response)
    token = ITEMS.next(response)
    if token:
        records += walk_items(p, dataset.id, next_page_token=token)
    ids = [record.id("dataset_item_id") for record in records]
    if not token:
        token_where_more_follow(p, ITEMS, dataset.ids, ids, query.get("limit", 100))
    p.equal(sorted(dataset.ids, key=str), sorted(ids, key=str), promised, response)
    found = dict(zip(ids, records, strict=True))
    for item in dataset.items:
        p.same(item.record, found[item.id], promised)
    p.equal(len(dataset.items), response.number("total_count"), promised, response)


@STAGE.clause("current.datasets", "The list of datasets is what the last change left.", INFO)
def datasets(p: Probe) -> None:
    """Read its first page before and after a creation and a deletion."""
    DATASETS.page(p)
    dataset = new_dataset(p)
    created = DATASETS.page(p)
    if not DATASETS.next(created):
        p.require(dataset.id in DATASETS.ids(created), "the new dataset", "a list without it", created)
    p.call("delete_dataset", dataset.id)
    deleted = DATASETS.page(p)
    p.require(dataset.id not in DATASETS.ids(deleted), "a list without the dataset", "it is there", deleted)
