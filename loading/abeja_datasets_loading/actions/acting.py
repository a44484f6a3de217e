"""What the actions of a run have in common: how the outcome of a request is recorded, and what a refusal may mean."""

from collections.abc import Awaitable, Sequence
from typing import Any, Final, Generic, NamedTuple, TypeVar

from abeja_datasets.exceptions import Error, HttpError, NotFound
from abeja_datasets_loading.actions.existence import Doubtful, Existence
from abeja_datasets_loading.items.item_text import item_text
from abeja_datasets_loading.items.items import Prepared
from abeja_datasets_loading.journal.records import Change, State
from abeja_datasets_loading.running import running
from abeja_datasets_loading.settling.listing import Stopped

J = TypeVar("J")

_DIVIDED_AFTER: Final = 3
"""Failures after which a job of several items is divided: one of them may be the reason."""
_GIVEN_UP_AFTER: Final = 10
"""Failures after which an item is left unknown, so that one on which the server always fails does not hold up a run."""


class Acting(Generic[J]):
    """An action, of which the server may refuse a request because its dataset is gone.

    Args:
        run: the run.
    """

    idempotent = False

    def __init__(self, run: running.Run) -> None:
        self._run = run
        self._place = (run.organization_id, run.dataset_id)
        self._existence = Existence(self._ask, self._refuse, self._gone)

    def entries(self, job: J) -> Sequence[Prepared]:
        """Return the input items of a job."""
        raise NotImplementedError

    def positions(self, job: J) -> Sequence[int]:
        """Return the positions of the input items of a job."""
        return [entry.position for entry in self.entries(job)]

    def unknown(self, job: J, error: Error, attempts: int) -> None:
        """Record that a job may have been carried out."""
        for entry in self.entries(job):
            self.unclear(entry, str(error), attempts)

    def planned(self, job: J, attempts: int) -> None:
        """Record that a job was not carried out."""
        for entry in self.entries(job):
            self._run.writer.record(Change(entry.position, State.PLANNED, attempts=attempts))

    async def repeated(self, job: J, error: Error, attempts: int) -> Sequence[J]:
        """Return what to send again of a job that failed: all of it."""
        del error, attempts
        return (job,)

    async def finish(self) -> None:
        """Decide what the last refusals mean."""
        for doubtful in await self._existence.check():
            self.planned(doubtful.job, doubtful.attempts)
        await self._run.writer.flush()

    def done(self, entry: Prepared, item_id: int | str, attempts: int) -> None:
        """Record that an item is done."""
        self._run.note(Change(entry.position, State.DONE, item_id, attempts))
        self.let_go(entry)

    def unclear(self, entry: Prepared, reason: str, attempts: int) -> None:
        """Record that an item may be done."""
        self._run.note(Change(entry.position, State.UNKNOWN, None, attempts, reason, item_text(entry.body)))
        self.let_go(entry)

    async def reject(
        self, job: J, error: Exception, attempts: int, reason: str | None = None, *, at_once: bool = False
    ) -> None:
        """Record that the server refuses the one item of a job, unless its dataset is gone.

        Args:
            job: what was refused.
            error: the refusal.
            attempts: how many times it was sent.
            reason: why, where the error does not say it well.
            at_once: ask now whether the dataset is gone.
        """
        if isinstance(error, HttpError):
            await self._existence.refused(job, reason or str(error), attempts, at_once=at_once)
        else:
            self._refuse(Doubtful(job, str(error), 0, 0.0))

    def let_go(self, entry: Prepared) -> None:
        """Forget an item that has an outcome."""
        self._run.release(entry)

    async def _ask(self) -> Any:
        run = self._run
        try:
            return await run.patiently(lambda: run.once.get_dataset(*self._place))
        except Stopped:
            return await run.once.get_dataset(*self._place)

    def _refuse(self, doubtful: Doubtful) -> None:
        for entry in self.entries(doubtful.job):
            self._run.reject(entry.position, doubtful.reason, item_text(entry.body), doubtful.attempts)
            self.let_go(entry)

    def _gone(self, jobs: list[Doubtful], error: NotFound) -> None:
        for doubtful in jobs:
            self.planned(doubtful.job, doubtful.attempts)
        organization_id, dataset_id = self._place
        self._run.stop(f"the dataset {dataset_id} of organization {organization_id} does not exist any more", error)


class _Doubt(NamedTuple):
    """Why an item may be done, though no outcome is known."""

    reason: str
    failures: int = 0
    """How many requests with it failed in this run."""
    is_last: bool = False
    """Whether the server was seen to respond as it should: if the item fails once more, it is given up."""


_EARLIER: Final = _Doubt("an earlier run may have sent it")
_NO_DOUBT: Final = _Doubt("")


class Repeating(Acting[J]):
    """An action whose requests may be carried out twice."""

    idempotent = True

    def __init__(self, run: running.Run) -> None:
        super().__init__(run)
        self._doubts: dict[int, _Doubt] = {}
        """By position."""

    def request(self, job: J) -> Awaitable[Any]:
        """Send the request of a job."""
        raise NotImplementedError

    def divided(self, job: J) -> Sequence[J]:
        """Return a job of several items as smaller ones."""
        raise NotImplementedError

    def may_have_been_sent(self, position: int) -> None:
        """Note that an earlier run sent an item, and recorded no outcome."""
        self._doubts[position] = _EARLIER

    async def send(self, job: J) -> Any:
        """Send the request, and note where it may have been carried out."""
        try:
            return await self.request(job)
        except Error as error:
            if error.outcome == "unknown":
                for position in self.positions(job):
                    doubt = self._doubts.get(position, _NO_DOUBT)
                    self._doubts[position] = doubt._replace(reason=str(error), failures=doubt.failures + 1)
            raise

    async def repeated(self, job: J, error: Error, attempts: int) -> Sequence[J]:
        """Return what to send again of a job that failed: it, or its parts; none where it is left unknown."""
        positions = self.positions(job)
        doubt = max((self._doubts.get(position, _NO_DOUBT) for position in positions), key=lambda one: one.failures)
        if doubt.failures >= _DIVIDED_AFTER and len(positions) > 1:
            return self.divided(job)
        if not doubt.is_last:
            if doubt.failures >= _GIVEN_UP_AFTER - 1:
                self._doubts[positions[0]] = doubt._replace(is_last=await self._is_usable())
            return (job,)
        for entry in self.entries(job):
            self.unclear(entry, f"{doubt.failures} requests with it failed, the last with: {error}", attempts)
        return ()

    async def _is_usable(self) -> bool:
        """Return whether the server responds as it should: where it does not, no item is to blame."""
        try:
            await self._run.once.get_dataset(*self._place)
        except NotFound:
            return True
        except Error:
            return False
        return True

    def planned(self, job: J, attempts: int) -> None:
        """Record that a job is to be sent again, and which items of it may be done."""
        for entry in self.entries(job):
            if doubt := self._doubts.get(entry.position):
                change = Change(entry.position, State.UNKNOWN, None, attempts, doubt.reason, item_text(entry.body))
            else:
                change = Change(entry.position, State.PLANNED, attempts=attempts)
            self._run.writer.record(change)

    def let_go(self, entry: Prepared) -> None:
        """Forget an item that has an outcome."""
        self._doubts.pop(entry.position, None)
        super().let_go(entry)
