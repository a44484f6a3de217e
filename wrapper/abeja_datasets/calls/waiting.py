"""Waiting between the attempts of a call: the one place of the library that sleeps."""

import time


def wait(seconds: float) -> None:
    """Wait, while the thread does nothing."""
    time.sleep(seconds)


async def wait_async(seconds: float) -> None:
    """Wait, while other tasks of the event loop go on."""
    import asyncio  # a program without an event loop needs none of it

    await asyncio.sleep(seconds)
