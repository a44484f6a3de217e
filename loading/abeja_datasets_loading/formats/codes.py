"""Numbers for the keys of an input, of which there may be more than memory holds."""

import collections
import functools
import itertools
from typing import TYPE_CHECKING, Final

from abeja_datasets_loading.formats.temporary import database, full_disk

if TYPE_CHECKING:
    import sqlite3

Key = int | str | None
MOST: Final = 1_000_000
"""How many keys are in memory, of about 110 bytes each."""


class Codes:
    """A code for each key, from 0, in the order of their first use. A temporary file holds those after many."""

    def __init__(self) -> None:
        self._first: dict[Key, int] = collections.defaultdict(itertools.count().__next__)
        self._others: sqlite3.Connection | None = None
        self._count = 0

    def close(self) -> None:
        """Remove the file."""
        if self._others is not None:
            self._others.close()

    def __len__(self) -> int:
        return len(self._first) + self._count

    def of(self, keys: list[Key]) -> list[int]:
        """Return the codes of keys. A key is an integer of 64 bits, a text or None."""
        if self._others is not None:
            with full_disk():
                return [self._code(key) for key in keys]
        codes = [self._first[key] for key in keys]
        if len(self._first) >= MOST:
            self._others = database("CREATE TABLE other (code INTEGER PRIMARY KEY, key UNIQUE NOT NULL)")
        return codes

    def key(self, code: int) -> Key:
        """Return the key of a code."""
        if self._others is None or code < len(self._first):
            return self._keys[code]
        found = self._others.execute("SELECT key FROM other WHERE code = ?", (code,)).fetchone()[0]
        return found.decode("utf-8", "surrogatepass") if isinstance(found, bytes) else int(found)

    @functools.cached_property
    def _keys(self) -> list[Key]:
        """The keys in memory, by code; made once all keys have codes."""
        return [*self._first]

    def _code(self, key: Key) -> int:
        """Return the code of a key, which may be in the file."""
        if key in self._first:
            return self._first[key]
        assert self._others is not None  # noqa: S101 - `of` makes it
        # SQLite takes no lone surrogate as text.
        kept = key.encode("utf-8", "surrogatepass") if isinstance(key, str) else key
        found = self._others.execute("SELECT code FROM other WHERE key = ?", (kept,)).fetchone()
        if found is not None:
            return int(found[0])
        code = len(self)
        self._others.execute("INSERT INTO other VALUES (?, ?)", (code, kept))
        self._count += 1
        return code
