"""Comparing an input with a dataset, both as multisets, in memory that does not grow with them."""

import sqlite3
import weakref
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

Id = int | str

_SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -8000;
CREATE TABLE stored (item_id PRIMARY KEY, key BLOB NOT NULL, position INTEGER) WITHOUT ROWID;
CREATE INDEX by_key ON stored (key, position);
CREATE TABLE missing (position INTEGER PRIMARY KEY, reason TEXT NOT NULL, item TEXT);
CREATE TABLE different (item_id PRIMARY KEY, position INTEGER NOT NULL) WITHOUT ROWID;
BEGIN;
"""
_FREE = "FROM stored WHERE position IS NULL"
_EQUAL = "(SELECT min(position) FROM stored AS other WHERE other.key = stored.key AND other.position IS NOT NULL)"
_NO_ITEM = "the dataset has no item with this content that no other input needs"
_PAGE = 1000
_LIMIT = 1 << 63


class Comparison:
    """The items of a dataset, of which each input takes one that is equal.

    First come all items of the dataset, then the links of the journal, and then the inputs in their order. SQLite
    keeps them in memory while they are few, and else in a file that has no name.
    """

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._database.executescript(_SCHEMA)
        self._close = weakref.finalize(self, self._database.close)

    def add_stored(self, items: Iterable[tuple[Id, bytes]]) -> None:
        """Take items of the dataset: their ids and the keys of their content. One that comes again is the same."""
        rows = [(_kept(item_id), key) for item_id, key in items]
        self._database.executemany("INSERT OR IGNORE INTO stored (item_id, key) VALUES (?, ?)", rows)

    def link(self, created: Iterable[tuple[int, Id]]) -> int:
        """Reserve the items that a journal records as created for their inputs; return how many are not there."""
        lacking = 0
        for position, item_id in created:
            update = "UPDATE stored SET position = ? WHERE item_id = ?"
            lacking += not self._database.execute(update, (position, _kept(item_id))).rowcount
        return lacking

    def take(self, position: int, key: bytes, item_id: Id | None = None) -> bool:
        """Assign an item to an input.

        Args:
            position: of the input.
            key: of its content.
            item_id: the item that is linked with it, if there is one.

        Returns:
            Whether there is one: equal, or different.
        """
        if item_id is not None:
            query = "SELECT key FROM stored WHERE item_id = ? AND position = ?"
            linked = self._database.execute(query, (_kept(item_id), position)).fetchone()
            if linked is not None:
                if linked[0] != key:
                    self._set_different(position, item_id)
                return True
        row = self._database.execute(f"SELECT item_id {_FREE} AND key = ? LIMIT 1", (key,)).fetchone()
        if row is None:
            return False
        self._database.execute("UPDATE stored SET position = ? WHERE item_id = ?", (position, row[0]))
        return True

    def add_missing(self, position: int, item: str | None, reason: str | None) -> None:
        """Note an input that has no item."""
        self._database.execute("INSERT INTO missing VALUES (?, ?, ?)", (position, reason or _NO_ITEM, item))

    def finish(self, read: int) -> None:
        """Free the items that are linked with inputs which did not come."""
        self._database.execute("UPDATE stored SET position = NULL WHERE position >= ?", (read,))

    def counts(self) -> "Differences":
        """Return how many there are of each difference."""
        free = self._count(f"SELECT count(*) {_FREE}")
        twice = self._count(f"SELECT count(*) {_FREE} AND {_EQUAL} IS NOT NULL")
        different = self._count("SELECT count(*) FROM different")
        stored = self._count("SELECT count(*) FROM stored") + different
        return Differences(stored, self._count("SELECT count(*) FROM missing"), twice, different, free - twice)

    def iter_missing(self) -> Iterator[tuple[int, str | None, str]]:
        """Iterate over (position, item as JSON, reason)."""
        return self._pages("SELECT position, item, reason FROM missing WHERE position > ? ORDER BY position", -1, 0)

    def iter_twice(self) -> Iterator[tuple[int, Id]]:
        """Iterate over (position of an equal input, id) of the items beyond those that the inputs took."""
        query = f"SELECT {_EQUAL} AS equal, item_id {_FREE} AND item_id > ? AND equal IS NOT NULL ORDER BY item_id"
        return self._pages(query, -_LIMIT, 1)

    def iter_different(self) -> Iterator[tuple[int, Id]]:
        """Iterate over (position, id) of the items that are linked with an input, and differ from it."""
        return self._pages("SELECT position, item_id FROM different WHERE item_id > ? ORDER BY item_id", -_LIMIT, 1)

    def iter_others(self) -> Iterator[tuple[None, Id]]:
        """Iterate over (None, id) of the items that no input equals."""
        query = f"SELECT NULL, item_id {_FREE} AND item_id > ? AND {_EQUAL} IS NULL ORDER BY item_id"
        return self._pages(query, -_LIMIT, 1)

    def _set_different(self, position: int, item_id: Id) -> None:
        self._database.execute("DELETE FROM stored WHERE item_id = ?", (_kept(item_id),))
        self._database.execute("INSERT INTO different VALUES (?, ?)", (_kept(item_id), position))

    def _count(self, query: str) -> int:
        return int(self._database.execute(query).fetchone()[0])

    def _pages(self, query: str, after: Id, column: int) -> Iterator[Any]:
        # A cursor that stays open would keep the connection from closing.
        while rows := self._database.execute(f"{query} LIMIT {_PAGE}", (after,)).fetchall():
            yield from rows
            after = rows[-1][column]


class Differences(NamedTuple):
    """How an input and a dataset differ."""

    stored: int
    """Items of the dataset, but for those of a baseline."""
    missing: int
    twice: int
    different: int
    others: int
    """Items of the dataset that no input equals, and that are linked with none."""


def _kept(item_id: Id) -> Id:
    """Return an id as SQLite keeps it."""
    return item_id if isinstance(item_id, str) or -_LIMIT < item_id < _LIMIT else str(item_id)
