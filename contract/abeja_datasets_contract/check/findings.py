"""What is found while clauses are checked, and the verdicts that follow from it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from .options import Broken
from .oracle import Oracle
from .registry import Entry
from .results import Clause, Exchange, Failure, Status, Verdict

_SHOWN = 10
"""Failures that a clause keeps; more of them say nothing new."""
_FEW = 1
"""A response out of shape that no more clauses than this provoke is theirs, if they failed too."""


@dataclass
class _Tally:
    clause: Clause
    checks: int = 0
    failures: list[Failure] = field(default_factory=list)
    reason: str = ""
    note: str = ""


@dataclass
class _Grumble:
    """A complaint of the oracle, and the clause whose check provoked it."""

    failure: Failure
    during: str | None


class Findings:
    """Collects by clause.

    Args:
        entries: the clauses to be checked.
        oracle: judges each response.
    """

    def __init__(self, entries: Sequence[Entry], oracle: Oracle) -> None:
        self._tallies = {entry.clause.name: _Tally(entry.clause) for entry in entries}
        self._entries = entries
        self._oracle = oracle
        self._grumbles: list[_Grumble] = []
        self.current: str | None = None
        """The clause being checked."""

    def count(self) -> None:
        """Note that the clause being checked was put to the test once more."""
        if self.current is not None:
            self._tallies[self.current].checks += 1

    def judge(self, exchange: Exchange) -> bool:
        """Have the oracle judge a response; whether it found nothing wrong."""
        complaints = self._oracle.judge(exchange)
        for complaint in complaints:
            tally = self._tallies.get(complaint.clause)
            if tally is not None:
                failure = Failure(tally.clause, complaint.promised, complaint.came, exchange)
                self._grumbles.append(_Grumble(failure, self.current))
        return not complaints

    def grumbled_since(self, number: int) -> bool:
        """Tell whether the oracle complained of a response after the one with this number."""
        return any(g.failure.exchange is not None and g.failure.exchange.number > number for g in self._grumbles)

    def broken(
        self, promised: str, came: str, exchange: Exchange | None, context: Sequence[Exchange] = (), clause: str = ""
    ) -> Broken:
        """Note a failure, of the clause being checked or of `clause`, and make what to raise."""
        tally = self._tallies.get(clause or self.current or "")
        if tally is not None:
            if clause:
                tally.checks += 1
            tally.failures.append(Failure(tally.clause, promised, came, exchange, tuple(context)))
        return Broken(came)

    def skipped(self, name: str, reason: str) -> None:
        """Note why a clause was not checked."""
        self._tallies[name].reason = reason

    def remark(self, note: str) -> None:
        """Note what there is to say of the clause being checked, however it ends."""
        if self.current is not None:
            self._tallies[self.current].note = note

    def forgive(self, name: str, reason: str) -> None:
        """Take back what was noted of a clause: it was not the server's doing."""
        self._tallies[name].failures.clear()
        self._tallies[name].reason = reason

    def failed(self, name: str) -> bool:
        """Tell whether a clause has failed."""
        return bool(self._tallies[name].failures)

    @property
    def any_failed(self) -> bool:
        """Whether any clause has failed."""
        return bool(self._grumbles) or any(tally.failures for tally in self._tallies.values())

    def settle(self) -> None:
        """Hand complaints of the oracle to the clauses they belong to, once all are known."""
        provokers: dict[str, set[str | None]] = {}
        for grumble in self._grumbles:
            provokers.setdefault(grumble.failure.clause.name, set()).add(grumble.during)
        for grumble in self._grumbles:
            clause = grumble.failure.clause
            during = grumble.during
            explained = during is not None and len(provokers[clause.name]) <= _FEW and self.failed(during)
            owner = self._tallies[during if explained and during is not None else clause.name]
            owner.failures.append(replace(grumble.failure, clause=owner.clause))
        self._grumbles.clear()
        for name, judged in self._oracle.judged.items():
            if name in self._tallies:
                self._tallies[name].checks = judged

    def verdict(self, name: str) -> Verdict:
        """Tell how a clause ended."""
        tally = self._tallies[name]
        if tally.failures:
            kept, failed = tuple(tally.failures[:_SHOWN]), len(tally.failures)
            checks = max(tally.checks, failed)
            return Verdict(tally.clause, Status.FAIL, failures=kept, checks=checks, failed=failed, note=tally.note)
        if tally.reason or not tally.checks:
            reason = tally.reason or "nothing that shows it came up"
            return Verdict(tally.clause, Status.NOT_CHECKED, reason, checks=tally.checks, note=tally.note)
        return Verdict(tally.clause, Status.PASS, checks=tally.checks, note=tally.note)

    def verdicts(self) -> Iterator[Verdict]:
        """List how all clauses ended, in their order."""
        return (self.verdict(entry.clause.name) for entry in self._entries)
