"""Input items: checked before anything is sent, and compared by what they hold."""

import json
import marshal
import re
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, Final, NamedTuple

from abeja_datasets_loading.errors import InvalidItem
from abeja_datasets_loading.items import shapes
from abeja_datasets_loading.items.plain import MAX_DEPTH, Misfit, described, plain, shown

RESPONSE_KEYS: Final = frozenset({"organization_id", "dataset_id", "dataset_item_id", "created_at", "updated_at"})
"""The keys of an item in a response that a create does not take. They are left out, so that an export can be loaded."""

_FINGERPRINT_BYTES: Final = 16
_UNEQUAL: Final = b""
"""The key of a received item that is nested too deeply to be one of ours."""

_MARSHAL: Final = 2
"""The last version of marshal that writes equal plain values alike, and distinguishes True, 1 and 1.0."""

_WHOLE_FLOAT: Final = re.compile(r"[:\[,]-?\d+(?:\.0|(?:\.\d+)?e\+\d+)[,\]}]").search
"""Finds each float that is whole, as Python writes it in canonical JSON (and perhaps the like in a string)."""

_canonical = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, check_circular=False, sort_keys=True, separators=(",", ":")
).encode


class Prepared(NamedTuple):
    """An input item that is ready to be sent."""

    position: int
    """The index of the item in the input, from 0."""
    body: dict[str, Any]
    """What to send: a copy of the item, of plain values, in the order given."""
    text: bytes
    """The content in canonical form: JSON in UTF-8, with sorted keys, `attributes` always, and 1 for 1.0."""
    fingerprint: bytes
    """16 bytes, equal for equal content. That of a new item is its `content_key`."""
    left_out: int
    """How many of the item's keys are not sent, since they are those of a response."""


class Checker:
    """Checks items against openapi.yaml and a dataset's categories.

    Args:
        categories: `categories` of the dataset's props; None where it has none, and any label goes.
        max_bytes: the size of an item, as JSON in UTF-8, above which it is refused. None: the server decides, since
            the document names no limit.
    """

    def __init__(self, categories: object = None, *, max_bytes: int | None = None) -> None:
        self._labels = shapes.Labels(categories)
        self._max_bytes = max_bytes

    @classmethod
    def of(cls, dataset: object, *, max_bytes: int | None = None) -> "Checker":
        """Return the checker of a dataset, as the server returns it."""
        props = dataset.get("props") if isinstance(dataset, Mapping) else None
        return cls(props.get("categories") if isinstance(props, Mapping) else None, max_bytes=max_bytes)

    def prepare(self, index: int, item: object) -> Prepared:
        """Return an item to create, ready to be sent.

        Args:
            index: of the item in the input.
            item: a mapping with `source_data`, and `attributes` unless there are none.

        Raises:
            InvalidItem: the item can't be sent; whatever is wrong with it.
        """
        return self._checked(index, item, _NEW_ITEM)

    def prepare_update(self, index: int, entry: object) -> Prepared:
        """Return an entry of a bulk update, ready to be sent: a mapping with `dataset_item_id` and `attributes`.

        Raises:
            InvalidItem: the entry can't be sent; whatever is wrong with it.
        """
        return self._checked(index, entry, _UPDATE)

    def _checked(self, index: int, item: object, kind: "_Kind") -> Prepared:
        try:
            return self._prepared(index, item, kind)
        except Misfit as misfit:
            raise InvalidItem(index, misfit.place, misfit.problem) from None
        except RecursionError:
            raise InvalidItem(index, "", f"nested too deeply; at most {MAX_DEPTH} levels are allowed") from None
        except Exception as error:  # an object of the caller's may raise anything when it is read
            raise InvalidItem(index, "", f"can't be read: {described(error)}") from error

    def _prepared(self, index: int, item: object, kind: "_Kind") -> Prepared:
        if type(item) is not dict and not isinstance(item, Mapping):
            raise Misfit(f"is {shown(item)}; a mapping (a dict) with {kind.keys} is needed")
        body, left_out = _taken(item, kind)
        kind.check(body)
        self._labels.check(body)
        text = _content_text(body) if kind is _NEW_ITEM else _canonical_text(body)
        encoded = text.encode()
        if self._max_bytes is not None and len(encoded) > self._max_bytes:
            raise Misfit(f"has {len(encoded):,} bytes as JSON; {self._max_bytes:,} are the most")
        return Prepared(index, body, encoded, _hash(encoded), left_out)


def done_before(item: object, fingerprint: bytes) -> int | None:
    """Return how many keys of an item are left out, if it is a new item with this fingerprint; None if it may not be.

    It takes half the time of `prepare`, since an item that was valid need not be checked again.

    Args:
        item: as the caller gave it.
        fingerprint: of an item that was prepared, and sent.
    """
    if type(item) is not dict or not _NEW_ITEM_KEYS.issuperset(item):
        return None
    try:
        if _hash(_content_text(item).encode()) != fingerprint:
            return None
    except Exception:  # noqa: BLE001 - an object of the caller's may raise anything; `prepare` says what is wrong with it
        return None
    return len(item) - len(_NEW_ITEM.takes.intersection(item))


class _Kind(NamedTuple):
    """What an input item is for."""

    check: shapes.Check
    takes: frozenset[str]
    leaves_out: frozenset[str]
    keys: str
    """Its keys, for a message."""


_NEW_ITEM: Final = _Kind(
    shapes.new_item, frozenset({"source_data", "attributes"}), RESPONSE_KEYS, "source_data and optional attributes"
)
_NEW_ITEM_KEYS: Final = _NEW_ITEM.takes | _NEW_ITEM.leaves_out
_UPDATE: Final = _Kind(
    shapes.update,
    frozenset({"dataset_item_id", "attributes"}),
    (RESPONSE_KEYS | {"source_data"}) - {"dataset_item_id"},
    "dataset_item_id and attributes",
)


def _taken(item: Mapping[Any, Any], kind: _Kind) -> tuple[dict[str, Any], int]:
    """Return the part of an item that is sent, copied, and how many keys are left out."""
    body: dict[str, Any] = {}
    left_out = 0
    for key, value in item.items():
        if key in kind.takes:
            try:
                body[str(key)] = plain(value, MAX_DEPTH - 1)
            except Misfit as misfit:
                misfit.inner_first.append(key)
                raise
        elif key in kind.leaves_out:
            left_out += 1
        else:
            raise _unknown_key(key, kind)
    if kind is _NEW_ITEM and body.get("attributes", ()) is None:
        del body["attributes"]  # null creates {}, as leaving it out does
    return body, left_out


def _unknown_key(key: object, kind: _Kind) -> Misfit:
    if isinstance(key, str):
        return Misfit(f"is not a key of an item, which has {kind.keys}", key)
    return Misfit(f"has the key {shown(key)}; an item has {kind.keys}")


def same_content(sent: Mapping[str, Any], received: Mapping[str, Any]) -> bool:
    """Return whether two items hold the same: `source_data` and `attributes` are equal JSON values.

    1 and 1.0 are equal, and true and 1 are not. Missing and null `attributes` are `{}`. A response may hold
    `classification` as one object instead of a list of it (see `ResponseAttributes` in openapi.yaml).
    """
    ours, theirs = _content(sent), _content(received)
    try:
        if marshal.dumps(ours, _MARSHAL) == marshal.dumps(theirs, _MARSHAL):
            return True  # in the same order too; most servers return what they were sent
        # For Python True is 1, so that a second look is needed where it finds two values equal.
        return bool(ours == theirs) and _has_same_bools(ours, theirs)
    except (RecursionError, ValueError):  # comparing takes more levels than encoding
        return content_key(sent) == content_key(received) != _UNEQUAL


def content_key(item: Mapping[str, Any]) -> bytes:
    """Return a key that is equal for two items if, and only if, they have the `same_content`."""
    try:
        return _hash(_content_text(item).encode("utf-8", "surrogatepass"))
    except (RecursionError, ValueError):  # it is nested, or has an integer, as none that was sent
        return _UNEQUAL


def _hash(text: bytes) -> bytes:
    return blake2b(text, digest_size=_FINGERPRINT_BYTES).digest()


def _content_text(item: Mapping[str, Any]) -> str:
    return _canonical_text(_content(item))


def _canonical_text(value: Any) -> str:
    text = _canonical(value)
    # Most items have no float that is whole, and the first test is the cheapest.
    has_whole = (".0" in text or "e+" in text) and _WHOLE_FLOAT(text)
    return _canonical(_whole_numbers(value)) if has_whole else text


def _content(item: Mapping[str, Any]) -> dict[str, Any]:
    attributes = item.get("attributes")
    if attributes is None:
        attributes = {}
    elif type(attributes) is dict and type(single := attributes.get("classification")) is dict:
        attributes = {**attributes, "classification": [single]}
    return {"attributes": attributes, "source_data": item.get("source_data")}


def _whole_numbers(value: Any) -> Any:
    """Copy a plain value with an int for each float that is whole: JSON has one kind of number."""
    if type(value) is float:
        return int(value) if value.is_integer() else value
    if type(value) is dict:
        return dict(zip(value, map(_whole_numbers, value.values()), strict=True))
    if type(value) is list:
        return list(map(_whole_numbers, value))  # a comprehension would take two frames a level, of 1,000
    return value


def _has_same_bools(one: Any, other: Any) -> bool:
    """Return whether two plain values that are equal for Python have True and False at the same places."""
    if type(one) is dict:
        return all(map(_has_same_bools, one.values(), map(other.__getitem__, one)))
    if type(one) is list:
        return all(map(_has_same_bools, one, other))
    return (type(one) is bool) is (type(other) is bool)
