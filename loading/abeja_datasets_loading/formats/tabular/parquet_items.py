"""Rows of Parquet files as JSON, and as items where each row is one."""

import datetime as dt
import decimal
import math
from collections.abc import Mapping
from typing import Any, Final

from abeja_datasets_loading.formats.model import Invalid
from abeja_datasets_loading.formats.options import Options
from abeja_datasets_loading.formats.tabular import tables
from abeja_datasets_loading.formats.values import geometry, json_values
from abeja_datasets_loading.items.items import RESPONSE_KEYS

_IDS: Final = ("category_id", "label_id")
_REPEATED: Final = ("data_uri", "data_type")
"""Columns that repeat what `source_data` holds."""


def cells_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with the values as JSON, without those that stand for no value.

    Raises:
        Invalid: JSON has no form for one.
    """
    cells = {}
    for column, given in row.items():
        if column == tables.REASON:
            continue
        try:
            value = _json(given)
        except Invalid as error:
            raise Invalid(error.reason, column) from None
        if value is not None and not _is_absent(column, value):
            cells[column] = value
    return cells


def item_of(row: Mapping[str, Any], options: Options) -> dict[str, Any]:
    """Return the item that a row with the column `source_data` is.

    Raises:
        Invalid: it is none.
    """
    cells = cells_of(row)
    sources = _sources(_parsed(cells.pop("source_data", None), "source_data"))
    attributes = _parsed(cells.pop("attributes", {}), "attributes")
    if not isinstance(attributes, dict):
        raise Invalid("is not an object", "attributes")
    for key in _REPEATED:
        if cells.pop(key, None) not in (None, sources[0].get(key)):
            raise Invalid("differs from that in source_data", key)
    responses = {key: cells.pop(key) for key in sorted(RESPONSE_KEYS & cells.keys())}
    for key, value in cells.items():
        if tables.differ(attributes.setdefault(key, value), value):
            raise Invalid("differs from that in attributes", key)
    geometry.check_boxes(_with_whole_ids(attributes))
    return {"source_data": [_source(each, options) for each in sources], "attributes": attributes, **responses}


def _is_absent(column: str, value: Any) -> bool:
    """Return whether a cell stands for no value: an empty text in a column of ours, or NaN in one of ids."""
    if value == "":
        return column in tables.COLUMNS
    return column in _IDS and isinstance(value, float) and math.isnan(value)


def _json(value: Any) -> Any:
    """Return a value of a column as JSON. Null inside a struct is an absent key.

    Raises:
        Invalid: a map has a key twice.
    """
    if isinstance(value, dict):
        return {key: _json(child) for key, child in value.items() if child is not None}
    if isinstance(value, list):
        if value and all(isinstance(each, tuple) for each in value):
            found = {str(key): _json(child) for key, child in value}  # a map
            if len(found) < len(value):
                raise Invalid("a map has a key twice")
            return found
        return [_json(child) for child in value]
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    return str(value) if isinstance(value, dt.timedelta) else value


def _with_whole_ids(attributes: dict[str, Any]) -> dict[str, Any]:
    """Return attributes with integers for the whole floats in the ids of entries. NaN in an id is an absent key."""
    for kind in geometry.ENTRY_KINDS:
        entries = attributes.get(kind)
        for entry in entries if isinstance(entries, list) else ():
            for key in _IDS if isinstance(entry, dict) else ():
                value = entry.get(key)
                if isinstance(value, float) and math.isnan(value):
                    del entry[key]
                elif isinstance(value, float) and value.is_integer():
                    entry[key] = int(value)
    return attributes


def _parsed(value: Any, key: str) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json_values.parse(value)
    except Invalid as error:
        raise Invalid(error.reason, key) from None


def _sources(value: Any) -> list[Any]:
    if value is None:
        raise Invalid("is missing", "source_data")
    found = value if isinstance(value, list) else [value]
    if not found:
        raise Invalid("is empty; one object with data_uri is needed", "source_data")
    if not all(isinstance(each, dict) for each in found):
        raise Invalid("is not a list of objects", "source_data")
    return found


def _source(source: dict[str, Any], options: Options) -> dict[str, Any]:
    return source | {"data_uri": options.uris.of_uri(source.get("data_uri"))}
