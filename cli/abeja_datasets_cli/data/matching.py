"""`import --match`: update the items that differ, create those that are missing, and leave the rest."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from abeja_datasets_cli.data.api import REJECTED, Api
from abeja_datasets_cli.data.inputs import Input, Unreadable
from abeja_datasets_cli.data.output import note

if TYPE_CHECKING:
    from abeja_datasets_cli.data.importing import How
    from abeja_datasets_loading.formats.groups import Groups

KEYS: Final = ("dataset_item_id", "data_uri")


def uri_of(item: Any) -> str | None:
    """Return the URI of the first source of an item; None where it has none."""
    if isinstance(item, Unreadable):
        return None
    sources = item.get("source_data")
    first = sources[0] if isinstance(sources, list) and sources else None
    uri = first.get("data_uri") if isinstance(first, Mapping) else None
    return uri if isinstance(uri, str) else None


def load(api: Api, dataset: Any, given: Input, key: str, *, book: Path, how: "How") -> None:
    """Load an input into a dataset, matching its rows with the items that are there.

    The rows that are missing are created with the journal `book`, and the others updated with `book.updates`.
    """
    from abeja_datasets_loading import create_items, update_items
    from abeja_datasets_loading.formats.groups import Groups

    there = Groups()
    try:
        for item in api.client.iter_dataset_items(api.organization_id, dataset["dataset_id"], {"limit": 1000}):
            _remember(there, item, key)
        plan = _Plan(given, there, key)
        target = api.client, api.organization_id, dataset["dataset_id"]
        options = {
            "rate": how.rate, "concurrency": how.concurrency, "max_errors": how.max_errors,
            "on_progress": how.on_progress, "on_error": how.on_error,
        }  # fmt: skip
        updated = update_items(*target, plan.updates(), journal=book.with_name(f"{book.name}.updates"), **options)
        made = create_items(*target, plan.creates(), journal=book, **options)
    finally:
        there.close()
    for line in plan.problems:
        note(line)
    rejected = updated.rejected + made.rejected + len(plan.problems)
    note(
        f"{plan.same:,} equal, {updated.created + updated.earlier:,} updated, {made.created + made.earlier:,} created, "
        f"{rejected:,} rejected, {updated.unknown + made.unknown:,} unknown"
    )
    if plan.problems or not (updated.is_complete and made.is_complete):
        sys.exit(REJECTED)


class _Plan:
    """What is to be done with each row."""

    def __init__(self, given: Input, there: "Groups", key: str) -> None:
        self._given = given
        self._there = there
        self._key = key
        self.same = 0
        self.problems: list[str] = []

    def updates(self) -> Iterator[Mapping[str, Any]]:
        """Iterate over the updates of the items that differ."""
        import json

        from abeja_datasets_loading.items.items import same_content

        for item in self._given.items():
            if isinstance(item, Unreadable):
                self.problems.append(item.reason)
                continue
            name = _key_of(item, self._key)
            found = [] if name is None else self._there.of(name)
            if len(found) > 1:
                self.problems.append(f"{name}: {len(found)} items of the dataset have this {self._key}")
            elif found:
                stored = json.loads(found[0][1])
                wanted = {"source_data": stored["source_data"], "attributes": item.get("attributes") or {}}
                if "source_data" in item and item["source_data"] != stored["source_data"]:
                    self.problems.append(f"{name}: the source data differ, and the API can't change them")
                elif same_content(wanted, stored):
                    self.same += 1
                else:
                    yield {"dataset_item_id": stored["dataset_item_id"], "attributes": wanted["attributes"]}
            elif self._key == "dataset_item_id" and name is not None:
                self.problems.append(f"{name}: the dataset has no item with this dataset_item_id")

    def creates(self) -> Iterator[Mapping[str, Any]]:
        """Iterate over the rows that match no item."""
        for item in self._given.items():
            if isinstance(item, Unreadable):
                continue
            name = _key_of(item, self._key)
            if name is None or (self._key == "data_uri" and not self._there.of(name)):
                yield item


def _remember(there: "Groups", item: Mapping[str, Any], key: str) -> None:
    import json

    name = _key_of(item, key)
    if name is not None:
        there.add(name, 0, json.dumps(item))


def _key_of(item: Mapping[str, Any], key: str) -> str | None:
    if key == "data_uri":
        return uri_of(item)
    found = item.get(key)
    return str(found) if isinstance(found, int | str) and not isinstance(found, bool) else None
