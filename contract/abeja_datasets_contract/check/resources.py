"""Datasets and items for checks to work on: made for one clause, shared by many, or found where nothing is written."""

import base64
import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from abeja_datasets_contract.check.judging.reading import Part, Record, Unreadable, readable

from .document import PAGE_SIZES
from .options import Skip
from .probe import UNSET, Probe

SOURCE: list[dict[str, Any]] = [
    {"data_uri": "datalake://contract-check/0", "data_type": "image/jpeg", "height": 500, "width": 200},
    {"data_uri": "datalake://contract-check/1", "data_type": "Image/PNG", "more": "kept"},
]
CATEGORIES = [
    {
        "category_id": 0,
        "name": "cats_dogs",
        "labels": [{"label_id": 0, "label": "dog"}, {"label_id": 1, "colour": [0.5, 1]}],
    },
    {
        "category_id": 7,
        "name": "weather",
        "more": {"kept": None},
        "labels": [{"label_id": 1, "label": "rain"}, {"label_id": 5, "label": "sun"}],
    },
]
"""(0, 0), (0, 1), (7, 1) and (7, 5) are pairs; (0, 5) and (7, 0) cross them."""
_MOST_PAGES, _MOST = 20, 2000
"""Pages that are read of a list, or as many as these entries fill where pages are small."""
_PAGE, _SMALL_PAGE = 1000, 100
_LAST_PAGE = "token of the last page of datasets"
_FOUND = 10
_REFUSED, _NOT_FOUND = (400,), (404,)


_TIMES = ("created_at", "updated_at")


@dataclass
class Item:
    """An item as it should be."""

    id: Any
    """A number; text where the server breaks the contract."""
    record: Record
    """The properties that are known; the timestamps are those of its last change."""

    @property
    def attributes(self) -> Any:
        """What it holds."""
        return self.record["attributes"]

    @property
    def number(self) -> int:
        """The id, to calculate with.

        Raises:
            Unreadable: it is not a number.
        """
        if not isinstance(self.id, int):
            raise Unreadable(self.record.source.exchange, (*self.record.source.place, "dataset_item_id"), str(self.id))
        return self.id

    def update(self, attributes: Any, response: Part) -> None:
        """Record an update, with the time of it that a response has."""
        self.record = self.record.but(response, "updated_at", attributes=attributes)


@dataclass
class Dataset:
    """A dataset as it should be."""

    id: str
    record: Record
    items: list[Item] = field(default_factory=list)
    """Those that the check made, or found, in order."""

    @property
    def ids(self) -> list[Any]:
        """The ids of its items, in order."""
        return [item.id for item in self.items]


def dataset_of(p: Probe, body: Mapping[str, Any], response: Part) -> Dataset:
    """Return what a dataset is from the request that created it, and from the id and times of the response."""
    dataset = response.id("dataset_id")
    given = {"organization_id": p.party.organization_id, **body, "dataset_id": dataset}
    return Dataset(dataset, Record({**given, **readable(response, _TIMES)}, response))


def item_of(p: Probe, dataset: str, body: Mapping[str, Any], response: Part) -> Item:
    """Return what an item is, likewise."""
    item = response.id("dataset_item_id")
    kept = {"source_data": body["source_data"], "attributes": body.get("attributes") or {}}
    given = {"organization_id": p.party.organization_id, "dataset_id": dataset, "dataset_item_id": item, **kept}
    return Item(item, Record({**given, **readable(response, _TIMES)}, response))


def new_dataset(p: Probe, props: Any = UNSET, *, kind: str = "custom", shared: bool = False) -> Dataset:
    """Create a dataset, which goes when the clause ends, or when the check does if it is `shared`.

    Raises:
        Broken: it could not be created, which is a failure of the operation's own clause.
    """
    body = {"name": p.name(), "type": kind, "props": {} if props is UNSET else props}
    response = p.call("create_dataset", json=body, clause="operations.create_dataset.succeeds")
    dataset = dataset_of(p, body, response)
    if not shared:
        p.passing.append(dataset.id)
    return dataset


def new_item(p: Probe, dataset: Dataset, attributes: Any = UNSET, source_data: Any = UNSET) -> Item:
    """Create an item.

    Raises:
        Broken: it could not be created, which is a failure of the operation's own clause.
    """
    body: dict[str, Any] = {"source_data": source(p) if source_data is UNSET else source_data}
    if attributes is not UNSET:
        body["attributes"] = attributes
    clause = "operations.create_dataset_item.succeeds"
    response = p.call("create_dataset_item", dataset.id, json=body, clause=clause)
    item = item_of(p, dataset.id, body, response)
    dataset.items.append(item)
    return item


def filled(p: Probe, count: int, *, props: Any = UNSET) -> Dataset:
    """Create a dataset with items that hold their own number."""
    dataset = new_dataset(p, props)
    for number in range(count):
        new_item(p, dataset, {"number": number})
    return dataset


def source(p: Probe) -> list[dict[str, Any]]:
    """Return source data that holds the run's name, by which a read shows that an item is the run's own."""
    return [{**entry, "data_uri": entry["data_uri"].replace("contract-check", p.run)} for entry in SOURCE]


def drop(p: Probe, dataset: str) -> None:
    """Remove a dataset if it is there and the run's; what is not is left to the clean-up, which reports it."""
    if (p.party.organization_id, str(dataset)) in p.ledger.known.datasets:
        with contextlib.suppress(Skip):
            p.send(p.request("delete_dataset", dataset))


def shared(p: Probe, name: str, props: Any = UNSET) -> Dataset:
    """Return a dataset that lasts as long as the check."""
    found = p.shared.get(name)
    if found is None:
        found = p.shared[name] = new_dataset(p, props, shared=True)
    dataset: Dataset = found
    return dataset


def plain(p: Probe) -> Dataset:
    """Return a shared dataset without categories."""
    return shared(p, "plain")


def labelled(p: Probe) -> Dataset:
    """Return a shared dataset with `CATEGORIES`."""
    return shared(p, "labelled", {"categories": CATEGORIES})


def gone(p: Probe) -> Dataset:
    """Return a dataset that has been deleted, with the items it had."""
    found = p.shared.get("gone")
    if found is None:
        found = filled(p, 2)
        p.call("delete_dataset", found.id, clause="operations.delete_dataset.succeeds")
        p.shared["gone"] = found
    dataset: Dataset = found
    return dataset


def subject(p: Probe) -> Dataset:
    """Return a dataset with items to read: one of the check's own, or in read-only mode one that is there.

    Raises:
        Skip: there is none.
    """
    found = p.shared.get("subject")
    if found is None:
        found = p.shared["subject"] = _own_subject(p) if p.may_write else _found_subject(p)
    dataset: Dataset = found
    return dataset


def _own_subject(p: Probe) -> Dataset:
    dataset = new_dataset(p, {"note": "contract check"}, shared=True)
    for number in range(5):
        new_item(p, dataset, {"number": number, "kind": "even" if number % 2 == 0 else "odd"})
    return dataset


def _found_subject(p: Probe) -> Dataset:
    best = None
    listed = p.call("list_datasets", query={"max_results": 5}, clause="operations.list_datasets.succeeds")
    for record in listed.parts():
        dataset = record.id("dataset_id")
        response = p.send(p.request("list_dataset_items", dataset, query={"limit": _FOUND}))
        if p.is_one_of(response, _NOT_FOUND):
            continue  # somebody may just have deleted it
        p.expect(response, (200,), clause="operations.list_dataset_items.succeeds")
        items = [Item(entry.id("dataset_item_id"), entry.record()) for entry in response.parts("items")]
        if best is None or len(items) > len(best.items):
            best = Dataset(dataset, record.record(), items)
    if best is None:
        raise Skip(
            "the organization has no dataset to read, and a read-only check makes none; --allow-writes checks it"
        )
    return best


def subject_changed(p: Probe) -> bool:
    """Return whether others have changed what was found to read, which is then forgotten."""
    found: Dataset | None = p.shared.get("subject")
    if found is None or p.may_write:
        return False
    response = p.send(p.request("list_dataset_items", found.id, query={"limit": _FOUND}))
    try:
        changed = [entry.value for entry in response.parts("items")] != [item.record for item in found.items]
    except Unreadable:
        changed = True
    if changed:
        del p.shared["subject"]
    return changed


def subject_item(p: Probe) -> tuple[Dataset, Item]:
    """Return an item to read, and its dataset.

    Raises:
        Skip: there is none.
    """
    dataset = subject(p)
    if not dataset.items:
        raise Skip(
            "no dataset that was looked at has an item, and a read-only check makes none; --allow-writes checks it"
        )
    return dataset, dataset.items[0]


def _page_size(p: Probe, operation: str, dataset: str = "") -> int:
    """Return how large a page to ask for: a server that refuses the largest breaks one clause, not all that list."""
    sizes: dict[str, int] = p.shared.setdefault("page sizes", {})
    if operation not in sizes:
        largest = p.contract.size(operation, _PAGE)
        response = p.send(p.request(operation, dataset, query={PAGE_SIZES[operation]: largest}))
        refused = p.is_one_of(response, _REFUSED)
        sizes[operation] = min(_SMALL_PAGE, largest) if refused else largest
    return sizes[operation]


def walk_datasets(
    p: Probe,
    pages: int = _MOST_PAGES,
    *,
    start: str | None = None,
    party: Mapping[str, Any] | None = None,
    **query: Any,
) -> list[Part]:
    """Read all datasets of the organization, those behind a token, or those that match.

    Args:
        p: sends.
        pages: how many pages are looked at.
        start: a token.
        party: `organization` and `authorization`, in place of those of the check.
        query: further parameters of the list.

    Raises:
        Skip: they fill more pages than are looked at.
    """
    found: list[Part] = []
    token, size = start, _page_size(p, "list_datasets")
    for _ in range(max(pages, _MOST // size)):
        page = {"max_results": size, **query, **({} if token is None else {"next_token": token})}
        # A token that is refused is one failure, and not one of each clause that reads the list.
        clause = "" if token is None else "paging.datasets.end"
        response = p.call("list_datasets", query=page, clause=clause, **(party or {}))
        found.extend(response.parts())
        if not response.header("x-next-token"):
            if not party and not query:
                p.shared[_LAST_PAGE] = token
            return found
        token = response.header("x-next-token")
    raise Skip(f"the organization has more datasets than fill {pages} pages")


def newest_datasets(p: Probe) -> list[Part]:
    """Read the datasets of the organization; where pages are small, from the page on that was the last one before.

    A list has the order of creation, so what is new is not before that page.
    """
    size, last = _page_size(p, "list_datasets"), p.shared.get(_LAST_PAGE)
    if size < _SMALL_PAGE and last is not None:
        response = p.send(p.request("list_datasets", query={"max_results": size, "next_token": last}))
        if p.is_one_of(response, (200,)):
            return walk_datasets(p, start=last)
    return walk_datasets(p)


def walk_items(p: Probe, dataset: str, pages: int = _MOST_PAGES, **query: Any) -> list[Part]:
    """Read all items of a dataset, or those that match.

    Raises:
        Skip: they fill more pages than are looked at.
    """
    found: list[Part] = []
    token, size = None, _page_size(p, "list_dataset_items", dataset)
    for _ in range(max(pages, _MOST // size)):
        page = {"limit": size, **query} if token is None else {"limit": size, **query, "next_page_token": token}
        clause = "paging.items.end" if "next_page_token" in page else ""
        response = p.call("list_dataset_items", dataset, query=page, clause=clause)
        found.extend(response.parts("items"))
        token = response.get("next_page_token")
        if not token:
            return found
    raise Skip(f"the dataset has more items than fill {pages} pages")


def by_id(records: Iterable[Part], name: str = "dataset_item_id") -> dict[Any, Part]:
    """Return records by their ids."""
    return {record.id(name): record for record in records}


def with_name(records: Iterable[Part], *names: str) -> list[Part]:
    """Return the datasets of a list that have one of these names."""
    return [record for record in records if record.at("name") in names]


def same_item(p: Probe, item: Item, listed: Mapping[Any, Part], promised: str) -> None:
    """Expect that an item is in what was listed last, as it should be."""
    p.require(item.id in listed, promised, f"no item {item.id}", p.last)
    p.same(item.record, listed[item.id], promised)


def nobody_has(p: Probe, names: Sequence[str], promised: str) -> None:
    """Expect that the organization has no dataset of these names."""
    try:
        listed = newest_datasets(p)
    except Skip:
        return  # too many to look through
    found = [record.at("name") for record in with_name(listed, *names)]
    p.require(not found, promised, f"the list has {found[:1]}", p.last)


def nothing_changed(p: Probe, dataset: Dataset, names: Sequence[str], *responses: Part) -> None:
    """Expect that refused requests have changed nothing, and created nothing."""
    listed = walk_items(p, dataset.id)
    problem = _change(p, dataset, listed)
    if problem is not None:
        # Whoever needs it next is to find another one, as it should be.
        p.shared = {name: shared for name, shared in p.shared.items() if shared is not dataset}
    p.require(problem is None, "all items stay as they are", f"{problem}, when listed again", *responses, p.last)
    if names:
        nobody_has(p, names, "no dataset is created")


def _change(p: Probe, dataset: Dataset, listed: Sequence[Part]) -> str | None:
    found = by_id(listed)
    for item in dataset.items:
        if item.id not in found:
            return f"item {item.id} is missing"
        problem = p.change(item.record, found[item.id])
        if problem:
            return problem
    return None if len(listed) == len(dataset.items) else f"there are {len(listed)} items, not {len(dataset.items)}"


def shared_filled(p: Probe, name: str, count: int, props: Any = UNSET) -> Dataset:
    """Return a shared dataset with items, which are to stay as they are."""
    dataset = shared(p, name, props)
    while len(dataset.items) < count:
        new_item(p, dataset, {"kept": len(dataset.items)})
    return dataset


def unchanged(p: Probe, dataset: Dataset, item: Item, promised: str, *responses: Part) -> None:
    """Expect that an item is as it was, times included."""
    response = p.call("get_dataset_item", dataset.id, item.id)
    problem = p.change(item.record, response)
    p.require(problem is None, promised, f"{problem}, when read again", *responses, response)


UNKNOWN_USER = "Basic " + base64.b64encode(b"user-contract-check:contract-check-nobody").decode()
"""The credential of a user who does not exist."""
