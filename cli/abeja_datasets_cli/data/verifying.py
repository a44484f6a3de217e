"""`abeja-datasets verify`: is each row of an input in the dataset exactly once?"""

import itertools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from abeja_datasets_cli.data.shared.api import EXIT_CODES, REJECTED, Api, with_api
from abeja_datasets_cli.data.shared.counting import Counting
from abeja_datasets_cli.data.shared.inputs import STDIN, Input, journal_of, read_settings, with_input
from abeja_datasets_cli.data.shared.loading_options import with_progress
from abeja_datasets_cli.data.shared.output import say

_SHOWN: Final = 20


@click.command(epilog=f"\b\nExample:\n  abeja-datasets verify items.jsonl --dataset 1410805969256\n\n{EXIT_CODES}")
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option("--dataset", "dataset_id", required=True, metavar="ID", help="The dataset.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="The same attribute as for import.")
@click.option("--journal", type=click.Path(path_type=Path), help="The journal; FILE.journal where there is one.")
@with_progress
@with_input
@with_api
def verify(
    api: Api, *, files: tuple[str, ...], dataset_id: str, settings: tuple[str, ...], journal: Path | None,
    on_progress: Any, reading: Callable[..., Any], dataset_type: str | None,
) -> None:  # fmt: skip
    """Compare annotation files with a dataset. Nothing is written."""
    from abeja_datasets_loading import verify as verify_items

    dataset = api.client.get_dataset(api.organization_id, dataset_id)
    kind = dataset.get("type") or dataset_type
    form, options = reading(dataset.get("props"), kind)
    given = Input(files, form, options, read_settings(settings))
    if journal is None and files[0] != STDIN and (beside := journal_of(files)).exists():
        journal = beside
    with Counting("compare", on_progress) as shown:
        rows = shown.over(given.items(shown.read))
        found = verify_items(api.client, api.organization_id, dataset_id, rows, journal=journal)
    say(found.problems())
    for index, _, reason in itertools.islice(found.iter_missing(), _SHOWN):
        say(f"missing: row {index}: {reason}")
    for index, item_id in itertools.islice(found.iter_twice(), _SHOWN):
        say(f"twice: row {index}: item {item_id}")
    sys.exit(0 if found.is_complete else REJECTED)
