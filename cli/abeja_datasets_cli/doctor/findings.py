"""What the doctor finds, as data."""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

Level = Literal["ok", "note", "warning", "problem"]


class Finding(NamedTuple):
    """One fact about the environment."""

    level: Level
    """note: information alone. warning: it works, but maybe not as meant. problem: something would not work."""
    topic: str
    """What it is about, such as `abeja.datasets` or the name of a variable."""
    text: str
    """What holds, in a sentence. It never holds a secret."""
    fix: str = ""
    """What to do about it. Each warning and each problem has one."""


class Section(NamedTuple):
    """The findings of one kind."""

    title: str
    findings: tuple[Finding, ...]


class Report(NamedTuple):
    """All findings."""

    version: str
    """The version of abeja-datasets."""
    python: str
    """The version of Python."""
    sections: tuple[Section, ...]

    def count(self, level: Level) -> int:
        """Return how many findings have this level."""
        return sum(finding.level == level for section in self.sections for finding in section.findings)

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "abeja_datasets": self.version,
            "python": self.python,
            "problems": self.count("problem"),
            "warnings": self.count("warning"),
            "sections": [
                {"title": section.title, "findings": [finding._asdict() for finding in section.findings]}
                for section in self.sections
            ],
        }


def cleaned(section: Section, clean: Callable[[str], str]) -> Section:
    """Return a section whose texts went through `clean`."""
    return Section(
        section.title, tuple(Finding(f.level, clean(f.topic), clean(f.text), clean(f.fix)) for f in section.findings)
    )
