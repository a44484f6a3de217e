"""Annotation files as the commands read them: options, all files as one input, and what is wrong in it."""

import difflib
import functools
import os
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from abeja_datasets_cli.data.shared.api import Failure
from abeja_datasets_cli.data.shared.output import note

if TYPE_CHECKING:
    from abeja_datasets_loading.formats.files import AnnotationFile
    from abeja_datasets_loading.formats.model import Record
    from abeja_datasets_loading.formats.options import Options

FORMATS: Final = ("jsonl", "json", "csv", "parquet", "coco", "voc", "yolo", "folder")
STDIN: Final = "-"
TYPES: Final = ("classification", "detection", "segmentation", "custom")
"""The types of datasets that are in use. The API takes any text."""
_OWN_ITEMS: Final = ("jsonl", "json")
OnRead = Callable[[int], object] | None
_Command = TypeVar("_Command", bound=Callable[..., Any])

_OPTIONS: Final = (
    click.option("--from", "--format", "source_format", type=click.Choice(FORMATS), help="The format of the input."),
    click.option("--uri", metavar="TEMPLATE", help="The source URI of each name, such as s3://bucket/{path}."),
    click.option("--uri-map", type=click.Path(), metavar="FILE", help="A CSV file with names and their URIs."),
    click.option("--encoding", metavar="NAME", help="The encoding of the input, such as cp932; else UTF-8."),
    click.option("--renumber", is_flag=True, help="Number labels by their position, from 0 (COCO)."),
    click.option("--images", type=click.Path(), metavar="FILE", help="The images of a bare list of COCO results."),
    click.option("--sizes", type=click.Path(), metavar="FILE", help="A CSV file with name, width, height (YOLO)."),
    click.option("--voc-origin", type=click.IntRange(0, 1), default=0, help="1 if VOC coordinates count from 1."),
    click.option("--type", "dataset_type", metavar="TYPE", help="The type of the dataset, such as detection."),
)


def with_input(command: _Command) -> _Command:
    """Add the options of annotation files to a command, and pass them on as `reading`, a function.

    It takes the props and the type of a dataset, and returns the format and the options of `open_file`.
    """

    @functools.wraps(command)
    def run(
        *args: Any, source_format: str | None, uri: str | None, uri_map: str | None, encoding: str | None,
        renumber: bool, images: str | None, sizes: str | None, voc_origin: int, dataset_type: str | None,
        **options: Any,
    ) -> Any:  # fmt: skip
        def reading(props: Mapping[str, Any] | None, kind: str | None) -> "tuple[str | None, Options]":
            from abeja_datasets_loading.formats.options import Options
            from abeja_datasets_loading.formats.sources.uris import Uris, read_mapping

            mapping = None if uri_map is None else read_mapping(uri_map, encoding)
            return source_format, Options(
                uris=Uris(uri, mapping), encoding=encoding, dataset_type=kind or dataset_type, props=props,
                renumber=renumber, images=images, sizes=sizes, voc_origin=voc_origin,
            )  # fmt: skip

        return command(*args, reading=reading, dataset_type=dataset_type, **options)

    for option in reversed(_OPTIONS):
        run = option(run)
    return run  # type: ignore[return-value]  # click's decorators take and give any function


def journal_of(files: tuple[str, ...]) -> Path:
    """Return the journal of an import of files, where `--journal` is not given.

    Raises:
        Failure: the first of them is standard input.
    """
    if files[0] == STDIN:
        raise Failure("standard input has no folder for a journal; pass --journal PATH", 2)
    first = Path(files[0])
    if first.name in ("", ".."):
        first = Path(os.path.abspath(first))  # noqa: PTH100 - resolve() would follow links
    return first.with_name(f"{first.name or 'input'}.journal")


def note_type(dataset_type: str | None) -> None:
    """Write a note where a type is not one of those in use: it may be misspelt."""
    if dataset_type is not None and dataset_type not in TYPES:
        near = difflib.get_close_matches(dataset_type.lower(), TYPES, 1)
        meant = f"; did you mean {near[0]}?" if near else ""
        note(f"note: --type {dataset_type}: is stored as it is; the types in use are {', '.join(TYPES)}{meant}")


class Input:
    """Files that are read as one input, as often as needed.

    Args:
        paths: the files and folders.
        form: their format; None to take it from each.
        options: how to read them.
        attributes: to add to each item.
    """

    def __init__(
        self, paths: tuple[str, ...], form: str | None, options: "Options", attributes: Mapping[str, Any]
    ) -> None:
        self.paths = paths
        self.options = options
        self.form = form
        self._attributes = attributes

    def files(self, on_read: OnRead = None) -> "Generator[tuple[str, AnnotationFile], None, None]":
        """Iterate over the files, each opened and then closed. See `Options` for `on_read`."""
        from abeja_datasets_loading.formats.files import open_file

        for path in self.paths:
            opened = open_file(path, replace(self.options, on_read=on_read), self.form)
            try:
                yield path, opened
            finally:
                opened.close()

    def keeps_names_of(self, path: str) -> bool:
        """Return whether the names in a file are stored unchanged. The API's own items have URIs, and no names."""
        from abeja_datasets_loading.formats.files import guess

        return self.options.uris.keeps_names and (self.form or guess(path, self.options)) not in _OWN_ITEMS

    def records(self, on_read: OnRead = None) -> "Iterator[tuple[str, Record]]":
        """Iterate over the records of all files, each with its file."""
        for path, opened in self.files(on_read):
            for record in opened:
                yield path, record

    def items(self, on_read: OnRead = None) -> Iterator[Mapping[str, Any]]:
        """Iterate over the items. A record that makes none yields an `Unreadable`."""
        from abeja_datasets_loading.formats.unreadable import items_of

        return map(self.with_attributes, items_of(record for _, record in self.records(on_read)))

    def with_attributes(self, item: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return an item with the attributes of `--set`."""
        if not self._attributes:
            return item
        from abeja_datasets_loading.formats.unreadable import Unreadable

        if isinstance(item, Unreadable) or not isinstance(item.get("attributes", {}), dict | None):
            return item
        return {**item, "attributes": {**(item.get("attributes") or {}), **self._attributes}}


def read_settings(given: tuple[str, ...]) -> dict[str, Any]:
    """Return the attributes of `--set KEY=VALUE`. A value stays text.

    Raises:
        Failure: one has no `=`, or no key.
    """
    settings: dict[str, Any] = {}
    for each in given:
        key, equals, value = each.partition("=")
        if not key or not equals:
            raise Failure(f"--set {each}: KEY=VALUE is needed, such as split=train", 2)
        settings[key] = value
    return settings
