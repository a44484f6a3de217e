"""The framing of HTTP/1.1 messages on a connection, whose bytes stay as they are (RFC 9112).

A parser such as h11 would return what a message means, to be written again with other bytes. For a malformed message,
which a client may want to send, it would return nothing. So this module finds the ends of messages, and nothing else.
"""

import asyncio
import contextlib
import re
import socket
import struct
from collections.abc import AsyncIterator
from typing import Literal, NamedTuple

_PIECE = 64 * 1024
_LINGER_0 = struct.pack("ii", 1, 0)
_MAX_HEAD = 64 * 1024
_MAX_LINE = 4096
_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_REQUEST = re.compile(rb"(" + _TOKEN + rb") (\S+) HTTP/1\.[01]")
_RESPONSE = re.compile(rb"HTTP/1\.[01] ([1-9][0-9]{2})(?: .*)?")
_FIELD = re.compile(rb"(" + _TOKEN + rb"):[ \t]*(.*?)[ \t]*", re.DOTALL)
_BEGINNING = re.compile(rb"(?:" + _TOKEN + rb"|HTTP/(?:1(?:\.[01]?)?)?)?(?: [^\r]*\r?)?")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r\n")
_DIGITS = re.compile(rb"[0-9]{1,18}")

Length = int | Literal["chunked", "until close"]


class NotHttp(Exception):
    """Bytes that are not a message, or one whose end can't be found."""


class CutShort(Exception):
    """The connection ended within a message."""


class Head(NamedTuple):
    """The start of a message: all bytes up to its body."""

    raw: bytes
    method: str
    """Of a request; empty for a response."""
    target: bytes
    """Of a request."""
    status: int
    """Of a response; 0 for a request."""
    fields: tuple[tuple[bytes, bytes], ...]
    """By lowercase name."""

    def values(self, name: bytes) -> list[bytes]:
        """Return the values of a field."""
        return [value for known, value in self.fields if known == name]

    def length(self, request_method: str = "") -> Length:
        """Return the length of the body (RFC 9112, section 6.3).

        Args:
            request_method: of the request of this response.

        Raises:
            NotHttp: the framing fields contradict each other, or are malformed.
        """
        if self.status and (request_method == "HEAD" or self.status < 200 or self.status in (204, 304)):  # noqa: PLR2004 - 1xx
            return 0
        codings, lengths = self.values(b"transfer-encoding"), self.values(b"content-length")
        if codings:
            # Servers differ in which of the two they use when there is a length too.
            if lengths or [coding.lower() for coding in codings] != [b"chunked"]:
                raise NotHttp
            return "chunked"
        if lengths:
            if len(lengths) > 1 or not _DIGITS.fullmatch(lengths[0]):
                raise NotHttp
            return int(lengths[0])
        return "until close" if self.status else 0


class Stream:
    """One side of the proxy: a connection that is read message by message.

    Attributes:
        buffer: bytes that have come and were not taken yet.
        is_at_end: whether nothing more will come.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.buffer = bytearray()
        self.is_at_end = False
        self.writer = writer
        self._reader = reader
        # asyncio does so for most sockets, but not for those that a listening socket of `socket.create_server`
        # accepts. Without it a message that is sent in two pieces takes 40 ms.
        self._set(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    async def fill(self) -> bool:
        """Wait for more bytes, and return whether any came. A cancelled call loses none.

        Raises:
            ConnectionError: the connection was reset.
        """
        piece = await self._reader.read(_PIECE)
        self.buffer += piece
        self.is_at_end = not piece
        return bool(piece)

    def take(self, size: int) -> bytes:
        """Take up to this many bytes from the buffer."""
        piece = bytes(self.buffer[:size])
        del self.buffer[:size]
        return piece

    async def send(self, data: bytes) -> None:
        """Send.

        Raises:
            ConnectionError: the connection was reset.
        """
        self.writer.write(data)
        await self.writer.drain()

    def reset(self) -> None:
        """Close the connection so that the other side sees a reset (RST), and not the end of what was sent."""
        self._set(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_0)
        self.writer.transport.abort()

    def _set(self, level: int, option: int, value: int | bytes) -> None:
        """Set an option of the socket, unless the connection is lost already."""
        # With uvloop a socket that is closed raises ValueError: its file descriptor is -1.
        with contextlib.suppress(OSError, ValueError):
            self.writer.get_extra_info("socket").setsockopt(level, option, value)

    async def head(self) -> Head | None:
        """Take the start of the next message; None where the connection ends before it.

        Raises:
            NotHttp: there is none; what has come stays in the buffer.
        """
        while (end := self.buffer.find(b"\r\n\r\n")) < 0:
            if len(self.buffer) > _MAX_HEAD or not _may_begin(self.buffer):
                raise NotHttp
            if not await self.fill():
                if self.buffer:
                    raise NotHttp
                return None
        if end > _MAX_HEAD:
            raise NotHttp
        head = _head(bytes(self.buffer[: end + 4]))
        del self.buffer[: end + 4]
        return head

    async def body(self, length: Length) -> AsyncIterator[bytes]:
        """Yield the body of a message in pieces as they come, with their framing.

        Raises:
            CutShort: the connection ends within it.
            NotHttp: a chunk's size can't be read; what is left stays in the buffer.
        """
        if length == "chunked":
            async for piece in self._chunks():
                yield piece
        elif length == "until close":
            while self.buffer or await self.fill():
                yield self.take(_PIECE)
        else:
            async for piece in self._exactly(length):
                yield piece

    async def _exactly(self, size: int) -> AsyncIterator[bytes]:
        while size:
            if not self.buffer and not await self.fill():
                raise CutShort
            piece = self.take(size)
            size -= len(piece)
            yield piece

    async def _chunks(self) -> AsyncIterator[bytes]:
        size = 1
        while size:
            line = await self._line()
            match = _CHUNK.fullmatch(line)
            if not match:
                self.buffer[:0] = line
                raise NotHttp
            yield line
            size = int(match[1], 16)
            if size:
                async for piece in self._exactly(size + 2):
                    yield piece
        line = b""
        while line != b"\r\n":
            line = await self._line()
            yield line

    async def _line(self) -> bytes:
        while (end := self.buffer.find(b"\n", 0, _MAX_LINE)) < 0:
            if len(self.buffer) >= _MAX_LINE:
                raise NotHttp
            if not await self.fill():
                raise CutShort
        return self.take(end + 1)


def _may_begin(data: bytearray) -> bool:
    """Return whether an incomplete head may begin with these bytes."""
    line, end, _ = bytes(data).partition(b"\r\n")
    if not end:
        return _BEGINNING.fullmatch(line) is not None
    return bool(_REQUEST.fullmatch(line) or _RESPONSE.fullmatch(line))


def _head(raw: bytes) -> Head:
    first, *lines = raw[:-4].split(b"\r\n")
    fields = []
    for line in lines:
        field = _FIELD.fullmatch(line)
        if not field or b"\n" in line or b"\r" in line:
            raise NotHttp
        fields.append((field[1].lower(), field[2]))
    if request := _REQUEST.fullmatch(first):
        return Head(raw, request[1].decode("ascii"), request[2], 0, tuple(fields))
    if response := _RESPONSE.fullmatch(first):
        return Head(raw, "", b"", int(response[1]), tuple(fields))
    raise NotHttp
