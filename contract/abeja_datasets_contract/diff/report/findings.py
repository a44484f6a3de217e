"""What the diff says: findings, each about one place, and the report that holds them."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

Severity = Literal["breaking", "undecided", "warning", "compatible", "docs"]
SEVERITIES: tuple[Severity, ...] = ("breaking", "undecided", "warning", "compatible", "docs")
"""From the one that matters most to the one that matters least."""
Audience = Literal["callers sending", "callers reading", "generated code", "contract check"]
AUDIENCES: tuple[Audience, ...] = ("callers sending", "callers reading", "generated code", "contract check")
Verdict = Literal["breaking", "undecided", "compatible", "no change"]


class Place(NamedTuple):
    """A place in a document: its JSON pointer, such as `#/paths/~1files/get`, and its line, from 1, if known.

    The path of another file stands before the pointer: `schemas/pet.yaml#/Pet`.
    """

    pointer: str
    line: int | None


class Counterexample(NamedTuple):
    """What shows a break: a value that one document accepts and the other refuses, or a whole request or response.

    Attributes:
        operation: the operation it is shown for.
        part: what it is a value of, such as `request body (application/json)` or `response 200 (application/json)`;
            `request` or `response 404` of a whole one.
        value: the value; of a whole request or response an object, as `messages` describes it.
        old: the pointer of the schema that it was checked against in the old document; of a whole one, that of its
            operation, or `#/paths` where there is none.
        new: the same in the new document.
        taken_by: the document that accepts it; the other one refuses it, or does not describe the whole.
        form: what it is.
    """

    operation: str
    part: str
    value: Any
    old: str
    new: str
    taken_by: Literal["old", "new"]
    form: Literal["value", "request", "response"] = "value"

    @property
    def says(self) -> str:
        """What it shows, in plain words."""
        if self.taken_by == "new":
            return "may come now, never described before"
        return "described before, not any more" if self.form == "request" else "accepted before, refused now"


@dataclass
class Finding:
    """One thing that changed.

    Attributes:
        id: the rule it was found by; it stays from release to release. `docs/diff-rules.md` lists all of them.
        severity: `breaking`; `undecided`, where nothing could show whether it breaks; `warning`, for what breaks
            nothing but should be known; `compatible`; `docs`, for words and examples alone.
        audiences: whom it concerns.
        sentence: what changed, in plain words.
        old: where it stands in the old document; None where it is not in it.
        new: the same for the new document.
        operations: whom it reaches, as `get_dataset` or, without an operationId, `GET /datasets`.
        counterexample: a value that shows a break, if one could be made and was confirmed.
        ignored: why it does not count, where the file of `--ignore` names it; empty for one that counts.
    """

    id: str
    severity: Severity
    audiences: tuple[Audience, ...]
    sentence: str
    old: Place | None = None
    new: Place | None = None
    operations: tuple[str, ...] = ()
    counterexample: Counterexample | None = None
    ignored: str = ""


@dataclass
class Report:
    """What changed between two documents.

    Attributes:
        old: what the old document is called.
        new: what the new one is called.
        findings: the worst first.
        operations: all operations of both documents.
    """

    old: str
    new: str
    findings: list[Finding] = field(default_factory=list)
    operations: tuple[str, ...] = ()

    @property
    def counted(self) -> list[Finding]:
        """The findings that are not ignored."""
        return [finding for finding in self.findings if not finding.ignored]

    @property
    def ignored(self) -> list[Finding]:
        """The findings that are ignored."""
        return [finding for finding in self.findings if finding.ignored]

    @property
    def verdict(self) -> Verdict:
        """The worst of the findings that count: warnings and docs are compatible."""
        severities = {finding.severity for finding in self.counted}
        if not self.findings:
            return "no change"
        return "breaking" if "breaking" in severities else "undecided" if "undecided" in severities else "compatible"

    @property
    def version_step(self) -> Literal["major", "minor", "patch"]:
        """The step of the version number that is asked for (semver.org): what is undecided may break."""
        severities = {finding.severity for finding in self.counted}
        if severities & {"breaking", "undecided"}:
            return "major"
        return "minor" if severities & {"warning", "compatible"} else "patch"

    @property
    def counts(self) -> dict[Severity, int]:
        """How many findings that count there are of each severity, none left out."""
        tally = Counter(finding.severity for finding in self.counted)
        return {severity: tally[severity] for severity in SEVERITIES}

    def exit_code(self, fail_on: Severity = "undecided") -> int:
        """Return what a command exits with: 1 where a finding counts that is as bad as `fail_on`, or worse; else 0."""
        worst = SEVERITIES.index(fail_on)
        return int(any(SEVERITIES.index(finding.severity) <= worst for finding in self.counted))

    def add(self, findings: list[Finding]) -> None:
        """Add findings, and put the worst first."""
        self.findings = sorted([*self.findings, *findings], key=lambda finding: SEVERITIES.index(finding.severity))
