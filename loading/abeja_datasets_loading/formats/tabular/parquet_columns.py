"""The columns of Parquet files: which of them can be JSON."""

from collections import Counter
from typing import TYPE_CHECKING

from abeja_datasets_loading.formats.model import FileRefused, Place

if TYPE_CHECKING:
    import pyarrow as pa


def check(schema: "pa.Schema", place: Place) -> None:
    """Check that each column can be JSON.

    Raises:
        FileRefused: one can't, or appears twice.
    """
    from pyarrow import types

    def walk(kind: "pa.DataType", name: str) -> None:
        if types.is_dictionary(kind):
            kind = kind.value_type
        if not kind.num_fields and "binary" in str(kind):
            raise FileRefused(place, f"the column {name} holds bytes, which JSON has no form for; leave it out")
        for position in range(kind.num_fields):
            field = kind.field(position)
            walk(field.type, f"{name}.{field.name}")

    for field in schema:
        walk(field.type, field.name)
    twice = [name for name, count in Counter(schema.names).items() if count > 1]
    if twice:
        raise FileRefused(place, f"the column {twice[0]!r} appears twice")
