"""A run: preflight, the clauses in their order, clean-up, and the report of it all."""

import contextlib
import datetime as dt
import secrets
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from abeja_datasets_contract.check.judging.findings import Findings
from abeja_datasets_contract.check.judging.oracle import Oracle
from abeja_datasets_contract.check.judging.reading import Unreadable
from abeja_datasets_contract.check.safety.cleaning import Cleaner
from abeja_datasets_contract.check.safety.ledger import Ledger
from abeja_datasets_contract.check.sending.wire import Wire

from .document import contract_of
from .known import load, mark
from .options import Broken, CheckFailed, Lost, Options, Skip, Stopped, base_url, require_sendable
from .preflight import preflight
from .probe import Party, Probe, Run
from .probes.access.credentials import kind_of
from .redaction import Redaction
from .registry import Entry, chosen
from .resources import drop, subject_changed
from .results import Clause, Mode, Progress, Report
from .stages import STAGES
from .stages import entries as all_entries

_PREFIX = "contract-check-"
_LONGEST = 200
READ_ONLY = "a read-only check; --allow-writes checks it"


def clauses(select: Sequence[str] = (), skip: Sequence[str] = (), document: Path | None = None) -> tuple[Clause, ...]:
    """List the clauses, in the order in which they are checked and reported.

    Args:
        select: patterns (fnmatch) of names; none is all.
        skip: patterns of names to leave out.
        document: the OpenAPI document that makes the promises; None is the one that is installed with the client.

    Raises:
        ValueError: a pattern fits no clause, or the document can't be read.
    """
    return tuple(entry.clause for entry in chosen(all_entries(contract_of(document)), select, skip))


def check(
    url: str,
    organization_id: str,
    authorization: str,
    options: Options = Options(),  # noqa: B008 - frozen
    progress: Progress | None = None,
) -> Report:
    """Check whether a server keeps the contract.

    Args:
        url: where the API is.
        organization_id: an organization that the credential is valid for.
        authorization: the value of the `Authorization` header.
        options: what may be done, and how.
        progress: is called with each step.

    Raises:
        ValueError: the URL is invalid, no header can hold a credential, a pattern of `options` fits no clause, a known
            failure names none, or the document can't be read.
        CheckFailed: the server could not be checked; one line says why.
        OSError: the ledger can't be written.
    """
    contract = contract_of(options.document)
    contract.require_authorization()
    if options.mode is not Mode.READ_ONLY:
        contract.require_writable()
    entries = chosen(all_entries(contract), options.select, options.skip)
    run = Run(f"{_PREFIX}{secrets.token_hex(4)}", options, contract)
    return _Run(base_url(url), Party(organization_id, authorization), run, progress, entries).report()


class _Run:
    def __init__(
        self,
        url: str,
        party: Party,
        run: Run,
        progress: Progress | None,
        entries: Sequence[Entry],
    ) -> None:
        if not party.organization_id:
            raise ValueError("organization_id is empty")
        options = run.options
        require_sendable(party.authorization, options.other_authorization)
        self._url, self._party, self._options, self._progress = url, party, options, progress
        self._entries = entries
        self._known = load(options.known, options.document)
        self._name = run.name
        self._started, self._clock = dt.datetime.now(dt.UTC), time.monotonic()
        self._redaction = Redaction(party.authorization, options.other_authorization)
        self._findings = Findings(entries, Oracle(self._redaction, run.contract), run.contract)
        self._wire = Wire(url, options, self._redaction, progress)
        self._ledger = Ledger(self._ledger_path())
        self._probe = Probe(self._wire, self._findings, self._ledger, party, run)
        self._left: tuple[str, ...] = ()
        self._told: set[str] = set()
        self._reached: set[str] = set()
        """Names of the clauses whose check came to its end."""
        self._stages = len(STAGES) + (options.mode is not Mode.READ_ONLY)
        """How many stages there are, with clean-up."""

    def report(self) -> Report:
        """Run, clean up, and report."""
        with self._wire.interrupts:
            stopped, lost = self._carry_out()
        self._findings.settle()
        self._tell(self._entries)
        report = self._result(stopped)
        if lost and stopped:
            raise CheckFailed(stopped, report)
        return report

    def _carry_out(self) -> tuple[str | None, bool]:
        """Check and clean up; return why the check ended early, and whether the server was lost."""
        stopped, lost = None, False
        try:
            preflight(self._probe)
            stopped = self._guarded(self._check_all)
        except Lost as error:
            stopped, lost = str(error), True
        finally:
            self._wire.interrupts.clean_up()
            try:
                self._left = self._clean_up(lost=lost)
            except Exception as error:  # noqa: BLE001 - what was found out is not to be lost
                self._left = (f"what {self._ledger.path} names, for the clean-up ended: {self._defect(error)}",)
            finally:
                self._wire.close()
        if stopped is not None:
            self._leave(f"the check ended: {stopped}")
        return stopped, lost

    def _leave(self, reason: str) -> None:
        """Record of each clause whose check did not come to its end why it did not."""
        for entry in self._entries:
            if entry.check is not None and entry.clause.name not in self._reached:
                self._findings.skipped(entry.clause.name, READ_ONLY if self._forbids(entry) else reason)

    def _forbids(self, entry: Entry) -> bool:
        return entry.clause.writes and self._options.mode is Mode.READ_ONLY

    def _guarded(self, work: Callable[[], None]) -> str | None:
        try:
            work()
            self._wire.interrupts.raise_noted()
        except Lost:
            raise
        except Stopped as stopped:
            return str(stopped)
        except KeyboardInterrupt:
            self._wire.reconnect()
            return "interrupted"
        return None

    def _check_all(self) -> None:
        self._ledger.open(self._name, self._url, self._party.organization_id)
        for number, stage in enumerate(STAGES, 1):
            entries = [entry for entry in self._entries if entry.clause.stage == stage.name]
            if not entries:
                continue
            self._wire.stage = stage.name
            if self._progress is not None:
                self._progress.stage(stage.name, number, self._stages)
            for entry in entries:
                if not entry.promised:
                    self._findings.skipped(entry.clause.name, f"the document does not have {entry.gone}")
                elif entry.check is not None:
                    self._check(entry)
                    self._tell([entry])
                elif self._forbids(entry):
                    self._findings.skipped(entry.clause.name, READ_ONLY)
            if self._options.fail_fast and self._findings.any_failed(self._known):
                raise Stopped(f"something failed in the stage {stage.name}")

    def _check(self, entry: Entry) -> None:
        if entry.check is None:
            return
        name, check = entry.clause.name, entry.check
        if self._forbids(entry):
            self._findings.skipped(name, READ_ONLY)
            return
        self._probe.begin(name)
        try:
            self._contained(name, lambda: check(self._probe))
        finally:
            self._findings.current = None
        self._reached.add(name)
        self._contained(name, lambda: self._tidy(name))

    def _contained(self, name: str, work: Callable[[], None]) -> None:
        """Carry out what belongs to a clause; whatever goes wrong in it ends this clause alone."""
        try:
            work()
        except Stopped:
            raise
        except Broken:
            pass  # which is noted
        except Skip as skip:
            self._findings.skipped(name, str(skip))
        except Unreadable as error:
            self._findings.unreadable(error)
        except Exception as error:  # noqa: BLE001 - a defect of the check must neither end the run nor accuse the server
            self._findings.skipped(name, self._defect(error))

    def _defect(self, error: Exception) -> str:
        """Return what went wrong in the check itself: the place, the line of the clause, and the message."""
        every = traceback.extract_tb(error.__traceback__)
        frames = [frame for frame in every if frame.filename != __file__] or [*every]
        # What a clause calls is seldom at fault for what the clause passes to it.
        clause = [frame for frame in frames if frame.filename == frames[0].filename]
        places = dict.fromkeys(f"{Path(each.filename).name}:{each.lineno}" for each in (frames[-1], clause[-1]))
        message = self._redaction.text(" ".join(str(error).split()))[:_LONGEST]
        what = f"{type(error).__name__} at {', called from '.join(places)}"
        return f"defect of the check ({what}{f': {message}' if message else ''})"

    def _tidy(self, name: str) -> None:
        """Remove what was made for one clause."""
        passing, self._probe.passing = self._probe.passing, []
        for dataset in passing:
            if not self._options.keep:
                drop(self._probe, dataset)
        if self._options.mode is Mode.READ_ONLY and self._findings.failed(name) and subject_changed(self._probe):
            self._findings.forgive(name, "others have changed the dataset that was read")

    def _tell(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            if self._progress is not None and entry.clause.name not in self._told:
                self._told.add(entry.clause.name)
                self._progress.verdict(mark(self._findings.verdict(entry.clause.name), self._known))

    def _ledger_path(self) -> Path | None:
        if self._options.mode is Mode.READ_ONLY:
            return None
        return self._options.ledger or Path(f"{self._name}.ledger.jsonl")

    @property
    def _keeps(self) -> bool:
        """Whether the run has written something that stays."""
        return self._options.keep and bool(self._ledger.known.datasets or self._ledger.known.pending)

    def _clean_up(self, *, lost: bool) -> tuple[str, ...]:
        if not self._ledger.known.run or self._options.mode is Mode.READ_ONLY:
            return ()
        if self._keeps:
            return ()
        self._wire.stage = "clean-up"
        if self._progress is not None:
            self._progress.stage("clean-up", self._stages, self._stages)
        self._wire.lift()
        left = Cleaner(self._probe.wire, self._probe.guard).clean(look=not lost)
        if not left and self._ledger.path is not None and self._options.ledger is None:
            with contextlib.suppress(OSError):
                self._ledger.path.unlink()
        return left

    def _result(self, stopped: str | None) -> Report:
        return Report(
            url=self._url,
            organization_id=self._party.organization_id,
            run=self._name,
            mode=self._options.mode,
            seed=self._options.seed,
            started=self._started,
            seconds=time.monotonic() - self._clock,
            verdicts=tuple(mark(verdict, self._known) for verdict in self._findings.verdicts()),
            exchanges=tuple(self._wire.exchanges),
            stopped=stopped,
            left_behind=self._left,
            document=self._options.document,
            kept=str(self._ledger.path) if self._keeps and self._ledger.path else "",
            credential=kind_of(self._party.authorization),
            other_credential=kind_of(other) if (other := self._options.other_authorization) else None,
        )
