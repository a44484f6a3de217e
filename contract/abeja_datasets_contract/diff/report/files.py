"""The report for programs and pages: JSON, Markdown and JUnit XML."""

import json
from typing import Any

from abeja_datasets_contract.diff.messages.messages import line
from abeja_datasets_contract.diff.report.findings import Counterexample, Finding, Place, Report
from abeja_datasets_contract.diff.report.printing import printable, shown
from abeja_datasets_contract.diff.report.titles import TITLES, by_severity
from abeja_datasets_contract.junit import Broken, Case, Suite, junit


def as_json(report: Report) -> str:
    """Write a report as JSON, with all that its findings hold; `report.schema.json` beside this module describes it."""
    data = {
        "old": report.old,
        "new": report.new,
        "verdict": report.verdict,
        "version_step": report.version_step,
        "counts": report.counts,
        "findings": [_finding(finding) for finding in report.findings],
    }
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _finding(finding: Finding) -> dict[str, Any]:
    example = finding.counterexample
    return {
        "id": finding.id,
        "severity": finding.severity,
        "audiences": list(finding.audiences),
        "sentence": finding.sentence,
        "old": finding.old._asdict() if finding.old else None,
        "new": finding.new._asdict() if finding.new else None,
        "operations": list(finding.operations),
        "counterexample": example._asdict() if example else None,
    }


def as_markdown(report: Report) -> str:
    """Write a report as Markdown, for a pull request or a release note."""
    lines = [f"# {_escaped(report.old)} → {_escaped(report.new)}", ""]
    lines += [f"**{report.verdict}**; version step: {report.version_step}", ""]
    for severity, findings in by_severity(report):
        lines += [f"## {TITLES[severity]} ({len(findings)})", ""]
        for finding in findings:
            lines += [f"- {_escaped(finding.sentence)}", *_details(finding)]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _details(finding: Finding) -> list[str]:
    lines = []
    about = [f"for {', '.join(finding.audiences)}"] if finding.audiences else []
    about += [f"in {', '.join(f'`{_code(name)}`' for name in finding.operations)}"] if finding.operations else []
    lines += [f"  {'; '.join(about)}"] if about else []
    lines += [f"  old: {_place(finding.old)}"] if finding.old else []
    lines += [f"  new: {_place(finding.new)}"] if finding.new else []
    example = finding.counterexample
    if example:
        lines += [f"  {example.says}: `{_code(example.operation)}`, {_escaped(example.part)}"]
        fence = "~~~json" if example.form == "value" else "~~~"
        lines += ["", f"  {fence}", f"  {_example(example, 2000)}", "  ~~~"]
    return [
        f"{line}  " if index < len(lines) - 1 and line and "~~~" not in line else line
        for index, line in enumerate(lines)
    ]


def _example(example: Counterexample, most: int) -> str:
    return shown(example.value, most) if example.form == "value" else line(example.value, most)


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


def as_junit(report: Report) -> str:
    """Write a report as JUnit XML: a test case an operation, which fails where something breaks or is undecided."""
    cases = [
        _case(name, [finding for finding in report.findings if name in finding.operations])
        for name in report.operations
    ]
    cases.append(_case("the document", [finding for finding in report.findings if not finding.operations]))
    return junit("abeja-datasets diff", [Suite("abeja-datasets diff", cases)]).decode()


def _case(name: str, findings: list[Finding]) -> Case:
    bad = [finding for finding in findings if finding.severity in ("breaking", "undecided")]
    rest = [finding for finding in findings if finding not in bad]
    failure = None
    if bad:
        failure = Broken(bad[0].severity, printable(bad[0].sentence), "\n".join(map(_line, bad)))
    return Case("abeja-datasets.diff", printable(name), failure, output="\n".join(map(_line, rest)))


def _line(finding: Finding) -> str:
    places = [
        f"{word} {place.pointer}{f' line {place.line}' if place.line else ''}"
        for word, place in (("old", finding.old), ("new", finding.new))
        if place
    ]
    example = f" example: {_example(finding.counterexample, 500)}" if finding.counterexample else ""
    return printable(f"{finding.severity}: {finding.sentence} ({'; '.join([*finding.audiences, *places])}){example}")
