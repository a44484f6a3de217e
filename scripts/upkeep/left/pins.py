"""Numbers that follow an earlier document: defaults in the library, and values in tests that its bounds decide on."""

import operator
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, NamedTuple

from upkeep.document import modules
from upkeep.document.contract import Part, operations_of
from upkeep.left.project import DOCUMENT, Gap, Project

_VALUES = {
    "minimum": operator.ge, "maximum": operator.le, "exclusiveMinimum": operator.gt, "exclusiveMaximum": operator.lt,
}  # fmt: skip
_LENGTHS = {"minLength": operator.ge, "maxLength": operator.le}
_QUOTES = "tests/wrapper/test_docstrings.py"
"""A test that repeats the examples of the published reference."""
_Facts = Mapping[str, Any]


class _Pin(NamedTuple):
    """How a number is found: where, beside which words, and whether it is one that the change is about."""

    folder: str
    pattern: str
    is_meant: Callable[[int], bool]


def gaps(project: Project) -> Iterator[Gap]:
    """Yield the defaults that are not those of the document, and the numbers that fit only its last commit."""
    yield from _defaults(project)
    if project.before is None:
        return
    earlier = {
        (one.name, part.location, part.name): part.schema
        for one in operations_of(project.before)
        for part in (*one.parameters, *one.fields)
    }
    for operation in project.operations:
        for part in (*operation.parameters, *operation.fields):
            before = earlier.get((operation.name, part.location, part.name), part.schema)
            for pin in _pins(part, before):
                for where, what in _found(project, pin):
                    fact = f"it has {what} for {part.name}, by the {DOCUMENT} of the last commit; correct it"
                    yield Gap(where, fact, project.the_part(operation, part))


def _defaults(project: Project) -> Iterator[Gap]:
    known: dict[str, list[Any]] = {}
    for part in (part for operation in project.operations for part in operation.parameters):
        known.setdefault(part.name.lower(), []).append(part.schema.get("default"))
    for name, defaults in known.items():
        constant = rf"(?i)^\w*DEFAULT_{re.escape(name)}(?:: Final)? = (\d[\d_]*)$"
        pin = _Pin(str(modules.WRAPPER), constant, _is_none_of(defaults))
        for where, what in _found(project, pin):
            yield Gap(where, f"it has {what} for {name}, which is not its default in {DOCUMENT}", "defaults")


def _is_none_of(values: Collection[Any]) -> Callable[[int], bool]:
    return lambda number: number not in values


def _pins(part: Part, before: _Facts) -> Iterator[_Pin]:
    """Yield what to look for after a change of the schema of a parameter or a field."""
    name = re.escape(part.name)
    for bounds, words in (
        (_VALUES, rf"(?<!\w){name}\W{{1,6}}(\d[\d_]*)(?![\w.])"),
        (_LENGTHS, rf"(?i){name}.*[\"'] \* (\d[\d_]*)(?!\w)"),
    ):
        if any(before.get(key) != part.schema.get(key) for key in bounds):
            yield from (_Pin(folder, words, _at_a_bound(before, part.schema, bounds)) for folder in ("tests", "bench"))


def _at_a_bound(before: _Facts, now: _Facts, bounds: Mapping[str, Callable[[Any, Any], bool]]) -> Callable[[int], bool]:
    """Return whether a number is at an earlier bound, or next to it, and either only then allowed or only now."""

    def allows(schema: _Facts, number: int) -> bool:
        return all(holds(number, schema[key]) for key, holds in bounds.items() if key in schema)

    def is_meant(number: int) -> bool:
        is_near = any(abs(number - before[key]) <= 1 for key in bounds if key in before)
        return is_near and allows(before, number) != allows(now, number)

    return is_meant


def _found(project: Project, pin: _Pin) -> Iterator[tuple[str, str]]:
    """Yield the place of the first number in each file, and what it is."""
    pattern = re.compile(pin.pattern)
    for file in modules.below(project.root, pin.folder):
        lines = enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        found = [(at, one) for at, line in lines for one in pattern.findall(line) if pin.is_meant(int(one))]
        where = file.relative_to(project.root).as_posix()
        if found and where != _QUOTES:
            places = [*dict.fromkeys(str(at) for at, _ in found)]
            yield f"{where}:{places[0]}", found[0][1] + (f" (lines {', '.join(places)})" if places[1:] else "")
