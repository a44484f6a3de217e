"""The rows of a source: counted for a plan, and read for a unit."""

import codecs
import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

from abeja_datasets_loading.errors import PlanError
from abeja_datasets_loading.formats.api_items import jsonl
from abeja_datasets_loading.formats.files import open_file
from abeja_datasets_loading.formats.model import FileRefused, Note, Place, Record, Rejected, Row
from abeja_datasets_loading.formats.options import Options
from abeja_datasets_loading.formats.sources.text import GZIP, WIDE, detect
from abeja_datasets_loading.formats.tabular.parquet import ParquetFile
from abeja_datasets_loading.formats.unreadable import items_of
from abeja_datasets_loading.plans.sources import Source, Stat
from abeja_datasets_loading.plans.storage import explained, opened

_CHUNK: Final = 1 << 22
_BLANK: Final = b" \t\r\n"

Mark = tuple[int, int]
"""Where a unit begins in a file of JSON lines: the byte, and the number of lines before it."""


class Counted(NamedTuple):
    """A source, and where its units begin where that can't be computed."""

    source: Source
    marks: Sequence[Mark]


def count(path: str, found: Stat, form: str, options: Options, unit_rows: int) -> Counted:
    """Return how many rows a source has.

    Args:
        path: of the source.
        found: its size and etag.
        form: its format.
        options: how to read it.
        unit_rows: the rows of a unit.

    Raises:
        PlanError: the file can't be read as this format.
    """
    if not found.size and form != "parquet":  # an empty part of many, as clusters write them
        return Counted(Source(path, *found, form, is_seekable=False, rows=0), ())
    with _named(path):
        if form == "parquet":
            with _parquet(path, options, range(0)) as file:
                if file.is_nested:
                    return Counted(Source(path, *found, form, is_seekable=True, rows=file.row_count), ())
        elif form == "jsonl" and _has_single_bytes(path, options):
            rows, marks = _scan(path, unit_rows)
            source = Source(path, *found, form, is_seekable=True, rows=rows)
            if rows:
                next(read(source, options, 0, 1, marks[:2]))  # an array, say, is refused now, and not by each worker
            return Counted(source, marks)
        with _whole(path, form, options) as records:
            rows = sum(not isinstance(record, Note) for record in records)
        return Counted(Source(path, *found, form, is_seekable=False, rows=rows), ())


def read(
    source: Source, options: Options, start: int, stop: int, marks: Sequence[Mark] = ()
) -> Iterator[Mapping[str, Any]]:
    """Iterate over rows of a source as items. A row that makes no item raises when it is read.

    Args:
        source: the file.
        options: how to read it.
        start: the first row, from 0.
        stop: the row behind the last one.
        marks: where the rows begin and end in a file of JSON lines. One mark: they end with the file.

    Raises:
        PlanError: the file can't be read as this format.
    """
    with _named(source.path):
        if not source.is_seekable:
            with _whole(source.path, source.form, options) as records:
                yield from items_of(islice(_without_notes(records), start, stop))
        elif source.form == "parquet":
            with _parquet(source.path, options, range(start, stop)) as file:
                yield from items_of(file)
        elif start < stop:
            yield from items_of(islice(_lines(source, options, marks), stop - start))


def _without_notes(records: Iterator[Record]) -> Iterator[Row | Rejected]:
    return (record for record in records if not isinstance(record, Note))


@contextlib.contextmanager
def _named(path: str) -> Iterator[None]:
    """Turn the refusal of a file into a `PlanError` that names the source, not a copy of it."""
    try:
        with explained(path):
            try:
                yield
            except FileRefused as error:
                raise PlanError(str(error.place._replace(file=path)), error.reason, "source") from error
    except FileNotFoundError as error:
        raise PlanError(path, "the source is gone", "source") from error


@contextlib.contextmanager
def _parquet(path: str, options: Options, rows: range) -> Iterator[ParquetFile]:
    files, name = opened(path)
    with (
        files.open(name, "rb") as source,
        contextlib.closing(ParquetFile(path, options, source=source, rows=rows)) as file,
    ):
        yield file


@contextlib.contextmanager
def _whole(path: str, form: str, options: Options) -> Iterator[Iterator[Record]]:
    """Return the records of a file, which is copied where it is not on a disk."""
    files, name = opened(path)
    with contextlib.ExitStack() as stack:
        if not os.path.isfile(name):  # noqa: PTH113 - fsspec has texts
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            target = str(Path(folder) / Path(name).name)
            files.get_file(name, target)
            name = target
        yield iter(stack.enter_context(contextlib.closing(open_file(name, options, form))))


def _lines(source: Source, options: Options, marks: Sequence[Mark]) -> Iterator[Row | Rejected]:
    """Iterate over the lines between two marks, with their numbers in the whole file."""
    files, name = opened(source.path)
    (first, before), *rest = marks
    end = rest[0][0] if rest else source.size
    with tempfile.TemporaryDirectory() as folder:
        part = Path(folder) / "part.jsonl"  # Windows opens no file twice that `tempfile` has open
        with files.open(name, "rb") as whole, part.open("wb") as copy:
            whole.seek(first)
            left = end - first
            while left and (data := whole.read(min(left, _CHUNK))):
                copy.write(data)
                left -= len(data)
        with contextlib.closing(jsonl.read(part, options, is_start=not first)) as records:
            try:
                for record in _without_notes(records):
                    yield record._replace(place=_moved(record.place, source, before))
            except FileRefused as error:
                raise FileRefused(_moved(error.place, source, before), error.reason) from None


def _moved(place: Place, source: Source, before: int) -> Place:
    """Return a place in a part of a source as one in the source."""
    return place._replace(file=source.path, line=None if place.line is None else before + place.line)


def _has_single_bytes(path: str, options: Options) -> bool:
    """Return whether lines can be counted by their bytes: the text is not packed, and has no wide encoding."""
    files, name = opened(path)
    with files.open(name, "rb") as file:
        start = file.read(4)
    if start.startswith(GZIP):
        return False
    try:
        return not detect(start, options.encoding)[0].startswith(WIDE)
    except LookupError:
        return False  # reading says what is wrong with the encoding


def _scan(path: str, unit_rows: int) -> tuple[int, list[Mark]]:
    """Return how many lines of a file are not blank, and a mark for each unit of them."""
    files, name = opened(path)
    rows, marks, offset = 0, list[Mark](), 0
    with files.open(name, "rb") as file:
        for number, line in enumerate(_byte_lines(file)):
            text = line.removeprefix(codecs.BOM_UTF8) if not number else line
            if text.strip(_BLANK):
                if rows % unit_rows == 0:
                    marks.append((offset if rows else 0, number if rows else 0))
                rows += 1
            offset += len(line)
    return rows, marks


def _byte_lines(file: Any) -> Iterator[bytes]:
    """Iterate over the lines of a file, with their ends."""
    rest = b""
    # By itself a file of fsspec reads few bytes at a time.
    while data := file.read(_CHUNK):
        *lines, rest = (rest + data).split(b"\n")
        yield from (line + b"\n" for line in lines)
    if rest:
        yield rest
