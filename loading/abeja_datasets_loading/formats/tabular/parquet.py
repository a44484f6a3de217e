"""Parquet: a table of objects, or of items with nested columns (pyarrow)."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from abeja_datasets_loading.formats.model import FileRefused, Invalid, Place, Record, Rejected, Row
from abeja_datasets_loading.formats.options import Options
from abeja_datasets_loading.formats.remarks import remarked
from abeja_datasets_loading.formats.sources.text import name_of
from abeja_datasets_loading.formats.tabular import parquet_columns, parquet_times, tables
from abeja_datasets_loading.formats.tabular.parquet_items import cells_of, item_of
from abeja_datasets_loading.formats.tabular.tables import TableRows

if TYPE_CHECKING:
    import pyarrow.parquet as pq

BATCH: Final = 1024
MISSING: Final = "needs pyarrow; install abeja-datasets[parquet]"


class ParquetFile:
    """A Parquet file, ready to iterate over its items.

    Args:
        path: the file.
        options: how to read it.
        source: the file, opened elsewhere; `path` is then its name alone.
        rows: the numbers of the rows to read, from 0, where each row is an item; None for all.

    Raises:
        FileRefused: it is not a Parquet file, or has columns that make no items.
    """

    def __init__(
        self, path: Path | str, options: Options, *, source: BinaryIO | None = None, rows: range | None = None
    ) -> None:
        self._place = Place(name_of(path))
        self._options = options
        self._file = _opened(path if source is None else source, self._place)
        self._part = range(self._file.metadata.num_rows) if rows is None else rows
        self._rows: TableRows | None = None
        with contextlib.ExitStack() as unless_read:
            unless_read.callback(self.close)
            schema = self._file.schema_arrow
            parquet_columns.check(schema, self._place)
            if "source_data" not in schema.names:
                self._rows = TableRows(self._place.file, options)
                self._read_flat(self._rows, self._header(schema.names))
            unless_read.pop_all()

    @property
    def is_nested(self) -> bool:
        """Whether each row is an item; else rows of one `data_uri`, anywhere in the file, are one."""
        return self._rows is None

    @property
    def row_count(self) -> int:
        """How many rows the file has."""
        return int(self._file.metadata.num_rows)

    @property
    def props(self) -> dict[str, Any]:
        """The props of a dataset for it, once all of it was iterated over; none where items have nested columns."""
        return {} if self._rows is None else self._rows.props

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        if self._rows is not None:
            self._rows.close()

    def __iter__(self) -> Iterator[Record]:
        """Iterate over the items."""
        return remarked(self._nested()) if self._rows is None else iter(self._rows)

    def _header(self, names: list[str]) -> dict[int, str]:
        try:
            return tables.header(names)
        except Invalid as error:
            raise FileRefused(self._place, error.reason) from None

    def _batches(self) -> Iterator[tuple[int, dict[str, Any]]]:
        part = self._part
        number, groups = _groups(self._file.metadata, part)
        try:
            for batch in self._file.iter_batches(BATCH, row_groups=groups):
                if self._rows is not None and self._options.on_read is not None:
                    self._options.on_read(batch.nbytes)
                skipped = min(len(batch), max(0, part.start - number))
                number += skipped
                for row in parquet_times.rows(batch.slice(skipped, max(0, part.stop - number))):
                    number += 1
                    yield number, row
                if number >= part.stop:
                    break
        except (OSError, ValueError, NotImplementedError) as error:
            raise FileRefused(self._place._replace(line=number or None), f"not Parquet from here on: {error}") from None

    def _read_flat(self, rows: TableRows, columns: Mapping[int, str]) -> None:
        names = list(columns.values())
        for number, row in self._batches():
            named = dict(zip(names, row.values(), strict=True))
            try:
                rows.add(number, cells_of(named), number)
            except Invalid as error:
                rows.add(number, {"data_uri": named["data_uri"]}, number, f"{error.pointer}: {error.reason}")

    def _nested(self) -> Iterator[Record]:
        for number, row in self._batches():
            place = self._place._replace(line=number)
            try:
                yield Row(place, item_of(row, self._options), [number])
            except Invalid as error:
                yield Rejected(place, f"{error.pointer}: {error.reason}".removeprefix(": "), [number])


def _groups(metadata: Any, part: range) -> tuple[int, list[int]]:
    """Return the number of the first row of those row groups that hold a part of the rows, and the groups."""
    first, end, groups = 0, 0, list[int]()
    for number in range(metadata.num_row_groups):
        begin, end = end, end + metadata.row_group(number).num_rows
        if begin < part.stop and part.start < end:
            first = first if groups else begin
            groups.append(number)
    return first, groups


def _opened(path: Path | str | BinaryIO, place: Place) -> "pq.ParquetFile":
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise FileRefused(place, MISSING) from None
    try:
        return pq.ParquetFile(path)
    except (OSError, pa.ArrowException) as error:
        raise FileRefused(place, f"no Parquet file: {error}") from None
