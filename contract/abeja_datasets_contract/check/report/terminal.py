"""The report in a terminal, in colour and fitted to its width; elsewhere as plain lines, one for each clause."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from abeja_datasets_contract.check.results import Failure, Report, Status, Verdict

from .failures import SHOWN, Part, parts
from .figures import Group, groups, outcome, reasons, unchecked
from .printable import one_line, plural, seconds

_STYLES = {Status.PASS: "green", Status.FAIL: "bold red", Status.NOT_CHECKED: "yellow"}
_WORDS = {Status.PASS: "pass", Status.FAIL: "FAIL", Status.NOT_CHECKED: "not checked"}
_LABELS = 10
"""Columns that labels of a failure take."""


def show(report: Report, console: Console) -> None:
    """Print a report: the clauses by group, each failure, and at last, where the eye falls, the outcome."""
    for group in groups(report.verdicts):
        _group(group, console)
    for verdict in report.verdicts:
        _failures(verdict, console)
    _end(report, console)


def _group(group: Group, console: Console) -> None:
    console.print()
    console.print(Text.assemble((one_line(group.name), "bold"), ("  " + group.tally, "dim")), soft_wrap=True)
    if not console.is_terminal:
        for verdict in group.verdicts:
            row = f"{_WORDS[verdict.status]:<11}  {one_line(verdict.clause.name)}  {_note(verdict)}"
            console.print(Text(row), soft_wrap=True)
        return
    table = Table.grid(padding=(0, 2, 0, 0), expand=False)
    table.add_column(no_wrap=True, min_width=len(_WORDS[Status.NOT_CHECKED]))
    table.add_column(overflow="fold", max_width=max(24, console.width // 2))
    table.add_column(overflow="fold", ratio=1)
    for verdict in group.verdicts:
        style = _STYLES[verdict.status]
        kept = verdict.status is Status.PASS
        note = Text(_note(verdict), style="dim" if kept else "", overflow="ellipsis", no_wrap=kept)
        table.add_row(
            Text(_WORDS[verdict.status], style), Text(one_line(verdict.clause.name), "" if kept else style), note
        )
    console.print(table)


def _note(verdict: Verdict) -> str:
    """Say what is worth saying of a clause in its row."""
    if verdict.status is Status.NOT_CHECKED:
        return one_line(verdict.reason or "no reason was given")
    promise = one_line(verdict.clause.promise)
    count = len(verdict.failures)
    more = [plural(count, "failure")] if count > 1 else []
    more += [one_line(verdict.note)] if verdict.note else []
    return f"{promise} ({'; '.join(more)})" if more else promise


def _failures(verdict: Verdict, console: Console) -> None:
    if verdict.status is not Status.FAIL:
        return
    count = len(verdict.failures)
    console.print()
    if console.is_terminal:
        console.rule(style="red")
    title = Text.assemble(("FAIL ", "bold red"), (one_line(verdict.clause.name), "bold"))
    console.print(title, soft_wrap=True)
    for index, failure in enumerate(verdict.failures[:SHOWN], 1):
        if count > 1:
            console.print(Text(("\n" if index > 1 else "") + f"{index} of {count}", "dim"))
        _failure(failure, console, first=index == 1)
    if count > SHOWN:
        console.print(
            Text(f"… and {plural(count - SHOWN, 'failure')} more of this clause; --report DIR has them", "dim")
        )


def _failure(failure: Failure, console: Console, *, first: bool) -> None:
    for part in parts(failure):
        if part.label in ("promise", "source") and not first:
            continue  # the same for each failure of a clause
        _part(part, console)


def _part(part: Part, console: Console) -> None:
    label = Text(f"  {part.label:<{_LABELS}}", "cyan")
    if part.copied:
        # Flush left, and broken by the terminal alone: so it is copied as it stands.
        console.print(label)
        console.print(Text(part.text), soft_wrap=True)
        return
    style = {"came": "red", "promised": "green"}.get(part.label, "")
    if not console.is_terminal:
        lines = part.text.split("\n")
        console.print(label + Text(lines[0]), soft_wrap=True)
        for line in lines[1:]:
            console.print(Text(" " * (_LABELS + 2) + line), soft_wrap=True)
        return
    grid = Table.grid()
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold", ratio=1)
    grid.add_row(label, Text(part.text, style))
    console.print(grid)


def _end(report: Report, console: Console) -> None:
    console.print()
    if console.is_terminal:
        console.rule(style="dim")
    for reason, count in reasons(report):
        console.print(
            Text(f"{count} not checked: {one_line(reason or 'no reason was given')}", "yellow"), soft_wrap=True
        )
    for left in report.left_behind:
        console.print(Text(f"left behind: {one_line(left)}", "bold yellow"), soft_wrap=True)
    if report.stopped is not None:
        console.print(Text(f"ended early: {one_line(report.stopped)}", "bold yellow"), soft_wrap=True)
    took = f"{plural(len(report.exchanges), 'request')} in {seconds(report.seconds)}, {report.mode}, seed {report.seed}"
    console.print(Text(f"{one_line(report.url)}: {took}", "dim"), soft_wrap=True)
    style = "bold red" if report.exit_code == 1 else "bold green" if report.exit_code == 0 else "bold yellow"
    console.print(
        Text(" ".join(filter(None, (outcome(report), unchecked(report)))), style), soft_wrap=not console.is_terminal
    )
