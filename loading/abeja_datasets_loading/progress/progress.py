"""The progress of a run, and how it is shown: by a callback, a bar in a terminal, or a line now and then."""

import inspect
import logging
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Final, Self, TextIO

from abeja_datasets_loading.progress.words import DONE, duration, rate

_LINES_EVERY: Final = 30.0
"""Seconds between two lines where there is no terminal."""
_CALLS_EVERY: Final = 0.5

_log = logging.getLogger("abeja_datasets_loading")


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What a run has done so far.

    Attributes:
        action: `create`, `update`, `delete` or `export`.
        total: how many items the input has, where that is known.
        read: how many items of the input were read.
        created: how many items this run created (updated, deleted, exported).
        earlier: how many items earlier runs of the same journal created.
        rejected: how many items are invalid, or were refused by the server.
        unknown: how many items may have been created, or not.
        under_way: how many requests have no response yet.
        concurrency: how many requests may be under way at once, just now.
        rate: items a second, recently.
        seconds: since the run began.
        note: what the run waits for; empty where it does not wait.
        has_ended: whether this is the last snapshot of the run. Its rate is that of the whole run.
    """

    action: str = "create"
    total: int | None = None
    read: int = 0
    created: int = 0
    earlier: int = 0
    rejected: int = 0
    unknown: int = 0
    under_way: int = 0
    concurrency: int = 0
    rate: float = 0.0
    seconds: float = 0.0
    note: str = ""
    has_ended: bool = False

    @property
    def done(self) -> int:
        """How many items have an outcome: those created now or earlier, and those rejected."""
        return self.created + self.earlier + self.rejected

    @property
    def seconds_left(self) -> float | None:
        """The time that the rest takes at this rate; None where that is not known."""
        if self.total is None or self.rate <= 0 or self.has_ended:
            return None
        return max(0, self.total - self.done) / self.rate

    def parts(self, *, is_short: bool = False) -> list[str]:
        """Return the figures as text, without the note; a short text is for a bar of limited width."""
        known = self.total is not None and self.done <= self.total
        of, verb = ("/", "") if is_short and known else (" of ", f" {DONE.get(self.action, 'done')}")
        parts = [f"{self.created + self.earlier:,}{f'{of}{self.total:,}' if known else ''}{verb}"]
        left = self.seconds_left if known else None
        parts += [rate(self.rate), f"{duration(left)} left" if left else f"in {duration(self.seconds)}"]
        parts += [f"{self.rejected:,} rejected"] if self.rejected else []
        parts += [f"{self.unknown:,} unknown"] if self.unknown else []
        parts += [f"{self.concurrency:,} at once"] if self.concurrency and not self.has_ended else []
        return parts

    def ended(self) -> "Progress":
        """Return the last snapshot of the run, given the figures at its end."""
        whole = self.created / self.seconds if self.seconds > 0 else 0.0
        return replace(self, rate=whole, note="", has_ended=True)

    def __str__(self) -> str:
        text = ", ".join(self.parts())
        return f"{text}; {self.note}" if self.note else text


OnProgress = Callable[[Progress], object] | bool | None


class Reporter:
    """Shows the progress of a run; this one shows nothing.

    A run calls `show` every `interval` seconds and `end` once, all in one thread. None of them raises an `Exception`.
    """

    interval: float = _LINES_EVERY

    def show(self, progress: Progress) -> None:
        """Show where the run is."""

    def end(self, progress: Progress) -> None:
        """Show where the run ended."""
        self.show(progress.ended())

    def close(self) -> None:
        """Leave the terminal as it was."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def reporter(on_progress: OnProgress = None, *, stream: TextIO | None = None) -> Reporter:
    """Return what shows the progress of a run.

    Args:
        on_progress: a function that is called with a `Progress` about twice a second and at the end, in the thread of
            the run: it has to return soon. What it raises is logged once. False: nothing is shown. None or True: a bar
            in a terminal, where the extra `loading` is installed; else a line every 30 seconds, so that a short run
            prints nothing.
        stream: where the bar or the lines go; None for `sys.stderr`.

    Raises:
        TypeError: `on_progress` is of another type, or a coroutine function.
    """
    if callable(on_progress):
        if inspect.iscoroutinefunction(on_progress) or inspect.iscoroutinefunction(type(on_progress).__call__):
            raise TypeError("on_progress: a plain function is needed, not a coroutine function")
        return _Calls(on_progress)
    if on_progress is not None and not isinstance(on_progress, bool):
        raise TypeError(f"on_progress: a function, True, False or None is needed, not {type(on_progress).__name__}")
    stream = sys.stderr if stream is None else stream
    if on_progress is False or stream is None:  # a program without a console has no sys.stderr
        return Reporter()
    return _bar(stream) or Lines(stream)


def _bar(stream: TextIO) -> Reporter | None:
    try:
        if not stream.isatty():
            return None
        from abeja_datasets_loading.progress.bar import Bar, can_draw
    except (AttributeError, ValueError, ImportError):  # no file, a closed one, or no rich
        return None
    return Bar(stream) if can_draw(stream) else None


class _Calls(Reporter):
    """Calls a function of the caller's."""

    interval = _CALLS_EVERY

    def __init__(self, function: Callable[[Progress], object]) -> None:
        self._function = function
        self._has_failed = False

    def show(self, progress: Progress) -> None:
        try:
            self._function(progress)
        except Exception:  # noqa: BLE001 - what shows progress must not end a run
            if not self._has_failed:
                _log.exception("on_progress raised; the run continues, and later errors of it are not logged")
            self._has_failed = True


class Lines(Reporter):
    """Writes a line every 30 seconds, and as soon as the run begins to wait; the last one only after another.

    Args:
        stream: where to.
        clock: returns the time in seconds.
    """

    interval = 1.0

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._next = clock() + _LINES_EVERY
        self._has_written = self._has_note = False

    def show(self, progress: Progress) -> None:
        """Write a line if it is time."""
        begins_to_wait = bool(progress.note) and not self._has_note
        self._has_note = bool(progress.note)
        if begins_to_wait or self._clock() >= self._next:
            self._write(progress)

    def end(self, progress: Progress) -> None:
        """Write the last line if there was one."""
        if self._has_written:
            self._write(progress.ended())

    def _write(self, progress: Progress) -> None:
        self._has_written = True
        self._next = self._clock() + _LINES_EVERY
        line = f"{progress.action}: {progress}\n"
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        try:
            self._stream.write(line.encode(encoding, "replace").decode(encoding))
            self._stream.flush()
        except Exception:  # noqa: BLE001 - a closed pipe or file is no reason to stop loading
            self._next = float("inf")
