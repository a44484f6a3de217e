"""The report in Markdown, for a pull request or a release note. What is long is grouped by rule, and folded."""

from collections.abc import Iterator

from abeja_datasets_contract.diff.report.examples import written
from abeja_datasets_contract.diff.report.findings import Finding, Place, Report, Severity
from abeja_datasets_contract.diff.report.printing import printable
from abeja_datasets_contract.diff.report.titles import IGNORED, TITLES, by_severity

_LARGE = 20
"""Findings of a section before it is grouped by rule, or folded where it asks nothing of anybody."""
_GROUP = 5
"""Findings of a rule in such a section before they are folded."""
_MOST = 50
"""Findings of a rule in such a section before the rest is counted."""
_OPERATIONS = 5
"""Operations named before the rest is counted."""
_OPEN: tuple[Severity, ...] = ("breaking", "undecided")


def as_markdown(report: Report) -> str:
    """Return a report in Markdown."""
    lines = [f"# {_escaped(report.old)} → {_escaped(report.new)}", ""]
    lines += [f"**{report.verdict}**; version step: {report.version_step}", ""]
    sections = [
        (f"{TITLES[severity]} ({len(found)})", found, severity in _OPEN) for severity, found in by_severity(report)
    ]
    if report.ignored:
        sections.append((f"{IGNORED} ({len(report.ignored)})", report.ignored, False))
    if len(report.findings) > _LARGE:
        lines += [*(f"- {title}" for title, _, _ in sections), ""]
    for title, found, is_open in sections:
        lines += [f"## {title}", "", *_section(found, is_open=is_open)]
    return "\n".join(lines).rstrip() + "\n"


def _section(found: list[Finding], *, is_open: bool) -> Iterator[str]:
    if len(found) <= _LARGE:
        for finding in found:
            yield from _finding(finding)
        yield ""
        return
    if not is_open:
        yield from ("<details><summary>Show them</summary>", "")
    groups: dict[str, list[Finding]] = {}
    for finding in found:
        groups.setdefault(finding.id, []).append(finding)
    for rule, group in sorted(groups.items(), key=lambda each: -len(each[1])):
        yield from _grouped(rule, group, folded=is_open and len(group) > _GROUP)
    if not is_open:
        yield from ("</details>", "")


def _grouped(rule: str, group: list[Finding], *, folded: bool) -> Iterator[str]:
    title = f"`{rule}` ({len(group)})"
    yield f"### {title}"
    yield ""
    shown = _GROUP if folded else _MOST
    for finding in group[:shown]:
        yield from _finding(finding)
    yield ""
    if folded:
        yield from (f"<details><summary>{min(len(group), _MOST) - shown} more</summary>", "")
        for finding in group[shown:_MOST]:
            yield from _finding(finding)
        yield from ("", "</details>", "")
    if len(group) > _MOST:
        yield from (f"… and {len(group) - _MOST} more; `--format json` has all of them.", "")


def _finding(finding: Finding) -> list[str]:
    lines = [f"- {_escaped(finding.sentence)}", *_details(finding)]
    # Two spaces at its end keep a line from being joined with the next one.
    return [
        f"{line}  " if index < len(lines) - 1 and line and "~~~" not in line and index else line
        for index, line in enumerate(lines)
    ]


def _details(finding: Finding) -> Iterator[str]:
    about = [f"`{finding.id}`"]
    about += [f"for {', '.join(finding.audiences)}"] if finding.audiences else []
    about += [f"in {_operations(finding)}"] if finding.operations else []
    yield f"  {'; '.join(about)}"
    if finding.ignored:
        yield f"  ignored: {_escaped(finding.ignored)}"
    for word, place in (("old", finding.old), ("new", finding.new)):
        if place:
            yield f"  {word}: {_place(place)}"
    example = finding.counterexample
    if example:
        yield f"  {example.says}: `{_code(example.operation)}`, {_escaped(example.part)}"
        yield from ("", f"  {'~~~json' if example.form == 'value' else '~~~'}", f"  {written(example, 2000)}", "  ~~~")


def _operations(finding: Finding) -> str:
    names = [f"`{_code(name)}`" for name in finding.operations]
    more = len(names) - _OPERATIONS
    return ", ".join(names[:_OPERATIONS]) + (f" and {more} more" if more > 0 else "")


def _place(place: Place) -> str:
    return f"`{_code(place.pointer)}`" + (f", line {place.line}" if place.line else "")


def _escaped(text: str) -> str:
    """Keep the signs of Markdown and HTML in a text from being read as such; backticks are ours and stay."""
    plain = printable(text)
    for sign in ("\\", "<", "*", "_", "[", "]", "|"):
        plain = _outside_code(plain, sign)
    return plain


def _outside_code(text: str, sign: str) -> str:
    parts = text.split("`")
    return "`".join(part if index % 2 else part.replace(sign, f"\\{sign}") for index, part in enumerate(parts))


def _code(text: str) -> str:
    return printable(text).replace("`", "'")
