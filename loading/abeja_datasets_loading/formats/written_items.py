"""The parts of an item that annotation files hold, and the names of those that they do not."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from abeja_datasets_loading.formats.model import FileRefused, Place
from abeja_datasets_loading.formats.sources.text import name_of
from abeja_datasets_loading.formats.values.geometry import ENTRY_KINDS, SIDES, kind_of
from abeja_datasets_loading.formats.values.labels import CATEGORY_ID, label_id
from abeja_datasets_loading.formats.values.numbers import is_number
from abeja_datasets_loading.formats.writing import Item


class Entry(NamedTuple):
    """An entry of an item's attributes."""

    kind: str
    """One of `ENTRY_KINDS`: the list that it is in."""
    value: dict[str, Any]

    def elsewhere(self, read: Mapping[str, Any], dataset_type: str | None) -> list[str]:
        """Return the name of the list that the entry is in, where a reader puts it into another one.

        Args:
            read: the entry as it is read, or its `rect` and `segmentation` alone.
            dataset_type: as it is given to the reader.
        """
        kind = kind_of(read, dataset_type)
        return [] if kind == self.kind else [f"that it is in {self.kind}, and not in {kind},"]


def entries_of(item: Item) -> tuple[list[Entry], dict[str, Any], list[str]]:
    """Return the entries of an item's attributes, the attributes that are no list of entries, and what is lost."""
    entries: list[Entry] = []
    others: dict[str, Any] = {}
    lost: list[str] = []
    for key, value in (item.get("attributes") or {}).items():
        is_one = key == "classification" and isinstance(value, Mapping)
        found = [value] if is_one else value
        if key in ENTRY_KINDS and isinstance(found, list) and found and all(map(_is_entry, found)):
            entries += [Entry(key, dict(each)) for each in found]
            lost += [f"that {name_of_attribute(key)} is an entry, and not a list,"] if is_one else []
        else:
            others[key] = value
    return entries, others, lost


def name_of_attribute(key: str) -> str:
    """Return the name of an attribute for a message."""
    return f"attributes.{key}"


def _is_entry(value: Any) -> bool:
    """Return whether a value is an entry as the API has them: with ids of a label, and perhaps its name."""
    if not isinstance(value, Mapping) or not isinstance(value.get("label", ""), str):
        return False
    ids = value.get("category_id", CATEGORY_ID), value.get("label_id")
    return all(is_number(each) and label_id(each) is not None for each in ids)


def source_of(item: Item) -> tuple[dict[str, Any], list[str]]:
    """Return the first source of an item, and the names of the others."""
    sources = item.get("source_data") or [{}]
    return dict(sources[0]), [f"source_data[{number}]" for number in range(1, len(sources))]


def box_of(entry: dict[str, Any]) -> tuple[Mapping[str, Any] | None, list[str]]:
    """Take the rect out of an entry; return it where its sides are numbers, and the names of what else it holds."""
    if "rect" not in entry:
        return None, []
    box = entry.pop("rect")
    if not isinstance(box, Mapping) or not all(is_number(box.get(side)) for side in SIDES):
        return None, ["rect"]
    return box, [f"rect.{key}" for key in box if key not in SIDES]


class LabelNames:
    """The names of labels, by category and label id, from the props of a dataset and from entries."""

    def __init__(self, props: Mapping[str, Any]) -> None:
        self.labels: dict[tuple[int, int], dict[str, Any]] = {}
        self.used: dict[tuple[int, int], str | None] = {}
        """The names of the labels that entries have."""
        self.add(props)

    def add(self, props: Mapping[str, Any]) -> None:
        """Take the labels of props."""
        for category in props.get("categories") or ():
            for label in category.get("labels") or ():
                self.labels[category["category_id"], label["label_id"]] = dict(label)

    def note(self, entry: Mapping[str, Any]) -> tuple[str | None, list[str]]:
        """Return the name of an entry's label, and the one that the entry has where it is another.

        It is the name in the props, else that in the first entry with one.
        """
        pair = entry.get("category_id", CATEGORY_ID), entry["label_id"]
        label = self.labels.setdefault(pair, {"label_id": entry["label_id"]})
        if "label" in entry:
            label.setdefault("label", entry["label"])
        name = self.used[pair] = label.get("label")
        return name, [f"the label {entry['label']!r}"] if entry.get("label", name) != name else []

    def numbers(self, target: Path) -> dict[int, dict[str, Any]]:
        """Return the labels by their ids alone.

        Raises:
            FileRefused: several have one id.
        """
        found: dict[int, dict[str, Any]] = {}
        for (_, number), label in sorted(self.labels.items()):
            if number in found:
                reason = f"the label_id {number} is in several categories, which this format does not allow"
                raise FileRefused(Place(name_of(target)), reason)
            found[number] = label
        return found

    def categories_lost(self) -> Iterator[str]:
        """Iterate over the categories of entries that a file of one category can't hold."""
        for category in sorted({category for category, _ in self.used} - {CATEGORY_ID}):
            yield f"the category_id {category}, which is {CATEGORY_ID} now,"
