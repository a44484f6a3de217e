"""Records that stand anywhere in a file, collected by what they belong to, outside memory."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from abeja_datasets_loading.formats.temporary import database, full_disk

_BLOCK: Final = 500
_SCHEMA: Final = "CREATE TABLE record (key TEXT NOT NULL, number INTEGER NOT NULL, text TEXT NOT NULL)"
_UNSAFE: Final = re.compile("[\0\ud800-\udfff]")


class Groups:
    """Texts by key, each with a number, in the order in which they were added. A temporary file holds them."""

    def __init__(self) -> None:
        self._database = database(_SCHEMA)
        self._waiting: list[tuple[str, int, bytes]] = []
        self._is_indexed = False

    def close(self) -> None:
        """Remove the file."""
        self._database.close()

    def add(self, key: str, number: int, text: str) -> None:
        """Add a text."""
        self._waiting.append((_safe(key), number, text.encode("utf-8", "surrogatepass")))
        if len(self._waiting) >= _BLOCK:
            self._flush()

    def of(self, key: str) -> list[tuple[int, str]]:
        """Return the texts of a key with their numbers."""
        self._index()
        rows = self._database.execute("SELECT number, text FROM record WHERE key = ? ORDER BY rowid", (_safe(key),))
        return [(number, text.decode("utf-8", "surrogatepass")) for number, text in rows]

    def __iter__(self) -> Iterator[tuple[str, list[tuple[int, str]]]]:
        """Iterate over the keys, in the order of their first texts."""
        self._index()
        keys = self._database.execute("SELECT key FROM record GROUP BY key ORDER BY MIN(rowid)")
        for (key,) in keys:
            found = _plain(key)
            yield found, self.of(found)

    def _index(self) -> None:
        if not self._is_indexed:
            self._flush()
            with full_disk():
                self._database.execute("CREATE INDEX by_key ON record (key)")
            self._is_indexed = True

    def _flush(self) -> None:
        rows: Iterable[tuple[str, int, bytes]] = self._waiting
        with full_disk():
            self._database.executemany("INSERT INTO record VALUES (?, ?, ?)", rows)
        self._waiting = []


def _safe(key: str) -> str:
    # SQLite takes no lone surrogate; in a key of ours U+0000 stands before the number of one, and before its own.
    is_safe = key.isascii() and "\0" not in key
    return key if is_safe else _UNSAFE.sub(lambda found: f"\0{ord(found[0]):04x}", key)


def _plain(key: str) -> str:
    if "\0" not in key:
        return key
    first, *others = key.split("\0")
    return first + "".join(chr(int(part[:4], 16)) + part[4:] for part in others)
