"""CHANGELOG.md, in the form of Keep a Changelog."""

import datetime as dt
import re
from collections.abc import Iterator

from upkeep.release.versions import Version

KINDS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
_UNRELEASED = "Unreleased"
_AGO, _AHEAD = 7, 1
"""Days by which the date of a release may differ from today: a review takes some, and elsewhere it is tomorrow."""


def sections(text: str) -> dict[str, tuple[str, str]]:
    """Return, by version, the rest of its heading and the text below it."""
    parts = re.split(r"^## \[([^\]]+)\](.*)$", text, flags=re.MULTILINE)
    return {name: (rest.strip(), body) for name, rest, body in zip(parts[1::3], parts[2::3], parts[3::3], strict=True)}


def problems(text: str, version: Version) -> Iterator[str]:
    """Yield what a changelog lacks for a release, each as a line that says what to do."""
    found = sections(text)
    name = str(version)
    today = dt.date.today()  # noqa: DTZ011 - the day where it is released
    heading = f"`## [{version}] - {today}`"
    if name not in found:
        yield f"it has no section {heading}; move what is under [{_UNRELEASED}] into it"
        return
    rest, body = found[name]
    date = _date(rest)
    if date is None:
        yield f"the heading of [{version}] has no date; write it as {heading}"
    elif not -_AHEAD <= (today - date).days <= _AGO:
        yield f"the date of [{version}] is {date}, not one of the last {_AGO} days; write it as {heading}"
    if not re.search(r"^- \S", body, re.MULTILINE):
        yield f"the section [{version}] has no entry; write one for each difference"
    for kind in re.findall(r"^### (.*)$", body, re.MULTILINE):
        if kind not in KINDS:
            yield f"the section [{version}] has the heading {kind!r}; Keep a Changelog has {', '.join(KINDS)}"
    if _UNRELEASED not in found:
        yield f"the section [{_UNRELEASED}] is gone; leave an empty one at the top"
    elif re.search(r"^- \S", found[_UNRELEASED][1], re.MULTILINE):
        yield f"entries are left under [{_UNRELEASED}]; move them into [{version}]"
    numbered = [entry for entry in found if entry != _UNRELEASED]
    if numbered[0] != name:
        yield f"[{version}] is not above [{numbered[0]}]; the newest version goes first"


def entries(text: str, version: Version) -> str:
    """Return the text of a version's section."""
    return sections(text)[str(version)][1].strip()


def _date(rest: str) -> dt.date | None:
    """Return the date that follows a version in its heading; None for anything else."""
    if not re.fullmatch(r"- \d{4}-\d{2}-\d{2}", rest):
        return None
    try:
        return dt.date.fromisoformat(rest[2:])
    except ValueError:
        return None
