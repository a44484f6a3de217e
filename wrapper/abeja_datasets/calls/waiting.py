"""Waiting between the attempts of a call: the one place of the library that sleeps."""

import contextlib
import time
from _thread import allocate_lock
from contextvars import ContextVar
from typing import Final


class Stop:
    """Ends the waits of a call in another thread, which then is not sent again.

    A destructor may end them too, in any thread and at any moment. An event of `threading` could then wait for itself.
    """

    def __init__(self) -> None:
        self._lock = allocate_lock()
        self._lock.acquire()
        self.is_over = False

    def now(self) -> None:
        """End them."""
        self.is_over = True
        with contextlib.suppress(RuntimeError):  # it was released before
            self._lock.release()

    def wait(self, seconds: float) -> None:
        """Wait, unless it is over."""
        self._lock.acquire(timeout=seconds)


stop: Final[ContextVar[Stop | None]] = ContextVar("stop", default=None)
"""What ends the waits of this thread; None where nothing does."""


def is_over() -> bool:
    """Return whether nobody waits for the call of this thread any more."""
    stopping = stop.get()
    return stopping is not None and stopping.is_over


def wait(seconds: float) -> None:
    """Wait, while the thread does nothing."""
    stopping = stop.get()
    if stopping is None:
        time.sleep(seconds)
    else:
        stopping.wait(seconds)


async def wait_async(seconds: float) -> None:
    """Wait, while other tasks of the event loop go on."""
    import asyncio  # a program without an event loop needs none of it

    await asyncio.sleep(seconds)
