"""The formats that can be written, by name."""

import functools
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from abeja_datasets_loading.formats.files import SUFFIXES
from abeja_datasets_loading.formats.model import FileRefused, Place
from abeja_datasets_loading.formats.sources.text import name_of
from abeja_datasets_loading.formats.writing import Writer


def _jsonl() -> type[Writer]:
    from abeja_datasets_loading.formats.api_items.writers import JsonlWriter

    return JsonlWriter


def _json() -> type[Writer]:
    from abeja_datasets_loading.formats.api_items.writers import JsonWriter

    return JsonWriter


def _csv() -> type[Writer]:
    from abeja_datasets_loading.formats.api_items.writers import CsvWriter

    return CsvWriter


def _parquet() -> type[Writer]:
    from abeja_datasets_loading.formats.api_items.writers import ParquetWriter

    return ParquetWriter


def _coco() -> type[Writer]:
    from abeja_datasets_loading.formats.coco.writer import CocoWriter

    return CocoWriter


def _voc() -> type[Writer]:
    from abeja_datasets_loading.formats.voc.writer import VocWriter

    return VocWriter


def _yolo() -> type[Writer]:
    from abeja_datasets_loading.formats.yolo.writer import YoloWriter

    return YoloWriter


WRITERS: Final[dict[str, Callable[[], type[Writer]]]] = {
    "jsonl": _jsonl,
    "json": _json,
    "csv": _csv,
    "parquet": _parquet,
    "coco": _coco,
    "voc": _voc,
    "yolo": _yolo,
}


def target_of(
    path: Path | str, form: str | None, props: Callable[[], Mapping[str, Any]], *, voc_origin: int = 0
) -> Callable[[Path], Writer]:
    """Return what makes the writer of a file.

    Args:
        path: the file or folder to write.
        form: one of `WRITERS`; None to take it from the name.
        props: see `Writer`.
        voc_origin: see `Writer`.

    Raises:
        FileRefused: the format is not known, or can't be written.
    """
    suffix = Path(os.fspath(path).lower()).suffix
    name = form or ("json" if suffix == ".json" else SUFFIXES.get(suffix))
    if name not in WRITERS:
        known = ", ".join(WRITERS)
        raise FileRefused(Place(name_of(path)), f"the format to write is not known; give --to, one of {known}")
    return functools.partial(WRITERS[name](), props=props, voc_origin=voc_origin)
