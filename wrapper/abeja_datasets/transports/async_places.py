"""Where connections belong with asyncio: to an event loop of a process. Each has a transport of its own."""

import asyncio
import contextlib
import os
import threading
import weakref
from typing import Any, Final, NamedTuple

from abeja_datasets.transports.choice import AsyncChoice
from abeja_datasets.transports.wire import AsyncTransport

_Key = tuple[int, asyncio.AbstractEventLoop]

_under_way: Final[set[asyncio.Task[None]]] = set()
"""An event loop alone does not keep its tasks."""

cancelled_with_their_loop: Final["weakref.WeakSet[asyncio.Task[Any]]"] = weakref.WeakSet()
"""Tasks that load what nobody may ever ask for. Python would report one that is pending when its loop is closed."""

_inherited: Final[list[object]] = []
"""What a parent has open. In a forked child it must not be collected: that would end what the parent still uses."""


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
        # Programs that never close their client leave no open connections behind either.
        weakref.finalize(self, _abandon, self._open).atexit = False

    def found(self) -> AsyncPlace | None:
        """Return the running loop's place, if it has one."""
        return self._open.get(_key())

    async def make(self) -> AsyncPlace:
        """Make the running loop's place; a task that comes meanwhile gets the same one."""
        key = _key()
        if not self._choice.is_prepared:
            # Importing an HTTP library and reading certificates would hold the event loop.
            await asyncio.to_thread(self._choice.prepare)
        if place := self._open.get(key):
            return place
        place = self._open[key] = AsyncPlace(self._choice.open(), asyncio.Lock())
        _close_before(key[1], self._open)
        return place

    async def close(self) -> None:
        """Close the running loop's transport; those of other loops close with their loops."""
        await _close(self._open, _key())


def _key() -> _Key:
    try:
        return os.getpid(), asyncio.get_running_loop()
    except RuntimeError as error:
        raise RuntimeError(
            "AsyncAPIClient needs a running event loop of asyncio, and there is none here: call it in asyncio.run(…), "
            "not from trio or plain code, or use APIClient"
        ) from error


async def _close(places: dict[_Key, AsyncPlace], key: _Key) -> None:
    if place := places.pop(key, None):
        try:
            await place.transport.close()
        finally:
            closing = key[1].close
            if isinstance(closing, _Closing):
                closing.open.pop((key[0], id(places)), None)


def _close_before(loop: asyncio.AbstractEventLoop, places: dict[_Key, AsyncPlace]) -> None:
    """Close a loop's transport as the loop is closed, the last moment at which it can be.

    `asyncio.run` ends async generators before that, but who runs a loop by hand need not.
    """
    closing = loop.close if isinstance(loop.close, _Closing) else _Closing(loop)
    closing.open[os.getpid(), id(places)] = places
    with contextlib.suppress(AttributeError):  # a loop without attributes of its own
        loop.close = closing  # type: ignore[method-assign]


class _Closing:
    """Stands for the `close` of an event loop, and closes the transports in it before.

    Args:
        loop: the event loop.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._close = loop.close
        self.open: dict[tuple[int, int], dict[_Key, AsyncPlace]] = {}
        """By the process and the identity of what a client has open."""

    def __call__(self) -> None:
        try:
            if self._has_work() and not self._loop.is_running() and not self._loop.is_closed():
                self._run()
        finally:
            self._close()

    def _has_work(self) -> bool:
        # A loop that is closed in a forked child has its parent's connections.
        return any(pid == os.getpid() for pid, *_ in self.open)

    def _run(self) -> None:
        work = threading.Thread(target=lambda: self._loop.run_until_complete(self._close_all()))
        if asyncio._get_running_loop() is None:  # noqa: SLF001 - the public function raises
            work.run()
        else:  # a thread can run one loop alone
            work.start()
            work.join()

    async def _close_all(self) -> None:
        unasked = [task for task in list(cancelled_with_their_loop) if task.get_loop() is self._loop]
        for task in unasked:
            task.cancel()
        await asyncio.gather(*unasked, return_exceptions=True)
        for (pid, _), places in list(self.open.items()):
            if pid == os.getpid():
                await _close(places, (pid, self._loop))
        await asyncio.gather(*(task for task in list(_under_way) if task.get_loop() is self._loop))
        # What closing has put off to the loop's next turn.
        await asyncio.sleep(0)


def _abandon(places: dict[_Key, AsyncPlace]) -> None:
    """Close the transports of a client that nobody has closed, each in its loop."""
    for pid, loop in list(places):
        if pid != os.getpid():
            _inherited.append(places)
        elif not loop.is_closed():
            loop.call_soon_threadsafe(_begin_closing, places, (pid, loop))


def _begin_closing(places: dict[_Key, AsyncPlace], key: _Key) -> None:
    task = key[1].create_task(_close(places, key))
    _under_way.add(task)
    task.add_done_callback(_under_way.discard)
