"""The formats by name, and opening a file by what it is."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, Protocol

from abeja_datasets_loading.formats.model import FileRefused, Place, Record
from abeja_datasets_loading.formats.options import Options
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


Open = Callable[[Path | str, Options], AnnotationFile]


class _Items:
    """The API's own items, which name no labels."""

    def __init__(self, records: Iterator[Record]) -> None:
        self._records = records
        self.props: dict[str, Any] = {}

    def __iter__(self) -> Iterator[Record]:
        return self._records

    def close(self) -> None:
        close = getattr(self._records, "close", None)
        if close is not None:
            close()


def _jsonl(path: Path | str, options: Options) -> AnnotationFile:
    from abeja_datasets_loading.formats.api_items import jsonl

    return _Items(jsonl.read(path, options))


def _json(path: Path | str, options: Options) -> AnnotationFile:
    from abeja_datasets_loading.formats.api_items import json_array

    return _Items(json_array.read(path, options))


def _coco(path: Path | str, options: Options) -> AnnotationFile:
    from abeja_datasets_loading.formats.coco.reading import CocoFile

    return CocoFile(path, options)


def _voc(path: Path | str, options: Options) -> AnnotationFile:
    from abeja_datasets_loading.formats.voc.reading import VocFiles

    return VocFiles(path, options)


def _yolo(path: Path | str, options: Options) -> AnnotationFile:
    from abeja_datasets_loading.formats.yolo.reading import YoloFiles

    return YoloFiles(path, options)


def _csv(path: Path | str, options: Options) -> AnnotationFile:
    from abeja_datasets_loading.formats.tabular.csv_files import CsvFile

    return CsvFile(path, options)


def _parquet(path: Path | str, options: Options) -> AnnotationFile:
    from abeja_datasets_loading.formats.tabular.parquet import ParquetFile

    return ParquetFile(path, options)


def _folder(path: Path | str, options: Options) -> AnnotationFile:
    from abeja_datasets_loading.formats.folders import FolderFiles

    return FolderFiles(path, options)


FORMATS: Final[dict[str, Open]] = {
    "jsonl": _jsonl,
    "json": _json,
    "csv": _csv,
    "parquet": _parquet,
    "coco": _coco,
    "voc": _voc,
    "yolo": _yolo,
    "folder": _folder,
}
SUFFIXES: Final = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".xml": "voc",
    ".yaml": "yolo",
    ".yml": "yolo",
}
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
    return FORMATS[format or guess(path, options)](path, options)


def guess(path: Path | str, options: Options) -> str:
    """Return the format of a file or folder.

    Raises:
        FileRefused: the format is not known.
    """
    text = os.fspath(path)
    place = Place(name_of(path))
    if text == STDIN:
        raise FileRefused(place, "has no name that shows its format; give --format")
    if Path(path).is_dir():
        return _folder_format(Path(path))
    suffix = Path(text.lower().removesuffix(".gz")).suffix
    if suffix == ".json":
        return _json_format(path, options)
    if suffix not in SUFFIXES:
        raise FileRefused(place, f"the format of {suffix or 'a name without a suffix'} is not known; give --format")
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
