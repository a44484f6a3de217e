"""`abeja-datasets datasets`: list, get, create and delete datasets."""

import itertools
import json
from pathlib import Path
from typing import Any, Final

import click

from abeja_datasets_cli.data.shared import description
from abeja_datasets_cli.data.shared.api import EXIT_CODES, Api, Failure, confirm, with_api
from abeja_datasets_cli.data.shared.inputs import note_type
from abeja_datasets_cli.data.shared.output import format_option, limit_option, note, show

_COLUMNS: Final = ("dataset_id", "name", "type", "total_count", "created_at")
_LISTED: Final = ("dataset_id", "name", "type", "created_at")


@click.group(epilog=f"\b\nExample:\n  abeja-datasets datasets list --organization-id 1102940376065\n\n{EXIT_CODES}")
def datasets() -> None:
    """List, get, create and delete datasets."""


@datasets.command("list", epilog="\b\nExample:\n  abeja-datasets datasets list --name cats --format ids")
@click.option("--name", metavar="NAME", help="Only the dataset of exactly this name.")
@limit_option("datasets to list; all by default.")
@format_option
@with_api
def list_(api: Api, name: str | None, limit: int | None, form: str) -> None:
    """List the datasets of the organization."""
    found = (each for each in api.client.iter_datasets(api.organization_id) if name in (None, each.get("name")))
    show(itertools.islice(found, limit), form, _LISTED)


@datasets.command(epilog="\b\nExample:\n  abeja-datasets datasets get 1410805969256 --format json")
@click.argument("dataset_id")
@format_option
@with_api
def get(api: Api, dataset_id: str, form: str) -> None:
    """Get a dataset, with the count of its items."""
    show([api.client.get_dataset(api.organization_id, dataset_id)], form, _COLUMNS)


@datasets.command(epilog="\b\nExample:\n  abeja-datasets datasets create cats --type detection --props-from coco.json")
@click.argument("name", required=False)
@click.option("--type", "dataset_type", help="Such as classification or detection; custom by default.")
@click.option(
    "--like", type=description.FILE, metavar="FILE", help="A dataset.json of export: its name, type and props."
)
@click.option("--props", metavar="JSON|@FILE", help="The props, as JSON or as @FILE.")
@click.option(
    "--props-from", type=click.Path(exists=True), help="An annotation file or folder to take the labels from."
)
@format_option
@with_api
def create(
    api: Api, *, name: str | None, dataset_type: str | None, like: Path | None, props: str | None,
    props_from: str | None, form: str,
) -> None:  # fmt: skip
    """Create a dataset. What is given goes before what --like has."""
    kept: dict[str, Any] = {"type": "custom", "props": {}} if like is None else description.read(like)
    name = name or kept.get("name")
    if name is None:
        raise click.UsageError("Pass NAME, or --like FILE.")
    note_type(dataset_type)
    has_props = props is not None or props_from is not None
    given = read_props(props, props_from) if has_props else kept["props"]
    show([api.client.create_dataset(api.organization_id, name, dataset_type or kept["type"], given)], form, _LISTED)


@datasets.command(epilog="\b\nExample:\n  abeja-datasets datasets delete 1410805969256 --yes")
@click.argument("dataset_id")
@click.option("--yes", "is_agreed", is_flag=True, help="Delete without a question.")
@with_api
def delete(api: Api, dataset_id: str, is_agreed: bool) -> None:
    """Delete a dataset with all of its items."""
    found = api.client.get_dataset(api.organization_id, dataset_id)
    count = found.get("total_count")
    confirm(f"Delete the dataset {found.get('name')!r} with its {count} items?", is_agreed=is_agreed)
    api.client.delete_dataset(api.organization_id, dataset_id)
    note(f"deleted: {dataset_id}")


def read_props(text: str | None, file: str | None = None) -> dict[str, Any]:
    """Return the props that were given as JSON, as `@FILE`, or by an annotation file.

    Raises:
        Failure: they are not a JSON object, or the file names no labels.
    """
    if text is not None and file is not None:
        raise click.UsageError("Pass either --props or --props-from.")
    if text is None:
        return {} if file is None else _props_of(file)
    try:
        content = Path(text[1:]).read_text("utf-8") if text.startswith("@") else text
        value = json.loads(content)
    except ValueError as error:
        raise Failure(f"--props: not JSON: {error}", 2) from None
    if not isinstance(value, dict):
        raise Failure("--props: a JSON object is needed", 2)
    return value


def _props_of(file: str) -> dict[str, Any]:
    from abeja_datasets_loading.formats.files import open_file
    from abeja_datasets_loading.formats.options import Options

    opened = open_file(file, Options())
    try:
        for _ in opened:
            pass
        props = opened.props
    finally:
        opened.close()
    if not props:
        raise Failure(f"--props-from {file}: names no labels; pass --props, or a file that names them", 2)
    return props
