"""`abeja-datasets convert`: an annotation file into another format, without a server."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from abeja_datasets_cli.data.shared import description
from abeja_datasets_cli.data.shared.api import REJECTED, Failure, failures
from abeja_datasets_cli.data.shared.counting import Counting
from abeja_datasets_cli.data.shared.inputs import Input, read_settings, with_input
from abeja_datasets_cli.data.shared.loading_options import Errors, with_errors, with_progress
from abeja_datasets_cli.data.shared.output import Notes, note

if TYPE_CHECKING:
    from abeja_datasets_loading.formats.files import AnnotationFile

_ITEMS_ALONE: Final = frozenset({"jsonl", "json", "csv", "parquet"})
"""Formats that hold no labels beside the items."""
_EPILOG: Final = """\b
Examples:
  abeja-datasets convert coco.json items.jsonl --uri 's3://bucket/{path}'
  abeja-datasets convert voc/ coco.json --to coco
  abeja-datasets convert items.parquet coco.json --to coco --like dataset.json

Exit codes: 0 all, 1 some rows rejected or something left out, 2 wrong use, or a file that can't be read.
"""


@click.command(epilog=_EPILOG)
@click.argument("source", metavar="IN")
@click.argument("target", metavar="OUT")
@click.option("--to", "target_format", metavar="FORMAT", help="The format to write; by default that of OUT's name.")
@click.option(
    "--like", type=description.FILE, metavar="FILE", help="A dataset.json of export: type, labels, categories."
)
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Add an attribute to each row.")
@with_errors
@with_progress
@with_input
def convert(
    *, source: str, target: str, target_format: str | None, like: Path | None, settings: tuple[str, ...],
    errors: Errors, on_progress: Any, reading: Callable[..., Any], dataset_type: str | None,
) -> None:  # fmt: skip
    """Convert an annotation file or folder. OUT is replaced only when all of it is written."""
    with failures():
        from abeja_datasets_loading.formats.targets import form_of, target_of
        from abeja_datasets_loading.formats.writing import write_items

        described = {} if like is None else description.read(like)
        form, options = reading(described.get("props"), dataset_type or described.get("type"))
        if like is None:
            _note_described(source, form_of(target, target_format))
        given = Input((source,), form, options, read_settings(settings))
        left_out = Notes()
        with Counting("convert", on_progress) as shown, contextlib.closing(given.files(shown.read)) as files:
            _, opened = next(files)
            rows = _Rows(opened, given, errors)
            make = target_of(
                target,
                target_format,
                lambda: described.get("props") or opened.props,
                dataset_type=options.dataset_type,
                voc_origin=options.voc_origin,
            )
            for remark in write_items(shown.over(rows), target, make):
                left_out.add(f"{remark.place}: {remark.text}", is_loss=remark.is_loss)
        left_out.end()
    note(f"{rows.count:,} rows: {rows.count - rows.rejected:,} written, {rows.rejected:,} rejected")
    sys.exit(REJECTED if rows.rejected or left_out.losses else 0)


def _note_described(source: str, target_form: str) -> None:
    """Say how to use what export wrote beside a file: it has the labels without items, and what else labels hold."""
    described = description.beside(source)
    if described is not None and target_form not in _ITEMS_ALONE:
        note(f"note: {described} is not read; to write its labels and categories, pass --like {described}")


class _Rows:
    """The items of an input. Rows that are rejected are named and counted."""

    def __init__(self, opened: "AnnotationFile", given: Input, errors: Errors) -> None:
        self.count = self.rejected = 0
        self._opened = opened
        self._given = given
        self._errors = errors

    def __iter__(self) -> Iterator[Any]:
        from abeja_datasets_loading.formats.api_items.records import problem_of
        from abeja_datasets_loading.formats.model import Note, Rejected

        for record in self._opened:
            if isinstance(record, Note):
                note(f"note: {record.place}: {record.text}")
                continue
            self.count += 1
            problem = record.reason if isinstance(record, Rejected) else problem_of(record.item)
            if problem is not None or isinstance(record, Rejected):
                note(f"{record.place}: {problem}")
                self._reject()
            else:
                yield self._given.with_attributes(record.item)

    def _reject(self) -> None:
        self.rejected += 1
        if option := self._errors.stopped_by(self.rejected):
            raise Failure(f"{self.rejected:,} rows are rejected, and nothing was written ({option})", REJECTED)
