"""Checkpoints: what is committed is moved from SQLite's log (WAL) into the database file, in a thread.

SQLite would do it inside a commit, where it holds the event loop for as long as the file takes to be written: a tenth
of a second after an item of 10 MB. See https://www.sqlite.org/wal.html#ckpt.
"""

import asyncio
import contextlib
import sqlite3
from pathlib import Path

_WAIT = 0.25
"""Seconds from a commit to the checkpoint, which is for all commits until then."""

_LONG_LOG = 4000
"""Pages of a log that must begin again. It does so at a write that finds all of it moved."""

_PATIENCE = 0.05
"""Seconds in which a long log waits for the end of a write."""


class Checkpoints:
    """The checkpoints of a file; one in memory has no log, and needs none."""

    def __init__(self, database: str | Path | None) -> None:
        self._uri = None if database is None else f"{Path(database).absolute().as_uri()}?mode=rw"
        # Where a checkpoint is due or under way. A loop that has ended never does it.
        self._loop: asyncio.AbstractEventLoop | None = None

    def committed(self, loop: asyncio.AbstractEventLoop) -> None:
        """Request a checkpoint; call it after each commit, on the loop's thread."""
        if self._uri is not None and loop is not self._loop:
            self._loop = loop
            loop.call_later(_WAIT, self._start, loop, self._uri)

    def _start(self, loop: asyncio.AbstractEventLoop, uri: str) -> None:
        loop.run_in_executor(None, _checkpoint, uri).add_done_callback(self._done)

    def _done(self, _future: "asyncio.Future[None]") -> None:
        self._loop = None


def _checkpoint(uri: str) -> None:
    # Where the file has gone, or its disk is full, nothing is lost: the next checkpoint moves it.
    with (
        contextlib.suppress(sqlite3.Error),
        contextlib.closing(sqlite3.connect(uri, timeout=_PATIENCE, uri=True)) as connection,
    ):
        _, pages, _ = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        if pages > _LONG_LOG:
            # While commits follow each other closely, the last of them is never moved. They wait for this one.
            connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()
