"""The report of a verification: what is missing, twice or different."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from typing import Any

from abeja_datasets_loading.errors import LoadingError, NotAllLoaded
from abeja_datasets_loading.verifying.comparing import Comparison, Id


@dataclass(frozen=True, slots=True, repr=False)
class Verification:
    """How the items of an input and those of a dataset compare. Both are multisets: two equal inputs need two items.

    Attributes:
        read: how many items the input has.
        stored: how many items the dataset has; with a journal, without those that were there before it began.
        missing: how many inputs have no item.
        twice: how many items equal an input, and are more than those inputs need.
        different: how many items differ from the input that they were created for. Without a journal: how many equal
            no input.
        others: how many items equal no input, where a journal shows that they are not of its run.
        seconds: how long it took.
        doubt: why an item that is missing may be there nevertheless; None where the list seems complete.
    """

    read: int
    stored: int
    missing: int
    twice: int
    different: int
    others: int
    seconds: float
    doubt: str | None = None
    comparison: Comparison | None = field(default=None, compare=False)
    has_journal: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether each item of the input is there exactly once."""
        return not (self.missing or self.twice or self.different)

    def iter_missing(self) -> Iterator[tuple[int, Any, str]]:
        """Iterate over (index, item, reason) of each input that has no item in the dataset."""
        for position, item, reason in self._opened().iter_missing():
            yield position, None if item is None else json.loads(item), reason

    def iter_twice(self) -> Iterator[tuple[int, Id]]:
        """Iterate over (index, id) of each item beyond those that the inputs need; `index` is of an equal input."""
        return self._opened().iter_twice()

    def iter_different(self) -> Iterator[tuple[int | None, Id]]:
        """Iterate over (index, id) of each item that differs from its input; without a journal `index` is None."""
        found = self._opened()
        return found.iter_different() if self.has_journal else found.iter_others()

    def raise_for_errors(self) -> None:
        """Raise an error unless each item of the input is there exactly once.

        Raises:
            NotAllLoaded: what is missing, twice or different; its `report` is this one.
        """
        if not self.is_complete:
            raise NotAllLoaded(self)

    def summary(self) -> str:
        """Return the counts as text: `10 read, 11 in the dataset: 1 missing, 2 twice`."""
        parts = [f"{getattr(self, name):,} {name}" for name in ("missing", "twice", "different") if getattr(self, name)]
        others = f"; {self.others:,} others, which this run did not create" if self.others else ""
        return f"{self.read:,} read, {self.stored:,} in the dataset: {', '.join(parts) or 'each exactly once'}{others}"

    def problems(self) -> str:
        """Return the counts, and the first of each difference."""
        parts = [self.summary()]
        if self.comparison is not None:
            parts += [f"the first missing is item {index}: {why}" for index, _, why in _first(self.iter_missing())]
            parts += [f"the first twice is {_named(*pair)}" for pair in _first(self.iter_twice())]
            parts += [f"the first different is {_named(*pair)}" for pair in _first(self.iter_different())]
        if self.missing and self.doubt:
            parts.append(self.doubt)
        return "; ".join(parts)

    def __repr__(self) -> str:
        return f"<Verification {self.problems()} ({self.seconds:.1f} s)>"

    def __reduce__(self) -> tuple[Any, ...]:
        # What was compared belongs to its process.
        copy = replace(self, comparison=None)
        return Verification, tuple(getattr(copy, one.name) for one in fields(copy))

    def _opened(self) -> Comparison:
        if self.comparison is None:
            raise LoadingError(
                "this verification was pickled, and has only its counts; use the one in the first process"
            )
        return self.comparison


def _named(index: int | None, item_id: Id) -> str:
    return f"item {item_id} of the dataset" + ("" if index is None else f", as item {index} of the input")


def _first(entries: Iterator[Any]) -> list[Any]:
    return [entry for entry in (next(entries, None),) if entry is not None]
