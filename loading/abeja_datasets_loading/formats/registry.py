"""The formats by name: a new one is added here, beside its own modules."""

import importlib
from typing import Any, Final, NamedTuple


class Format(NamedTuple):
    """Where a format is read and written; its module is imported on first use, since most need a library of their own.

    Attributes:
        reader: `module:name` of what opens a file of it, below this package.
        writer: likewise of its `Writer`; empty where it can't be written.
        suffixes: of files that have it, in lowercase.
    """

    reader: str
    writer: str = ""
    suffixes: tuple[str, ...] = ()


FORMATS: Final = {
    "jsonl": Format("api_items.files:JsonlItems", "api_items.writers:JsonlWriter", (".jsonl", ".ndjson")),
    "json": Format("api_items.files:JsonItems", "api_items.writers:JsonWriter"),
    "csv": Format("tabular.csv_files:CsvFile", "api_items.writers:CsvWriter", (".csv", ".tsv")),
    "parquet": Format("tabular.parquet:ParquetFile", "api_items.writers:ParquetWriter", (".parquet", ".pq")),
    "coco": Format("coco.reading:CocoFile", "coco.writer:CocoWriter"),
    "voc": Format("voc.reading:VocFiles", "voc.writer:VocWriter", (".xml",)),
    "yolo": Format("yolo.reading:YoloFiles", "yolo.writer:YoloWriter", (".yaml", ".yml")),
    "folder": Format("folders:FolderFiles"),
}
SUFFIXES: Final = {suffix: name for name, form in FORMATS.items() for suffix in form.suffixes}
"""`.json` is not one of them: the content of a file to read decides."""
WRITABLE: Final = tuple(name for name, form in FORMATS.items() if form.writer)


def of_items(suffix: str) -> str | None:
    """Return the format of a suffix where JSON is one of items; None where it is not known."""
    return "json" if suffix == ".json" else SUFFIXES.get(suffix)


def load(place: str) -> Any:
    """Import what a `module:name` of a format stands for."""
    module, name = place.split(":")
    return getattr(importlib.import_module(f"{__package__}.{module}"), name)
