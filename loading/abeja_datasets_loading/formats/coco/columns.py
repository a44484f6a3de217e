"""Columns of whole numbers, and texts by their number, in temporary files."""

import array
import itertools
import mmap
import os
import tempfile
from collections.abc import Iterable
from typing import Final, Literal

_ZEROS: Final = 1 << 16
"""Zeros that are written at once."""


class Column:
    """Whole numbers from 0, one after the other. The system holds in memory what is used of them.

    Args:
        code: the type of a number, as in `array`.
    """

    def __init__(self, code: Literal["B", "I", "Q"]) -> None:
        self._code = code
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`
        self._map: mmap.mmap | None = None
        self._view: memoryview | None = None

    def extend(self, numbers: Iterable[int]) -> None:
        """Add numbers at the end. It is not allowed once the column was viewed."""
        self._file.write(array.array(self._code, numbers))

    @property
    def made(self) -> memoryview | None:
        """The numbers, where they were viewed before."""
        return self._view

    def view(self, count: int | None = None) -> memoryview:
        """Return the numbers, which may be set: as many as were added, or a count of zeros."""
        if self._view is None:
            if count is not None:
                # A file with holes would be a crash (SIGBUS), and no error, where the disk is full.
                for start in range(0, count, _ZEROS):
                    self._file.write(bytes(min(_ZEROS, count - start) * array.array(self._code).itemsize))
            self._file.flush()
            size = os.fstat(self._file.fileno()).st_size
            # An empty file can't be mapped.
            self._map = mmap.mmap(self._file.fileno(), size) if size else None
            self._view = memoryview(self._map or b"").cast(self._code)
        return self._view

    def close(self) -> None:
        """Remove the file."""
        if self._view is not None:
            self._view.release()
        if self._map is not None:
            self._map.close()
        self._file.close()


class Texts:
    """Texts by number, from 0, in UTF-8."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - closed by `close`
        self._starts = Column("Q")
        self._end = 0
        self._is_whole = False

    def extend(self, text: bytes, sizes: Iterable[int]) -> None:
        """Add texts at the end, given as one, with the bytes of each."""
        rest = memoryview(text)
        while rest:  # a file without a buffer may take a part alone, as of a disk that becomes full
            rest = rest[self._file.write(rest) :]
        starts = [*itertools.accumulate(sizes, initial=self._end)]
        self._end = starts.pop()
        self._starts.extend(starts)

    def __getitem__(self, number: int) -> bytes:
        return self.of([number])[0]

    def of(self, numbers: Iterable[int]) -> list[bytes]:
        """Return several texts."""
        starts, descriptor = self._all_starts(), self._file.fileno()
        return [_read(descriptor, starts[number + 1] - starts[number], starts[number]) for number in numbers]

    def _all_starts(self) -> memoryview:
        if not self._is_whole:
            self._starts.extend([self._end])
            self._is_whole = True
        return self._starts.view()

    def close(self) -> None:
        """Remove the files."""
        self._starts.close()
        self._file.close()


def _seek_and_read(descriptor: int, size: int, start: int) -> bytes:
    os.lseek(descriptor, start, os.SEEK_SET)
    return os.read(descriptor, size)


_read = getattr(os, "pread", _seek_and_read)  # Windows has no pread
