"""The elements of a long JSON array, split many at a time by a fast parser that decodes only one member of each."""

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import msgspec

from abeja_datasets_loading.formats.values.json_file import JsonFile

_BETWEEN: Final = re.compile(r"\}[ \t\r\n]*,[ \t\r\n]*\{")
_NEAR: Final = 1 << 12
"""Characters at the end of a text where the end of its last whole element is looked for first."""
_TRIES: Final = 8
_MANY: Final = 17
"""Characters of the shortest number that a float may not hold: floats hold 15 digits, and a point may be among them."""
_KINDS: Final = bytes(48 if chr(code) in "0123456789.eE" else 32 for code in range(256))


class Batch(NamedTuple):
    """Elements of an array that were not decoded."""

    keys: list[Any]
    """The value of one member of each; None where there is none."""
    text: bytes
    """All of them as JSON in UTF-8, each with the comma and the spaces that follow it."""
    sizes: list[int]
    """The bytes of each in the text."""
    has_long: bool
    """Whether one may have a number of more digits than a float (or the like in a string)."""


class _Splitter:
    """Splits texts of whole objects."""

    def __init__(self, member: str) -> None:
        kind = msgspec.defstruct("Keyed", [("key", Any, None)], rename={"key": member}, gc=False)
        self._keyed: msgspec.json.Decoder[list[Any]] = msgspec.json.Decoder(list[kind])  # type: ignore[valid-type]  # made above

    def first(self, text: str) -> tuple[Batch | None, int]:
        """Return the whole objects at the start of a text, and where the comma after them ends; None for none."""
        for end, between in _ends(text):
            found = self._split(text[:end].encode(), between.encode())
            if found is not None:
                return found, end + len(between) - len("}{")
        return None, 0

    def _split(self, text: bytes, between: bytes) -> Batch | None:
        """Return the objects of a text; None where it holds something else.

        Each comma between two objects of the array stands in the text between two braces, and the like may stand in a
        string or an inner array. Where there are as many as the array needs, each one is between two of its objects.
        """
        try:
            keys = [each.key for each in self._keyed.decode(b"[%b]" % text)]
        except (ValueError, RecursionError):  # an end within an element, or what only the patient parser can read
            return None
        pieces = text.split(between)
        if len(pieces) != len(keys):
            return None
        sizes = [len(each) + len(between) for each in pieces]
        sizes[0] -= 1  # no separator holds its first brace
        sizes[-1] -= 1  # nor its last one
        return Batch(keys, text + between[1:-1], sizes, _may_have_long(text))


def batches(document: JsonFile, member: str) -> Iterator[Batch]:
    """Take an array, and iterate over its elements, several at a time.

    An element may still have a key twice, or a number that no program reads: decode it with `json_values.again`.

    Args:
        document: it begins with the array.
        member: the key whose values are decoded.

    Raises:
        FileRefused: it is not an array, or not JSON.
    """
    splitter = _Splitter(member)
    document.take("[")
    if document.peek() == "]":
        document.take("]")
        return
    tried = -1
    while True:
        document.peek()  # past spaces
        found, end = splitter.first(document.held()) if document.pieces != tried else (None, 0)
        if found is not None:
            document.skip(end)
            yield found
            continue
        tried = document.pieces  # to try again is of no use before more was read
        yield _one(document, member)
        if document.take(",]") == "]":
            return


def _one(document: JsonFile, member: str) -> Batch:
    value, text = document.value()
    data = text.encode()
    key = value.get(member) if isinstance(value, dict) else None
    return Batch([key], data + b",", [len(data) + 1], _may_have_long(data))


def _ends(text: str) -> list[tuple[int, str]]:
    """Return where an element may end that another one follows, the last first, each with what stands between them."""
    for start in (max(0, len(text) - _NEAR), 0):
        ends = [(found.start() + 1, found[0]) for found in _BETWEEN.finditer(text, start)]
        if ends:
            return ends[: -_TRIES - 1 : -1]
    return []


def _may_have_long(text: bytes) -> bool:
    return b"0" * _MANY in text.translate(_KINDS)
