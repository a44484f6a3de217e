"""Items as rows of a table, one an object."""

import json
from collections.abc import Mapping
from typing import Any, Final

from abeja_datasets_loading.formats.sources.uris import is_unicode
from abeja_datasets_loading.formats.values import geometry
from abeja_datasets_loading.formats.values.json_values import escaped
from abeja_datasets_loading.formats.values.labels import label_id
from abeja_datasets_loading.formats.values.numbers import is_number

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_SHARED: Final = ("data_uri", "data_type")


def rows_of(item: Mapping[str, Any]) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the rows of an item, and what they can't hold.

    Entries that have no more than the columns hold become rows. All other attributes, and an item whose entries have
    more, stand in the column `attributes`.
    """
    sources = item.get("source_data") or [{}]
    lost = [f"source_data[{number}]" for number in range(1, len(sources))]
    shared = {key: sources[0][key] for key in _SHARED if _is_cell(sources[0].get(key))}
    lost += [f"source_data[0].{key}" for key in sources[0] if key not in shared]
    attributes = dict(item.get("attributes") or {})
    entries: list[dict[str, Any]] = []
    for kind, has_box in (("detection", True), ("classification", False)):
        found = [_cells(entry, has_box) for entry in attributes[kind]] if _is_list(attributes.get(kind)) else [None]
        if None not in found:
            entries += [each for each in found if each is not None]
            del attributes[kind]
    rest = {"attributes": escaped(_encode(attributes))} if attributes else {}
    rows = [shared | entry for entry in entries] or [dict(shared)]
    rows[0] |= rest
    return rows, lost


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and bool(value)


def _cells(entry: Any, has_box: bool) -> dict[str, Any] | None:
    """Return an entry as cells; None where they can't hold it."""
    if not isinstance(entry, Mapping):
        return None
    box = entry.get("rect")
    keys = {"category_id", "label_id", "label"} | ({"rect"} if has_box else set())
    if (
        entry.keys() - keys
        or has_box is not isinstance(box, Mapping)
        or not {"category_id", "label_id"} <= entry.keys()
    ):
        return None
    if isinstance(box, Mapping) and not (set(box) == set(geometry.SIDES) and all(map(is_number, box.values()))):
        return None
    if not _is_cell(entry.get("label", "x")):
        return None
    if not all(is_number(entry[key]) and label_id(entry[key]) is not None for key in ("category_id", "label_id")):
        return None
    return {key: value for key, value in entry.items() if key != "rect"} | dict(box or {})


def _is_cell(value: Any) -> bool:
    """Return whether a cell holds a value as it is: an empty one stands for no value, and others are text."""
    return isinstance(value, str) and value != "" and is_unicode(value)
