"""`abeja-datasets items`: list, get, update, delete and count items."""

import itertools
import json
import sys
from collections.abc import Iterator
from typing import Any, Final

import click

from abeja_datasets_cli.data.shared.api import EXIT_CODES, REJECTED, Api, Failure, confirm, with_api
from abeja_datasets_cli.data.shared.loading_options import How, with_loading
from abeja_datasets_cli.data.shared.output import format_option, limit_option, note, say, show

_COLUMNS: Final = ("dataset_item_id", "source_data.0.data_uri", "attributes", "updated_at")
_ON_TERMINAL: Final = 100
_LIST_EPILOG: Final = """\b
Examples:
  abeja-datasets items list 1410805969256 --limit 5 --format json
  abeja-datasets items list 1410805969256 --q 'label:cat AND NOT split:test'

A query has terms FIELD:WORD and FIELD:"PHRASE", joined by AND, OR, NOT and parentheses. A term finds the items whose
attributes have the key FIELD with that whole value, at any depth. A value with a colon, a slash, a space or a leading
minus needs quotes. There are no wildcards or ranges. All rules: list_dataset_items in docs/reference/http-api.md.
"""
_query = click.option("--q", help='Only the items that match this query, such as "label:cat".')


@click.group(
    epilog=f"\b\nExample:\n  abeja-datasets items list 1410805969256 --q label:cat --format ids\n\n{EXIT_CODES}"
)
def items() -> None:
    """List, get, update, delete and count the items of a dataset."""


@items.command("list", epilog=_LIST_EPILOG)
@click.argument("dataset_id")
@_query
@limit_option("items to list. The default is all; 100 as a table.")
@format_option
@with_api
def list_(api: Api, dataset_id: str, q: str | None, limit: int | None, form: str) -> None:
    """List the items of a dataset."""
    found = _found(api, dataset_id, q)
    if limit is None and (form == "table" or (form == "auto" and sys.stdout.isatty())):
        shown = list(itertools.islice(found, _ON_TERMINAL + 1))
        show(shown[:_ON_TERMINAL], "table", _COLUMNS)
        if len(shown) > _ON_TERMINAL:
            note(f"the first {_ON_TERMINAL} items; pass --limit or --format for more")
        return
    show(itertools.islice(found, limit), form, _COLUMNS)


@items.command(epilog="\b\nExample:\n  abeja-datasets items get 1410805969256 17")
@click.argument("dataset_id")
@click.argument("item_id")
@format_option
@with_api
def get(api: Api, dataset_id: str, item_id: str, form: str) -> None:
    """Get an item."""
    show([api.client.get_dataset_item(api.organization_id, dataset_id, item_id)], form, _COLUMNS)


@items.command(epilog="""\b\nExample:\n  abeja-datasets items update 1410805969256 17 --attributes '{"custom": 1}'""")
@click.argument("dataset_id")
@click.argument("item_id")
@click.option("--attributes", required=True, metavar="JSON", help="The new attributes. They replace the old ones.")
@format_option
@with_api
def update(api: Api, dataset_id: str, item_id: str, attributes: str, form: str) -> None:
    """Replace the attributes of an item."""
    try:
        given = json.loads(attributes)
    except ValueError as error:
        raise Failure(f"--attributes: not JSON: {error}", 2) from None
    if not isinstance(given, dict):
        raise Failure("--attributes: a JSON object is needed", 2)
    show([api.client.update_dataset_item(api.organization_id, dataset_id, item_id, given)], form, _COLUMNS)


@items.command(epilog="\b\nExample:\n  abeja-datasets items count 1410805969256 --q label:cat")
@click.argument("dataset_id")
@_query
@with_api
def count(api: Api, dataset_id: str, q: str | None) -> None:
    """Count the items of a dataset."""
    say(str(_count(api, dataset_id, q)))


@items.command(epilog="\b\nExample:\n  abeja-datasets items delete 1410805969256 --q label:cat")
@click.argument("dataset_id")
@click.argument("item_ids", nargs=-1)
@click.option("--q", help="Delete the items that match this query.")
@click.option("--yes", "is_agreed", is_flag=True, help="Delete without a question.")
@with_loading
@with_api
def delete(api: Api, *, dataset_id: str, item_ids: tuple[str, ...], q: str | None, is_agreed: bool, how: How) -> None:
    """Delete items, by their ids or by a query."""
    if bool(item_ids) is (q is not None):
        raise click.UsageError("Pass the ids of items, or --q.")
    number = len(item_ids) if q is None else _count(api, dataset_id, q)
    note(f"{number} items")
    confirm(f"Delete {number} items?", is_agreed=is_agreed)
    from abeja_datasets_loading import delete_items

    # The ids are listed first: a walk over pages whose items are deleted meanwhile would miss some.
    ids = list(item_ids) if q is None else [item["dataset_item_id"] for item in _found(api, dataset_id, q)]
    report = delete_items(api.client, api.organization_id, dataset_id, ids, **how.options)
    note(report.summary() if report.is_complete else report.problems())
    if not report.is_complete:
        raise SystemExit(REJECTED)


def _found(api: Api, dataset_id: str, q: str | None) -> Iterator[dict[str, Any]]:
    params = {} if q is None else {"q": q}
    return api.client.iter_dataset_items(api.organization_id, dataset_id, {**params, "limit": 1000})


def _count(api: Api, dataset_id: str, q: str | None) -> int:
    if q is None:
        return int(api.client.get_dataset(api.organization_id, dataset_id)["total_count"])
    page = api.client.list_dataset_items(api.organization_id, dataset_id, {"q": q, "limit": 1})
    return int(page["total_count"])
