"""The file of rejected rows: in the input's own format, with the reasons, ready to be imported again."""

import contextlib
import csv
import itertools
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path, PurePath
from typing import Any, Final

from abeja_datasets_loading.formats.files import guess
from abeja_datasets_loading.formats.options import Options
from abeja_datasets_loading.formats.sources.text import TextSource
from abeja_datasets_loading.formats.tabular import parquet_writer
from abeja_datasets_loading.formats.tabular.csv_files import open_reader
from abeja_datasets_loading.formats.tabular.tables import REASON
from abeja_datasets_loading.formats.values.json_file import JsonFile
from abeja_datasets_loading.formats.yolo.config import read_config
from abeja_datasets_loading.formats.yolo.label_files import label_name

_Rejected = Iterable[tuple[Any, str]]
_LIST: Final = "rejected.csv"
"""The list of reasons, beside copied files."""
_IMAGES: Final = "images.txt"
"""The list of images, which `data.yaml` names."""


def write_rejected(
    source: Path | str, target: Path, records: _Rejected, options: Options, form: str | None = None
) -> None:
    """Write rejected rows.

    Args:
        source: the input file or folder.
        target: the file to write, or the folder where the input is one.
        records: the records of the input, each with the reason; it is iterated over once.
        options: how the input was read.
        form: its format; None to guess it.

    Raises:
        OSError: the target can't be written.
    """
    name = form or guess(source, options)
    _WRITERS[name](Path(source), target, records, options)


def _jsonl(_source: Path, target: Path, records: _Rejected, options: Options) -> None:
    _write(target, (f"{record.source}\n" for record, _ in _with_reasons(target, records)), options)


def _json(_source: Path, target: Path, records: _Rejected, options: Options) -> None:
    texts = (f"{record.source}" for record, _ in _with_reasons(target, records))
    _write(target, itertools.chain(["[\n", next(texts, "")], (f",\n{text}" for text in texts), ["\n]\n"]), options)


def _with_reasons(target: Path, records: _Rejected) -> Iterator[tuple[Any, str]]:
    """Iterate over records, and write the reasons beside the target meanwhile: nothing holds all of them."""
    with _reasons_file(target.with_name(f"{target.name}.reasons.csv")) as add:
        for record, reason in records:
            add(record, reason)
            yield record, reason


def _csv(source: Path, target: Path, records: _Rejected, options: Options) -> None:
    """Write the rows as they were, after a column of reasons, which comes first: a row may have any length."""
    text = TextSource(source, options.encoding)
    try:
        _, reader = open_reader(text)
        columns: list[str] = next(reader, [])
    finally:
        text.close()
    skipped = {position for position, column in enumerate(columns) if column.strip().lower() == REASON}
    with target.open("w", encoding=_encoding(options), newline="") as file:
        writer = csv.writer(file, reader.dialect, lineterminator="\n")
        writer.writerow([REASON, *_without(columns, skipped)])
        for record, reason in records:
            for row in record.source:
                writer.writerow([reason, *_without(row, skipped)])


def _without(row: Sequence[str], skipped: set[int]) -> list[str]:
    return [cell for position, cell in enumerate(row) if position not in skipped]


def _parquet(source: Path, target: Path, records: _Rejected, _options: Options) -> None:
    parquet_writer.copy_rows(source, target, {number: reason for record, reason in records for number in record.source})


def _coco(source: Path, target: Path, records: _Rejected, options: Options) -> None:
    """Write the images with all of their annotations, and all categories."""
    records = list(records)
    images = [record.source.image.text for record, _ in records if record.source.image is not None]
    # Images of one id have the same annotations, which may stand in the file once.
    annotations = {each.number: each.text for record, _ in records for each in record.source.annotations}
    categories = _categories(source if options.images is None else Path(options.images), options)
    reasons = json.dumps([f"{record.place}: {reason}" for record, reason in records], ensure_ascii=False)
    pieces = [
        '{"images": [\n', ",\n".join(images), '\n], "annotations": [\n', ",\n".join(annotations.values()),
        '\n], "categories": ', categories, ', "rejected": ', reasons, "}\n",
    ]  # fmt: skip
    _write(target, pieces, options)


def _categories(path: Path, options: Options) -> str:
    text = TextSource(path, options.encoding)
    try:
        document = JsonFile(text)
        if document.peek() == "{":
            for key in document.members():
                if key == "categories":
                    return document.value()[1]
                document.leave_out()
    finally:
        text.close()
    return "[]"


def _files(source: Path, target: Path, records: _Rejected, _options: Options) -> None:
    """Copy the annotation files, and write a list of reasons."""
    target.mkdir(parents=True, exist_ok=True)
    root = source if source.is_dir() else source.parent
    with _reasons_file(target / _LIST) as add:
        for record, reason in records:
            path = record.source
            _put(target / (path.relative_to(root) if path.is_relative_to(root) else path.name), path)
            add(record, reason)


def _yolo(source: Path, target: Path, records: _Rejected, options: Options) -> None:
    """Copy the label files, with links to the images, their names in a `data.yaml`, and a list of reasons."""
    import yaml

    target.mkdir(parents=True, exist_ok=True)
    names = []
    with _reasons_file(target / _LIST) as add:
        for record, reason in records:
            names.append(_put_image(target, record.source))
            add(record, reason)
    _write(target / _IMAGES, [f"{name}\n" for name in names], options)
    classes = read_config(source, options.encoding, has_sizes=options.sizes is not None).names
    document = {"train": _IMAGES} | ({} if classes is None else {"names": dict(classes)})
    _write(target / "data.yaml", [yaml.safe_dump(document, allow_unicode=True, sort_keys=False)], options)


def _put_image(target: Path, image: Any) -> str:
    """Copy the label file of an image, with a link to the image; return its name for the list."""
    name = PurePath(image.name)
    if name.is_absolute() or ".." in name.parts:  # it would lie outside the target
        return str(os.path.abspath(image.path))  # noqa: PTH100 - resolve() would follow links
    _put(target / name, image.path, is_link=True)
    _put(target / label_name(name), image.label)
    return f"./{image.name}"


def _put(place: Path, path: Path, *, is_link: bool = False) -> None:
    if not path.is_file():
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    if is_link:
        place.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # not each file system has links
            place.symlink_to(path.resolve())
            return
    shutil.copyfile(path, place)


def _write(target: Path, pieces: Iterable[str], options: Options) -> None:
    with target.open("w", encoding=_encoding(options), errors="surrogatepass", newline="\n") as file:
        file.writelines(pieces)


def _encoding(options: Options) -> str:
    """Return UTF-8, with a byte order mark where the file would otherwise be read in the encoding of the input."""
    return "utf-8" if options.encoding is None else "utf-8-sig"


@contextlib.contextmanager
def _reasons_file(path: Path) -> Iterator[Callable[[Any, str], object]]:
    """Write a list of reasons; yields the function that adds one, given its record."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("place", "reason"))
        yield lambda record, reason: writer.writerow((str(record.place), reason))


_WRITERS: Final = {
    "jsonl": _jsonl,
    "json": _json,
    "csv": _csv,
    "parquet": _parquet,
    "coco": _coco,
    "voc": _files,
    "yolo": _yolo,
    "folder": _files,
}
