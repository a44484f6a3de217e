"""Running all units of a plan on an engine, one driver at a time."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from os import PathLike
from typing import Final

from abeja_datasets_loading.engines import Engine, find
from abeja_datasets_loading.errors import PlanError
from abeja_datasets_loading.options import Options, whole
from abeja_datasets_loading.plans import leases, sources
from abeja_datasets_loading.plans.plan import Plan, as_plan
from abeja_datasets_loading.plans.status import PlanStatus, Watch
from abeja_datasets_loading.plans.storage import Storage
from abeja_datasets_loading.plans.tasks import Failure, Task
from abeja_datasets_loading.plans.unit_journal import begun
from abeja_datasets_loading.progress.pace import Pace
from abeja_datasets_loading.progress.progress import OnProgress, Progress, Reporter, reporter

_LEAST_EVERY: Final = 2.0
"""Seconds between two looks at the journals."""
_PART: Final = 20
"""Looking takes at most this part of the time, however many units there are."""


def run_plan(
    plan: Plan | str | PathLike[str],
    *,
    engine: str = "local",
    workers: int | None = None,
    on_progress: OnProgress = None,
    max_outage: float = 900,
    say: Callable[[str], None] = lambda _: None,
) -> PlanStatus:
    """Run each unit of a plan that was not begun, on an engine. It may be called again after any interruption.

    ::

        run_plan("s3://bucket/loads/cats", engine="ray", workers=32)
        verify_plan("s3://bucket/loads/cats").raise_for_errors()

    Each worker takes the credential from its environment. Units whose workers were killed stay without an outcome, and
    are not sent again: `verify_plan` settles them.

    Args:
        plan: the plan, or the URL of its folder.
        engine: `local` (processes of this machine) or `ray`.
        workers: how many units run at the same time; None for as many as the engine has processors.
        on_progress: as for `create_items`; the figures are read off the journals of the units.
        max_outage: seconds to wait for a server that can't be used, before a unit ends.
        say: shows what is waited for before the progress begins.

    Returns:
        The progress of the plan at the end.

    Raises:
        SourceChanged: a source is another file than the plan was made of.
        PlanError: another process runs the plan, a unit failed, or the engine or the storage can't be used.
    """
    book = as_plan(plan)
    chosen, shown = find(engine), reporter(on_progress)
    if workers is not None:
        whole("workers", workers, least=1)
    Options(max_outage=max_outage)  # which checks it
    storage = Storage(book.url)
    if storage.is_in_memory:
        raise PlanError(
            book.url, "no other process has this storage; give the plan a folder that all workers share", "engine"
        )
    for source in book.sources:
        sources.check_unchanged(source)
    watch = Watch(book, storage)
    with leases.alone(storage, book.settings.lease_seconds, "run", say), shown, _showing(book, watch, shown):
        _run(book, storage, chosen, workers, max_outage)
    return watch.look()


def _run(plan: Plan, storage: Storage, engine: Engine, workers: int | None, max_outage: float) -> None:
    done, open_units = begun(storage)
    due = [index for index in range(plan.units) if index not in done and index not in open_units]
    if not due:
        return
    engine.start()
    # One request at a time is the least that a unit takes of the concurrency that they share.
    count = min(workers or engine.processors(), len(due), plan.settings.concurrency)
    for result in engine.map(Task(plan.url, plan.id, count, max_outage), due, count):
        if isinstance(result, Failure):
            raise _failed(plan, result) from result.error


def _failed(plan: Plan, failure: Failure) -> PlanError:
    error = failure.error
    if isinstance(error, PlanError):
        return error
    return PlanError(
        plan.url,
        f"unit {failure.unit} failed in {failure.where}: {type(error).__name__}: {error}; correct that, and run the "
        "plan again",
        "worker",
    )


@contextmanager
def _showing(plan: Plan, watch: Watch, shown: Reporter) -> Iterator[None]:
    """Show the progress in a thread, by what is in the journals."""
    ended = threading.Event()
    earlier = watch.look().created  # before the first unit of this run
    thread = threading.Thread(target=_show, args=(plan, watch, shown, ended, earlier), name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _show(plan: Plan, watch: Watch, shown: Reporter, ended: threading.Event, earlier: int) -> None:
    begun_at, pace, took = time.monotonic(), Pace(0.0), 0.0
    progress = Progress(total=plan.rows)
    while True:
        is_last = ended.wait(max(_LEAST_EVERY, _PART * took))
        with suppress(PlanError):  # the next look may succeed, and the run says what is wrong
            looked = time.monotonic()
            status = watch.look()
            took = time.monotonic() - looked
            seconds = time.monotonic() - begun_at
            created = status.created - earlier
            progress = Progress(
                total=plan.rows, created=created, earlier=earlier, rejected=status.rejected, unknown=status.unknown,
                under_way=status.open, rate=pace.rate(seconds, created), seconds=seconds,
            )  # fmt: skip
        if is_last:
            shown.end(progress)
            return
        shown.show(progress)
