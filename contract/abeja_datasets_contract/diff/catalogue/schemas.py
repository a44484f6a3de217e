"""The rules for the keywords of schemas, for requests and for responses, each with an example."""

from collections.abc import Iterator
from typing import NamedTuple

from abeja_datasets_contract.diff.catalogue.rule import Rule, schema_of
from abeja_datasets_contract.diff.rules.ids import kebab
from abeja_datasets_contract.diff.rules.sides import EXTENSIONS
from abeja_datasets_contract.diff.schemas.schemas import Direction


class _Parts(NamedTuple):
    """A keyword in an example.

    Attributes:
        none: a schema without it.
        one: with it.
        other: with another value of it; empty where no other one is a change of this keyword.
    """

    none: str
    one: str
    other: str


def _sized(keyword: str, kind: str) -> _Parts:
    return _Parts(f"{{type: {kind}}}", f"{{type: {kind}, {keyword}: 3}}", f"{{type: {kind}, {keyword}: 4}}")


_NAMED = "{type: object, properties: {a: {type: string}}"
_LIST = "{type: array"
KEYWORDS: dict[str, _Parts] = {
    "type": _Parts("{}", "{type: string}", "{type: integer}"),
    "format": _Parts("{type: string}", "{type: string, format: date}", "{type: string, format: uuid}"),
    "pattern": _Parts("{type: string}", "{type: string, pattern: ^a}", "{type: string, pattern: ^b}"),
    **{name: _sized(name, "string") for name in ("minLength", "maxLength")},
    **{name: _sized(name, "number") for name in
       ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")},
    **{name: _sized(name, "array") for name in ("minItems", "maxItems")},
    **{name: _sized(name, "object") for name in ("minProperties", "maxProperties")},
    "uniqueItems": _Parts("{type: array}", "{type: array, uniqueItems: true}", "{type: array, uniqueItems: false}"),
    "items": _Parts("{type: array}", "{type: array, items: {type: string}}", "{type: array, items: false}"),
    "additionalProperties": _Parts(
        f"{_NAMED}}}", f"{_NAMED}, additionalProperties: {{type: string}}}}",
        f"{_NAMED}, additionalProperties: false}}"),
    "not": _Parts("{type: string}", "{type: string, not: {enum: [a]}}", "{type: string, not: {enum: [b]}}"),
    "if": _Parts("{type: string}", "{type: string, if: {const: a}, then: false}",
                 "{type: string, if: {const: b}, then: false}"),
    "contains": _Parts(f"{_LIST}}}", f"{_LIST}, contains: {{const: 1}}}}", f"{_LIST}, contains: {{const: 2}}}}"),
    "minContains": _Parts(f"{_LIST}, contains: {{const: 1}}}}", f"{_LIST}, contains: {{const: 1}}, minContains: 2}}",
                          f"{_LIST}, contains: {{const: 1}}, minContains: 3}}"),
    "maxContains": _Parts(f"{_LIST}, contains: {{const: 1}}}}", f"{_LIST}, contains: {{const: 1}}, maxContains: 2}}",
                          f"{_LIST}, contains: {{const: 1}}, maxContains: 3}}"),
    "prefixItems": _Parts(f"{_LIST}}}", f"{_LIST}, prefixItems: [{{type: string}}]}}",
                          f"{_LIST}, prefixItems: [{{type: integer}}]}}"),
    "propertyNames": _Parts("{type: object}", "{type: object, propertyNames: {maxLength: 3}}",
                            "{type: object, propertyNames: {maxLength: 4}}"),
    "patternProperties": _Parts("{type: object}", "{type: object, patternProperties: {^a: {type: string}}}",
                                "{type: object, patternProperties: {^a: {type: integer}}}"),
    "dependentSchemas": _Parts(f"{_NAMED}}}", f"{_NAMED}, dependentSchemas: {{a: {{minProperties: 2}}}}}}",
                               f"{_NAMED}, dependentSchemas: {{a: {{minProperties: 3}}}}}}"),
    "dependentRequired": _Parts(f"{_NAMED}}}", f"{_NAMED}, dependentRequired: {{a: [b]}}}}",
                                f"{_NAMED}, dependentRequired: {{a: [c]}}}}"),
    "unevaluatedProperties": _Parts(f"{_NAMED}}}", f"{_NAMED}, unevaluatedProperties: {{type: string}}}}",
                                    f"{_NAMED}, unevaluatedProperties: false}}"),
    "unevaluatedItems": _Parts(f"{_LIST}}}", f"{_LIST}, unevaluatedItems: {{type: string}}}}",
                               f"{_LIST}, unevaluatedItems: false}}"),
    "contentEncoding": _Parts("{type: string}", "{type: string, contentEncoding: base64}",
                              "{type: string, contentEncoding: base16}"),
    "contentMediaType": _Parts("{type: string}", "{type: string, contentMediaType: text/csv}",
                               "{type: string, contentMediaType: image/png}"),
    "contentSchema": _Parts(
        "{type: string, contentMediaType: application/json}",
        "{type: string, contentMediaType: application/json, contentSchema: {type: string}}",
        "{type: string, contentMediaType: application/json, contentSchema: {type: integer}}"),
    "$dynamicRef": _Parts("{}", "{$dynamicRef: '#a'}", "{$dynamicRef: '#b'}"),
    "$recursiveRef": _Parts("{}", "{$recursiveRef: '#'}", ""),
    "anyOf": _Parts("{}", "{anyOf: [{type: string}, {type: integer}]}", ""),
    "oneOf": _Parts("{}", "{oneOf: [{type: string}, {type: integer}]}", ""),
    "enum": _Parts("{type: string}", "{type: string, enum: [a, b]}", "{type: string, enum: [a, c]}"),
}  # fmt: skip
"""By keyword, schemas that differ in it. A keyword that the diff compares is added here too."""


def of_keywords(direction: Direction) -> Iterator[Rule]:
    """Yield the rules of a direction: each keyword added, removed and changed."""
    where = schema_of(direction)
    for keyword, parts in KEYWORDS.items():
        name = f"{direction}-{kebab(keyword)}"
        yield Rule(f"{name}-added", f"`{keyword}` was added.", where, parts.none, parts.one)
        yield Rule(f"{name}-removed", f"`{keyword}` was removed.", where, parts.one, parts.none)
        if parts.other:
            yield Rule(f"{name}-changed", f"`{keyword}` changed.", where, parts.one, parts.other)


_WORDS = {
    "description": ("a", "b"), "title": ("a", "b"), "example": ("a", "b"), "examples": ("[a]", "[b]"),
    "discriminator": ("{propertyName: a}", "{propertyName: b}"), "xml": ("{name: a}", "{name: b}"),
    "externalDocs": ("{url: /a}", "{url: /b}"), **dict.fromkeys(EXTENSIONS, ("a", "b")),
}  # fmt: skip
"""Two values of each keyword that is only reported as a change of words."""


def of_words() -> Iterator[Rule]:
    """Yield the rules for what schemas say to people and programs besides what a value may be."""
    for keyword, (old, new) in _WORDS.items():
        says = f"The `{keyword}` of a schema changed."
        before, after = (f"{{type: string, {keyword}: {value}}}" for value in (old, new))
        yield Rule(f"schema-{kebab(keyword)}-changed", says, "response schema", before, after)
    says = "The description of a constant changed."
    before, after = (f"{{oneOf: [{{const: a, title: {title}}}]}}" for title in "ab")
    yield Rule("schema-constant-description-changed", says, "response schema", before, after)
    deprecated, plain = "{type: string, deprecated: true}", "{type: string}"
    yield Rule("schema-deprecated", "A value is now deprecated.", "request schema", plain, deprecated)
    yield Rule("schema-no-longer-deprecated", "A value is no longer deprecated.", "request schema", deprecated, plain)
