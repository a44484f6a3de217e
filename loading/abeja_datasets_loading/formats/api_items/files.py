"""Files of the API's own items, opened."""

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

from abeja_datasets_loading.formats.api_items import json_array, jsonl
from abeja_datasets_loading.formats.model import Record
from abeja_datasets_loading.formats.options import Options


class _Items:
    """The API's own items, which name no labels."""

    def __init__(self, records: Generator[Record, None, None]) -> None:
        self._records = records
        self.props: dict[str, Any] = {}

    def __iter__(self) -> Iterator[Record]:
        return self._records

    def close(self) -> None:
        """Close the file, if it was begun."""
        self._records.close()


class JsonlItems(_Items):
    """Those of JSON lines."""

    def __init__(self, path: Path | str, options: Options) -> None:
        super().__init__(jsonl.read(path, options))


class JsonItems(_Items):
    """Those of a JSON array."""

    def __init__(self, path: Path | str, options: Options) -> None:
        super().__init__(json_array.read(path, options))
