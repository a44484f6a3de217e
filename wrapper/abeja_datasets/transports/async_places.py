"""Where connections belong with asyncio: to an event loop of a process. Each has a transport of its own."""

import asyncio
import os
from collections.abc import AsyncGenerator
from typing import NamedTuple

from abeja_datasets.transports.choice import AsyncChoice
from abeja_datasets.transports.wire import AsyncTransport

_Key = tuple[int, asyncio.AbstractEventLoop]


class AsyncPlace(NamedTuple):
    """An event loop in a process."""

    transport: AsyncTransport
    lock: asyncio.Lock
    """For what only one task may do at a time."""


class AsyncPlaces:
    """One transport for each event loop of each process."""

    def __init__(self, choice: AsyncChoice) -> None:
        self._choice = choice
        self._open: dict[_Key, AsyncPlace] = {}
        self._guards: dict[_Key, AsyncGenerator[None]] = {}

    def found(self) -> AsyncPlace | None:
        """Return the running loop's place, if it has one."""
        key = (os.getpid(), asyncio.get_running_loop())
        return self._open.get(key)

    async def make(self) -> AsyncPlace:
        """Make the running loop's place; a task that comes meanwhile gets the same one."""
        key = (os.getpid(), asyncio.get_running_loop())
        if not self._choice.is_prepared:
            # Importing an HTTP library and reading certificates would hold the event loop.
            await asyncio.to_thread(self._choice.prepare)
        if place := self._open.get(key):
            return place
        place = self._open[key] = AsyncPlace(self._choice.open(), asyncio.Lock())
        # A loop's end (asyncio.run, Runner) closes the async generators that are under way in it, and this one's
        # end closes the transport: so a client that outlives its loop leaves no open connections behind.
        self._guards[key] = guard = self._close_at_end(key)
        await anext(guard)
        return place

    async def _close_at_end(self, key: _Key) -> AsyncGenerator[None]:
        try:
            yield
        finally:
            self._guards.pop(key, None)
            if place := self._open.pop(key, None):
                await place.transport.close()

    async def close(self) -> None:
        """Close the running loop's transport; those of other loops close with their loops."""
        if guard := self._guards.get((os.getpid(), asyncio.get_running_loop())):
            await guard.aclose()
