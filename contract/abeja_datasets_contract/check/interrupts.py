"""Ctrl-C that is not lost.

Python raises KeyboardInterrupt in whatever code the main thread runs at that moment. In a finalizer or a callback of
the garbage collector (hypothesis has one), the exception is printed and forgotten. The garbage collector runs for a
fifth of a check's time.
"""

import signal
import threading
from types import FrameType, TracebackType
from typing import Self


class Interrupts:
    """Notes each Ctrl-C while it is entered. Elsewhere than in the main thread it does nothing, as Python allows."""

    def __init__(self) -> None:
        self._noted = False
        self._watches = False

    def __enter__(self) -> Self:
        """Begin to note, unless the program has a handler of its own."""
        self._noted = False
        in_main = threading.current_thread() is threading.main_thread()
        self._watches = in_main and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if self._watches:
            signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it. A Ctrl-C that is under way as an exception is noted no more."""
        self._noted = False
        if self._watches:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def raise_lost(self) -> None:
        """Raise KeyboardInterrupt again if there was one; where it was not lost, nobody comes to call this."""
        if self._noted:
            self._noted = False
            raise KeyboardInterrupt

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._noted = True
        signal.default_int_handler(number, frame)
