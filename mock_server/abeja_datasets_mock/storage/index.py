"""The index of `q`: which items of a dataset have a term.

A dataset's ids are divided into blocks of `BLOCK`. For each block and each term in it, the index has the set of items
as an integer (see postings.py). So AND, OR and NOT of terms are those of integers, and no item is read.

`counters.indexed` is a multiple of `BLOCK`: items with lower ids are in the index, and no others are.

- A create adds behind it, and so costs nothing here.
- An update or a delete below it mends the postings in the same transaction.
- A query first indexes the blocks that are full by now (`unindexed`, `advance`) and looks through the few items behind.

All of it is in the file, under its transactions: a rollback, a crash or another server can't make it wrong. A block
comes before a term in the table's key, so that a new block is written in one place: an index by terms alone would
change a page of the file for nearly each term. And since a row costs as much time as several terms, a block's terms
share a few.
"""

import itertools
import sys
from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator, Sequence
from operator import itemgetter

from abeja_datasets_mock.large import LARGE
from abeja_datasets_mock.turns import at_once

from . import postings
from .postings import Bits
from .search import Query
from .store import Store
from .terms import present, terms_in_parts

BLOCK = 1024
"""Ids in a block. It is part of the file's format. With more, a query looks through more items that aren't indexed;
with fewer, it reads more rows."""

PART = 2**20
"""Bytes of attributes that are read at once."""

_LONG = 4 * LARGE
"""Bytes of the attributes in a block that is indexed in turns with other requests."""

_ROWS = 500
"""Rows that are read, or terms that are handled, at once."""

Row = tuple[int, int, int, bytes]
Steps = Generator[None, None, list[Row]]
Found = list[tuple[int, Bits]]
"""Blocks' first ids with the bits of their items."""

_PLACE = "dataset_id = ? AND block = ? AND bucket = ?"


class Index:
    """The index of all datasets. Call its methods inside `Store.read_many` and `Store.write`."""

    def __init__(self, store: Store) -> None:
        self._execute = store.execute
        self._execute_many = store.connection.executemany

    def unindexed(self, dataset: int) -> int | None:
        """Return the first id of the next block that can be indexed; None where there is none."""
        query = "SELECT indexed, next_item_id FROM counters WHERE dataset_id = ?"
        first, end = self._execute(query, (dataset,)).fetchone()
        return int(first) if end - first >= BLOCK else None

    def plan_block(self, dataset: int, first: int) -> Steps | None:
        """Return the steps that prepare `advance`; None where it is short work."""
        query = (
            "SELECT total(length(attributes)) FROM items"
            " WHERE dataset_id = ? AND dataset_item_id >= ? AND dataset_item_id < ?"
        )
        is_short = self._execute(query, (dataset, first, first + BLOCK)).fetchone()[0] < _LONG
        return None if is_short or self._indexed(dataset) != first else self._block(dataset, first)

    def advance(self, dataset: int, first: int, rows: Sequence[Row] | None = None) -> None:
        """Index the block that begins with the id `first`, unless that is done already."""
        if self._indexed(dataset) != first:
            return
        self._write(at_once(self._block(dataset, first)) if rows is None else rows)
        self._execute("UPDATE counters SET indexed = ? WHERE dataset_id = ?", (first + BLOCK, dataset))

    def advance_all(self, dataset: int) -> Iterator[None]:
        """Index all blocks of a dataset that nobody else changes."""
        while (first := self.unindexed(dataset)) is not None:
            rows = yield from self._block(dataset, first)
            self.advance(dataset, first, rows)
            yield

    def plan_change(self, dataset: int, item: int, before: bytes, after: bytes | None) -> Steps | None:
        """Return the steps that prepare `change`; None where it is short work."""
        is_short = len(before) + len(after or b"") < LARGE or item >= self._indexed(dataset)
        return None if is_short else self._changed(dataset, item, before, after)

    def change(
        self, dataset: int, item: int, before: bytes, after: bytes | None, rows: Sequence[Row] | None = None
    ) -> None:
        """Update the index for an item whose attributes change; `after` is None for an item that is deleted."""
        if item < self._indexed(dataset):
            self._write(at_once(self._changed(dataset, item, before, after)) if rows is None else rows)

    def find(self, dataset: int, query: Query) -> Iterator[Found]:
        """Yield what the query finds, some at a time, in the order of ids."""
        indexed = self._indexed(dataset)
        blocks, step = indexed // BLOCK, max(1, _ROWS // len(query.terms))
        for start in range(0, blocks, step):
            rows = self._rows(dataset, start, min(start + step, blocks), query.terms)
            yield [
                (block * BLOCK, query.evaluate({term: postings.read(text, term) for _, term, text in group}))
                for block, group in itertools.groupby(rows, itemgetter(0))
            ]
        for some in self._items(dataset, indexed, sys.maxsize):
            yield (yield from _look_through(some, query))

    def _block(self, dataset: int, first: int) -> Steps:
        """Build the rows of a block."""
        found: defaultdict[bytes, Bits] = defaultdict(int)
        for some in self._items(dataset, first, first + BLOCK):
            for item, attributes in some:
                bit = 1 << item - first
                for terms in terms_in_parts(attributes):
                    for term in terms:
                        found[term] |= bit
                    yield
        buckets = defaultdict(list)
        # It is emptied part by part: to release a million terms at once would take long.
        while found:
            for _ in range(min(_ROWS, len(found))):
                posting = found.popitem()
                buckets[postings.bucket(posting[0])].append(posting)
            yield
        rows = []
        for bucket in sorted(buckets):
            rows.append((dataset, first // BLOCK, bucket, postings.write(buckets.pop(bucket))))
            yield
        return rows

    def _changed(self, dataset: int, item: int, before: bytes, after: bytes | None) -> Steps:
        """Build the rows that change with an item's attributes."""
        block, number = divmod(item, BLOCK)
        removed, rows = (yield from _in_buckets(before)), []
        added = {} if after is None else (yield from _in_buckets(after))
        for bucket in sorted(removed.keys() | added.keys()):
            place = (dataset, block, bucket)
            if terms := removed.pop(bucket, set()) ^ added.pop(bucket, set()):
                row = self._execute(f"SELECT terms FROM postings WHERE {_PLACE}", place).fetchone()  # noqa: S608 - constant
                text = row[0] if row else postings.write(())
                rows.append((*place, postings.toggle(text, terms, 1 << number)))
            yield
        return rows

    def _write(self, rows: Sequence[Row]) -> None:
        self._execute_many("INSERT OR REPLACE INTO postings VALUES (?, ?, ?, ?)", rows)

    def _items(self, dataset: int, first: int, end: int) -> Iterator[list[tuple[int, bytes]]]:
        """Read the attributes of items with ids from `first` to before `end`, about `PART` bytes at a time."""
        sql = (
            "SELECT dataset_item_id, attributes FROM items"
            " WHERE dataset_id = ? AND dataset_item_id >= ? AND dataset_item_id < ? ORDER BY 1"
        )
        is_all = False
        while not is_all:
            some, left = [], PART
            # No statement stays open between two parts: it would hold a state of the file.
            for row in self._execute(sql, (dataset, first, end)):
                some.append(row)
                left -= len(row[1])
                if left <= 0:
                    first = row[0] + 1
                    break
            else:
                is_all = True
            yield some

    def _rows(self, dataset: int, start: int, end: int, terms: Iterable[bytes]) -> Iterable[tuple[int, bytes, bytes]]:
        """Read the terms in the blocks from `start` to before `end`: block, term, the text that the term is in."""
        wanted = [(term, postings.bucket(term), postings.beginning(term)) for term in terms]
        # CROSS JOIN keeps SQLite to this order: each block in turn, and each term in it.
        sql = (
            "WITH RECURSIVE blocks (block) AS (SELECT ? UNION ALL SELECT block + 1 FROM blocks WHERE block + 1 < ?),"  # noqa: S608 - marks
            f" wanted (term, bucket, beginning) AS (VALUES {', '.join(['(?, ?, ?)'] * len(wanted))})"
            " SELECT block, term, terms FROM blocks CROSS JOIN wanted CROSS JOIN postings USING (block, bucket)"
            " WHERE dataset_id = ? AND instr(terms, beginning)"
        )
        return self._execute(sql, (start, end, *itertools.chain.from_iterable(wanted), dataset))

    def _indexed(self, dataset: int) -> int:
        row = self._execute("SELECT indexed FROM counters WHERE dataset_id = ?", (dataset,)).fetchone()
        # The dataset may have been deleted while a query was in work.
        return 0 if row is None else int(row[0])


def _in_buckets(attributes: bytes) -> Generator[None, None, defaultdict[int, set[bytes]]]:
    """Divide the terms of an item over the buckets."""
    buckets = defaultdict(set)
    for some in terms_in_parts(attributes):
        for term in some:
            buckets[postings.bucket(term)].add(term)
        yield
    return buckets


def _look_through(items: Iterable[tuple[int, bytes]], query: Query) -> Generator[Found, None, Found]:
    """Find items that are not in the index; yield nothing found meanwhile."""
    blocks: defaultdict[int, defaultdict[bytes, Bits]] = defaultdict(lambda: defaultdict(int))
    for item, attributes in items:
        block, number = divmod(item, BLOCK)
        for terms in present(query.terms, attributes):
            for term in terms:
                blocks[block][term] |= 1 << number
            yield []
    return [(block * BLOCK, query.evaluate(found)) for block, found in blocks.items()]
