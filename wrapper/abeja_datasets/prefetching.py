"""Downloading the content of items ahead of the caller, in a few threads."""

import contextvars
import logging
import os
import threading
from collections import deque
from collections.abc import Iterator
from typing import Final

from abeja_datasets.calls import waiting
from abeja_datasets.dataset_item import DatasetItem
from abeja_datasets.transports.over_httpx.steps import Steps, watching

_THREADS: Final = 8
_DEFAULT_LIMIT: Final = 100
_log: Final = logging.getLogger("abeja.datasets")


class Prefetched(Iterator[DatasetItem]):
    """Iterates over items in their order, each when its content has been downloaded.

    A download that fails leaves its item in place: the failure is raised where the content is asked for. An error of
    `items` is raised at its own place, behind the items that came before.

    Args:
        items: the items. After an error its next step tries again.
        limit: the size of a page, and how many items may be under way at once, with the one that is returned next.
    """

    def __init__(self, items: Iterator[DatasetItem], limit: object = None) -> None:
        self._crew = _Crew()
        self._items = items
        self._size = limit if isinstance(limit, int) and limit > 0 else _DEFAULT_LIMIT
        self._due: deque[_Download] = deque()
        self._error: BaseException | None = None
        self._is_over = False

    def __next__(self) -> DatasetItem:
        self._fill()
        if not self._due:
            error, self._error = self._error, None
            raise error or StopIteration
        # Interrupted while it waits, it waits for the same item again.
        self._due[0].wait()
        return self._due.popleft().take()

    def __del__(self) -> None:
        self._crew.end()

    def _fill(self) -> None:
        if self._crew.is_of_another_process():
            self._crew = _Crew()
        while len(self._due) < self._size and self._error is None and not self._is_over:
            try:
                item = next(self._items)
            except StopIteration:
                self._is_over = True
            except Exception as error:  # noqa: BLE001 - it is raised at its place
                self._error = error
            else:
                self._due.append(self._crew.begin(item))


class _Download:
    """The content of one item, which a thread downloads."""

    def __init__(self, item: DatasetItem) -> None:
        self.item = item
        self._pid = os.getpid()
        self._done = threading.Event()

    def run(self) -> None:
        """Download it."""
        try:
            for source in self.item.source_data:
                source.prefetch()
        except Exception:  # noqa: BLE001 - it is raised where the caller asks for the same
            _log.debug("the content of %r can't be downloaded ahead", self.item, exc_info=True)
        finally:
            self._done.set()

    def take(self) -> DatasetItem:
        """Return the item, and let go of it: the thread may hold this download a moment longer."""
        item = self.item
        del self.item
        return item

    def wait(self) -> None:
        """Wait until it is downloaded, or was tried. A forked child, which lacks the thread, goes on at once."""
        if self._pid == os.getpid():
            self._done.wait()


class _Crew:
    """Threads that end when nothing is left to do, so that none waits for a caller who has left."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._due: deque[_Download] = deque()
        self._running = 0
        self._stop = waiting.Stop()
        self._steps: set[Steps] = set()
        self._pid = os.getpid()

    def is_of_another_process(self) -> bool:
        """Return whether the process has been forked since, which leaves it without its threads."""
        return self._pid != os.getpid()

    def begin(self, item: DatasetItem) -> _Download:
        """Begin to download the content of an item, behind those that are due."""
        download = _Download(item)
        with self._lock:
            self._due.append(download)
            if self._running == _THREADS:
                return download
            self._running += 1
        run = contextvars.copy_context().run
        # A daemon: a program that ends does not wait for content that nobody will see.
        thread = threading.Thread(target=run, args=(self._run,), name="abeja-datasets prefetch", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # there are too many, or the interpreter ends
            run(self._run)
        return download

    def end(self) -> None:
        """End what is under way, if it is of this process. It takes no lock: a destructor may call it at any moment."""
        if not self.is_of_another_process():
            self._due.clear()
            self._stop.now()
            for steps in tuple(self._steps):
                steps.end()

    def _run(self) -> None:
        steps = Steps()
        watching.set(steps)
        waiting.stop.set(self._stop)
        self._steps.add(steps)
        while download := self._next():
            download.run()
        self._steps.discard(steps)

    def _next(self) -> _Download | None:
        with self._lock:
            if self._due:
                return self._due.popleft()
            self._running -= 1
            return None
