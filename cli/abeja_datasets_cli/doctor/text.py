"""The report as text: fitted to a terminal, elsewhere a line for each finding."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from abeja_datasets_cli.doctor.findings import Finding, Level, Report, Section

_WORDS: dict[Level, str] = {"ok": "ok", "note": "note", "warning": "warn", "problem": "FAIL"}
_STYLES: dict[Level, str] = {"ok": "green", "note": "cyan", "warning": "yellow", "problem": "bold red"}


def show(report: Report, console: Console) -> None:
    """Print a report: its sections, and at last, where the eye falls, how many problems there are."""
    console.print(Text(f"abeja-datasets {report.version}, Python {report.python}"), soft_wrap=True)
    for section in report.sections:
        console.print()
        console.print(Text(section.title, "bold"), soft_wrap=True)
        _section(section, console)
    console.print()
    console.print(_end(report))


def _section(section: Section, console: Console) -> None:
    if not console.is_terminal:
        for finding in section.findings:
            console.print(Text(f"{_WORDS[finding.level]:<4}  {finding.topic}: {finding.text}"), soft_wrap=True)
            if finding.fix:
                console.print(Text(f"      fix: {finding.fix}"), soft_wrap=True)
        return
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, min_width=max(map(len, _WORDS.values())))
    table.add_column(overflow="fold")
    for finding in section.findings:
        table.add_row(Text(_WORDS[finding.level], _STYLES[finding.level]), _described(finding))
    console.print(table)


def _described(finding: Finding) -> Text:
    text = Text.assemble((finding.topic, "bold"), f": {finding.text}", overflow="fold")
    if finding.fix:
        text.append("\nfix: ", "cyan")
        text.append(finding.fix)
    return text


def _end(report: Report) -> Text:
    problems, warnings = report.count("problem"), report.count("warning")
    counts = [f"{count} {noun}{'' if count == 1 else 's'}" for count, noun in
            ((problems, "problem"), (warnings, "warning")) if count]  # fmt: skip
    if not counts:
        return Text("No problems.", "green")
    return Text(f"{', '.join(counts)}.", _STYLES["problem" if problems else "warning"])
