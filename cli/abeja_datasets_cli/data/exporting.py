"""`abeja-datasets export`: the items of a dataset into a file of any format."""

import itertools
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import click

from abeja_datasets_cli.data.replacing import kept
from abeja_datasets_cli.data.shared import description
from abeja_datasets_cli.data.shared.api import EXIT_CODES, REJECTED, Api, Failure, with_api
from abeja_datasets_cli.data.shared.counting import Counting
from abeja_datasets_cli.data.shared.loading_options import with_progress
from abeja_datasets_cli.data.shared.output import Notes, note

_JSONL: Final = "jsonl"
_EPILOG = f"""\b
Examples:
  abeja-datasets export 1410805969256 items.jsonl
  abeja-datasets export 1410805969256 coco.json --to coco --q label:cat

Run the same command again to resume after an interruption. The target is replaced only when all of it is written.
{description.NAME} beside it holds the name, type and props of the dataset.
A file there that is no earlier export of the dataset is kept, as TARGET.old.

{EXIT_CODES}
"""


@click.command(epilog=_EPILOG)
@click.argument("dataset_id")
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--to", "form", metavar="FORMAT", help="The format; by default that of the target's name.")
@click.option("--q", metavar="QUERY", help='Only the items that match this query, such as "label:cat".')
@click.option("--shard-size", type=click.IntRange(min=1), help="Write several files, of at most this many items each.")
@with_progress
@with_api
def export(
    api: Api,
    *,
    dataset_id: str,
    target: Path,
    form: str | None,
    q: str | None,
    shard_size: int | None,
    on_progress: Any,
) -> None:
    """Export the items of a dataset into TARGET, whole or not at all."""
    if str(target) == "-":
        raise click.UsageError("Pass a file. `abeja-datasets items list --format jsonl` writes to standard output.")
    if not target.parent.is_dir():
        raise Failure(f"{target}: there is no folder {target.parent}", 2)
    from abeja_datasets.exceptions import ConnectionFailed
    from abeja_datasets_loading import export_items
    from abeja_datasets_loading.formats.targets import form_of, target_of

    dataset = api.client.get_dataset(api.organization_id, dataset_id)
    make = target_of(target, form, lambda: dataset.get("props") or {}, dataset_type=dataset.get("type"))
    is_plain = shard_size is None and form_of(target, form) == _JSONL
    lines = target if is_plain else target.with_name(f"{target.name}.items.jsonl")
    left_out = 0
    with kept(target, dataset):
        try:
            report = export_items(api.client, api.organization_id, dataset_id, lines, q=q, on_progress=on_progress)
        except OSError as error:  # the system names no file where a disk is full
            if isinstance(error, ConnectionFailed):
                raise
            raise Failure(f"{lines}: {error.strerror or error}", 2) from error
        if not is_plain:
            with Counting("convert", on_progress, report.read) as shown:
                left_out = _convert(shown.over(_items(lines)), target, shard_size, make)
            lines.unlink()
    _describe(dataset, target.with_name(description.NAME))
    note(report.summary())
    sys.exit(REJECTED if left_out or not report.is_complete else 0)


def _convert(items: Iterator[Any], target: Path, shard_size: int | None, make: Any) -> int:
    """Write items into the target, or into shards that take their places together; return how much is lost."""
    from abeja_datasets_loading.formats import parts

    left_out = Notes()
    if shard_size is None:
        _write(items, target, target, make, left_out)
    else:
        with parts.folder(target) as folder:
            paths = []
            for path, shard in _shards(items, target, shard_size):
                _write(shard, folder / path.name, path, make, left_out)
                paths.append(path)
            for path in paths:
                (folder / path.name).replace(path)
        _remove_older(target, len(paths))
    left_out.end()
    return left_out.losses


def _write(items: Iterable[Any], place: Path, path: Path, make: Any, left_out: Notes) -> None:
    from abeja_datasets_loading.formats.writing import write_items

    for remark in write_items(items, place, make):
        left_out.add(f"{path}: {remark.text}", is_loss=remark.is_loss)


def _remove_older(target: Path, count: int) -> None:
    """Remove the shards of an earlier export that had more of them: they would be read with the new ones."""
    for number in itertools.count(count + 1):
        path = _shard(target, number)
        if not path.is_file():
            return
        path.unlink()
        note(f"removed: {path}, of an earlier export")


def _items(lines: Path) -> Iterator[Any]:
    with lines.open(encoding="utf-8", errors="surrogatepass", newline="\n") as file:
        yield from map(json.loads, file)


def _shards(items: Iterator[Any], target: Path, size: int) -> Iterator[tuple[Path, Iterable[Any]]]:
    for number in itertools.count(1):
        first = list(itertools.islice(items, 1))
        if not first and number > 1:
            return
        yield _shard(target, number), itertools.chain(first, itertools.islice(items, size - 1))


def _shard(target: Path, number: int) -> Path:
    return target.with_name(f"{target.stem}-{number:05}{target.suffix}")


def _describe(dataset: dict[str, Any], path: Path) -> None:
    from abeja_datasets_loading.formats.values.json_values import escaped

    partial = path.with_name(f".{path.name}.partial")
    text = json.dumps(description.of(dataset), ensure_ascii=False, indent=2)
    partial.write_text(f"{escaped(text)}\n", "utf-8")
    with kept(path, dataset):
        partial.replace(path)
