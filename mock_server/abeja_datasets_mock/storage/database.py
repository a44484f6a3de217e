"""The SQLite file: its tables, and the check that a file is ours."""

import contextlib
import secrets
import sqlite3
import time
from pathlib import Path

from .places import FIRST_DATASET_ID, MAX_ITEM_ID

APPLICATION_ID = 0x41424A44
"""Marks the file as ours ("ABJD"); see https://www.sqlite.org/pragma.html#pragma_application_id."""

SCHEMA_VERSION = 3
"""Of the tables below and of what stands in them. A file with another version is refused rather than guessed at."""

PATIENCE = 5.0
"""Seconds to wait at the start for another server that holds the file's lock."""

_POLL = 0.02
_BUSY = 0.002

# AUTOINCREMENT never gives an id twice, not even that of a deleted dataset. The counters are apart from the datasets,
# so that each new item rewrites a few bytes instead of the props. JSON is stored as UTF-8 text in BLOBs, from which
# responses are built without parsing. Places are those of places.py. While a layer is there, its items hide the
# dataset's: see items.py. The postings, what is stale of them, and `indexed` are the index of `q`: see index.py.
_SCHEMA = """
CREATE TABLE settings (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE datasets (
    dataset_id INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id TEXT NOT NULL,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    props BLOB NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (organization_id, name)
);
CREATE INDEX datasets_of_organization ON datasets (organization_id, dataset_id);
CREATE TABLE counters (
    dataset_id INTEGER PRIMARY KEY,
    next_item_id INTEGER NOT NULL CHECK (next_item_id <= {item_ids}),
    total_count INTEGER NOT NULL,
    indexed INTEGER NOT NULL
);
CREATE TABLE layers (dataset_id INTEGER PRIMARY KEY, layer INTEGER NOT NULL);
CREATE TABLE items (
    place INTEGER PRIMARY KEY,
    source_data BLOB NOT NULL,
    attributes BLOB NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE TABLE postings (place INTEGER PRIMARY KEY, terms BLOB NOT NULL);
CREATE TABLE stale (place INTEGER PRIMARY KEY, items BLOB NOT NULL, version INTEGER NOT NULL);
INSERT INTO sqlite_sequence (name, seq) VALUES ('datasets', {first_dataset_id});
PRAGMA application_id = {application_id};
PRAGMA user_version = {schema_version};
"""


class UnusableDatabase(Exception):
    """A file that the server can't use; the message names the file and the reason, on one line."""


def connect(database: str | Path | None) -> sqlite3.Connection:
    """Open the file, or create it; None keeps everything in memory.

    The connection is in autocommit mode. It is not bound to the calling thread, but must be used from one thread at a
    time.

    Raises:
        UnusableDatabase: no such folder, no permission, no database, or another program's or version's.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return _connect(database)
        except sqlite3.Error as error:
            # Of two servers that start on one new file, one waits for the other.
            if not is_busy(error) or time.monotonic() > deadline:
                raise UnusableDatabase(f"{database}: {error}") from error
        time.sleep(_POLL)


def is_busy(error: sqlite3.Error) -> bool:
    """Return whether another connection held the lock that was needed."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF == sqlite3.SQLITE_BUSY


def _connect(database: str | Path | None) -> sqlite3.Connection:
    # The lock that is waited for long is asked for in turns with other requests.
    connection = sqlite3.connect(
        ":memory:" if database is None else database, timeout=_BUSY, isolation_level=None, check_same_thread=False
    )
    with contextlib.ExitStack() as on_error:
        on_error.callback(connection.close)
        if not _is_ready(connection):
            connection.execute("BEGIN IMMEDIATE")
            _adopt(connection, database)
            connection.execute("COMMIT")
        # These only for a file known to be ours: the first is written into it. FULL syncs each commit in WAL mode.
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA wal_autocheckpoint = 0")  # see checkpoints.py
        on_error.pop_all()
    return connection


def _is_ready(connection: sqlite3.Connection) -> bool:
    """Return whether the start needs no lock on the file, which another server may hold for long."""
    known = [connection.execute(f"PRAGMA {name}").fetchone() for name in ("application_id", "user_version")]
    return known == [(APPLICATION_ID,), (SCHEMA_VERSION,)]


def _adopt(connection: sqlite3.Connection, database: str | Path | None) -> None:
    """Create the tables in an empty file; refuse one that is not empty and not ours."""

    def number(query: str) -> int:
        return int(connection.execute(query).fetchone()[0])

    application, version = number("PRAGMA application_id"), number("PRAGMA user_version")
    if (application, version) == (APPLICATION_ID, SCHEMA_VERSION):
        return
    if application == APPLICATION_ID:
        raise UnusableDatabase(
            f"{database}: is of version {version}, and this server reads version {SCHEMA_VERSION};"
            " serve it with the release that made it, or name another file, which is then created"
        )
    if (application, version) != (0, 0) or number("SELECT count(*) FROM sqlite_master"):
        raise UnusableDatabase(f"{database}: is the database of another program; name another file")
    schema = _SCHEMA.format(
        first_dataset_id=FIRST_DATASET_ID,
        item_ids=MAX_ITEM_ID + 1,
        application_id=APPLICATION_ID,
        schema_version=SCHEMA_VERSION,
    )
    # Not executescript, which would commit the transaction it is part of.
    for statement in schema.split(";"):
        connection.execute(statement)
    # Marks page tokens as this file's own, whichever server on it gave them.
    connection.execute("INSERT INTO settings VALUES ('token_key', ?)", (secrets.token_bytes(32),))
