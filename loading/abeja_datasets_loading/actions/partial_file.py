"""A file that appears when it is whole: its lines are written beside it, durably, and replace it at the end."""

import contextlib
import errno
import json
import os
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from abeja_datasets_loading.options import file_path

_encode: Final = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode
_encode_ascii: Final = json.JSONEncoder(check_circular=False, separators=(",", ":")).encode


class PartialFile:
    """A file that is not whole yet.

    Args:
        path: of the file; it is made where it is missing.
        size: how many bytes of it are valid. The rest, which a crash may have left, is cut off.

    Attributes:
        goes_on: whether the file has those bytes; else it is empty.
        size: the bytes that were written.

    Raises:
        OSError: it can't be written.
    """

    def __init__(self, path: Path, size: int) -> None:
        self._path = path
        # Unbuffered: a full disk is then an error of a write, and of nothing later.
        self._file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666), "r+b", 0)
        with contextlib.ExitStack() as failed:
            failed.callback(self._file.close)
            self.goes_on = self._file.seek(0, os.SEEK_END) >= size
            self.size = size if self.goes_on else 0
            self._file.truncate(self.size)
            self._file.seek(self.size)
            failed.pop_all()

    def write(self, data: bytes) -> None:
        """Write bytes at the end."""
        rest = memoryview(data)
        while rest:
            rest = rest[self._file.write(rest) or 0 :]
        self.size += len(data)

    def sync(self) -> None:
        """Return when all of it is on disk."""
        os.fsync(self._file.fileno())

    def replace(self, path: Path) -> None:
        """Close the file, which is whole, and give it its name, durably."""
        self.sync()
        self._file.close()
        self._path.replace(path)
        with contextlib.suppress(OSError):  # a system or a file system that syncs no folders
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def target_of(path: object) -> Path:
    """Return the file that a path names, with its links resolved.

    Raises:
        OSError: no file can be written there.
        ValueError: no file can have this path.
        TypeError: it is not a path.
    """
    target = Path(os.path.realpath(file_path("path", path)))
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, "path: this is a folder; pass the name of a file in it", str(path))
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "path: there is no such folder; make it first", str(target.parent))
    return target


def partial_of(path: Path) -> Path:
    """Return where the lines are until the file is whole."""
    return path.with_name(f"{path.name}.partial")


def remove(*paths: Path) -> None:
    """Remove files, and what SQLite keeps beside them."""
    for path in paths:
        for suffix in ("", "-wal", "-shm"):
            with contextlib.suppress(OSError):
                path.with_name(path.name + suffix).unlink()


def lines(entries: list[Any]) -> bytes:
    """Return entries, which came from the server, as JSON lines in UTF-8."""
    try:
        return _encode_lines(entries)
    except UnicodeEncodeError:  # of a lone surrogate, which UTF-8 has no form for, and JSON has
        return "".join([f"{_encode_ascii(entry)}\n" for entry in entries]).encode()


def _plain_lines(entries: list[Any]) -> bytes:
    return "".join([f"{_encode(entry)}\n" for entry in entries]).encode()


try:
    import msgspec
except ImportError:  # the extra `loading` brings it
    _encode_lines: Callable[[list[Any]], bytes] = _plain_lines
    decode: Callable[[bytes], Any] | None = None
else:
    # They take a seventh and half of the time. NaN becomes null, but a response with NaN is not a valid one.
    _encode_lines = msgspec.json.Encoder().encode_lines
    decode = msgspec.json.Decoder().decode
