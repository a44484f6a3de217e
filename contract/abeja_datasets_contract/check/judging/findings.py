"""What is found while clauses are checked, and the verdicts that follow from it."""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from abeja_datasets_contract.check.document import Contract
from abeja_datasets_contract.check.options import Broken
from abeja_datasets_contract.check.registry import Entry
from abeja_datasets_contract.check.results import Clause, Exchange, Failure, Status, Verdict, alike

from .oracle import Oracle
from .reading import Part, Place, Response, Unreadable, general, related

_SHOWN = 10
"""Failures that a clause keeps, each unlike the others."""
_FEW = 1
"""A response out of shape that no more clauses than this provoke is theirs, if they failed too."""
_PATTERN = 3
"""Clauses that must fail of the same wrong status of an operation before others follow from the first of them."""
_FIRST_REDIRECT = 300


@dataclass
class _Tally:
    clause: Clause
    checks: int = 0
    failed: int = 0
    failures: dict[object, Failure] = field(default_factory=dict)
    """The first of each kind."""
    follows: str = ""
    reason: str = ""
    note: str = ""

    def add(self, failure: Failure) -> None:
        self.failed += 1
        self.failures.setdefault(alike(failure), failure)


@dataclass
class _Complaint:
    """A complaint of the oracle, and the clause whose check provoked it."""

    failure: Failure
    during: str | None


class Findings:
    """Collects by clause.

    Args:
        entries: the clauses to be checked.
        oracle: judges each response.
        contract: what the document says.
    """

    def __init__(self, entries: Sequence[Entry], oracle: Oracle, contract: Contract) -> None:
        self._contract = contract
        self._tallies = {entry.clause.name: _Tally(entry.clause) for entry in entries}
        self._unpromised = frozenset(entry.clause.name for entry in entries if not entry.promised)
        self._entries = entries
        self._oracle = oracle
        self._complaints: list[_Complaint] = []
        self._wrong: dict[str | None, dict[Place, str]] = {}
        """Places in the responses of each operation that were wrong, with the clause that says so."""
        self._unexpected: dict[tuple[str | None, int], list[str]] = {}
        """The clauses that failed of a status of an operation where other refusals were expected."""
        self.current: str | None = None
        """The clause being checked."""

    def count(self) -> None:
        """Record that the clause being checked was put to the test once more."""
        if self.current is not None:
            self._tallies[self.current].checks += 1

    def judge(self, exchange: Exchange) -> Response:
        """Judge a response by the oracle, and return it for reading."""
        wrong: dict[Place, str] = {}
        for complaint in self._oracle.judge(exchange):
            tally = self._tallies.get(complaint.clause)
            if tally is not None and complaint.clause not in self._unpromised:
                failure = Failure(tally.clause, complaint.promised, complaint.came, exchange)
                self._complaints.append(_Complaint(failure, self.current))
                wrong |= {place: complaint.clause for place in complaint.places if place not in wrong}
        if wrong:
            known = self._wrong.setdefault(exchange.operation, {})
            known |= {general(place): clause for place, clause in wrong.items() if general(place) not in known}
        return Response(exchange, wrong)

    def wrong(self, part: Part) -> Mapping[str, str]:
        """Return the properties of a part that were wrong in it, or there in earlier responses of its operation."""
        place = general(part.place)
        known = self._wrong.get(part.exchange.operation, {})
        depth = len(place)
        return {str(other[depth]): c for other, c in known.items() if len(other) > depth and other[:depth] == place}

    def broken(
        self, promised: str, came: str, exchange: Exchange | None, context: Sequence[Exchange] = (), clause: str = ""
    ) -> Broken:
        """Record a failure, of the clause being checked or of `clause`, and make what to raise."""
        owner = clause if clause in self._tallies else self.current
        tally = self._tallies.get(owner or "")
        if tally is not None:
            if owner != self.current:
                tally.checks += 1
            tally.add(Failure(tally.clause, promised, came, exchange, tuple(context)))
            self._follow(tally.clause.name)
        return Broken(came)

    def unexpected(self, response: Response, statuses: Sequence[int], promised: str, clause: str) -> None:
        """Record a status that was not expected: as the failure of one clause, which others follow from.

        Raises:
            Broken: the clause being checked cannot go on.
        """
        owner = self._owner(response, statuses)
        success = response.status // 100 == 2  # noqa: PLR2004 - 2xx
        if owner and self._is_known(owner):
            if success and max(statuses) < _FIRST_REDIRECT:
                return  # another success than the documented one
            self._follow(owner)
            if response.status and min(statuses) >= _FIRST_REDIRECT:
                return  # another refusal, or one with the status of a success
            raise Broken(str(response))
        broken = self.broken(promised, str(response), response.exchange, clause=clause)
        if max(statuses) >= _FIRST_REDIRECT and not success and self.current is not None:
            self._unexpected.setdefault((response.exchange.operation, response.status), []).append(self.current)
        raise broken

    def _owner(self, response: Response, statuses: Sequence[int]) -> str:
        """Return the clause whose failure a status is that was not expected; empty where it is that being checked."""
        operation = response.exchange.operation
        if not response.status:
            return "responses.come"
        if operation is None:
            return ""
        success = response.status < _FIRST_REDIRECT
        expected_success = min(statuses) < _FIRST_REDIRECT
        undocumented = not self._contract.operation(operation).documents(response.status)
        if undocumented and success == expected_success:
            return self._contract.responses_of(operation, "status")
        if success:
            body = self._contract.responses_of(operation, "body")
            is_error = body in response.wrong.values() and self._contract.error_validator.is_valid(response.value)
            return body if is_error else ""
        succeeds = f"operations.{operation}.succeeds"
        if expected_success and succeeds in self._tallies and self.failed(succeeds):
            return succeeds
        return self._pattern(operation, response.status) if max(statuses) >= _FIRST_REDIRECT else ""

    def _pattern(self, operation: str, status: int) -> str:
        """Return the first of several clauses that failed of one wrong refusal; empty where they are too few."""
        failed = dict.fromkeys(self._unexpected.get((operation, status), ()))
        return next(iter(failed)) if len(failed) >= _PATTERN and self.current not in failed else ""

    def unreadable(self, error: Unreadable) -> None:
        """Record a response that could not be read: it follows from what is known of its schema, or is a failure."""
        owner = error.clause or self._owner_of(error)
        self.count()
        name, operation = str(error.place[-1:] and error.place[-1]), error.exchange.operation
        status = error.exchange.received.status if error.exchange.received is not None else 0
        if self._is_known(owner):
            self._follow(owner)
        elif self.current is not None and self._may_lack(error.place, operation):
            self.skipped(self.current, f"a response that it needs has no {name}, which is optional")
        elif self.current is not None and self._contract.is_empty(operation, status):
            self.skipped(self.current, f"the document has no body in this response of {operation}")
        else:
            self.broken("a response that can be read", str(error), error.exchange)

    def _may_lack(self, place: Place, operation: str | None) -> bool:
        """Return whether the document lets a property of a dataset, an item or a list be missing there."""
        *above, name = place or (0,)
        outer = all(isinstance(part, int) or part == "items" for part in above)
        optional = operation in self._contract.optional_properties.get(str(name), ())
        gone = outer and isinstance(name, str) and operation is not None
        return optional or (gone and self._contract.may_lack(str(name), operation))

    def _owner_of(self, error: Unreadable) -> str:
        known, place = self._wrong.get(error.exchange.operation, {}), general(error.place)
        return next((clause for other, clause in known.items() if related(other, place)), "")

    def _is_known(self, clause: str) -> bool:
        return clause in self._tallies and clause != self.current

    def _follow(self, clause: str) -> None:
        """Record that the clause being checked can't be because another one fails."""
        if self.current is not None and clause != self.current:
            tally = self._tallies[self.current]
            tally.follows = tally.follows or clause

    def skipped(self, name: str, reason: str) -> None:
        """Record why a clause was not checked."""
        self._tallies[name].reason = reason

    def remark(self, note: str) -> None:
        """Record what there is to say of the clause being checked, however it ends."""
        if self.current is not None:
            self._tallies[self.current].note = note

    def forgive(self, name: str, reason: str) -> None:
        """Remove what was recorded of a clause: it was not the server's doing."""
        tally = self._tallies[name]
        tally.failures.clear()
        tally.failed, tally.reason = 0, reason

    def failed(self, name: str) -> bool:
        """Return whether a clause has failed."""
        return bool(self._tallies[name].failures)

    def any_failed(self, known: Container[str] = ()) -> bool:
        """Return whether any clause has failed beside the known failures."""
        failed = [name for name, tally in self._tallies.items() if tally.failures]
        failed += [complaint.failure.clause.name for complaint in self._complaints]
        return any(name not in known for name in failed)

    def settle(self) -> None:
        """Pass complaints of the oracle to the clauses they belong to, once all are known."""
        for name, judged in self._oracle.judged.items():
            if name in self._tallies:
                self._tallies[name].checks += judged
        provokers: dict[str, set[str | None]] = {}
        for complaint in self._complaints:
            provokers.setdefault(complaint.failure.clause.name, set()).add(complaint.during)
        moved = {
            name: next(iter(during)) for name, during in provokers.items() if len(during) <= _FEW and None not in during
        }
        moved = {name: during for name, during in moved.items() if during and self._explains(during, name)}
        for complaint in self._complaints:
            name = complaint.failure.clause.name
            owner = self._tallies[moved.get(name) or name]
            owner.add(replace(complaint.failure, clause=owner.clause))
            if name in moved:
                self._tallies[name].checks -= 1
                owner.checks += 1
        self._complaints.clear()
        for tally in self._tallies.values():
            tally.follows = moved.get(tally.follows) or tally.follows

    def _explains(self, during: str, clause: str) -> bool:
        """Return whether a complaint that one clause alone provoked is that clause's failure."""
        about_body = clause.endswith(".body")
        return self.failed(during) or (not about_body and self._tallies[during].follows == clause)

    def verdict(self, name: str) -> Verdict:
        """Return how a clause ended."""
        tally = self._tallies[name]
        if tally.failures:
            kept = tuple(tally.failures.values())[:_SHOWN]
            checks = max(tally.checks, tally.failed)
            return Verdict(tally.clause, Status.FAIL, "", kept, checks, tally.failed, note=tally.note)
        follows = "" if tally.reason else tally.follows
        if follows or tally.reason or not tally.checks:
            reason = f"follows from {follows}" if follows else tally.reason or "nothing that shows it came up"
            return Verdict(
                tally.clause, Status.NOT_CHECKED, reason, checks=tally.checks, follows=follows, note=tally.note
            )
        return Verdict(tally.clause, Status.PASS, checks=tally.checks, note=tally.note)

    def verdicts(self) -> Iterator[Verdict]:
        """List how all clauses ended, in their order."""
        return (self.verdict(entry.clause.name) for entry in self._entries)
