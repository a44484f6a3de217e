"""The report for a person at a terminal."""

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from abeja_datasets_contract.diff.messages.messages import line
from abeja_datasets_contract.diff.report.findings import Counterexample, Finding, Place, Report, Severity
from abeja_datasets_contract.diff.report.printing import printable, shown
from abeja_datasets_contract.diff.report.titles import TITLES, by_severity

_STYLES: dict[Severity, str] = {
    "breaking": "bold red", "undecided": "bold magenta", "warning": "yellow", "compatible": "green", "docs": "dim",
}  # fmt: skip
_VERDICTS = {
    "breaking": ("bold red", "The change breaks callers."),
    "undecided": ("bold magenta", "It can't be told whether the change breaks callers."),
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
    console.print(
        Text.assemble((printable(report.old), "bold"), " → ", (printable(report.new), "bold")), soft_wrap=True
    )
    for severity, found in by_severity(report):
        console.print()
        console.print(Text(f"{TITLES[severity]} ({len(found)})", style=_STYLES[severity]))
        few = found[: _FEW.get(severity)]
        for finding in few:
            console.print(_finding(finding))
        if len(few) < len(found):
            console.print(Text(f"  … and {len(found) - len(few)} more; --format json has all of them", style="dim"))
    console.print()
    style, words = _VERDICTS[report.verdict]
    counts = ", ".join(f"{count} {severity}" for severity, count in report.counts.items() if count)
    step = "" if report.verdict == "no change" else f" It asks for a {report.version_step} version step."
    console.print(Text.assemble((words, style), step, (f"\n{counts}" if counts else "", "dim")))


def _finding(finding: Finding) -> RenderableType:
    lines: list[RenderableType] = [Text(f"• {printable(finding.sentence)}")]
    where = _places(finding)
    about = [f"for {', '.join(finding.audiences)}"] if finding.audiences else []
    if finding.operations:
        about.append(f"in {_operations(finding)}")
    lines.append(Padding(Text("; ".join(about), style="dim"), (0, 0, 0, 2)))
    if where:
        lines.append(Padding(Text(where, style="dim", overflow="fold"), (0, 0, 0, 2)))
    if finding.counterexample:
        example = finding.counterexample
        lines.append(
            Padding(Text.assemble((f"{example.says}: ", "bold"), f"{example.operation}, {example.part}"), (0, 0, 0, 2))
        )
        lines.append(Padding(Text(_shown(example), style="cyan", overflow="fold"), (0, 0, 0, 4)))
    return Padding(Group(*lines), (0, 0, 0, 2))


def _shown(example: Counterexample) -> str:
    return printable(shown(example.value, _LONGEST)) if example.form == "value" else line(example.value, _LONGEST)


def _operations(finding: Finding) -> str:
    names = [printable(name) for name in finding.operations]
    more = len(names) - _MANY
    return ", ".join(names[:_MANY]) + (f" and {more} more" if more > 0 else "")


def _places(finding: Finding) -> str:
    old, new = (None if place is None else _place(place) for place in (finding.old, finding.new))
    if old == new:
        return printable(old or "")
    parts = [f"{word} {text}" for word, text in (("old", old), ("new", new)) if text]
    return printable("\n".join(parts)) if len(parts) == 1 else "\n".join(printable(part) for part in parts)


def _place(place: Place) -> str:
    return f"line {place.line}, {place.pointer}" if place.line else place.pointer
