"""Bringing the index of `q` up to date, in turns with other requests."""

import functools
import logging
import math
from collections.abc import Callable

from abeja_datasets_mock.errors import StorageFailed
from abeja_datasets_mock.large import releasing
from abeja_datasets_mock.storage.index import Index, Job, Progress
from abeja_datasets_mock.storage.store import Store
from abeja_datasets_mock.turns import at_once, in_turns, without_collection

_logger = logging.getLogger("abeja_datasets_mock")

_TRIES = 3
"""How often a block is indexed whose items change meanwhile. A query looks through them then."""


class Indexing:
    """Indexes what a query needs, block by block.

    Args:
        store: the database.
        index: the index in it.
    """

    def __init__(self, store: Store, index: Index) -> None:
        self._store = store
        self._index = index

    async def bring_up_to_date(self, dataset: Callable[[], int]) -> None:
        """Index all that is due; `dataset` returns the number of the dataset, or raises a Refusal.

        Raises:
            Refusal: there is no such dataset, or no longer.
        """
        first = tries = 0

        def due() -> Job | None:
            return self._index.due(dataset(), first)

        try:
            while (job := await self._store.read_many(due)) is not None:
                tries = tries + 1 if job.block == first else 1
                is_done = await self._carry_out(dataset, job)
                first = job.block + (is_done or tries == _TRIES)
        except StorageFailed as error:
            # A full disk or a lock that is held for long: the items that aren't indexed are looked through.
            _logger.warning("a query goes on with what is indexed: %s", error.__cause__ or error)

    async def _carry_out(self, dataset: Callable[[], int], job: Job) -> bool:
        """Index the items of a job; return False where one has changed meanwhile."""
        if job.is_short:
            # Of several queries that saw the same block, one indexes it, and the others wait for that.
            return await self._store.write(functools.partial(self._at_once, dataset, job))

        def begin() -> tuple[int, Job | None]:
            number = dataset()
            return number, self._index.begin(number, job)

        number, begun = await self._store.write(begin)
        if begun is None:
            return False
        # Until all is written: a collection would go through a million postings at once.
        with without_collection():
            added = await in_turns(self._index.prepare(number, begun))
            progress = Progress.MORE
            try:
                while progress is Progress.MORE:
                    progress = await self._store.write(lambda: self._index.write(dataset(), begun, added))
            finally:
                # What was not written may be a million postings.
                await in_turns(releasing(added))
        return progress is Progress.DONE

    def _at_once(self, dataset: Callable[[], int], job: Job) -> bool:
        number = dataset()
        if not self._index.is_current(number, job):
            return False
        added = at_once(self._index.prepare(number, job))
        return self._index.write(number, job, added, seconds=math.inf) is Progress.DONE
