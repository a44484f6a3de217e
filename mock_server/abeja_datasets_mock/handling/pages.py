"""Pages of datasets and of items. Long ones are read and written part by part, in turns with other requests."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from abeja_datasets_mock.errors import Headers, Response
from abeja_datasets_mock.storage.datasets import Datasets
from abeja_datasets_mock.storage.items import Items, Start
from abeja_datasets_mock.storage.records import DatasetRow, ItemRow, Version
from abeja_datasets_mock.storage.search import Query
from abeja_datasets_mock.storage.store import Store
from abeja_datasets_mock.turns import at_once, in_turns

from .lookup import Lookup
from .request import Request

PART = 2**20
"""Bytes of the rows that are read at once: a few milliseconds of work."""

_LIMITS = (PART, PART, PART, sys.maxsize)
"""Bytes of a part at each try to read a page. The last try reads all at once: no change comes between its parts."""

_OK = 200


class _Row(Protocol):
    @property
    def size(self) -> int: ...


_AnyRow = TypeVar("_AnyRow", bound=_Row)


@dataclass(slots=True)
class ItemPage:
    """A page of items that may still lack some.

    Attributes:
        count: of all items of the list.
        rows: those that have been read.
        left: the ids of the others.
        version: of the items at that time; parts of different versions do not belong together. None: it lacks none.
    """

    count: int
    rows: list[ItemRow]
    left: Sequence[int] = ()
    version: Version | None = None


def part(rows: Iterator[_AnyRow], limit: int = PART) -> tuple[list[_AnyRow], bool]:
    """Read rows of about `limit` bytes; return them, and whether no others follow."""
    taken: list[_AnyRow] = []
    for row in rows:
        taken.append(row)
        limit -= row.size
        if limit <= 0:
            return taken, False
    return taken, True


def is_long(rows: Iterable[_Row]) -> bool:
    """Return whether rows are written in turns with other requests."""
    return sum(row.size for row in rows) > PART


async def page_response(
    start: bytes, elements: Iterable[bytes], end: bytes, headers: Headers = (), *, in_parts: bool
) -> Response:
    """Build the response with the elements of a list between `start` and `end`."""
    if not in_parts:
        return Response(_OK, start + b",".join(elements) + end, headers)
    return Response(_OK, start, headers, [*await in_turns(_joined(elements)), end])


class Pages:
    """Reads pages.

    Args:
        merge: merges the layer of a dataset, see `BulkUpdates.merge`.
    """

    def __init__(
        self,
        store: Store,
        datasets: Datasets,
        items: Items,
        lookup: Lookup,
        merge: Callable[[Request], Awaitable[None]],
    ) -> None:
        self._store = store
        self._datasets = datasets
        self._items = items
        self._lookup = lookup
        self._merge = merge

    async def datasets(self, organization: str, after: int, size: int) -> tuple[list[DatasetRow], bool]:
        """Read up to `size` datasets with ids over `after`; return them, and whether they are a long page."""

        def work() -> tuple[list[DatasetRow], bool]:
            place = rows[-1].dataset_id if rows else after
            return part(self._datasets.page(organization, place, size - len(rows)))

        rows: list[DatasetRow] = []
        rows, is_all = await self._store.read_many(work)
        in_parts = not is_all
        while not is_all:
            await asyncio.sleep(0)
            more, is_all = await self._store.read_many(work)
            rows += more
        return rows, in_parts

    async def items(self, request: Request, start: Start, size: int, query: Query | None) -> ItemPage:
        """Read up to `size` items from a start, of those that a query finds or of all, and count all."""
        for limit in _LIMITS:
            page = await self._begun(request, start, size, query, limit)
            if await self._completed(request, page):
                break
        return page

    async def _begun(self, request: Request, start: Start, size: int, query: Query | None, limit: int) -> ItemPage:
        """Read a page that may lack items: those after the first part of a long one, or all that a query finds."""

        def work() -> ItemPage | None:
            number = self._lookup.dataset(request)
            version = self._items.version(number)
            if query is None:
                rows, is_all = part(self._items.page(number, start, size), limit)
                count = self._datasets.total_count(number)
                if is_all:
                    return ItemPage(count, rows)
                return ItemPage(count, rows, self._items.page_ids(number, start, size)[len(rows) :], version)
            if self._items.layer(number) is not None:
                return None
            if limit < _LIMITS[-1]:
                return ItemPage(0, [], (), version)
            found, count = at_once(self._items.search(number, start, size, query))
            return ItemPage(count, list(self._items.some(number, found)))

        while (page := await self._store.read_many(work)) is None:
            # Only merged items are in the index.
            await self._merge(request)
        if query is not None and page.version is not None:
            number = int(request.path["dataset_id"])
            page.left, page.count = await in_turns(self._items.search(number, start, size, query))
        return page

    async def _completed(self, request: Request, page: ItemPage) -> bool:
        """Read the items that a page lacks; return False where an item has changed meanwhile."""

        def work() -> list[ItemRow] | None:
            number = self._lookup.dataset(request)
            if self._items.version(number) != page.version:
                return None
            return part(self._items.some(number, page.left))[0]

        while page.version is not None:
            rows = await self._store.read_many(work)
            if rows is None:
                return False
            page.rows += rows
            page.left = page.left[len(rows) :]
            if not page.left:
                break
            await asyncio.sleep(0)
        return True


def _joined(elements: Iterable[bytes]) -> Generator[None, None, list[bytes]]:
    """Join elements to pieces of about `PART` bytes."""
    pieces: list[bytes] = []
    run: list[bytes] = []
    size = 0
    for element in elements:
        run += (element, b",")
        size += len(element)
        if size >= PART:
            pieces.append(b"".join(run))
            run, size = [], 0
        yield
    pieces.append(b"".join(run))
    # JSON has no comma behind the last element.
    last = pieces.pop() or (pieces.pop() if pieces else b"")
    return [*pieces, last[:-1]]
