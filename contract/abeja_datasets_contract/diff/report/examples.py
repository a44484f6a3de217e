"""Counterexamples in one line."""

from abeja_datasets_contract.diff.messages.messages import line
from abeja_datasets_contract.diff.report.findings import Counterexample
from abeja_datasets_contract.diff.report.printing import printable, shown


def written(example: Counterexample, most: int) -> str:
    """Return the value, request or response of a counterexample in one line, shortened to about `most` characters."""
    return printable(shown(example.value, most)) if example.form == "value" else line(example.value, most)
