"""Writing Parquet: items, and rows of another file."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from abeja_datasets_loading.formats.model import FileRefused, Place
from abeja_datasets_loading.formats.sources.text import name_of
from abeja_datasets_loading.formats.sources.uris import is_unicode
from abeja_datasets_loading.formats.tabular.parquet import BATCH, MISSING
from abeja_datasets_loading.formats.tabular.tables import REASON
from abeja_datasets_loading.formats.values.json_values import escaped


class ParquetRows:
    """A Parquet file that is written: an item a row.

    Its columns are `data_uri` and `data_type` of the first source, and `source_data` and `attributes` as JSON.

    Args:
        path: the file.

    Raises:
        FileRefused: pyarrow is not installed.
    """

    def __init__(self, path: Path) -> None:
        try:
            import pyarrow as pa
            import pyarrow.parquet as pq
        except ImportError:
            raise FileRefused(Place(name_of(path)), MISSING) from None
        names = ("data_uri", "data_type", "source_data", "attributes")
        self._schema = pa.schema([(name, pa.string()) for name in names])
        self._writer = pq.ParquetWriter(path, self._schema)
        self._block: list[dict[str, Any]] = []

    def add(self, item: Mapping[str, Any]) -> None:
        """Add an item."""
        self._block.append(_row(item))
        if len(self._block) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Write the items that were added."""
        import pyarrow as pa

        if self._block:
            self._writer.write_batch(pa.RecordBatch.from_pylist(self._block, self._schema))
            self._block = []

    def close(self) -> None:
        """Close the file."""
        self._writer.close()


def _row(item: Mapping[str, Any]) -> dict[str, Any]:
    sources = item.get("source_data") or [{}]
    data_type = sources[0].get("data_type")
    return {
        "data_uri": sources[0].get("data_uri"),
        "data_type": data_type if isinstance(data_type, str) and is_unicode(data_type) else None,
        "source_data": escaped(json.dumps(sources, ensure_ascii=False)),
        "attributes": escaped(json.dumps(item.get("attributes") or {}, ensure_ascii=False)),
    }


def copy_rows(path: Path | str, target: Path, reasons: Mapping[int, str]) -> None:
    """Write rows of a file into another one, with a column of reasons.

    Args:
        path: the file.
        target: the new one.
        reasons: by the number of the row, from 1.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as source:
        schema = source.schema_arrow
        if REASON in schema.names:
            schema = schema.remove(schema.get_field_index(REASON))
        number = 0
        with pq.ParquetWriter(target, schema.append(pa.field(REASON, pa.string()))) as writer:
            for batch in source.iter_batches(BATCH, columns=schema.names):
                wanted = [row for row in range(batch.num_rows) if number + row + 1 in reasons]
                if wanted:
                    texts = pa.array([reasons[number + row + 1] for row in wanted])
                    writer.write_table(pa.Table.from_batches([batch.take(wanted)]).append_column(REASON, texts))
                number += batch.num_rows
