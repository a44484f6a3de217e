"""The shapes that openapi.yaml requires of an item and of an update, and the labels that a dataset's categories allow.

Written by hand, for speed and to need no library; a test compares these with the document's schemas. Values are plain
(see `plain`). Each check raises a `Misfit`.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from abeja_datasets_loading.items.plain import Misfit, shown

Check = Callable[[Any], None]

_MOST_NAMED: Final = 10


def _needs(what: str, value: object) -> Misfit:
    return Misfit(f"is {shown(value)}; {what} is needed")


def _string(value: Any) -> None:
    if type(value) is not str:
        raise _needs("a string", value)


def _non_empty(value: Any) -> None:
    if type(value) is not str or not value:
        raise _needs("a non-empty string", value)


def _natural(value: Any) -> None:
    # In JSON Schema 1.0 is an integer, and true is not.
    if not (type(value) is int or (type(value) is float and value.is_integer())) or value < 0:
        raise _needs("an integer of at least 0", value)


def _number(value: Any) -> None:
    if type(value) is not int and type(value) is not float:
        raise _needs("a number", value)


def _array(check: Check, at_least: int = 0) -> Check:
    def array(value: Any) -> None:
        if type(value) is not list:
            raise _needs("an array (a list)", value)
        if len(value) < at_least:
            raise Misfit(f"is an empty array; at least {at_least} member is needed")
        index = 0
        try:
            for index, member in enumerate(value):  # noqa: B007 - it is used where a check fails
                check(member)
        except Misfit as misfit:
            misfit.inner_first.append(index)
            raise

    return array


def _object(required: tuple[str, ...] = (), **properties: Check) -> Check:
    checks = tuple(properties.items())

    def object_(value: Any) -> None:
        if type(value) is not dict:
            raise _needs("an object (a dict)", value)
        for name in required:
            if name not in value:
                raise Misfit("is missing; it is required", name)
        name = ""
        try:
            for name, check in checks:
                if name in value:
                    check(value[name])
        except Misfit as misfit:
            misfit.inner_first.append(name)
            raise

    return object_


_source = _object(("data_uri",), data_uri=_non_empty, data_type=_string, height=_natural, width=_natural)
_ids: Final = ("category_id", "label_id")
_label = {"category_id": _natural, "label_id": _natural, "label": _string}
_rect = _object(("xmin", "ymin", "xmax", "ymax"), xmin=_number, ymin=_number, xmax=_number, ymax=_number)
_attributes = _object(
    classification=_array(_object(_ids, **_label)), detection=_array(_object(_ids, **_label, rect=_rect))
)

new_item: Check = _object(("source_data",), source_data=_array(_source, at_least=1), attributes=_attributes)
"""`CreateDatasetItemRequest`, without `attributes` where they are null."""

update: Check = _object(("dataset_item_id", "attributes"), dataset_item_id=_natural, attributes=_attributes)
"""`BulkUpdateEntry`."""


class Labels:
    """The (category_id, label_id) pairs that `classification` and `detection` may hold.

    Args:
        categories: of the dataset's props; None where any pair goes. So it does where they have another form than the
            document's: the server decides then.
    """

    def __init__(self, categories: object) -> None:
        self._pairs = _pairs(categories)

    def check(self, body: Mapping[str, Any]) -> None:
        """Raise the `Misfit` for the first label of an item or an update that the dataset does not have."""
        attributes = body.get("attributes")
        if self._pairs is None or not attributes:
            return
        for key in ("classification", "detection"):
            for index, entry in enumerate(attributes.get(key, ())):
                pair = (entry["category_id"], entry["label_id"])
                if pair not in self._pairs:
                    raise Misfit(self._problem(*pair), index, key, "attributes")

    def _problem(self, category: int, label: int) -> str:
        problem = f"the dataset has no label {shown(label)} in category {shown(category)}"
        pairs = self._pairs or frozenset()
        if labels := {b for a, b in pairs if a == category}:
            return f"{problem}, whose labels are {_listed(labels)}"
        return (
            f"{problem}; its categories are {_listed({a for a, _ in pairs})}" if pairs else f"{problem}, and no other"
        )


def _pairs(categories: Any) -> frozenset[tuple[int, int]] | None:
    try:
        return frozenset(
            (category["category_id"], label["label_id"]) for category in categories for label in category["labels"]
        )
    except (TypeError, LookupError):
        return None


def _listed(numbers: Iterable[int]) -> str:
    ordered = sorted(numbers)
    text = ", ".join(map(shown, ordered[:_MOST_NAMED]))
    return text if len(ordered) <= _MOST_NAMED else f"{text} and {len(ordered) - _MOST_NAMED} more"
