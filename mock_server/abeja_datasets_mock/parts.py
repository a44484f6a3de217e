"""Pages that are long: they are read and written part by part, in turns with other requests."""

import sys
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar

from .errors import Headers, Response
from .storage.records import ItemRow, Version
from .turns import in_turns

PART = 2**20
"""Bytes of the rows that are read at once: a few milliseconds of work."""

LIMITS = (PART, PART, PART, sys.maxsize)
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
        left: the ids of the others; None where they are not known yet.
        version: of the items at that time; parts of different versions do not belong together. None: it lacks none.
    """

    count: int
    rows: list[ItemRow]
    left: list[int] | None = None
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
