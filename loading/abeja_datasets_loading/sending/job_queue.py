"""The jobs of a run between its input and its requests."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

from abeja_datasets_loading.errors import JournalError
from abeja_datasets_loading.journal.writer import BLOCK, Writer

J = TypeVar("J")


class Queue(Generic[J]):
    """Jobs that are recorded as sent, and those that wait until they may be.

    Args:
        positions: returns the positions of the input items in a job.
        writer: of the journal.
        stop: stops the run, given why, and the error.

    Attributes:
        ready: jobs to send, each recorded as sent.
        held_back: jobs that are recorded as planned until an outage ends.
        delayed: how many jobs wait to be sent again.
        work: set where a worker has something to do, or to end for.
        room: set while more jobs may become ready.
        calm: set while there is no outage.
        stopped: set once no more requests may begin.
    """

    def __init__(
        self,
        positions: Callable[[J], Sequence[int]],
        writer: Writer,
        stop: Callable[[str, BaseException | None], None],
    ) -> None:
        self._positions = positions
        self._writer = writer
        self._stop = stop
        self._attempts: dict[int, int] = {}
        """Of jobs that were sent before, by position."""
        self.ready: deque[J] = deque()
        self.held_back: deque[J] = deque()
        self.delayed = 0
        self.work = asyncio.Event()
        self.room = asyncio.Event()
        self.calm = asyncio.Event()
        self.calm.set()
        self.stopped = asyncio.Event()

    def stop(self) -> None:
        """Wake all who wait, so that they end."""
        self.stopped.set()
        for event in (self.work, self.room, self.calm):
            event.set()

    async def mark_sent(self, jobs: Sequence[J]) -> None:
        """Record that jobs may leave; return when that is on disk.

        Raises:
            JournalError: it can't be written. The run stops.
        """
        positions = self._positions
        try:
            await self._writer.sent([position for job in jobs for position in positions(job)])
        except JournalError as error:
            self._stop(str(error), error)
            raise

    def put(self, jobs: Iterable[J]) -> None:
        """Add jobs behind the others."""
        self.ready.extend(jobs)
        self.work.set()

    def put_first(self, *jobs: J) -> None:
        """Add jobs before the others."""
        self.ready.extendleft(reversed(jobs))
        self.work.set()

    def take(self) -> J:
        """Return the first job; there is one."""
        ready = self.ready
        job = ready.popleft()
        if len(ready) < BLOCK:
            self.room.set()
        return job

    def was_sent(self, job: J) -> bool:
        """Return whether a job is sent again."""
        return self._positions(job)[0] in self._attempts

    def attempts_of(self, job: J) -> int:
        """Return how many times a job was sent, and forget it."""
        return 1 + (self._attempts.pop(self._positions(job)[0], 0) if self._attempts else 0)

    def keep_attempts(self, job: J, attempts: int) -> None:
        """Remember how many times a job was sent."""
        self._attempts[self._positions(job)[0]] = attempts

    async def sleep(self, seconds: float, until: asyncio.Event | None = None) -> None:
        """Sleep, but not longer than until the run stops, or something else happens."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await (until or self.stopped).wait()
