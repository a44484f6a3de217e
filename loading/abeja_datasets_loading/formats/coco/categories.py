"""The categories of a COCO file, which are labels of the API."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from abeja_datasets_loading.formats.model import FileRefused, Invalid, Note, Place
from abeja_datasets_loading.formats.values import labels
from abeja_datasets_loading.formats.values.labels import CATEGORY_ID, canonical

_RESERVED: Final = frozenset({"label_id", "label"})
"""Keys of a label that a key of a category never replaces."""
_HELD: Final = _RESERVED | {"id", "name"}
"""Keys of a category that its label holds otherwise, or not."""


class CocoCategories:
    """The labels of a COCO file, by the ids of its categories.

    Args:
        given: the categories, as they stand in the file.
        place: the file, for messages.
        renumber: whether label ids are positions, from 0.

    Attributes:
        props: the props of a dataset with those labels.
        notes: what the props can't hold.

    Raises:
        FileRefused: an id appears twice, or a category has no id, or its name is not text.
    """

    def __init__(self, given: Sequence[Any], place: Place, *, renumber: bool) -> None:
        self.notes: list[Note] = []
        self._entries: dict[str, dict[str, Any] | None] = {}
        self._by_number: dict[int, dict[str, Any]] = {}
        kept = []
        for position, category in enumerate(given):
            at = place._replace(pointer=f"/categories/{position}")
            key = _key(category, at)
            if key in self._entries:
                raise FileRefused(at, f"the id {key} belongs to several categories")
            label = _label(category, position if renumber else labels.label_id(category["id"]))
            for name in sorted(_RESERVED & category.keys()):
                self.notes.append(Note(at, f"{name}: a label has a key of this name; it is left out"))
            if label is None:
                self.notes.append(Note(at, f"the id {key} is not a number from 0, and can't be a label_id"))
            else:
                kept.append(label)
                if "label" not in label:
                    self.notes.append(Note(at, "has no name, and makes a label without one"))
            self._entries[key] = None if label is None else _entry(label)
        self.props = labels.categories(kept)

    def entry(self, category_id: Any) -> dict[str, Any]:
        """Return the start of an entry with the label of a category.

        Raises:
            Invalid: there is no such category, or its id can't be a label's.
        """
        entry = self._by_number.get(category_id) if type(category_id) is int else None
        return (self._found(category_id) if entry is None else entry).copy()

    def _found(self, category_id: Any) -> dict[str, Any]:
        key = canonical(category_id)
        if key is None:
            raise Invalid("is missing" if category_id is None else "is not an id", "/category_id")
        if key not in self._entries:
            raise Invalid(f"there is no category with the id {key}", "/category_id")
        entry = self._entries[key]
        if entry is None:
            raise Invalid(f"{key} is not a number from 0; pass --renumber to number the labels again", "/category_id")
        if type(category_id) is int:
            self._by_number[category_id] = entry
        return entry


def _key(category: Any, place: Place) -> str:
    key = canonical(category.get("id")) if isinstance(category, Mapping) else None
    if key is None:
        raise FileRefused(place, "is not a category with an id")
    if not isinstance(category.get("name", ""), str):
        raise FileRefused(place._replace(pointer=f"{place.pointer}/name"), "is not text")
    return key


def _label(category: Mapping[str, Any], label_id: int | None) -> dict[str, Any] | None:
    if label_id is None:
        return None
    name = {"label": category["name"]} if "name" in category else {}
    others = {key: value for key, value in category.items() if key not in _HELD}
    return {"label_id": label_id, **name, **others}


def _entry(label: Mapping[str, Any]) -> dict[str, Any]:
    name = {"label": label["label"]} if "label" in label else {}
    return {"category_id": CATEGORY_ID, "label_id": label["label_id"], **name}
