"""Listing a dataset patiently: page by page in constant memory, through failures that pass."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from abeja_datasets.exceptions import ConnectionFailed, Error, HttpError, InvalidResponse

if TYPE_CHECKING:
    from abeja_datasets import AsyncAPIClient

PAGE_SIZE = 500
"""Items of a page: half of what the API allows, since items may be large."""

MAX_OUTAGE = 900.0
"""Seconds for which a request is repeated while the server can't be used."""

BEHIND = (1.0, 2.0, 4.0, 8.0)
"""Seconds to wait, in turn, while a list is behind. After the last of them it counts as it is."""

_RETRIES = 2
_LONGEST_WAIT = 30.0
_UNUSABLE = 3
_TIMEOUT, _TOO_MANY, _SERVER_ERROR = 408, 429, 500

_Result = TypeVar("_Result")


class Stopped(Exception):
    """The run is to stop. What it was doing is not complete."""


class Reader(NamedTuple):
    """The dataset to read, and when to give up."""

    client: "AsyncAPIClient"
    organization_id: str | int
    dataset_id: str | int
    stopping: asyncio.Event | None = None
    """Set to end the reading."""
    max_outage: float = MAX_OUTAGE
    say: "Callable[[str], None] | None" = None
    """Shows a note to the user; an empty one ends it."""


class Ids(Protocol):
    """A set of ids that is counted."""

    def add(self, value: object) -> bool: ...  # noqa: D102 - as of a set, but it returns whether the id is new
    def __len__(self) -> int: ...


async def iter_pages(reader: Reader, *, q: str | None = None) -> AsyncIterator[list[dict[str, Any]]]:
    """Iterate over the items of a dataset, or those that match a query, in lists of some hundred.

    Raises:
        Error: a request failed for good, or for `max_outage` seconds. `InvalidResponse`, too, where an item has no id.
        Stopped: the reader is stopping.
    """
    view = reader.client.with_options(max_retry_count=_RETRIES)
    entries = view.iter_dataset_items(reader.organization_id, reader.dataset_id, {"limit": PAGE_SIZE, "q": q})
    page: list[dict[str, Any]] = []

    async def load() -> None:
        # The iterator goes on after an error, and so does what is loaded already.
        async for item in entries:
            page.append(item)
            if len(page) == PAGE_SIZE:
                break

    while True:
        await repeated(load, reader)
        if not page:
            return
        for item in page:
            _check(item)
        yield page
        page = []


async def total_count(reader: Reader) -> int | None:
    """Return the number of items that the server counts in the dataset; None where it does not say.

    Raises:
        Error: see `iter_pages`. `NotFound` where there is no such dataset.
        Stopped: the reader is stopping.
    """
    view = reader.client.with_options(max_retry_count=_RETRIES)
    # The client returns what the server sends, whatever that is.
    dataset: Any = await repeated(lambda: view.get_dataset(reader.organization_id, reader.dataset_id), reader)
    count = dataset.get("total_count") if isinstance(dataset, dict) else None
    return count if type(count) is int else None


async def list_ids(reader: Reader, ids: Ids) -> None:
    """Add the ids of all items of a dataset to a set.

    A list may be behind the dataset. While it has fewer items than the server counts it is loaded again, a few times.

    Raises:
        Error: see `iter_pages`.
        Stopped: the reader is stopping.
    """
    for seconds in (*BEHIND, None):
        # Counted first: what is created meanwhile only makes the list longer.
        count = await total_count(reader)
        async for page in iter_pages(reader):
            for item in page:
                ids.add(item["dataset_item_id"])
        if count is None or len(ids) >= count or seconds is None:
            return
        await pause(seconds, reader.stopping)


async def repeated(call: Callable[[], Awaitable[_Result]], reader: Reader) -> _Result:
    """Return what a call returns. While it fails for a moment it is repeated, with growing delays.

    Raises:
        Error: see `iter_pages`.
        Stopped: the reader is stopping.
    """
    clock = asyncio.get_running_loop().time
    end, failures = clock() + reader.max_outage, 0
    while True:
        if reader.stopping is not None and reader.stopping.is_set():
            raise Stopped
        try:
            result = await call()
        except Error as error:
            failures += 1
            seconds = _delay(error, failures)
            if seconds is None or clock() + seconds > end:
                raise
            if reader.say is not None:
                reader.say(f"waits, since the server can't be used ({error}); tries again in {seconds:.1f} s")
        else:
            if failures and reader.say is not None:
                reader.say("")
            return result
        await pause(seconds, reader.stopping)


async def pause(seconds: float, stopping: asyncio.Event | None) -> None:
    """Wait.

    Raises:
        Stopped: `stopping` is set, now or meanwhile.
    """
    if stopping is None:
        await asyncio.sleep(seconds)
        return
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stopping.wait()
    if stopping.is_set():
        raise Stopped


def _check(item: object) -> None:
    item_id = item.get("dataset_item_id") if isinstance(item, dict) else None
    if isinstance(item_id, bool) or not isinstance(item_id, int | str):
        raise InvalidResponse("the list of items has an item without a dataset_item_id")


def _delay(error: Error, failures: int) -> float | None:
    """Return the seconds to wait after a failure; None where repeating is of no use."""
    if isinstance(error, HttpError):
        status = error.status_code or 0
        if status not in (_TIMEOUT, _TOO_MANY) and status < _SERVER_ERROR:
            return None
    elif isinstance(error, InvalidResponse):
        if failures >= _UNUSABLE:
            return None
    elif not isinstance(error, ConnectionFailed):
        return None
    asked = getattr(error, "retry_after", None) or 0.0
    return float(asked) + random.uniform(0, min(_LONGEST_WAIT, 2.0**failures))  # noqa: S311 - jitter is no secret
