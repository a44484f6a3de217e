"""Remarks on items that are kept although something about them is odd."""

import contextlib
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from abeja_datasets_loading.formats.codes import Codes
from abeja_datasets_loading.formats.model import Note, Record, Row
from abeja_datasets_loading.formats.values import geometry
from abeja_datasets_loading.formats.values.numbers import is_number


def remarked(records: Iterable[Record]) -> Iterator[Record]:
    """Iterate over the records of one input, with the remarks on each item after it."""
    with contextlib.closing(_Remarks()) as remarks:
        for record in records:
            yield record
            if isinstance(record, Row):
                yield from remarks.on(record)


class _Remarks:
    """Finds what is odd about the items of one input, with what it knows of the items before."""

    def __init__(self) -> None:
        self._uris = Codes()

    def close(self) -> None:
        """Remove the temporary file."""
        self._uris.close()

    def on(self, row: Row) -> list[Note]:
        """Return the remarks on an item."""
        found = self._on_uri(row)
        return found if are_boxes_plain(row.item) else [*found, *on_boxes(row)]

    def _on_uri(self, row: Row) -> list[Note]:
        uri = row.item["source_data"][0]["data_uri"]
        known = len(self._uris)
        if self._uris.of([hash(uri)])[0] < known:
            return [Note(row.place, f"the file {uri!r} is in the input twice, and makes two items")]
        return []


def on_boxes(row: Row) -> Iterator[Note]:
    """Iterate over the remarks on the boxes of an item, which may have any shape."""
    width, height = _size(row.item)
    for place, box in geometry.boxes(row.item.get("attributes")):
        for text in geometry.oddities(box, width, height):
            yield Note(row.place, f"{place}: {text}")


def are_boxes_plain(item: Mapping[str, Any]) -> bool:
    """Return True where nothing is odd about the boxes of an item, of any shape: most items, in little time."""
    attributes = item.get("attributes")
    if type(attributes) is not dict:
        return True
    width, height = _size(item)
    for kind in geometry.ENTRY_KINDS:
        entries = attributes.get(kind)
        for entry in entries if type(entries) is list else ():
            box = entry.get("rect") if type(entry) is dict else None
            if box is not None and not geometry.is_plain(box, width, height):
                return False
    return True


def _size(item: Mapping[str, Any]) -> tuple[float, float]:
    """Return the width and height of the image of an item, each infinite where it is not known."""
    source = item.get("source_data")
    first = source[0] if type(source) is list and source else None
    if type(first) is not dict or ("width" not in first and "height" not in first):
        return math.inf, math.inf
    return _limit(first.get("width")), _limit(first.get("height"))


def _limit(size: Any) -> float:
    return size if is_number(size) else math.inf
