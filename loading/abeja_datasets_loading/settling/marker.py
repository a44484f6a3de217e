"""The marker: an attribute that holds `RUN-INDEX`, by which an item is found even where others write equal items."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from abeja_datasets.exceptions import BadRequest
from abeja_datasets_loading.errors import InvalidItem
from abeja_datasets_loading.options import kind_of
from abeja_datasets_loading.settling.listing import Reader, iter_pages

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_VALUE = re.compile(r"([0-9a-f]+)-(0|[1-9][0-9]*)")
_RESERVED = frozenset({"classification", "detection", "segmentation", "custom", "AND", "OR", "NOT", "TO"})
"""Documented attributes, and words of the query language."""

_GROUP = 50
"""Markers in one query. The path and the query of a request stay under 4 KiB, which every server takes."""

_LONGEST_QUERY = 3000

_Entry = TypeVar("_Entry")


def check_key(name: str, key: object) -> str:
    """Return the key of a marker, as it was given.

    Args:
        name: of the argument, for the error.
        key: the key.

    Raises:
        ValueError: it can't be asked for in a query, or is an attribute with a meaning of its own.
        TypeError: it is not a str.
    """
    if not isinstance(key, str):
        raise TypeError(f"{name}: the key of a marker, a str, is needed, not {kind_of(key)}")
    if not _KEY.fullmatch(key) or key in _RESERVED:
        raise ValueError(
            f"{name}: {key!r:.80} can't be the key of a marker; pass a name of ASCII letters, digits and _ that no "
            "documented attribute has, such as 'loaded_by'"
        )
    return key


def check_run(run: object) -> str:
    """Return the name of a run, as it stands in its markers.

    Raises:
        ValueError: no run has this name.
        TypeError: it is not a str.
    """
    if not isinstance(run, str):
        raise TypeError(f"run: the part of a marker before the -, a str, is needed, not {kind_of(run)}")
    if not _VALUE.fullmatch(f"{run}-0"):
        raise ValueError(f"run: the part of a marker before the -, such as '0a1b2c3d', is needed, not {run!r:.80}")
    return run


def marker_value(run_id: str, position: int) -> str:
    """Return the marker of one input item."""
    return f"{run_id}-{position}"


def mark(body: Mapping[str, Any], key: str, run_id: str, position: int) -> dict[str, Any]:
    """Return what to send of an item, with its marker.

    Raises:
        InvalidItem: the item has an attribute of this name already.
    """
    attributes = body.get("attributes") or {}
    if key in attributes:
        raise InvalidItem(
            position,
            f"attributes.{key}",
            "is there already; pass another marker, or take this one out with remove_marker",
        )
    return {**body, "attributes": {**attributes, key: marker_value(run_id, position)}}


def marker_of(item: Mapping[str, Any], key: str, run_id: str | None = None) -> str | None:
    """Return the marker of an item in a response; None where it has none, or one of another run."""
    attributes = item.get("attributes")
    value = attributes.get(key) if isinstance(attributes, Mapping) else None
    found = _VALUE.fullmatch(value) if isinstance(value, str) else None
    return None if found is None or run_id not in (None, found[1]) else found[0]


def unmarked(item: Mapping[str, Any], key: str, run_id: str | None = None) -> Mapping[str, Any]:
    """Return an item of a response without its marker; one that has none is returned as it is."""
    if marker_of(item, key, run_id) is None:
        return item
    return {**item, "attributes": {name: value for name, value in item["attributes"].items() if name != key}}


async def find_marked(reader: Reader, key: str, run_id: str, positions: Iterable[int]) -> dict[int, int | str]:
    """Return the ids of those inputs whose marker `q` finds, by position.

    What it does not find may be there nevertheless: a search may be behind, or off.

    Raises:
        Error: a request failed for good, but for a query that the server does not take.
        Stopped: the reader is stopping.
    """
    found: dict[int, int | str] = {}
    for group in _groups(positions, min(_GROUP, _LONGEST_QUERY // (len(key) + len(run_id) + 25))):
        wanted = {marker_value(run_id, position): position for position in group}
        try:
            async for page in iter_pages(reader, q=" OR ".join(f'{key}:"{value}"' for value in wanted)):
                for item in page:
                    position = wanted.get(marker_of(item, key, run_id) or "")
                    item_id = item.get("dataset_item_id")
                    if position is not None and isinstance(item_id, int | str):
                        found.setdefault(position, item_id)
        except BadRequest:
            break  # the server does not take such queries; the list will do
    return found


def _groups(entries: Iterable[_Entry], size: int) -> Iterator[Sequence[_Entry]]:
    rest = iter(entries)
    while group := list(islice(rest, size)):
        yield group
