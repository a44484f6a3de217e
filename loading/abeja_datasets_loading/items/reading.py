"""Reading the input: lazily, in a thread of its own, and never further ahead than memory allows."""

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterable, Callable, Iterable
from typing import Any, Final, NamedTuple

from abeja_datasets_loading.items.items import Prepared

MOST_ITEMS: Final = 2000
"""Items in memory at once."""
MOST_BYTES: Final = 64 << 20
"""Bytes of items in memory at once, as JSON; a larger item is alone."""
_BLOCK: Final = 1024
_GATHER: Final = 0.002
"""Seconds in which more items may come, once there is one."""


class Refused(NamedTuple):
    """An input item that can't be sent."""

    position: int
    reason: str
    item: str
    """The item as JSON, as far as JSON can hold it."""
    fingerprint: bytes
    """As of the same item where it can be sent; `NO_FINGERPRINT` where it never can."""


Entry = Prepared | Refused
Prepare = Callable[[int, Any], Entry | None]
"""Makes the entry of an item, given its position; None where nothing is left to do for the item."""


def size_of(entry: Entry) -> int:
    """Return the bytes that an entry takes in memory, about."""
    return len(entry.text) if isinstance(entry, Prepared) else len(entry.item)


class Reader:
    """An input that is read ahead. `blocks` is taken by one task of an event loop.

    Args:
        items: any iterable; a sync one is read in a thread, which ends with the program.
        prepare: makes the entries.

    Attributes:
        read: how many items were read.
        failure: what the iterable raised; what was read before it is valid.
    """

    def __init__(self, items: Iterable[Any] | AsyncIterable[Any], prepare: Prepare) -> None:
        self._items = items
        self._prepare = prepare
        self._entries: deque[Entry] = deque()
        self._bytes_read = self._bytes_done = 0
        self._items_done = self._items_skipped = 0
        self._more = asyncio.Event()
        self._room = threading.Event()
        self._async_room = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._ended = self._stopping = False
        self._is_awaited = True
        self._task: asyncio.Task[None] | None = None
        self.read = 0
        self.failure: BaseException | None = None

    def start(self) -> None:
        """Begin to read."""
        if isinstance(self._items, AsyncIterable):
            self._task = self._loop.create_task(self._read_async(self._items))
        else:
            threading.Thread(target=self._read_sync, args=(self._items,), name="input", daemon=True).start()

    async def next_block(self) -> list[Entry]:
        """Return the next entries, at least one, of items in a row; none at the end of the input, or after `stop`."""
        while not (self._entries or self._ended or self._stopping):
            self._is_awaited = True
            if self._entries or self._ended:
                break
            await self._more.wait()
            self._more.clear()
        if not self._ended and len(self._entries) < _BLOCK and not self._stopping:
            await asyncio.sleep(_GATHER)
        self._is_awaited = False
        return [] if self._stopping else self._taken()

    @property
    def has_ended(self) -> bool:
        """Whether all of the input was read."""
        return self._ended and self.failure is None and not self._stopping and not self._entries

    def done(self, items: int, size: int) -> None:
        """Count entries that are no longer in memory.

        Args:
            items: how many.
            size: the bytes of their texts.
        """
        self._items_done += items
        self._bytes_done += size
        if not self._room.is_set() and self._is_below(0.75):
            self._room.set()
            self._async_room.set()

    def stop(self) -> None:
        """Read no more. An iterable that blocks is left behind."""
        self._stopping = True
        self._room.set()
        self._more.set()
        if self._task is not None:
            self._task.cancel()

    async def close(self) -> None:
        """Stop, and wait for an async iterable to end."""
        self.stop()
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    def _taken(self) -> list[Entry]:
        """Take entries until a position is missing, since the item has no entry."""
        entries, count = self._entries, min(_BLOCK, len(self._entries))
        while count and entries[count - 1].position - entries[0].position != count - 1:
            count -= 1
        return [entries.popleft() for _ in range(count)]

    def _is_below(self, part: float) -> bool:
        items, size = self.read - self._items_skipped - self._items_done, self._bytes_read - self._bytes_done
        return items == 0 or (items < part * MOST_ITEMS and size < part * MOST_BYTES)

    def _add(self, item: Any) -> bool:
        """Prepare an item; return whether it has an entry."""
        entry = self._prepare(self.read, item)
        self.read += 1
        if entry is None:
            self._items_skipped += 1
            return False
        self._bytes_read += size_of(entry)
        self._entries.append(entry)
        return True

    def _read_sync(self, items: Iterable[Any]) -> None:
        try:
            for item in items:
                if self._stopping:
                    break
                if self._add(item) and self._is_awaited:
                    self._is_awaited = False
                    self._tell(self._more.set)
                while not (self._is_below(1) or self._stopping):
                    self._room.clear()
                    if not (self._is_below(1) or self._stopping):
                        self._room.wait()
        except BaseException as error:  # noqa: BLE001 - it is raised where the run ends
            self.failure = error
        self._ended = True
        self._tell(self._more.set)

    async def _read_async(self, items: AsyncIterable[Any]) -> None:
        try:
            async for item in items:
                if self._add(item):
                    self._more.set()
                elif not self._items_skipped % _BLOCK:
                    await asyncio.sleep(0)  # an iterable that has its items at hand would hold the event loop
                while not self._is_below(1):
                    self._room.clear()
                    self._async_room.clear()
                    await self._async_room.wait()
        except asyncio.CancelledError:
            if not self._stopping:
                raise
        except BaseException as error:  # noqa: BLE001 - it is raised where the run ends
            self.failure = error
        finally:
            self._ended = True
            self._more.set()

    def _tell(self, what: Callable[[], Any]) -> None:
        try:
            self._loop.call_soon_threadsafe(what)
        except RuntimeError:  # the run has ended, and its loop is closed
            self._stopping = True
