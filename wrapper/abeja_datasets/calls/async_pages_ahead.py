"""Loading the next page while the caller works on another: in a task."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Final

from abeja_datasets.calls.exchange import Result
from abeja_datasets.operations import Call
from abeja_datasets.transports.async_places import cancelled_with_their_loop

_TURNS_TO_SEND: Final = 8
"""Turns of the event loop in which a request goes out, over httpx and over aiohttp."""


class AsyncAhead:
    """Sends one call ahead. A task that nobody waits for any more is cancelled.

    Args:
        send: sends a call.
    """

    def __init__(self, send: Callable[[Call], Awaitable[Result]]) -> None:
        self._send = send
        self._call: Call | None = None
        self._task: asyncio.Task[Result] | None = None

    async def begin(self, call: Call) -> None:
        """Begin to send a call."""
        self._call, self._task = call, asyncio.get_running_loop().create_task(_awaited(self._send(call)))
        self._task.add_done_callback(_look_at)
        cancelled_with_their_loop.add(self._task)
        # A caller that computes, and awaits nothing, would hold the request back.
        for _ in range(_TURNS_TO_SEND):
            await asyncio.sleep(0)

    async def take(self, call: Call) -> Result:
        """Return the response to a call that was begun, or else send it.

        Raises:
            Error: of the call.
        """
        task = self._task
        if task is not None and call is self._call and _is_here(task):
            # If the caller is cancelled meanwhile, the task goes on, and the next step takes its response.
            await asyncio.wait([task])
            self._task = None
            if not task.cancelled():
                return task.result()
        await self.close()
        return await self._send(call)

    async def close(self) -> None:
        """End what is under way."""
        task, self._task = self._task, None
        if task is not None:
            _cancel(task)
            if _is_here(task):
                await asyncio.wait([task])

    def __del__(self) -> None:
        if self._task is not None:
            _cancel(self._task)

    def __reduce__(self) -> "tuple[type[AsyncAhead], tuple[Callable[[Call], Awaitable[Result]]]]":
        return AsyncAhead, (self._send,)


def _is_here(task: "asyncio.Task[Result]") -> bool:
    return task.get_loop() is asyncio.get_running_loop()


async def _awaited(result: Awaitable[Result]) -> Result:
    return await result


def _look_at(task: "asyncio.Task[Result]") -> None:
    """Take note of a task's error, which asyncio would else log where nobody takes it."""
    if not task.cancelled():
        task.exception()


def _cancel(task: "asyncio.Task[Result]") -> None:
    # Garbage may be collected in any thread, and after the loop was closed.
    with contextlib.suppress(RuntimeError):
        task.get_loop().call_soon_threadsafe(task.cancel)
