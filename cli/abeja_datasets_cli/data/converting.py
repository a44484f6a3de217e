"""`abeja-datasets convert`: an annotation file into another format, without a server."""

import sys
from collections.abc import Callable, Iterator
from typing import Any

import click

from abeja_datasets_cli.data.api import REJECTED, failures
from abeja_datasets_cli.data.inputs import with_input
from abeja_datasets_cli.data.output import Notes, note

_EPILOG = """\b
Examples:
  abeja-datasets convert coco.json items.jsonl --uri 's3://bucket/{path}'
  abeja-datasets convert voc/ coco.json --to coco

Exit codes: 0 all, 1 some rows rejected or something left out, 2 wrong use, or a file that can't be read.
"""


@click.command(epilog=_EPILOG)
@click.argument("source", metavar="IN")
@click.argument("target", metavar="OUT")
@click.option("--to", "target_format", help="The format to write; by default that of OUT's name.")
@with_input
def convert(
    source: str, target: str, target_format: str | None, reading: Callable[..., Any], dataset_type: str | None
) -> None:
    """Convert an annotation file or folder. OUT is replaced only when all of it is written."""
    with failures():
        from abeja_datasets_loading.formats.files import open_file
        from abeja_datasets_loading.formats.targets import target_of
        from abeja_datasets_loading.formats.writing import write_items

        form, options = reading(None, dataset_type)
        opened = open_file(source, options, form)
        counts = {"rows": 0, "rejected": 0}
        left_out = Notes()
        try:
            make = target_of(target, target_format, lambda: opened.props, voc_origin=options.voc_origin)
            for remark in write_items(_items(opened, counts), target, make):
                left_out.add(f"{remark.place}: {remark.text}")
        finally:
            left_out.end()
            opened.close()
    note(f"{counts['rows']:,} rows: {counts['rows'] - counts['rejected']:,} written, {counts['rejected']:,} rejected")
    sys.exit(REJECTED if counts["rejected"] or left_out.count else 0)


def _items(opened: Any, counts: dict[str, int]) -> Iterator[Any]:
    from abeja_datasets_loading.formats.model import Note, Rejected

    for record in opened:
        if isinstance(record, Note):
            note(f"note: {record.place}: {record.text}")
            continue
        counts["rows"] += 1
        if isinstance(record, Rejected):
            counts["rejected"] += 1
            note(f"{record.place}: {record.reason}")
        else:
            yield record.item
