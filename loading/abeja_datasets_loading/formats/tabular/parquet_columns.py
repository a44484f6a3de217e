"""The columns of Parquet files: which of them can be JSON."""

from collections import Counter
from typing import TYPE_CHECKING

from abeja_datasets_loading.formats.model import FileRefused, Place

if TYPE_CHECKING:
    import pyarrow as pa


def plain(batch: "pa.RecordBatch") -> "pa.RecordBatch":
    """Return a batch with text for times that have nanoseconds, which Python's own times have not."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for position, field in enumerate(batch.schema):
        if pa.types.is_timestamp(field.type) and field.type.unit == "ns":
            column = batch.column(position)
            try:
                made = column.cast(pa.timestamp("us", field.type.tz))
            except pa.ArrowInvalid:
                zone = "" if field.type.tz is None else "%Ez"
                made = pc.strftime(column, format=f"%Y-%m-%dT%H:%M:%S{zone}")
            batch = batch.set_column(position, field.name, made)
    return batch


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
