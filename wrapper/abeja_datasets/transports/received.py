"""The body of a response as it arrives: bounded in size and time, and decoded (RFC 9110, section 8.4.1)."""

import io
import time
import zlib
from collections.abc import Callable
from typing import Any, Final, Protocol

from abeja_datasets.transports.wire import BodyTooLarge, DecodingError, Request

ACCEPTED: Final = "gzip, deflate"
"""The codings that are read here, as `Accept-Encoding` names them."""

_PIECE: Final = 1 << 20
_SMALL: Final = 4096
"""Bytes; smaller pieces are collected in one object."""
_MANY: Final = 1 << 23
"""Bytes; a smaller body may be in memory twice for a moment, which is faster."""


class _Decoder(Protocol):
    """Decodes one content coding; no piece is larger than `_PIECE`."""

    def decode(self, piece: bytes, take: Callable[[bytes], None]) -> None: ...

    def is_complete(self) -> bool: ...


class Body:
    """Collects the body of a response.

    Args:
        coding: the value of `Content-Encoding`; None or empty where there is none.
        request: whose limits hold.
    """

    __slots__ = ("_deadline", "_decoders", "_has_begun", "_limit", "_pieces", "_size")

    def __init__(self, coding: str | None, request: Request) -> None:
        self._decoders = decoders(coding) if coding else ()
        self._limit = request.max_bytes
        self._deadline = request.deadline
        self._pieces: list[bytes | bytearray] = []
        self._size = 0
        self._has_begun = False

    def feed(self, piece: bytes) -> None:
        """Take the next piece, as it came over the wire.

        Raises:
            DecodingError: it is too large, or can't be decoded.
            TimeoutError: the deadline is over.
        """
        if self._deadline is not None and time.monotonic() > self._deadline:
            raise TimeoutError("the response was not complete when the deadline was over")
        if self._decoders:
            self._has_begun = self._has_begun or bool(piece)
            self._decode(piece, len(self._decoders))
        else:
            self._keep(piece)

    def finish(self) -> bytes:
        """Return the whole body.

        Raises:
            DecodingError: its coding was cut short.
        """
        # A response without a body (204, or one to HEAD) may name a coding all the same.
        if self._has_begun and not all(decoder.is_complete() for decoder in self._decoders):
            raise DecodingError("the coding of the body is cut short")
        if len(self._pieces) == 1 and isinstance(first := self._pieces[0], bytes):
            return first
        return b"".join(self._pieces) if self._size <= _MANY else self._joined()

    def _joined(self) -> bytes:
        """Join the pieces, each of which is dropped at once: a large body is not in memory twice."""
        whole = io.BytesIO()
        self._pieces.reverse()
        while self._pieces:
            whole.write(self._pieces.pop())
        return whole.getvalue()

    def _decode(self, piece: bytes, level: int) -> None:
        """Undo the codings from the last that was applied to the first."""
        if level == 0:
            self._keep(piece)
        else:
            self._decoders[level - 1].decode(piece, lambda decoded: self._decode(decoded, level - 1))

    def _keep(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > self._limit:
            raise BodyTooLarge(f"the body is larger than {self._limit:,} bytes")
        if len(piece) >= _SMALL or not self._pieces:
            self._pieces.append(piece)
        elif isinstance(last := self._pieces[-1], bytearray):
            # An object for each byte of a body would take many times its size.
            last += piece
        else:
            self._pieces.append(bytearray(piece))


def decoders(coding: str) -> tuple[_Decoder, ...]:
    """Return a decoder for each coding that `Content-Encoding` lists, in the order in which they were applied.

    Raises:
        DecodingError: one of them is not known.
    """
    names = [name for part in coding.split(",") if (name := part.strip().lower()) not in ("", "identity")]
    unknown = [name for name in names if name not in _DECODERS]
    if unknown or len(names) > _MAX_CODINGS:
        raise DecodingError(f"the body has the Content-Encoding {coding[:100]!r}, which can't be read")
    return tuple(_DECODERS[name]() for name in names)


def is_read_here(coding: str | None) -> bool:
    """Return whether a value of `Content-Encoding` lists nothing but codings that `decoders` knows."""
    try:
        decoders(coding or "")
    except DecodingError:
        return False
    return True


class _Gzip:
    """Decodes gzip (RFC 1952), of any number of members."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(16 + zlib.MAX_WBITS)
        self._is_padding = False

    def decode(self, piece: bytes, take: Callable[[bytes], None]) -> None:
        while piece and not self._is_padding:
            if self._member.eof:
                if piece[:1] != b"\x1f":
                    self._is_padding = True
                    return
                self._member = zlib.decompressobj(16 + zlib.MAX_WBITS)
            piece = _inflate(self._member, piece, take)

    def is_complete(self) -> bool:
        return self._member.eof


class _Deflate:
    """Decodes deflate: in zlib's format, as RFC 9110, section 8.4.1.2 wants it, or raw, as some servers send it."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj()
        self._first = b""
        self._is_chosen = False

    def decode(self, piece: bytes, take: Callable[[bytes], None]) -> None:
        if not self._is_chosen:
            self._first += piece
            if len(self._first) < _ZLIB_HEAD:
                return
            piece, self._first, self._is_chosen = self._first, b"", True
            # RFC 1950, section 2.2: the method is 8, and the two bytes are a multiple of 31.
            if piece[0] & 0x0F != zlib.DEFLATED or int.from_bytes(piece[:_ZLIB_HEAD]) % 31:
                self._stream = zlib.decompressobj(-zlib.MAX_WBITS)
        if piece and not self._stream.eof:
            _inflate(self._stream, piece, take)

    def is_complete(self) -> bool:
        return self._stream.eof


_ZLIB_HEAD: Final = 2
_MAX_CODINGS: Final = 3
_DECODERS: Final[dict[str, Callable[[], _Decoder]]] = {"gzip": _Gzip, "x-gzip": _Gzip, "deflate": _Deflate}


def _inflate(stream: Any, piece: bytes, take: Callable[[bytes], None]) -> bytes:
    """Decode a piece, a bounded part at a time; return what comes behind the end of the stream."""
    while piece and not stream.eof:
        try:
            part = stream.decompress(piece, _PIECE)
        except zlib.error as error:
            raise DecodingError(f"the body can't be decoded: {error}") from error
        if part:
            take(part)
        piece = stream.unconsumed_tail
    while not stream.eof and (rest := stream.decompress(b"", _PIECE)):
        take(rest)
    behind: bytes = stream.unused_data
    return behind
