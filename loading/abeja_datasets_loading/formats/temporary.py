"""Temporary databases, for what does not fit into memory."""

import contextlib
import errno
import os
import sqlite3
from collections.abc import Iterator
from typing import Final

_CACHE: Final = "PRAGMA cache_size = -4096"  # KiB


def database(schema: str) -> sqlite3.Connection:
    """Return a temporary database with a table. It is in one transaction from beginning to end."""
    # An empty name is a temporary file that SQLite removes, and holds in memory while it is small.
    # An input may be opened in one thread, read in another and closed in the first, one after the other.
    made = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    for statement in (_CACHE, schema, "BEGIN"):
        made.execute(statement)
    return made


@contextlib.contextmanager
def full_disk() -> Iterator[None]:
    """Raise the error of the system where SQLite says that the disk is full."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_FULL:
            raise
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error
