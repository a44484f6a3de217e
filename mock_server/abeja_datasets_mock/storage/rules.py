"""The rule that a dataset's categories set for the annotations of its items."""

import json
from collections.abc import Generator, Mapping
from typing import Any

from abeja_datasets_mock.errors import bad_request
from abeja_datasets_mock.json_text import MAX_DEPTH
from abeja_datasets_mock.large import LARGE, parsing, releasing

_LONGEST = 40
_NUMBER_BITS = 32
_UNKNOWN = -1  # is in no pair


class LabelRule:
    """The (category_id, label_id) pairs that `classification` and `detection` may use, for any type of dataset.

    Attributes:
        is_free: whether any pair is valid.
    """

    __slots__ = ("_numbers", "_pairs", "is_free")

    def __init__(self, *, is_free: bool) -> None:
        self.is_free = is_free
        # A pair is kept as one integer: the garbage collector takes long to go through many tuples.
        self._numbers: dict[int, int] = {}
        self._pairs: set[int] = set()

    def allow(self, category: int, label: int) -> None:
        """Make a pair valid."""
        first, second = (self._numbers.setdefault(number, len(self._numbers)) for number in (category, label))
        self._pairs.add(first << _NUMBER_BITS | second)

    def check(self, attributes: Mapping[str, Any], place: str) -> None:
        """Raise the 400 for the first entry with another pair; `place` is the attributes' place in the body."""
        if self.is_free:
            return
        number, pairs = self._numbers.get, self._pairs
        for key in ("classification", "detection"):
            for index, entry in enumerate(attributes.get(key, ())):
                pair = entry["category_id"], entry["label_id"]
                if number(pair[0], _UNKNOWN) << _NUMBER_BITS | number(pair[1], _UNKNOWN) not in pairs:
                    category, label = (str(each)[:_LONGEST] for each in pair)
                    raise bad_request(
                        f"{place}.{key}[{index}]: the dataset has no label {label} in category {category}"
                    )


def reading_rule(text: bytes) -> Generator[None, None, LabelRule]:
    """Read the rule from the props of a dataset, part by part.

    Without `categories` any pair is valid; with an empty list none is.
    """
    if len(text) < LARGE:
        props = json.loads(text)
    else:
        props = yield from parsing(text.decode("utf-8"), json.JSONDecoder(), MAX_DEPTH)
    rule = LabelRule(is_free="categories" not in props)
    for category in props.get("categories", ()):
        for label in category["labels"]:
            rule.allow(category["category_id"], label["label_id"])
            yield
    yield from releasing(props)
    return rule
