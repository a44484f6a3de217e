"""The progress of reading, which a thread shows: before the first row there may be minutes of work."""

import threading
import time
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any, Final, Self, TypeVar

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
                self._reporter.show(self._progress())
            self._reporter.end(self._progress())

    def _progress(self) -> Any:
        from abeja_datasets_loading.progress.progress import Progress

        seconds = time.monotonic() - self._begun
        rate = self.count / seconds
        return Progress(action=self._action, total=self._total, created=self.count, rate=rate, seconds=seconds)
