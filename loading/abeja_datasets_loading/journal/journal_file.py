"""The file of a journal: opened, locked and checked, and what its errors mean."""

import contextlib
import json
import random
import secrets
import sqlite3
import time
from pathlib import Path
from typing import Final

from abeja_datasets_loading.errors import JournalError, JournalProblem
from abeja_datasets_loading.journal.records import Target

VERSION: Final = 1
_APPLICATION: Final = 0x0ABE7A01
"""`PRAGMA application_id`, which distinguishes a journal from other files of SQLite."""
_SCHEMA: Final = f"""
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE blocks (number INTEGER PRIMARY KEY, fingerprints BLOB NOT NULL);
CREATE TABLE items (
    position INTEGER PRIMARY KEY, state INTEGER NOT NULL, item_id, attempts INTEGER NOT NULL, reason TEXT, item TEXT
);
PRAGMA application_id = {_APPLICATION};
PRAGMA user_version = {VERSION};
"""
_IS_USED: Final = (
    "SELECT EXISTS (SELECT 1 FROM blocks) "
    "OR EXISTS (SELECT 1 FROM meta WHERE key NOT IN ('run_id', 'target', 'opened', 'baseline'))"
)
_NO_JOURNAL: Final = "is not a journal of abeja_datasets_loading; pass the path of a new file"
_RESTORE: Final = "restore it from a copy; with a new one, what is in the dataset would be created again"
_NO_PLACE: Final = "can't be written ({}); pass a file in a folder that exists and that you may write to"
_IN_USE: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_PROBLEMS: Final[dict[int, tuple[str, JournalProblem]]] = {
    sqlite3.SQLITE_BUSY: ("is in use by another run; wait until it ends, or pass another file", "locked"),
    sqlite3.SQLITE_LOCKED: ("is in use by another run; wait until it ends, or pass another file", "locked"),
    sqlite3.SQLITE_FULL: (
        "can't grow, since the disk is full; free space, and run again with the same journal",
        "disk_full",
    ),
    sqlite3.SQLITE_IOERR: (
        "can't be read or written ({}); check the disk and its free space, and run again with the same journal",
        "unusable",
    ),
    sqlite3.SQLITE_NOTADB: (_NO_JOURNAL, "not_a_journal"),
    sqlite3.SQLITE_CORRUPT: (f"is damaged ({{}}); {_RESTORE}", "damaged"),
    sqlite3.SQLITE_READONLY: (_NO_PLACE, "read_only"),
    sqlite3.SQLITE_CANTOPEN: (_NO_PLACE, "read_only"),
    sqlite3.SQLITE_PERM: (_NO_PLACE, "read_only"),
}
"""What each code of SQLite means for a user."""
_TRIES: Final = 100
_LOCKED_TRIES: Final = 5
"""Tries in a row that find a journal locked, after which another run has it."""
_PAUSE: Final = (0.005, 0.03)
"""Seconds between two tries, at random: two runs that open a journal at the same moment must not stay in step."""


def connect(path: Path | None, mode: str = "rwc") -> sqlite3.Connection:
    """Return a connection to a file; without one, to a database that vanishes with it.

    Raises:
        JournalError: the file can't be opened.
    """
    if path is None:
        # SQLite keeps it in memory while it is small, else in a file that has no name.
        return sqlite3.connect("", isolation_level=None, check_same_thread=False)
    try:
        uri = f"{path.absolute().as_uri()}?mode={mode}"
        return sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=0)
    except sqlite3.Error as error:
        raise refusal(path, error) from error


def open_alone(path: Path | None, target: Target) -> sqlite3.Connection:
    """Return a connection to a journal, which is made where the file is new. No other one can open it meanwhile.

    Two runs that open a journal at the same moment may be in the way of each other. Each closes it, and tries again.

    Raises:
        JournalError: the file is not a journal, is one of another target or version, or can't be used.
    """
    locked, problem = 0, sqlite3.Error()
    for _ in range(_TRIES):
        with contextlib.ExitStack() as failed:
            database = connect(path)
            failed.callback(database.close)
            try:
                locked += 1
                if path is not None:
                    _check_is_ours(database, path)
                locked = 0  # it can be read: what is in the way now is opening it too
                _begin(database, path, target)
            except sqlite3.Error as error:
                problem = error
            else:
                failed.pop_all()
                return database
        if _code(problem) not in _IN_USE or locked == _LOCKED_TRIES:
            break
        time.sleep(random.uniform(*_PAUSE))  # noqa: S311 - no secret
    raise refusal(path, problem) from problem


def _begin(database: sqlite3.Connection, path: Path | None, target: Target) -> None:
    """Lock and check a journal; make it where the file is new."""
    if path is None:
        database.executescript("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;")
    else:
        # The lock is held until the journal is closed, and the system drops it when the process dies.
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute("BEGIN EXCLUSIVE")
        database.execute("COMMIT")
    if not database.execute("PRAGMA user_version").fetchone()[0]:
        _create(database, target)
    elif path is not None:
        _check_whole(database, path)
        _take_target(database, path, target)
        # A file that can't be written is refused now, and not in the middle of a run.
        database.execute("INSERT OR REPLACE INTO meta VALUES ('opened', strftime('%s'))")


def _check_is_ours(database: sqlite3.Connection, path: Path) -> None:
    application = database.execute("PRAGMA application_id").fetchone()[0]
    version = database.execute("PRAGMA user_version").fetchone()[0]
    is_empty = not database.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if application != _APPLICATION and not (is_empty and application == 0 == version):
        raise JournalError(path, _NO_JOURNAL, "not_a_journal")
    if version not in (0, VERSION):
        raise JournalError(
            path,
            f"is of version {version}, and this release reads {VERSION}; finish it with the release that began it",
            "other_version",
        )


def _create(database: sqlite3.Connection, target: Target) -> None:
    database.executescript(f"BEGIN IMMEDIATE; {_SCHEMA}")
    values = {"run_id": secrets.token_hex(4), "target": target}
    pairs = [(key, json.dumps(value)) for key, value in values.items()]
    database.executemany("INSERT INTO meta VALUES (?, ?)", pairs)
    database.execute("COMMIT")


def _check_whole(database: sqlite3.Connection, path: Path) -> None:
    problem = database.execute("PRAGMA quick_check(1)").fetchone()[0]
    if problem != "ok":
        raise JournalError(path, f"is damaged ({' '.join(problem.split())}); {_RESTORE}", "damaged")


def _take_target(database: sqlite3.Connection, path: Path, target: Target) -> None:
    """Check the target. One for which nothing was read yet is replaced: it may have had a wrong id."""
    kept = Target(*json.loads(database.execute("SELECT value FROM meta WHERE key = 'target'").fetchone()[0]))
    if kept != target and not database.execute(_IS_USED).fetchone()[0]:
        database.execute("DELETE FROM meta WHERE key = 'baseline'")
        database.execute("UPDATE meta SET value = ? WHERE key = 'target'", (json.dumps(target),))
        return
    for field, old, new in zip(Target._fields, kept, target, strict=True):
        if old != new:
            raise JournalError(
                path,
                f"is of another target: its {field} is {old!r}, not {new!r}; give each its own file",
                "other_target",
            )


def refusal(path: Path | None, error: sqlite3.Error) -> JournalError:
    """Return the error that says what is wrong with a file, and what to do."""
    problem, kind = _PROBLEMS.get(_code(error), ("can't be used: {}", "unusable"))
    return JournalError(path, problem.format(error), kind)


def _code(error: sqlite3.Error) -> int:
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF
