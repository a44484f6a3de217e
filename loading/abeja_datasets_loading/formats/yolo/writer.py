"""Writing YOLO: label files, `data.yaml` with the names, and tables of the images' sizes and URIs."""

import csv
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from decimal import Context, Decimal
from functools import partial
from pathlib import PurePosixPath
from typing import Any, Final

import yaml

from abeja_datasets_loading.formats.coco.boxes import BBOX, repeats
from abeja_datasets_loading.formats.model import Invalid
from abeja_datasets_loading.formats.sources.images import Size
from abeja_datasets_loading.formats.sources.paths import Names, suffix_of
from abeja_datasets_loading.formats.values import geometry
from abeja_datasets_loading.formats.values.numbers import EXACT, exact, is_number
from abeja_datasets_loading.formats.writing import Item, Writer
from abeja_datasets_loading.formats.written_items import (
    Entry,
    LabelNames,
    box_of,
    entries_of,
    name_of_attribute,
    source_of,
)
from abeja_datasets_loading.formats.yolo.label_files import label_name
from abeja_datasets_loading.formats.yolo.labels import entry_of

_FEWEST: Final = 6
"""Numbers of a polygon: three points."""
_BREAKS: Final = re.compile("[\x85\u2028\u2029]")
"""Line ends to YAML, which does not escape them of itself."""
_DIGITS: Final = (17, 25, 40)
_HELD: Final = frozenset({"category_id", "label_id", "label", "segmentation", "confidence"})


class YoloWriter(Writer):
    """Writes a folder with `data.yaml`, `labels`, `sizes.csv` and `uris.csv`.

    The images are the caller's to put into `images`. Without them, `--sizes` and `--uri-map` read the folder back.
    """

    is_folder = True

    def start(self) -> None:
        """Prepare the folders."""
        (self.path / "labels").mkdir()
        (self.path / "images").mkdir()
        self._tables = ExitStack()
        self._sizes = self._table("sizes.csv", "name", "width", "height")
        self._uris = self._table("uris.csv", "name", "uri")
        self._names, self._labels = Names(".txt"), LabelNames(self.props())

    def add(self, item: Item) -> Iterable[str]:
        """Write the label file of an item."""
        source, lost = source_of(item)
        uri, width, height = (source.pop(key, None) for key in ("data_uri", "width", "height"))
        entries, others, missing = entries_of(item)
        lost += [*missing, *map(name_of_attribute, others)]
        name = PurePosixPath("images", f"{self._names.of(uri)}{suffix_of(uri)}")
        self._uris.writerow((name, uri))
        size = Size(width, height) if type(width) is int and type(height) is int and width and height else None
        if size is not None:
            self._sizes.writerow((name, *size[:2]))
        else:
            sides = {"width": width, "height": height}
            lost += [f"source_data[0].{key}" for key, side in sides.items() if side is not None]
            lost.append("that it is an item: its width and height are not known, and it")
        rows = []
        for position, entry in enumerate(entries):
            row, missing = self._row(entry, size)
            rows += [] if row is None else [row]
            lost += [f"entry {position}: {each}" for each in missing]
        file = self.path / label_name(name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(f"{row}\n" for row in rows), "utf-8")
        return lost + [f"source_data[0].{key}" for key in source]

    def finish(self) -> Iterable[str]:
        """Write the names."""
        props = self.props()
        self._labels.add(props)
        labels = self._labels.numbers(self._target)
        names = {number: label.get("label", str(number)) for number, label in labels.items()}
        document = {"train": "images", "names": names}
        with (self.path / "data.yaml").open("w", encoding="utf-8") as file:
            is_plain = not _BREAKS.search("".join(names.values()))
            yaml.safe_dump(document, file, allow_unicode=is_plain, sort_keys=False)
        nameless = [number for number, label in labels.items() if "label" not in label]
        return [
            *(f"props.{key}" for key in props if key != "categories"),
            *self._labels.categories_lost(),
            *(f"that the label {number} has no name, which is {str(number)!r} now," for number in nameless),
        ]

    def close(self) -> None:
        """Close the tables."""
        self._tables.close()

    def _table(self, name: str, *header: str) -> Any:
        file = self._tables.enter_context((self.path / name).open("w", encoding="utf-8", newline=""))
        table = csv.writer(file, lineterminator="\n")
        table.writerow(header)
        return table

    def _row(self, entry: Entry, size: Size | None) -> tuple[str | None, list[str]]:
        value = entry.value
        _, lost = self._labels.note(value)
        box, others = box_of(value)
        lost += others + [key for key in value if key not in _HELD and not (key == BBOX and repeats(box, value[key]))]
        if size is None:
            return None, ["all of it, since the width and height of the image are not known"]
        points = _polygon(value.get("segmentation"))
        start, end = str(value["label_id"]), _confidence(value)
        lost += ["confidence"] if "confidence" in value and not end else []
        wanted: dict[str, Any]
        if points is not None:
            lost += [] if box in (None, geometry.extent([points])) else ["rect"]
            wanted, columns = {"segmentation": [points]}, partial(_ratios, points, size)
        elif box is not None:
            lost += ["segmentation"] if "segmentation" in value else []
            wanted, columns = {"rect": {side: box[side] for side in geometry.SIDES}}, partial(_centre, box, size)
        else:
            return None, ["all of it, since it has no box"]
        row, is_exact = _shortest(start, end, columns, wanted, size)
        if row is None:
            return None, ["all of it, since its numbers are too far apart"]
        lost += [] if is_exact else [f"digits of {next(iter(wanted))}"]
        return row, lost + entry.elsewhere({"rect": box}, self.dataset_type)


def _confidence(entry: Mapping[str, Any]) -> list[str]:
    return [repr(entry["confidence"])] if is_number(entry.get("confidence")) else []


def _polygon(value: Any) -> list[float] | None:
    """Return the points of a segmentation that is one polygon of at least three points."""
    if not isinstance(value, list) or len(value) != 1 or not isinstance(value[0], list):
        return None
    is_held = len(value[0]) >= _FEWEST and len(value[0]) % 2 == 0 and all(map(is_number, value[0]))
    return value[0] if is_held else None


def _ratios(points: list[float], size: Size, digits: int) -> list[Decimal]:
    return [_rounded(_over(exact(value), size[position % 2]), digits) for position, value in enumerate(points)]


def _centre(box: Mapping[str, Any], size: Size, digits: int) -> list[Decimal]:
    """Return the centre and the size of a box. The centre has the digits that the edges need to come back exactly."""
    centres, sizes = [], []
    for low, high, whole in (("xmin", "xmax", size.width), ("ymin", "ymax", size.height)):
        start = exact(box[low])
        length = _rounded(_over(EXACT.subtract(exact(box[high]), start), whole), digits)
        sizes.append(length)
        centres.append(EXACT.add(_rounded(_over(start, whole), digits), _over(length, 2)))
    return centres + sizes


def _rounded(value: Decimal, digits: int) -> Decimal:
    return Context(prec=digits).plus(value)


def _over(value: Decimal, other: int) -> Decimal:
    return EXACT.divide(value, Decimal(other))


def _text(value: Decimal) -> str:
    """Return all digits of a number, without zeros at their end; `normalize` would round to 28 digits."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _shortest(
    start: str, end: list[str], columns: Callable[[int], list[Decimal]], wanted: Mapping[str, Any], size: Size
) -> tuple[str | None, bool]:
    """Return the row with the fewest digits of those that read back as the same pixels, and whether there is one.

    Without one it is the last that can be read, or None.
    """
    read = None
    for digits in _DIGITS:
        row = " ".join([start, *map(_text, columns(digits)), *end])
        try:
            _, found = entry_of(row, size)
        except Invalid:
            continue
        read = row
        if all(found.get(key) == value for key, value in wanted.items()):
            return row, True
    return read, False
