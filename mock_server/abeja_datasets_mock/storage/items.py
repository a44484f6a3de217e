"""The SQL for items. Call it inside `Store.read` and `Store.write`.

A dataset is a number here, which the caller has found through its organization.
"""

import json
import re
import time
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import NamedTuple

from .index import Index, Row, Steps
from .postings import Bits
from .records import ItemRow, Version
from .search import Query
from .store import Store

_ID = re.compile("0|[1-9][0-9]{0,17}")
_COLUMNS = (
    "items.dataset_item_id, items.source_data, coalesce(upper.attributes, items.attributes), items.created_at,"
    " coalesce(upper.updated_at, items.updated_at)"
)
# A dataset may have a layer: a hidden dataset whose items stand before its own. So a large bulk update is prepared in
# many short transactions, becomes visible in one, and is merged in many.
_TABLE = (
    "items LEFT JOIN layers ON layers.dataset_id = items.dataset_id"
    " LEFT JOIN items AS upper ON upper.dataset_id = layers.layer AND upper.dataset_item_id = items.dataset_item_id"
)
_GET = f"SELECT {_COLUMNS} FROM {_TABLE} WHERE items.dataset_id = ? AND items.dataset_item_id = ?"  # noqa: S608 - constant
_FIND = (
    f"{_GET} AND EXISTS"  # noqa: S608 - constant
    " (SELECT 1 FROM datasets WHERE dataset_id = items.dataset_id AND organization_id = ?)"
)
_MERGED = 100
"""Items of a layer that are merged in one transaction: a few milliseconds of work."""

_TIME = 0.02
"""Seconds after which a transaction merges no other item: each may change many rows of the index."""

MAX_ITEM_ID = 10**18 - 1


def item_number(text: str) -> int | None:
    """Parse the id in a path; None for text that can't be the id of any item."""
    return int(text) if _ID.fullmatch(text) else None


class Plan(NamedTuple):
    """Rows of the index, prepared for items of a version; AT_ONCE has none."""

    version: Version | None
    rows: list[Row] | None


AT_ONCE = Plan(None, None)
Planning = Generator[None, None, Plan]


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
        self._execute("INSERT INTO items VALUES (?, ?, ?, ?, ?, ?)", (dataset, *row))
        return row

    def get(self, dataset: int, item: int | None) -> ItemRow | None:
        """Read an item; None where the dataset has no such item."""
        row = self._execute(_GET, (dataset, item)).fetchone()
        return None if row is None else ItemRow(*row)

    def find(self, organization_id: str, dataset: int | None, item: int | None) -> ItemRow | None:
        """Read an item and check in the same step that its dataset is the organization's; None where either fails."""
        row = self._execute(_FIND, (dataset, item, organization_id)).fetchone()
        return None if row is None else ItemRow(*row)

    def plan_change(self, dataset: int, old: ItemRow, attributes: bytes | None, plan: Plan | None) -> Planning | None:
        """Return the steps that prepare to replace or remove an item; None where that is short work, or prepared."""
        steps = self.index.plan_change(dataset, old.dataset_item_id, old.attributes, attributes)
        return self._planning(dataset, steps, plan)

    def plan_block(self, dataset: int, first: int, plan: Plan | None) -> Planning | None:
        """Return the steps that prepare to index a block; None where that is short work, or prepared."""
        return self._planning(dataset, self.index.plan_block(dataset, first), plan)

    def advance(self, dataset: int, first: int, plan: Plan | None) -> None:
        """Index the block that begins with the id `first`, unless that is done already."""
        self.index.advance(dataset, first, self._valid(dataset, plan))

    def _planning(self, dataset: int, steps: Steps | None, plan: Plan | None) -> Planning | None:
        if steps is None:
            return None
        if plan is AT_ONCE or self._valid(dataset, plan) is not None:
            return None
        return _planned(self.version(dataset), steps)

    def _valid(self, dataset: int, plan: Plan | None) -> list[Row] | None:
        """Return the rows of a plan, unless an item has changed since."""
        return plan.rows if plan is not None and plan.version == self.version(dataset) else None

    def update(self, dataset: int, old: ItemRow, new: ItemRow, plan: Plan | None = None) -> None:
        """Replace an item's attributes and `updated_at` with those of `new`."""
        rows = self._valid(dataset, plan)
        self._changes[dataset] += 1
        query = "UPDATE items SET attributes = ?, updated_at = ? WHERE dataset_id = ? AND dataset_item_id = ?"
        self._execute(query, (new.attributes, new.updated_at, dataset, new.dataset_item_id))
        self.index.change(dataset, new.dataset_item_id, old.attributes, new.attributes, rows)

    def delete(self, dataset: int, row: ItemRow, plan: Plan | None = None) -> None:
        """Remove an item that exists. No other item gets its id."""
        rows = self._valid(dataset, plan)
        self._changes[dataset] += 1
        self._execute("DELETE FROM items WHERE dataset_id = ? AND dataset_item_id = ?", (dataset, row.dataset_item_id))
        self._execute("UPDATE counters SET total_count = total_count - 1 WHERE dataset_id = ?", (dataset,))
        self.index.change(dataset, row.dataset_item_id, row.attributes, None, rows)

    def stage(self, layer: int, rows: Iterable[ItemRow]) -> None:
        """Write the new attributes of items into a layer that is not visible yet."""
        self._execute_many(
            "INSERT INTO items VALUES (?, ?, '', ?, ?, ?)",
            ((layer, row.dataset_item_id, row.attributes, row.created_at, row.updated_at) for row in rows),
        )

    def show(self, dataset: int, layer: int) -> int | None:
        """Make a layer visible, unless an item of it has been deleted; return the first one that has."""
        query = (
            "SELECT dataset_item_id FROM items AS upper WHERE dataset_id = ? AND NOT EXISTS (SELECT 1 FROM items"
            " WHERE dataset_id = ? AND dataset_item_id = upper.dataset_item_id) ORDER BY 1 LIMIT 1"
        )
        missing = self._execute(query, (layer, dataset)).fetchone()
        if missing is not None:
            return int(missing[0])
        self._changes[dataset] += 1
        self._execute("INSERT INTO layers VALUES (?, ?)", (dataset, layer))
        return None

    def layer(self, dataset: int) -> int | None:
        """Return the visible layer of a dataset; None where it has none."""
        row = self._execute("SELECT layer FROM layers WHERE dataset_id = ?", (dataset,)).fetchone()
        return None if row is None else int(row[0])

    def merge(self, dataset: int) -> None:
        """Move a part of the visible layer into the dataset, and remove a layer that is empty."""
        layer = self.layer(dataset)
        query = "SELECT dataset_item_id FROM items WHERE dataset_id = ? ORDER BY 1 LIMIT ?"
        items = [item for (item,) in self._execute(query, (layer, _MERGED))]
        end = time.perf_counter() + _TIME
        for item in items:
            self.settle(dataset, item)
            if time.perf_counter() > end:
                return
        if layer is not None and len(items) < _MERGED:
            self._execute("DELETE FROM layers WHERE dataset_id = ?", (dataset,))
            self._execute("DELETE FROM datasets WHERE dataset_id = ?", (layer,))

    def settle(self, dataset: int, item: int | None) -> None:
        """Move one item from the visible layer into the dataset, before it is changed."""
        if item is None or item > MAX_ITEM_ID:
            return
        query = (
            "DELETE FROM items WHERE dataset_id = (SELECT layer FROM layers WHERE dataset_id = ?)"
            " AND dataset_item_id = ? RETURNING attributes, updated_at"
        )
        if (upper := self._execute(query, (dataset, item)).fetchone()) is not None:
            old = self.get(dataset, item)
            if old is not None:
                self.update(dataset, old, old._replace(attributes=upper[0], updated_at=upper[1]))

    def page(self, dataset: int, after: int, size: int) -> Iterator[ItemRow]:
        """Read up to `size` items with ids over `after`, in the order of creation."""
        query = (
            f"SELECT {_COLUMNS} FROM {_TABLE} WHERE items.dataset_id = ? AND items.dataset_item_id > ?"  # noqa: S608 - constant
            " ORDER BY items.dataset_item_id LIMIT ?"
        )
        return (ItemRow(*row) for row in self._execute(query, (dataset, after, size)))

    def page_ids(self, dataset: int, after: int, size: int) -> list[int]:
        """Read the ids of such a page."""
        query = "SELECT dataset_item_id FROM items WHERE dataset_id = ? AND dataset_item_id > ? ORDER BY 1 LIMIT ?"
        return [item for (item,) in self._execute(query, (dataset, after, size))]

    def search(self, dataset: int, after: int, size: int, query: Query) -> Generator[None, None, tuple[list[int], int]]:
        """Read the ids of such a page of the items that a query finds, and count all of these.

        Its result is of one state only if `version` is the same after it.
        """
        count = 0
        page: list[int] = []
        for found in self.index.find(dataset, query):
            for first, bits in found:
                count += bits.bit_count()
                page += _members(first, bits, after, size - len(page))
            yield
        return page, count

    def some(self, dataset: int, items: Sequence[int]) -> Iterator[ItemRow]:
        """Read the items with these ids, in the order of creation."""
        sql = (
            f"SELECT {_COLUMNS} FROM {_TABLE} WHERE items.dataset_id = ?"  # noqa: S608 - constant
            " AND items.dataset_item_id IN (SELECT value FROM json_each(?)) ORDER BY items.dataset_item_id"
        )
        return (ItemRow(*row) for row in self._execute(sql, (dataset, json.dumps(items))))

    def version(self, dataset: int) -> Version:
        """Return what changes when an item is changed or removed, with an undo, and with each commit of another server.

        A create changes no item that was read before it, and so it does not change the version.
        """
        (others,) = self._execute("PRAGMA data_version").fetchone()
        return int(others), self._store.undone, self._changes[dataset]


def _planned(version: Version, steps: Steps) -> Planning:
    return Plan(version, (yield from steps))


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
