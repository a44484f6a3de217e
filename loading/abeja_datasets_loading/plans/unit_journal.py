"""The journal of a unit: two objects beside the plan, each written once, before its first request and after its last.

A unit that has its first object alone was sent in part, or as a whole: its rows are unknown. So it is where an object
is lost: what is left of lease, intent and outcome shows that the unit was begun, and nothing of it is sent again.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, Self

from abeja_datasets_loading.journal.records import Change, Record, State
from abeja_datasets_loading.plans.objects import encoded
from abeja_datasets_loading.plans.plan import Plan, Unit
from abeja_datasets_loading.plans.storage import Storage
from abeja_datasets_loading.settling.matching import Id

LEASES: Final = "leases"
INTENTS: Final = "intents"
DONE: Final = "done"
_FOLDERS: Final = (LEASES, INTENTS, DONE)
_ABANDONED: Final = "its worker ended before it recorded an outcome"
_LONGEST_REASON: Final = 300


class Outcome(NamedTuple):
    """The outcome of rows: those of a unit, or those that a verification sent again."""

    created: Mapping[int, Id]
    """The ids, by row."""
    rejected: Mapping[int, str]
    """Why, by row."""
    unknown: Mapping[int, str]
    """Why, by row."""
    rows: int
    retries: int = 0
    seconds: float = 0.0
    distrust: str | None = None
    """Why the lists of the server can't settle what is unknown."""

    @property
    def not_tried(self) -> int:
        """How many rows were surely not created, and not refused."""
        return self.rows - len(self.created) - len(self.rejected) - len(self.unknown)

    def to_json(self) -> dict[str, Any]:
        """Return it as it is kept: an id for each row, and the reasons of the others."""
        return {
            "ids": [self.created.get(row) for row in range(self.rows)],
            "rejected": {str(row): reason for row, reason in self.rejected.items()},
            "unknown": {str(row): reason for row, reason in self.unknown.items()},
            "retries": self.retries, "seconds": round(self.seconds, 3), "distrust": self.distrust,
        }  # fmt: skip

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """Return what was kept.

        Raises:
            KeyError, TypeError, ValueError, AttributeError: it is something else.
        """
        rejected = {int(row): str(reason) for row, reason in kept["rejected"].items()}
        unknown = {int(row): str(reason) for row, reason in kept["unknown"].items()}
        ids = {row: item_id for row, item_id in enumerate(kept["ids"]) if item_id is not None}
        return cls(ids, rejected, unknown, len(kept["ids"]), kept["retries"], kept["seconds"], kept["distrust"])

    @classmethod
    def of_records(cls, records: Iterator[Record], rows: int, **figures: Any) -> Self:
        """Return what a journal has of rows: a record for each that may have been sent."""
        created, rejected, unknown = dict[int, Id](), dict[int, str](), dict[int, str]()
        for record in records:
            reason = (record.reason or "no outcome is recorded")[:_LONGEST_REASON]
            if record.state is State.DONE and record.item_id is not None:
                created[record.position] = record.item_id
            elif record.state is State.REJECTED:
                rejected[record.position] = reason
            elif record.state is not State.PLANNED:
                unknown[record.position] = reason
        return cls(created, rejected, unknown, rows, **figures)

    @classmethod
    def all_unknown(cls, rows: int, reason: str = _ABANDONED) -> Self:
        """Return that of rows of which nothing is known."""
        return cls({}, {}, dict.fromkeys(range(rows), reason), rows)

    def changes(self, positions: Sequence[int] | range) -> Iterator[Change]:
        """Iterate over the new states of rows, given their positions."""
        for row, position in enumerate(positions):
            if row in self.created:
                yield Change(position, State.DONE, self.created[row])
            elif row in self.rejected:
                yield Change(position, State.REJECTED, reason=self.rejected[row])
            elif row in self.unknown:
                yield Change(position, State.UNKNOWN, reason=self.unknown[row])


class UnitJournal:
    """The objects of a unit.

    Args:
        storage: where they are.
        plan: the plan.
        unit: the unit.
    """

    def __init__(self, storage: Storage, plan: Plan, unit: Unit) -> None:
        self._storage = storage
        self._plan = plan
        self._unit = unit

    @property
    def lease(self) -> str:
        """The name of the lease."""
        return f"{LEASES}/{self._unit.name}"

    def has_begun(self) -> bool:
        """Whether a worker may have sent rows of it."""
        return any(self._storage.read(f"{folder}/{self._unit.name}") is not None for folder in (INTENTS, LEASES))

    def intend(self, attempt: str) -> bool:
        """Record that rows may be sent from now on; return False where another attempt did, and none may be sent."""
        content = {"plan": self._plan.id, "unit": self._unit.id, "rows": self._unit.rows, "attempt": attempt}
        return self._storage.create(f"{INTENTS}/{self._unit.name}", encoded(content))

    def finish(self, attempt: str, outcome: Outcome) -> bool:
        """Record the outcome; return False where a verification gave the unit up before."""
        content = {"plan": self._plan.id, "unit": self._unit.id, "attempt": attempt, **outcome.to_json()}
        return self._storage.create(f"{DONE}/{self._unit.name}", encoded(content))

    def is_decided(self) -> bool:
        """Whether there is an outcome."""
        return self._storage.read(f"{DONE}/{self._unit.name}") is not None

    def outcome(self) -> Outcome | None:
        """Return the outcome; None where none is recorded. A damaged one is as good as lost."""
        return outcome_of(self._storage.read(f"{DONE}/{self._unit.name}"), self._plan, self._unit)


def outcome_of(data: bytes | None, plan: Plan, unit: Unit) -> Outcome | None:
    """Return the outcome of a unit; all of its rows are unknown where the object is damaged or of another plan."""
    if data is None:
        return None
    try:
        kept = json.loads(data)
        found = Outcome.from_json(kept)
    except (ValueError, KeyError, TypeError, AttributeError):
        return Outcome.all_unknown(unit.rows, "the object with its outcome is damaged")
    if (kept.get("plan"), kept.get("unit"), found.rows) != (plan.id, unit.id, unit.rows):
        return Outcome.all_unknown(unit.rows, "the object with its outcome is of another plan")
    return found


def begun(storage: Storage) -> tuple[set[int], set[int]]:
    """Return the units that have an outcome, and those that were begun and have none."""
    found = [
        {int(name.partition("-")[0]) for name in storage.names(folder) if name[:8].isdecimal()} for folder in _FOLDERS
    ]
    return found[2], (found[0] | found[1]) - found[2]
