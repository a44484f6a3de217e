"""Boxes and points of COCO annotations."""

import json
from decimal import Decimal
from typing import Any, Final

from abeja_datasets_loading.formats.model import Invalid
from abeja_datasets_loading.formats.values import geometry
from abeja_datasets_loading.formats.values.numbers import plus

_PARTS: Final = 1000.0
_MOST: Final = 1e11
"""Below it, a number of three digits after the point has at most 14 digits, and floats hold 15."""
_ROUNDING: Final = 1.5 * 2**52
"""Added and subtracted, it rounds a float of less than 2**51 to a whole number."""


def box_of(value: Any, text: str | None) -> geometry.Rect:
    """Return the rect of `bbox`, x, y, width and height.

    Args:
        value: the decoded `bbox`.
        text: the annotation as JSON, where a number may have more digits than a float.

    Raises:
        Invalid: it has another shape, or a negative size.
    """
    rect = _short(value) if text is None and type(value) is list and len(value) == len(geometry.SIDES) else None
    return _long(value, text) if rect is None else rect


def _short(box: list[Any]) -> geometry.Rect | None:
    """Return the rect of four floats with up to three digits after the point, as most boxes are; None of others.

    They are counted in thousandths, whole numbers that floats hold exactly, so that the sums are those of the digits.
    """
    x, y, width, height = box
    if not (type(x) is type(y) is type(width) is type(height) is float):
        return None
    if not (-_MOST < x < _MOST and -_MOST < y < _MOST and 0 <= width < _MOST and 0 <= height < _MOST):
        return None
    xs, ys = x * _PARTS + _ROUNDING - _ROUNDING, y * _PARTS + _ROUNDING - _ROUNDING
    widths, heights = width * _PARTS + _ROUNDING - _ROUNDING, height * _PARTS + _ROUNDING - _ROUNDING
    if xs / _PARTS != x or ys / _PARTS != y or widths / _PARTS != width or heights / _PARTS != height:
        return None
    return {"xmin": x, "ymin": y, "xmax": (xs + widths) / _PARTS, "ymax": (ys + heights) / _PARTS}


def _long(value: Any, text: str | None) -> geometry.Rect:
    if not isinstance(value, list) or len(value) != len(geometry.SIDES) or not geometry.are_numbers(value):
        raise Invalid("four numbers are needed: x, y, width and height", "/bbox")
    x, y, width, height = value
    exact_x, exact_y = x, y
    if text is not None and not _is_written(value, text):
        exact_x, exact_y, width, height = json.loads(text, parse_float=Decimal)["bbox"]
    if width < 0 or height < 0:
        raise Invalid(f"the size is negative ({width}, {height})", "/bbox")
    return geometry.rect(x, y, plus(exact_x, width), plus(exact_y, height))


def _is_written(value: list[Any], text: str) -> bool:
    """Return whether Python writes the floats of a `bbox` with the digits that they have in the text."""
    written = repr(value)
    return f'"bbox": {written}' in text or f'"bbox":{written.replace(" ", "")}' in text


def take_points(entry: dict[str, Any]) -> None:
    """Check the segmentation of an entry, and make a rect of its points where there is none."""
    segmentation = entry["segmentation"]
    if geometry.is_rle(segmentation):
        return
    try:
        points = geometry.polygons(segmentation)
    except Invalid as error:
        raise Invalid(error.reason, f"/segmentation{error.pointer}") from None
    if "rect" not in entry:
        entry["rect"] = geometry.extent(points)
