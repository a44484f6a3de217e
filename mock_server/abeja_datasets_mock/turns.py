"""Long work in turns with other requests: a generator that yields often runs a few milliseconds at a time."""

import asyncio
import contextlib
import gc
import time
from collections.abc import Generator, Iterator
from typing import Final, TypeVar

TURN = 0.005
"""Seconds of work before other requests have their turn."""

_FROZEN_BY_A_PROGRAM: Final = 1_000
"""Objects that are frozen where a program has called `gc.freeze`. Python 3.12 itself freezes hundreds as it starts."""

_Result = TypeVar("_Result")
_holders = 0


async def in_turns(steps: Generator[None, None, _Result]) -> _Result:
    """Run a generator to its end, and return its result; other requests have a turn every `TURN` seconds."""
    while True:
        end = time.perf_counter() + TURN
        try:
            while time.perf_counter() < end:
                next(steps)
        except StopIteration as stop:
            if time.perf_counter() >= end:
                # The last step was a long one, and the caller may go on with another.
                await asyncio.sleep(0)
            return stop.value  # type: ignore[no-any-return]  # the generator's own type
        await asyncio.sleep(0)


def at_once(steps: Generator[None, None, _Result]) -> _Result:
    """Run a generator to its end, and return its result; other requests wait."""
    try:
        while True:
            next(steps)
    except StopIteration as stop:
        return stop.value  # type: ignore[no-any-return]  # the generator's own type


@contextlib.contextmanager
def without_collection() -> Iterator[None]:
    """Suspend garbage collection, which would hold the process for long while millions of objects are made."""
    global _holders  # noqa: PLW0603 - the collector is the process's
    _holders += 1
    gc.disable()
    try:
        yield
    finally:
        _holders -= 1
        if not _holders:
            if gc.get_freeze_count() < _FROZEN_BY_A_PROGRAM:
                # What was made meanwhile counts as old from now on. To go through it would take long at once, too.
                gc.freeze()
                gc.unfreeze()
            gc.enable()
