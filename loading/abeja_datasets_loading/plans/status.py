"""The state of a plan, read from the journals of its units, on whatever machine they run."""

from collections import Counter
from os import PathLike
from typing import NamedTuple

from abeja_datasets_loading.journal.records import State
from abeja_datasets_loading.plans.plan import Plan, as_plan
from abeja_datasets_loading.plans.rounds import Rounds
from abeja_datasets_loading.plans.storage import Storage
from abeja_datasets_loading.plans.unit_journal import DONE, Outcome, begun, outcome_of


class PlanStatus(NamedTuple):
    """The progress of a plan. The rows of units that were not begun are those that no other figure counts.

    Attributes:
        units: how many there are.
        done: units with an outcome.
        open: units that run now, or whose workers ended without an outcome.
        rows: how many all units have.
        created: rows that are created.
        rejected: rows that are invalid, or that the server refused.
        unknown: rows of units with an outcome that may be created, or not.
        not_tried: rows of units with an outcome that are surely not created.
    """

    units: int
    done: int
    open: int
    rows: int
    created: int
    rejected: int
    unknown: int
    not_tried: int

    @property
    def is_run(self) -> bool:
        """Whether each unit has an outcome."""
        return self.done == self.units

    def summary(self) -> str:
        """Return the figures as text."""
        parts = [f"{self.created:,} of {self.rows:,} rows created"]
        names = {"rejected": self.rejected, "unknown": self.unknown, "not tried": self.not_tried}
        parts += [f"{count:,} {name}" for name, count in names.items() if count]
        units = f"{self.done:,} of {self.units:,} units done"
        return ", ".join([*parts, units, *([f"{self.open:,} without an outcome yet"] if self.open else [])])


class Watch:
    """Reads the journals of a plan again and again, each outcome once.

    Args:
        plan: the plan.
        storage: where it is.
    """

    def __init__(self, plan: Plan, storage: Storage) -> None:
        self._plan = plan
        self._storage = storage
        self._seen: set[int] = set()
        self._rows = 0
        """Of the units that were seen."""
        self._states: dict[int, State] = {}
        """Of the rows of units with an outcome that are not created."""

    def look(self) -> PlanStatus:
        """Return where the plan stands."""
        done, open_units = begun(self._storage)
        units = [self._plan.unit(index) for index in sorted(done - self._seen) if index < self._plan.units]
        for unit, (_, data) in zip(
            units, self._storage.read_all([f"{DONE}/{unit.name}" for unit in units]), strict=True
        ):
            outcome = outcome_of(data, self._plan, unit) or Outcome.all_unknown(unit.rows)
            positions = range(unit.first, unit.first + unit.rows)
            known = {change.position: change.state for change in outcome.changes(positions)}
            for position in positions:
                if (state := known.get(position, State.PLANNED)) is not State.DONE:
                    self._states[position] = state
            self._seen.add(unit.number)
            self._rows += unit.rows
        return self._status(len(open_units))

    def look_at_rounds(self) -> PlanStatus:
        """Return where the plan stands, with what verifications settled."""
        status = self.look()
        for change in Rounds(self._storage, self._plan).changes():
            if change.position in self._states:
                self._states[change.position] = change.state
        return self._status(status.open)

    def _status(self, open_units: int) -> PlanStatus:
        counts = Counter(self._states.values())
        rejected, planned = counts[State.REJECTED], counts[State.PLANNED]
        unknown = counts[State.UNKNOWN] + counts[State.SENT]
        created = self._rows - rejected - planned - unknown
        return PlanStatus(
            self._plan.units, len(self._seen), open_units, self._plan.rows, created, rejected, unknown, planned
        )


def plan_status(plan: Plan | str | PathLike[str]) -> PlanStatus:
    """Return the progress of a plan. Nothing is sent to the server.

    ::

        print(plan_status("s3://bucket/loads/cats").summary())

    Raises:
        PlanError: there is no plan, or its storage can't be used.
    """
    book = as_plan(plan)
    return Watch(book, Storage(book.url)).look_at_rounds()
