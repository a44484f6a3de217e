"""Outages of the server: no connection can be made, or nothing succeeds. Requests wait, but for one now and then."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

from abeja_datasets.exceptions import Error
from abeja_datasets_loading.journal.writer import BLOCK, Writer
from abeja_datasets_loading.sending.actions import Action
from abeja_datasets_loading.sending.budget import Outage
from abeja_datasets_loading.sending.concurrency import Limit
from abeja_datasets_loading.sending.job_queue import Queue

J = TypeVar("J")

_MISSES: Final = 3
"""Failures to connect in a row, of any requests, that are an outage."""
_FAILURES: Final = 20
"""Failures of any kind in a row, after which requests are sent one at a time."""


class Outages(Generic[J]):
    """Holds jobs back while the server can't be used.

    Args:
        queue: the jobs.
        action: what to do with a job.
        writer: of the journal.
        limit: of the requests at once.
        attempt: sends a job once.
        resumed: called when requests may begin again.
        max_outage: seconds without any success after which to stop.
        say: shows a note to the user; an empty one ends it.
        stop: stops the run, given why, and the error.
        ended: called when the task that tries the server has ended.
        clock: seconds, monotonic.

    Attributes:
        failures: how many requests failed in a row.
        progressed: when the last request that succeeded started, or when it was due.
        probe: the task that tries the server.
    """

    def __init__(
        self,
        queue: Queue[J],
        action: Action[J],
        writer: Writer,
        limit: Limit,
        *,
        attempt: Callable[[J], Awaitable[None]],
        resumed: Callable[[], None],
        max_outage: float,
        say: Callable[[str], None],
        stop: Callable[[str, BaseException | None], None],
        ended: Callable[["asyncio.Task[None]"], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.failures = 0
        self.progressed = clock()
        self.probe: asyncio.Task[None] | None = None
        self._queue = queue
        self._action = action
        self._writer = writer
        self._limit = limit
        self._attempt = attempt
        self._resumed = resumed
        self._max_outage = max_outage
        self._say = say
        self._stop = stop
        self._ended = ended
        self._clock = clock
        self._outage = Outage(max_outage, clock)
        self._misses = 0

    def reached(self) -> None:
        """Note that the server responded as it should."""
        self.failures = self._misses = 0
        if not self._queue.calm.is_set():
            self._outage.ended()
            self._limit.restart()
            self.progressed = self._clock()
            self._queue.calm.set()

    async def missed(self, job: J, error: Error) -> bool:
        """Take a job for which no connection could be made; return whether to send it again soon."""
        self._misses += 1
        self.failures += 1
        if self._queue.calm.is_set() and self._misses < _MISSES:
            return True
        await self.hold_back(job)
        if self._queue.calm.is_set():
            await self._pause(error)
        return False

    async def failed(self, error: Error, *, is_sign: bool) -> None:
        """Take another failure than that of a connection; pause after many in a row that are a sign of an outage."""
        self._misses = 0
        self.failures += is_sign
        if self._clock() - self.progressed > self._max_outage and not self._outage.is_on:
            self._stop(f"nothing succeeded for {self._max_outage:g} s; the last failure: {error}", error)
        if self.failures >= max(_FAILURES, self._limit.value) and self._queue.calm.is_set():
            await self._pause(error)

    async def hold_back(self, *jobs: J) -> None:
        """Record jobs as planned, and keep them until the server is back."""
        for job in jobs:
            self._action.planned(job, 0)
        self._queue.held_back.extend(jobs)
        await self._writer.call(lambda: None)

    async def _pause(self, error: Error) -> None:
        """Begin no more requests, but for one at growing intervals; where the run stops, none begins anyway."""
        queue = self._queue
        if queue.stopped.is_set():  # nobody would end the pause, and the feeder would wait for ever
            return
        queue.calm.clear()
        jobs = list(queue.ready)
        queue.ready.clear()
        await self.hold_back(*jobs)
        self.probe = asyncio.create_task(self._probing(error))
        self.probe.add_done_callback(self._ended)

    async def _probing(self, error: Error) -> None:
        """Send one job at a time until one succeeds, or it took too long."""
        outage, reason, queue = self._outage, str(error), self._queue
        while not (queue.calm.is_set() or queue.stopped.is_set()):
            seconds = outage.failed()
            if outage.is_over_limit:
                self._stop(f"the server can't be used for {outage.seconds:.0f} s: {reason}", error)
                return
            self._say(f"pauses, since the server can't be used ({reason}); tries again in {seconds:.1f} s")
            await queue.sleep(seconds, queue.calm)
            if not (queue.stopped.is_set() or queue.calm.is_set()):
                await self._try()
        if not queue.stopped.is_set():
            await self._resume()

    async def _try(self) -> None:
        """Send one of the jobs that were held back."""
        queue = self._queue
        if queue.held_back:
            job = queue.held_back.popleft()  # another one each time: this one may be what fails
            await queue.mark_sent([job])
            await self._attempt(job)
        elif not self._writer.is_busy:  # no request is under way, and there is none to try with
            self.reached()

    async def _resume(self) -> None:
        queue = self._queue
        self._say("")
        while queue.held_back:
            jobs = [queue.held_back.popleft() for _ in range(min(BLOCK, len(queue.held_back)))]
            await queue.mark_sent(jobs)
            queue.put(jobs)
        queue.work.set()
        self._resumed()
