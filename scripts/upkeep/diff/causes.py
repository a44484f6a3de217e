"""The findings of a diff, folded: one sentence for each cause, however many places it shows in.

A renamed parameter is one cause, and dozens of findings: two for each generated function that has it.
"""

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from abeja_datasets_contract.diff.report.findings import Finding, Place

_PYTHON = re.compile(r"Python: (?P<path>[\w.]+)(?:\((?P<parameter>\w+)\))?(?::)? (?P<what>.*)")
_SUBJECT = re.compile(r"`(?P<top>\w+)(?P<rest>[^`]*)` in (?P<what>(?:requests|responses): .*)")
_NAMED = 3
"""The number of names that are shown of many."""
_ALIKE = 3
"""Of more causes of one kind than this, the first is shown, with the names of the others."""
_GONE, _NEW = "parameter was removed", "parameter was added as required"


class Cause(NamedTuple):
    """Something that changed.

    Attributes:
        severity: that of its findings.
        sentence: what changed.
        place: where, if it is in the document.
        is_before: whether that is in the document before.
        names: the operations that it reaches, or where else it shows.
        kind: the rule that found it.
    """

    severity: str
    sentence: str
    place: "Place | None"
    is_before: bool
    names: tuple[str, ...]
    kind: str


def causes(findings: "Iterable[Finding]") -> list[Cause]:
    """Fold findings into their causes, in the order of the first finding of each."""
    groups: dict[tuple[str, ...], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.severity, finding.id, *_key(finding)), []).append(finding)
    return list(_alike(_explained(list(_renamed([_cause(group) for group in groups.values()])))))


def _key(finding: "Finding") -> tuple[str, ...]:
    """Return what the findings of one cause have in common."""
    python = _PYTHON.fullmatch(finding.sentence)
    if python and python["parameter"]:
        return python["parameter"], python["what"]
    if python:
        # A model is a class, its module, and a TypedDict; an attribute is in each model that extends its own.
        parts = python["path"].split(".")
        return _plain(parts[-1]), python["what"]
    subject = _SUBJECT.fullmatch(finding.sentence)
    return (subject["rest"], subject["what"]) if subject else (finding.sentence,)


def _cause(group: "list[Finding]") -> Cause:
    first = group[0]
    python = _PYTHON.fullmatch(first.sentence)
    names = [name for finding in group for name in finding.operations]
    sentence = first.sentence
    if python and python["parameter"]:
        names = [_function(finding.sentence) for finding in group]
        sentence = "Python: the " + python["what"].replace("parameter", f"parameter {python['parameter']}", 1)
    elif len(group) > 1 and (also := list(_others(group))):
        sentence = f"{sentence} (also in {_few(also)})"
    place = first.new or first.old
    return Cause(first.severity, sentence, place, first.new is None, tuple(dict.fromkeys(names)), first.id)


def _function(sentence: str) -> str:
    """Return the operation of a generated function, which is its module, or the function itself."""
    path = sentence.removeprefix("Python: ").partition("(")[0].split(".")
    return path[-2] if "api" in path else ".".join(path[-2:])


def _others(group: "list[Finding]") -> Iterator[str]:
    """Yield where a cause shows besides the first finding."""
    seen = {_owner(group[0].sentence)}
    for finding in group[1:]:
        if (owner := _owner(finding.sentence)) not in seen:
            seen.add(owner)
            yield owner


def _owner(sentence: str) -> str:
    """Return the class that a sentence is about, or that of the attribute."""
    if subject := _SUBJECT.fullmatch(sentence):
        return subject["top"]
    path = sentence.removeprefix("Python: ").partition(" ")[0].rstrip(":").split(".")
    is_attribute = path[-2][:1].isupper()
    return path[-2] if is_attribute else _plain(path[-1])


def _renamed(found: list[Cause]) -> Iterator[Cause]:
    """Put together the parameter that is gone from some functions, and the one that is new in the same."""
    gone = {cause.names: cause for cause in found if _GONE in _whole(cause)}
    new = {cause.names: cause for cause in found if _NEW in _whole(cause)}
    for cause in found:
        if cause.names in gone.keys() & new.keys() and (cause is gone[cause.names] or cause is new[cause.names]):
            if cause is gone[cause.names]:
                before, after = (one[cause.names].sentence.split()[3] for one in (gone, new))
                yield cause._replace(sentence=f"Python: the parameter {before} is now called {after}")
        else:
            yield cause


def _whole(cause: Cause) -> str:
    """Return the sentence about a parameter without its name."""
    return re.sub(r"the parameter \w+", "parameter", cause.sentence)


def _explained(found: list[Cause]) -> list[Cause]:
    """Leave out what follows in Python from a change of the document, which then is as severe as both."""
    from abeja_datasets_contract.diff.report.findings import SEVERITIES

    order: list[str] = [*SEVERITIES]
    shown = {index: cause for index, cause in enumerate(found) if not cause.sentence.startswith("Python: ")}
    for index, cause in enumerate(found):
        if index not in shown:
            source = next((at for at, other in shown.items() if at != index and _explains(other, cause)), None)
            if source is None:
                shown[index] = cause
            else:
                worst = min(shown[source].severity, cause.severity, key=order.index)
                shown[source] = shown[source]._replace(severity=worst)
    return sorted((shown[index] for index in sorted(shown)), key=lambda cause: order.index(cause.severity))


def _explains(cause: Cause, python: Cause) -> bool:
    """Return whether a change of the document is why a name of the generated code changed."""
    if cause.sentence.startswith("Python: "):
        return False
    words = {_plain(word) for word in (*re.findall(r"\w+", cause.sentence), *cause.names)}
    if python.kind == "python-attribute-changed-type" and "`type` changed" not in cause.sentence:
        return False
    if found := re.match(r"Python: the parameter (\w+)", python.sentence):
        return _plain(found[1]) in words and bool({*cause.names} & {*python.names})
    path = python.sentence.removeprefix("Python: ").partition(" ")[0].rstrip(":").split(".")
    of_a_class = path[-2][:1].isupper()
    return _plain(path[-1]) in words and (not of_a_class or _plain(path[-2]) in words)


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def _alike(found: Iterable[Cause]) -> Iterator[Cause]:
    """Fold what many causes of one kind say, such as that an operation was removed."""
    kinds: dict[tuple[str, str], list[Cause]] = {}
    for cause in found:
        kinds.setdefault((cause.severity, cause.kind), []).append(cause)
    for causes_ in kinds.values():
        if len(causes_) <= _ALIKE:
            yield from causes_
            continue
        names = dict.fromkeys(name for cause in causes_[1:] for name in cause.names)
        also = f": {_few([*names])}" if names else ""
        sentence = f"{causes_[0].sentence}, and {len(causes_) - 1} more like this{also}"
        yield causes_[0]._replace(sentence=sentence, names=causes_[0].names if not names else ())


def where(cause: Cause) -> str:
    """Return the operations of a cause that its sentence does not name, for the end of a line."""
    names = [name for name in cause.names if name not in cause.sentence]
    return f"; in {_few(names)}" if names else ""


def _few(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED + 1 else ""
    return ", ".join(names[:_NAMED] if more else names) + more
