"""Tasks of asyncio: some that are ended, and one that works ahead."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from typing import Any, TypeVar

T = TypeVar("T")


async def ahead(blocks: AsyncIterable[T]) -> AsyncIterator[T]:
    """Iterate over blocks, the next of which is made while one is used."""
    rest = aiter(blocks)
    following = asyncio.ensure_future(anext(rest, None))
    try:
        while (block := await following) is not None:
            following = asyncio.ensure_future(anext(rest, None))
            yield block
    finally:
        await cancel(following)


async def cancel(*tasks: "asyncio.Task[Any] | None") -> None:
    """End tasks, and wait until they have ended."""
    running = [task for task in tasks if task is not None and not task.done()]
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
