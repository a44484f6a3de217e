"""The SQL for items. Call it inside `Store.read` and `Store.write`.

A dataset is a number here, which the caller has found through its organization.
"""

import json
import re
import time
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import NamedTuple

from .index import Index
from .places import DISTANCE, ITEM_ID, MAX_ITEM_ID, place, places
from .postings import Bits
from .records import ItemRow, Version
from .search import Query
from .store import Store

_ID = re.compile("0|[1-9][0-9]{0,17}")
_COLUMNS = (
    f"{ITEM_ID}, items.source_data, coalesce(upper.attributes, items.attributes), items.created_at,"
    " coalesce(upper.updated_at, items.updated_at)"
)
# A dataset may have a layer: a hidden dataset whose items stand before its own. So a large bulk update is prepared in
# many short transactions, becomes visible in one, and is merged in many.
_TABLE = (
    "items LEFT JOIN layers ON layers.dataset_id = ?"
    f" LEFT JOIN items AS upper ON upper.place = items.place + {DISTANCE}"
)
_GET = f"SELECT {_COLUMNS} FROM {_TABLE} WHERE items.place = ?"  # noqa: S608 - constant
_FIND = f"{_GET} AND EXISTS (SELECT 1 FROM datasets WHERE dataset_id = ? AND organization_id = ?)"  # noqa: S608 - constant
_MERGED = 500
"""Items of a layer that are merged in one transaction: a few milliseconds of work."""

_TIME = 0.01
"""Seconds after which a transaction merges no other item: each may be large."""

_COMPARED = 5000
"""Items of a layer that are compared with the dataset in one statement."""


def item_number(text: str) -> int | None:
    """Parse the id in a path; None for text that can't be the id of any item."""
    number = int(text) if _ID.fullmatch(text) else MAX_ITEM_ID + 1
    return number if number <= MAX_ITEM_ID else None


class Start(NamedTuple):
    """Where a page of items begins.

    Attributes:
        after: the id of the item before it; -1 for the first page.
    """

    after: int = -1


class Items:
    """The items of all datasets.

    Attributes:
        index: finds those that a query asks for.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._execute = store.execute
        self._execute_many = store.connection.executemany
        self.index = Index(store)
        # How often the items that a dataset had were changed in this process.
        self._changes: Counter[int] = Counter()

    def create(self, dataset: int, source_data: bytes, attributes: bytes, now: str) -> ItemRow:
        """Add an item."""
        query = (
            "UPDATE counters SET next_item_id = next_item_id + 1, total_count = total_count + 1"
            " WHERE dataset_id = ? RETURNING next_item_id - 1"
        )
        row = ItemRow(self._execute(query, (dataset,)).fetchone()[0], source_data, attributes, now, now)
        number, *values = row
        self._execute("INSERT INTO items VALUES (?, ?, ?, ?, ?)", (place(dataset, number), *values))
        return row

    def get(self, dataset: int, item: int | None) -> ItemRow | None:
        """Read an item; None where the dataset has no such item."""
        if item is None:
            return None
        row = self._execute(_GET, (dataset, place(dataset, item))).fetchone()
        return None if row is None else ItemRow(*row)

    def find(self, organization_id: str, dataset: int | None, item: int | None) -> ItemRow | None:
        """Read an item and check in the same step that its dataset is the organization's; None where either fails."""
        if dataset is None or item is None:
            return None
        row = self._execute(_FIND, (dataset, place(dataset, item), dataset, organization_id)).fetchone()
        return None if row is None else ItemRow(*row)

    def update(self, dataset: int, old: ItemRow, new: ItemRow, *, lazily: bool = False) -> None:
        """Replace an item's attributes and `updated_at` with those of `new`; `lazily`: leave the index to a query."""
        self._changes[dataset] += 1
        query = "UPDATE items SET attributes = ?, updated_at = ? WHERE place = ?"
        self._execute(query, (new.attributes, new.updated_at, place(dataset, new.dataset_item_id)))
        self.index.change(dataset, new.dataset_item_id, old.attributes, new.attributes, lazily=lazily)

    def delete(self, dataset: int, row: ItemRow) -> None:
        """Remove an item that exists. No other item gets its id."""
        self._changes[dataset] += 1
        self._execute("DELETE FROM items WHERE place = ?", (place(dataset, row.dataset_item_id),))
        self._execute("UPDATE counters SET total_count = total_count - 1 WHERE dataset_id = ?", (dataset,))
        self.index.change(dataset, row.dataset_item_id, row.attributes, None)

    def stage(self, layer: int, rows: Iterable[ItemRow]) -> None:
        """Write the new attributes of items into a layer that is not visible yet."""
        self._execute_many(
            "INSERT INTO items VALUES (?, '', ?, ?, ?)",
            ((place(layer, row.dataset_item_id), row.attributes, row.created_at, row.updated_at) for row in rows),
        )

    def missing(self, dataset: int, layer: int) -> Generator[None, None, int | None]:
        """Find the first item of a layer that the dataset lacks: it was deleted."""
        start, end = places(layer)
        distance = start - place(dataset, 0)
        query = (
            "SELECT max(upper.place), min(CASE WHEN items.place IS NULL THEN upper.place END)"
            " FROM (SELECT place FROM items WHERE place >= ? AND place < ? ORDER BY place LIMIT ?) AS upper"
            " LEFT JOIN items ON items.place = upper.place - ?"
        )
        while True:
            last, missing = self._execute(query, (start, end, _COMPARED, distance)).fetchone()
            if missing is not None:
                return int(missing) - place(layer, 0)
            if last is None:
                return None
            start = int(last) + 1
            yield

    def show(self, dataset: int, layer: int) -> None:
        """Make a layer visible."""
        self._changes[dataset] += 1
        self._execute("INSERT INTO layers VALUES (?, ?)", (dataset, layer))

    def layer(self, dataset: int) -> int | None:
        """Return the visible layer of a dataset; None where it has none."""
        row = self._execute("SELECT layer FROM layers WHERE dataset_id = ?", (dataset,)).fetchone()
        return None if row is None else int(row[0])

    def merge(self, dataset: int) -> None:
        """Move a part of the visible layer into the dataset, and remove a layer that is empty."""
        layer = self.layer(dataset)
        if layer is None:
            return
        items = self.page_ids(layer, Start(), _MERGED)
        end = time.perf_counter() + _TIME
        for item in items:
            self.settle(dataset, item)
            if time.perf_counter() > end:
                return
        if len(items) < _MERGED:
            self._execute("DELETE FROM layers WHERE dataset_id = ?", (dataset,))
            self._execute("DELETE FROM datasets WHERE dataset_id = ?", (layer,))

    def settle(self, dataset: int, item: int | None) -> None:
        """Move one item from the visible layer into the dataset, before it is changed."""
        if item is None or item > MAX_ITEM_ID:
            return
        query = (
            f"DELETE FROM items WHERE place = ? + (SELECT {DISTANCE} FROM layers WHERE dataset_id = ?)"  # noqa: S608 - constant
            " RETURNING attributes, updated_at"
        )
        if (upper := self._execute(query, (place(dataset, item), dataset)).fetchone()) is not None:
            old = self.get(dataset, item)
            if old is not None:
                self.update(dataset, old, old._replace(attributes=upper[0], updated_at=upper[1]), lazily=True)

    def page(self, dataset: int, start: Start, size: int) -> Iterator[ItemRow]:
        """Read up to `size` items from a start, in the order of creation."""
        query = (
            f"SELECT {_COLUMNS} FROM {_TABLE} WHERE items.place >= ? AND items.place < ?"  # noqa: S608 - constant
            " ORDER BY items.place LIMIT ?"
        )
        return (ItemRow(*row) for row in self._execute(query, (dataset, *places(dataset, start.after + 1), size)))

    def page_ids(self, dataset: int, start: Start, size: int) -> list[int]:
        """Read the ids of such a page."""
        query = f"SELECT {ITEM_ID} FROM items WHERE place >= ? AND place < ? ORDER BY place LIMIT ?"  # noqa: S608 - constant
        return [item for (item,) in self._execute(query, (*places(dataset, start.after + 1), size))]

    def size(self, dataset: int, items: Iterable[int]) -> int:
        """Return the bytes of the JSON text of the items with these ids."""
        query = (
            "SELECT total(length(source_data) + length(attributes)) FROM items"
            " WHERE place IN (SELECT value FROM json_each(?))"
        )
        return int(self._execute(query, (_places(dataset, items),)).fetchone()[0])

    def search(
        self, dataset: int, start: Start, size: int, query: Query
    ) -> Generator[None, None, tuple[list[int], int]]:
        """Read the ids of such a page of the items that a query finds, and count all of these.

        Its result is of one state only if `version` is the same after it.
        """
        count = 0
        page: list[int] = []
        for found in self.index.find(dataset, query):
            for first, bits in found:
                count += bits.bit_count()
                page += _members(first, bits, start.after, size - len(page))
            yield
        return page, count

    def some(self, dataset: int, items: Sequence[int]) -> Iterator[ItemRow]:
        """Read the items with these ids, in the order of creation."""
        query = (
            f"SELECT {_COLUMNS} FROM {_TABLE} WHERE items.place IN (SELECT value FROM json_each(?))"  # noqa: S608 - constant
            " ORDER BY items.place"
        )
        return (ItemRow(*row) for row in self._execute(query, (dataset, _places(dataset, items))))

    def version(self, dataset: int) -> Version:
        """Return what changes when an item is changed or removed, with an undo, and with each commit of another server.

        A create changes no item that was read before it, and so it does not change the version.
        """
        (others,) = self._execute("PRAGMA data_version").fetchone()
        return int(others), self._store.undone, self._changes[dataset]


def _places(dataset: int, items: Iterable[int]) -> str:
    return json.dumps([place(dataset, item) for item in items])


def _members(first: int, bits: Bits, after: int, size: int) -> list[int]:
    """Return up to `size` ids over `after` of the items in a block that begins with the id `first`."""
    passed = max(after + 1 - first, 0)
    bits = bits >> passed << passed
    members: list[int] = []
    while bits and len(members) < size:
        lowest = bits & -bits
        members.append(first + lowest.bit_length() - 1)
        bits ^= lowest
    return members
