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
        """The name of its tag."""
        return f"v{self}"


def parse(text: str) -> Version | None:
    """Parse `1.2.3`; return None for any other text. There are no pre-releases (`1.2.3rc1`) here."""
    match = re.fullmatch(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)", text)
    return Version(*map(int, match.groups())) if match else None


def released(root: Path) -> list[Version]:
    """List the versions that are tagged, the greatest last."""
    tags = (git(root, "tag", "--list", "v*") or "").split()
    return sorted(version for tag in tags if (version := parse(tag.removeprefix("v"))))


def written(root: Path) -> str:
    """Return the version of the distribution; empty where the file has none."""
    match = re.search(r'^__version__ = "(.*)"$', (root / VERSION_FILE).read_text(encoding="utf-8"), re.MULTILINE)
    return match[1] if match else ""


def step_between(old: Version, new: Version) -> Step:
    """Return which part of a version goes up."""
    return "major" if new.major != old.major else "minor" if new.minor != old.minor else "patch"


def wanted_step(asked: Step, old: Version) -> Step:
    """Return the step that a change must be released with.

    Before 1.0.0 anything may change (semver.org, 4). There a break and an addition both need a new minor version, as
    the FAQ of semver.org advises.
    """
    return "minor" if asked == "major" and old.major == 0 else asked


def is_enough(step: Step, wanted: Step) -> bool:
    """Return whether a step is at least the wanted one."""
    return _STEPS.index(step) >= _STEPS.index(wanted)


def stepped(old: Version, step: Step) -> Version:
    """Return the version after a step."""
    if step == "major":
        return Version(old.major + 1, 0, 0)
    return Version(old.major, old.minor + 1, 0) if step == "minor" else old._replace(patch=old.patch + 1)
