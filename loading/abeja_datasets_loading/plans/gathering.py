"""All that is recorded beside a plan, gathered in one journal of this machine: the outcome of each row."""

from collections.abc import Iterable, Mapping
from itertools import groupby, islice
from typing import Final

from abeja_datasets_loading.errors import InvalidItem, PlanError
from abeja_datasets_loading.items.item_text import item_text
from abeja_datasets_loading.items.items import Checker, Prepared
from abeja_datasets_loading.journal.fingerprints import NO_FINGERPRINT
from abeja_datasets_loading.journal.journal import Journal
from abeja_datasets_loading.journal.records import Change, Record, State
from abeja_datasets_loading.plans import leases
from abeja_datasets_loading.plans.objects import decoded
from abeja_datasets_loading.plans.plan import BASELINE, Plan, Unit
from abeja_datasets_loading.plans.rounds import Rounds
from abeja_datasets_loading.plans.storage import Storage
from abeja_datasets_loading.plans.unit_journal import DONE, LEASES, Outcome, UnitJournal, begun, outcome_of
from abeja_datasets_loading.settling.marker import mark

_OPEN: Final = (State.PLANNED, State.SENT, State.UNKNOWN)
_NOT_SENT: Final = "its unit ended before it was sent"
_BATCH: Final = 1000


def decide(plan: Plan, storage: Storage) -> None:
    """Record an outcome for each unit: those whose workers ended without one are given up.

    A worker that is alive nevertheless finds that its unit is decided, and stops.

    Raises:
        PlanError: units were not run yet, or run now.
    """
    decided, open_units = begun(storage)
    if missing := plan.units - len(decided) - len(open_units):
        raise PlanError(
            plan.url,
            f"{missing:,} of {plan.units:,} units were not run; run them first: abeja-datasets plan run",
            "not_run",
        )
    units = [plan.unit(index) for index in sorted(open_units)]
    if not units:
        return
    names = [f"{LEASES}/{unit.name}" for unit in units]
    held = leases.still_held(storage, names, plan.settings.lease_seconds)
    if held:
        shown = ", ".join(f"{int(name[len(LEASES) + 1 :][:8])} ({leases.holder(data)})" for name, data in held.items())
        raise PlanError(plan.url, f"units are run now: {shown:.500}; wait until they end, or end them", "running")
    for unit in units:
        UnitJournal(storage, plan, unit).finish("verify", Outcome.all_unknown(unit.rows))


class Gathering:
    """Fills an empty journal with what is recorded beside a plan, each unit of which has an outcome.

    Args:
        plan: the plan.
        storage: where it is.
        journal: to fill.
    """

    def __init__(self, plan: Plan, storage: Storage, journal: Journal) -> None:
        self._plan = plan
        self._storage = storage
        self._journal = journal
        self._checker = Checker(max_bytes=plan.settings.max_body_bytes)

    def gather(self, rounds: Rounds) -> None:
        """Fill the journal.

        Args:
            rounds: of earlier verifications.

        Raises:
            SourceChanged: the source of a row whose outcome is open is another file than the plan was made of.
            PlanError: an object or a source can't be used.
        """
        journal = self._journal
        journal.write(settings={"run_id": self._plan.id, "baseline": decoded(self._storage, BASELINE)["ids"]})
        distrust = self._gather_units(is_first=rounds.is_first)
        changes = rounds.changes()
        while batch := list(islice(changes, _BATCH)):
            journal.record(batch)
        if distrust := distrust or rounds.distrust:
            journal.set("distrust", distrust)
        journal.set("input_complete", value=True)
        self._read_open()

    def _gather_units(self, *, is_first: bool) -> str | None:
        """Add what units recorded; return why the lists of the server can't settle what is unknown."""
        units = [self._plan.unit(index) for index in range(self._plan.units)]
        distrust: str | None = None
        found = self._storage.read_all([f"{DONE}/{unit.name}" for unit in units])
        for unit, (_, data) in zip(units, found, strict=True):
            # Where it is lost all rows are unknown.
            outcome = outcome_of(data, self._plan, unit) or Outcome.all_unknown(unit.rows)
            self._journal.take_block(unit.first, [NO_FINGERPRINT] * unit.rows)
            self._journal.record(_changes(unit, outcome, is_first=is_first))
            distrust = distrust or outcome.distrust
        return distrust

    def _read_open(self) -> None:
        """Add the content of the rows whose outcome is open, by which they are found or created."""
        plan = self._plan
        for index, records in groupby(self._journal.records(*_OPEN), lambda record: plan.number_of(record.position)):
            self._read_unit(plan.unit(index), {record.position: record for record in records})

    def _read_unit(self, unit: Unit, wanted: Mapping[int, Record]) -> None:
        changes: list[Change] = []
        marks: list[tuple[int, bytes]] = []
        for position, item in enumerate(self._plan.read(unit, self._storage), unit.first):
            if (record := wanted.get(position)) is None:
                continue
            try:
                prepared = self._checker.prepare(position, item)
            except InvalidItem as invalid:  # no worker has sent it
                changes.append(Change(position, State.REJECTED, reason=invalid.reason, item=item_text(item)))
                continue
            marks.append((position, prepared.fingerprint))
            text = item_text(self._body(prepared))
            changes.append(Change(position, record.state, reason=record.reason, item=text))
        self._journal.correct(marks)
        self._journal.record(changes)

    def _body(self, prepared: Prepared) -> object:
        key = self._plan.settings.marker
        return prepared.body if key is None else mark(prepared.body, key, self._plan.id, prepared.position)


def _changes(unit: Unit, outcome: Outcome, *, is_first: bool) -> Iterable[Change]:
    positions = range(unit.first, unit.first + unit.rows)
    known = list(outcome.changes(positions))
    rest = sorted({*positions} - {change.position for change in known})
    # A round may have sent them whose objects are lost.
    state, reason = (State.PLANNED, None) if is_first else (State.UNKNOWN, _NOT_SENT)
    return [*known, *(Change(position, state, reason=reason) for position in rest)]
