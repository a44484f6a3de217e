"""What a check finds out: verdicts on clauses, and the requests that show them. Data alone; reports are made of it."""

import datetime as dt
import enum
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from abeja_datasets_contract.check_options import Mode as Mode  # noqa: PLC0414 - a report names it

AUTHORIZATION = "$AUTHORIZATION"
"""What stands in recorded requests for the value of `Authorization`, as a shell variable, so that no report has it."""

OTHER_AUTHORIZATION = "$OTHER_AUTHORIZATION"
"""The same for the credential of a second organization."""


class Status(enum.StrEnum):
    """How a clause ended. A clause that was not checked counts neither as kept nor as broken."""

    PASS = "pass"
    FAIL = "fail"
    NOT_CHECKED = "not checked"


class CredentialKind(enum.StrEnum):
    """What a credential is. A report names the variables that hold such a credential, and never the credential."""

    BEARER = "bearer"
    USER = "user"
    DATASOURCE = "datasource"
    OTHER = "other"


@dataclass(frozen=True)
class Clause:
    """One promise of the contract."""

    name: str
    """Dotted, such as `items.update.replaces`."""
    promise: str
    """One sentence: what the server does."""
    source: str
    """Where it is promised: a JSON pointer into openapi.yaml (`#/paths/…`), or `reference: …`."""
    stage: str
    """The stage that checks it."""
    writes: bool = True
    """Whether checking it takes more than GET requests."""
    line: int | None = None
    """The line of the source in the document, from 1; None for a reference."""
    document: str = "openapi.yaml"
    """The document's name."""

    @property
    def place(self) -> str:
        """Where to read the source: `openapi.yaml:612`, or the source itself where it is a reference."""
        return self.source if self.line is None else f"{self.document}:{self.line}"


@dataclass(frozen=True)
class Sent:
    """A request as it went over the wire, but that secrets stand as shell variables."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes | None


@dataclass(frozen=True)
class Received:
    """A response as it came."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def cut(self, size: int) -> None:
        """Forget the body beyond its first bytes; all that refer to this response share it."""
        object.__setattr__(self, "body", self.body[:size])


@dataclass(frozen=True)
class Exchange:
    """A request with its response, or with the reason why none came."""

    number: int
    """From 1, in the order of sending."""
    stage: str
    operation: str | None
    """The operationId, or None for a request that is not a documented operation."""
    sent: Sent
    received: Received | None
    """None when no whole response came."""
    error: str | None
    """Why not."""
    started: dt.datetime
    seconds: float


@dataclass(frozen=True)
class Failure:
    """A broken promise, shown."""

    clause: Clause
    promised: str
    """What should have come, of this very request."""
    came: str
    """What came."""
    exchange: Exchange | None
    """The request that shows it; None where only several together do, which `context` then holds."""
    context: tuple[Exchange, ...] = ()
    """Requests that led up to it, in order."""


@dataclass(frozen=True)
class Verdict:
    """How a clause ended."""

    clause: Clause
    status: Status
    reason: str = ""
    """Why it was not checked; empty otherwise."""
    failures: tuple[Failure, ...] = ()
    checks: int = 0
    """How many times it was put to the test."""
    failed: int = 0
    """How many of `checks` failed; `failures` holds the first of each kind."""
    follows: str = ""
    """The clause whose failure kept this one from being checked; empty where there is none."""
    note: str = ""
    """What there is to say of it beside that; empty for most."""
    known: str = ""
    """Why it may fail, where the failure is known; empty otherwise."""


@dataclass(frozen=True)
class Cause:
    """One thing that is wrong, and all the clauses that it touches."""

    operation: str | None
    """The operationId, or None where no request shows it or the request is not a documented operation."""
    promised: str
    """What should have come."""
    came: str
    """What came."""
    failing: tuple[str, ...]
    """Names of the clauses that fail of it, in the order of the verdicts."""
    following: tuple[str, ...]
    """Names of the clauses that could not be checked because of it."""
    exchange: Exchange | None
    """The first request that shows it."""

    @property
    def what(self) -> str:
        """What is wrong, in words."""
        return f"{self.operation or 'the server'}: {self.came}, not {self.promised}"


_VARIES = re.compile(
    r"""^(status \d{3}).*|"(?:[^"\\]|\\.)*"?|'[^']*'?|contract-check-[\w-]+|\d+(?:\.\d+)?""", re.DOTALL
)


def alike(failure: Failure) -> tuple[str | None, str, str]:
    """Return what two failures of one cause have in common: the operation, the status, and the words without values."""
    operation = failure.exchange.operation if failure.exchange else None
    promised, came = (_VARIES.sub(lambda found: found[1] or "_", text) for text in (failure.promised, failure.came))
    return operation, promised, came


@dataclass(frozen=True)
class Report:
    """All that a check found out."""

    url: str
    organization_id: str
    run: str
    """The run's name, which everything it wrote is named by."""
    mode: Mode
    seed: int
    started: dt.datetime
    seconds: float
    verdicts: tuple[Verdict, ...]
    """In the order of the stages; the first that failed is the one to look at first."""
    exchanges: tuple[Exchange, ...]
    stopped: str | None = None
    """Why the check ended early; None when it did not."""
    left_behind: tuple[str, ...] = field(default=())
    """What clean-up could not remove, each in words."""

    document: Path | None = None
    """The document that was checked by; None is the installed one."""
    kept: str = ""
    """The ledger of what was left on the server on request; empty where nothing was."""
    credential: CredentialKind = CredentialKind.OTHER
    other_credential: CredentialKind | None = None
    """The kind of the second organization's credential; None where there is no second organization."""

    def count(self, status: Status) -> int:
        """Count the clauses that ended so."""
        return sum(verdict.status is status for verdict in self.verdicts)

    @property
    def failed(self) -> tuple[Verdict, ...]:
        """The clauses that fail, except known failures."""
        return tuple(each for each in self.verdicts if each.status is Status.FAIL and not each.known)

    @property
    def known(self) -> tuple[Verdict, ...]:
        """The clauses whose failure is known."""
        return tuple(each for each in self.verdicts if each.status is Status.FAIL and each.known)

    @property
    def mended(self) -> tuple[Verdict, ...]:
        """The clauses that are known to fail, and pass."""
        return tuple(each for each in self.verdicts if each.status is Status.PASS and each.known)

    @property
    def failures(self) -> tuple[Failure, ...]:
        """All failures, in the order of the verdicts."""
        return tuple(failure for verdict in self.verdicts for failure in verdict.failures)

    @property
    def causes(self) -> tuple[Cause, ...]:
        """What is wrong, each cause once; the cause of most failing clauses comes first."""
        alikes: dict[tuple[str | None, str, str], list[Failure]] = {}
        for failure in (failure for verdict in self.failed for failure in verdict.failures):
            alikes.setdefault(alike(failure), []).append(failure)
        first = {verdict.clause.name: alike(verdict.failures[0]) for verdict in self.failed if verdict.failures}
        followers: dict[tuple[str | None, str, str], list[str]] = {}
        for verdict in self.verdicts:
            if verdict.follows in first:
                followers.setdefault(first[verdict.follows], []).append(verdict.clause.name)
        causes = [_cause(failures, followers.get(key, ())) for key, failures in alikes.items()]
        return tuple(sorted(causes, key=lambda cause: -len(cause.failing) - len(cause.following)))

    @property
    def exit_code(self) -> int:
        """0: keeps all that was checked, except known failures; 1: breaks a promise; 3: incomplete, or data left."""
        if self.failed:
            return 1
        if self.stopped is not None:
            return 3
        if self.known:
            return 0  # a deletion that is known to fail leaves data
        return 0 if self.count(Status.PASS) and not self.left_behind else 3


def _cause(failures: Sequence[Failure], following: Sequence[str]) -> Cause:
    shown = [failure for failure in failures if failure.exchange is not None]
    first = min(shown, key=lambda failure: failure.exchange.number if failure.exchange else 0, default=failures[0])
    operation = first.exchange.operation if first.exchange else None
    failing = tuple(dict.fromkeys(failure.clause.name for failure in failures))
    return Cause(operation, first.promised, first.came, failing, tuple(following), first.exchange)


class Progress(Protocol):
    """Receives the events of a check, for a live display. Called from the thread that runs the check."""

    def stage(self, name: str, index: int, total: int) -> None:
        """A stage begins; `index` is from 1."""

    def request(self, exchange: Exchange) -> None:
        """A request ended, with a response or without one."""

    def verdict(self, verdict: Verdict) -> None:
        """A clause has its verdict."""
