"""Boxes and points of COCO annotations."""

import json
from decimal import Decimal
from typing import Any

from . import geometry
from .joining import Kept
from .model import Invalid
from .numbers import plus


def box_of(value: Any, record: Kept) -> geometry.Rect | None:
    """Return the rect of `bbox`, x, y, width and height; None where there is none."""
    if value is None:
        return None
    if not isinstance(value, list) or len(value) != len(geometry.SIDES) or not geometry.are_numbers(value):
        raise Invalid("four numbers are needed: x, y, width and height", "/bbox")
    x, y, width, height = value
    exact_x, exact_y = x, y
    if record.is_text:
        # Python's floats may not keep the digits as written.
        exact_x, exact_y, width, height = json.loads(record.text, parse_float=Decimal)["bbox"]
    if width < 0 or height < 0:
        raise Invalid(f"the size is negative ({width}, {height})", "/bbox")
    return geometry.rect(x, y, plus(exact_x, width), plus(exact_y, height))


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
