"""Whether a project may be released as a version: what `scripts/release` checks before it builds anything.

The maintainer writes the version and the changelog, and commits them; nothing here writes to the project.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from upkeep.generation.generating import DOCUMENT, PACKAGE, InvalidDocument, compare, generated, validate
from upkeep.git import git, is_top
from upkeep.left.gaps import find_gaps
from upkeep.release import changelog, versions
from upkeep.release.versions import VERSION_FILE, Version

if TYPE_CHECKING:
    from abeja_datasets_contract.diff import Report

CHANGELOG = "CHANGELOG.md"
_MANY = 5


class Refused(Exception):
    """The release can't be made; the message is one line that says why and what to do."""


def check(root: Path, text: str, say: Callable[[str], None], begin: Callable[[str], None]) -> Version:
    """Check all that can be checked without building, the quick checks first; return the version.

    Args:
        root: the project.
        text: the version that was asked for.
        say: is called with each check that passes.
        begin: is called with what is done now, before a check that takes long.

    Raises:
        Refused: something does not hold.
    """
    version = versions.parse(text)
    if version is None:
        raise Refused(f"{text!r} is not a version; name one such as 1.2.3")
    _check_repository(root, version)
    say(f"the tree is clean, and there is no tag {version.tag} yet")
    _check_written(root, version)
    say(f"{VERSION_FILE.name} and {CHANGELOG} have {version}")
    begin("comparing the document with that of the last release, if there is one")
    _check_step(root, version, say)
    begin("checking what is left to do, as scripts/generate does: 2 to 4 minutes where mypy has not run before")
    _check_current(root)
    say("generated code is current, and nothing is left to do")
    return version


def _check_repository(root: Path, version: Version) -> None:
    if not is_top(root) or git(root, "rev-parse", "--verify", "--quiet", "HEAD^{commit}") is None:
        raise Refused("this is not a git repository with a commit; release from a clone")
    if git(root, "rev-parse", "--verify", "--quiet", f"refs/tags/{version.tag}") is not None:
        raise Refused(f"the tag {version.tag} exists already; name a later version")
    status = git(root, "status", "--porcelain")
    if status is None or status:
        files = [line[2:].strip() for line in (status or "").splitlines()]
        raise Refused(f"the working tree is not clean ({_few(files)}); commit or remove these files")


def _check_written(root: Path, version: Version) -> None:
    found = versions.written(root)
    if found != str(version):
        raise Refused(f'{VERSION_FILE} has {found!r}; write __version__ = "{version}" there, and commit it')
    try:
        text = (root / CHANGELOG).read_text(encoding="utf-8")
    except OSError as error:
        raise Refused(f"{CHANGELOG}: {error.strerror}; write it") from error
    for problem in changelog.problems(text, version):
        raise Refused(f"{CHANGELOG}: {problem}")


def _check_step(root: Path, version: Version, say: Callable[[str], None]) -> None:
    before = versions.released(root)
    if not before:
        say("this is the first release: there is no earlier one to compare with, so any version is accepted")
        return
    last = before[-1]
    if version < last:
        raise Refused(f"{version} comes before the last release, {last}; name a later version")
    report = _report(root, last)
    step, wanted = versions.step_between(last, version), versions.wanted_step(report.version_step, last)
    if not versions.is_enough(step, wanted):
        worst = report.findings[0].sentence
        raise Refused(
            f"from {last} to {version} is a {step} step, and the changes since {last.tag} ask for a {wanted} one "
            f"(first of all: {worst}); release {versions.stepped(last, wanted)}, or run "
            f"`abeja-datasets diff {last.tag}:{DOCUMENT}` for the whole"
        )
    unnamed = list(_unnamed(report, changelog.entries((root / CHANGELOG).read_text(encoding="utf-8"), version)))
    if unnamed:
        raise Refused(f"{CHANGELOG}: [{version}] names none of the operations of: {_few(unnamed)}; write an entry")
    say(f"from {last} to {version} is a {step} step; the changes since {last.tag} ask for at least a {wanted} one")


def _report(root: Path, last: Version) -> "Report":
    from abeja_datasets_contract.diff import DocumentError, compare, load
    from abeja_datasets_contract.diff.python_side import compare_python

    try:
        report = compare(load(f"{last.tag}:{DOCUMENT}", folder=root), load(DOCUMENT, folder=root))
        report.add(compare_python(root, last.tag))
    except DocumentError as error:
        raise Refused(f"the diff fails: {error}; correct that first") from error
    return report


def _unnamed(report: "Report", entries: str) -> Iterator[str]:
    """Return the changes on the wire whose operations the changelog does not name; words alone need no entry."""
    for finding in report.findings:
        named = finding.severity == "docs" or any(operation in entries for operation in finding.operations)
        if finding.operations and not named:
            yield finding.sentence


def _check_current(root: Path) -> None:
    try:
        document = validate(root)
        with generated(root, document) as fresh:
            differences = compare(fresh, root / PACKAGE)
    except InvalidDocument as error:
        raise Refused(f"{str(error).splitlines()[0]}; correct the document") from error
    if differences:
        files = [f"{difference.file} {difference.what}" for difference in differences]
        raise Refused(f"generated code is not current ({_few(files)}); run scripts/generate, and commit what it writes")
    gaps = find_gaps(root, document)
    if gaps:
        raise Refused(f"{len(gaps)} things are left to do (first of all: {gaps[0]}); scripts/generate lists them all")


def _few(words: list[str]) -> str:
    more = f" and {len(words) - _MANY} more" if len(words) > _MANY else ""
    return ", ".join(words[:_MANY]) + more
