"""The rows of a YOLO label file: normalized numbers, made pixels without rounding."""

import re
from decimal import Decimal
from typing import Any, Final

from abeja_datasets_loading.formats.model import Invalid
from abeja_datasets_loading.formats.sources.images import Size
from abeja_datasets_loading.formats.values import geometry
from abeja_datasets_loading.formats.values.numbers import decimal, half_around, number, times, whole

_BOX: Final = 5


def entry_of(line: str, size: Size | None) -> tuple[int, dict[str, Any]]:
    """Return the class of a row, and the geometry of its entry: `rect`, `segmentation` and `confidence`.

    5 columns are a box. 6 columns, or an even number from 8 on, end with a confidence. 9 columns are an oriented box of
    four points, and another odd number from 7 on is a polygon.

    Raises:
        Invalid: it is no such row, or the size of the image is not known.
    """
    columns = re.split(r"[ \t]+", line.strip(" \t\r"))
    count = len(columns)
    if count < _BOX:
        raise Invalid(f"has {count} columns; at least {_BOX} are needed")
    index = _class(columns[0])
    entry: dict[str, Any] = {}
    if count % 2 == 0:
        last = columns.pop()
        confidence = number(last)
        if confidence is None:
            raise Invalid(f"the confidence {last!r} is not a number")
        entry["confidence"] = confidence
    values = [_value(text) for text in columns[1:]]
    if size is None:
        raise Invalid("the size of the image is not known; pass --sizes FILE, a CSV with name, width and height")
    if len(values) == _BOX - 1:
        return index, {"rect": _box(values, size)} | entry
    points = [float(times(value, size.height if position % 2 else size.width)) for position, value in enumerate(values)]
    return index, {"rect": geometry.extent([points]), "segmentation": [points]} | entry


def _class(text: str) -> int:
    value = whole(text)
    if value is None or value < 0:
        raise Invalid(f"the class {text!r} is not a number from 0")
    return value


def _value(text: str) -> Decimal:
    value = decimal(text)
    if value is None:
        raise Invalid(f"{text!r} is not a number")
    return value


def _box(values: list[Decimal], size: Size) -> geometry.Rect:
    x, y, width, height = values
    if width < 0 or height < 0:
        raise Invalid(f"the size of the box is negative ({width}, {height})")
    xmin, xmax = half_around(x, width)
    ymin, ymax = half_around(y, height)
    return geometry.rect(
        float(times(xmin, size.width)),
        float(times(ymin, size.height)),
        float(times(xmax, size.width)),
        float(times(ymax, size.height)),
    )
