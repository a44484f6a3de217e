"""JSON Lines: an item of the API a line. Nothing is lost."""

import json
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

from abeja_datasets_loading.formats.api_items.records import records_of
from abeja_datasets_loading.formats.model import FileRefused, Invalid, Place, Record, Rejected
from abeja_datasets_loading.formats.options import Options
from abeja_datasets_loading.formats.sources.text import TextSource
from abeja_datasets_loading.formats.values import json_values

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(", ", ": ")).encode


def read(path: Path | str, options: Options, *, is_start: bool = True) -> Generator[Record, None, None]:
    """Iterate over the items of a file.

    Args:
        path: the file.
        options: how to read it.
        is_start: whether the file is whole, or the start of one.

    Raises:
        FileRefused: it is a JSON array, or see `TextSource`.
    """
    source = TextSource(path, options.encoding)
    try:
        is_first = is_start
        for number, line in source.lines():
            if not line.strip(" \t\r"):
                continue
            place = source.place._replace(line=number)
            if is_first and line.lstrip(" \t").startswith("["):
                raise FileRefused(place, "is a JSON array; pass --format json")
            is_first = False
            yield from _records(place, line)
    finally:
        source.close()


def _records(place: Place, line: str) -> list[Record]:
    try:
        value = json_values.parse(line)
    except Invalid as error:
        return [Rejected(place, error.reason, line)]
    return records_of(place, value, line)


def line(item: Mapping[str, Any]) -> str:
    """Return an item as a line. It may hold half a surrogate pair, which `JsonTextWriter` escapes."""
    return f"{_encode(item)}\n"
