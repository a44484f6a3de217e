"""Labels of annotation files: the ids that they get, and the categories of a dataset made of them."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from abeja_datasets_loading.formats.model import Invalid
from abeja_datasets_loading.formats.values.numbers import is_number

CATEGORY_ID: Final = 1
"""The one category of labels that a file names."""
CATEGORY_NAME: Final = "labels"

_LONGEST_ID: Final = 100
_DIGITS: Final = re.compile(r"0|[1-9][0-9]*")


def canonical(value: Any) -> str | None:
    """Return an id of a file as text: 1, 1.0 and "1" are one id, and "01" is another. None where it is not an id."""
    if type(value) is int:
        return str(value)
    if type(value) is float:
        return str(int(value)) if is_number(value) and value.is_integer() else None
    return str(value) if isinstance(value, str) and value else None


def label_id(value: Any) -> int | None:
    """Return the label id that an id of a file is, never another number; None where it is none (a word, -1)."""
    text = canonical(value)
    return int(text) if text is not None and _DIGITS.fullmatch(text) and len(text) < _LONGEST_ID else None


def categories(labels: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the props of a dataset with those labels in one category."""
    return {"categories": [{"category_id": CATEGORY_ID, "name": CATEGORY_NAME, "labels": [*map(dict, labels)]}]}


class NamedLabels:
    """Labels that a file has by name alone.

    Args:
        names: all names in the file, in any order.
        props: of the dataset, whose labels decide where it has categories.

    Attributes:
        props: those of the dataset, else made of the names.
    """

    def __init__(self, names: Iterable[str], props: Mapping[str, Any] | None = None) -> None:
        given = props.get("categories") if props else None
        self._pairs: dict[str, list[tuple[int, int]]] = {}
        if given is None:
            labels = [{"label_id": position, "label": name} for position, name in enumerate(sorted(set(names)))]
            self.props = {**(props or {}), **categories(labels)}
        else:
            self.props = dict(props or {})
        for category in self.props["categories"]:
            for label in category["labels"]:
                self._pairs.setdefault(label.get("label"), []).append((category["category_id"], label["label_id"]))

    def entry(self, name: str) -> dict[str, Any]:
        """Return the start of an entry with that label.

        Raises:
            Invalid: the dataset has no label of the name, or several.
        """
        pairs = self._pairs.get(name, [])
        if len(pairs) != 1:
            count = "no label" if not pairs else f"{len(pairs)} labels"
            raise Invalid(f"the dataset has {count} of the name {json.dumps(name, ensure_ascii=False)}")
        category, label = pairs[0]
        return {"category_id": category, "label_id": label, "label": name}
