"""Work that Ctrl-C ends at once, and that leaves nothing to resume."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from abeja_datasets_loading.running.synchronous import interrupts

_Result = TypeVar("_Result")


async def interruptible(work: Coroutine[Any, Any, _Result]) -> _Result:
    """Return what a coroutine returns; the first SIGINT or SIGTERM cancels it.

    Raises:
        KeyboardInterrupt: there was such a signal.
    """
    task = asyncio.ensure_future(work)
    with interrupts() as heard:
        heard.attach(asyncio.get_running_loop(), task.cancel, task.cancel)
        try:
            return await task
        except asyncio.CancelledError:
            if heard.signal is None:
                raise
            raise KeyboardInterrupt from None
        finally:
            task.cancel()
