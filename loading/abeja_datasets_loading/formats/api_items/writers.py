"""Writers of the API's own items: JSON Lines, JSON, CSV and Parquet."""

import csv
from collections.abc import Iterable
from typing import IO

from abeja_datasets_loading.formats.api_items import jsonl
from abeja_datasets_loading.formats.tabular import parquet_writer, table_rows, tables
from abeja_datasets_loading.formats.writing import Item, JsonTextWriter, LinesWriter, Writer


class LineFeeds:
    """Ends the rows of a table with line feeds.

    The csv module puts a cell with a carriage return in quotes only where rows end with one.
    """

    def __init__(self, text: IO[str]) -> None:
        self._text = text

    def write(self, row: str) -> int:
        """Write a row."""
        return self._text.write(row.removesuffix("\r\n") + "\n")


class JsonlWriter(JsonTextWriter):
    """Writes JSON Lines."""

    holds_all = True

    def add(self, item: Item) -> Iterable[str]:
        """Write a line."""
        self._text.write(jsonl.line(item))
        return ()


class JsonWriter(JsonTextWriter):
    """Writes a JSON array, an item a line."""

    holds_all = True

    def start(self) -> None:
        """Open the file."""
        super().start()
        self._before = "[\n"

    def add(self, item: Item) -> Iterable[str]:
        """Write an element."""
        self._text.write(self._before + jsonl.line(item).rstrip("\n"))
        self._before = ",\n"
        return ()

    def finish(self) -> Iterable[str]:
        """End the array."""
        self._text.write("[]\n" if self._before == "[\n" else "\n]\n")
        return ()


class CsvWriter(LinesWriter):
    """Writes a table of objects."""

    _newline = ""

    def start(self) -> None:
        """Write the header."""
        super().start()
        self._csv = csv.DictWriter(LineFeeds(self._text), tables.COLUMNS)
        self._csv.writeheader()
        self._uris: set[int] = set()

    def add(self, item: Item) -> Iterable[str]:
        """Write the rows of an item."""
        rows, lost = table_rows.rows_of(item)
        self._csv.writerows(rows)
        uri = rows[0].get("data_uri")
        key = hash(uri)
        if key in self._uris:
            lost.append(f"that it is an item beside the one before with the data_uri {uri!r}")
        self._uris.add(key)
        return lost


class ParquetWriter(Writer):
    """Writes a table of items (see `ParquetRows`)."""

    def start(self) -> None:
        """Open the file."""
        self._rows = parquet_writer.ParquetRows(self.path)

    def add(self, item: Item) -> Iterable[str]:
        """Write a row."""
        self._rows.add(item)
        return ()

    def finish(self) -> Iterable[str]:
        """Write the last rows."""
        self._rows.flush()
        return ()

    def close(self) -> None:
        """Close the file."""
        self._rows.close()
