"""`import --match`: update the items that differ, create those that are missing, and leave the rest."""

import json
import sys
from array import array
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from abeja_datasets_cli.data.importing import rejecting
from abeja_datasets_cli.data.shared.api import REJECTED, Api, Failure
from abeja_datasets_cli.data.shared.inputs import Input
from abeja_datasets_cli.data.shared.output import note, say

if TYPE_CHECKING:
    from abeja_datasets_cli.data.shared.loading_options import How
    from abeja_datasets_loading import Report
    from abeja_datasets_loading.formats.tabular.groups import Groups

KEYS: Final = ("dataset_item_id", "data_uri")
_MOST_SHOWN: Final = 20


def uri_of(item: Any) -> str | None:
    """Return the URI of the first source of an item; None where it has none."""
    from abeja_datasets_loading.formats.unreadable import Unreadable

    if isinstance(item, Unreadable):
        return None
    sources = item.get("source_data")
    first = sources[0] if isinstance(sources, list) and sources else None
    uri = first.get("data_uri") if isinstance(first, Mapping) else None
    return uri if isinstance(uri, str) else None


def load(api: Api, dataset: Any, given: Input, key: str, *, how: "How", places: rejecting.Places) -> None:
    """Load an input into a dataset, matching its rows with the items that are there.

    Updates may be repeated, and need no journal: a second run finds what differs still. The creates have the journal
    `book.match`, beside a list of their rows, until all of them are settled. An interrupted run is completed first.
    """
    from abeja_datasets_loading import create_items, update_items
    from abeja_datasets_loading.formats.tabular.groups import Groups

    target = api.client, api.organization_id, dataset["dataset_id"]
    creates = Creates(places.book, key)
    earlier = 0
    if creates.is_begun:
        earlier = create_items(*target, creates.items(given), journal=creates.journal, **how.options).created
        creates.remove()
    there = Groups()
    try:
        _remember_all(there, api, dataset, key)
        plan = Plan(given, there, key)
        updated = update_items(*target, plan.updates(), **how.options)
        creates.begin(plan.creating)
        made = create_items(*target, creates.items(given), journal=creates.journal, **how.options)
    finally:
        there.close()
    found = [*plan.problems, *_rejected(updated, plan.updating), *_rejected(made, plan.creating)]
    if made.is_complete or not (made.unknown or made.not_tried):
        creates.remove()
    unknown = updated.unknown + made.unknown
    created = made.created + made.earlier + earlier
    note(
        f"{plan.same - earlier:,} equal, {updated.created + updated.earlier:,} updated, {created:,} created, "
        f"{len(found):,} rejected, {unknown:,} unknown"
    )
    for index, reason in plan.problems[:_MOST_SHOWN]:
        note(f"row {index}: {reason}")
    rejecting.report(given, sorted(found), places, dataset["dataset_id"])
    if found or unknown or updated.not_tried or made.not_tried:
        sys.exit(REJECTED)


def forecast(api: Api, dataset: Any, given: Input, key: str, invalid: "array[int]") -> int:
    """Say what `load` would do; return how many rows it would reject. Nothing is changed.

    Args:
        api: the server.
        dataset: the dataset.
        given: the input.
        key: what rows are matched by.
        invalid: the indexes of the rows that are known to be rejected.
    """
    from abeja_datasets_loading.formats.tabular.groups import Groups

    there = Groups()
    try:
        _remember_all(there, api, dataset, key)
        plan = Plan(given, there, key)
        for _ in plan.updates():
            pass
    finally:
        there.close()
    known = set(invalid)
    bad = known.union(index for index, _ in plan.problems)
    updates, creates = (len(set(rows) - bad) for rows in (plan.updating, plan.creating))
    for index, reason in [each for each in plan.problems if each[0] not in known][:_MOST_SHOWN]:
        say(f"row {index}: {reason}")
    say(f"--match {key}: {plan.same:,} equal, {updates:,} to update, {creates:,} to create, {len(bad):,} rejected")
    return len(bad)


def _rejected(report: "Report", rows: "array[int]") -> list[tuple[int, str]]:
    return [(rows[position], reason) for position, _, reason in report.iter_rejected()]


class Creates:
    """The rows of an input that are to be created, recorded until they are settled.

    Args:
        book: the journal of the import, beside which the record lies.
        key: what rows are matched by.
    """

    def __init__(self, book: Path, key: str) -> None:
        self.journal = book.with_name(f"{book.name}.match")
        self._list = book.with_name(f"{book.name}.match.rows")
        self._key = key

    @property
    def is_begun(self) -> bool:
        """Whether an earlier run was interrupted while it created items."""
        return self._list.exists() and self.journal.exists()

    def begin(self, rows: "array[int]") -> None:
        """Record the rows before the first of them is sent."""
        self.journal.unlink(missing_ok=True)
        partial = self._list.with_name(f"{self._list.name}.partial")
        partial.write_text(json.dumps({"match": self._key, "rows": list(rows)}), "utf-8")
        partial.replace(self._list)

    def items(self, given: Input) -> Iterator[Mapping[str, Any]]:
        """Iterate over the items of the rows that are recorded.

        Raises:
            Failure: the record can't be read.
        """
        try:
            rows = iter(json.loads(self._list.read_text("utf-8"))["rows"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Failure(f"{self._list}: can't be read: {error}; pass another --journal", 2) from error
        wanted = next(rows, None)
        for index, item in enumerate(given.items()):
            if index == wanted:
                yield item
                wanted = next(rows, None)

    def remove(self) -> None:
        """Remove the record: all rows are settled."""
        self._list.unlink(missing_ok=True)
        for suffix in ("", "-wal", "-shm"):
            self.journal.with_name(f"{self.journal.name}{suffix}").unlink(missing_ok=True)


class Plan:
    """What is to be done with each row.

    Args:
        given: the input.
        there: the items of the dataset.
        key: what they are matched by.

    Attributes:
        same: how many rows equal their items.
        updating: the indexes of the rows that update an item.
        creating: the indexes of the rows that match none.
        problems: the rows that can't be loaded, each with the reason.
    """

    def __init__(self, given: Input, there: "Groups", key: str) -> None:
        self._given = given
        self._there = there
        self._key = key
        self.same = 0
        self.updating = array("q")
        self.creating = array("q")
        self.problems: list[tuple[int, str]] = []

    def updates(self) -> Iterator[Mapping[str, Any]]:
        """Iterate over the updates of the items that differ. The attributes are complete after it."""
        from abeja_datasets_loading.formats.unreadable import Unreadable

        for index, item in enumerate(self._given.items()):
            if isinstance(item, Unreadable):
                self.problems.append((index, item.reason))
                continue
            name = _key_of(item, self._key)
            found = [] if name is None else self._there.of(name)
            if len(found) > 1:
                self.problems.append((index, f"{name}: {len(found)} items of the dataset have this {self._key}"))
            elif found:
                yield from self._update(index, item, json.loads(found[0][1]))
            elif name is not None and self._key == "dataset_item_id":
                self.problems.append((index, f"{name}: the dataset has no item with this dataset_item_id"))
            else:
                self.creating.append(index)

    def _update(self, index: int, item: Mapping[str, Any], stored: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        from abeja_datasets_loading.items.items import same_content

        source, attributes = stored["source_data"], item.get("attributes") or {}
        if item.get("source_data", source) != source:
            reason = "the source data differ from those of the item, and the API can't change them"
            self.problems.append((index, reason))
        elif same_content({"source_data": source, "attributes": attributes}, stored):
            self.same += 1
        else:
            self.updating.append(index)
            yield {"dataset_item_id": stored["dataset_item_id"], "attributes": attributes}


def _remember_all(there: "Groups", api: Api, dataset: Any, key: str) -> None:
    """Keep the items of a dataset by what they are matched by."""
    for item in api.client.iter_dataset_items(api.organization_id, dataset["dataset_id"], {"limit": 1000}):
        name = _key_of(item, key)
        if name is not None:
            there.add(name, 0, json.dumps(item))


def _key_of(item: Mapping[str, Any], key: str) -> str | None:
    if key == "data_uri":
        return uri_of(item)
    found = item.get(key)
    return str(found) if isinstance(found, int | str) and not isinstance(found, bool) else None
