"""Boxes and points of COCO annotations: `bbox` is x, y, width and height."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from abeja_datasets_loading.formats.model import Invalid
from abeja_datasets_loading.formats.values import geometry
from abeja_datasets_loading.formats.values.numbers import difference, exact, is_number, plus

BBOX: Final = "bbox"
"""An entry has this key where the digits of its rect alone would not give back those of the file."""

_PARTS: Final = 1000.0
_MOST: Final = 1e11
"""Below it, a number of three digits after the point has at most 14 digits, and floats hold 15."""
_ROUNDING: Final = 1.5 * 2**52
"""Added and subtracted, it rounds a float of less than 2**51 to a whole number."""


def put_box(entry: dict[str, Any], value: Any, text: str | None) -> None:
    """Add the rect of a `bbox` to an entry, and the `bbox` itself where the rect would lose its digits.

    Args:
        entry: of the annotation.
        value: the decoded `bbox`.
        text: the annotation as JSON, where a number may have more digits than a float.

    Raises:
        Invalid: it has another shape, or a negative size.
    """
    rect = _short(value) if text is None and type(value) is list and len(value) == len(geometry.SIDES) else None
    if rect is not None:
        entry["rect"] = rect
        return
    entry["rect"], holds_digits = _long(value, text)
    if not holds_digits:
        entry[BBOX] = value


def bbox_text(rect: Mapping[str, Any], bbox: Any = None) -> str:
    """Return the `bbox` of a rect as JSON: the one that an entry has, else with all digits of the differences."""
    if repeats(rect, bbox):
        return repr(bbox)
    return f"[{rect['xmin']!r}, {rect['ymin']!r}, {', '.join(_sizes(rect))}]"


def is_exact(rect: Mapping[str, Any], text: str) -> bool:
    """Return whether a `bbox` as JSON is read as that rect, which may hold numbers far apart."""
    found: dict[str, Any] = {}
    try:
        put_box(found, json.loads(text), f'{{"{BBOX}": {text}}}')
    except (Invalid, OverflowError):
        return False
    return all(found["rect"][side] == rect[side] for side in geometry.SIDES)


def repeats(rect: Any, bbox: Any) -> bool:
    """Return whether a `bbox` says the same as a rect."""
    if not isinstance(rect, Mapping) or not isinstance(bbox, list) or len(bbox) != len(geometry.SIDES):
        return False
    if not all(map(is_number, bbox)):
        return False
    x, y, width, height = bbox
    return [rect.get(side) for side in geometry.SIDES] == [x, y, plus(x, width), plus(y, height)]


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


def _sizes(rect: Mapping[str, Any]) -> tuple[str, str]:
    return difference(rect["xmax"], rect["xmin"]), difference(rect["ymax"], rect["ymin"])


def _long(value: Any, text: str | None) -> tuple[geometry.Rect, bool]:
    """Return the rect of a `bbox`, and whether its digits give back those of the sizes."""
    if not isinstance(value, list) or len(value) != len(geometry.SIDES) or not geometry.are_numbers(value):
        raise Invalid("four numbers are needed: x, y, width and height", "/bbox")
    x, y, width, height = value
    exact_x, exact_y = x, y
    if text is not None and not _is_written(value, text):
        exact_x, exact_y, width, height = json.loads(text, parse_float=Decimal)["bbox"]
    if width < 0 or height < 0:
        raise Invalid(f"the size is negative ({width}, {height})", "/bbox")
    rect = geometry.rect(x, y, plus(exact_x, width), plus(exact_y, height))
    written = zip(map(Decimal, _sizes(rect)), (exact(width), exact(height)), map(exact, value[2:]), strict=True)
    return rect, all(size in digits for size, *digits in written)


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
