"""Version numbers, and the step that a change asks for (semver.org)."""

import re
from pathlib import Path
from typing import Literal, NamedTuple

from upkeep.git import git

Step = Literal["major", "minor", "patch"]
_STEPS: tuple[Step, ...] = ("patch", "minor", "major")
VERSION_FILE = Path("wrapper/abeja_datasets/_version.py")


class Version(NamedTuple):
    """A released version: major, minor and patch."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return ".".join(map(str, self))

    @property
    def tag(self) -> str:
        """What git calls it."""
        return f"v{self}"


def parse(text: str) -> Version | None:
    """Read `1.2.3`; None where it is no such text. Versions before a release (`1.2.3rc1`) are not made here."""
    match = re.fullmatch(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)", text)
    return Version(*map(int, match.groups())) if match else None


def released(root: Path) -> list[Version]:
    """List the versions that are tagged, the greatest last."""
    tags = (git(root, "tag", "--list", "v*") or "").split()
    return sorted(version for tag in tags if (version := parse(tag.removeprefix("v"))))


def written(root: Path) -> str:
    """Give the version that the distribution says it is; empty where it says none."""
    match = re.search(r'^__version__ = "(.*)"$', (root / VERSION_FILE).read_text(encoding="utf-8"), re.MULTILINE)
    return match[1] if match else ""


def step_between(old: Version, new: Version) -> Step:
    """Tell which part of a version goes up."""
    return "major" if new.major != old.major else "minor" if new.minor != old.minor else "patch"


def wanted_step(asked: Step, old: Version) -> Step:
    """Give the step that a change must be released with.

    Before 1.0.0 anything may change (semver.org, 4), and a new minor version is what tells of it: of a break as well as
    of an addition, as its questions and answers advise.
    """
    return "minor" if asked == "major" and old.major == 0 else asked


def is_enough(step: Step, wanted: Step) -> bool:
    """Tell whether a step is at least the one that is wanted."""
    return _STEPS.index(step) >= _STEPS.index(wanted)


def stepped(old: Version, step: Step) -> Version:
    """Give the version that a step leads to."""
    if step == "major":
        return Version(old.major + 1, 0, 0)
    return Version(old.major, old.minor + 1, 0) if step == "minor" else old._replace(patch=old.patch + 1)
