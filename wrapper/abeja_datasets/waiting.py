"""Waiting between the attempts of a call: the one place of the library that sleeps."""

import asyncio
import time


def wait(seconds: float) -> None:
    """Wait, while the thread does nothing."""
    time.sleep(seconds)


async def wait_async(seconds: float) -> None:
    """Wait, while other tasks of the event loop go on."""
    await asyncio.sleep(seconds)
