"""Boxes and points of annotations: checked, and never recomputed."""

import math
import operator
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from abeja_datasets_loading.formats.model import Invalid

_NUMBERS: Final[frozenset[type]] = frozenset((int, float))
SIDES: Final = ("xmin", "ymin", "xmax", "ymax")
_POINTER: Final = str.maketrans("[", "/", "]")
_sides = operator.itemgetter(*SIDES)

ENTRY_KINDS: Final = ("detection", "segmentation", "classification")
"""Keys of attributes that hold lists of entries."""

RESERVED: Final = frozenset({"category_id", "label_id", "label", "rect"})
"""Keys of an entry that a key of an annotation never replaces."""

Rect = dict[str, Any]


def rect(xmin: float, ymin: float, xmax: float, ymax: float) -> Rect:
    """Return a rect.

    Raises:
        Invalid: an edge lies before the opposite one. Whether it was swapped, or is a width, is not guessed. Or an edge
            is greater than any number that programs read.
    """
    if -math.inf < xmin <= xmax < math.inf and -math.inf < ymin <= ymax < math.inf:
        return {"xmin": xmin, "ymin": ymin, "xmax": xmax, "ymax": ymax}
    for low, high, axis in ((xmin, xmax, "x"), (ymin, ymax, "y")):
        if high < low:
            raise Invalid(f"{axis}max is {high}, less than {axis}min {low}")
    raise Invalid("an edge is greater than any number that programs read")


def boxes(attributes: Any) -> Iterator[tuple[str, Any]]:
    """Iterate over the rects of the entries of an item, of any shape, each with its place in the attributes."""
    for kind in ENTRY_KINDS if isinstance(attributes, dict) else ():
        entries = attributes.get(kind)
        for position, entry in enumerate(entries if isinstance(entries, list) else ()):
            box = entry.get("rect") if isinstance(entry, dict) else None
            if box is not None:
                yield f"{kind}[{position}]", box


def check_boxes(attributes: Any) -> None:
    """Check the rects of an item of the API, as `rect` does. What has another shape is not looked at.

    Raises:
        Invalid: an edge lies before the opposite one.
    """
    for place, box in boxes(attributes):
        sides = [box.get(side) for side in SIDES] if isinstance(box, dict) else [None]
        if are_numbers(sides):
            try:
                rect(*sides)
            except Invalid as error:
                raise Invalid(error.reason, f"/attributes/{place.translate(_POINTER)}/rect") from None


def oddities(box: Any, width: float, height: float) -> Sequence[str]:
    """Return what is odd about a rect that is kept. What has another shape is not looked at.

    Args:
        box: the rect.
        width: of the image; infinite where it is not known.
        height: likewise.
    """
    if is_plain(box, width, height):
        return ()
    xmin, ymin, xmax, ymax = _sides(box)
    if not are_numbers([xmin, ymin, xmax, ymax]):
        return ()
    found = []
    if xmin == xmax or ymin == ymax:
        found.append("the box has no area")
    if xmin < 0 or ymin < 0:
        found.append("the box begins at a negative position")
    if xmax > width or ymax > height:
        found.append(f"the box reaches beyond the image ({width}, {height})")
    return found


def is_plain(box: Any, width: float, height: float) -> bool:
    """Return whether a rect has an area inside the image; True for what has no sides that compare."""
    try:
        xmin, ymin, xmax, ymax = _sides(box)
        inside: bool = 0 <= xmin < xmax <= width and 0 <= ymin < ymax <= height
    except (KeyError, TypeError):
        return True
    return inside


def are_numbers(values: list[Any]) -> bool:
    """Return whether all values of a JSON array are numbers."""
    return {*map(type, values)} <= _NUMBERS


def is_rle(value: Any) -> bool:
    """Return whether a segmentation is a run-length encoding, as a list of counts or as packed text."""
    return isinstance(value, dict) and isinstance(value.get("counts"), list | str) and _is_size(value.get("size"))


def _is_size(value: Any) -> bool:
    return (
        isinstance(value, list) and len(value) == len("hw") and all(type(each) is int and each >= 0 for each in value)
    )


def polygons(value: Any) -> list[list[float]]:
    """Return the polygons of a segmentation: lists of x and y in turns.

    Raises:
        Invalid: it has another shape.
    """
    if type(value) is not list:
        raise Invalid("is neither polygons nor a run-length encoding")
    for polygon in value:
        if type(polygon) is not list or not polygon or len(polygon) % 2 or not {*map(type, polygon)} <= _NUMBERS:
            raise _no_polygon(value, polygon)
    found: list[list[float]] = value
    return found


def _no_polygon(value: list[Any], polygon: Any) -> Invalid:
    pointer = f"/{next(index for index, each in enumerate(value) if each is polygon)}"
    if not isinstance(polygon, list) or not are_numbers(polygon):
        return Invalid("is not a list of numbers", pointer)
    return Invalid(f"has {len(polygon)} numbers; pairs of x and y are needed", pointer)


def extent(points: Sequence[Sequence[float]]) -> Rect:
    """Return the smallest rect around polygons: at least one, of one point or more."""
    xs = [x for polygon in points for x in polygon[::2]]
    ys = [y for polygon in points for y in polygon[1::2]]
    return rect(min(xs), min(ys), max(xs), max(ys))


def kind_of(entry: Mapping[str, Any], dataset_type: str | None) -> str:
    """Return which of `ENTRY_KINDS` the entry of an annotation belongs to."""
    if "rect" in entry:
        return "segmentation" if dataset_type == "segmentation" else "detection"
    return "segmentation" if entry.get("segmentation") else "classification"


def add_entry(attributes: dict[str, Any], entry: dict[str, Any], dataset_type: str | None) -> None:
    """Add the entry of an annotation to the attributes of its item, where its kind stands.

    Raises:
        Invalid: something else than a list of entries stands there.
    """
    key = kind_of(entry, dataset_type)
    entries = attributes.setdefault(key, [])
    if not isinstance(entries, list):
        raise Invalid(f"the attributes have {key} already, and it is not a list of entries")
    entries.append(entry)
