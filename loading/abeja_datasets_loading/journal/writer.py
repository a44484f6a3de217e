"""Writing the journal from an event loop: a thread that commits many records with one fsync (group commit)."""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, Final, TypeVar

from abeja_datasets_loading.errors import JournalError
from abeja_datasets_loading.journal.journal import Journal
from abeja_datasets_loading.journal.records import Change, Record

BLOCK: Final = 256
"""How many items are recorded as *sent* at once."""
_DELAY: Final = 0.2
"""Seconds that an outcome may wait for others. An item whose outcome is not yet on disk is on disk as *sent*."""
BEAT: Final = 0.5
"""Seconds between two records of the time while requests are under way."""

_T = TypeVar("_T")


class Writer:
    """A thread that writes a journal. Its methods are for one event loop.

    Args:
        journal: to write. The caller closes it, after `close`.

    Attributes:
        is_busy: whether requests are under way. Then the time is recorded too: a later run learns from it how long a
            request of this one may still be carried out.
    """

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.is_busy = False
        self._changes: deque[Change] = deque()
        self._jobs: deque[tuple[Callable[[], Any], Future[Any]]] = deque()
        self._sent: deque[tuple[Sequence[int], Future[None]]] = deque()
        self._wake = threading.Event()
        self._closing = False
        self._failure: JournalError | None = None
        self._beaten = 0.0
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    @property
    def failure(self) -> JournalError | None:
        """Why nothing can be written any more."""
        return self._failure

    async def sent(self, positions: Sequence[int]) -> None:
        """Record that requests with these items may leave; return when that is on disk.

        Raises:
            JournalError: it can't be written; then no request may leave.
        """
        done: Future[None] = Future()
        self._sent.append((positions, done))
        self._wake.set()
        await asyncio.wrap_future(done)

    def record(self, change: Change) -> None:
        """Record an outcome, soon."""
        changes = self._changes
        changes.append(change)
        if len(changes) >= BLOCK and not self._wake.is_set():
            self._wake.set()

    def later(self, work: Callable[[], Any]) -> None:
        """Call a function in the thread, soon."""
        self._jobs.append((work, Future()))
        self._wake.set()

    async def take_block(self, first: int, fingerprints: Sequence[bytes]) -> dict[int, Record]:
        """Do what `Journal.take_block` does, in the thread."""
        return await self.call(lambda: self.journal.take_block(first, fingerprints))  # type: ignore[no-any-return] # a call returns any type

    async def call(self, work: Callable[[], Any]) -> Any:
        """Call a function in the thread, after what was recorded before it."""
        done: Future[Any] = Future()
        self._jobs.append((work, done))
        self._wake.set()
        return await asyncio.wrap_future(done)

    async def flush(self) -> None:
        """Return when all that was recorded is on disk.

        Raises:
            JournalError: it can't be written.
        """
        await self.call(lambda: None)
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        """Write what is left, and end the thread."""
        self._closing = True
        self._wake.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            self._wake.wait(_DELAY)
            self._wake.clear()
            is_last = self._closing
            self._write()
            self._work()
            if is_last and not (self._changes or self._sent or self._jobs):
                return

    def _write(self) -> None:
        """Write all that waits, in one transaction."""
        # In this order: an item that is sent again was recorded as planned before.
        sent = _taken(self._sent)
        changes = _taken(self._changes)
        settings = self._beat(has_sent=bool(sent))
        if not (sent or changes or settings):
            return
        if self._failure is None:
            try:
                self.journal.write([position for block, _ in sent for position in block], changes, settings)
            except JournalError as error:
                self._failure = error
            except Exception as error:  # noqa: BLE001 - the thread must not end while others wait for it
                self._failure = JournalError(self.journal.path, f"can't be written: {error!r}")
        for _, done in sent:
            _settle(done, error=self._failure)

    def _beat(self, *, has_sent: bool) -> dict[str, Any]:
        now = time.time()
        if not has_sent and not (self.is_busy and now - self._beaten >= BEAT):
            return {}
        self._beaten = now
        return {"last_sent": now}

    def _work(self) -> None:
        for work, done in _taken(self._jobs):
            try:
                result = work()
            except BaseException as error:  # noqa: BLE001 - it is raised where the result is awaited
                _settle(done, error=error)
            else:
                _settle(done, result)


def _taken(waiting: "deque[_T]") -> list[_T]:
    """Take what waits now, while another thread may add more."""
    return [waiting.popleft() for _ in range(len(waiting))]


def _settle(done: "Future[Any]", result: Any = None, error: BaseException | None = None) -> None:
    if done.set_running_or_notify_cancel():
        if error is None:
            done.set_result(result)
        else:
            done.set_exception(error)
