"""What abeja-datasets requires, by extra, and what of it is there.

It reads the forms of requirement that our own metadata have, and needs no library for that.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from abeja_datasets_cli.doctor.findings import Finding
from abeja_datasets_cli.doctor.installs import OURS, find_installs, required

_REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)(?:\[[\w,-]+\])?\s*(?P<versions>[^;\[]*?)\s*(?:;(?P<marker>.*))?")
_EXTRA = re.compile(r"""extra\s*==\s*['"]([\w-]+)['"]""")
_PLATFORM = re.compile(r"""sys_platform\s*(==|!=)\s*['"](\w+)['"]""")
_CLAUSE = re.compile(r"(>=|<)\s*(\d+(?:\.\d+)*)")

_OTHER_VERSION = "installed:"


class Requirement(NamedTuple):
    """A distribution that is needed."""

    name: str
    versions: str
    """Such as `<1,>=0.28`."""
    extra: str | None
    """The extra that needs it; None for the core."""


def parse(line: str) -> Requirement | None:
    """Return a requirement of our metadata, or None where this platform does not need it.

    Raises:
        ValueError: it is of another form than ours are.
    """
    match = _REQUIREMENT.fullmatch(line)
    if match is None:
        raise ValueError(f"unknown form of requirement: {line!r}")
    marker = match["marker"] or ""
    for operator, platform in _PLATFORM.findall(marker):
        if (sys.platform == platform) != (operator == "=="):
            return None
    extra = _EXTRA.search(marker)
    return Requirement(match["name"], match["versions"], extra[1] if extra else None)


def supports(versions: str, version: Sequence[int]) -> bool:
    """Return whether a version is in a range such as `>=3.8,<3.12`. Other operators are passed over."""
    for operator, text in _CLAUSE.findall(versions):
        limit = tuple(map(int, text.split(".")))
        padded = (tuple(version) + (0,) * len(limit))[: max(len(version), len(limit))]
        if (padded < limit) != (operator == "<"):
            return False
    return True


_NOT_CHECKED: Final = ("all", "docs")
"""The first holds the others; with the second, the project builds its own site."""


def requirement_findings(path: Sequence[str]) -> Iterator[Finding]:
    """Find which requirements of the core and of each extra are missing.

    Args:
        path: the search path of programs here.
    """
    ours = next(iter(find_installs(OURS, path)), None)
    parsed = [parse(line) for line in required(ours)] if ours else []
    by_extra: dict[str | None, list[Requirement]] = {}
    for requirement in filter(None, parsed):
        by_extra.setdefault(requirement.extra, []).append(requirement)
    for extra, needed in by_extra.items():
        if extra not in _NOT_CHECKED:
            yield _found(extra, [text for requirement in needed if (text := _lack(requirement, path))])


def _found(extra: str | None, lacking: list[str]) -> Finding:
    topic = f"extra [{extra}]" if extra else "core"
    if not lacking:
        return Finding("ok", topic, "all that it requires is installed")
    text, remedy = f"lacks {', '.join(lacking)}", f"pip install --upgrade '{OURS}{f'[{extra}]' if extra else ''}'"
    if extra is None:
        return Finding("problem", topic, text, remedy)
    if any(_OTHER_VERSION in lack for lack in lacking):
        return Finding("warning", topic, text, remedy)
    return Finding("note", topic, f"{text}. To use it: pip install '{OURS}[{extra}]'")


def _lack(requirement: Requirement, path: Sequence[str]) -> str | None:
    installs = find_installs(requirement.name, path)
    if not installs:
        return requirement.name
    found = installs[0].version
    numbers = re.match(r"\d+(?:\.\d+)*", found)
    if numbers and supports(requirement.versions, tuple(map(int, numbers[0].split(".")))):
        return None
    return f"{requirement.name} {requirement.versions} ({_OTHER_VERSION} {found})"
