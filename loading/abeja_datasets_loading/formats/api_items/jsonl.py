"""JSON Lines: an item of the API a line. Nothing is lost."""

import json
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

from abeja_datasets_loading.formats.model import FileRefused, Invalid, Place, Rejected, Row
from abeja_datasets_loading.formats.options import Options
from abeja_datasets_loading.formats.sources.text import TextSource
from abeja_datasets_loading.formats.sources.uris import check_sources
from abeja_datasets_loading.formats.values import json_values

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(", ", ": ")).encode


def read(path: Path | str, options: Options, *, is_start: bool = True) -> Generator[Row | Rejected, None, None]:
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
            yield _record(place, line)
    finally:
        source.close()


def _record(place: Place, line: str) -> Row | Rejected:
    try:
        value = json_values.parse(line)
    except Invalid as error:
        return Rejected(place, error.reason, line)
    return record_of(place, value, line)


def record_of(place: Place, value: Any, text: str) -> Row | Rejected:
    """Return the record of a JSON value, which is to be an item."""
    if not isinstance(value, dict):
        return Rejected(place, "is not a JSON object", text)
    try:
        check_sources(value)
    except Invalid as error:
        return Rejected(place._replace(pointer=f"{place.pointer}{error.pointer}"), error.reason, text)
    return Row(place, value, text)


def line(item: Mapping[str, Any]) -> str:
    """Return an item as a line. It may hold half a surrogate pair, which `JsonTextWriter` escapes."""
    return f"{_encode(item)}\n"
