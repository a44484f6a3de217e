"""All that several schemas say together of one value, with one alternative taken where there is a choice."""

from dataclasses import dataclass, field
from typing import Any

from abeja_datasets_contract.openapi.keywords import KEYWORDS, Sampled

_KINDS = ("object", "array", "string", "integer", "number", "boolean", "null")
_NULL = {"type": "null"}
_SELDOM = 4
"""Of so many turns, one takes null where a value is nullable."""


Branches = list[tuple[str, int]]
"""Alternatives: the keyword of the union, and the number of the alternative."""
_CIRCLE = 1000
"""After so many schemas of one value, they go around in a circle."""


@dataclass
class Merged:
    """What is said of a value.

    Attributes:
        enum: the values there are; None if not so few that they are listed.
        said: by keyword, all that is said by it, where all of it holds.
        named: the same by name, of keywords that hold schemas by name.
        bounds: by keyword, the narrowest bound.
        extra: those that speak of a property without a name; `[False]` where there is none.
    """

    types: set[str] = field(default_factory=lambda: set(_KINDS))
    order: list[str] = field(default_factory=list)
    enum: list[Any] | None = None
    examples: list[Any] = field(default_factory=list)
    said: dict[str, list[Any]] = field(default_factory=dict)
    named: dict[str, dict[str, list[Any]]] = field(default_factory=dict)
    required: set[str] = field(default_factory=set)
    extra: list[Any] = field(default_factory=list)
    bounds: dict[str, Any] = field(default_factory=dict)
    impossible: bool = False

    @property
    def properties(self) -> dict[str, list[Any]]:
        """The schemas that speak of a property, by its name."""
        return self.named.get("properties", {})

    @property
    def patterned(self) -> dict[str, list[Any]]:
        """The schemas that speak of the properties whose names a pattern matches, by the pattern."""
        return self.named.get("patternProperties", {})

    @property
    def items(self) -> list[Any]:
        """The schemas that speak of each item."""
        return self.said.get("items", [])

    @property
    def step(self) -> Any:
        """What a number has to be a multiple of; 0 without."""
        return self.said.get("multipleOf", [0])[-1]

    @property
    def says_nothing(self) -> bool:
        """Whether any value will do."""
        objects = self.properties or self.patterned or self.required or self.extra
        return not (self.order or objects or self.items or self.bounds or "pattern" in self.said)

    def lower(self, keyword: str, otherwise: Any) -> Any:
        """Return a lower bound, such as `minLength`."""
        return self.bounds.get(keyword, otherwise)

    def upper(self, keyword: str, otherwise: Any) -> Any:
        """Return an upper bound, such as `maxLength`."""
        return self.bounds.get(keyword, otherwise)

    def kinds(self) -> list[str]:
        """Return the types that the value may have, those first that the keywords speak of."""
        hinted = ["object"] if self.properties or self.required else ["array"] if self.items else []
        kinds = [kind for kind in (*hinted, *self.order, *_KINDS) if kind in self.types]
        if "number" in kinds and "integer" in self.types and "integer" not in self.order:
            kinds = [kind for kind in kinds if kind != "integer"]
        return list(dict.fromkeys(kinds))


def merge(schemas: list[Any], definitions: dict[str, Any], turn: int, branches: Branches) -> Merged:
    """Merge schemas.

    Args:
        schemas: converted schemas that all hold.
        definitions: what their references lead to.
        turn: which alternative to take of each union, counted around; types go by it too.
        branches: the alternatives to take instead, from the outermost union to the innermost.
    """
    branches = list(branches)
    merged = Merged()
    todo = list(schemas)
    seen = 0
    while todo:
        schema = todo.pop(0)
        seen += 1
        if schema is False or seen > _CIRCLE:
            merged.impossible = True
            return merged
        if isinstance(schema, dict):
            _take(merged, schema)
            if "$ref" in schema:
                todo.append(definitions[schema["$ref"].removeprefix("#/$defs/")])
            todo += schema.get("allOf", [])
            todo += _chosen(schema, turn, branches)
    if merged.enum is not None:
        merged.enum = [value for value in merged.enum if _type_of(value) & merged.types]
    return merged


def _chosen(schema: dict[str, Any], turn: int, branches: Branches) -> list[Any]:
    found = []
    for union in ("anyOf", "oneOf"):
        parts = schema.get(union, [])
        beside_null = len(parts) == 2 and parts[1] == _NULL  # noqa: PLR2004 - how `nullable` is written
        if beside_null and set(schema) <= {"anyOf", "unevaluatedProperties", "examples"}:
            found.append(_NULL if turn % _SELDOM == _SELDOM - 1 and not branches else parts[0])
        elif parts:
            named = bool(branches) and branches[0][0] == union and branches[0][1] < len(parts)
            found.append(parts[branches.pop(0)[1] if named else turn % len(parts)])
    return found


def _take(merged: Merged, schema: dict[str, Any]) -> None:
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds:
        merged.order += kinds
        merged.types &= {*kinds, *(["integer"] if "number" in kinds else [])}
        merged.impossible = merged.impossible or not merged.types
    if "enum" in schema or "const" in schema:
        values = schema["enum"] if "enum" in schema else [schema["const"]]
        merged.enum = values if merged.enum is None else [v for v in values if v in merged.enum]
    merged.examples += schema.get("examples", [])
    merged.required |= set(schema.get("required", []))
    closed = schema.get("additionalProperties", schema.get("unevaluatedProperties"))
    merged.extra += [closed] if closed is not None else []
    for keyword in schema.keys() & KEYWORDS.keys():
        _put(merged, keyword, schema[keyword])


def _put(merged: Merged, keyword: str, value: Any) -> None:
    match KEYWORDS[keyword].sampled:
        case Sampled.LEAST:
            merged.bounds[keyword] = max(value, merged.bounds.get(keyword, value))
        case Sampled.MOST:
            merged.bounds[keyword] = min(value, merged.bounds.get(keyword, value))
        case Sampled.ALL:
            merged.said.setdefault(keyword, []).append(value)
        case Sampled.NAMED:
            for name, part in value.items():
                merged.named.setdefault(keyword, {}).setdefault(name, []).append(part)


def _type_of(value: Any) -> set[str]:
    if value is None or isinstance(value, bool):
        return {"null" if value is None else "boolean"}
    if isinstance(value, (int, float)):
        return {"integer", "number"} if isinstance(value, int) or value.is_integer() else {"number"}
    return {"string"} if isinstance(value, str) else {"array"} if isinstance(value, list) else {"object"}
