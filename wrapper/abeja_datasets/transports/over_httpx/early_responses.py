"""Sending a long body while looking for the response, over the network streams of httpcore (its public interface).

A server may refuse a request before it has read the body. The client should then stop sending (RFC 9112, section 9.5).
httpx looks for the response only once the body is sent. If the server has reset the connection meanwhile, asyncio drops
what was received.
"""

import asyncio
import collections
import contextlib
import re
import socket
from collections.abc import Callable
from typing import Any, Final

import httpcore

from abeja_datasets.transports.sockets import has_input, is_broken, remaining, wait

SHORT: Final = 1 << 14
"""Bytes of the longest body that is sent without looking: sockets take it at once."""

_PIECE: Final = 1 << 16
_MOMENT: Final = 0.005
_TLS_PIECE: Final = 1 << 16
_MOST_KEPT: Final = 1 << 20
_INTERIM: Final = re.compile(rb"HTTP/1\.[01] 1[0-9][0-9].*?\r?\n\r?\n", re.DOTALL)
_REFUSAL: Final = re.compile(rb"HTTP/1\.[01] [45][0-9][0-9][ \r\n]")


class Early:
    """What came before the request was sent, for the stream to read later."""

    __slots__ = ("_is_over", "_pieces", "_size")

    def __init__(self) -> None:
        self._pieces: collections.deque[bytes] = collections.deque()
        self._size = 0
        self._is_over = False

    def __bool__(self) -> bool:
        return bool(self._pieces)

    @property
    def is_wanted(self) -> bool:
        """Whether more is to be read before the request is sent."""
        return not self._is_over and self._size < _MOST_KEPT

    def keep(self, piece: bytes) -> None:
        """Keep what was read.

        Raises:
            httpcore.WriteError: it refuses the request. httpcore then goes on to read the response.
        """
        if not piece:
            self._is_over = True
            return
        self._pieces.append(piece)
        self._size += len(piece)
        received = b"".join(self._pieces)
        while interim := _INTERIM.match(received):
            received = received[interim.end() :]
        if _REFUSAL.match(received):
            raise httpcore.WriteError("the server has refused the request before it was sent")

    def take(self) -> bytes:
        """Return the first piece, and forget it."""
        piece = self._pieces.popleft()
        self._size -= len(piece)
        return piece


def write(stream: Any, buffer: bytes, seconds: Callable[[], float | None], early: Early) -> None:
    """Send bytes on a stream of httpcore, and keep what comes meanwhile.

    Args:
        stream: of a connection.
        buffer: what to send.
        seconds: returns how long a step may take.
        early: keeps what comes.

    Raises:
        httpcore.WriteError: the server has refused the request, or the connection is broken.
        httpcore.WriteTimeout: the server took nothing for too long.
        TimeoutError: the deadline is over.
    """
    connection = stream.get_extra_info("socket")
    view = memoryview(buffer)
    for start in range(0, len(buffer), _PIECE):
        is_writable = False
        while not is_writable:
            is_readable, is_writable = wait(connection, seconds(), for_input=early.is_wanted)
            if not is_readable and not is_writable:
                raise httpcore.WriteTimeout("the server took nothing for too long")
            if is_readable:
                # With TLS there may be no data in what came. An error of the connection is the write's to raise.
                with contextlib.suppress(httpcore.ReadError, httpcore.ReadTimeout):
                    early.keep(stream.read(_PIECE, 0))
        stream.write(bytes(view[start : start + _PIECE]), seconds())


async def async_write(stream: Any, buffer: bytes, timeout: float | None, early: Early) -> None:  # noqa: ASYNC109 - httpcore's
    """The same for asyncio."""
    if stream.get_extra_info("ssl_object") is None:
        with stream.get_extra_info("socket").dup() as connection:
            # It stays open after asyncio has closed its own, so that what it has received is not lost.
            await _write(stream, buffer, timeout, early, connection)
        return
    # What a broken connection has received is encrypted, and can't be read any more. So it is read before each piece.
    view = memoryview(buffer)
    for start in range(0, len(buffer), _TLS_PIECE):
        if early.is_wanted and has_input(stream.get_extra_info("socket")):
            # What comes may be no data.
            with contextlib.suppress(httpcore.ReadError, httpcore.ReadTimeout):
                early.keep(await stream.read(_PIECE, _MOMENT))
        await _write(stream, bytes(view[start : start + _TLS_PIECE]), timeout, early, None)


async def _write(
    stream: Any,
    buffer: bytes,
    timeout: float | None,  # noqa: ASYNC109 - httpcore's
    early: Early,
    connection: socket.socket | None,
) -> None:
    writing = asyncio.ensure_future(stream.write(buffer, timeout))
    try:
        while not writing.done():
            await _look(stream, writing, early)
        await writing
        _check(connection)
    except httpcore.WriteError:
        if writing.done():
            early.keep(await _rest(stream) + (remaining(connection) if connection else b""))
        raise
    finally:
        await _end(writing)


def _check(connection: socket.socket | None) -> None:
    """Raise httpcore.WriteError if a connection is broken; asyncio does not always do so."""
    if connection and is_broken(connection):
        raise httpcore.WriteError("the connection is broken")


async def _look(stream: Any, writing: "asyncio.Future[None]", early: Early) -> None:
    """Wait until something is sent or received."""
    if not early.is_wanted:
        await asyncio.wait({writing})
        return
    reading = asyncio.ensure_future(stream.read(_PIECE, None))
    try:
        await asyncio.wait({writing, reading}, return_when=asyncio.FIRST_COMPLETED)
        if reading.done():
            early.keep(b"" if reading.exception() else reading.result())
    finally:
        await _end(reading)


async def _rest(stream: Any) -> bytes:
    """Return what a broken stream has received."""
    pieces = []
    with contextlib.suppress(httpcore.ReadError, httpcore.ReadTimeout):
        while piece := await stream.read(_PIECE, 1):
            pieces.append(piece)
    return b"".join(pieces)


async def _end(task: "asyncio.Future[Any]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
