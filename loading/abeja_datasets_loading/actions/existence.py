"""Whether the dataset still exists: an API that refuses each item may say no more than 400."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple

from abeja_datasets.exceptions import Error, NotFound

_IN_A_ROW: Final = 20
"""Refusals without a success between them, after which the dataset is asked for."""


class Doubtful(NamedTuple):
    """An item that the server refused, since it is wrong or since its dataset is gone."""

    job: Any
    reason: str
    attempts: int
    since: float


class Existence:
    """Decides what the refusals of items mean.

    Args:
        ask: sends one `get_dataset`, and raises `NotFound` where the dataset is gone.
        refuse: takes each item that was refused while the dataset existed.
        gone: takes those that were refused since it last existed, and the error.
        clock: seconds, monotonic.
    """

    def __init__(
        self,
        ask: Callable[[], Awaitable[Any]],
        refuse: Callable[[Doubtful], None],
        gone: Callable[[list[Doubtful], NotFound], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask = ask
        self._refuse = refuse
        self._gone = gone
        self._clock = clock
        self._doubtful: list[Doubtful] = []
        self._in_a_row = 0
        self._was_asked = False
        self._asking = asyncio.Lock()

    def succeeded(self, started: float) -> None:
        """Take a success: the dataset existed when its request started."""
        self._in_a_row = 0
        if self._doubtful:
            self._decide(started)

    async def refused(self, job: Any, reason: str, attempts: int, *, at_once: bool = False) -> None:
        """Take a refusal; at the first, and after each 20 in a row, ask for the dataset.

        Args:
            job: what was refused.
            reason: why, as the server says.
            attempts: how many times it was sent.
            at_once: ask in any case.
        """
        self._doubtful.append(Doubtful(job, reason, attempts, self._clock()))
        if self._is_due() or at_once:
            await self.check()

    async def is_gone(self) -> bool:
        """Take the refusal of several items at once; return whether the dataset is gone, as far as it is asked for."""
        if self._is_due():
            try:
                await self._ask()
            except NotFound as error:
                jobs, self._doubtful = self._doubtful, []
                self._gone(jobs, error)
                return True
            except Error:
                pass  # not known; a later refusal asks again
        return False

    def _is_due(self) -> bool:
        """Count a refusal; return whether it is time to ask for the dataset."""
        self._in_a_row += 1
        is_due = not self._was_asked or self._in_a_row % _IN_A_ROW == 0
        self._was_asked = self._was_asked or is_due
        return is_due

    async def check(self) -> list[Doubtful]:
        """Ask for the dataset where there are doubtful items; return those that stay so."""
        async with self._asking:
            if not self._doubtful:
                return []
            asked = self._clock()
            try:
                await self._ask()
            except NotFound as error:
                jobs, self._doubtful = self._doubtful, []
                self._gone(jobs, error)
            except Error:
                pass  # not known; the next refusal asks again
            else:
                self._decide(asked)
            return self._doubtful

    def _decide(self, existed: float) -> None:
        """Refuse the items that were refused before a moment at which the dataset existed."""
        before = [doubtful for doubtful in self._doubtful if doubtful.since <= existed]
        self._doubtful = [doubtful for doubtful in self._doubtful if doubtful.since > existed]
        for doubtful in before:
            self._refuse(doubtful)
