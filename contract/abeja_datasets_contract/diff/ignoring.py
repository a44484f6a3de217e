"""Findings that are known and accepted: a file names each by its id and place, with the reason. They do not count."""

import re
from pathlib import Path
from typing import Any, NamedTuple

from abeja_datasets_contract.diff.catalogue import IDS
from abeja_datasets_contract.diff.report.findings import Finding, Place, Report
from abeja_datasets_contract.openapi.errors import DocumentError
from abeja_datasets_contract.openapi.texts.files import open_file
from abeja_datasets_contract.openapi.texts.text import decode
from abeja_datasets_contract.openapi.texts.yaml_text import YamlText

_FIELDS = ("id", "place", "reason")
_NAMED = 3
"""As many places as a message names."""
_NEEDED = "an entry has `id`, `place` and `reason`"


class Entry(NamedTuple):
    """A finding to ignore.

    Attributes:
        line: its line in the file, from 1.
        id: the id of the finding.
        place: where the finding stands in the old or the new document, as reports write it; `*` stands for any text.
        reason: why it does not count.
    """

    line: int
    id: str
    place: str
    reason: str

    def names(self, finding: Finding) -> bool:
        """Return whether it is about a finding."""
        return self.id == finding.id and any(self._is_at(place) for place in (finding.old, finding.new))

    def _is_at(self, place: Place | None) -> bool:
        pattern = ".*".join(re.escape(part) for part in self.place.split("*"))
        return re.fullmatch(pattern, place.pointer if place else "", re.DOTALL) is not None


def load_ignored(path: Path) -> list[Entry]:
    """Read the findings to ignore from a file: a list in YAML or JSON.

    Raises:
        DocumentError: it can't be read, or an entry is malformed; the message has the file and the line.
    """
    name = str(path)
    text = YamlText(decode(open_file(path, name).raw, name), name)
    if text.data is not None and not isinstance(text.data, list):
        raise DocumentError(f"{name}, line 1: a list is expected here; {_NEEDED}")
    found: list[Entry] = []
    for index, raw in enumerate(text.data or []):
        line = text.line([str(index)]) or 1
        problem = _problem(raw)
        if problem:
            raise DocumentError(f"{name}, line {line}: {problem}")
        found.append(Entry(line, raw["id"], raw["place"], raw["reason"].strip()))
    return found


def _problem(raw: Any) -> str:
    if not isinstance(raw, dict):
        return f"{_shown(raw)} is not an entry; {_NEEDED}"
    if not isinstance(raw.get("id"), str) or raw["id"] not in IDS:
        return f"{_shown(raw.get('id'))} is not an id of a finding; docs/diff-rules.md lists all of them"
    for field in ("place", "reason"):
        if not isinstance(raw.get(field), str) or not raw[field].strip():
            fix = "write its pointer, or '*' for any" if field == "place" else "say in a sentence why it does not count"
            return f"{raw['id']} has no `{field}`; {fix}"
    others = [key for key in raw if key not in _FIELDS]
    return f"{_shown(others[0])} is unknown; {_NEEDED}" if others else ""


def _shown(value: Any) -> str:
    return repr(value)[:80]


def ignore(report: Report, entries: list[Entry]) -> list[Entry]:
    """Mark the findings of a report that entries name, and return the entries that name none."""
    used: set[Entry] = set()
    for finding in report.findings:
        entry = next((entry for entry in entries if entry.names(finding)), None)
        if entry:
            finding.ignored = entry.reason
            used.add(entry)
    return [entry for entry in entries if entry not in used]


def why_unused(entry: Entry, report: Report) -> str:
    """Return why an entry that `ignore` returned names no finding, and what to do about it."""
    places = dict.fromkeys(_shown_at(each) for each in report.findings if each.id == entry.id)
    if not places:
        return "no finding has this id; remove the entry"
    if any(entry.names(finding) for finding in report.findings):
        return "an entry before it names the same; remove the entry"
    left = len(places) - _NAMED
    more = f" and {left:,} more" if left > 0 else ""
    return f"no finding has this id at this place; it is at {', '.join([*places][:_NAMED])}{more}"


def _shown_at(finding: Finding) -> str:
    place = finding.new or finding.old
    return place.pointer if place else "no place"
