"""Sending the requests of a run: workers as many as the server can take."""

import asyncio
import time
from collections.abc import AsyncIterable, Callable, Sequence
from typing import Generic, TypeVar

from abeja_datasets.exceptions import Error
from abeja_datasets_loading.journal.writer import BLOCK, Writer
from abeja_datasets_loading.sending.actions import Action
from abeja_datasets_loading.sending.budget import Turns
from abeja_datasets_loading.sending.concurrency import Limit
from abeja_datasets_loading.sending.failures import Failures
from abeja_datasets_loading.sending.job_queue import Queue
from abeja_datasets_loading.sending.outages import Outages
from abeja_datasets_loading.sending.tasks import ahead, cancel

J = TypeVar("J")


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
        limit: how many requests may be under way.
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
        self.under_way = 0
        self._action = action
        self._writer = writer
        self._clock = clock
        self._turns = Turns(rate, clock)
        self._queue: Queue[J] = Queue(action.positions, writer, stop)
        self._outages = Outages(
            self._queue,
            action,
            writer,
            self.limit,
            attempt=self._attempt,
            resumed=self._hire,
            max_outage=max_outage,
            say=say,
            stop=stop,
            ended=self._ended,
            clock=clock,
        )
        self._failures = Failures(
            self._queue,
            action,
            self._outages,
            self.limit,
            self._turns,
            max_outage=max_outage,
            stop=stop,
            waited=self._waited,
            clock=clock,
        )
        self._is_fed = False
        self._finished = asyncio.Event()
        self._workers: set[asyncio.Task[None]] = set()
        self._crash: BaseException | None = None

    @property
    def retries(self) -> int:
        """How many requests were repeated."""
        return self._failures.retries

    async def run(self, blocks: AsyncIterable[Sequence[J]], *, are_new: bool = True) -> None:
        """Send all jobs, and return when none is under way.

        Args:
            blocks: the jobs; they are taken as there is room.
            are_new: whether they are sent for the first time. Jobs that failed before may fail each time: many failures
                of these are no outage.
        """
        self._failures.are_new = are_new
        self._is_fed = False
        self._finished.clear()
        self._outages.progressed = self._clock()
        feeder = asyncio.create_task(self._feed(blocks))
        feeder.add_done_callback(self._ended)
        is_finished = False
        try:
            await self._finished.wait()
            is_finished = self._crash is None
        finally:
            if not is_finished:
                self._queue.stopped.set()  # else others are hired for the workers that leave, and send
            await cancel(feeder, self._outages.probe, *self._workers, *self._failures.waiting)
            self._give_back()
        if self._crash is not None:
            raise self._crash

    def stop(self) -> None:
        """Begin no more requests; those under way end."""
        self._queue.stop()
        self._check_finished()

    def _ended(self, task: "asyncio.Task[None]") -> None:
        """Note that a task ended, and why if it failed."""
        if not task.cancelled() and (error := task.exception()) is not None and self._crash is None:
            self._crash = error
            self.stop()
        self._check_finished()

    def _check_finished(self) -> None:
        probe = self._outages.probe
        is_busy = self._workers or self._failures.waiting or not (probe is None or probe.done())
        if self._is_fed and not is_busy and (self._queue.stopped.is_set() or not self._queue.held_back):
            self._finished.set()

    def _give_back(self) -> None:
        """Record what was not sent as planned."""
        for job in self._queue.ready:
            self._action.planned(job, 0)
        self._queue.ready.clear()
        self._queue.held_back.clear()

    # The feeder: jobs become ready once they are recorded as sent.

    async def _feed(self, blocks: AsyncIterable[Sequence[J]]) -> None:
        try:
            async for block in ahead(blocks):
                for start in range(0, len(block), BLOCK):
                    await self._make_ready(block[start : start + BLOCK])
                if self._queue.stopped.is_set():
                    break
        finally:
            self._is_fed = True
            self._queue.work.set()

    async def _make_ready(self, jobs: Sequence[J]) -> None:
        queue = self._queue
        while len(queue.ready) >= max(BLOCK, self.limit.value) and not queue.stopped.is_set():
            queue.room.clear()
            await queue.room.wait()
        await queue.calm.wait()
        if queue.stopped.is_set():
            return
        await queue.mark_sent(jobs)
        if not queue.calm.is_set():
            await self._outages.hold_back(*jobs)
            return
        queue.put(jobs)
        self._hire()

    # The workers: one request each at a time.

    def _hire(self) -> None:
        """Begin as many workers as the limit allows, and as there is work for."""
        queue = self._queue
        while len(self._workers) < min(self.limit.value, len(queue.ready)) and not queue.stopped.is_set():
            worker = asyncio.create_task(self._worker())
            self._workers.add(worker)
            worker.add_done_callback(self._leave)

    def _leave(self, worker: "asyncio.Task[None]") -> None:
        self._workers.discard(worker)
        self._hire()  # workers that leave since the limit fell may be too many
        self._ended(worker)

    def _waited(self, task: "asyncio.Task[None]") -> None:
        """Go on after a job has waited without a worker."""
        self._queue.work.set()
        self._hire()
        self._ended(task)

    async def _worker(self) -> None:
        queue, limit = self._queue, self.limit
        while not queue.stopped.is_set() and len(self._workers) <= limit.value:
            if not queue.ready and self._is_done():
                queue.work.set()
                return
            if await self._is_to_wait():
                continue
            await self._attempt(queue.take())
            if queue.ready and len(self._workers) < limit.value:
                self._hire()

    async def _is_to_wait(self) -> bool:
        """Wait for work, the end of an outage or the next turn; return whether a worker must look again."""
        queue = self._queue
        if not queue.ready:
            queue.work.clear()
            await queue.work.wait()
            return True
        if not queue.calm.is_set():
            await queue.calm.wait()
            return True
        if not self._turns.is_free:
            await self._turn()
            return queue.stopped.is_set() or not queue.ready
        return False

    def _is_done(self) -> bool:
        queue = self._queue
        return self._is_fed and not (self.under_way or queue.delayed or queue.held_back or queue.ready)

    async def _turn(self) -> None:
        """Wait until `Retry-After` is over, and for the next turn at the given rate."""
        queue, turns = self._queue, self._turns
        while (seconds := turns.held()) and not queue.stopped.is_set():
            await queue.sleep(seconds)
        if (seconds := turns.turn()) and not queue.stopped.is_set():
            await queue.sleep(seconds)

    async def _attempt(self, job: J) -> None:
        """Send a job once, and do what follows."""
        started = self._clock()
        self.under_way += 1
        self._writer.is_busy = True
        try:
            response = await self._action.send(job)
        except Error as error:
            await self._failures.failed(job, error, started)
        except (TypeError, ValueError) as error:  # what can't be written as JSON; nothing was sent
            await self._failures.refused(job, error)
        else:
            self._succeeded(job, response, started)
        finally:
            self.under_way -= 1
            if not self.under_way:
                self._writer.is_busy = False
                if self._is_fed:
                    self._queue.work.set()

    def _succeeded(self, job: J, response: object, started: float) -> None:
        is_full = self.under_way >= self.limit.value
        self._action.succeeded(job, response, self._queue.attempts_of(job), started)
        self.limit.succeeded(self._clock() - started, is_full=is_full)
        self._failures.budget.succeeded()
        self._outages.progressed = started
        if self._outages.failures:
            self._outages.reached()
