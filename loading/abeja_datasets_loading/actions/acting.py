"""What updates and deletions have in common: they may be repeated, and a refusal may mean that the dataset is gone."""

import operator
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, Final, Generic, Protocol, TypeVar

from abeja_datasets.exceptions import Error, HttpError, NotFound
from abeja_datasets_loading.actions.existence import Doubtful, Existence
from abeja_datasets_loading.errors import InvalidItem
from abeja_datasets_loading.items.item_text import item_text
from abeja_datasets_loading.items.items import Prepared
from abeja_datasets_loading.items.reading import Entry, Refused
from abeja_datasets_loading.journal.records import Change, State
from abeja_datasets_loading.running import running
from abeja_datasets_loading.settling.baseline import IdRanges
from abeja_datasets_loading.settling.listing import Stopped

J = TypeVar("J")

_EARLIER: Final = "an earlier run may have sent it"
_LIMIT: Final = 1 << 63
"""What no id reaches: it could not be a number of the item in any database."""


class Acting(Generic[J]):
    """An action whose requests may be carried out twice.

    Args:
        run: the run.
    """

    idempotent = True

    def __init__(self, run: running.Run) -> None:
        self._run = run
        self._place = (run.organization_id, run.dataset_id)
        self._existence = Existence(self._ask, self._refuse, self._gone)
        self._doubts: dict[int, str] = {}
        """By position, why an item may be done, though no outcome is known."""

    def entries(self, job: J) -> Sequence[Prepared]:
        """Return the input items of a job."""
        raise NotImplementedError

    def request(self, job: J) -> Awaitable[Any]:
        """Send the request of a job."""
        raise NotImplementedError

    def may_have_been_sent(self, position: int) -> None:
        """Note that an earlier run sent an item, and recorded no outcome."""
        self._doubts[position] = _EARLIER

    def positions(self, job: J) -> Sequence[int]:
        """Return the positions of the input items of a job."""
        return [entry.position for entry in self.entries(job)]

    async def send(self, job: J) -> Any:
        """Send the request, and note where it may have been carried out."""
        try:
            return await self.request(job)
        except Error as error:
            if error.outcome == "unknown":
                self._doubts.update(dict.fromkeys(self.positions(job), str(error)))
            raise

    def unknown(self, job: J, error: Error, attempts: int) -> None:
        """Record that a job may have been carried out."""
        for entry in self.entries(job):
            self.unclear(entry, str(error), attempts)

    def planned(self, job: J, attempts: int) -> None:
        """Record that a job is to be sent again, and which items of it may be done."""
        for entry in self.entries(job):
            if reason := self._doubts.get(entry.position):
                change = Change(entry.position, State.UNKNOWN, None, attempts, reason, item_text(entry.body))
            else:
                change = Change(entry.position, State.PLANNED, attempts=attempts)
            self._run.writer.record(change)

    async def finish(self) -> None:
        """Decide what the last refusals mean."""
        for doubtful in await self._existence.check():
            self.planned(doubtful.job, doubtful.attempts)
        await self._run.writer.flush()

    def done(self, entry: Prepared, attempts: int) -> None:
        """Record that an item is done."""
        self._run.note(Change(entry.position, State.DONE, entry.body["dataset_item_id"], attempts))
        self._let_go(entry)

    def unclear(self, entry: Prepared, reason: str, attempts: int) -> None:
        """Record that an item may be done."""
        self._run.note(Change(entry.position, State.UNKNOWN, None, attempts, reason, item_text(entry.body)))
        self._let_go(entry)

    async def reject(self, job: J, error: Exception, attempts: int, reason: str | None = None) -> None:
        """Record that the server refuses the one item of a job, unless its dataset is gone."""
        if isinstance(error, HttpError):
            await self._existence.refused(job, reason or str(error), attempts)
        else:
            self._refuse(Doubtful(job, str(error), 0, 0.0))

    def _let_go(self, entry: Prepared) -> None:
        self._doubts.pop(entry.position, None)
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
            self._let_go(entry)

    def _gone(self, jobs: list[Doubtful], error: NotFound) -> None:
        for doubtful in jobs:
            self.planned(doubtful.job, doubtful.attempts)
        organization_id, dataset_id = self._place
        self._run.stop(f"the dataset {dataset_id} of organization {organization_id} does not exist any more", error)


class Prepares(Protocol):
    """Makes what is sent of an input item."""

    def __call__(self, position: int, item: Any, /) -> Prepared:
        """Return it.

        Raises:
            InvalidItem: the item can't be sent.
        """


class Once:
    """Prepares input items, and refuses the second one with the same id.

    Two requests for one item may be carried out in either order, and a bulk update with both is refused.

    Args:
        prepare: prepares an item, whose body has a `dataset_item_id`.
    """

    def __init__(self, prepare: Prepares) -> None:
        self._prepare = prepare
        self._ids = IdRanges()

    def prepare(self, position: int, item: Any) -> Entry:
        """Return what to send of an item, or why it can't be sent."""
        try:
            prepared = self._prepare(position, item)
        except InvalidItem as invalid:
            return Refused(position, invalid.reason, item_text(item), bytes(16))
        item_id = prepared.body["dataset_item_id"]
        if self._ids.add(item_id):
            return prepared
        reason = f"dataset_item_id: {item_id} was there before; give each item once"
        return Refused(position, reason, item_text(item), prepared.fingerprint)


def item_id_of(position: int, given: Any) -> int:
    """Return the id of an item, which is given itself, or is in a mapping, such as an item of a list.

    Raises:
        InvalidItem: it is no id.
    """
    value = given.get("dataset_item_id") if isinstance(given, Mapping) else given
    try:
        number = int(value) if isinstance(value, str) and value.isascii() else operator.index(value)  # type: ignore[arg-type] # it raises for others
    except (TypeError, ValueError):
        number = -1
    if not 0 <= number < _LIMIT or isinstance(value, bool):
        raise InvalidItem(position, "dataset_item_id", f"is {value!r:.80}; a whole number from 0 is needed")
    return number
