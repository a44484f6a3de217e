"""Verifying a plan: what is unknown of all units is settled together, and the dataset is compared with the sources."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from itertools import islice, takewhile
from os import PathLike
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from abeja_datasets import APIClient
from abeja_datasets_loading.journal.records import Change, Record, State
from abeja_datasets_loading.options import Options
from abeja_datasets_loading.plans import gathering, leases, sources
from abeja_datasets_loading.plans.plan import Plan, as_plan
from abeja_datasets_loading.plans.rounds import Rounds
from abeja_datasets_loading.plans.running_units import HeldCreating, client_of
from abeja_datasets_loading.plans.storage import Storage
from abeja_datasets_loading.plans.unit_journal import Outcome
from abeja_datasets_loading.progress.progress import OnProgress
from abeja_datasets_loading.report import Report
from abeja_datasets_loading.running import running
from abeja_datasets_loading.running.synchronous import run_sync
from abeja_datasets_loading.verifying.verification import Verification
from abeja_datasets_loading.verifying.verifying import Verifying

if TYPE_CHECKING:
    from abeja_datasets_loading.settling.matching import Id

_PART: Final = 1000
"""Rows that one round sends again: what a killed verification leaves unknown."""
_ALL: Final = (State.SENT, State.DONE, State.REJECTED, State.UNKNOWN)


class PlanReport(NamedTuple):
    """The outcome of all rows of a plan.

    Attributes:
        report: how many rows are created, rejected and unknown, with their reasons.
        verification: how the sources and the dataset compare.
    """

    report: Report
    verification: Verification

    @property
    def is_complete(self) -> bool:
        """Whether each row is in the dataset exactly once."""
        return self.report.is_complete and self.verification.is_complete

    def raise_for_errors(self) -> None:
        """Raise an error unless each row is in the dataset exactly once.

        Raises:
            NotAllLoaded: what is missing, twice, different, rejected or unknown.
        """
        self.report.raise_for_errors()
        self.verification.raise_for_errors()

    def summary(self) -> str:
        """Return the counts as text."""
        return f"{self.report.summary()}; {self.verification.summary()}"


def verify_plan(
    plan: Plan | str | PathLike[str],
    *,
    client: APIClient | None = None,
    concurrency: int | None = None,
    rate: float | None = None,
    on_progress: OnProgress = None,
    max_outage: float = 900,
    say: Callable[[str], None] = lambda _: None,
) -> PlanReport:
    """Settle the unknown rows of all units, create what is missing, and compare the dataset with the sources.

    ::

        verify_plan("s3://bucket/loads/cats").raise_for_errors()

    It takes one machine, and may be repeated. Units whose workers ended without an outcome are given up first; that
    takes `lease_seconds` of the plan.

    Args:
        plan: the plan, or the URL of its folder.
        client: what to send with; None makes one with the credential of the environment.
        concurrency: the most requests at once; None for that of the plan.
        rate: the most requests a second; None for that of the plan.
        on_progress: as for `create_items`.
        max_outage: seconds to wait for a server that can't be used.
        say: shows what is waited for before the progress begins.

    Raises:
        SourceChanged: a source is another file than the plan was made of.
        PlanError: units were not run yet or run now, or the plan or its storage can't be used.
        LoadingStopped: it stopped early; call it again.
        Error: the server refused the credential, or has no such dataset.
    """
    book = as_plan(plan)
    given = book.settings
    options = Options(
        concurrency=given.concurrency if concurrency is None else concurrency,
        rate=given.rate if rate is None else rate, on_progress=on_progress,
        settle_after=given.settle_after, max_outage=max_outage, total=book.rows,
    )  # fmt: skip
    storage = Storage(book.url)
    for source in book.sources:
        sources.check_unchanged(source)
    sender = client_of(book, client)
    try:
        with leases.alone(storage, given.lease_seconds, "verify", say) as lease:
            return run_sync(_verify, book, storage, lease, sender, options)
    finally:
        if client is None:
            sender.close()


async def _verify(plan: Plan, storage: Storage, lease: leases.Lease, client: APIClient, options: Options) -> PlanReport:
    found: list[Verification] = []

    def make(*given: Any) -> running.Run:
        return _Settling(plan, storage, lease, *given)

    async def work(run: running.Run) -> None:
        assert isinstance(run, _Settling)  # noqa: S101 - `make` makes no other
        await run.complete()
        if not run.stopping.is_set():
            run.say("compares the dataset with the sources")
            found.append(await Verifying(run.dataset_reader(), run.journal).run(plan.read_all()))

    report = await running.run(client, lambda _: plan.target, None, options, work, make=make)
    return PlanReport(report, found[0])


class _Settling(running.Run):
    """The run of a verification: it settles what units left unknown, and records each of its steps beside the plan."""

    def __init__(self, plan: Plan, storage: Storage, lease: leases.Lease, *given: Any) -> None:
        super().__init__(*given)
        self._plan = plan
        self._storage = storage
        self._lease = lease
        self._found: dict[int, Id] = {}
        """The ids of rows that turned out to be created, and that no round has recorded yet."""

    async def complete(self) -> None:
        """Create what was not sent, settle what is unknown, and record the rest of what was found."""
        self.say("reads what is recorded beside the plan")
        await asyncio.to_thread(self._gather)
        self.say("")
        await self.patiently(lambda: self.client.get_dataset(self.organization_id, self.dataset_id))
        creating = HeldCreating(self, self._lease)
        self.finish = creating.finish
        self.begin(creating)
        await self.create(self.journal.records(State.PLANNED))
        await self.settle()
        if self._found:
            await asyncio.to_thread(self._rounds.begin, self._found, ())

    async def record(self, changes: Sequence[Change]) -> None:
        """Write to the journal, and keep the ids that were found for the next round."""
        self._found.update((one.position, one.item_id) for one in changes if one.item_id is not None)
        await super().record(changes)

    async def create(self, records: Iterator[Record]) -> None:
        """Send rows again, each part of them as a round."""
        while not self.stopping.is_set() and (part := list(islice(records, _PART))):
            positions = [record.position for record in part]
            number = await asyncio.to_thread(self._rounds.begin, self._found, positions)
            self._found = {}
            await super().create(iter(part))
            await asyncio.to_thread(self._rounds.finish, number, positions, self._outcome(positions))

    def report(self, seconds: float) -> Report:
        """Return what was done."""
        made = super().report(seconds)
        return SettledReport(*(getattr(made, each.name) for each in fields(made)))

    def _gather(self) -> None:
        gathering.decide(self._plan, self._storage)
        self._rounds = Rounds(self._storage, self._plan)
        gathering.Gathering(self._plan, self._storage, self.journal).gather(self._rounds)
        # By this machine's clock: that of a worker may be wrong.
        self.journal.set("last_sent", time.time())
        self.distrust = self.journal.get("distrust")
        counts = self.journal.counts()
        states = (State.DONE, counts.created), (State.REJECTED, counts.rejected), (State.UNKNOWN, counts.unknown)
        self._tally |= dict(states)

    def _outcome(self, positions: Sequence[int]) -> Outcome:
        rows = {position: row for row, position in enumerate(positions)}
        records = self.journal.records(*_ALL, after=positions[0] - 1)
        within = takewhile(lambda record: record.position <= positions[-1], records)
        wanted = (one._replace(position=rows[one.position]) for one in within if one.position in rows)
        return Outcome.of_records(wanted, len(positions), distrust=self.distrust)


class SettledReport(Report):
    """The report of a verification."""

    __slots__ = ()

    def how_to_resume(self) -> str:
        """Return what to do to load the rest."""
        return "to go on, verify the plan again"
