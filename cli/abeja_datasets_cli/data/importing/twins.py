"""Rows whose URIs are in the dataset already: without `--match` an import creates them once more."""

import contextlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from abeja_datasets_cli.data.importing import matching
from abeja_datasets_cli.data.shared.api import Api
from abeja_datasets_cli.data.shared.output import note

if TYPE_CHECKING:
    from abeja_datasets_loading.journal.journal import Journal


class Comparison(NamedTuple):
    """What an input is compared with."""

    api: Api
    dataset: Any
    book: Path
    """The journal of the import, if there is one: its items are no twins of their own rows."""
    valid: int
    """How many valid rows the input has."""


def warn(comparison: Comparison, items: Iterator[Any]) -> None:
    """Write a note where rows that are due have the URIs of items that this import did not create."""
    with contextlib.ExitStack() as closing:
        own: set[int] | None = set()
        if comparison.book.exists():
            own = _own(closing.enter_context(contextlib.closing(_journal(comparison))), comparison)
        count = 0 if own is None else _count(comparison, items, own)
    if count:
        note(f"{count:,} items with the same URIs are there already. They are created again;")
        note("--match data_uri updates them instead.")


def _journal(comparison: Comparison) -> "Journal":
    from abeja_datasets_loading.journal.kept_journal import open_kept

    return open_kept(comparison.book, comparison.api.organization_id, str(comparison.dataset["dataset_id"]))


def _own(journal: "Journal", comparison: Comparison) -> set[int] | None:
    """Return the rows that were sent; None where no row is due, or the dataset has no items but theirs."""
    from abeja_datasets_loading.journal.records import State

    counts = journal.counts()
    created = counts.created + counts.earlier
    if created >= min(comparison.valid, comparison.dataset["total_count"]):
        return None
    return {record.position for record in journal.records(State.DONE, State.SENT, State.UNKNOWN)}


def _count(comparison: Comparison, items: Iterator[Any], own: set[int]) -> int:
    """Return how many items of the dataset, but those of rows that were sent, have the URI of another row."""
    api, dataset_id = comparison.api, comparison.dataset["dataset_id"]
    theirs = Counter(map(_hash_of, api.client.iter_dataset_items(api.organization_id, dataset_id, {"limit": 1000})))
    theirs.pop(None, None)
    due = set()
    for index, uri in enumerate(map(_hash_of, items)):
        if index in own:
            theirs[uri] -= 1
        elif uri in theirs:
            due.add(uri)
    return sum(max(theirs[uri], 0) for uri in due)


def _hash_of(item: Any) -> int | None:
    uri = matching.uri_of(item)
    return None if uri is None else hash(uri)
