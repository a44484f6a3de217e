"""Sending the requests of a run: workers as many as the server can take, and pauses when it can't."""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Callable, Sequence
from typing import Any, Final, Generic, TypeVar

from abeja_datasets.exceptions import Error
from abeja_datasets_loading.errors import JournalError
from abeja_datasets_loading.journal.writer import BLOCK, Writer
from abeja_datasets_loading.sending.actions import Action
from abeja_datasets_loading.sending.budget import Outage, RetryBudget, Turns
from abeja_datasets_loading.sending.concurrency import Limit
from abeja_datasets_loading.sending.verdicts import Kind, Verdict, verdict

J = TypeVar("J")
T = TypeVar("T")

_MISSES: Final = 3
"""Failures to connect in a row, of any requests, that are an outage."""
_FAILURES: Final = 20
"""Failures of any kind in a row, after which requests are sent one at a time."""
_FIRST_DELAY: Final = 0.1
_LONGEST_DELAY: Final = 8.0


class Sending(Generic[J]):
    """Sends jobs until there are no more, or the run stops.

    Args:
        action: what to do with a job.
        writer: of the journal.
        concurrency: the most requests at once.
        rate: the most requests a second.
        max_outage: seconds without any success after which to stop.
        say: shows a note to the user; an empty one ends it.
        stop: stops the run, given why, and the error.

    Attributes:
        retries: how many requests were repeated.
        under_way: how many requests are under way.
    """

    def __init__(
        self,
        action: Action[J],
        writer: Writer,
        *,
        concurrency: int,
        rate: float | None,
        max_outage: float,
        say: Callable[[str], None],
        stop: Callable[[str, BaseException | None], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limit = Limit(concurrency, clock)
        self.retries = 0
        self.under_way = 0
        self._action = action
        self._writer = writer
        self._max_outage = max_outage
        self._say = say
        self._stop = stop
        self._clock = clock
        self._turns = Turns(rate, clock)
        self._budget = RetryBudget(clock)
        self._outage = Outage(max_outage, clock)
        self._ready: deque[J] = deque()
        self._held_back: list[J] = []
        """Jobs that are recorded as planned until an outage ends."""
        self._attempts: dict[int, int] = {}
        """Of jobs that were sent before, by position."""
        self._delayed = 0
        """How many jobs wait to be sent again."""
        self._failures = 0
        self._misses = 0
        self._progressed = clock()
        self._is_fed = False
        self._work = asyncio.Event()
        self._room = asyncio.Event()
        self._calm = asyncio.Event()
        """Set while there is no outage."""
        self._calm.set()
        self._stopped = asyncio.Event()
        self._finished = asyncio.Event()
        self._workers: set[asyncio.Task[None]] = set()
        self._probe: asyncio.Task[None] | None = None
        self._crash: BaseException | None = None

    async def run(self, blocks: AsyncIterable[Sequence[J]]) -> None:
        """Send all jobs, and return when none is under way.

        Args:
            blocks: the jobs; they are taken as there is room.
        """
        self._is_fed = False
        self._finished.clear()
        self._progressed = self._clock()
        feeder = asyncio.create_task(self._feed(blocks))
        feeder.add_done_callback(self._ended)
        try:
            await self._finished.wait()
            if self._crash is not None:
                raise self._crash  # noqa: TRY301 - the workers end before it is raised
        except BaseException:
            self._stopped.set()  # else others are hired for the workers that leave, and send
            raise
        finally:
            await _cancel(feeder, self._probe, *self._workers)
            self._give_back()

    def stop(self) -> None:
        """Begin no more requests; those under way end."""
        self._stopped.set()
        for event in (self._work, self._room, self._calm):
            event.set()
        self._check_finished()

    def _ended(self, task: "asyncio.Task[None]") -> None:
        """Note that a task ended, and why if it failed."""
        if not task.cancelled() and (error := task.exception()) is not None and self._crash is None:
            self._crash = error
            self.stop()
        self._check_finished()

    def _check_finished(self) -> None:
        is_busy = self._workers or not (self._probe is None or self._probe.done())
        if self._is_fed and not is_busy and (self._stopped.is_set() or not self._held_back):
            self._finished.set()

    # The feeder: jobs become ready once they are recorded as sent.

    async def _feed(self, blocks: AsyncIterable[Sequence[J]]) -> None:
        try:
            async for block in _ahead(blocks):
                for start in range(0, len(block), BLOCK):
                    await self._make_ready(block[start : start + BLOCK])
                if self._stopped.is_set():
                    break
        finally:
            self._is_fed = True
            self._work.set()

    async def _make_ready(self, jobs: Sequence[J]) -> None:
        while len(self._ready) >= max(BLOCK, self.limit.value) and not self._stopped.is_set():
            self._room.clear()
            await self._room.wait()
        await self._calm.wait()
        if self._stopped.is_set():
            return
        await self._mark_sent(jobs)
        if not self._calm.is_set():
            await self._hold_back(*jobs)
            return
        self._ready.extend(jobs)
        self._work.set()
        self._hire()

    async def _mark_sent(self, jobs: Sequence[J]) -> None:
        positions = self._action.positions
        try:
            await self._writer.sent([position for job in jobs for position in positions(job)])
        except JournalError as error:
            self._stop(str(error), error)
            raise

    # The workers: one request each at a time.

    def _hire(self) -> None:
        """Begin as many workers as the limit allows, and as there is work for."""
        while len(self._workers) < min(self.limit.value, len(self._ready)) and not self._stopped.is_set():
            worker = asyncio.create_task(self._worker())
            self._workers.add(worker)
            worker.add_done_callback(self._leave)

    def _leave(self, worker: "asyncio.Task[None]") -> None:
        self._workers.discard(worker)
        self._hire()  # workers that leave since the limit fell may be too many
        self._ended(worker)

    async def _worker(self) -> None:
        ready, limit = self._ready, self.limit
        while not self._stopped.is_set() and len(self._workers) <= limit.value:
            if not ready:
                if self._is_done():
                    self._work.set()
                    return
                self._work.clear()
                await self._work.wait()
                continue
            if not self._calm.is_set():
                await self._calm.wait()
                continue
            if not self._turns.is_free:
                await self._turn()
                if self._stopped.is_set() or not ready:
                    continue
            job = ready.popleft()
            if len(ready) < BLOCK:
                self._room.set()
            await self._attempt(job)
            if ready and len(self._workers) < limit.value:
                self._hire()

    def _is_done(self) -> bool:
        return self._is_fed and not (self.under_way or self._delayed or self._held_back or self._ready)

    async def _turn(self) -> None:
        """Wait until `Retry-After` is over, and for the next turn at the given rate."""
        while (seconds := self._turns.held()) and not self._stopped.is_set():
            await self._sleep(seconds)
        if (seconds := self._turns.turn()) and not self._stopped.is_set():
            await self._sleep(seconds)

    async def _attempt(self, job: J) -> None:
        """Send a job once, and do what follows."""
        action, clock = self._action, self._clock
        started = clock()
        self.under_way += 1
        self._writer.is_busy = True
        try:
            response = await action.send(job)
        except Error as error:
            await self._failed(job, error, started)
        except (TypeError, ValueError) as error:  # what can't be written as JSON; nothing was sent
            await self._refused(job, error)
        else:
            is_full = self.under_way >= self.limit.value
            action.succeeded(job, response, self._attempts_of(job), started)
            self.limit.succeeded(clock() - started, is_full=is_full)
            self._budget.succeeded()
            self._progressed = started
            if self._failures:
                self._reached()
        finally:
            self.under_way -= 1
            if not self.under_way:
                self._writer.is_busy = False
                if self._is_fed:
                    self._work.set()

    def _attempts_of(self, job: J) -> int:
        """Return how many times a job was sent, and forget it."""
        return 1 + (self._attempts.pop(self._action.positions(job)[0], 0) if self._attempts else 0)

    async def _failed(self, job: J, error: Error, started: float) -> None:
        found = verdict(error, idempotent=self._action.idempotent)
        if found.is_overload:
            self.limit.overloaded(started)
        if found.retry_after:
            self._hold(found.retry_after, error)
        if found.kind is Kind.STOP:
            self._action.planned(job, self._attempts_of(job))
            self._stop(str(error), error)
        elif found.kind is Kind.REFUSED:
            self._reached()
            await self._refused(job, error)
        elif found.kind is Kind.UNREACHABLE:
            await self._unreachable(job, error)
        else:
            await self._undecided(job, error, found)

    async def _refused(self, job: J, error: Exception) -> None:
        smaller = await self._action.refused(job, error, self._attempts_of(job))
        self._ready.extendleft(reversed(smaller))
        self._work.set()

    async def _undecided(self, job: J, error: Error, found: Verdict) -> None:
        """Send a job again that was not carried out, or record that it may have been."""
        if found.kind is Kind.UNKNOWN:
            self._action.unknown(job, error, self._attempts_of(job))
        self._misses = 0
        if not found.is_overload:
            self._failures += 1
        if self._clock() - self._progressed > self._max_outage and not self._outage.is_on:
            self._stop(f"nothing succeeded for {self._max_outage:g} s; the last failure: {error}", error)
        if self._failures >= max(_FAILURES, self.limit.value) and self._calm.is_set():
            await self._pause(error)
        if found.kind is Kind.AGAIN:
            await self._again(job)

    async def _again(self, job: J) -> None:
        """Send a job again, after a while, and as the budget for retries allows."""
        attempts = self._attempts_of(job)
        if self._stopped.is_set():
            self._action.planned(job, attempts)
            return
        self._attempts[self._action.positions(job)[0]] = attempts
        self.retries += 1
        self._delayed += 1
        bound = min(_LONGEST_DELAY, _FIRST_DELAY * 2.0 ** min(attempts, 10))
        await self._sleep(self._budget.take() + bound * (0.5 + _draw() / 2))
        self._delayed -= 1
        if self._stopped.is_set():
            self._action.planned(job, self._attempts_of(job) - 1)
        elif self._calm.is_set():
            self._ready.appendleft(job)
            self._work.set()
        else:
            await self._hold_back(job)

    def _hold(self, seconds: float, error: Error) -> None:
        if seconds > self._max_outage:
            self._stop(f"the server asks to wait {seconds:,.0f} s: {error}", error)
            return
        self._turns.hold(seconds)
        self._progressed = max(self._progressed, self._clock() + seconds)

    # Outages: no connection can be made, or nothing succeeds.

    async def _unreachable(self, job: J, error: Error) -> None:
        self._misses += 1
        self._failures += 1
        if self._calm.is_set() and self._misses < _MISSES:
            await self._again(job)
            return
        await self._hold_back(job)
        if self._calm.is_set():
            await self._pause(error)

    async def _hold_back(self, *jobs: J) -> None:
        """Record jobs as planned, and keep them until the server is back."""
        for job in jobs:
            self._action.planned(job, 0)
        self._held_back.extend(jobs)
        await self._writer.call(lambda: None)

    async def _pause(self, error: Error) -> None:
        """Begin no more requests, but for one at growing intervals."""
        self._calm.clear()
        jobs = list(self._ready)
        self._ready.clear()
        await self._hold_back(*jobs)
        self._probe = asyncio.create_task(self._probing(error))
        self._probe.add_done_callback(self._ended)

    async def _probing(self, error: Error) -> None:
        """Send one job at a time until one succeeds, or it took too long."""
        outage, reason = self._outage, str(error)
        while not (self._calm.is_set() or self._stopped.is_set()):
            seconds = outage.failed()
            if outage.is_over_limit:
                self._stop(f"the server can't be used for {outage.seconds:.0f} s: {reason}", error)
                return
            self._say(f"pauses, since the server can't be used ({reason}); tries again in {seconds:.1f} s")
            await self._sleep(seconds, self._calm)
            if self._held_back and not (self._stopped.is_set() or self._calm.is_set()):
                job = self._held_back.pop()
                await self._mark_sent([job])
                await self._attempt(job)
            elif not (self._held_back or self.under_way):
                self._reached()
        if not self._stopped.is_set():
            await self._resume()

    async def _resume(self) -> None:
        self._say("")
        while jobs := self._held_back[:BLOCK]:
            await self._mark_sent(jobs)
            del self._held_back[: len(jobs)]
            self._ready.extend(jobs)
        self._work.set()
        self._hire()

    def _reached(self) -> None:
        """Note that the server responded as it should."""
        self._failures = self._misses = 0
        if not self._calm.is_set():
            self._outage.ended()
            self.limit.restart()
            self._progressed = self._clock()
            self._calm.set()

    def _give_back(self) -> None:
        """Record what was not sent as planned."""
        for job in self._ready:
            self._action.planned(job, 0)
        self._ready.clear()
        self._held_back.clear()

    async def _sleep(self, seconds: float, until: asyncio.Event | None = None) -> None:
        """Sleep, but not longer than until the run stops, or something else happens."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await (until or self._stopped).wait()


def _draw() -> float:
    import random

    return random.random()  # noqa: S311 - no secret: it spreads requests in time


async def _ahead(blocks: AsyncIterable[T]) -> AsyncIterator[T]:
    """Iterate over blocks, the next of which is made while one is used."""
    rest = aiter(blocks)
    following = asyncio.ensure_future(anext(rest, None))
    try:
        while (block := await following) is not None:
            following = asyncio.ensure_future(anext(rest, None))
            yield block
    finally:
        await _cancel(following)


async def _cancel(*tasks: "asyncio.Task[Any] | None") -> None:
    running = [task for task in tasks if task is not None and not task.done()]
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
