"""The report of a run: what was done with the items, and why not with the rest."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final, Protocol

from abeja_datasets_loading.errors import LoadingError, NotAllLoaded
from abeja_datasets_loading.journal.records import Counts, Record, State
from abeja_datasets_loading.progress.words import DONE, duration, rate

_MOST_REASONS: Final = 100
_LONGEST_REASON: Final = 300
_OTHER: Final = "other reasons"
_DIGITS = re.compile(r"\d+")


class Reader(Protocol):
    """What a report reads a journal with. It can be used in any thread."""

    def records(self, *states: State, after: int = -1) -> Iterator[Record]:
        """Iterate over the records in these states, in the order of the input."""


@dataclass(frozen=True, slots=True, repr=False)
class Report:
    """What a run did with the items of its input.

    `read` is the sum of `created`, `earlier`, `rejected`, `unknown` and `not_tried`. For an update or a deletion
    `created` counts what was updated or deleted.

    Attributes:
        counts: how many items are in which state.
        seconds: how long the run took.
        action: `create`, `update`, `delete` or `export`.
        retries: how many requests were repeated.
        left_out: how many keys of items were not sent, since they are those of a response.
        stopped: why the run stopped before the input ended; None where it did not.
        journal: the path of the journal; None for a temporary one.
    """

    counts: Counts
    seconds: float
    action: str = "create"
    retries: int = 0
    left_out: int = 0
    stopped: str | None = None
    journal: Path | None = None
    reader: Reader | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if self.counts.read != sum(self.counts[1:]):
            raise ValueError(f"the counts do not add up: {self.counts}")

    @property
    def read(self) -> int:
        """How many items of the input were read, by this run and earlier ones of its journal."""
        return self.counts.read

    @property
    def created(self) -> int:
        """How many items this run created."""
        return self.counts.created

    @property
    def earlier(self) -> int:
        """How many items earlier runs of the same journal created."""
        return self.counts.earlier

    @property
    def rejected(self) -> int:
        """How many items are invalid, or were refused by the server."""
        return self.counts.rejected

    @property
    def unknown(self) -> int:
        """How many items may have been created, or not."""
        return self.counts.unknown

    @property
    def not_tried(self) -> int:
        """How many items were read, and surely not created."""
        return self.counts.not_tried

    @property
    def rate(self) -> float:
        """Items that this run created, a second."""
        return self.created / self.seconds if self.seconds > 0 else 0.0

    @property
    def is_complete(self) -> bool:
        """Whether the input was read to its end, and each item of it created."""
        return self.stopped is None and self.created + self.earlier == self.read

    def iter_created(self) -> Iterator[tuple[int, int | str | None]]:
        """Iterate over (index, id) of each created item, also of those that an earlier run created."""
        return ((record.position, record.item_id) for record in self._records(State.DONE))

    def iter_rejected(self) -> Iterator[tuple[int, Any, str]]:
        """Iterate over (index, item, reason) of each rejected item.

        A value of the item that JSON has no form for is replaced by text that describes it.
        """
        return map(_why, self._records(State.REJECTED))

    def iter_unknown(self) -> Iterator[tuple[int, Any, str]]:
        """Iterate over (index, item, reason) of each item that may have been created, or not."""
        return map(_why, self._records(State.UNKNOWN, State.SENT))

    def reasons(self) -> dict[str, int]:
        """Return why items are rejected or unknown, and how many for each reason, the commonest first.

        Numbers in a reason are written `N`. Above 100 different reasons, the rest is counted as "other reasons".
        """
        counted: dict[str, int] = {}
        for record in self._records(State.REJECTED, State.UNKNOWN, State.SENT):
            reason = _DIGITS.sub("N", _reason(record))
            name = reason if reason in counted or len(counted) < _MOST_REASONS else _OTHER
            counted[name] = counted.get(name, 0) + 1
        return dict(sorted(counted.items(), key=lambda pair: -pair[1]))

    def raise_for_errors(self) -> None:
        """Raise an error unless the input was read to its end, and each item of it was created.

        Raises:
            NotAllLoaded: what is missing, and why; its `report` is this one.
        """
        if not self.is_complete:
            raise NotAllLoaded(self)

    def summary(self) -> str:
        """Return the counts as text: `10 read: 7 created, 1 by an earlier run, 1 rejected, 1 not tried`."""
        parts = [f"{self.created:,} {DONE.get(self.action, 'done')}"]
        parts += [f"{self.earlier:,} by an earlier run"] if self.earlier else []
        parts += [f"{self.rejected:,} rejected"] if self.rejected else []
        parts += [f"{self.unknown:,} unknown"] if self.unknown else []
        parts += [f"{self.not_tried:,} not tried"] if self.not_tried else []
        return f"{self.read:,} read: {', '.join(parts)}"

    def problems(self) -> str:
        """Return the counts, the first rejected and unknown item, why the run stopped, and how to go on."""
        parts = [self.summary()]
        parts += [f"{self.stopped}"] if self.stopped else []
        parts += self._first("rejected", self.rejected, State.REJECTED)
        parts += self._first("unknown", self.unknown, State.UNKNOWN, State.SENT)
        if self.unknown or self.not_tried or self.stopped:
            parts.append(self.how_to_resume())
        return "; ".join(parts)

    def how_to_resume(self) -> str:
        """Return what to do to load the rest."""
        if self.journal is None:
            return "without a journal the run can't be resumed: pass journal=PATH next time"
        return f"to resume, call it again with the same input and journal={str(self.journal)!r}"

    def __repr__(self) -> str:
        repeats = f", {self.retries:,} repeated requests" if self.retries else ""
        return f"<Report {self.problems()} ({duration(self.seconds)}, {rate(self.rate)}{repeats})>"

    def __reduce__(self) -> tuple[Any, ...]:
        # A journal belongs to its process.
        copy = replace(self, reader=None)
        return Report, tuple(getattr(copy, one.name) for one in fields(copy))

    def _records(self, *states: State) -> Iterator[Record]:
        if self.reader is None:
            raise LoadingError(
                "this report has no journal to read, as it was pickled; use the one in the first process"
            )
        return self.reader.records(*states)

    def _first(self, name: str, count: int, *states: State) -> list[str]:
        if not count:
            return []
        try:
            record = next(self._records(*states), None)
        except Exception:  # noqa: BLE001 - a repr shows what it can: the journal may be closed or damaged
            return []
        return [f"the first {name} is item {record.position}: {_reason(record)[:_LONGEST_REASON]}"] if record else []


def _reason(record: Record) -> str:
    return record.reason or "no outcome is recorded"


def _why(record: Record) -> tuple[int, Any, str]:
    return record.position, None if record.item is None else json.loads(record.item), _reason(record)
