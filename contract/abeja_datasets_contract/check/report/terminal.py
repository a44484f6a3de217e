"""The report in a terminal: what is wrong first, then the clauses that fail of it, and at last the outcome."""

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from abeja_datasets_contract.check.report.again.traffic import Traffic
from abeja_datasets_contract.check.results import Failure, Report, Status, Verdict

from .failures import Part, parts
from .figures import (
    CREDENTIALS,
    KNOWN,
    exports,
    groups,
    kept,
    named,
    outcome,
    reason,
    reasons,
    shown_by,
    state,
    touches,
    unchecked,
)
from .printable import one_line, plural, seconds

CAUSES = 10
"""As many causes as are shown with a request; of more, a line each."""
_NAMED = 12
"""As many clauses of a cause as are named."""
_HEADLINE = 160
_LABELS = 10
"""Columns that labels of a failure take."""
_STYLES = {Status.PASS: "green", Status.FAIL: "bold red", KNOWN: "yellow", Status.NOT_CHECKED: "yellow"}
_WORDS = {Status.PASS: "pass", Status.FAIL: "FAIL", KNOWN: "KNOWN", Status.NOT_CHECKED: "not checked"}


def show(report: Report, console: Console, *, verbose: bool = False) -> None:
    """Print a report.

    Args:
        report: what to print.
        console: where to; its width holds, but for lines for the shell.
        verbose: whether each clause gets a line of its own, those that pass among them.
    """
    if verbose:
        _clauses(report.verdicts, console)
    _causes(report, console)
    _known(report, console)
    _end(report, console)


def _clauses(verdicts: Iterable[Verdict], console: Console) -> None:
    for group in groups(verdicts):
        console.print()
        _line(console, (one_line(group.name), "bold"), ("  " + group.tally, "dim"))
        for verdict in group.verdicts:
            ended = (f"{_WORDS[state(verdict)]:<11}  ", _STYLES[state(verdict)])
            _line(console, ended, (one_line(verdict.clause.name), "bold"), f"  {_note(verdict)}", indent=13)


def _note(verdict: Verdict) -> str:
    """Return what the row of a clause says of it."""
    if verdict.status is Status.NOT_CHECKED:
        return one_line(reason(verdict))
    notes = [f"{verdict.failed:,} of {plural(verdict.checks, 'check')} failed"] if verdict.failed else []
    notes += [one_line(verdict.note)] if verdict.note else []
    promise = one_line(verdict.clause.promise)
    return f"{promise} ({'; '.join(notes)})" if notes else promise


def _causes(report: Report, console: Console) -> None:
    causes, traffic = report.causes, Traffic(report)
    for number, cause in enumerate(causes, 1):
        console.print()
        _line(
            console,
            (f"Cause {number} of {len(causes)}: ", "bold red"),
            (_cut(one_line(cause.what)), "bold"),
            f" ({touches(cause)})",
            indent=2,
        )
        failure = shown_by(cause, report) if number <= CAUSES else None
        for name in cause.failing[:_NAMED]:
            _line(console, ("FAIL ", "bold red"), (one_line(name), "bold"))
        if len(cause.failing) > _NAMED:
            _line(console, f"… and {len(cause.failing) - _NAMED:,} more")
        _names("following", cause.following, console)
        if failure is not None:
            _failure(failure, traffic, console, exports(report) if number == 1 else "")
    if len(causes) > CAUSES:
        console.print()
        _line(
            console, f"The requests of {plural(len(causes) - CAUSES, 'cause')} more are in the files of --report DIR."
        )


def _cut(text: str) -> str:
    return text if len(text) <= _HEADLINE else f"{text[:_HEADLINE]} […]"


def _names(label: str, names: tuple[str, ...], console: Console) -> None:
    if names:
        more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
        _part(Part(label, one_line(", ".join(names[:_NAMED])) + more), console)


def _failure(failure: Failure, traffic: Traffic, console: Console, credentials: str) -> None:
    for part in parts(failure, traffic):
        if part.copied and credentials:
            _part(Part("shell", CREDENTIALS), console)
            _part(Part("first", credentials, copied=True), console)
        _part(part, console)


def _part(part: Part, console: Console) -> None:
    label = f"  {part.label:<{_LABELS}}"
    if part.copied:
        # Flush left, and broken by the terminal alone: so it is copied as it stands.
        console.print(Text(label, "cyan"))
        console.print(Text(part.text), soft_wrap=True)
        return
    if not console.is_terminal:
        console.print(Text(label + part.text.replace("\n", "\n" + " " * (_LABELS + 2))), soft_wrap=True)
        return
    grid = Table.grid()
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold", ratio=1)
    style = {"came": "red", "promised": "green"}.get(part.label, "")
    grid.add_row(Text(label, "cyan"), Text(part.text, style))
    console.print(grid)


def _known(report: Report, console: Console) -> None:
    if not report.known and not report.mended:
        return
    console.print()
    _line(console, ("Known failures", "bold"))
    for verdict in report.known:
        _line(console, f"  fails: {one_line(verdict.clause.name)}: {one_line(verdict.known)}", indent=4)
    for verdict in report.mended:
        text = f"  passes again: {one_line(verdict.clause.name)}: {one_line(verdict.known)}"
        _line(console, (text, "bold yellow"), indent=4)


def _end(report: Report, console: Console) -> None:
    console.print()
    for text, count in reasons(report):
        _line(console, (f"{count:,} not checked: {one_line(text)}", "yellow"), indent=2)
    for left in report.left_behind:
        _line(console, (f"left behind: {one_line(left)}", "bold yellow"), indent=2)
    if report.kept:
        _line(console, (f"kept on the server: {one_line(kept(report))}", "bold yellow"), indent=2)
    if report.stopped is not None:
        _line(console, (f"ended early: {one_line(report.stopped)}", "bold yellow"), indent=2)
    took = f"{plural(len(report.exchanges), 'request')} in {seconds(report.seconds)}, {report.mode}, seed {report.seed}"
    _line(console, (f"{one_line(report.url)}: {took}", "dim"), indent=2)
    if unchecked(report):
        _line(console, (unchecked(report), "yellow"), indent=2)
    style = "bold red" if report.exit_code == 1 else "bold green" if report.exit_code == 0 else "bold yellow"
    failed = named(report)
    _line(console, (f"{outcome(report)}{f' Failed: {one_line(failed)}' if failed else ''}", style), indent=2)


def _line(console: Console, *pieces: str | tuple[str, str], indent: int = 0) -> None:
    """Print text that is broken at the width, its further lines indented. Elsewhere than in a terminal it stays one."""
    text = Text.assemble(*pieces)
    if not console.is_terminal:
        console.print(text, soft_wrap=True)
        return
    lines = text.wrap(console, max(20, console.width - indent))
    for number, line in enumerate(lines):
        console.print(Text(" " * indent if number else "") + line, soft_wrap=True)
