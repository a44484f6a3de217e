"""The rows of a journal: one for each item that is no longer *planned*."""

import json
import sqlite3
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any, Final

from abeja_datasets_loading.errors import InputChanged
from abeja_datasets_loading.journal import fingerprints
from abeja_datasets_loading.journal.records import Change, Record, State

DONE: Final = Record(-1, b"", State.DONE)
"""Stands for the record of any item that is done, where no more of it is needed."""
_PAGE: Final = 1000
# One statement for many rows: SQLite then works without Python's lock, beside the event loop.
_SENT: Final = (
    "INSERT INTO items (position, state, attempts) SELECT value, 1, 0 FROM json_each(?) WHERE true "
    "ON CONFLICT DO UPDATE SET state = 1"
)
_DONE: Final = (
    "INSERT INTO items (position, state, item_id, attempts) SELECT json_extract(value, '$[0]'), 2, "
    "json_extract(value, '$[1]'), json_extract(value, '$[2]') FROM json_each(?) WHERE true ON CONFLICT DO UPDATE "
    "SET state = 2, item_id = excluded.item_id, attempts = items.attempts + excluded.attempts, reason = NULL, "
    "item = NULL"
)
_NEVER_SENT: Final = "SELECT 1 FROM items WHERE position = ? AND state = 3 AND attempts = 0"
_CHANGE: Final = (
    "INSERT INTO items (position, state, item_id, attempts, reason, item) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO "
    "UPDATE SET state = excluded.state, item_id = excluded.item_id, attempts = items.attempts + excluded.attempts, "
    "reason = excluded.reason, item = coalesce(excluded.item, items.item)"
)


def write(database: sqlite3.Connection, sent: Sequence[int], changes: Sequence[Change]) -> None:
    """Record new states, in a transaction. Attempts are added to those of the item so far.

    Args:
        database: the journal.
        sent: the positions of the items whose requests may leave from now on.
        changes: the outcomes of other requests.
    """
    done = [(c.position, json.dumps(c.item_id), c.attempts) for c in changes if c.state is State.DONE]
    others = [(c[0], c[1], json.dumps(c[2]), *c[3:]) for c in changes if c.state is not State.DONE]
    if others:
        database.executemany(_CHANGE, others)
    if done:
        database.execute(_DONE, (json.dumps(done),))
    if sent:
        # After the changes: an item may have been planned again before it is sent.
        database.execute(_SENT, (json.dumps(sent),))


def known(database: sqlite3.Connection, first: int, marks: Sequence[bytes]) -> dict[int, Record]:
    """Return what is known of items that are not *planned*, by position: `DONE` of each that is done.

    Args:
        database: the journal.
        first: the position of the first item.
        marks: the fingerprints of the items.
    """
    last = first + len(marks) - 1
    done = database.execute("SELECT position FROM items WHERE position BETWEEN ? AND ? AND state = 2", (first, last))
    others = database.execute(
        "SELECT position, state, item_id, attempts, reason, item FROM items WHERE position BETWEEN ? AND ? "
        "AND state NOT IN (0, 2)",
        (first, last),
    )
    # A journal of a million items that are all done is gone through in seconds.
    records = dict.fromkeys(chain.from_iterable(done), DONE)
    return records | {row[0]: _record(row[0], marks[row[0] - first], row[1:]) for row in others}


def check_corrected(database: sqlite3.Connection, changed: Sequence[tuple[int, bytes]]) -> None:
    """Check that items whose fingerprints changed were refused before they were sent: they were corrected since.

    Raises:
        InputChanged: one was sent, or may be sent, as it was before.
    """
    for position, _ in changed:
        if database.execute(_NEVER_SENT, (position,)).fetchone() is None:
            raise InputChanged(position)


def plan_again(database: sqlite3.Connection, changed: Sequence[tuple[int, bytes]]) -> None:
    """Plan items that were corrected, in a transaction."""
    fingerprints.replace(database, changed)
    database.executemany("DELETE FROM items WHERE position = ?", [(position,) for position, _ in changed])


def page(states: Sequence[State], fetch: Callable[[str, int], list[Any]], after: int) -> list[Record]:
    """Return the first records of items in these states, behind a position.

    Args:
        states: of the items.
        fetch: returns the rows of a query with one parameter.
        after: the position.
    """
    numbers = ",".join(str(int(state)) for state in states)
    query = (
        f"SELECT position, {fingerprints.OF_POSITION}, state, item_id, attempts, reason, "  # noqa: S608 - our own numbers
        "item FROM items JOIN blocks ON number = position / 1024 "
        f"WHERE state IN ({numbers}) AND position > ? ORDER BY position LIMIT {_PAGE}"
    )
    return [_record(position, fingerprint, rest) for position, fingerprint, *rest in fetch(query, after)]


def _record(position: int, fingerprint: bytes, rest: Sequence[Any]) -> Record:
    state, item_id, attempts, reason, item = rest
    return Record(position, fingerprint, State(state), json.loads(item_id or "null"), attempts, reason, item)
