"""SIGINT (Ctrl-C) and SIGTERM during a run: once to stop in order, twice to stop at once."""

import asyncio
import contextlib
import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Final, Self

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)

_active: "list[Interrupts]" = []
"""The runs that hear the signals. Only the main thread changes it."""
_previous: dict[signal.Signals, Any] = {}
"""The handlers that the program had before the first of them."""


class Interrupts:
    """A context manager in which SIGINT and SIGTERM stop a run, instead of what they do otherwise.

    The first signal stops the run in order, and the second at once. After the second the program's own handlers are
    back, so that a third ends a run that hangs. They are back at the end, too. Until then they do not hear the signals,
    except those of an event loop (`add_signal_handler`): `signal` says which came. Several runs at once all hear them.

    Outside the main thread, where Python allows no handlers, it does nothing. A signal that the program ignores stays
    ignored (as `nohup` has it), and one whose handler is not Python's stays as it is.
    """

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None
        """The first signal that came."""
        self._count = 0
        self._pass_on: Callable[[], None] = _nothing

    def attach(self, loop: asyncio.AbstractEventLoop, stop: Callable[[], object], cancel: Callable[[], object]) -> None:
        """Set what the signals do; at once for one that came before.

        Args:
            loop: which calls `stop` and `cancel`; it may run in any thread.
            stop: what to do at the first signal. It may be called twice.
            cancel: what to do at the second one, and later.
        """

        def pass_on() -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: the run is over
                loop.call_soon_threadsafe(stop if self._count == 1 else cancel)

        # A signal between these two lines calls `stop` twice; in another order it could get lost.
        self._pass_on = pass_on
        if self._count:
            pass_on()

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            _active.append(self)  # before the handlers: a signal in between would get lost
            if len(_active) == 1 and not _install():
                _active.remove(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pass_on = _nothing
        if self in _active:
            _active.remove(self)
            if not _active:
                _restore()

    def _hear(self, number: signal.Signals) -> int:
        self.signal = self.signal or number
        self._count += 1
        self._pass_on()
        return self._count


def _nothing() -> None:
    """Do nothing: no run is attached."""


def _install() -> bool:
    """Install the handler for the signals; return False where that is not allowed."""
    for number in _SIGNALS:
        handler = signal.getsignal(number)
        if handler is None or handler is signal.SIG_IGN:
            continue
        try:
            signal.signal(number, _handle)
        except ValueError:  # a subinterpreter
            return False
        _previous[number] = handler
    return True


def _restore() -> None:
    for number, handler in _previous.items():
        if signal.getsignal(number) is _handle:  # else the program has set another meanwhile
            signal.signal(number, handler)
    _previous.clear()


def _handle(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - as Python calls it
    counts = [one._hear(signal.Signals(number)) for one in tuple(_active)]  # noqa: SLF001 - a class of this module
    if max(counts, default=0) > 1:
        _restore()
