"""Records of a file as items of an input, with those that make no item in their places."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from abeja_datasets_loading.formats.model import Note, Record, Rejected


class Unreadable(Mapping[str, Any]):
    """Stands for a record that makes no item, so that the others keep their index: reading it raises the reason."""

    def __init__(self, place: str, reason: str) -> None:
        self.reason = f"{place}: {reason}"

    def __getitem__(self, key: str) -> Any:
        raise ValueError(self.reason)

    def __iter__(self) -> Iterator[str]:
        raise ValueError(self.reason)

    def __len__(self) -> int:
        return 1


def items_of(records: Iterable[Record]) -> Iterator[Mapping[str, Any]]:
    """Iterate over the items of records. A record that makes none yields an `Unreadable`."""
    for record in records:
        if isinstance(record, Rejected):
            yield Unreadable(str(record.place), record.reason)
        elif not isinstance(record, Note):
            yield record.item
