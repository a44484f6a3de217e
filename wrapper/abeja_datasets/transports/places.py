"""Where connections belong: to a process. Each has a transport of its own."""

import os
import threading
import weakref
from typing import Final, NamedTuple

from abeja_datasets.transports.choice import Choice
from abeja_datasets.transports.wire import Transport

_inherited: Final[list[object]] = []
"""What a parent has open. In a forked child it must not be collected: that would end what the parent still uses."""


class Place(NamedTuple):
    """A process."""

    transport: Transport
    lock: threading.Lock
    """For what only one thread may do at a time."""


class Places:
    """One transport for each process: after a fork the child must not touch its parent's connections."""

    def __init__(self, choice: Choice) -> None:
        self._choice = choice
        self._open: dict[int, Place] = {}
        # Programs that never close their client leave no open connections behind either.
        weakref.finalize(self, _close, self._open)

    def found(self) -> Place | None:
        """Return this process's place, if it has one."""
        return self._open.get(os.getpid())

    def make(self) -> Place:
        """Make this process's place; a thread that comes meanwhile gets the same one."""
        self._choice.prepare()
        # Two threads may both make one; setdefault is atomic, and a transport that was never used holds nothing.
        return self._open.setdefault(os.getpid(), Place(self._choice.open(), threading.Lock()))

    def close(self) -> None:
        """Close this process's transport."""
        _close(self._open)


def _close(places: dict[int, Place]) -> None:
    if place := places.pop(os.getpid(), None):
        place.transport.close()
    if places:
        _inherited.append(places)
