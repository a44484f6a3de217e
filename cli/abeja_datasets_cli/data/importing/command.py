"""`abeja-datasets import`: annotation files into a dataset, each row exactly once."""

import contextlib
import shlex
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

from abeja_datasets_cli.data.importing import matching, rejecting, target, twins
from abeja_datasets_cli.data.importing.validating import Validation, validate
from abeja_datasets_cli.data.shared import description
from abeja_datasets_cli.data.shared.api import EXIT_CODES, REJECTED, Api, Failure, is_interrupted, with_api
from abeja_datasets_cli.data.shared.counting import Counting
from abeja_datasets_cli.data.shared.inputs import STDIN, Input, journal_of, note_type, read_settings, with_input
from abeja_datasets_cli.data.shared.loading_options import How, with_loading
from abeja_datasets_cli.data.shared.output import note, say

if TYPE_CHECKING:
    from abeja_datasets_loading import Report

_MOST_SHOWN: Final = 20
_MEGABYTE: Final = 1_000_000
_DEFAULT_TYPE: Final = "custom"
_EPILOG = f"""\b
Examples:
  abeja-datasets import coco.json --create cats --type detection --uri 's3://bucket/{{path}}'
  abeja-datasets import items.jsonl --dataset 1410805969256
  abeja-datasets import voc/ --dataset 1410805969256 --dry-run
  abeja-datasets import fixed.jsonl --dataset 1410805969256 --match dataset_item_id

Run the same command again to resume after an interruption. FILE.journal records the outcome of each row.

{EXIT_CODES}
"""


@click.command("import", epilog=_EPILOG)
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option("--dataset", "dataset_id", metavar="ID", help="The dataset to load into.")
@click.option("--create", "name", metavar="NAME", help="Create a dataset with the labels of the files.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Add an attribute to each row.")
@click.option("--dry-run", is_flag=True, help="Validate, show counts and each bad row, and send no item.")
@click.option("--status", "is_status", is_flag=True, help="Show the progress of the import of these files.")
@click.option("--match", type=click.Choice(matching.KEYS), help="Update the items that are there; create the others.")
@click.option("--journal", type=click.Path(path_type=Path), help="The journal; the default is FILE.journal.")
@click.option("--rejected", type=click.Path(path_type=Path), help="Where rejected rows go; FILE.rejected by default.")
@with_loading
@with_input
@with_api
def import_(
    api: Api, *, files: tuple[str, ...], dataset_id: str | None, name: str | None, settings: tuple[str, ...],
    dry_run: bool, is_status: bool, match: str | None, journal: Path | None, rejected: Path | None, how: How,
    reading: Callable[..., Any], dataset_type: str | None,
) -> None:  # fmt: skip
    """Load annotation files into a dataset: JSON Lines, JSON, CSV, Parquet, COCO, Pascal VOC, YOLO, image folders."""
    book = journal if journal is not None else journal_of(files)
    if is_status:
        _show_status(api, book, dataset_id)
        return
    if dataset_id is None and name is None and not dry_run:
        raise click.UsageError("Pass --dataset ID, or --create NAME.")
    if dataset_id is not None and name is not None:
        raise click.UsageError("Pass either --dataset or --create.")
    if not dry_run:
        _check_writable(book)
    with _without_stdin(files, how) as paths:
        dataset = None if dataset_id is None else target.existing(api, dataset_id, book)
        props, kind = (None, dataset_type) if dataset is None else (dataset.get("props"), dataset.get("type"))
        form, options = reading(props, kind)
        given = Input(paths, form, options, read_settings(settings))
        found = _validated(given, dataset, how, is_dry_run=dry_run, match=match)
        if dataset is None:
            note_type(dataset_type)
            _note_described(paths[0], name, dataset_type)
        if dry_run:
            rejected_rows = found.rejected
            if match is not None and dataset is not None:
                rejected_rows = matching.forecast(api, dataset, given, match, found.invalid)
            sys.exit(REJECTED if rejected_rows else 0)
        if option := how.errors.stopped_by(found.rejected):
            raise Failure(f"{found.rejected:,} rows are rejected, and nothing was sent ({option})", REJECTED)
        if dataset is None:
            dataset = target.created(api, str(name), dataset_type or _DEFAULT_TYPE, found.props, book)
            note(f"dataset {dataset['dataset_id']}: {dataset.get('name')}")
        _load(_Load(api, dataset, given, found, book, rejecting.Places(book, rejected), how), match)


def _note_described(path: str, name: str | None, dataset_type: str | None) -> None:
    """Say how to use what export wrote beside a file: without it, the type and props of the dataset are lost."""
    described = description.beside(path)
    if name is not None and dataset_type is None and described is not None:
        make = shlex.join(["abeja-datasets", "datasets", "create", name, "--like", str(described)])
        note(f"note: {described} is not read; to use its type and props, run: {make}")
        note("and import with --dataset ID")


def _check_writable(book: Path) -> None:
    """Check that a journal can be made, before anything is read or sent."""
    if book.is_dir():
        raise Failure(f"the journal {book}: is a folder; pass --journal PATH", 2)
    try:
        with tempfile.TemporaryFile(dir=book.parent):
            pass
    except OSError as error:
        hint = "pass --journal PATH, in a folder that can be written"
        raise Failure(f"the journal {book}: {error.strerror}; {hint}", 2) from error


@contextlib.contextmanager
def _without_stdin(files: tuple[str, ...], how: How) -> Iterator[tuple[str, ...]]:
    """Return the paths of files, with a copy of standard input: an input is read more than once."""
    from abeja_datasets_loading.formats import parts
    from abeja_datasets_loading.formats.sources.text import STDIN_COPY

    if STDIN not in files:
        yield files
        return
    with parts.folder(Path(tempfile.gettempdir()) / "abeja-datasets") as folder:
        copy = folder / STDIN_COPY
        with copy.open("wb") as file, Counting("copy", how.on_progress) as shown:
            for piece in shown.over(iter(partial(sys.stdin.buffer.read, _MEGABYTE), b"")):
                file.write(piece)
        yield tuple(str(copy) if each == STDIN else each for each in files)


def _validated(given: Input, dataset: Any, how: How, *, is_dry_run: bool, match: str | None) -> Validation:
    from abeja_datasets_loading.items.items import Checker

    shown = 0

    def tell(line: str) -> None:
        nonlocal shown
        shown += 1
        if is_dry_run:
            say(line)
        elif shown <= _MOST_SHOWN:
            note(line)
        elif shown == _MOST_SHOWN + 1:
            note("… pass --dry-run for all of them")

    checker = Checker() if dataset is None else Checker.of(dataset)
    with Counting("validate", how.on_progress) as counting:
        found = validate(given, checker, tell, counting, has_updates=match == "dataset_item_id")
    for line in found.lines():
        (say if is_dry_run else note)(line)
    if found.bare:
        note(f"note: the names of {found.bare:,} rows are stored as they are, without a scheme such as s3://;")
        note("pass --uri TEMPLATE or --uri-map FILE to store URIs")
    return found


class _Load(NamedTuple):
    """All that a load needs."""

    api: Api
    dataset: Any
    given: Input
    found: Validation
    book: Path
    places: rejecting.Places
    how: How


def _load(load: _Load, match: str | None) -> None:
    from abeja_datasets_loading import InputChanged, LoadingStopped, create_items

    api, dataset, given, how = load.api, load.dataset, load.given, load.how
    if match is not None:
        matching.load(api, dataset, given, match, how=how, places=load.places)
        return
    if dataset.get("total_count"):
        with Counting("compare", how.on_progress) as shown:
            twins.warn(twins.Comparison(api, dataset, load.book, load.found.valid), shown.over(given.items(shown.read)))
    try:
        report = create_items(
            api.client, api.organization_id, dataset["dataset_id"], given.items(), journal=load.book,
            total=load.found.rows, **how.options,
        )  # fmt: skip
    except InputChanged as error:
        raise Failure(f"{error}; --match data_uri updates the items of rows that were corrected", 2) from error
    except LoadingStopped as error:
        if not is_interrupted(error):  # else it ends at once: the input may be long, and the next run writes them
            _write_rejected(load, error.report)
        raise
    _end(load, report)


def _end(load: _Load, report: "Report") -> None:
    note(report.summary())
    _write_rejected(load, report)
    if report.unknown or report.not_tried:
        note(report.problems())
    if not report.is_complete:
        note(f"journal: {load.book}")
        sys.exit(REJECTED)


def _write_rejected(load: _Load, report: "Report") -> None:
    found = ((index, reason) for index, _, reason in report.iter_rejected())
    rejecting.report(load.given, found, load.places, load.dataset["dataset_id"])


def _show_status(api: Api, book: Path, dataset_id: str | None) -> None:
    from abeja_datasets_loading.journal.kept_journal import open_kept

    if not book.exists():
        say(f"no import was begun: there is no journal {book}")
        return
    known = dataset_id or target.dataset_id_of(book)
    if known is None:
        raise click.UsageError("Pass --dataset ID, which the import was for.")
    with contextlib.closing(open_kept(book, api.organization_id, known)) as journal:
        counts, is_whole = journal.counts(), journal.is_input_complete
    say(
        f"{counts.read:,} rows read: {counts.created + counts.earlier:,} created, {counts.rejected:,} rejected, "
        f"{counts.unknown:,} unknown, {counts.not_tried:,} not tried"
    )
    say("the whole input was read" if is_whole else "the input was not read to its end")
