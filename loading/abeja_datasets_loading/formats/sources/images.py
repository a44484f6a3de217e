"""Image files: which names they have, and their sizes."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from abeja_datasets_loading.formats.model import FileRefused, Invalid, Place
from abeja_datasets_loading.formats.sources.text import TextSource, name_of
from abeja_datasets_loading.formats.sources.uris import normalized
from abeja_datasets_loading.formats.values.numbers import number

SUFFIXES: Final = frozenset(
    {
        ".avif", ".bmp", ".dng", ".gif", ".heic", ".heif", ".jfif", ".jp2", ".jpeg", ".jpg", ".mpo", ".pfm", ".png",
        ".ppm", ".tif", ".tiff", ".webp",
    }
)  # fmt: skip
_SIDES: Final = ("width", "height")
_ORIENTATION: Final = 274
_TURNED: Final = range(5, 9)
"""EXIF orientations that swap width and height."""


class Size(NamedTuple):
    """The size of an image as it is looked at."""

    width: int
    height: int
    is_turned: bool = False
    """Whether its EXIF orientation swapped width and height."""


def is_image(path: Path) -> bool:
    """Return whether a file's name is that of an image."""
    return path.suffix.lower() in SUFFIXES


def size_of(path: Path) -> Size | None:
    """Return the size in the header of an image; None where it can't be read."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            width, height = image.size
            orientation = image.getexif().get(_ORIENTATION)
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError, ValueError, SyntaxError):
        return None
    return Size(height, width, True) if orientation in _TURNED else Size(width, height)


def read_sizes(path: Path | str, encoding: str | None = None) -> dict[str, Size]:
    """Read sizes: a CSV file with the columns name, width and height. A first row of their names is left out.

    Raises:
        FileRefused: a row has another shape, a name appears twice with different sizes, or see `TextSource`.
    """
    source = TextSource(path, encoding)
    sizes: dict[str, Size] = {}
    try:
        for line, name, size in _sizes(source, name_of(path)):
            if sizes.setdefault(name, size) != size:
                raise FileRefused(Place(name_of(path), line), f"{name!r} is here again, with another size")
    except csv.Error as error:
        raise FileRefused(Place(name_of(path)), f"not CSV: {error}") from None
    finally:
        source.close()
    return sizes


def _sizes(source: TextSource, file: str) -> Iterator[tuple[int, str, Size]]:
    reader = csv.reader((f"{line}\n" for _, line in source.lines()), strict=True)
    for row in reader:
        if not row or (reader.line_num == 1 and [cell.strip().lower() for cell in row] == ["name", *_SIDES]):
            continue
        sides = [number(cell) for cell in row[1:]]
        if len(sides) != len(_SIDES) or not all(type(side) is int and side > 0 for side in sides):
            raise FileRefused(Place(file, reader.line_num), "a name, a width and a height in pixels are needed")
        try:
            yield reader.line_num, normalized(row[0]), Size(*sides)  # type: ignore[arg-type]  # both are int, see above
        except Invalid as error:
            raise FileRefused(Place(file, reader.line_num), error.reason) from None
