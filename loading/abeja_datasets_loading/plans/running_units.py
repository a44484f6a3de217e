"""Running a unit of a plan: its rows are created, unless another attempt began to. It may be repeated anywhere."""

import asyncio
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any, Literal, NamedTuple

from abeja_datasets import APIClient
from abeja_datasets.exceptions import Error
from abeja_datasets_loading.actions.creating import Creating, Preparing
from abeja_datasets_loading.errors import LoadingStopped, PlanError
from abeja_datasets_loading.items.items import Prepared
from abeja_datasets_loading.journal.records import State
from abeja_datasets_loading.options import Options, whole
from abeja_datasets_loading.plans.leases import Lease
from abeja_datasets_loading.plans.plan import Plan, Unit, as_plan
from abeja_datasets_loading.plans.storage import Storage
from abeja_datasets_loading.plans.unit_journal import Outcome, UnitJournal
from abeja_datasets_loading.report import Report
from abeja_datasets_loading.running import running
from abeja_datasets_loading.running.synchronous import run_sync

_ALL = (State.SENT, State.DONE, State.REJECTED, State.UNKNOWN)


class UnitResult(NamedTuple):
    """The outcome of a unit.

    Attributes:
        unit: its number.
        state: `done` by this call; `earlier`: it had an outcome already; `left`: another attempt began it and recorded
            no outcome. Nothing is sent then, and `verify_plan` settles its rows.
        created: how many rows are created.
        rejected: how many are invalid, or were refused by the server.
        unknown: how many may be created, or not.
        not_tried: how many are surely not created.
        stopped: why it ended before all rows were sent; None where it did not.
    """

    unit: int
    state: Literal["done", "earlier", "left"]
    created: int = 0
    rejected: int = 0
    unknown: int = 0
    not_tried: int = 0
    stopped: str | None = None


class LeaseLost(Error):
    """The worker could not show for so long that it is alive that another may have taken its unit for abandoned."""


class _Taken(Exception):
    """Another attempt has begun this unit."""


def run_unit(
    plan: Plan | str | PathLike[str],
    unit: int,
    *,
    client: APIClient | None = None,
    workers: int = 1,
    concurrency: int | None = None,
    rate: float | None = None,
    max_outage: float = 900,
) -> UnitResult:
    """Create the rows of a unit, unless this or another attempt began to. It may be called again, and anywhere.

    ::

        run_unit("s3://bucket/loads/cats", 17, workers=8)

    The dataset is never listed: rows whose outcome is not known stay so until `verify_plan` settles all of them.

    Args:
        plan: the plan, or the URL of its folder.
        unit: the number of the unit, from 0.
        client: what to send with; None makes one with the credential of the environment.
        workers: how many units run at the same time; this one takes its part of the plan's concurrency and rate.
        concurrency: the most requests at once, in place of that part.
        rate: the most requests a second, in place of that part.
        max_outage: seconds to wait for a server that can't be used, before the unit ends.

    Returns:
        Its outcome.

    Raises:
        SourceChanged: the source is another file than the plan was made of. Nothing was sent.
        PlanError: the plan, a source or the storage can't be used, or the server can't be reached.
        Error: the server refused the credential, or has no such dataset. Nothing was sent.
    """
    whole("workers", workers, least=1)
    book = as_plan(plan)
    place = book.unit(unit)
    given = book.settings
    share = given.rate / workers if given.rate else None
    options = Options(
        concurrency=max(1, given.concurrency // workers) if concurrency is None else concurrency,
        rate=share if rate is None else rate,
        on_progress=False,
        max_outage=max_outage,
        total=place.rows,
    )
    journal = UnitJournal(storage := Storage(book.url), book, place)
    if (known := journal.outcome()) is not None:
        return _result(place, "earlier", known)
    if journal.has_begun():
        return _left(place)
    sender = client_of(book, client)
    try:
        return _begin(_Attempt(book, place, storage, journal, options), sender)
    finally:
        if client is None:
            sender.close()


def client_of(plan: Plan, client: APIClient | None) -> APIClient:
    """Return what to send with: a view of the given client, or one with the credential of the environment.

    Raises:
        PlanError: the given client is of another server.
    """
    if client is None:
        return APIClient(base_url=plan.base_url, timeout=plan.settings.timeout)
    if client.base_url != plan.base_url:
        raise PlanError(
            plan.url,
            f"is for {plan.base_url}, and the client for {client.base_url}; pass a client for it",
            "other_target",
        )
    return client.with_options(timeout=plan.settings.timeout)


class _Attempt(NamedTuple):
    plan: Plan
    unit: Unit
    storage: Storage
    journal: UnitJournal
    options: Options


def _begin(attempt: _Attempt, client: APIClient) -> UnitResult:
    """Run a unit that nobody has begun, with a lease."""
    lease = Lease(attempt.storage, attempt.journal.lease, attempt.plan.settings.lease_seconds, "run")
    if not lease.acquire():
        return _left(attempt.unit)
    sending = _Sending(attempt, lease)
    lease.keep(attempt.journal.is_decided)
    try:
        return sending.run(client, list(attempt.plan.read(attempt.unit, attempt.storage)))
    except _Taken:
        return _left(attempt.unit)
    finally:
        lease.give_up(remove=not sending.may_have_sent)


class _Sending:
    """Sends the rows of a unit.

    Attributes:
        may_have_sent: whether the unit counts as begun.
    """

    def __init__(self, attempt: _Attempt, lease: Lease) -> None:
        self.may_have_sent = False
        self._attempt = attempt
        self._lease = lease
        self._rows: Sequence[Mapping[str, Any]] = ()

    def run(self, client: APIClient, rows: Sequence[Mapping[str, Any]]) -> UnitResult:
        """Create the rows, and record their outcomes."""
        _, unit, _, journal, options = self._attempt
        self._rows = rows
        target = self._attempt.plan.target
        try:
            report = run_sync(running.run, client, lambda _: target, None, options, self._work)
        except LoadingStopped as stopped:
            if not self.may_have_sent:
                reason = f"unit {unit.number} was not begun: {stopped.reason}; run it again"
                raise PlanError(self._attempt.plan.url, reason, "worker") from stopped.__cause__
            report = stopped.report
        outcome = _outcome(report, unit.rows)
        if not journal.finish(self._lease.attempt, outcome):
            return _left(unit)
        return _result(unit, "done", outcome, report.stopped)

    async def _work(self, run: running.Run) -> None:
        plan, unit, _, journal, _ = self._attempt
        dataset = await run.patiently(lambda: run.client.get_dataset(plan.organization_id, plan.dataset_id))
        if not self._lease.is_held:
            raise LeaseLost("the lease was lost before anything was sent; run the unit again")
        self.may_have_sent = True  # also where the object can't be written: it may be there
        if not await asyncio.to_thread(journal.intend, self._lease.attempt):
            raise _Taken
        run.journal.set("run_id", plan.id)
        creating = HeldCreating(run, self._lease)
        preparing = Preparing(dataset, run, first=unit.first, max_bytes=plan.settings.max_body_bytes)
        await run.load(self._rows, preparing.prepare, creating)
        await creating.finish()


class HeldCreating(Creating):
    """Creates items while the lease is held."""

    def __init__(self, run: running.Run, lease: Lease) -> None:
        super().__init__(run)
        self._lease = lease

    def send(self, job: Prepared) -> Any:
        """Send the request, if no other process can have taken this one for ended."""
        if not self._lease.is_held:
            raise LeaseLost(
                "the lease of the unit was lost: the storage could not be written, or the process stood still"
            )
        return super().send(job)


def _outcome(report: Report, rows: int) -> Outcome:
    journal: Any = report.reader
    return Outcome.of_records(
        journal.records(*_ALL), rows, retries=report.retries, seconds=report.seconds, distrust=journal.get("distrust")
    )


def _result(unit: Unit, state: Literal["done", "earlier"], outcome: Outcome, stopped: str | None = None) -> UnitResult:
    counts = (len(outcome.created), len(outcome.rejected), len(outcome.unknown), outcome.not_tried)
    return UnitResult(unit.number, state, *counts, stopped)


def _left(unit: Unit) -> UnitResult:
    return UnitResult(unit.number, "left", unknown=unit.rows)
