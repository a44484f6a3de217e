"""Running: a run is begun, shown and interrupted, and its end is reported."""

import asyncio
import contextlib
import os
import time
from collections.abc import Awaitable, Callable

from abeja_datasets import APIClient, AsyncAPIClient
from abeja_datasets.exceptions import ConnectionFailed, Error
from abeja_datasets_loading.errors import InputChanged, JournalError, LoadingStopped
from abeja_datasets_loading.journal.journal import Journal
from abeja_datasets_loading.journal.records import Target
from abeja_datasets_loading.options import Options
from abeja_datasets_loading.progress.progress import Reporter, reporter
from abeja_datasets_loading.report import Report
from abeja_datasets_loading.running.interrupts import Interrupts
from abeja_datasets_loading.running.run import Run
from abeja_datasets_loading.running.synchronous import interrupts
from abeja_datasets_loading.sending.clients import async_client
from abeja_datasets_loading.settling import listing

__all__ = ["Run", "run"]


async def run(
    client: APIClient | AsyncAPIClient,
    target: Callable[[str], Target],
    journal: str | os.PathLike[str] | None,
    options: Options,
    work: Callable[[Run], Awaitable[None]],
    *,
    make: Callable[..., Run] = Run,
) -> Report:
    """Do the work of a run, and return its report.

    Args:
        client: any client of this library.
        target: makes the target, given the client's base URL.
        journal: the path of the journal; None for a temporary one.
        options: of the run.
        work: what to do, in an event loop.
        make: makes the run.

    Raises:
        LoadingStopped: the run stopped before its input ended.
        LoadingError: the journal can't be used, or the input changed.
        Error: the dataset can't be read.
    """
    shown = reporter(options.on_progress)
    opened = async_client(client, options.concurrency)
    try:
        place = target(opened.client.base_url)
        with contextlib.closing(await asyncio.to_thread(Journal.open, journal, place)) as book, shown:
            return await _run(make(opened.client, place, book, options), shown, work)
    finally:
        if opened.must_close:
            await opened.client.close()


async def _run(run: Run, shown: Reporter, work: Callable[[Run], Awaitable[None]]) -> Report:
    begun = time.monotonic()
    ticker = asyncio.create_task(_show(run, shown))
    failure: BaseException | None = None
    with interrupts() as heard:
        try:
            failure = await _interruptible(run, heard, work)
        finally:
            ticker.cancel()
            run.writer.close()
    shown.end(run.progress())
    return _ended(run, run.report(time.monotonic() - begun), failure or run.writer.failure)


async def _interruptible(run: Run, heard: Interrupts, work: Callable[[Run], Awaitable[None]]) -> BaseException | None:
    """Do the work; return why it failed, if the run does not know."""

    def interrupt() -> None:
        run.say("finishes what is under way; once more stops at once")
        run.stop(f"interrupted by {heard.signal.name if heard.signal else 'a signal'}")

    task = asyncio.ensure_future(work(run))
    heard.attach(asyncio.get_running_loop(), interrupt, task.cancel)
    try:
        await task
    except listing.Stopped:
        pass  # the reason is known
    except (JournalError, InputChanged) as error:
        return error
    except ConnectionFailed as error:
        run.stop(str(error), error)
    except asyncio.CancelledError:
        if heard.signal is None or not task.cancelled():
            raise
        return KeyboardInterrupt()
    finally:
        task.cancel()
    return None


def _ended(run: Run, report: Report, failure: BaseException | None) -> Report:
    """Return the report, or raise what ended the run."""
    if failure is None and run.reason is None:
        return report
    error = failure or run.error
    if error is None or isinstance(error, Error):
        raise LoadingStopped(report, run.reason or "") from error
    error.add_note(f"{report.summary()}; {report.how_to_resume()}")
    with contextlib.suppress(AttributeError, TypeError):  # of a class with slots, say
        error.report = report  # type: ignore[attr-defined] # for the caller who catches it
    raise error


async def _show(run: Run, shown: Reporter) -> None:
    while True:
        await asyncio.sleep(shown.interval)
        shown.show(run.progress())
