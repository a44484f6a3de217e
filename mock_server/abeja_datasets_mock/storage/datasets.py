"""The SQL for datasets. Call it inside `Store.read` and `Store.write`."""

import functools
import re
from collections.abc import Callable, Iterator

from abeja_datasets_mock.errors import Refusal
from abeja_datasets_mock.large import LARGE
from abeja_datasets_mock.turns import at_once, in_turns, without_collection

from .places import FIRST_DATASET_ID, LAST_DATASET_ID, places
from .records import DatasetRow
from .rules import LabelRule, reading_rule
from .store import Store

_ID = re.compile("[1-9][0-9]{12}")
_COLUMNS = "dataset_id, organization_id, name, type, props, created_at, updated_at"
_RULES_KEPT = 1024
_PURGED = 200
_PURGED_BYTES = 2**20
"""Rows that are removed in one transaction, and bytes of theirs: a few milliseconds of work."""

_PURGED_TABLES = {
    "items": "length(source_data) + length(attributes)",
    "postings": "length(terms)",
    "stale": "length(items)",
}

NOBODY = ""
"""The organization of hidden datasets. No path names it: a path parameter is never empty."""


def dataset_number(text: str) -> int | None:
    """Parse the id in a path; None for text that can't be the id of any dataset."""
    number = int(text) if _ID.fullmatch(text) else 0
    return number if FIRST_DATASET_ID < number <= LAST_DATASET_ID else None


class Datasets:
    """The datasets of all organizations; each is visible only through its own."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._execute = store.execute
        # Props never change, and an id is never given twice unless its first dataset was undone.
        self._rules: dict[int, LabelRule] = {}
        store.on_undo = self._rules.clear

    def token_key(self) -> bytes:
        """Return the key of this database's page tokens."""
        return bytes(self._execute("SELECT value FROM settings WHERE name = 'token_key'").fetchone()[0])

    def create(self, organization_id: str, name: str, kind: str, props: bytes, now: str) -> DatasetRow | None:
        """Add a dataset; None where the organization has one of this name."""
        values = (organization_id, name, kind, props, now, now)
        known = "SELECT 1 FROM datasets WHERE organization_id = ? AND name = ?"
        if self._execute(known, (organization_id, name)).fetchone():
            return None
        cursor = self._execute(
            "INSERT INTO datasets (organization_id, name, type, props, created_at, updated_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            values,
        )
        number = int(cursor.lastrowid or 0)
        self._execute("INSERT INTO counters VALUES (?, 0, 0, 0)", (number,))
        return DatasetRow(number, *values)

    def identify(self, organization_id: str, dataset_id: str, missing: Callable[[], Refusal]) -> int:
        """Return the number of the organization's dataset with the id in a path.

        Raises:
            Refusal: the one that `missing` builds, where there is no such dataset.
        """
        number = dataset_number(dataset_id)
        query = "SELECT 1 FROM datasets WHERE dataset_id = ? AND organization_id = ?"
        if number is None or self._execute(query, (number, organization_id)).fetchone() is None:
            raise missing()
        return number

    def get(self, number: int) -> DatasetRow:
        """Read a dataset that exists."""
        query = f"SELECT {_COLUMNS} FROM datasets WHERE dataset_id = ?"  # noqa: S608 - constant columns
        return DatasetRow(*self._execute(query, (number,)).fetchone())

    def page(self, organization_id: str, after: int, size: int) -> Iterator[DatasetRow]:
        """Read up to `size` datasets with ids over `after`, in the order of creation."""
        query = (
            f"SELECT {_COLUMNS} FROM datasets WHERE organization_id = ? AND dataset_id > ?"  # noqa: S608 - constant
            " ORDER BY dataset_id LIMIT ?"
        )
        return (DatasetRow(*row) for row in self._execute(query, (organization_id, after, size)))

    def hide(self, number: int) -> None:
        """Remove a dataset from its organization at once; `purge_all` removes what it holds."""
        query = "UPDATE datasets SET organization_id = ?, name = ? WHERE dataset_id = ?"
        self._execute(query, (NOBODY, str(number), number))
        self._execute("DELETE FROM layers WHERE dataset_id = ?", (number,))
        self._rules.pop(number, None)

    def show(self, number: int, organization_id: str, name: str) -> DatasetRow:
        """Make a hidden dataset that of an organization, and return it."""
        query = "UPDATE datasets SET organization_id = ?, name = ?, updated_at = created_at WHERE dataset_id = ?"
        self._execute(query, (organization_id, name, number))
        return self.get(number)

    def refresh(self, number: int) -> None:
        """Mark a hidden dataset as in use for another hour."""
        query = "UPDATE datasets SET updated_at = strftime('%Y-%m-%dT%H:%M:%f', 'now') WHERE dataset_id = ?"
        self._execute(query, (number,))

    def create_hidden(self, now: str) -> int:
        """Add a dataset that no organization has, for items that are not visible yet."""
        query = (
            "INSERT INTO datasets (organization_id, name, type, props, created_at, updated_at)"
            " VALUES (?, hex(randomblob(16)), 'layer', '', ?, ?)"
        )
        return int(self._execute(query, (NOBODY, now, now)).lastrowid or 0)

    def _leftovers(self) -> list[int]:
        """Return the hidden datasets of servers that were killed: no server prepares one for an hour."""
        query = (
            "SELECT dataset_id FROM datasets WHERE organization_id = ? AND dataset_id NOT IN (SELECT layer FROM layers)"
            " AND updated_at < strftime('%Y-%m-%dT%H:%M:%f', 'now', '-1 hour')"
        )
        return [number for (number,) in self._execute(query, (NOBODY,))]

    def _purge(self, number: int) -> bool:
        """Remove a part of the items of a hidden dataset, and at last the dataset; return whether any is left."""
        start, end = places(number)
        for table, length in _PURGED_TABLES.items():
            query = f"SELECT place, {length} FROM {table} WHERE place >= ? AND place < ? ORDER BY place LIMIT {_PURGED}"  # noqa: S608 - constant
            last, size = None, 0
            # Only the lengths are read: a long text is in pages of its own.
            for row in self._execute(query, (start, end)):
                last, length_of_row = row
                size += length_of_row
                if size > _PURGED_BYTES:
                    break
            if last is not None:
                query = f"DELETE FROM {table} WHERE place >= ? AND place <= ?"  # noqa: S608 - constant
                self._execute(query, (start, last))
                return True
        self._execute("DELETE FROM counters WHERE dataset_id = ?", (number,))
        self._execute("DELETE FROM datasets WHERE dataset_id = ? AND organization_id = ?", (number, NOBODY))
        return False

    async def purge_all(self, *hidden: int) -> None:
        """Remove hidden datasets in transactions of their own, including those of servers that were killed."""
        left = await self._store.read(self._leftovers)
        for number in {*hidden, *left}:
            while await self._store.write(functools.partial(self._purge, number)):
                pass

    def total_count(self, number: int) -> int:
        """Return the number of a dataset's items, without counting them."""
        query = "SELECT total_count FROM counters WHERE dataset_id = ?"
        return int(self._execute(query, (number,)).fetchone()[0])

    def rule(self, number: int) -> LabelRule:
        """Return the rule for the annotations of a dataset's items."""
        rule = self._rules.get(number)
        if rule is None:
            rule = at_once(reading_rule(self.get(number).props))
            self._keep(number, rule)
        return rule

    async def prepare_rule(self, dataset_id: str) -> None:
        """Read the rule of a dataset with large props, in turns with other requests; there need be no such dataset."""
        number = dataset_number(dataset_id)
        if number is None or number in self._rules:
            return
        # What is committed is never undone: the id stays that of these props.
        row = await self._store.read(lambda: self._large_props(number))
        if row is not None:
            with without_collection():
                self._keep(number, await in_turns(reading_rule(row[0])))

    def _large_props(self, number: int) -> tuple[bytes] | None:
        query = "SELECT props FROM datasets WHERE dataset_id = ? AND length(props) >= ?"
        row: tuple[bytes] | None = self._execute(query, (number, LARGE)).fetchone()
        return row

    def _keep(self, number: int, rule: LabelRule) -> None:
        if len(self._rules) >= _RULES_KEPT:
            self._rules.clear()
        self._rules[number] = rule
