"""Finding the bad entries of a batch that a server refuses as a whole. Without any I/O."""

import re
from collections.abc import Sequence
from typing import Final, TypeVar

T = TypeVar("T")

_INDEX: Final = re.compile(r"\[(\d{1,9})\]")


def split(batch: Sequence[T], problem: str) -> list[Sequence[T]]:
    """Return a refused batch as smaller ones, none of them empty.

    Args:
        batch: of two entries or more.
        problem: what the server says. Where it names an entry by its index, as `[3]` does, that one is alone in the
            result. A server may mean something else by it: each part is sent, and may be refused and split again.
    """
    found = _INDEX.search(problem)
    index = int(found[1]) if found else len(batch)
    if index >= len(batch):
        return halves(batch)
    # What is after it was not looked at, perhaps. If all of it is bad, halves keep it from being sent once for each.
    parts = [batch[:index], batch[index : index + 1], *halves(batch[index + 1 :])]
    return [part for part in parts if part]


def halves(batch: Sequence[T]) -> list[Sequence[T]]:
    """Return a batch as two, one of which is empty where it has one entry."""
    middle = len(batch) // 2
    return [batch[:middle], batch[middle:]]
