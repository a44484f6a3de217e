"""Transactions on the SQLite file, grouped: many requests share one commit, and their responses wait for it.

All SQL runs on the event loop's thread over one connection. A write is carried out at once inside an open transaction.
Its response waits until that is committed and synced, once for all requests that were ready meanwhile. A read that
finds a transaction open waits too, so that no response shows a change that could still be undone.
"""

import asyncio
import logging
import sqlite3
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from abeja_datasets_mock.errors import Refusal, StorageFailed

from .checkpoints import Checkpoints
from .database import connect, is_busy

_logger = logging.getLogger("abeja_datasets_mock")
_Result = TypeVar("_Result")

_TURNS = 2
"""How many turns of the event loop a commit waits: in the first, requests that have arrived are read; in the next one
they are carried out."""

_POLL = 0.005

PATIENCE = 300.0
"""Seconds that a write waits for another server that holds the file's lock, such as for a long load."""


class Store:
    """One connection, and the transaction that may be open on it.

    Args:
        database: the file, which is created where it does not exist; None keeps everything in memory.

    Attributes:
        on_undo: called when changes that were carried out are undone.
        undone: how often that was.

    Raises:
        UnusableDatabase: see `database.connect`.
    """

    def __init__(self, database: str | Path | None = None) -> None:
        self.connection = connect(database)
        # An application that is made and never started has no other end.
        self._close = weakref.finalize(self, self.connection.close)
        self.execute = self.connection.execute
        self._checkpoints = Checkpoints(database)
        self._waiting: list[asyncio.Future[None]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self.on_undo: Callable[[], None] = lambda: None
        self.undone = 0

    async def read(self, work: Callable[[], _Result]) -> _Result:
        """Run `work`, which only reads, and return or raise its result once all that it saw is committed.

        Raises:
            StorageFailed: SQLite failed.
        """
        while True:
            if not self.connection.in_transaction:
                return self._run(work).unwrap()
            self._forget_ended_loop()
            outcome = self._run(work)
            try:
                await self._committed()
            except StorageFailed:
                # It may have seen what is now undone, so it looks again.
                continue
            return outcome.unwrap()

    async def read_many(self, work: Callable[[], _Result]) -> _Result:
        """Run `work` as `read` does, when it has several statements: all of them see the same state of the file.

        Raises:
            StorageFailed: SQLite failed.
        """

        def snapshot() -> _Result:
            if self.connection.in_transaction:
                return work()
            self.execute("BEGIN")
            try:
                return work()
            finally:
                self.execute("COMMIT")

        return await self.read(snapshot)

    async def write(self, work: Callable[[], _Result]) -> _Result:
        """Run `work` inside a transaction, and return or raise its result after the commit.

        `work` must raise a Refusal before its first change: others share the transaction, so a refusal undoes nothing.

        Raises:
            StorageFailed: it could not be written or committed, and was undone.
        """
        while True:
            self._forget_ended_loop()
            await self._begin()
            outcome = self._run(work)
            try:
                await self._committed()
            except StorageFailed:
                if outcome.refusal is None:
                    raise
                # The reason of the refusal may be undone now.
                continue
            return outcome.unwrap()

    def close(self) -> None:
        """Close the file. What is not committed was not acknowledged, and is lost."""
        self._abandon()
        self._close()

    def _run(self, work: Callable[[], _Result]) -> "_Outcome[_Result]":
        try:
            return _Outcome([work()])
        except Refusal as refusal:
            return _Outcome([], refusal)
        except Exception as error:
            # Half of its changes may be there, or SQLite may have rolled back by itself (a full disk).
            failure = StorageFailed("the storage failed") if isinstance(error, sqlite3.Error) else error
            self._undo(error)
            raise failure from error

    async def _begin(self) -> None:
        loop = asyncio.get_running_loop()
        deadline = time.monotonic() + PATIENCE
        while not self.connection.in_transaction:
            try:
                self.execute("BEGIN IMMEDIATE")
            except sqlite3.Error as error:
                if not is_busy(error) or time.monotonic() > deadline:
                    raise StorageFailed("the database file is locked") from error
                # Another server has the lock; the loop goes on serving reads.
                await asyncio.sleep(_POLL)
            else:
                self._loop = loop
                loop.call_soon(self._commit_in, _TURNS - 1)

    def _commit_in(self, turns: int) -> None:
        if turns and self._loop is not None:
            self._loop.call_soon(self._commit_in, turns - 1)
        elif self.connection.in_transaction:
            self._commit()

    def _commit(self) -> None:
        try:
            self.execute("COMMIT")
        except sqlite3.Error as error:
            _logger.error("a commit failed: %s", error)  # noqa: TRY400 - the traceback would only show this line
            self._undo(error)
            return
        self._resolve(None)
        if self._loop is not None:
            self._checkpoints.committed(self._loop)

    async def _committed(self) -> None:
        """Wait until no transaction is open.

        Raises:
            StorageFailed: what was open was undone.
        """
        if not self.connection.in_transaction:
            return
        # One future each: a request that is cancelled cancels the future it waits for.
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        await waiter

    def _undo(self, cause: BaseException) -> None:
        if self.connection.in_transaction:
            self.execute("ROLLBACK")
        self.undone += 1
        self.on_undo()
        self._resolve(cause)

    def _resolve(self, cause: BaseException | None) -> None:
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            if waiter.done():
                continue
            if cause is None:
                waiter.set_result(None)
            else:
                failure = StorageFailed("what shared the transaction was undone")
                failure.__cause__ = cause
                waiter.set_exception(failure)

    def _forget_ended_loop(self) -> None:
        """Undo the open transaction of a loop that no longer runs, and so will never commit it."""
        if self.connection.in_transaction and self._loop is not asyncio.get_running_loop():
            self._abandon()

    def _abandon(self) -> None:
        self._waiting = []
        if self.connection.in_transaction:
            self.execute("ROLLBACK")
            self.undone += 1
            self.on_undo()


@dataclass(slots=True)
class _Outcome(Generic[_Result]):
    """What work has returned, or the refusal that it has raised."""

    result: list[_Result]
    refusal: Refusal | None = None

    def unwrap(self) -> _Result:
        """Return the result, or raise the refusal."""
        refusal, self.refusal = self.refusal, None
        if refusal is None:
            return self.result[0]
        try:
            raise refusal
        finally:
            # A frame that names it would keep all that the request held, until a collection that takes long.
            del refusal
