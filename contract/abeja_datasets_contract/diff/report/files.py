"""The report for programs: JSON and JUnit XML."""

import json
import re
from typing import Any

from abeja_datasets_contract.diff.report.examples import written
from abeja_datasets_contract.diff.report.findings import Finding, Report
from abeja_datasets_contract.diff.report.printing import printable
from abeja_datasets_contract.junit import Broken, Case, Suite, junit

_STEERING = re.compile("[\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
"""What JSON may hold as it is, and a terminal or an editor takes for more than text."""


def as_json(report: Report) -> str:
    """Return a report as JSON, with all that its findings hold; `report.schema.json` describes it."""
    data = {
        "old": report.old,
        "new": report.new,
        "verdict": report.verdict,
        "version_step": report.version_step,
        "counts": report.counts,
        "ignored": len(report.ignored),
        "findings": [_finding(finding) for finding in report.findings],
    }
    return _STEERING.sub(_escape, json.dumps(data, indent=2, ensure_ascii=False)) + "\n"


def _escape(match: re.Match[str]) -> str:
    return json.dumps(match[0])[1:-1]


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
        "ignored": finding.ignored or None,
    }


def as_junit(report: Report) -> str:
    """Return a report as JUnit XML: a case for each operation, which fails where something breaks or is undecided."""
    cases = [
        _case(name, [finding for finding in report.findings if name in finding.operations])
        for name in report.operations
    ]
    cases.append(_case("the document", [finding for finding in report.findings if not finding.operations]))
    return junit("abeja-datasets diff", [Suite("abeja-datasets diff", cases)]).decode()


def _case(name: str, findings: list[Finding]) -> Case:
    bad = [finding for finding in findings if finding.severity in ("breaking", "undecided") and not finding.ignored]
    rest = [finding for finding in findings if finding not in bad]
    failure = None
    if bad:
        message = printable(f"{bad[0].id}: {bad[0].sentence}")
        failure = Broken(bad[0].severity, message, "\n".join(map(_line, bad)))
    return Case("abeja-datasets.diff", printable(name), failure, output="\n".join(map(_line, rest)))


def _line(finding: Finding) -> str:
    places = [
        f"{word} {place.pointer}{f' line {place.line}' if place.line else ''}"
        for word, place in (("old", finding.old), ("new", finding.new))
        if place
    ]
    about = "; ".join([*finding.audiences, *places])
    ignored = f" ignored: {finding.ignored}" if finding.ignored else ""
    example = f" example: {written(finding.counterexample, 500)}" if finding.counterexample else ""
    return printable(f"{finding.severity}: {finding.id}: {finding.sentence} ({about}){ignored}{example}")
