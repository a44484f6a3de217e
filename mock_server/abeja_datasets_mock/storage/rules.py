"""The rule that a dataset's categories set for the annotations of its items."""

from collections.abc import Mapping
from typing import Any

from abeja_datasets_mock.errors import bad_request

_LONGEST = 40


class LabelRule:
    """The (category_id, label_id) pairs that `classification` and `detection` may use, for any type of dataset.

    Args:
        props: of the dataset. Without `categories` any pair is valid; with an empty list none is.
    """

    __slots__ = ("_pairs",)

    def __init__(self, props: Mapping[str, Any]) -> None:
        self._pairs: frozenset[tuple[int, int]] | None = None
        if "categories" in props:
            self._pairs = frozenset(
                (category["category_id"], label["label_id"])
                for category in props["categories"]
                for label in category["labels"]
            )

    def check(self, attributes: Mapping[str, Any], place: str) -> None:
        """Raise the 400 for the first entry with another pair; `place` is the attributes' place in the body."""
        if self._pairs is None:
            return
        for key in ("classification", "detection"):
            for index, entry in enumerate(attributes.get(key, ())):
                pair = (entry["category_id"], entry["label_id"])
                if pair not in self._pairs:
                    category, label = (str(number)[:_LONGEST] for number in pair)
                    raise bad_request(
                        f"{place}.{key}[{index}]: the dataset has no label {label} in category {category}"
                    )
