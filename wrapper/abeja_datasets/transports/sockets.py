"""What the system knows of a connection, whichever library uses it."""

import contextlib
import select
import socket
from collections.abc import Callable
from typing import Any, Final

_PIECE: Final = 1 << 16
_HAS_POLL: Final = hasattr(select, "poll")
"""Windows has none. `select` does not take the descriptors of a program that has many."""


def wait(connection: Any, seconds: float | None, *, for_input: bool) -> tuple[bool, bool]:
    """Wait until a connection has input or takes output; return which of both.

    Args:
        connection: a socket.
        seconds: how long to wait; None for any time.
        for_input: whether to wait for input too.
    """
    if not _HAS_POLL:
        readable, writable, failed = select.select(
            [connection] if for_input else [], [connection], [connection], seconds
        )
        return bool(readable), bool(writable or failed)
    poll = select.poll()
    poll.register(connection, select.POLLOUT | (select.POLLIN if for_input else 0))
    events = poll.poll(None if seconds is None else seconds * 1000)
    found = events[0][1] if events else 0
    # An error is found by writing.
    return bool(found & select.POLLIN), bool(found & ~select.POLLIN)


def has_input(connection: Any) -> bool:
    """Return whether something is there to read from a connection, such as its end."""
    return input_check(connection)()


def input_check(connection: Any) -> Callable[[], bool]:
    """Return a function that returns whether something is there to read from a connection, or it is closed.

    Only one thread at a time may call it.
    """
    if not _HAS_POLL:
        return lambda: connection.fileno() < 0 or bool(select.select([connection], [], [], 0)[0])
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    # The number of a closed connection may be that of another by now.
    return lambda: connection.fileno() < 0 or bool(poll.poll(0))


def is_broken(connection: socket.socket) -> bool:
    """Return whether the other side has reset a connection; False where the system does not say so."""
    if not _HAS_POLL:
        return False
    poll = select.poll()
    poll.register(connection, 0)
    return bool(poll.poll(0))


def remaining(connection: socket.socket) -> bytes:
    """Return what a connection that does not block has received and nobody has read."""
    pieces = []
    with contextlib.suppress(OSError):
        while piece := connection.recv(_PIECE):
            pieces.append(piece)
    return b"".join(pieces)
