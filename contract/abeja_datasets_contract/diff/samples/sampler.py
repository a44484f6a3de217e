"""Values of a schema: small ones, values at its limits, and values that hold another one deep inside.

Every value given is a candidate: it has to be validated before it is shown.
"""

from collections.abc import Iterator
from itertools import islice, product
from typing import Any

from abeja_datasets_contract.diff.samples.merging import Branches, Merged, merge
from abeja_datasets_contract.diff.samples.patterns import PatternTexts
from abeja_datasets_contract.diff.samples.texts import texts
from abeja_datasets_contract.diff.schemas.changes import Step

_DEPTH = 12
"""Values nested deeper than this are not made: what a recursive schema requires of itself has none."""


_EXACT = 2**53
"""Beyond this a float has no halves, and beyond 10**308 an integer has no float."""
_BUDGET = 3000
"""How many schemas a sampler looks at before it gives up."""
_OTHER: tuple[Any, ...] = (0, "text", None)
"""Values of which some pattern's schema refuses most."""
_ANYTHING: tuple[Any, ...] = ("text", 0, True, None, 1.5, [], {}, "", ["text"], {"extra": "text"})


class NoSample(Exception):
    """No candidate can be made this way."""


class Sampler:
    """Makes values of one schema.

    Args:
        schema: a converted schema, whole with its `$defs`.
        turn: which of the alternatives to take where there is a choice; each number gives other values.
    """

    def __init__(self, schema: Any, turn: int = 0) -> None:
        self._definitions = schema.get("$defs", {}) if isinstance(schema, dict) else {}
        self._schema = schema
        self._turn = turn
        self._left = _BUDGET

    def around(self, steps: tuple[Step, ...], value: Any) -> Any:
        """Make a value that holds another at the end of the steps.

        Raises:
            NoSample: these steps lead nowhere, or what stands around can't be made.
        """
        return self._around([self._schema], steps, value, 0)

    def values(self) -> Iterator[Any]:
        """Make values: as small as they can be, at each limit, and with all the properties there are."""
        yield from self._values(self._merge([self._schema]), 0)

    def _merge(self, schemas: list[Any], branches: Branches | None = None) -> Merged:
        self._left -= 1
        return merge(schemas, self._definitions, self._turn, branches or [])

    def _around(self, schemas: list[Any], steps: tuple[Step, ...], value: Any, depth: int) -> Any:
        branches: Branches = []
        while steps and steps[0][0] == "branch":
            route = steps[0][1:]
            branches += [(keyword, int(index)) for keyword, index in zip(route[::2], route[1::2], strict=True)]
            steps = steps[1:]
        if not steps:
            return value
        merged = self._merge(schemas, branches)
        step, rest = steps[0], steps[1:]
        match step[0]:
            case "property":
                inner = self._around(merged.properties.get(step[1], [True]), rest, value, depth + 1)
                return {**self._required(merged, depth, {step[1]}), step[1]: inner}
            case "extra":
                inner = self._around(merged.extra or [True], rest, value, depth + 1)
                return {**self._required(merged, depth, set()), "extra": inner}
        inner = self._around(merged.items or [True], rest, value, depth + 1)
        more = max(int(merged.lower("minItems", 1)) - 1, 0)
        return [inner, *self._several(merged, more, depth)]

    def _several(self, merged: Merged, count: int, depth: int) -> list[Any]:
        items = merged.items or [True]
        found: list[Any] = []
        for value in islice(self._values(self._merge(items), depth + 1), 4 * count + 1):
            if len(found) < count and not any(value == other and type(value) is type(other) for other in found):
                found.append(value)
        while found and len(found) < min(count, 50):
            found.append(found[-1])
        return found

    def _required(self, merged: Merged, depth: int, besides: set[str]) -> dict[str, Any]:
        return {
            name: self._one(merged.properties.get(name) or merged.extra or [True], depth + 1)
            for name in sorted(merged.required - besides)
        }

    def _one(self, schemas: list[Any], depth: int) -> Any:
        if depth > _DEPTH:
            raise NoSample
        value = next(self._values(self._merge(schemas), depth), NoSample)
        if value is NoSample:
            raise NoSample
        return value

    def _values(self, merged: Merged, depth: int) -> Iterator[Any]:
        if merged.impossible or depth > _DEPTH or self._left < 0:
            return
        if merged.enum is not None:
            count = max(len(merged.enum), 1)
            yield from (merged.enum[(index + self._turn) % count] for index in range(len(merged.enum)))
            return
        yield from merged.examples[:2]
        if merged.says_nothing:
            yield from _ANYTHING
            return
        kinds = merged.kinds()
        for kind in kinds[self._turn % len(kinds) :] + kinds[: self._turn % len(kinds)] if kinds else []:
            try:
                yield from self._of_kind(kind, merged, depth)
            except NoSample:
                continue

    def _of_kind(self, kind: str, merged: Merged, depth: int) -> Iterator[Any]:
        match kind:
            case "null":
                yield None
            case "boolean":
                yield from (True, False)
            case "string":
                yield from texts(merged)
            case "integer" | "number":
                yield from _numbers(merged, whole=kind == "integer")
            case "array":
                yield from self._arrays(merged, depth)
            case "object":
                yield from self._objects(merged, depth)

    def _arrays(self, merged: Merged, depth: int) -> Iterator[Any]:
        least = int(merged.lower("minItems", 0))
        yield self._several(merged, least, depth) if least else []
        most = merged.upper("maxItems", least + 2)
        for count in sorted({least + 1, least + 2, min(int(most), 100)} - {least}):
            if count <= most:
                yield self._several(merged, count, depth)
        for value in islice(self._values(self._merge(merged.items or [True]), depth + 1), 6):
            yield [value, *self._several(merged, max(least, 1) - 1, depth)]
            yield [value, value]

    def _objects(self, merged: Merged, depth: int) -> Iterator[Any]:
        least = self._required(merged, depth, set())
        yield least
        optional = [name for name in merged.properties if name not in least]
        full = dict(least)
        for name in optional:
            try:
                full[name] = self._one(merged.properties[name], depth + 1)
            except NoSample:
                continue
            yield {**least, name: full[name]}
        if len(optional) > 1:
            yield full
        for name, schemas in merged.properties.items() if depth < 2 else ():  # noqa: PLR2004 - deeper there are too many
            for value in islice(self._values(self._merge(schemas), depth + 1), 1, 5):
                yield {**least, name: value}
        yield from ({**least, **more} for more in self._patterned(merged, depth))
        if merged.extra != [False] or not merged.properties:
            for value in islice(self._values(self._merge(merged.extra or [True]), depth + 1), 3):
                yield {**least, "extra": value}

    def _patterned(self, merged: Merged, depth: int) -> Iterator[dict[str, Any]]:
        """Make properties whose names patterns match, with values that their schemas take, and others."""
        for pattern, schemas in merged.patterned.items():
            for name in PatternTexts(pattern).some(2):
                values = islice(self._values(self._merge(schemas), depth + 1), 3)
                yield from ({name: value} for value in (*values, *_OTHER))


def _numbers(merged: Merged, *, whole: bool) -> Iterator[Any]:
    low, high = merged.lower("minimum", None), merged.upper("maximum", None)
    under, over = merged.lower("exclusiveMinimum", None), merged.upper("exclusiveMaximum", None)
    ends = [edge for edge in (low, high, under, over) if edge is not None]
    tiny = 1 if whole or any(abs(edge) > _EXACT for edge in ends) else 0.5
    edges = [low, high, None if under is None else under + tiny, None if over is None else over - tiny]
    candidates: list[Any] = [0, 1, *(edge for edge in edges if edge is not None), -1, 2, 10, 100, 10_000]
    candidates += [edge + sign for edge, sign in product([e for e in edges if e is not None], (-1, 1))]
    candidates += [merged.step, -merged.step] if merged.step else []
    candidates += [2**31, -(2**31) - 1, 2**63] if whole else [0.5, -0.5, 1 / 3, 1e300, 2**31]
    for value in candidates:
        fits = (low is None or value >= low) and (high is None or value <= high)
        fits = fits and (under is None or value > under) and (over is None or value < over)
        if fits and not (whole and isinstance(value, float) and not value.is_integer()):
            yield int(value) if whole else value
