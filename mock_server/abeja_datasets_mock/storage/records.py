"""Rows, and their JSON text in responses, which has the stored JSON text byte for byte."""

import functools
from collections.abc import Callable
from typing import NamedTuple

from abeja_datasets_mock.json_text import encode_json

Version = tuple[int, int, int]
"""Changes with each change of a dataset's items; see `Items.version`."""


class DatasetRow(NamedTuple):
    """A dataset; `props` is JSON text."""

    dataset_id: int
    organization_id: str
    name: str
    type: str
    props: bytes
    created_at: str
    updated_at: str

    @property
    def size(self) -> int:
        """Bytes of its JSON text."""
        return len(self.props)

    def json(self, total_count: int | None = None) -> bytes:
        """Write the documented `Dataset`, or `DatasetWithCount` where the number of its items is given."""
        count = b"" if total_count is None else b'"total_count":%d,' % total_count
        return (
            b'{"created_at":"%b","dataset_id":"%d",%b"name":%b,"organization_id":%b,"props":%b,"type":%b,"updated_at":"%b"}'
            % (
                self.created_at.encode(),
                self.dataset_id,
                count,
                encode_json(self.name),
                encode_json(self.organization_id),
                self.props,
                encode_json(self.type),
                self.updated_at.encode(),
            )
        )


class ItemRow(NamedTuple):
    """An item; `source_data` and `attributes` are JSON text."""

    dataset_item_id: int
    source_data: bytes
    attributes: bytes
    created_at: str
    updated_at: str

    @property
    def size(self) -> int:
        """Bytes of its JSON text."""
        return len(self.source_data) + len(self.attributes)


ItemWriter = Callable[[ItemRow], bytes]


@functools.lru_cache(maxsize=1024)
def item_writer(organization_id: str | None, dataset_id: str) -> ItemWriter:
    """Return the function that writes the documented `DatasetItem` for the rows of one dataset."""
    owner = b"" if organization_id is None else b'"organization_id":%b,' % encode_json(organization_id)
    # The organization's id may hold a percent sign, and what is formatted here is formatted again.
    template = (
        b'{"attributes":%%b,"created_at":"%%b","dataset_id":"%b","dataset_item_id":%%d,'
        b'"source_data":%%b,%b"updated_at":"%%b"}'
    ) % (dataset_id.encode("ascii"), owner.replace(b"%", b"%%"))

    def write(row: ItemRow) -> bytes:
        number, source_data, attributes, created_at, updated_at = row
        return template % (attributes, created_at.encode(), number, source_data, updated_at.encode())

    return write
