"""A run under way: its input, journal, requests and figures."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from typing import Any, TypeVar

from abeja_datasets import AsyncAPIClient
from abeja_datasets.exceptions import Error
from abeja_datasets_loading.items.items import Prepared
from abeja_datasets_loading.items.reading import Prepare, Reader
from abeja_datasets_loading.journal.journal import Journal
from abeja_datasets_loading.journal.records import Change, Record, State, Target
from abeja_datasets_loading.journal.writer import Writer
from abeja_datasets_loading.options import Options
from abeja_datasets_loading.progress.pace import Pace
from abeja_datasets_loading.progress.progress import Progress
from abeja_datasets_loading.report import Report
from abeja_datasets_loading.running import planning
from abeja_datasets_loading.sending.actions import Action
from abeja_datasets_loading.sending.sending import Sending
from abeja_datasets_loading.settling import listing, settling

T = TypeVar("T")


class Run:
    """A run under way.

    Args:
        client: to send with; it repeats what fails.
        target: where the items go.
        journal: an open one.
        options: of the run.

    Attributes:
        once: the same client, but it repeats nothing.
        distrust: why the server's lists can't settle what is unknown; None while they can.
        stopping: set when the run is to end before its input does.
        reason: why it stopped.
        error: what stopped it.
        finish: decides what refusals mean that came last; called when no request is under way.
    """

    def __init__(self, client: AsyncAPIClient, target: Target, journal: Journal, options: Options) -> None:
        self.client = client
        self.once = client.with_options(max_retry_count=0)
        self.organization_id = target.organization_id
        self.dataset_id = target.dataset_id
        self.marker = target.marker
        self.action = target.action
        self.journal = journal
        self.options = options
        self.writer = Writer(journal)
        self.max_outage = options.max_outage
        self.settle_after = 2 * client.timeout + 1 if options.settle_after is None else options.settle_after
        self.distrust: str | None = journal.get("distrust")
        self.stopping = asyncio.Event()
        self.reason: str | None = None
        self.error: BaseException | None = None
        self.left_out = 0
        self.is_settled = True
        self.finish: Callable[[], Awaitable[None]] = _finished
        self._note = ""
        self._begun = time.monotonic()
        self._reader: Reader | None = None
        self._sending: Sending[Any] | None = None
        counts = journal.counts()
        self._earlier = counts.earlier
        self._tally = dict.fromkeys(State, 0) | {State.REJECTED: counts.rejected, State.UNKNOWN: counts.unknown}
        self._rejected = 0
        self._rate = Pace(0.0)

    # What the modules of a run ask of it.

    def say(self, note: str) -> None:
        """Show what the run is waiting for; an empty note ends it."""
        self._note = note

    def stop(self, reason: str, error: BaseException | None = None) -> None:
        """Begin no more requests. The first reason is the one that is reported."""
        if self.reason is None:
            self.reason, self.error = reason, error
        self.stopping.set()
        if self._reader is not None:
            self._reader.stop()
        if self._sending is not None:
            self._sending.stop()

    def note(self, change: Change) -> None:
        """Record the outcome of an item, soon."""
        self._tally[change.state] += 1
        self.writer.record(change)

    def reject(self, position: int, reason: str, item: str, attempts: int = 0) -> None:
        """Record that an item is invalid or refused, and stop the run if that is too much."""
        self.note(Change(position, State.REJECTED, attempts=attempts, reason=reason, item=item))
        self._rejected += 1
        if self.options.on_error == "stop":
            self.stop(f"item {position} is rejected: {reason}")
        elif self.options.max_errors is not None and self._rejected > self.options.max_errors:
            self.stop(
                f"{self._rejected} items are rejected, which is more than max_errors; the last, {position}: {reason}"
            )

    def forget_unknown(self) -> None:
        """Count an unknown item no longer, since it is sent again."""
        self._tally[State.UNKNOWN] -= 1

    def doubt(self, reason: str) -> None:
        """Distrust the lists of the server from now on, also in later runs."""
        if self.distrust is None:
            self.distrust = reason
            self.writer.later(partial(self.journal.set, "distrust", reason))

    def release(self, job: Prepared) -> None:
        """Release an item that has an outcome from memory."""
        if self._reader is not None:
            self._reader.done(1, len(job.text))

    async def record(self, changes: Sequence[Change]) -> None:
        """Write to the journal, durably."""
        for change in changes:
            self._tally[State.UNKNOWN] -= change.state is not State.UNKNOWN
            self._tally[State.DONE] += change.state is State.DONE
        await self.writer.call(partial(self.journal.record, changes))

    async def create(self, records: Iterator[Record]) -> None:
        """Send items again; return when none is under way and each outcome is recorded."""
        if self._sending is not None and not self.stopping.is_set():
            await self._sending.run(planning.again(records), are_new=False)
            await self.finish()
            await self.writer.flush()

    async def patiently(self, call: Callable[[], Awaitable[T]]) -> T:
        """Return what a read returns; while the server can't be used, it is repeated.

        Raises:
            Error: it failed for good, or for `max_outage` seconds.
            Stopped: the run stops.
        """
        return await listing.repeated(call, self.dataset_reader())

    def dataset_reader(self) -> listing.Reader:
        """Return what reads the dataset until the run stops."""
        return listing.Reader(
            self.client, self.organization_id, self.dataset_id, self.stopping, self.max_outage, self.say
        )

    # The steps of a run.

    def begin(self, action: Action[Any]) -> Sending[Any]:
        """Return what sends jobs from now on.

        Args:
            action: sends a job.
        """
        self._sending = Sending(
            action,
            self.writer,
            concurrency=self.options.concurrency,
            rate=self.options.rate,
            max_outage=self.options.max_outage,
            say=self.say,
            stop=self.stop,
        )
        return self._sending

    async def load(
        self,
        items: Any,
        prepare: Prepare,
        action: Action[Any],
        *,
        jobs: Callable[[Sequence[Prepared]], Sequence[Any]] | None = None,
        again: Callable[[int], None] | None = None,
    ) -> None:
        """Read an input, and send each item that the journal does not know.

        Args:
            items: the input.
            prepare: makes what is sent of an item.
            action: sends a job.
            jobs: makes jobs of several items; None where an item is a job.
            again: takes the position of each item that is sent again though an earlier run may have sent it; None where
                such items are not sent.
        """
        self._reader = Reader(items, prepare)
        sending = self.begin(action)
        if self.stopping.is_set():
            return
        self._reader.start()
        reader = self._reader
        try:
            blocks = planning.planned(self, reader, again)
            await sending.run(blocks if jobs is None else planning.grouped(blocks, jobs))
            await self.writer.flush()
        finally:
            await reader.close()
            self._reader = None
        if reader.failure is not None:
            self.reason = self.reason or f"the input raised {type(reader.failure).__name__}: {reader.failure}"
            self.error = self.error or reader.failure

    async def settle(self) -> None:
        """Settle what is unknown, unless the run stops."""
        if self.stopping.is_set():
            return
        try:
            await settling.settle(self)
            await self.writer.flush()
        except Error as error:
            self.stop(f"what is unknown can't be settled: {error}", error)

    def report(self, seconds: float) -> Report:
        """Return what was done."""
        return Report(
            self.journal.counts(),
            seconds,
            action=self.action,
            retries=self._sending.retries if self._sending else 0,
            left_out=self.left_out,
            stopped=self.reason,
            journal=self.journal.path,
            reader=self.journal,
        )

    def progress(self) -> Progress:
        """Return where the run is."""
        seconds = time.monotonic() - self._begun
        created = self._tally[State.DONE]
        return Progress(
            action=self.action,
            total=self.options.total,
            read=self._reader.read if self._reader else self.journal.read,
            created=created,
            earlier=self._earlier,
            rejected=self._tally[State.REJECTED],
            unknown=max(0, self._tally[State.UNKNOWN]),
            under_way=self._sending.under_way if self._sending else 0,
            concurrency=self._sending.limit.value if self._sending else 0,
            rate=self._rate.rate(seconds, created),
            seconds=seconds,
            note=self._note,
        )


async def _finished() -> None:
    """Decide nothing."""
