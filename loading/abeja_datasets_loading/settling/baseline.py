"""The baseline of a journal: the ids of the items that were in the dataset before its first request."""

from array import array
from bisect import bisect_right
from typing import Any, Protocol, Self

from abeja_datasets_loading.settling.listing import Reader, list_ids, total_count

_LIMIT = 1 << 62
"""Ids from here on, in both directions, are kept one by one: an array holds 64 bits."""


class IdRanges:
    """A set of ids, as merged ranges.

    A server numbers the items of a dataset, so that a million ids are a few ranges. An id that is no such integer is
    kept as it is.
    """

    def __init__(self) -> None:
        self._firsts = array("q")
        self._lasts = array("q")
        self._others: set[object] = set()
        self._count = 0

    def add(self, value: object) -> bool:
        """Add an id; return whether it is new.

        Raises:
            TypeError: it is not an id, but a list, say.
        """
        if type(value) is int and -_LIMIT < value < _LIMIT:
            is_new = self._add(value)
        else:
            is_new = value not in self._others
            self._others.add(value)
        self._count += is_new
        return is_new

    def __contains__(self, value: object) -> bool:
        if type(value) is int and -_LIMIT < value < _LIMIT:
            place = bisect_right(self._firsts, value)
            return place > 0 and value <= self._lasts[place - 1]
        return value in self._others

    def __len__(self) -> int:
        return self._count

    def to_json(self) -> list[Any]:
        """Return the ids as JSON: `[first, last]` for each range, and the others as they are."""
        ranges: list[Any] = [list(pair) for pair in zip(self._firsts, self._lasts, strict=True)]
        return ranges + sorted(self._others, key=repr)

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Read what `to_json` returned.

        Raises:
            ValueError: it is something else.
        """
        ranges = cls()
        for entry in value if isinstance(value, list) else [None]:
            match entry:
                case [int(first), int(last)] if -_LIMIT < first <= last < _LIMIT and first not in ranges:
                    ranges._add_range(first, last)
                case int() | str():
                    ranges.add(entry)
                case _:
                    raise ValueError(f"ids: a list of ranges is needed, such as [[0, 99]], not {value!r:.80}")
        return ranges

    def _add(self, value: int) -> bool:
        firsts, lasts = self._firsts, self._lasts
        place = bisect_right(firsts, value)
        if place and value <= lasts[place - 1]:
            return False
        joins_left = place > 0 and lasts[place - 1] == value - 1
        joins_right = place < len(firsts) and firsts[place] == value + 1
        if joins_left and joins_right:
            lasts[place - 1] = lasts[place]
            del firsts[place], lasts[place]
        elif joins_left:
            lasts[place - 1] = value
        elif joins_right:
            firsts[place] = value
        else:
            firsts.insert(place, value)
            lasts.insert(place, value)
        return True

    def _add_range(self, first: int, last: int) -> None:
        place = bisect_right(self._firsts, first)
        self._firsts.insert(place, first)
        self._lasts.insert(place, last)
        self._count += last - first + 1


class _Journal(Protocol):
    baseline: Any


async def take_baseline(reader: Reader, journal: _Journal) -> IdRanges:
    """Return the baseline of a journal; take it first where the journal has none.

    An empty dataset is not listed. No clock serves instead of the ids: `Date` has whole seconds, and an equal item that
    somebody created within the second before the run would be taken for one of the run.

    Raises:
        Error: the dataset can't be read, for example because it does not exist (`NotFound`).
        Stopped: the reader is stopping. The journal has no baseline then.
    """
    if journal.baseline is not None:
        return IdRanges.from_json(journal.baseline)
    ids = IdRanges()
    if await total_count(reader) != 0:
        await list_ids(reader, ids)
    journal.baseline = ids.to_json()
    return ids
