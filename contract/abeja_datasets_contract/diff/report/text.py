"""The report for a person at a terminal. Elsewhere, as in a pipe or a log of CI, no line is wrapped."""

from collections.abc import Iterator

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from abeja_datasets_contract.diff.report.examples import written
from abeja_datasets_contract.diff.report.findings import Finding, Place, Report, Severity
from abeja_datasets_contract.diff.report.printing import printable
from abeja_datasets_contract.diff.report.titles import IGNORED, TITLES, by_severity

_STYLES: dict[Severity, str] = {
    "breaking": "bold red", "undecided": "bold magenta", "warning": "yellow", "compatible": "green", "docs": "dim",
}  # fmt: skip
_VERDICTS = {
    "breaking": ("bold red", "The change breaks callers."),
    "undecided": ("bold magenta", "It is not known whether the change breaks callers."),
    "compatible": ("bold green", "The change is compatible."),
    "no change": ("bold green", "There is no change."),
}
_MANY = 3
"""Operations named before the rest is counted."""
_FEW: dict[Severity, int] = {"compatible": 20, "docs": 10}
"""Findings shown of what asks nothing of anybody, before the rest is counted; `--format json` has them all."""
_LONGEST = 200
"""Characters of a value that are shown; `--format json` has all of it."""


def show(report: Report, console: Console) -> None:
    """Print a report."""
    _print(console, Text.assemble((printable(report.old), "bold"), " → ", (printable(report.new), "bold")))
    for severity, found in by_severity(report):
        _show_section(console, TITLES[severity], _STYLES[severity], found, _FEW.get(severity))
    if report.ignored:
        _show_section(console, IGNORED, "dim", report.ignored, None)
    console.print()
    style, words = _VERDICTS[report.verdict]
    step = "" if report.verdict == "no change" else f" It asks for a {report.version_step} version step."
    _print(console, Text.assemble((words, style), step))
    counts = [f"{count} {severity}" for severity, count in report.counts.items() if count]
    counts += [f"{len(report.ignored)} ignored"] if report.ignored else []
    if counts:
        _print(console, Text(", ".join(counts), style="dim"))


def _show_section(console: Console, title: str, style: str, found: list[Finding], most: int | None) -> None:
    console.print()
    _print(console, Text(f"{title} ({len(found)})", style=style))
    few = found[:most]
    for finding in few:
        for indent, text in _finding(finding):
            _print(console, text, indent)
    if len(few) < len(found):
        more = f"… and {len(found) - len(few)} more; --format json has all of them"
        _print(console, Text(more, style="dim"), 2)


def _print(console: Console, text: Text, indent: int = 0) -> None:
    """Print a text, wrapped below its own beginning in a terminal, and in one line elsewhere."""
    if console.is_terminal:
        console.print(Padding(text, (0, 0, 0, indent)))
    else:
        console.print(Text.assemble(" " * indent, text), soft_wrap=True)


def _finding(finding: Finding) -> Iterator[tuple[int, Text]]:
    """Yield the lines about a finding, each with its indent."""
    yield 2, Text(f"• {printable(finding.sentence)}")
    about = [finding.id]
    about += [f"for {', '.join(finding.audiences)}"] if finding.audiences else []
    about += [f"in {_operations(finding)}"] if finding.operations else []
    yield 4, Text("; ".join(about), style="dim")
    if finding.ignored:
        yield 4, Text(f"ignored: {printable(finding.ignored)}", style="dim")
    for place in _places(finding):
        yield 4, Text(printable(place), style="dim", overflow="fold")
    example = finding.counterexample
    if example:
        part = printable(f"{example.operation}, {example.part}")
        yield 4, Text.assemble((f"{example.says}: ", "bold"), part)
        yield 6, Text(written(example, _LONGEST), style="cyan", overflow="fold")


def _operations(finding: Finding) -> str:
    names = [printable(name) for name in finding.operations]
    more = len(names) - _MANY
    return ", ".join(names[:_MANY]) + (f" and {more} more" if more > 0 else "")


def _places(finding: Finding) -> list[str]:
    old, new = (None if place is None else _place(place) for place in (finding.old, finding.new))
    if old == new:
        return [old] if old else []
    return [f"{word} {text}" for word, text in (("old", old), ("new", new)) if text]


def _place(place: Place) -> str:
    return f"line {place.line}, {place.pointer}" if place.line else place.pointer
