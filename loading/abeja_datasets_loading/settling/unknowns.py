"""The unknown inputs of a journal, by what an item of theirs looks like in the dataset."""

import asyncio
from collections.abc import Callable, Container, Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self

from abeja_datasets_loading.items.items import content_key
from abeja_datasets_loading.journal.records import Record, State
from abeja_datasets_loading.settling.marker import marker_of, marker_value

_BATCH = 1000
"""Records that are read before other tasks of the event loop run."""


class Kept(Protocol):
    """The journal, as far as settling needs it."""

    @property
    def run_id(self) -> str:
        """A random name of the journal."""

    @property
    def last_sent(self) -> float | None:
        """When the last request may have left, in seconds since the epoch."""

    @property
    def baseline(self) -> Any:
        """What `take_baseline` set."""

    def records(self, *states: State, after: int = -1) -> Iterator[Record]:
        """Iterate over the items in these states, in the order of the input. States may change meanwhile."""


@dataclass(frozen=True, slots=True)
class Unknowns:
    """The unknown inputs, and how a listed item is compared with them.

    Equal inputs have one key: that of their content or, in a run with a marker, each its marker.
    """

    positions: Mapping[Hashable, list[int]]
    """Of the inputs, by their key."""
    key: Callable[[Mapping[str, Any]], Hashable | None]
    """Returns the key of a listed item; None where it can't be an item of this run."""
    count: int

    @classmethod
    async def read(cls, journal: Kept, marker: str | None) -> Self:
        """Read those of a journal."""
        run_id = journal.run_id
        positions: dict[Hashable, list[int]] = {}
        count = 0
        for record in journal.records(State.UNKNOWN, State.SENT):
            # The fingerprint of an input is the key of its content.
            key = record.fingerprint if marker is None else marker_value(run_id, record.position)
            positions.setdefault(key, []).append(record.position)
            count += 1
            if count % _BATCH == 0:
                await asyncio.sleep(0)
        return cls(positions, content_key if marker is None else lambda item: marker_of(item, marker, run_id), count)

    def without(self, settled: Container[int]) -> "Unknowns":
        """Return those that are not settled."""
        rest: dict[Hashable, list[int]] = {}
        for key, group in self.positions.items():
            if left := [position for position in group if position not in settled]:
                rest[key] = left
        return Unknowns(rest, self.key, sum(map(len, rest.values())))
