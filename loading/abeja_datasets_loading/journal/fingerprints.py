"""The fingerprints of all items that a journal read, in blocks: a block is compared at once, and takes one row."""

import sqlite3
from collections.abc import Sequence
from typing import Final

SIZE: Final = 16
"""Bytes of a fingerprint."""
NO_FINGERPRINT: Final = bytes(SIZE)
"""Of an item that can't be sent to any dataset."""
OF_POSITION: Final = "substr(fingerprints, position % 1024 * 16 + 1, 16)"
"""The fingerprint of an item, in SQL, where `number = position / 1024`."""
BLOCK: Final = 1024
"""Fingerprints in a row of the table."""
_SELECT: Final = "SELECT fingerprints FROM blocks WHERE number = ?"


def count(database: sqlite3.Connection) -> int:
    """Return how many there are."""
    query = "SELECT number, length(fingerprints) FROM blocks ORDER BY number DESC LIMIT 1"
    last = database.execute(query).fetchone()
    return last[0] * BLOCK + last[1] // SIZE if last else 0


def of_done_block(database: sqlite3.Connection, number: int) -> bytes:
    """Return the fingerprints of a block whose items are all done, joined; empty bytes for any other block."""
    first = number * BLOCK
    query = (
        f"SELECT fingerprints FROM blocks WHERE number = ? AND length(fingerprints) = {SIZE} * "  # noqa: S608 - our own number
        "(SELECT count(*) FROM items WHERE position BETWEEN ? AND ? AND state = 2)"
    )
    row = database.execute(query, (number, first, first + BLOCK - 1)).fetchone()
    return bytes(row[0]) if row else b""


def append(database: sqlite3.Connection, position: int, marks: Sequence[bytes]) -> None:
    """Add fingerprints behind the last one.

    Args:
        database: in a transaction.
        position: how many there are.
        marks: the fingerprints.
    """
    joined = b"".join(marks)
    while joined:
        size = (BLOCK - position % BLOCK) * SIZE
        part, joined = joined[:size], joined[size:]
        # In SQL, `||` would make text of them.
        old = database.execute(_SELECT, (position // BLOCK,)).fetchone()
        whole = (old[0] if old else b"") + part
        database.execute("INSERT OR REPLACE INTO blocks VALUES (?, ?)", (position // BLOCK, whole))
        position += len(part) // SIZE


def changed(database: sqlite3.Connection, first: int, marks: Sequence[bytes]) -> list[tuple[int, bytes]]:
    """Return those fingerprints that are others than in the journal, with their positions.

    Args:
        database: the journal.
        first: the position of the first fingerprint.
        marks: the fingerprints; the journal has as many.
    """
    blocks = database.execute(
        "SELECT fingerprints FROM blocks WHERE number BETWEEN ? AND ? ORDER BY number",
        (first // BLOCK, (first + len(marks) - 1) // BLOCK),
    )
    start = first % BLOCK * SIZE
    kept = b"".join(row[0] for row in blocks)[start : start + len(marks) * SIZE]
    if kept == b"".join(marks):
        return []
    return [
        (first + offset, new) for offset, new in enumerate(marks) if kept[offset * SIZE : (offset + 1) * SIZE] != new
    ]


def replace(database: sqlite3.Connection, marks: Sequence[tuple[int, bytes]]) -> None:
    """Replace the fingerprints at some positions, in a transaction."""
    for position, mark in marks:
        number, start = position // BLOCK, position % BLOCK * SIZE
        whole = database.execute(_SELECT, (number,)).fetchone()[0]
        whole = whole[:start] + mark + whole[start + SIZE :]
        database.execute("UPDATE blocks SET fingerprints = ? WHERE number = ?", (whole, number))
