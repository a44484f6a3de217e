"""CSV: a table of objects (RFC 4180, with commas, semicolons or tabs)."""

import contextlib
import csv
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from abeja_datasets_loading.formats.model import FileRefused, Invalid, Place, Record
from abeja_datasets_loading.formats.options import Options
from abeja_datasets_loading.formats.sources.text import TextSource, name_of
from abeja_datasets_loading.formats.tabular import tables
from abeja_datasets_loading.formats.tabular.tables import TableRows

_ADVICE: Final = {
    "new-line character": "a CR outside quotes; end lines with LF or CR LF",
    "unexpected end of data": "a quote stays open",
}
"""What to say in place of Python's own texts, which are about its reader."""
_DELIMITERS: Final = ",;\t"

csv.field_size_limit(min(sys.maxsize, 2**31 - 1))  # one of 131,072 characters is Python's own; polygons are longer


class CsvFile:
    """A CSV file that was read, ready to iterate over its items.

    Args:
        path: the file.
        options: how to read it.

    Raises:
        FileRefused: it has no header with `data_uri`, a quote stays open, or see `TextSource`.
    """

    def __init__(self, path: Path | str, options: Options) -> None:
        self._place = Place(name_of(path))
        self._rows = TableRows(self._place.file, options)
        with contextlib.ExitStack() as unless_read:
            unless_read.callback(self._rows.close)
            with contextlib.closing(TextSource(path, options.encoding, options.on_read)) as source:
                self._read(source)
            unless_read.pop_all()

    @property
    def props(self) -> dict[str, Any]:
        """The props of a dataset for it, once all of it was iterated over."""
        return self._rows.props

    def close(self) -> None:
        """Remove the temporary file."""
        self._rows.close()

    def __iter__(self) -> Iterator[Record]:
        """Iterate over the items."""
        return iter(self._rows)

    def _read(self, source: TextSource) -> None:
        start, reader = open_reader(source)
        before = start - 1
        try:
            columns = self._header(next(reader, []), start)
            start = before + reader.line_num + 1
            for row in reader:
                if row:
                    self._add(start, row, columns)
                start = before + reader.line_num + 1
        except csv.Error as error:
            raise FileRefused(self._place._replace(line=start), f"not CSV from here on: {_advice(error)}") from None

    def _header(self, row: list[str], line: int) -> dict[int, str]:
        try:
            return tables.header(row)
        except Invalid as error:
            raise FileRefused(self._place._replace(line=line), f"the header: {error.reason}") from None

    def _add(self, line: int, row: list[str], columns: Mapping[int, str]) -> None:
        cells = {columns[position]: cell for position, cell in enumerate(row) if cell and position in columns}
        problem = None
        if len(row) != len(columns):
            problem = f"has {len(row)} cells; the header has {len(columns)}"
        self._rows.add(line, cells, row, problem)


def open_reader(source: TextSource) -> tuple[int, Any]:
    """Return the number of the header line, and a reader that begins with it."""
    # A cell in quotes keeps its line ends as they are.
    lines = ((number, f"{line}\n") for number, line in source.whole_lines())
    number, first = next(lines, (1, ""))
    while first and (not first.strip() or first.strip().lower().startswith("sep=")):
        number, first = next(lines, (number + 1, ""))
    return number, csv.reader(_again(first, (line for _, line in lines)), delimiter=_delimiter(first), strict=True)


def _advice(error: csv.Error) -> str:
    for part, advice in _ADVICE.items():
        if part in str(error):
            return advice
    return str(error)


def _again(first: str, others: Iterable[str]) -> Iterator[str]:
    yield first
    yield from others


def _delimiter(line: str) -> str:
    """Return the delimiter that stands most often in the header line, outside quotes."""
    outside = "".join(line.split('"')[::2])
    return max(_DELIMITERS, key=outside.count)
