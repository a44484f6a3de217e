"""Remarks on items that are kept although something about them is odd."""

import math
from typing import Any

from abeja_datasets_loading.formats.model import Note, Row
from abeja_datasets_loading.formats.values import geometry
from abeja_datasets_loading.formats.values.numbers import is_number


class Remarks:
    """Finds what is odd about the items of one input, with what it knows of the items before."""

    def __init__(self) -> None:
        self._uris: set[int] = set()

    def on(self, row: Row) -> list[Note]:
        """Return the remarks on an item."""
        source = row.item["source_data"][0]
        texts = self._on_uri(source["data_uri"])
        width, height = _limit(source.get("width")), _limit(source.get("height"))
        attributes = row.item["attributes"]
        for kind in geometry.ENTRY_KINDS:
            entries = attributes.get(kind)
            for position, entry in enumerate(entries if isinstance(entries, list) else ()):
                box = entry.get("rect") if isinstance(entry, dict) else None
                if box is not None:
                    texts += [f"{kind}[{position}]: {text}" for text in geometry.oddities(box, width, height)]
        return [Note(row.place, text) for text in texts]

    def _on_uri(self, uri: str) -> list[str]:
        key = hash(uri)
        is_again = key in self._uris
        self._uris.add(key)
        return [f"the file {uri!r} is in the input twice, and makes two items"] if is_again else []


def _limit(size: Any) -> float:
    return size if is_number(size) else math.inf
