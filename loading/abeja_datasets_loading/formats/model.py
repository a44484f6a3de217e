"""What reading an annotation file yields, and its failure as a whole."""

from typing import Any, NamedTuple


class Place(NamedTuple):
    """A place in the input, for a message."""

    file: str
    line: int | None = None
    """From 1."""
    pointer: str = ""
    """A JSON pointer (RFC 6901)."""

    def __str__(self) -> str:
        text = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{text}: {self.pointer}" if self.pointer else text


class Row(NamedTuple):
    """An item, as `create_items` takes it."""

    place: Place
    item: dict[str, Any]
    source: Any
    """The record of the file that it was made of, for the file of rejected rows."""


class Rejected(NamedTuple):
    """A record that makes no item, with the reason."""

    place: Place
    reason: str
    source: Any


class Note(NamedTuple):
    """A remark: what is odd and kept, or what an item can't hold."""

    place: Place
    text: str
    is_loss: bool = True
    """Whether a written file lacks something of the items by it."""


Record = Row | Rejected | Note


class FileRefused(ValueError):
    """A file that can't be read as a whole. Nothing of it may be sent.

    Args:
        place: in the file.
        reason: what is wrong, and the remedy.
    """

    def __init__(self, place: Place, reason: str) -> None:
        super().__init__(f"{place}: {reason}")
        self.place = place
        self.reason = reason

    def __reduce__(self) -> tuple[type["FileRefused"], tuple[Place, str]]:
        return type(self), (self.place, self.reason)


class Invalid(Exception):
    """What is wrong with one record: a pointer relative to it, and the reason."""

    def __init__(self, reason: str, pointer: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.pointer = pointer
