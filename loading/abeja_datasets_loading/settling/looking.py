"""Looking at a dataset for unknown inputs, and the reasons not to rely on what is seen."""

import asyncio
from collections.abc import Sized
from typing import TYPE_CHECKING, NamedTuple, Protocol

from abeja_datasets_loading.journal.records import State
from abeja_datasets_loading.settling.baseline import IdRanges
from abeja_datasets_loading.settling.listing import BEHIND, Reader, iter_pages, pause, total_count
from abeja_datasets_loading.settling.marker import find_marked, marker_of
from abeja_datasets_loading.settling.matching import Matcher, Settlement
from abeja_datasets_loading.settling.unknowns import Kept, Unknowns

if TYPE_CHECKING:
    from abeja_datasets import AsyncAPIClient

_BATCH = 1000


class Place(Protocol):
    """The dataset of a run, and what the run knows of it."""

    @property
    def client(self) -> "AsyncAPIClient":
        """Sends the requests."""

    @property
    def organization_id(self) -> str | int:
        """The owner of the dataset."""

    @property
    def dataset_id(self) -> str | int:
        """The dataset."""

    @property
    def journal(self) -> Kept:
        """What is known of each input."""

    @property
    def marker(self) -> str | None:
        """The key of the attribute that holds `RUN-INDEX`."""

    @property
    def distrust(self) -> str | None:
        """Why the content of items can't be compared with what was sent; None while it can."""

    @property
    def stopping(self) -> asyncio.Event:
        """Set when the run is to stop."""

    @property
    def max_outage(self) -> float:
        """Seconds for which a request is repeated while the server can't be used."""

    def say(self, note: str) -> None:
        """Show what the run is waiting for; an empty note ends it."""


class Look(NamedTuple):
    """What a look at the dataset showed."""

    settlement: Settlement
    doubt: str | None = None
    """Why the settlement can't be relied on."""


async def look(place: Place, unknown: Unknowns) -> Look:
    """Return which unknown inputs the dataset has: by `q` where there is a marker, and else by a list of all items.

    Raises:
        Error: a request failed for good.
        Stopped: the run is stopping.
    """
    reader = Reader(place.client, place.organization_id, place.dataset_id, place.stopping, place.max_outage, place.say)
    if place.marker is None:
        return await _listed(place, reader, unknown)
    positions = sorted(position for group in unknown.positions.values() for position in group)
    found = await find_marked(reader, place.marker, place.journal.run_id, positions)
    rest = unknown.without(found)
    if not rest.count:
        return Look(Settlement(found, [], 0))
    listed, doubt = await _listed(place, reader, rest, is_marked=bool(found))
    return Look(listed._replace(created={**listed.created, **found}), doubt)


async def _listed(place: Place, reader: Reader, unknown: Unknowns, *, is_marked: bool = False) -> Look:
    created = await _created_ids(place.journal)
    baseline = IdRanges.from_json(place.journal.baseline)
    for seconds in (*BEHIND, None):
        matcher = Matcher(unknown.positions, baseline, created, unknown.key)
        # Counted first: what others create meanwhile only makes the list longer.
        count = await total_count(reader)
        marks = await _read_list(place, reader, matcher)
        lack = _lack(matcher, created, count)
        if lack is None or seconds is None:
            break
        place.say(f"waits {seconds:.0f} s, since {lack}")
        await pause(seconds, reader.stopping)
    settlement = matcher.settlement()
    return Look(settlement, lack or _doubt(place, settlement, matcher.recorded, marks + is_marked))


async def _read_list(place: Place, reader: Reader, matcher: Matcher) -> int:
    """Show the whole list to a matcher; return how many items have a marker of the run."""
    marker, run_id = place.marker, place.journal.run_id
    marks = 0
    async for page in iter_pages(reader):
        for item in page:
            matcher.add(item)
            marks += marker is not None and marker_of(item, marker, run_id) is not None
    return marks


def _lack(matcher: Matcher, created: Sized, count: int | None) -> str | None:
    """Return what the list lacks, which must have it."""
    if matcher.recorded < len(created):
        return (
            f"the list of items lacks {len(created) - matcher.recorded:,} of those that this journal created: "
            "it is behind, or somebody deleted them"
        )
    listed = len(matcher.listed)
    if count is not None and listed < count:
        return f"the list has {listed:,} items, and total_count of the dataset is {count:,}"
    return None


def _doubt(place: Place, settlement: Settlement, recorded: int, marks: int) -> str | None:
    """Return why a complete list does not settle what is unknown."""
    if place.marker is not None:
        if marks < recorded or (not marks and (settlement.unexplained or place.distrust)):
            return f"the dataset has items without the marker {place.marker} that may be those of this run"
        return None
    if settlement.unexplained:
        return (
            f"{settlement.unexplained:,} items of the dataset are neither those of this run nor were they there before "
            "it: somebody else writes to the dataset, or the server changes what it stores"
        )
    return place.distrust


async def _created_ids(journal: Kept) -> IdRanges:
    ids = IdRanges()
    for number, record in enumerate(journal.records(State.DONE)):
        if record.item_id is not None:
            ids.add(record.item_id)
        if number % _BATCH == 0:
            await asyncio.sleep(0)
    return ids
