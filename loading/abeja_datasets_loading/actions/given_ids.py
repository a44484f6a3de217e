"""The ids of the items that an input names."""

import operator
from collections.abc import Mapping
from typing import Any, Final, Protocol

from abeja_datasets_loading.errors import InvalidItem
from abeja_datasets_loading.items.item_text import item_text
from abeja_datasets_loading.items.items import Prepared
from abeja_datasets_loading.items.reading import Entry, Refused
from abeja_datasets_loading.journal.fingerprints import NO_FINGERPRINT
from abeja_datasets_loading.settling.baseline import IdRanges

_LIMIT: Final = 1 << 63
"""What no id reaches: it could not be a number of the item in any database."""


class Prepares(Protocol):
    """Makes what is sent of an input item."""

    def __call__(self, position: int, item: Any, /) -> Prepared:
        """Return it.

        Raises:
            InvalidItem: the item can't be sent.
        """


class Once:
    """Prepares input items, and refuses the second one with the same id.

    Two requests for one item may be carried out in either order, and a bulk update with both is refused.

    Args:
        prepare: prepares an item, whose body has a `dataset_item_id`.
    """

    def __init__(self, prepare: Prepares) -> None:
        self._prepare = prepare
        self._ids = IdRanges()

    def prepare(self, position: int, item: Any) -> Entry:
        """Return what to send of an item, or why it can't be sent."""
        try:
            prepared = self._prepare(position, item)
        except InvalidItem as invalid:
            return Refused(position, invalid.reason, item_text(item), NO_FINGERPRINT)
        item_id = prepared.body["dataset_item_id"]
        if self._ids.add(item_id):
            return prepared
        reason = f"dataset_item_id: {item_id} was there before; pass each item once"
        return Refused(position, reason, item_text(item), prepared.fingerprint)


def item_id_of(position: int, given: Any) -> int:
    """Return the id of an item, which is given itself, or is in a mapping, such as an item of a list.

    Raises:
        InvalidItem: it is not an id.
    """
    value = given.get("dataset_item_id") if isinstance(given, Mapping) else given
    try:
        number = int(value) if isinstance(value, str) and value.isascii() else operator.index(value)  # type: ignore[arg-type] # it raises for others
    except (TypeError, ValueError):
        number = -1
    if not 0 <= number < _LIMIT or isinstance(value, bool):
        raise InvalidItem(position, "dataset_item_id", f"is {value!r:.80}; a whole number from 0 is needed")
    return number
