"""A short form of the diff between the document and that of the last commit."""

from pathlib import Path
from typing import TYPE_CHECKING

from upkeep.diff.causes import Cause, causes, where
from upkeep.generation.generating import DOCUMENT
from upkeep.git import git, is_top

if TYPE_CHECKING:
    from abeja_datasets_contract.diff import Document
    from abeja_datasets_contract.diff.report.findings import Finding

REVISION = "HEAD"
COMMAND = f"abeja-datasets diff {REVISION}:{DOCUMENT}"
_MANY = 12
"""The number of causes that are shown; the others are counted."""


def verdict(root: Path, document: "Document") -> list[str]:
    """Return what changed since the last commit, in the document and in the Python packages, and whom it breaks.

    Where there is no commit to compare with, the line says so.
    """
    from abeja_datasets_contract.diff import DocumentError, compare, load

    if reason := _nothing_before(root):
        return [f"No verdict: {reason}."]
    try:
        old = load(f"{REVISION}:{DOCUMENT}", folder=root)
        report = compare(old, document)
        if _packages_differ(root):
            from abeja_datasets_contract.diff.python_side import compare_python

            report.add(compare_python(root, REVISION))
    except DocumentError as error:
        return [f"No verdict: {error}"]
    counts = ", ".join(f"{count} {severity}" for severity, count in report.counts.items() if count)
    if not counts:
        return [f"Verdict: {report.verdict} since the last commit."]
    lines = [f"Verdict: {report.verdict} ({counts}); version step: {report.version_step}."]
    found = causes(finding for finding in report.findings if _is_shown(finding))
    lines += [_line(cause) for cause in found[:_MANY]]
    if len(found) > _MANY:
        lines.append(f"  … and {len(found) - _MANY} more")
    return [*lines, f"  All findings, with counterexamples: {COMMAND}"]


def _is_shown(finding: "Finding") -> bool:
    """Return whether a finding breaks something, or what is written against the generated code."""
    return finding.severity in ("breaking", "undecided") or (
        finding.severity == "warning" and "generated code" in finding.audiences
    )


def _line(cause: Cause) -> str:
    place = cause.place
    side = " before" if cause.is_before else ""
    line = f" ({DOCUMENT}:{place.line}{side})" if place and place.line and place.pointer.startswith("#") else ""
    return f"  {cause.severity}: {cause.sentence}{where(cause)}{line}"


def _nothing_before(root: Path) -> str:
    """Return why there is no document of the last commit; empty where there is one."""
    if not is_top(root):
        return "this folder is not the top of a git repository, so there is no last commit to compare with"
    if git(root, "rev-parse", "--verify", "--quiet", f"{REVISION}^{{commit}}") is None:
        return "nothing is committed yet, so there is nothing to compare with"
    if git(root, "cat-file", "-e", f"{REVISION}:{DOCUMENT}") is None:
        return f"the last commit has no {DOCUMENT}, so there is nothing to compare with"
    return ""


def _packages_differ(root: Path) -> bool:
    packages = ("--", "generated", "wrapper")
    changed = git(root, "diff", "--quiet", REVISION, *packages) is None
    return changed or bool(git(root, "ls-files", "--others", "--exclude-standard", *packages))
