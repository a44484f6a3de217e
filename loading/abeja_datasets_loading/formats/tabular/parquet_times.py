"""The values of Parquet columns whose times have nanoseconds, which Python's own times have not."""

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import pyarrow as pa

_PER_MICROSECOND: Final = 1000
_PER_SECOND: Final = 10**9


def rows(batch: "pa.RecordBatch") -> list[dict[str, Any]]:
    """Return the rows of a batch, as Python's values. A time with nanoseconds is text."""
    columns = [_values(column) for column in batch.columns]
    names = batch.schema.names
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _values(column: "pa.Array") -> list[Any]:
    import pyarrow as pa

    if not _has_nanoseconds(column.type):
        return list(column.to_pylist())
    if pa.types.is_timestamp(column.type):
        try:
            return list(column.cast(pa.timestamp("us", column.type.tz)).to_pylist())
        except pa.ArrowInvalid:
            pass  # some have nanoseconds
    return [_value(each) for each in column]


def _has_nanoseconds(kind: "pa.DataType") -> bool:
    from pyarrow import types

    if types.is_dictionary(kind):
        return _has_nanoseconds(kind.value_type)
    return getattr(kind, "unit", None) == "ns" or any(
        _has_nanoseconds(kind.field(position).type) for position in range(kind.num_fields)
    )


def _value(scalar: "pa.Scalar") -> Any:
    """Return a value of a column, with all that is in it."""
    import pyarrow as pa

    if not scalar.is_valid:
        return None
    match scalar:
        case pa.DictionaryScalar():
            return _value(scalar.value)
        case pa.MapScalar():
            return [(_value(pair[0]), _value(pair[1])) for pair in scalar.values]
        case pa.ListScalar():
            return [_value(each) for each in scalar.values]
        case pa.StructScalar():
            return {field.name: _value(scalar[position]) for position, field in enumerate(scalar.type)}
    return _time(scalar) if _has_nanoseconds(scalar.type) else scalar.as_py()


def _time(scalar: "pa.Scalar") -> Any:
    """Return a time of a unit of nanoseconds."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if scalar.value % _PER_MICROSECOND == 0:
        return scalar.cast(_in_microseconds(scalar.type)).as_py()
    if pa.types.is_timestamp(scalar.type):
        zone = "" if scalar.type.tz is None else "%Ez"
        return pc.strftime(scalar, format=f"%Y-%m-%dT%H:%M:%S{zone}").as_py()
    if pa.types.is_time(scalar.type):
        return scalar.cast(pa.string()).as_py()
    seconds, nanoseconds = divmod(scalar.value, _PER_SECOND)
    return f"{dt.timedelta(seconds=seconds)}.{nanoseconds:09}"


def _in_microseconds(kind: "pa.DataType") -> "pa.DataType":
    import pyarrow as pa

    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", kind.tz)
    return pa.time64("us") if pa.types.is_time(kind) else pa.duration("us")
