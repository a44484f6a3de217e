"""Files as text: opened, unpacked, and decoded strictly."""

import codecs
import contextlib
import gzip
import io
import os
import re
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final, cast

from abeja_datasets_loading.formats.model import FileRefused, Place

CHUNK: Final = 1 << 18
"""Bytes that are read at once."""
STDIN: Final = "-"
STDIN_COPY: Final = "standard input"
"""The name of a copy of standard input, for an input that is read more than once."""

GZIP: Final = b"\x1f\x8b"
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARATION: Final = re.compile(rb"""\s*<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._:-]+)["']""")
WIDE: Final = ("utf-16", "utf-32")
"""Starts of the names of encodings in which a character has several bytes, also a line end."""
_IANA: Final = {"windows-31j": "cp932", "x-sjis": "cp932", "x-euc-jp": "euc_jp"}
"""Names of encodings that XML files from Japan declare, and that Python knows only under other names."""
_ZIP: Final = b"PK\x03\x04"


def name_of(path: Path | str) -> str:
    """Return the name of an input for a message."""
    text = os.fspath(path)
    if text == STDIN or text.endswith(f"/{STDIN_COPY}"):
        return STDIN_COPY
    return text.encode("utf-8", "backslashreplace").decode()


@contextlib.contextmanager
def open_bytes(path: Path | str) -> Iterator[BinaryIO]:
    """Open a file, or standard input for `-`, and unpack gzip.

    Raises:
        FileRefused: the file can't be opened, or has 0 bytes.
    """
    place = Place(name_of(path))
    with contextlib.ExitStack() as stack:
        try:
            raw = sys.stdin.buffer if os.fspath(path) == STDIN else stack.enter_context(Path(path).open("rb"))
        except IsADirectoryError:
            raise FileRefused(place, "is a folder; a file is needed") from None
        except OSError as error:
            raise FileRefused(place, error.strerror or str(error)) from error
        buffered = io.BufferedReader(cast("io.RawIOBase", raw), CHUNK) if not hasattr(raw, "peek") else raw
        start = buffered.peek(4)
        if not start:
            raise FileRefused(place, "is empty (0 bytes)")
        if start.startswith(_ZIP):
            raise FileRefused(place, "is a zip archive; unpack it first")
        is_packed = start.startswith(GZIP)
        yield cast("BinaryIO", stack.enter_context(gzip.open(buffered)) if is_packed else buffered)


def read_bytes(source: BinaryIO, size: int, place: Place) -> bytes:
    """Read up to this many bytes.

    Raises:
        FileRefused: the packed data is damaged or ends early, or the system can't read.
    """
    try:
        return source.read(size)
    except EOFError:
        raise FileRefused(place, "the gzip data ends in the middle; the file is cut short") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise FileRefused(place, f"the gzip data is damaged: {error}") from None
    except OSError as error:
        raise FileRefused(place, error.strerror or str(error)) from error


def detect(start: bytes, encoding: str | None, *, is_xml: bool = False) -> tuple[str, int]:
    """Return the encoding of a text by its first bytes, and the length of its byte order mark.

    A byte order mark decides, then `encoding`, then an XML declaration; else it is UTF-8.

    Raises:
        LookupError: Python knows no such encoding.
    """
    for mark, name in _BOMS:
        if start.startswith(mark):
            return name, len(mark)
    declared = _DECLARATION.match(start) if is_xml else None
    name = encoding or (declared[1].decode("ascii") if declared else "utf-8")
    info = codecs.lookup(_IANA.get(name.lower(), name))
    if not getattr(info, "_is_text_encoding", True):
        raise LookupError(f"unknown encoding: {name}")
    return info.name, 0


class TextSource:
    """A text file that is decoded piece by piece.

    Args:
        path: the file, or `-`.
        encoding: overrides UTF-8; a byte order mark overrides it.
        on_read: called with the number of bytes of each piece.

    Attributes:
        place: the file, for messages.

    Raises:
        FileRefused: see `open_bytes`; or there is no such encoding.
    """

    def __init__(
        self, path: Path | str, encoding: str | None = None, on_read: Callable[[int], object] | None = None
    ) -> None:
        self._on_read = on_read
        self.place = Place(name_of(path))
        with contextlib.ExitStack() as unless_read:
            self._source = unless_read.enter_context(open_bytes(path))
            start = read_bytes(self._source, CHUNK, self.place)
            name, skipped = _detected(start, encoding, self.place)
            self._exit = unless_read.pop_all()
        self._decoder = codecs.getincrementaldecoder(name)("strict")
        self._encoding = name
        self._pending = start[skipped:]
        self._lines = 1
        self._ended = False

    def close(self) -> None:
        """Close the file."""
        self._exit.close()

    def read(self, size: int = CHUNK) -> str:
        """Return the next characters, at least one; none at the end.

        Raises:
            FileRefused: a byte is not valid in the encoding, or the file can't be read.
        """
        text = ""
        while not text and not self._ended:
            piece = self._pending or read_bytes(self._source, size, self.place)
            self._pending = b""
            self._ended = not piece
            if self._on_read is not None:
                self._on_read(len(piece))
            text = self._decoded(piece)
        return text

    def lines(self) -> Iterator[tuple[int, str]]:
        """Iterate over the lines with their numbers, from 1. Only LF ends a line; a CR before it is left out."""
        for number, line in self.whole_lines():
            yield number, line.removesuffix("\r")

    def whole_lines(self) -> Iterator[tuple[int, str]]:
        """Iterate over the lines as `lines` does, with the CR at their ends."""
        rest, number = "", 0
        while piece := self.read():
            *lines, rest = (rest + piece).split("\n")
            for line in lines:
                number += 1
                yield number, line
        if rest:
            yield number + 1, rest

    def _decoded(self, piece: bytes) -> str:
        try:
            text = self._decoder.decode(piece, final=self._ended)
        except UnicodeDecodeError as error:
            place = self.place._replace(line=self._lines + error.object[: error.start].count(b"\n"))
            raise FileRefused(place, _undecodable(self._encoding, error)) from None
        self._lines += text.count("\n")
        return text


def decode(data: bytes, place: Place, encoding: str | None = None, *, is_xml: bool = False) -> str:
    """Return a whole file as text.

    Raises:
        FileRefused: it is not valid in its encoding.
    """
    name, skipped = _detected(data, encoding, place, is_xml=is_xml)
    try:
        return data[skipped:].decode(name)
    except UnicodeDecodeError as error:
        raise FileRefused(
            place._replace(line=data[: error.start].count(b"\n") + 1), _undecodable(name, error)
        ) from None


def _detected(start: bytes, encoding: str | None, place: Place, *, is_xml: bool = False) -> tuple[str, int]:
    if not start:  # of packed data
        raise FileRefused(place, "is empty (0 bytes)")
    try:
        name, skipped = detect(start, encoding, is_xml=is_xml)
    except LookupError as error:
        reason = f"Python does not know its encoding ({error}); pass --encoding NAME, such as cp932"
        raise FileRefused(place, reason) from None
    if not encoding and not skipped and start[:2].count(0) == 1:
        raise FileRefused(place, "has a NUL byte at its start, as UTF-16 has; pass --encoding NAME, such as utf-16-le")
    if is_xml and not encoding and not skipped and name.startswith(WIDE):
        raise FileRefused(place, f"declares {name}, but in single bytes; pass --encoding NAME, such as utf-8")
    return name, skipped


def _undecodable(encoding: str, error: UnicodeDecodeError) -> str:
    wrong = error.object[error.start]
    return f"the byte 0x{wrong:02x} is not valid {encoding.upper()}; pass --encoding NAME, such as cp932"
