"""The index of `q`: which items of a dataset have a term.

A dataset's ids are divided into blocks of `BLOCK`. For each block and each term in it, the index has the set of items
as an integer (see postings.py). So AND, OR and NOT of terms are those of integers, and no item is read.

`counters.indexed` is a multiple of `BLOCK`: items with lower ids are in the index, and no others are.

- A create adds behind it, and so costs nothing here.
- An update or a delete below it corrects the postings in the same transaction, where few terms change. Otherwise it
  marks the item as stale.
- A query first indexes the full blocks and the stale items (`due`), and looks through the few items behind.

All of it is in the file, under its transactions: a rollback, a crash or another server can't make it wrong. A block
comes before a term in a text's place, so that a new block is written in one place: an index by terms alone would
change a page of the file for nearly each term. And since a row costs as much time as several terms, a block's terms
share a few.
"""

import itertools
import time
from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator
from enum import Enum
from typing import NamedTuple

from abeja_datasets_mock.large import LARGE

from . import postings
from .places import ITEM_ID, place, places, text_place, text_places
from .postings import Bits
from .search import Query
from .store import Store
from .terms import present, terms_in_parts, terms_of

BLOCK = 1024
"""Ids in a block. It is part of the file's format. With more, a query looks through more items that aren't indexed;
with fewer, it reads more rows."""

PART = 2**20
"""Bytes of attributes that are read at once."""

_FEW = 32
"""Terms of an item that are corrected with its change."""

_TIME = 0.01
"""Seconds after which a transaction writes no other text."""

_LONG = 4 * LARGE
"""Bytes of the attributes or texts of a block that is indexed in turns with other requests."""

_MANY = 4096
"""Terms in one dictionary, while those of a block are read. One of millions of terms takes long to grow."""

_ROWS = 500
"""Rows that are read at once."""

Found = list[tuple[int, Bits]]
"""Blocks' first ids with the bits of their items."""


class Job(NamedTuple):
    """Items of a block that are to be indexed.

    Attributes:
        block: its number.
        items: their bits.
        version: changes with each change of one of them; None where changes are not recorded yet.
        undone: how often changes were undone in this process: what was read before may be one of them.
        is_short: whether this is work of a few milliseconds.
    """

    block: int
    items: Bits
    version: int | None
    undone: int
    is_short: bool = False


Texts = list[defaultdict[bytes, Bits]]
"""The postings that a job adds to each of a block's texts. The first text to write is the last in the list."""


class Progress(Enum):
    """What writing texts has come to; CHANGED: an item has changed, and the texts are worth nothing."""

    DONE = "done"
    MORE = "more"
    CHANGED = "changed"


class Index:
    """The index of all datasets. Call its methods inside `Store.read_many` and `Store.write`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._execute = store.execute

    def due(self, dataset: int, first: int) -> Job | None:
        """Return what is to be indexed next, in the blocks from `first` on; None where there is nothing."""
        start, end = places(dataset, first)
        query = "SELECT place, items, version FROM stale WHERE place >= ? AND place < ? ORDER BY place LIMIT 1"
        if (row := self._execute(query, (start, end)).fetchone()) is not None:
            job = self._job(row[0] - place(dataset, 0), *row[1:])
        elif (block := self._unindexed(dataset)) is not None and block >= first:
            job = Job(block, (1 << BLOCK) - 1, None, self._store.undone)
        else:
            return None
        return job._replace(is_short=self._is_short(dataset, job.block))

    def _unindexed(self, dataset: int) -> int | None:
        """Return the next block that is full and not indexed; None where there is none."""
        query = "SELECT indexed, next_item_id FROM counters WHERE dataset_id = ?"
        first, end = self._execute(query, (dataset,)).fetchone()
        return int(first) // BLOCK if end - first >= BLOCK else None

    def _is_short(self, dataset: int, block: int) -> bool:
        items = "SELECT total(length(attributes)) FROM items WHERE place >= ? AND place < ?"
        (size,) = self._execute(items, places(dataset, block * BLOCK, (block + 1) * BLOCK)).fetchone()
        texts = "SELECT total(length(terms)) FROM postings WHERE place >= ? AND place < ?"
        return bool(max(size, *self._execute(texts, text_places(dataset, block)).fetchone()) < _LONG)

    def begin(self, dataset: int, job: Job) -> Job | None:
        """Record changes of the items from here on, and return the job with its version; None where one has changed."""
        if not self.is_current(dataset, job):
            return None
        if job.version is None:
            self._mark(dataset, job.block, job.items)
        return self._stale(dataset, job.block)

    def prepare(self, dataset: int, job: Job) -> Generator[None, None, Texts]:
        """Build what a job adds to the texts of its block."""
        added: Texts = [defaultdict(int) for _ in range(postings.BUCKETS)]
        found: defaultdict[bytes, Bits] = defaultdict(int)
        for number in _numbers(job.items):
            attributes = self._attributes(dataset, job.block * BLOCK + number)
            for terms in terms_in_parts(attributes) if attributes is not None else ():
                for term in terms:
                    found[term] |= 1 << number
                if len(found) >= _MANY:
                    _move(found, added)
                yield
        _move(found, added)
        return added

    def write(self, dataset: int, job: Job, added: Texts, *, seconds: float = _TIME) -> Progress:
        """Write some of the texts, and remove them from `added`; with the last one the items are indexed."""
        if not self.is_current(dataset, job):
            return Progress.CHANGED
        end = time.perf_counter() + seconds
        while added:
            at = text_place(dataset, job.block, postings.BUCKETS - len(added))
            text, new = self._text(at), added.pop()
            self._put_text(at, text, postings.put(text, job.items, new.items()))
            if time.perf_counter() > end:
                return Progress.MORE
        self._execute("DELETE FROM stale WHERE place = ?", (place(dataset, job.block),))
        first = job.block * BLOCK
        if self._indexed(dataset) == first:
            self._execute("UPDATE counters SET indexed = ? WHERE dataset_id = ?", (first + BLOCK, dataset))
        return Progress.DONE

    def index_all(self, dataset: int) -> Iterator[None]:
        """Index all blocks of a dataset that nobody else changes."""
        first = 0
        while (job := self.due(dataset, first)) is not None:
            added = yield from self.prepare(dataset, job)
            while self.write(dataset, job, added) is Progress.MORE:
                yield
            first = job.block + 1

    def change(self, dataset: int, item: int, before: bytes, after: bytes | None, *, lazily: bool = False) -> None:
        """Update the index for an item whose attributes change; `after` is None for an item that is deleted."""
        block, number = divmod(item, BLOCK)
        stale = self._stale(dataset, block)
        if stale is not None and stale.items >> number & 1:
            # Who indexes it now must begin anew.
            self._mark(dataset, block, stale.items)
        elif item < self._indexed(dataset):
            is_large = lazily or len(before) + len(after or b"") >= LARGE
            terms = set() if is_large else terms_of(before) ^ (set() if after is None else terms_of(after))
            if is_large or len(terms) > _FEW:
                self._mark(dataset, block, (stale.items if stale else 0) | 1 << number)
            else:
                self._toggle(dataset, block, terms, 1 << number)

    def find(self, dataset: int, query: Query) -> Iterator[Found]:
        """Yield what the query finds, some at a time, in the order of ids."""
        indexed, stale = self._indexed(dataset), self._all_stale(dataset)
        blocks, start, rows = indexed // BLOCK, 0, _FEW
        while start < blocks:
            end = min(start + max(1, rows // len(query.terms)), blocks)
            items: defaultdict[int, dict[bytes, Bits]] = defaultdict(dict)
            terms = iter(query.terms)
            while some := tuple(itertools.islice(terms, rows)):
                begun = time.perf_counter()
                for block, term, text in self._rows(dataset, start, end, some):
                    items[block][term] = postings.read(text, term)
                # Texts may be of any length.
                rows = max(1, rows // 2) if time.perf_counter() - begun > _TIME / 2 else min(2 * rows, _ROWS)
                yield []
            found = {block: query.evaluate(bits) for block, bits in items.items()}
            for block in stale.keys() & set(range(start, end)):
                looked = yield from self._look_at(dataset, block, stale[block], query)
                found[block] = found.get(block, 0) & ~stale[block] | looked
            yield [(block * BLOCK, found[block]) for block in sorted(found)]
            start = end
        for behind in self._items_from(dataset, indexed):
            yield (yield from _look_through(behind, query))

    def _look_at(self, dataset: int, block: int, stale: Bits, query: Query) -> Generator[Found, None, Bits]:
        """Find items of a block that are stale; yield nothing found meanwhile."""
        bits = 0
        for number in _numbers(stale):
            item = block * BLOCK + number
            if (attributes := self._attributes(dataset, item)) is not None:
                for _, found in (yield from _look_through([(item, attributes)], query)):
                    bits |= found
        return bits

    def _toggle(self, dataset: int, block: int, terms: Iterable[bytes], changed: Bits) -> None:
        """Change which items have each of the terms."""
        for bucket, some in itertools.groupby(sorted(terms, key=postings.bucket), postings.bucket):
            at = text_place(dataset, block, bucket)
            text = self._text(at)
            self._put_text(at, text, postings.toggle(text, some, changed))

    def _text(self, at: int) -> bytes:
        row = self._execute("SELECT terms FROM postings WHERE place = ?", (at,)).fetchone()
        return row[0] if row else postings.EMPTY

    def _put_text(self, at: int, before: bytes, after: bytes) -> None:
        if after != before:
            self._execute("INSERT OR REPLACE INTO postings VALUES (?, ?)", (at, after))

    def _mark(self, dataset: int, block: int, items: Bits) -> None:
        """Mark items of a block as stale, in place of those that were."""
        text = items.to_bytes(BLOCK // 8 + 1, "little")
        self._execute("INSERT OR REPLACE INTO stale VALUES (?, ?, random())", (place(dataset, block), text))

    def _stale(self, dataset: int, block: int) -> Job | None:
        query = "SELECT items, version FROM stale WHERE place = ?"
        row = self._execute(query, (place(dataset, block),)).fetchone()
        return None if row is None else self._job(block, *row)

    def _job(self, block: int, items: bytes, version: int) -> Job:
        return Job(block, int.from_bytes(items, "little"), version, self._store.undone)

    def _all_stale(self, dataset: int) -> dict[int, Bits]:
        rows = self._execute("SELECT place, items FROM stale WHERE place >= ? AND place < ?", places(dataset))
        return {at - place(dataset, 0): int.from_bytes(items, "little") for at, items in rows}

    def is_current(self, dataset: int, job: Job) -> bool:
        """Return whether the items of a job have not changed since."""
        stale = self._stale(dataset, job.block)
        if stale is None:
            return job.version is None and self._indexed(dataset) == job.block * BLOCK
        return (stale.version, stale.undone) == (job.version, job.undone)

    def _attributes(self, dataset: int, item: int) -> bytes | None:
        row = self._execute("SELECT attributes FROM items WHERE place = ?", (place(dataset, item),)).fetchone()
        return None if row is None else row[0]

    def _items_from(self, dataset: int, first: int) -> Iterator[list[tuple[int, bytes]]]:
        """Read the attributes of items with ids from `first` on, about `PART` bytes at a time."""
        sql = f"SELECT {ITEM_ID}, attributes FROM items WHERE place >= ? AND place < ? ORDER BY place"  # noqa: S608 - constant
        is_all = False
        while not is_all:
            some, left = [], PART
            # No statement stays open between two parts: it would hold a state of the file.
            for row in self._execute(sql, places(dataset, first)):
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
            "WITH RECURSIVE blocks (block, first) AS (SELECT ?, ?"  # noqa: S608 - marks
            " UNION ALL SELECT block + 1, first + ? FROM blocks WHERE block + 1 < ?),"
            f" wanted (term, bucket, beginning) AS (VALUES {', '.join(['(?, ?, ?)'] * len(wanted))})"
            " SELECT block, term, terms FROM blocks CROSS JOIN wanted CROSS JOIN postings ON place = first + bucket"
            " WHERE instr(terms, beginning)"
        )
        first, after = text_places(dataset, start)
        return self._execute(sql, (start, first, after - first, end, *itertools.chain.from_iterable(wanted)))

    def _indexed(self, dataset: int) -> int:
        row = self._execute("SELECT indexed FROM counters WHERE dataset_id = ?", (dataset,)).fetchone()
        # The dataset may have been deleted while a query was in work.
        return 0 if row is None else int(row[0])


def _move(found: dict[bytes, Bits], added: Texts) -> None:
    """Move postings to those of the texts that they belong to."""
    for term, bits in found.items():
        added[-1 - postings.bucket(term)][term] |= bits
    found.clear()


def _numbers(bits: Bits) -> Iterator[int]:
    """Yield the numbers of the items whose bits are set."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


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
