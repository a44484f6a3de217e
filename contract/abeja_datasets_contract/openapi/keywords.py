"""The keywords of schemas: how each is read, compared and sampled, and an example. A keyword is added here.

What is no fact about a single keyword stays code: `allOf` and `$ref` say more of the same value, the alternatives of
unions are matched, and values are made for each type.
"""

from enum import Enum
from typing import Literal, NamedTuple

Written = Literal[
    "", "text", "text or [text]", "[text]", "flag", "number", "bound", "[]", "schema", "[schema]", "{schema}"
]
"""What stands at a keyword, as `structure.py` checks it: `[schema]` is a list of schemas, `{schema}` a mapping."""


class Compared(Enum):
    """How a keyword is compared between two schemas."""

    VALUE = "value"
    """By itself: it speaks of the value alone, and needs nothing around it."""
    WHOLE = "whole"
    """With all that is inside it: whether what is sent obeys it."""
    INSIDE = "inside"
    """By the schemas in it, which are a pair of their own."""
    CONTENT = "content"
    """Equal or undecided: how the content of a text is encoded, validators do not judge."""
    CODE = "code"
    """By code of its own, or with another keyword."""


class Inside(Enum):
    """What the schemas that a keyword holds are, when the side whose values are sent is closed."""

    VALUE = "value"
    """All that is said of a value, so that it is closed."""
    PART = "part"
    """A part of what is said of the same value, which is closed as a whole."""
    CONDITION = "condition"
    """A condition, which is never closed."""


class Sampled(Enum):
    """How what several schemas say by a keyword is put together, before a value is made."""

    NOT = "not"
    """Values are not made by it."""
    LEAST = "least"
    """A lower bound: the largest counts."""
    MOST = "most"
    """An upper bound: the smallest counts."""
    ALL = "all"
    """All of them hold, one after another."""
    NAMED = "named"
    """All of them hold, by name."""


class Keyword(NamedTuple):
    """A keyword of schemas.

    Attributes:
        written: what stands at it; empty for anything.
        compared: how it is compared.
        example: a schema without it, one with it, and one with another value of it, as YAML; empty where none is.
        sampled: how it is put together for samples.
        inside: what the schemas in it are.
        together: the keywords that mean something only beside it.
        conditional: whether it says by alternatives what a value is, so that no other keyword says all of its kind.
        opens: whether it may describe properties besides those in `properties`.
        read_as: the keyword that it is read as, as the only item of a list.
    """

    written: Written
    compared: Compared
    example: tuple[str, str, str] = ("", "", "")
    sampled: Sampled = Sampled.NOT
    inside: Inside = Inside.VALUE
    together: tuple[str, ...] = ()
    conditional: bool = False
    opens: bool = False
    read_as: str = ""


def _bound(name: str, kind: str, sampled: Sampled, written: Written = "number") -> dict[str, Keyword]:
    example = (f"{{type: {kind}}}", f"{{type: {kind}, {name}: 3}}", f"{{type: {kind}, {name}: 4}}")
    return {name: Keyword(written, Compared.VALUE, example, sampled)}


_NAMED = "{type: object, properties: {a: {type: string}}"
_LIST = "{type: array"
_JSON = "{type: string, contentMediaType: application/json"
KEYWORDS: dict[str, Keyword] = {
    "type": Keyword("text or [text]", Compared.VALUE, ("{}", "{type: string}", "{type: integer}")),
    "const": Keyword("", Compared.CODE, read_as="enum"),
    "enum": Keyword("[]", Compared.VALUE,
                    ("{type: string}", "{type: string, enum: [a, b]}", "{type: string, enum: [a, c]}")),
    "format": Keyword("text", Compared.VALUE,
                      ("{type: string}", "{type: string, format: date}", "{type: string, format: uuid}"), Sampled.ALL),
    "pattern": Keyword("text", Compared.VALUE,
                       ("{type: string}", "{type: string, pattern: ^a}", "{type: string, pattern: ^b}"), Sampled.ALL),
    **_bound("minLength", "string", Sampled.LEAST),
    **_bound("maxLength", "string", Sampled.MOST),
    **_bound("minimum", "number", Sampled.LEAST),
    **_bound("maximum", "number", Sampled.MOST),
    **_bound("exclusiveMinimum", "number", Sampled.LEAST, "bound"),
    **_bound("exclusiveMaximum", "number", Sampled.MOST, "bound"),
    **_bound("multipleOf", "number", Sampled.ALL),
    **_bound("minItems", "array", Sampled.LEAST),
    **_bound("maxItems", "array", Sampled.MOST),
    "uniqueItems": Keyword("flag", Compared.VALUE, (
        "{type: array}", "{type: array, uniqueItems: true}", "{type: array, uniqueItems: false}")),
    **_bound("minProperties", "object", Sampled.LEAST),
    **_bound("maxProperties", "object", Sampled.MOST),
    "not": Keyword("schema", Compared.WHOLE, (
        "{type: string}", "{type: string, not: {enum: [a]}}", "{type: string, not: {enum: [b]}}"),
        inside=Inside.CONDITION, conditional=True),
    "if": Keyword("schema", Compared.WHOLE, (
        "{type: string}", "{type: string, if: {const: a}, then: false}", "{type: string, if: {const: b}, then: false}"),
        inside=Inside.CONDITION, together=("then", "else"), conditional=True, opens=True),
    "then": Keyword("schema", Compared.CODE, inside=Inside.PART),
    "else": Keyword("schema", Compared.CODE, inside=Inside.PART),
    "contains": Keyword("schema", Compared.WHOLE, (
        f"{_LIST}}}", f"{_LIST}, contains: {{const: 1}}}}", f"{_LIST}, contains: {{const: 2}}}}"),
        inside=Inside.CONDITION, together=("minContains", "maxContains")),
    "propertyNames": Keyword("schema", Compared.WHOLE, (
        "{type: object}", "{type: object, propertyNames: {maxLength: 3}}",
        "{type: object, propertyNames: {maxLength: 4}}"), inside=Inside.CONDITION),
    "patternProperties": Keyword("{schema}", Compared.WHOLE, (
        "{type: object}", "{type: object, patternProperties: {^a: {type: string}}}",
        "{type: object, patternProperties: {^a: {type: integer}}}"), Sampled.NAMED, opens=True),
    "dependentSchemas": Keyword("{schema}", Compared.WHOLE, (
        f"{_NAMED}}}", f"{_NAMED}, dependentSchemas: {{a: {{minProperties: 2}}}}}}",
        f"{_NAMED}, dependentSchemas: {{a: {{minProperties: 3}}}}}}"),
        inside=Inside.PART, conditional=True, opens=True),
    "unevaluatedProperties": Keyword("schema", Compared.WHOLE, (
        f"{_NAMED}}}", f"{_NAMED}, unevaluatedProperties: {{type: string}}}}",
        f"{_NAMED}, unevaluatedProperties: false}}"), opens=True),
    "unevaluatedItems": Keyword("schema", Compared.WHOLE, (
        f"{_LIST}}}", f"{_LIST}, unevaluatedItems: {{type: string}}}}", f"{_LIST}, unevaluatedItems: false}}")),
    "prefixItems": Keyword("[schema]", Compared.WHOLE, (
        f"{_LIST}}}", f"{_LIST}, prefixItems: [{{type: string}}]}}", f"{_LIST}, prefixItems: [{{type: integer}}]}}")),
    "minContains": Keyword("number", Compared.WHOLE, (
        f"{_LIST}, contains: {{const: 1}}}}", f"{_LIST}, contains: {{const: 1}}, minContains: 2}}",
        f"{_LIST}, contains: {{const: 1}}, minContains: 3}}")),
    "maxContains": Keyword("number", Compared.WHOLE, (
        f"{_LIST}, contains: {{const: 1}}}}", f"{_LIST}, contains: {{const: 1}}, maxContains: 2}}",
        f"{_LIST}, contains: {{const: 1}}, maxContains: 3}}")),
    "dependentRequired": Keyword("", Compared.WHOLE, (
        f"{_NAMED}}}", f"{_NAMED}, dependentRequired: {{a: [b]}}}}", f"{_NAMED}, dependentRequired: {{a: [c]}}}}")),
    "$dynamicRef": Keyword("", Compared.WHOLE, ("{}", "{$dynamicRef: '#a'}", "{$dynamicRef: '#b'}")),
    "$recursiveRef": Keyword("", Compared.WHOLE, ("{}", "{$recursiveRef: '#'}", "")),
    "items": Keyword("schema", Compared.INSIDE, (
        "{type: array}", "{type: array, items: {type: string}}", "{type: array, items: false}"), Sampled.ALL),
    "additionalProperties": Keyword("schema", Compared.INSIDE, (
        f"{_NAMED}}}", f"{_NAMED}, additionalProperties: {{type: string}}}}",
        f"{_NAMED}, additionalProperties: false}}")),
    "contentEncoding": Keyword("", Compared.CONTENT, (
        "{type: string}", "{type: string, contentEncoding: base64}", "{type: string, contentEncoding: base16}")),
    "contentMediaType": Keyword("", Compared.CONTENT, (
        "{type: string}", "{type: string, contentMediaType: text/csv}",
        "{type: string, contentMediaType: image/png}")),
    "contentSchema": Keyword("", Compared.CONTENT, (
        f"{_JSON}}}", f"{_JSON}, contentSchema: {{type: string}}}}", f"{_JSON}, contentSchema: {{type: integer}}}}")),
    "$ref": Keyword("text", Compared.CODE),
    "allOf": Keyword("[schema]", Compared.CODE, inside=Inside.PART),
    "anyOf": Keyword("[schema]", Compared.CODE, ("{}", "{anyOf: [{type: string}, {type: integer}]}", ""),
                     inside=Inside.PART),
    "oneOf": Keyword("[schema]", Compared.CODE, ("{}", "{oneOf: [{type: string}, {type: integer}]}", ""),
                     inside=Inside.PART),
    "properties": Keyword("{schema}", Compared.CODE, sampled=Sampled.NAMED),
    "required": Keyword("[text]", Compared.CODE),
}  # fmt: skip
"""By name. Changes of a schema are reported in this order."""


def compared(name: str) -> Compared | None:
    """Return how a keyword is compared; None for one that is not known."""
    return KEYWORDS[name].compared if name in KEYWORDS else None


def holds(name: str) -> Written:
    """Return whether a schema, a list of them or schemas by name stand at a keyword; an empty text for no schema."""
    written: Written = KEYWORDS[name].written if name in KEYWORDS else ""
    return written if "schema" in written else ""
