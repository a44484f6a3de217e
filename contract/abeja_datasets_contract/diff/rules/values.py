"""What a keyword says before and after a change, as it is meant: with `nullable`, `const` and formats written out."""

from typing import Any, Final

from abeja_datasets_contract.diff.schemas.changes import Change, Kind
from abeja_datasets_contract.diff.schemas.converting import Direction
from abeja_datasets_contract.openapi.dialect import modern
from abeja_datasets_contract.openapi.document import Document

NOTHING: Final = object()
"""Stands for a keyword that is missing."""


class Values:
    """Reads the values of keywords that changed.

    Args:
        direction: whether the schemas are of requests or of responses.
        sent: the document whose values are sent.
        covering: the other one.
    """

    def __init__(self, direction: Direction, sent: Document, covering: Document) -> None:
        self._request = direction == "request"
        self._sent = sent
        self._covering = covering

    def of(self, change: Change, sent: str, covering: str) -> tuple[Any, Any]:
        """Return the old and the new value of the keyword of a change; `NOTHING` where a side does not have it.

        Args:
            change: the change.
            sent: the pointer of the schema on the sent side.
            covering: the pointer of that on the covering side.
        """
        mine = _value(self._sent, change.sent, change.name) if change.sent != sent else NOTHING
        has_other = change.covering != covering and change.kind != Kind.LOOSER
        other = _value(self._covering, change.covering, change.name) if has_other else NOTHING
        return (mine, other) if self._request else (other, mine)


def _value(document: Document, pointer: str, keyword: str) -> Any:
    raw = document.mapping(pointer.rpartition("/")[0])
    schema, _ = modern(raw, is_3_0=document.is_3_0)
    return schema.get(keyword, NOTHING)


def written(document: Document, pointer: str) -> str:
    """Return the pointer of a keyword as the document writes it: a `const` is compared as an `enum`."""
    holder, _, keyword = pointer.rpartition("/")
    raw = document.mapping(holder)
    return f"{holder}/const" if keyword == "enum" and "enum" not in raw and "const" in raw else pointer
