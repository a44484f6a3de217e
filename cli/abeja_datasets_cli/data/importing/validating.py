"""Validating an input before anything is sent: counts by label, and each bad row with its place."""

from array import array
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from abeja_datasets_cli.data.shared.counting import Counting
from abeja_datasets_cli.data.shared.inputs import Input

if TYPE_CHECKING:
    from abeja_datasets_loading.items.items import Checker

_KINDS: Final = ("classification", "detection", "segmentation")


class Validation:
    """What an input holds.

    Attributes:
        rows: how many records make items, or should.
        labels: how many entries each label has.
        left_out: how many keys are not sent, since they are those of a response.
        bare: how many valid rows have a name of a file where others have a URI.
        invalid: the indexes of the rows that make no valid item.
        props: the props of a dataset with the labels of all files.
    """

    def __init__(self) -> None:
        self.rows = self.left_out = self.bare = 0
        self.invalid = array("q")
        self.labels: Counter[str] = Counter()
        self.props: dict[str, Any] = {}

    @property
    def valid(self) -> int:
        """How many records make valid items."""
        return self.rows - self.rejected

    @property
    def rejected(self) -> int:
        """How many records make no valid item."""
        return len(self.invalid)

    def lines(self) -> list[str]:
        """Return the counts as lines."""
        lines = [f"{self.rows:,} rows: {self.valid:,} valid, {self.rejected:,} rejected"]
        lines += [
            f"  {count:>9,}  {label}"
            for label, count in sorted(self.labels.items(), key=lambda pair: (-pair[1], pair[0]))
        ]
        if self.left_out:
            lines.append(f"{self.left_out:,} keys of responses (dataset_item_id, created_at, …) are left out")
        return lines


def validate(
    given: Input, checker: "Checker", tell: Callable[[str], None], counting: Counting, *, has_updates: bool = False
) -> Validation:  # fmt: skip
    """Read an input once, and check each item against openapi.yaml and the categories of the dataset.

    Args:
        given: the input.
        checker: of the dataset.
        tell: called with a line for each bad row and each remark.
        counting: counts the rows.
        has_updates: whether a row may be an update, with `dataset_item_id` and without `source_data`.
    """
    from abeja_datasets_loading.errors import InvalidItem
    from abeja_datasets_loading.formats.model import Note, Rejected
    from abeja_datasets_loading.formats.sources.uris import URL

    found = Validation()
    for path, opened in given.files(counting.read):
        keeps_names = given.keeps_names_of(path)
        for record in opened:
            if isinstance(record, Note):
                tell(f"note: {record.place}: {record.text}")
                continue
            found.rows += 1
            counting.count = found.rows
            if isinstance(record, Rejected):
                found.invalid.append(found.rows - 1)
                tell(f"{record.place}: {record.reason}")
                continue
            item = given.with_attributes(record.item)
            try:
                is_update = has_updates and "dataset_item_id" in item and "source_data" not in item
                prepare = checker.prepare_update if is_update else checker.prepare
                found.left_out += prepare(found.rows - 1, item).left_out
            except InvalidItem as error:
                found.invalid.append(found.rows - 1)
                tell(f"{record.place}: {error.reason}")
                continue
            found.bare += keeps_names and not URL.match(item["source_data"][0]["data_uri"])
            found.labels.update(_labels(item.get("attributes") or {}))
        found.props = merged(found.props, opened.props, path)
    return found


def _labels(attributes: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    for kind in _KINDS:
        entries = attributes.get(kind)
        found += [
            str(entry.get("label", entry["label_id"]))
            for entry in (entries if isinstance(entries, list) else ())
            if isinstance(entry, Mapping) and "label_id" in entry
        ]
    return found


def merged(props: Mapping[str, Any], others: Mapping[str, Any], path: str) -> dict[str, Any]:
    """Return props with the labels of both.

    Raises:
        ValueError: a label id has two names.
    """
    found: dict[int, dict[str, Any]] = {}
    for category in [*(props.get("categories") or ()), *(others.get("categories") or ())]:
        kept = found.setdefault(category["category_id"], {**category, "labels": []})
        labels = {label["label_id"]: label for label in kept["labels"]}
        for label in category["labels"]:
            earlier = labels.get(label["label_id"])
            if earlier is None:
                kept["labels"].append(label)
            elif earlier.get("label") != label.get("label"):
                raise ValueError(
                    f"{path}: the label {label['label_id']} is {label.get('label')!r} here, and "
                    f"{earlier.get('label')!r} in another file; import them into datasets of their own"
                )
    return {"categories": list(found.values())} if found else {}
