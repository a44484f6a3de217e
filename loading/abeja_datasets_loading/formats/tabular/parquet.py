"""Parquet: a table of objects, or of items with nested columns (pyarrow)."""

import contextlib
import datetime as dt
import decimal
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from abeja_datasets_loading.formats.model import FileRefused, Invalid, Place, Record, Rejected, Row
from abeja_datasets_loading.formats.options import Options
from abeja_datasets_loading.formats.remarks import Remarks
from abeja_datasets_loading.formats.sources.text import name_of
from abeja_datasets_loading.formats.tabular import parquet_columns, tables
from abeja_datasets_loading.formats.tabular.tables import TableRows
from abeja_datasets_loading.formats.values import json_values
from abeja_datasets_loading.formats.values.geometry import ENTRY_KINDS

if TYPE_CHECKING:
    import pyarrow.parquet as pq

BATCH: Final = 1024
MISSING: Final = "needs pyarrow; install abeja-datasets[parquet]"
_IDS: Final = ("category_id", "label_id")


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
        return self._nested() if self._rows is None else iter(self._rows)

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
                skipped = min(len(batch), max(0, part.start - number))
                number += skipped
                for row in parquet_columns.plain(batch.slice(skipped, max(0, part.stop - number))).to_pylist():
                    number += 1
                    yield number, row
                if number >= part.stop:
                    break
        except (OSError, ValueError, NotImplementedError) as error:
            raise FileRefused(self._place._replace(line=number or None), f"not Parquet from here on: {error}") from None

    def _read_flat(self, rows: TableRows, columns: Mapping[int, str]) -> None:
        names = list(columns.values())
        for number, row in self._batches():
            cells = dict(zip(names, (_json(value) for value in row.values()), strict=True))
            for key in _IDS:
                if isinstance(cells.get(key), float) and math.isnan(cells[key]):
                    del cells[key]
            rows.add(number, cells, number)

    def _nested(self) -> Iterator[Record]:
        remarks = Remarks()
        for number, row in self._batches():
            place = self._place._replace(line=number)
            try:
                record: Record = Row(place, _item(row, self._options), [number])
            except Invalid as error:
                record = Rejected(place, f"{error.pointer}: {error.reason}".removeprefix(": "), [number])
            yield record
            if isinstance(record, Row):
                yield from remarks.on(record)


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


def _json(value: Any) -> Any:
    """Return a value of a column as JSON. Null inside a struct is an absent key."""
    if isinstance(value, dict):
        return {key: _json(child) for key, child in value.items() if child is not None}
    if isinstance(value, list):
        if value and all(isinstance(each, tuple) for each in value):
            return {str(key): _json(child) for key, child in value}  # a map
        return [_json(child) for child in value]
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    return str(value) if isinstance(value, dt.timedelta) else value


def _item(row: Mapping[str, Any], options: Options) -> dict[str, Any]:
    item: dict[str, Any] = {}
    attributes: dict[str, Any] = {}
    for key, given in row.items():
        value = _json(given)
        if value is None:
            continue
        if key in ("source_data", "attributes"):
            value = _parsed(value, key)
        if key == "source_data":
            item[key] = [_source(each, options) for each in _sources(value)]
        elif key == "attributes":
            if not isinstance(value, dict):
                raise Invalid("is not an object", key)
            attributes = _with_whole_ids(value) | attributes
        elif key not in _LEFT_OUT:
            attributes[key] = value
    if "source_data" not in item:
        raise Invalid("is missing", "source_data")
    return item | {"attributes": attributes}


_LEFT_OUT: Final = frozenset(
    {"organization_id", "dataset_id", "dataset_item_id", "created_at", "updated_at", "data_uri", "data_type"}
)
"""Columns of a response, and those that repeat what `source_data` holds."""


def _with_whole_ids(attributes: dict[str, Any]) -> dict[str, Any]:
    """Return attributes with integers for the whole floats in the ids of entries. NaN in an id is an absent key."""
    for kind in ENTRY_KINDS:
        entries = attributes.get(kind)
        for entry in entries if isinstance(entries, list) else ():
            for key in _IDS if isinstance(entry, dict) else ():
                value = entry.get(key)
                if isinstance(value, float) and math.isnan(value):
                    del entry[key]
                elif isinstance(value, float) and value.is_integer():
                    entry[key] = int(value)
    return attributes


def _parsed(value: Any, key: str) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json_values.parse(value)
    except Invalid as error:
        raise Invalid(error.reason, key) from None


def _sources(value: Any) -> list[Any]:
    found = value if isinstance(value, list) else [value]
    if not found:
        raise Invalid("is empty; one object with data_uri is needed", "source_data")
    if not all(isinstance(each, dict) for each in found):
        raise Invalid("is not a list of objects", "source_data")
    return found


def _source(source: dict[str, Any], options: Options) -> dict[str, Any]:
    return source | {"data_uri": options.uris.of_uri(source.get("data_uri"))}
