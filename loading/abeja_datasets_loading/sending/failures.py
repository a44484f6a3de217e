"""Failed requests: a job is refused, unknown or sent again, or the run stops, as `verdict` says."""

import asyncio
import time
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from abeja_datasets.exceptions import Error
from abeja_datasets_loading.sending.actions import Action
from abeja_datasets_loading.sending.budget import RetryBudget, Turns
from abeja_datasets_loading.sending.concurrency import Limit
from abeja_datasets_loading.sending.job_queue import Queue
from abeja_datasets_loading.sending.outages import Outages
from abeja_datasets_loading.sending.verdicts import Kind, Verdict, verdict

J = TypeVar("J")

_FIRST_DELAY: Final = 0.1
_LONGEST_DELAY: Final = 8.0


class Failures(Generic[J]):
    """Does what follows from a failed request.

    Args:
        queue: the jobs.
        action: what to do with a job.
        outages: takes failures that say that the server can't be used.
        limit: of the requests at once.
        turns: holds requests back where the server asks for it.
        max_outage: the longest time that the server may ask to wait, in seconds.
        stop: stops the run, given why, and the error.
        waited: called when a job has waited without a worker.
        clock: seconds, monotonic.

    Attributes:
        are_new: whether the jobs are sent for the first time.
        retries: how many requests were repeated.
        budget: how many may be repeated.
        waiting: the jobs that wait without a worker.
    """

    def __init__(
        self,
        queue: Queue[J],
        action: Action[J],
        outages: Outages[J],
        limit: Limit,
        turns: Turns,
        *,
        max_outage: float,
        stop: Callable[[str, BaseException | None], None],
        waited: Callable[["asyncio.Task[None]"], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.are_new = True
        self.waiting: set[asyncio.Task[None]] = set()
        self.retries = 0
        self.budget = RetryBudget(clock)
        self._queue = queue
        self._action = action
        self._outages = outages
        self._limit = limit
        self._turns = turns
        self._max_outage = max_outage
        self._stop = stop
        self._waited = waited
        self._clock = clock

    async def failed(self, job: J, error: Error, started: float) -> None:
        """Take the failure of a request.

        Args:
            job: what was sent.
            error: why it failed.
            started: when the request began, by the clock.
        """
        found = verdict(error, idempotent=self._action.idempotent)
        if found.is_overload:
            self._limit.overloaded(started)
        if found.retry_after:
            self._hold(found.retry_after, error)
        if found.kind is Kind.STOP:
            self._action.planned(job, self._queue.attempts_of(job))
            self._stop(str(error), error)
        elif found.kind is Kind.REFUSED:
            self._outages.reached()
            await self.refused(job, error)
        elif found.kind is Kind.UNREACHABLE:
            if await self._outages.missed(job, error):
                await self._again(job, self._queue.attempts_of(job))
        else:
            await self._undecided(job, error, found)

    async def refused(self, job: J, error: Exception) -> None:
        """Take a job that the server refuses, or that can't be sent; smaller jobs may be sent instead."""
        smaller = await self._action.refused(job, error, self._queue.attempts_of(job))
        self._queue.put_first(*smaller)

    async def _undecided(self, job: J, error: Error, found: Verdict) -> None:
        """Send a job again that was not carried out, or record that it may have been."""
        is_new = self.are_new and not self._queue.was_sent(job)
        attempts = self._queue.attempts_of(job)
        if found.kind is Kind.UNKNOWN:
            self._action.unknown(job, error, attempts)
        await self._outages.failed(error, is_sign=is_new and not found.is_overload)
        if found.kind is Kind.AGAIN and found.is_overload:
            await self._again(job, attempts)  # the worker waits too: fewer requests are sent
        elif found.kind is Kind.AGAIN:
            for each in await self._action.repeated(job, error, attempts):
                self._again_later(each, attempts)

    def _again_later(self, job: J, attempts: int) -> None:
        """Send a job again, after a while. A job that always fails must not hold up the others, so no worker waits."""
        task = asyncio.create_task(self._again(job, attempts))
        self.waiting.add(task)
        task.add_done_callback(self.waiting.discard)
        task.add_done_callback(self._waited)

    async def _again(self, job: J, attempts: int) -> None:
        """Send a job again, after a while, and as the budget for retries allows."""
        queue = self._queue
        if queue.stopped.is_set():
            self._action.planned(job, attempts)
            return
        queue.keep_attempts(job, attempts)
        self.retries += 1
        queue.delayed += 1
        bound = min(_LONGEST_DELAY, _FIRST_DELAY * 2.0 ** min(attempts, 10))
        await queue.sleep(self.budget.take() + bound * (0.5 + _draw() / 2))
        queue.delayed -= 1
        if queue.stopped.is_set():
            self._action.planned(job, queue.attempts_of(job) - 1)
        elif queue.calm.is_set():
            queue.put_first(job)
        else:
            await self._outages.hold_back(job)

    def _hold(self, seconds: float, error: Error) -> None:
        """Hold all requests back, as the server asks."""
        if seconds > self._max_outage:
            self._stop(f"the server asks to wait {seconds:,.0f} s: {error}", error)
            return
        self._turns.hold(seconds)
        self._outages.progressed = max(self._outages.progressed, self._clock() + seconds)


def _draw() -> float:
    import random

    return random.random()  # noqa: S311 - no secret: it spreads requests in time
