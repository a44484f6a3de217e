"""Known failures: clauses that a server is known to break, each with the reason. They do not fail a check."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from .document import contract_of
from .results import Verdict
from .stages import entries

_FIELDS = {"clause", "reason"}


def load(path: Path | None, document: Path | None = None) -> dict[str, str]:
    """Read known failures from YAML (a list of mappings) or JSON lines, each with `clause` and `reason`.

    Args:
        path: their file; None for no known failures.
        document: the OpenAPI document that the clauses come from; None is the installed one.

    Returns:
        The reasons by the names of their clauses.

    Raises:
        OSError: the file can't be read.
        ValueError: an entry is malformed, or names no clause; the message has the file and the line.
    """
    known: dict[str, str] = {}
    if path is None:
        return known
    names = {entry.clause.name for entry in entries(contract_of(document))}
    for line, entry in _entries(path):
        problem = _problem(entry, names, known)
        if problem:
            raise ValueError(f"{path}:{line}: {problem}")
        known[entry["clause"]] = entry["reason"].strip()
    return known


def mark(verdict: Verdict, known: Mapping[str, str]) -> Verdict:
    """Return a verdict, with the reason where its clause is known to fail."""
    return replace(verdict, known=known.get(verdict.clause.name, ""))


def _problem(entry: Any, names: set[str], known: Mapping[str, str]) -> str:
    if not isinstance(entry, dict):
        return f"{_shown(entry)} is not a mapping with `clause` and `reason`"
    clause, reason = entry.get("clause"), entry.get("reason")
    if not isinstance(clause, str) or clause not in names:
        return f"{_shown(clause)} is not a clause; `abeja-datasets check --list` names them all"
    if not isinstance(reason, str) or not reason.strip():
        return f"{clause} has no `reason`; say in a sentence why it may fail"
    if set(entry) - _FIELDS:
        return f"{_shown(min(map(str, set(entry) - _FIELDS)))} is unknown; an entry has `clause` and `reason`"
    return f"{clause} is named twice" if clause in known else ""


def _shown(value: Any) -> str:
    return repr(value)[:80]


def _entries(path: Path) -> Iterator[tuple[int, Any]]:
    """Yield the entries of a file, each with its line from 1."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ValueError(f"{path}: not UTF-8") from None
    if text.lstrip().startswith("{"):
        yield from _json_lines(path, text)
        return
    try:
        node = yaml.compose(text, yaml.CSafeLoader)
        if node is not None and not isinstance(node, yaml.SequenceNode):
            raise ValueError(
                f"{path}:{node.start_mark.line + 1}: a list of mappings with `clause` and `reason` is needed"
            )
        for each in node.value if node is not None else ():
            yield each.start_mark.line + 1, yaml.CSafeLoader("").construct_document(each)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        raise ValueError(f"{where}: can't be read as YAML ({getattr(error, 'problem', None) or error})") from None


def _json_lines(path: Path, text: str) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except (ValueError, RecursionError) as error:
                raise ValueError(f"{path}:{number}: can't be read as JSON ({error})") from None
