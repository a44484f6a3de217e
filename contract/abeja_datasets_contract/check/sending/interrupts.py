"""Note Ctrl-C, SIGTERM and SIGHUP, so that none is lost.

A signal's handler runs within any code of the main thread. What it raises in a finalizer or in a callback of the
garbage collector (hypothesis has one) is printed and forgotten. So the handler notes the signal, and raises only while
the check waits. The check also looks before each request.
"""

import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import Any, Self

_DEFAULTS = {
    getattr(signal, name): default
    for name, default in (
        ("SIGINT", signal.default_int_handler),
        ("SIGTERM", signal.SIG_DFL),
        ("SIGHUP", signal.SIG_DFL),
    )
    if hasattr(signal, name)
}
"""The signals, each with the handler that is replaced. A program that has another handler keeps it."""


class Interrupts:
    """Notes signals while it is entered. Elsewhere than in the main thread it does nothing, as Python allows."""

    def __init__(self) -> None:
        self._noted = self._waits = self._cleans = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        """Begin to note, unless the program has handlers of its own."""
        self._noted = self._waits = self._cleans = False
        if threading.current_thread() is threading.main_thread():
            self._before = {number: old for number, old in _DEFAULTS.items() if signal.getsignal(number) == old}
        for number in self._before:
            signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Restore the handlers."""
        before, self._before = self._before, {}
        for number, old in before.items():
            signal.signal(number, old)

    def clean_up(self) -> None:
        """Ignore all signals but another Ctrl-C from here on, for the clean-up.

        A terminal that closes and a supervisor may send SIGHUP and SIGTERM more than once.
        """
        self._noted, self._cleans = False, True

    def raise_noted(self) -> None:
        """Raise KeyboardInterrupt if there was a signal."""
        if self._noted:
            self._noted = False
            raise KeyboardInterrupt

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """Raise KeyboardInterrupt within the block when a signal comes."""
        outer, self._waits = self._waits, True
        try:
            self.raise_noted()
            yield
        finally:
            self._waits = outer

    def sleep(self, seconds: float) -> None:
        """Wait, until a signal comes."""
        with self.waiting():
            time.sleep(max(0.0, seconds))

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if self._cleans and number != signal.SIGINT:
            return
        self._noted = True
        if self._waits and threading.current_thread() is threading.main_thread():
            raise KeyboardInterrupt
