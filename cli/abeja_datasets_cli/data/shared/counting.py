"""The progress of reading, which a thread shows: before the first row there may be minutes of work."""

import threading
import time
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any, Final, Self, TypeVar

_MEGABYTE: Final = 1_000_000
_QUICK: Final = 1.0
"""Seconds; a command that takes less shows nothing."""
_Each = TypeVar("_Each")


class Counting:
    """Shows how many rows were read, while a command does so.

    Args:
        action: what is done with them, one of `progress.words.DONE`.
        on_progress: as for `create_items`.
        total: how many there are, where that is known.
    """

    def __init__(self, action: str, on_progress: Any, total: int | None = None) -> None:
        from abeja_datasets_loading.progress.progress import reporter

        self.count = 0
        self._bytes = 0
        self._count_before = 0
        self._action, self._total = action, total
        self._reporter = reporter(on_progress)
        self._ended = threading.Event()
        self._begun = time.monotonic()
        self._thread = threading.Thread(target=self._show, name="progress", daemon=True)

    def over(self, rows: Iterable[_Each]) -> Iterator[_Each]:
        """Iterate over rows, and count them."""
        for row in rows:
            self.count += 1
            yield row

    def read(self, size: int) -> None:
        """Count bytes of a file that is read as a whole before its first row is known."""
        self._bytes += size
        self._count_before = self.count

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _show(self) -> None:
        if self._ended.wait(_QUICK):
            return
        with self._reporter:
            while not self._ended.wait(self._reporter.interval):
                self._reporter.show(self._read() or self._counted())
            self._reporter.end(self._counted())

    def _read(self) -> Any:
        """Return how much was read; None once there was a row after it."""
        is_reading = self._bytes > 0 and self.count == self._count_before
        return self._progress("read", self._bytes // _MEGABYTE) if is_reading else None

    def _counted(self) -> Any:
        return self._progress(self._action, self.count, self._total)

    def _progress(self, action: str, count: int, total: int | None = None) -> Any:
        from abeja_datasets_loading.progress.progress import Progress

        seconds = time.monotonic() - self._begun
        return Progress(action=action, total=total, created=count, rate=count / seconds, seconds=seconds)
