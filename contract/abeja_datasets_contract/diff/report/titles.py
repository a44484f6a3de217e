"""How reports are divided."""

from itertools import groupby

from abeja_datasets_contract.diff.report.findings import Finding, Report, Severity

TITLES: dict[Severity, str] = {
    "breaking": "Breaking",
    "undecided": "Undecided: nothing shows whether it breaks",
    "warning": "Warnings: nothing breaks, but know of it",
    "compatible": "Compatible",
    "docs": "Words and examples",
}


def by_severity(report: Report) -> list[tuple[Severity, list[Finding]]]:
    """Give the findings of each severity that there are, the worst first."""
    return [(severity, list(found)) for severity, found in groupby(report.findings, key=lambda one: one.severity)]
