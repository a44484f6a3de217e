"""The rules for schemas that are about no single keyword, for requests and for responses, each with an example."""

from collections.abc import Iterator
from typing import NamedTuple

from abeja_datasets_contract.diff.catalogue.rule import Rule, schema_of
from abeja_datasets_contract.diff.schemas.converting import Direction

_OPEN = "{type: object, additionalProperties: true}"
_PROPERTY = "{type: object, properties: {a: {type: string%s}}}"
_OWN = "{type: object, properties: {a: {type: %s, %s: true}}}"
_CAT, _DOG = (
    f"{{type: object, required: [t], properties: {{t: {{const: {name}}}, u: {{const: {name}}}}}}}"
    for name in ("cat", "dog")
)
_UNION = f"{{oneOf: [{_CAT}, {_DOG}], discriminator: {{propertyName: %s}}}}"
_MAPPED = (
    "{discriminator: {propertyName: t, mapping: {%s: '#/components/schemas/A'}}, "
    "oneOf: [{$ref: '#/components/schemas/A'}]}"
)


class _Two(NamedTuple):
    """Something that a schema has or lacks; `added` and `removed` say in words what happened to it."""

    id: str
    added: str
    removed: str
    having: str
    lacking: str


_BOTH = (
    _Two("null", "A value may now be null.", "A value may no longer be null.",
         "{anyOf: [{type: string}, {type: 'null'}]}", "{type: string}"),
    _Two("property", "A property was added.", "A property was removed.",
         "{type: object, properties: {a: {}, b: {}}}", "{type: object, properties: {a: {}}}"),
    _Two("property-required", "A property is now required.", "A property is no longer required.",
         "{type: object, properties: {a: {}}, required: [a]}", "{type: object, properties: {a: {}}}"),
    _Two("alternative", "An alternative of a union was added.", "An alternative of a union was removed.",
         "{oneOf: [{type: string}, {type: integer}]}", "{oneOf: [{type: string}]}"),
    _Two("enum-value", "A value of an `enum` was added.", "A value of an `enum` was removed.",
         "{enum: [a, b]}", "{enum: [a]}"),
    _Two("schema-false", "No value is allowed any more.", "Values are allowed where none was.", "false", "{}"),
)  # fmt: skip
_OF_ONE: dict[Direction, _Two] = {
    "request": _Two("property-read-only", "A property is now read-only, and is no longer sent.",
                    "A property is no longer read-only, and can be sent.",
                    _PROPERTY % ", readOnly: true", _PROPERTY % ""),
    "response": _Two("property-write-only", "A property is now write-only, and no longer comes.",
                     "A property is no longer write-only, and comes.",
                     _PROPERTY % ", writeOnly: true", _PROPERTY % ""),
}  # fmt: skip


def of_kinds(direction: Direction) -> Iterator[Rule]:
    """Yield the rules of a direction."""
    where = schema_of(direction)
    for two in (*_BOTH, _OF_ONE[direction]):
        yield Rule(f"{direction}-{two.id}-added", two.added, where, two.lacking, two.having)
        yield Rule(f"{direction}-{two.id}-removed", two.removed, where, two.having, two.lacking)
    yield _own(direction)
    says = "Alternatives are written in another way, and take the same values."
    old, new = (f"{{{union}: [{{type: string}}, {{type: integer}}]}}" for union in ("oneOf", "anyOf"))
    yield Rule(f"{direction}-alternatives-rewritten", says, where, old, new)
    yield Rule(f"{direction}-discriminator-changed", "Another property selects the alternative.", where, _UNION % "t",
               _UNION % "u")  # fmt: skip
    yield Rule(f"{direction}-discriminator-value-changed", "A value of the discriminator no longer stands for the same "
               "alternative.", where, _MAPPED % "a", _MAPPED % "b")  # fmt: skip
    yield from _whole(direction)
    yield _closed(direction)
    if direction == "request":
        says = "A property that could be anything is now described."
        yield Rule("request-property-described", says, where, _OPEN, _PROPERTY % "")
    else:
        says = "A property that was described may now be anything."
        yield Rule("response-property-undescribed", says, where, _PROPERTY % "", _OPEN)


def _own(direction: Direction) -> Rule:
    mark, word = ("readOnly", "read-only") if direction == "request" else ("writeOnly", "write-only")
    says = f"A property changed that is {word}, so that it does not travel in this direction."
    old, new = (_OWN % (kind, mark) for kind in ("string", "integer"))
    return Rule(f"{direction}-property-{word}-changed", says, schema_of(direction), old, new)


def _closed(direction: Direction) -> Rule:
    where, plain = schema_of(direction), "{type: object, properties: {a: {}}}"
    closed = "{type: object, properties: {a: {}}, additionalProperties: false}"
    if direction == "request":
        says = "Properties that are not described are no longer accepted."
        return Rule("request-additional-properties-refused", says, where, plain, closed)
    says = "Properties that are not described may now come."
    return Rule("response-additional-properties-allowed", says, where, closed, plain)


def _whole(direction: Direction) -> Iterator[Rule]:
    """Yield the rules for what no smaller change explains."""
    narrow, wide = "{oneOf: [{minimum: 1}]}", "{not: {maximum: 0}}"
    narrowed, widened = (
        f"Some values are {what}, and no smaller change explains it." for what in ("ruled out", "allowed")
    )
    yield Rule(f"{direction}-schema-narrowed", narrowed, schema_of(direction), wide, narrow)
    yield Rule(f"{direction}-schema-widened", widened, schema_of(direction), narrow, wide)
