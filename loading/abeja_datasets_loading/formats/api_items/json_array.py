"""JSON: an array of the API's own items."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

from abeja_datasets_loading.formats.api_items.records import records_of
from abeja_datasets_loading.formats.model import FileRefused, Invalid, Place, Record, Rejected
from abeja_datasets_loading.formats.options import Options
from abeja_datasets_loading.formats.sources.text import TextSource
from abeja_datasets_loading.formats.values import json_values
from abeja_datasets_loading.formats.values.json_file import JsonFile


def read(path: Path | str, options: Options) -> Generator[Record, None, None]:
    """Iterate over the items of a file.

    Raises:
        FileRefused: it is not an array, or not JSON; see `TextSource`.
    """
    source = TextSource(path, options.encoding)
    try:
        document = JsonFile(source)
        if document.peek() == "{":
            raise FileRefused(
                document.place, "is a JSON object; an array of items is needed, or --format coco or jsonl"
            )
        for index, (value, text) in enumerate(document.elements()):
            yield from _records(document.place._replace(pointer=f"/{index}"), value, text)
        document.end()
    finally:
        source.close()


def _records(place: Place, value: Any, text: str) -> list[Record]:
    try:
        json_values.check(text)
    except Invalid as error:
        return [Rejected(place, error.reason, text)]
    return records_of(place, value, text)
