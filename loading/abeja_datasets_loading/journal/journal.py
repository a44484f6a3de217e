"""The journal of a run: one SQLite file that records the outcome of each input item.

Rows are kept for items that are not *planned* alone. The fingerprints of all items that were read are kept in blocks,
so that an input of a million items is compared in seconds.
"""

import json
import os
import sqlite3
import threading
import weakref
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Self

from abeja_datasets_loading.errors import InputChanged, JournalError
from abeja_datasets_loading.journal import fingerprints, rows
from abeja_datasets_loading.journal.journal_file import connect, open_alone, refusal
from abeja_datasets_loading.journal.records import Change, Counts, Record, State, Target
from abeja_datasets_loading.options import file_path


class Journal:
    """A journal, for one run at a time. `Journal.open` makes one.

    Reading methods may be called from any thread; each changing method is one transaction, durable when it returns.

    Attributes:
        path: the file; None for a temporary journal, which is not kept.
    """

    def __init__(self, path: Path | None, database: sqlite3.Connection) -> None:
        self.path = path
        self._database: sqlite3.Connection | None = database
        # A temporary journal stays open for its report. Python 3.13 warns of connections that nobody closes.
        weakref.finalize(self, database.close)
        self._lock = threading.RLock()
        self._read = fingerprints.count(database)
        self._earlier = self._count(State.DONE)

    @classmethod
    def open(cls, path: str | os.PathLike[str] | None, target: Target) -> Self:
        """Open the journal of a target, or begin one.

        Args:
            path: the file; None for a temporary journal.
            target: where the items go.

        Raises:
            JournalError: the file can't be used: it is not a journal, is in use, is of another target or version, or
                can't be written.
            ValueError: no file can have this path.
            TypeError: it is not a path.
        """
        place = None if path is None else file_path("journal", path)
        try:
            return cls(place, open_alone(place, target))
        except sqlite3.Error as error:
            raise refusal(place, error) from error

    @property
    def run_id(self) -> str:
        """A random name, which is the same each time the journal is used."""
        return str(self.get("run_id"))

    @property
    def is_input_complete(self) -> bool:
        """Whether the whole input was read once."""
        return bool(self.get("input_complete"))

    @property
    def read(self) -> int:
        """How many items were read, by this run and by earlier ones."""
        return self._read

    @property
    def last_sent(self) -> float | None:
        """When the last request may have left, in seconds since the epoch."""
        seconds = self.get("last_sent")
        return None if seconds is None else float(seconds)

    @property
    def baseline(self) -> Any:
        """The ids that were there before the journal began, as JSON; None where they are not recorded yet."""
        return self.get("baseline")

    @baseline.setter
    def baseline(self, ranges: Any) -> None:
        self.set("baseline", ranges)

    def get(self, key: str) -> Any:
        """Return a JSON value that was set; None without one."""
        with self._lock:
            row = self._opened().execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else json.loads(row[0])

    def set(self, key: str, value: Any) -> None:
        """Keep a JSON value."""
        self.write(settings={key: value})

    def counts(self) -> Counts:
        """Return how many items are in which state."""
        with self._lock:
            found = dict(self._opened().execute("SELECT state, count(*) FROM items GROUP BY state").fetchall())
        done, rejected = found.get(State.DONE, 0), found.get(State.REJECTED, 0)
        unknown = found.get(State.UNKNOWN, 0) + found.get(State.SENT, 0)
        rest = self._read - done - rejected - unknown
        return Counts(self._read, done - self._earlier, self._earlier, rejected, unknown, rest)

    def take_block(self, first: int, marks: Sequence[bytes]) -> dict[int, Record]:
        """Compare items that were read with those of earlier runs, and add those that are new as *planned*.

        Args:
            first: the position of the first item; blocks come in the order of the input, without gaps.
            marks: the fingerprints of the items.

        Returns:
            What is known of the items that are not *planned*, by position: `DONE` of each that is done.

        Raises:
            InputChanged: an item is another one than in an earlier run.
        """
        known = min(max(self._read - first, 0), len(marks))
        with self._lock:
            records = self._compare(first, marks[:known]) if known else {}
            if known < len(marks):
                self._transact(lambda database: fingerprints.append(database, self._read, marks[known:]))
                self._read += len(marks) - known
        return records

    def done_block(self, number: int) -> bytes:
        """Return what `fingerprints.of_done_block` does."""
        with self._lock:
            return fingerprints.of_done_block(self._opened(), number)

    def complete(self, read: int) -> None:
        """Record that the input ended after this many items.

        Raises:
            InputChanged: an earlier run read more.
        """
        if read < self._read:
            raise InputChanged(
                read,
                f"is missing: the input ends before it, and an earlier run of this journal read {self._read:,} items",
            )
        self.set("input_complete", value=True)

    def mark_sent(self, positions: Iterable[int]) -> None:
        """Record that requests with these items may leave from now on."""
        self.write(sent=list(positions))

    def record(self, changes: Iterable[Change]) -> None:
        """Record new states. Attempts are added to those of the item so far."""
        self.write(changes=list(changes))

    def write(
        self,
        sent: Sequence[int] = (),
        changes: Sequence[Change] = (),
        settings: dict[str, Any] | None = None,
    ) -> None:
        """Record all of it in one transaction.

        Raises:
            JournalError: it can't be written.
        """
        pairs = [(key, json.dumps(value)) for key, value in (settings or {}).items()]

        def work(database: sqlite3.Connection) -> None:
            rows.write(database, sent, changes)
            database.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", pairs)

        self._transact(work)

    def correct(self, marks: Sequence[tuple[int, bytes]]) -> None:
        """Replace fingerprints, by position, of items that were not read before."""
        self._transact(lambda database: fingerprints.replace(database, marks))

    def records(self, *states: State, after: int = -1) -> Iterator[Record]:
        """Iterate over the items in these states, in the order of the input, also after the journal is closed.

        Items that became neither *sent* nor anything else have no record.

        Args:
            states: of the items.
            after: the position after which to begin.
        """
        while page := rows.page(states, self._rows, after):
            yield from page
            after = page[-1].position

    def close(self) -> None:
        """Close the file. A temporary journal stays readable until it is garbage."""
        with self._lock:
            if self.path is not None and self._database is not None:
                self._database.close()
                self._database = None

    def __repr__(self) -> str:
        return f"<Journal {'temporary' if self.path is None else str(self.path)!r}>"

    def _rows(self, query: str, after: int) -> list[Any]:
        with self._lock:
            if self._database is not None:
                return self._database.execute(query, (after,)).fetchall()
        database = connect(self.path, "ro")
        try:
            return database.execute(query, (after,)).fetchall()
        except sqlite3.Error as error:
            raise refusal(self.path, error) from error
        finally:
            database.close()

    def _opened(self) -> sqlite3.Connection:
        if self._database is None:
            raise JournalError(self.path, "is closed")
        return self._database

    def _transact(self, work: Any) -> None:
        with self._lock:
            database = self._opened()
            try:
                database.execute("BEGIN IMMEDIATE")
                work(database)
                database.execute("COMMIT")
            except sqlite3.Error as error:
                if database.in_transaction:
                    database.execute("ROLLBACK")
                raise refusal(self.path, error) from error

    def _compare(self, first: int, marks: Sequence[bytes]) -> dict[int, Record]:
        database = self._opened()
        if changed := fingerprints.changed(database, first, marks):
            rows.check_corrected(database, changed)
            self._transact(lambda database: rows.plan_again(database, changed))
        return rows.known(database, first, marks)

    def _count(self, state: State) -> int:
        row = self._opened().execute("SELECT count(*) FROM items WHERE state = ?", (int(state),)).fetchone()
        return int(row[0])
