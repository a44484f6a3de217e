"""Rows of tables, one an object, made items: for CSV and flat Parquet."""

import itertools
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from abeja_datasets_loading.formats.model import Invalid, Place, Record, Rejected, Row
from abeja_datasets_loading.formats.options import Options
from abeja_datasets_loading.formats.remarks import remarked
from abeja_datasets_loading.formats.tabular.groups import Groups
from abeja_datasets_loading.formats.values import geometry, json_values
from abeja_datasets_loading.formats.values.labels import CATEGORY_ID, NamedLabels, categories, label_id
from abeja_datasets_loading.formats.values.numbers import is_number, number

COLUMNS: Final = (
    "data_uri", "data_type", "category_id", "label_id", "label", *geometry.SIDES, "attributes",
)  # fmt: skip
REASON: Final = "rejected_because"
"""The column of a file of rejected rows, which is ignored when it is read."""

_FRACTION: Final = re.compile(r"(?<=[0-9])\.0*$")
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class TableRows:
    """Rows that are collected, and made items: rows of one `data_uri`, anywhere in the table, are one item.

    Args:
        file: the name of the file, for messages.
        options: how to read it.
    """

    def __init__(self, file: str, options: Options) -> None:
        self._file = file
        self._options = options
        self._groups = Groups()
        self._names: set[str] = set()
        self._ids: dict[tuple[int, int], str | None] = {}
        self._failures: list[Rejected] = []
        self._labels: NamedLabels | None = None

    def close(self) -> None:
        """Remove the temporary file."""
        self._groups.close()

    def add(self, line: int, cells: Mapping[str, Any], source: Any, problem: str | None = None) -> None:
        """Add a row.

        Args:
            line: its number, or that of the row, from 1.
            cells: by column; what is None is absent.
            source: the row as it stands, for the file of rejected rows: a JSON value.
            problem: what is wrong with it already.
        """
        given = {key: value for key, value in cells.items() if value is not None and key != REASON}
        try:
            uri = self._options.uris.of_uri(given.get("data_uri"))
        except Invalid as error:
            reason = f"{error.pointer or 'data_uri'}: {error.reason}"
            self._failures.append(Rejected(Place(self._file, line), problem or reason, [source]))
            return
        if problem is None:
            problem = _no_number(given)
        if problem is None and _has_name_alone(given):
            self._names.add(given["label"])
        self._groups.add(uri, line, _encode([given, source, problem]))

    @property
    def props(self) -> dict[str, Any]:
        """The props of a dataset for the labels of the rows."""
        labels = self._named()
        if self._options.props is not None or (self._names and not self._ids):
            return labels.props
        by_category: dict[int, list[dict[str, Any]]] = {}
        for (category, label), name in sorted(self._ids.items()):
            by_category.setdefault(category, []).append({"label_id": label} | ({} if name is None else {"label": name}))
        if not by_category:
            return {}
        if set(by_category) == {CATEGORY_ID}:
            return categories(by_category[CATEGORY_ID])
        found = [
            {"category_id": category, "name": f"labels {category}", "labels": labels}
            for category, labels in by_category.items()
        ]
        return {"categories": found}

    def __iter__(self) -> Iterator[Record]:
        """Iterate over the items, in the order of their first rows."""
        yield from self._failures
        yield from remarked(self._record(uri, rows) for uri, rows in self._groups)

    def _record(self, uri: str, rows: list[tuple[int, str]]) -> Record:
        read = [(line, *json.loads(text)) for line, text in rows]
        sources = [source for _, _, source, _ in read]
        item: dict[str, Any] = {"source_data": [{"data_uri": uri}], "attributes": {}}
        given: dict[str, Any] = {}
        for line, cells, _, problem in read:
            place = Place(self._file, line)
            if problem is not None:
                return Rejected(place, problem, sources)
            try:
                self._add(item, given, cells)
            except Invalid as error:
                return Rejected(place, f"{error.pointer}: {error.reason}".removeprefix(": "), sources)
        self._note(item["attributes"])
        return Row(Place(self._file, read[0][0]), item, sources)

    def _note(self, attributes: Mapping[str, Any]) -> None:
        """Keep the labels of entries that stand in the attributes of a row."""
        lists = [attributes.get(kind) for kind in geometry.ENTRY_KINDS]
        for entry in itertools.chain.from_iterable(each for each in lists if isinstance(each, list)):
            match entry:
                case {"category_id": int(category), "label_id": int(label)}:
                    name = entry.get("label")
                    self._ids.setdefault((category, label), name if isinstance(name, str) else None)

    def _add(self, item: dict[str, Any], given: dict[str, Any], cells: dict[str, Any]) -> None:
        if "data_type" in cells:
            _put(item["source_data"][0], "data_type", cells["data_type"])
        attributes = item["attributes"]
        own = _attributes(cells)
        geometry.check_boxes(own)
        for key, value in own.items():
            _put(given, key, value)
            # The list gets the entries of the rows, and stays as it was given for the next row.
            attributes.setdefault(key, list(value) if isinstance(value, list) else value)
        entry = self._entry(cells)
        if entry is not None:
            geometry.add_entry(attributes, entry, self._options.dataset_type)

    def _entry(self, cells: Mapping[str, Any]) -> dict[str, Any] | None:
        box = _box(cells)
        if not {"category_id", "label_id", "label"} & cells.keys():
            if box is not None:
                raise Invalid("a box without a label", "xmin")
            return None
        entry = self._label(cells)
        return entry if box is None else entry | {"rect": box}

    def _label(self, cells: Mapping[str, Any]) -> dict[str, Any]:
        name = cells.get("label")
        if name is not None and not isinstance(name, str):
            raise Invalid("is not text", "label")
        if _has_name_alone(cells):
            entry = self._named().entry(cells["label"])
        else:
            category = _id(cells.get("category_id", CATEGORY_ID), "category_id")
            entry = {"category_id": category, "label_id": _id(cells.get("label_id"), "label_id")}
            entry |= {} if name is None else {"label": name}
        self._ids.setdefault((entry["category_id"], entry["label_id"]), name)
        return entry

    def _named(self) -> NamedLabels:
        if self._labels is None:
            self._labels = NamedLabels(self._names, self._options.props)
        return self._labels


def _no_number(cells: Mapping[str, Any]) -> str | None:
    """Return what is wrong with a cell that is NaN or infinite, which JSON has no form for."""
    for key, value in cells.items():
        if isinstance(value, float) and not math.isfinite(value):
            return f"{key}: {value!r} is not a number"
    return None


def _has_name_alone(cells: Mapping[str, Any]) -> bool:
    return isinstance(cells.get("label"), str) and not {"category_id", "label_id"} & cells.keys()


def _id(value: Any, column: str) -> int:
    # What is a whole float in a column of numbers, as of pandas, is text such as 3.0 here.
    found = label_id(_FRACTION.sub("", value.strip()) if isinstance(value, str) else value)
    if found is None:
        raise Invalid("is missing" if value is None else f"{value!r} is not an integer from 0", column)
    return found


def _box(cells: Mapping[str, Any]) -> geometry.Rect | None:
    given = [side for side in geometry.SIDES if side in cells]
    if not given:
        return None
    sides = {}
    for side in geometry.SIDES:
        value = cells.get(side)
        found = number(value) if isinstance(value, str) else value if is_number(value) else None
        if found is None:
            raise Invalid("is missing" if value is None else f"{value!r} is not a number", side)
        sides[side] = found
    return geometry.rect(**sides)


def _attributes(cells: Mapping[str, Any]) -> dict[str, Any]:
    found = {key: value for key, value in cells.items() if key not in COLUMNS}
    given = cells.get("attributes")
    if isinstance(given, str):
        try:
            given = json_values.parse(given)
        except Invalid as error:
            raise Invalid(error.reason, "attributes") from None
    if given is not None and not isinstance(given, dict):
        raise Invalid("is not a JSON object", "attributes")
    for key, value in (given or {}).items():
        _put(found, key, value)
    return found


def _put(target: dict[str, Any], key: str, value: Any) -> None:
    if differ(target.setdefault(key, value), value):
        raise Invalid(f"the rows of this data_uri have several values of {key}")


def differ(one: Any, other: Any) -> bool:
    """Return whether two JSON values differ. To Python, True is 1."""
    return one != other or isinstance(one, bool) is not isinstance(other, bool)


def header(columns: Iterable[str]) -> dict[int, str]:
    """Return the columns of a header line by position: trimmed, and those that are known in lower case.

    Raises:
        Invalid: one appears twice, or `data_uri` is missing.
    """
    found: dict[int, str] = {}
    for position, given in enumerate(columns):
        name = given.strip()
        found[position] = name.lower() if name.lower() in (*COLUMNS, REASON) else name
    names = [*found.values()]
    if "data_uri" not in names:
        raise Invalid("there is no column data_uri")
    for position, name in found.items():
        if not name:
            raise Invalid(f"column {position + 1} has no name")
        if name in names[:position]:
            raise Invalid(f"the column {name!r} appears twice")
    return found
