"""Images and their annotations, joined outside memory whatever order they stand in."""

import json
import marshal
import sqlite3
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from . import json_values

_BLOCK: Final = 500
_TABLES: Final = ("image", "annotation")

_JOIN: Final = (
    "SELECT image.number, annotation.number, annotation.value FROM annotation CROSS JOIN image "
    "ON image.key = annotation.key ORDER BY image.number, annotation.number"
)
_ORPHANS: Final = (
    "SELECT key, number, value FROM annotation "
    "WHERE NOT EXISTS (SELECT 1 FROM image WHERE image.key = annotation.key) ORDER BY number"
)
_TWICE: Final = "SELECT key FROM image GROUP BY key HAVING COUNT(*) > 1"


class Kept(NamedTuple):
    """A record of the file, with its number in its list."""

    number: int
    data: Any
    """Its value for marshal; its text where the value may not be what is written."""

    @property
    def value(self) -> Any:
        """The value.

        Raises:
            Invalid: it has a number that no program reads.
        """
        return json_values.again(self.data) if self.is_text else marshal.loads(self.data)  # noqa: S302 - written here

    @property
    def is_text(self) -> bool:
        """Whether the text is kept, since a number has more digits than a float."""
        return isinstance(self.data, str)

    @property
    def text(self) -> str:
        """The record as JSON."""
        if isinstance(self.data, str):
            return self.data
        return json.dumps(marshal.loads(self.data), ensure_ascii=False)  # noqa: S302 - as above


def data_of(value: Any, text: str, *, is_long: bool) -> Any:
    """Return what to keep of a record: its value for marshal, or its text where a number has many digits."""
    return text if is_long else marshal.dumps(value)


class Joining:
    """Images and annotations by the key that they share. A temporary file holds them."""

    def __init__(self) -> None:
        # An input may be opened in one thread, read in another and closed in the first, one after the other.
        self.database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self.database.execute("PRAGMA cache_size = -4096")  # KiB
        for table in _TABLES:
            self.database.execute(f"CREATE TABLE {table} (number INTEGER PRIMARY KEY, key TEXT NOT NULL, value)")
        self.database.execute("BEGIN")
        self._waiting: dict[str, list[tuple[int, str, Any]]] = {table: [] for table in _TABLES}

    def close(self) -> None:
        """Remove the file."""
        self.database.close()

    def add(self, table: str, key: str, number: int, data: Any) -> None:
        """Add a record.

        Args:
            table: `image` or `annotation`.
            key: the id of the image.
            number: the position of the record in its list.
            data: the record, by `data_of`.
        """
        # SQLite takes no lone surrogate, which an id may have.
        waiting = self._waiting[table]
        waiting.append((number, key if key.isascii() else ascii(key), data))
        if len(waiting) >= _BLOCK:
            self._flush(table)

    def images(self) -> Iterator[tuple[Kept, bool, list[Kept]]]:
        """Iterate over the images in their order, each with whether its id stands there twice, and its annotations."""
        self._complete()
        twice = {key for (key,) in self.database.execute(_TWICE)}
        joined = self.database.execute(_JOIN)
        row = next(joined, None)
        for number, key, data in self.database.execute("SELECT number, key, value FROM image ORDER BY number"):
            annotations = []
            while row is not None and row[0] == number:
                annotations.append(Kept(*row[1:]))
                row = next(joined, None)
            yield Kept(number, data), key in twice, annotations

    def orphans(self) -> Iterator[tuple[str, Kept]]:
        """Iterate over the annotations without an image, each with the id that it names."""
        self._complete()
        for key, number, data in self.database.execute(_ORPHANS):
            yield key, Kept(number, data)

    def _complete(self) -> None:
        for table in _TABLES:
            self._flush(table)
        self.database.execute("CREATE INDEX IF NOT EXISTS by_key ON image (key)")

    def _flush(self, table: str) -> None:
        self.database.executemany(f"INSERT INTO {table} VALUES (?, ?, ?)", self._waiting[table])  # noqa: S608 - of two names
        self._waiting[table] = []
