"""A run under way: its input, journal, requests and figures."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from functools import partial
from typing import Any, Final, TypeVar

from abeja_datasets import AsyncAPIClient
from abeja_datasets.exceptions import Error
from abeja_datasets_loading.items.item_text import item_text
from abeja_datasets_loading.items.items import Prepared
from abeja_datasets_loading.items.reading import Entry, Prepare, Reader, Refused, size_of
from abeja_datasets_loading.journal.journal import DONE, Journal
from abeja_datasets_loading.journal.records import Change, Record, State, Target
from abeja_datasets_loading.journal.writer import Writer
from abeja_datasets_loading.options import Options
from abeja_datasets_loading.progress.pace import Pace
from abeja_datasets_loading.progress.progress import Progress
from abeja_datasets_loading.report import Report
from abeja_datasets_loading.sending.actions import Action
from abeja_datasets_loading.sending.sending import Sending
from abeja_datasets_loading.settling import listing, settling

T = TypeVar("T")

_KILLED: Final = "the run that sent it ended before an outcome was recorded"
_AGAIN: Final = 256


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
        self._send_again: Callable[[int], None] | None = None
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
            await self._sending.run(_again(records))
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
        self._send_again = again
        self._reader = Reader(items, prepare)
        self._sending = Sending(
            action,
            self.writer,
            concurrency=self.options.concurrency,
            rate=self.options.rate,
            max_outage=self.options.max_outage,
            say=self.say,
            stop=self.stop,
        )
        if self.stopping.is_set():
            return
        self._reader.start()
        reader = self._reader
        try:
            blocks = self._planned(reader)
            await self._sending.run(blocks if jobs is None else _grouped(blocks, jobs))
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

    async def _planned(self, reader: Reader) -> AsyncIterator[Sequence[Prepared]]:
        """Iterate over the items to send, in blocks."""
        while block := await reader.next_block():
            known = await self.writer.take_block(block[0].position, [entry.fingerprint for entry in block])
            if len(known) == len(block) and all(record is DONE for record in known.values()):
                reader.done(len(block), sum(map(size_of, block)))
                self.left_out += sum(entry.left_out for entry in block if isinstance(entry, Prepared))
                continue
            due: list[Prepared] = []
            others: list[Entry] = []
            for entry in block:
                is_due = isinstance(entry, Prepared) and (not known or self._is_due(entry, known.get(entry.position)))
                (due if is_due else others).append(entry)  # type: ignore[arg-type] # what is due is Prepared
            for entry in others:
                if isinstance(entry, Refused) and entry.position not in known:
                    self.reject(entry.position, entry.reason, entry.item)
            reader.done(len(others), sum(map(size_of, others)))
            self.left_out += sum(entry.left_out for entry in block if isinstance(entry, Prepared))
            if due:
                yield due
        if reader.has_ended:
            await self.writer.call(partial(self.journal.complete, reader.read))

    def _is_due(self, entry: Prepared, record: Record | None) -> bool:
        """Return whether an item is to be sent that the journal may know."""
        if record is None:
            return True
        if record.state in (State.SENT, State.UNKNOWN) and self._send_again is not None:
            self._tally[State.UNKNOWN] -= 1
            self._send_again(entry.position)
            return True
        if record.state is State.SENT:
            text = item_text(entry.body)
            self.writer.record(Change(entry.position, State.UNKNOWN, reason=_KILLED, item=text))
        # What was refused before it was sent may be valid now: the dataset's categories have changed.
        return record.state is State.REJECTED and not record.attempts


async def _finished() -> None:
    """Decide nothing."""


async def _grouped(
    blocks: AsyncIterator[Sequence[Prepared]], jobs: Callable[[Sequence[Prepared]], Sequence[Any]]
) -> AsyncIterator[Sequence[Any]]:
    async for block in blocks:
        yield jobs(block)


async def _again(records: Iterator[Record]) -> AsyncIterator[Sequence[Prepared]]:
    """Iterate over items that are sent again, as they are in the journal."""
    block: list[Prepared] = []
    for record in records:
        if record.item is not None:
            block.append(Prepared(record.position, json.loads(record.item), b"", record.fingerprint, 0))
        if len(block) == _AGAIN:
            yield block
            block = []
    if block:
        yield block
