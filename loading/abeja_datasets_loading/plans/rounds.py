"""The rounds of a verification, beside the plan: what was found in the dataset, and what was created again.

A round is two objects, as the journal of a unit is. The first records what was found, and which rows may be sent again
from now on; the second the outcomes of those. A round without its second object leaves its rows unknown. A sign shows
that there was a round, also where an object of it is lost.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from abeja_datasets_loading.errors import PlanError
from abeja_datasets_loading.journal.records import Change, State
from abeja_datasets_loading.plans.objects import encoded
from abeja_datasets_loading.plans.plan import Plan
from abeja_datasets_loading.plans.storage import Storage
from abeja_datasets_loading.plans.unit_journal import Outcome
from abeja_datasets_loading.settling.matching import Id

ROUNDS: Final = "rounds"
_INTENT, _DONE, _SIGN = "intent", "done", "begun"
_SENT_AGAIN: Final = "a verification that sent it again ended before it recorded an outcome"


class Rounds:
    """The rounds of a plan. Only who holds the lease of the plan adds some.

    Args:
        storage: where they are.
        plan: the plan.
    """

    def __init__(self, storage: Storage, plan: Plan) -> None:
        self._storage = storage
        self._plan = plan
        names = storage.names(ROUNDS)
        self._names = [name for name in names if name != _SIGN]
        self._count = max((_number(name) + 1 for name in self._names), default=0)
        self.distrust: str | None = None
        """Why the lists of the server can't settle what is unknown, once the changes were read."""
        self.is_first = not names
        """Whether no round was ever begun, so that rows which their units did not send were not sent at all."""

    def changes(self) -> Iterator[Change]:
        """Iterate over what earlier rounds found out, in their order."""
        names = sorted(self._names, key=lambda name: (_number(name), name.endswith(_DONE)))
        for name, data in self._storage.read_all([f"{ROUNDS}/{name}" for name in names]):
            try:
                kept = json.loads(data or b"{}")
                found = list(_changes(kept, is_done=name.endswith(_DONE))) if kept["plan"] == self._plan.id else []
            except (ValueError, KeyError, TypeError, AttributeError):
                continue  # a damaged object is as good as lost: what it records is in the dataset
            self.distrust = self.distrust or kept.get("distrust")
            yield from found

    def begin(self, found: Mapping[int, Id], sent: Sequence[int]) -> int:
        """Record a round, and return its number.

        Args:
            found: the ids of rows that turned out to be created, by position.
            sent: the positions of the rows that may be sent from now on.

        Raises:
            PlanError: it can't be written, or another verification has written it.
        """
        number = self._count
        self._count += 1
        self._storage.create(f"{ROUNDS}/{_SIGN}", encoded({"plan": self._plan.id}))
        self._create(number, _INTENT, {"found": sorted(found.items()), "sent": list(sent)})
        return number

    def finish(self, number: int, sent: Sequence[int], outcome: Outcome) -> None:
        """Record the outcome of the rows that a round sent."""
        self._create(number, _DONE, {"sent": list(sent), **outcome.to_json()})

    def _create(self, number: int, kind: str, content: Mapping[str, Any]) -> None:
        name = f"{ROUNDS}/{number:06d}.{kind}"
        if not self._storage.create(name, encoded({"plan": self._plan.id, **content})):
            raise PlanError(self._storage.url_of(name), "another verification of this plan has written it", "running")


def _number(name: str) -> int:
    digits = name.partition(".")[0]
    return int(digits) if digits.isdecimal() else -1


def _changes(kept: Mapping[str, Any], *, is_done: bool) -> Iterator[Change]:
    sent = kept["sent"]
    if is_done:
        # What was not sent is as it was before this round: unknown rows that turned out to be missing.
        yield from (Change(position, State.PLANNED) for position in sent)
        yield from Outcome.from_json(kept).changes(sent)
        return
    yield from (Change(position, State.DONE, item_id) for position, item_id in kept["found"])
    yield from (Change(position, State.UNKNOWN, reason=_SENT_AGAIN) for position in sent)
