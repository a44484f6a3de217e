"""Opening a file by what it is."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Protocol, cast

from abeja_datasets_loading.formats.model import FileRefused, Place, Record
from abeja_datasets_loading.formats.options import Options
from abeja_datasets_loading.formats.registry import FORMATS, SUFFIXES, load
from abeja_datasets_loading.formats.sources.text import STDIN, TextSource, name_of
from abeja_datasets_loading.formats.sources.tree import files_below
from abeja_datasets_loading.formats.values.json_file import JsonFile


class AnnotationFile(Protocol):
    """An input that was opened."""

    @property
    def props(self) -> dict[str, Any]:
        """The props of a dataset with its labels; complete once all of it was iterated over."""

    def __iter__(self) -> Iterator[Record]:
        """Iterate over the items, and over what is wrong or odd about them."""

    def close(self) -> None:
        """Close it, and remove temporary files."""


_YOLO_FILES: Final = ("data.yaml", "data.yml", "dataset.yaml", "classes.txt", "labels/classes.txt")
_LOOKED_AT: Final = 10_000
"""Files of a folder that are looked at for its format."""


def open_file(path: Path | str, options: Options, format: str | None = None) -> AnnotationFile:  # noqa: A002 - the field's word
    """Open an annotation file or folder.

    Args:
        path: the file, a folder, or `-` for standard input.
        options: how to read it.
        format: one of `FORMATS`; by default it is taken from the name, and for JSON from the content.

    Raises:
        FileRefused: it can't be read as a whole, or its format is not known.
    """
    opened = load(FORMATS[format or guess(path, options)].reader)(path, options)
    return cast("AnnotationFile", opened)


def guess(path: Path | str, options: Options) -> str:
    """Return the format of a file or folder.

    Raises:
        FileRefused: the format is not known.
    """
    text = os.fspath(path)
    place = Place(name_of(path))
    if text == STDIN:
        raise FileRefused(place, "has no name that shows its format; pass --format")
    if Path(path).is_dir():
        return _folder_format(Path(path))
    suffix = Path(text.lower().removesuffix(".gz")).suffix
    if suffix == ".json":
        return _json_format(path, options)
    if suffix not in SUFFIXES:
        raise FileRefused(place, f"the format of {suffix or 'a name without a suffix'} is not known; pass --format")
    return SUFFIXES[suffix]


def _folder_format(path: Path) -> str:
    if any((path / name).exists() for name in _YOLO_FILES):
        return "yolo"
    for count, file in enumerate(files_below(path)):
        if file.suffix.lower() == ".xml":
            return "voc"
        if count > _LOOKED_AT:
            break
    return "yolo" if (path / "labels").is_dir() and (path / "images").is_dir() else "folder"


def _json_format(path: Path | str, options: Options) -> str:
    source = TextSource(path, options.encoding)
    try:
        document = JsonFile(source)
        if document.peek() == "{":
            return "coco"
        first, _ = next(document.elements(), ({}, ""))
        return "coco" if isinstance(first, dict) and "image_id" in first else "json"
    finally:
        source.close()
