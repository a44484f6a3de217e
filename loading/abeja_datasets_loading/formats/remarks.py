"""Remarks on items that are kept although something about them is odd."""

from collections.abc import Iterator, Mapping
from typing import Any

from . import geometry
from .model import Note, Row

_ENTRIES = ("detection", "segmentation", "classification")


class Remarks:
    """Finds what is odd about the items of one input, with what it knows of the items before."""

    def __init__(self) -> None:
        self._uris: set[int] = set()

    def on(self, row: Row) -> Iterator[Note]:
        """Iterate over the remarks on an item."""
        for text in self._texts(row.item):
            yield Note(row.place, text)

    def _texts(self, item: Mapping[str, Any]) -> Iterator[str]:
        source = item["source_data"][0]
        uri = source["data_uri"]
        key = hash(uri)
        if key in self._uris:
            yield f"the file {uri!r} stands in the input twice, and makes two items"
        self._uris.add(key)
        for kind in _ENTRIES:
            entries = item["attributes"].get(kind)
            for position, entry in enumerate(entries if isinstance(entries, list) else ()):
                box = entry.get("rect") if isinstance(entry, dict) else None
                for text in geometry.oddities(box, source.get("width"), source.get("height")):
                    yield f"{kind}[{position}]: {text}"
