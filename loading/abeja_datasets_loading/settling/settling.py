"""Settling unknown outcomes, in rounds: wait, list the dataset, match, and create what is missing.

A request whose response was lost is never repeated blindly: it may have been carried out. Where the list can't be
relied on, the inputs stay unknown, with the reason.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import islice
from typing import NamedTuple, Protocol

from abeja_datasets_loading.journal.records import Change, Record, State
from abeja_datasets_loading.settling.listing import Stopped, pause
from abeja_datasets_loading.settling.looking import Place, look
from abeja_datasets_loading.settling.matching import Id, Matcher, Settlement, match
from abeja_datasets_loading.settling.unknowns import Unknowns

__all__ = ["ROUNDS", "Id", "Matcher", "Run", "Settled", "Settlement", "match", "settle"]

ROUNDS = 10
"""Rounds of one run at most. A create that settles another may be unknown again."""

_UNREAD = "the item was not read again after the run that sent it was killed"
_ROUNDS_OVER = f"still unknown after {ROUNDS} rounds of listing the dataset and creating what was missing"
_BATCH = 500


class Run(Place, Protocol):
    """The run to settle. No request of it is under way."""

    @property
    def settle_after(self) -> float:
        """Seconds after which a request that was sent can't be carried out any more."""

    async def record(self, changes: Sequence[Change]) -> None:
        """Write to the journal, durably."""

    async def create(self, records: Iterator[Record]) -> None:
        """Send the items of these records; return when none is under way and each outcome is recorded."""


class Settled(NamedTuple):
    """How the unknown outcomes of a run were settled."""

    created: int = 0
    """Inputs that turned out to be created."""
    again: int = 0
    """Creates that were sent for inputs that turned out to be missing."""
    unknown: int = 0
    """Inputs that stay unknown."""
    reason: str | None = None
    """Why they do; None as well where the run is stopping."""


class _Round(NamedTuple):
    created: int = 0
    again: int = 0
    reason: str | None = None
    """Why the inputs that are unknown now stay so."""


async def settle(run: Run) -> Settled:
    """Settle all unknown inputs of a run, or as many as the server can be trusted for.

    Raises:
        Error: the dataset can't be read.
    """
    done = Settled()
    try:
        for _ in range(ROUNDS):
            unknown = await Unknowns.read(run.journal, run.marker)
            if not unknown.count:
                return done
            created, again, reason = await _round(run, unknown)
            done = done._replace(created=done.created + created, again=done.again + again)
            if reason:
                return await _leave(run, done, reason)
        return await _leave(run, done, _ROUNDS_OVER)
    except Stopped:
        unknown = await Unknowns.read(run.journal, run.marker)
        return done._replace(unknown=unknown.count)
    finally:
        run.say("")


async def _round(run: Run, unknown: Unknowns) -> _Round:
    if run.distrust and run.marker is None:
        return _Round(reason=run.distrust)
    await _wait(run)
    settlement, doubt = await look(run, unknown)
    if doubt and run.marker is None:
        return _Round(reason=doubt)
    # A marker that was found is proof, whatever the rest of the list is like.
    await _record_created(run, settlement.created)
    again = 0 if doubt else await _create(run, settlement.missing)
    if settlement.missing and not again:
        return _Round(len(settlement.created), reason=doubt or _UNREAD)
    return _Round(len(settlement.created), again, doubt)


async def _wait(run: Run) -> None:
    """Wait until no request can be under way, of this process or of one that was killed."""
    last = run.journal.last_sent
    if last is None:
        return
    # The clock may have been set back since.
    seconds = min(last + run.settle_after - time.time(), run.settle_after)
    if seconds > 0:
        run.say(f"waits {seconds:.0f} s until no request can be under way")
        await pause(seconds, run.stopping)
    run.say("lists the dataset, to learn which items were created")


async def _record_created(run: Run, created: Mapping[int, Id]) -> None:
    changes = (Change(position, State.DONE, item_id) for position, item_id in sorted(created.items()))
    while batch := list(islice(changes, _BATCH)):
        await run.record(batch)


async def _create(run: Run, missing: Sequence[int]) -> int:
    """Create the missing inputs; return how many they are."""
    if not missing:
        return 0
    positions = set(missing)
    unread = 0
    rest = _records(run, positions, State.UNKNOWN, State.SENT)
    while batch := list(islice(rest, _BATCH)):
        ready = [record for record in batch if record.item is not None]
        # They were not carried out, and can't be any more. Whoever kills the run now leaves nothing to settle.
        await run.record([Change(record.position, State.PLANNED, item=record.item) for record in ready])
        unread += len(batch) - len(ready)
    run.say("")
    await run.create(_records(run, positions, State.PLANNED))
    return len(missing) - unread


def _records(run: Run, positions: AbstractSet[int], *states: State) -> Iterator[Record]:
    return (record for record in run.journal.records(*states) if record.position in positions)


async def _leave(run: Run, done: Settled, reason: str) -> Settled:
    """Leave the rest unknown, with the reason."""
    records = run.journal.records(State.UNKNOWN, State.SENT)
    count = 0
    while batch := list(islice(records, _BATCH)):
        await run.record([_left(record, reason) for record in batch])
        count += len(batch)
    return done._replace(unknown=count, reason=reason if count else None)


def _left(record: Record, reason: str) -> Change:
    if record.item is None:
        # Its content comes with the next reading of the input.
        return Change(record.position, State.SENT, reason=_UNREAD)
    return Change(record.position, State.UNKNOWN, reason=reason, item=record.item)
