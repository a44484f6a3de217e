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
from collections import defaultdict
from collections.abc import Iterable, Iterator
from operator import itemgetter

from . import postings
from .postings import Bits
from .search import Query
from .store import Store
from .terms import present, terms_of

BLOCK = 1024
"""Ids in a block. It is part of the file's format. With more, a query looks through more items that aren't indexed;
with fewer, it reads more rows."""

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

    def advance(self, dataset: int, first: int) -> None:
        """Index the block that begins with the id `first`, unless that is done already."""
        if self._indexed(dataset) != first:
            return
        query = (
            "SELECT dataset_item_id, attributes FROM items"
            " WHERE dataset_id = ? AND dataset_item_id >= ? AND dataset_item_id < ?"
        )
        found: defaultdict[bytes, Bits] = defaultdict(int)
        for item, attributes in self._execute(query, (dataset, first, first + BLOCK)):
            bit = 1 << item - first
            for term in terms_of(attributes):
                found[term] |= bit
        buckets = defaultdict(list)
        for posting in found.items():
            buckets[postings.bucket(posting[0])].append(posting)
        rows = ((dataset, first // BLOCK, bucket, postings.write(buckets[bucket])) for bucket in sorted(buckets))
        self._execute_many("INSERT INTO postings VALUES (?, ?, ?, ?)", rows)
        self._execute("UPDATE counters SET indexed = ? WHERE dataset_id = ?", (first + BLOCK, dataset))

    def advance_all(self, dataset: int) -> Iterator[None]:
        """Index all blocks that can be indexed, a block a step."""
        while (first := self.unindexed(dataset)) is not None:
            self.advance(dataset, first)
            yield

    def change(self, dataset: int, item: int, before: bytes, after: bytes | None) -> None:
        """Update the index for an item whose attributes change; `after` is None for an item that is deleted."""
        if item >= self._indexed(dataset):
            return
        block, number = divmod(item, BLOCK)
        changed = defaultdict(list)
        for term in terms_of(before) ^ (set() if after is None else terms_of(after)):
            changed[postings.bucket(term)].append(term)
        for bucket, terms in changed.items():
            place = (dataset, block, bucket)
            row = self._execute(f"SELECT terms FROM postings WHERE {_PLACE}", place).fetchone()  # noqa: S608 - constant
            text = postings.toggle(row[0] if row else postings.write(()), terms, 1 << number)
            self._execute("INSERT OR REPLACE INTO postings VALUES (?, ?, ?, ?)", (*place, text))

    def find(self, dataset: int, query: Query) -> Iterator[tuple[int, Bits]]:
        """Yield what the query finds: a block's first id with the bits of its items, in the order of ids."""
        indexed = self._indexed(dataset)
        for block, rows in itertools.groupby(self._rows(dataset, indexed // BLOCK, query.terms), itemgetter(0)):
            yield block * BLOCK, query.evaluate({term: postings.read(text, term) for _, term, text in rows})
        sql = "SELECT dataset_item_id, attributes FROM items WHERE dataset_id = ? AND dataset_item_id >= ? ORDER BY 1"
        items = self._execute(sql, (dataset, indexed))
        for block, behind in itertools.groupby(items, lambda item: int(item[0]) // BLOCK):
            yield block * BLOCK, query.evaluate(_look_through(behind, block * BLOCK, query))

    def _rows(self, dataset: int, blocks: int, terms: Iterable[bytes]) -> Iterable[tuple[int, bytes, bytes]]:
        """Read the terms in the first `blocks` blocks: block, term, the text that the term is in."""
        wanted = [(term, postings.bucket(term), postings.beginning(term)) for term in terms]
        # CROSS JOIN keeps SQLite to this order: each block in turn, and each term in it.
        sql = (
            "WITH RECURSIVE blocks (block) AS (SELECT 0 UNION ALL SELECT block + 1 FROM blocks WHERE block + 1 < ?),"  # noqa: S608 - marks
            f" wanted (term, bucket, beginning) AS (VALUES {', '.join(['(?, ?, ?)'] * len(wanted))})"
            " SELECT block, term, terms FROM blocks CROSS JOIN wanted CROSS JOIN postings USING (block, bucket)"
            " WHERE dataset_id = ? AND instr(terms, beginning)"
        )
        return self._execute(sql, (blocks, *itertools.chain.from_iterable(wanted), dataset))

    def _indexed(self, dataset: int) -> int:
        return int(self._execute("SELECT indexed FROM counters WHERE dataset_id = ?", (dataset,)).fetchone()[0])


def _look_through(items: Iterable[tuple[int, bytes]], first: int, query: Query) -> dict[bytes, Bits]:
    """Build the postings of the query's terms from the items of a block that begins with the id `first`."""
    found: defaultdict[bytes, Bits] = defaultdict(int)
    for item, attributes in items:
        for term in present(query.terms, attributes):
            found[term] |= 1 << item - first
    return found
