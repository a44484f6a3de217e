"""Items as they are kept: SQL, to be called from within `Store.read` and `Store.write`.

A dataset is named here by its number, which whoever calls has found through its organization.
"""

import re

from .records import ItemRow
from .search import Predicate
from .store import Store

_ID = re.compile("0|[1-9][0-9]{0,17}")
_COLUMNS = "dataset_item_id, source_data, attributes, created_at, updated_at"
MAX_ITEM_ID = 10**18 - 1


def item_number(text: str) -> int | None:
    """Turn the id in a path into a number; None for what can't be the id of any item."""
    return int(text) if _ID.fullmatch(text) else None


class Items:
    """The items of all datasets."""

    def __init__(self, store: Store) -> None:
        self._execute = store.execute

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
        """Read an item; None where the dataset has no such."""
        query = f"SELECT {_COLUMNS} FROM items WHERE dataset_id = ? AND dataset_item_id = ?"  # noqa: S608 - constant
        row = self._execute(query, (dataset, item)).fetchone()
        return None if row is None else ItemRow(*row)

    def find(self, organization_id: str, dataset: int | None, item: int | None) -> ItemRow | None:
        """Read an item and check in the same step that its dataset is the organization's; None where either fails."""
        query = (
            f"SELECT {_COLUMNS} FROM items WHERE dataset_id = ?1 AND dataset_item_id = ?2"  # noqa: S608 - constant
            " AND EXISTS (SELECT 1 FROM datasets WHERE dataset_id = ?1 AND organization_id = ?3)"
        )
        row = self._execute(query, (dataset, item, organization_id)).fetchone()
        return None if row is None else ItemRow(*row)

    def update(self, dataset: int, row: ItemRow) -> None:
        """Replace an item's attributes and `updated_at` with those of `row`."""
        query = "UPDATE items SET attributes = ?, updated_at = ? WHERE dataset_id = ? AND dataset_item_id = ?"
        self._execute(query, (row.attributes, row.updated_at, dataset, row.dataset_item_id))

    def delete(self, dataset: int, item: int) -> None:
        """Remove an item that exists. Its id is not given again."""
        self._execute("DELETE FROM items WHERE dataset_id = ? AND dataset_item_id = ?", (dataset, item))
        self._execute("UPDATE counters SET total_count = total_count - 1 WHERE dataset_id = ?", (dataset,))

    def page(self, dataset: int, after: int, size: int) -> list[ItemRow]:
        """Read up to `size` items with ids over `after`, in the order of creation."""
        query = (
            f"SELECT {_COLUMNS} FROM items WHERE dataset_id = ? AND dataset_item_id > ?"  # noqa: S608 - constant
            " ORDER BY dataset_item_id LIMIT ?"
        )
        return [ItemRow(*row) for row in self._execute(query, (dataset, after, size))]

    def search(self, dataset: int, after: int, size: int, found: Predicate) -> tuple[list[ItemRow], int]:
        """Read such a page of the items that are found, and count all of these, by looking at each item once."""
        query = f"SELECT {_COLUMNS} FROM items WHERE dataset_id = ? ORDER BY dataset_item_id"  # noqa: S608 - constant
        rows: list[ItemRow] = []
        count = 0
        for row in self._execute(query, (dataset,)):
            if found(row[2]):
                count += 1
                if row[0] > after and len(rows) < size:
                    rows.append(ItemRow(*row))
        return rows, count
