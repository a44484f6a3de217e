"""How reports are divided."""

from itertools import groupby

from abeja_datasets_contract.diff.report.findings import Finding, Report, Severity

IGNORED = "Ignored: each with its reason"
TITLES: dict[Severity, str] = {
    "breaking": "Breaking",
    "undecided": "Undecided: nothing shows whether it breaks",
    "warning": "Warnings: nothing breaks, but you should know",
    "compatible": "Compatible",
    "docs": "Words and examples",
}


def by_severity(report: Report) -> list[tuple[Severity, list[Finding]]]:
    """Return the findings that count of each severity that there are, the worst first."""
    return [(severity, list(found)) for severity, found in groupby(report.counted, key=lambda one: one.severity)]
