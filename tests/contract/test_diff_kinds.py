"""Pairs of documents by kind of change, each with its verdict for requests and for responses."""

from typing import Any

import pytest

from abeja_datasets_contract.diff import Document, Report, compare

S, I = {"type": "string"}, {"type": "integer"}  # noqa: E741 - as in the tables below
Pair = tuple[Any, Any, str, str]
"""The old and the new schema, and the verdicts in a request and in a response; several where any of them will do."""


def thing(*required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": properties}


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def document(schema: Any, direction: str, version: str = "3.1.0", schemas: Any = None) -> Document:
    content = {"content": {"application/json": {"schema": schema}}}
    operation: dict[str, Any] = {"operationId": "x", "responses": {"200": content if direction == "response" else {}}}
    if direction == "request":
        operation["requestBody"] = {"required": True, **content}
    data = {"openapi": version, "info": {"title": "t", "version": "1"}, "paths": {"/x": {"post": operation}}}
    return Document("d", {**data, "components": {"schemas": schemas or {}}})


def verdict(report: Report) -> str:
    """Return the verdict, and `warning` where that is the worst of what is compatible."""
    return "warning" if report.verdict == "compatible" and report.counts["warning"] else report.verdict


def both(old: Any, new: Any, direction: str, version: str = "3.1.0") -> Report:
    mine, others = (side if isinstance(side, tuple) else (side, {}) for side in (old, new))
    return compare(document(mine[0], direction, version, mine[1]), document(others[0], direction, version, others[1]))


CAT, DOG = thing("pet", pet=S, meow=S), thing("pet", pet=S, bark=S)
LIZARD = thing("pet", pet=S, rocks={"type": "boolean"})
NESTED = [{"oneOf": [thing("k", k={"const": kind}, x=S) for kind in "ab"]}, thing("k", k={"const": "c"}, x=S)]


def unions(union: str) -> dict[str, Pair]:
    """Return pairs of alternatives that overlap as open objects."""
    old = {union: [CAT, DOG]}
    # By the letter, `oneOf` refuses what is a value of two alternatives, as open objects often are.
    letter = "breaking" if union == "oneOf" else "compatible"
    both_parts = {"allOf": [thing(a=S), thing(b=S)]}
    changed = {"allOf": [thing(a=S), thing(b=I)]}
    needing = {**CAT, "required": ["meow"]}
    inner = {union: [{"anyOf": [CAT, DOG]}, S]}
    return {
        "a type": (old, {union: [thing("pet", pet=S, meow=I), DOG]}, "breaking", "breaking"),
        "a type, in another order": (old, {union: [DOG, thing("pet", pet=S, meow=I)]}, "breaking", "breaking"),
        "a property required": (old, {union: [thing("pet", "meow", pet=S, meow=S), DOG]}, "breaking", letter),
        "removed": ({union: [CAT, DOG, LIZARD]}, old, "breaking", "compatible"),
        "added": (old, {union: [CAT, DOG, LIZARD]}, "compatible", "breaking"),
        "replaced": (old, {union: [CAT, LIZARD]}, "breaking", "breaking"),
        "inside allOf": ({union: [both_parts, LIZARD]}, {union: [changed, LIZARD]}, "breaking", "breaking"),
        "of an alternative that was alone": ({union: [CAT]}, {union: [CAT, LIZARD]}, letter, "breaking"),
        "a union within": (
            inner,
            {union: [{"anyOf": [needing, DOG]}, S]},
            "breaking",
            "breaking",
        ),
        "reordered": (old, {union: [DOG, CAT]}, "no change", "no change"),
        "renamed properties of one": (old, {union: [CAT, thing("pet", pet=S, woof=S)]}, "breaking", "breaking"),
        "beside properties": (
            {**thing(id=S), union: [CAT, DOG]},
            {**thing(id=S), union: [thing("pet", pet=S, meow=I), DOG]},
            "breaking",
            "breaking",
        ),
        "of what was one object": (thing(a=S), {union: [thing(a=I), thing(b=S)]}, "breaking", "breaking"),
        "deep inside": (
            thing(list={"type": "array", "items": old}),
            thing(list={"type": "array", "items": {union: [CAT, thing("pet", pet=S, bark=I)]}}),
            "breaking",
            "breaking",
        ),
    }


BASE64, BASE16 = ({**S, "contentEncoding": name} for name in ("base64", "base16"))
COMMA, TAB = ({**S, "contentMediaType": f"text/{name}"} for name in ("csv", "tab-separated-values"))
KINDS: dict[str, Pair] = {
    **{f"{union}: {name}": pair for union in ("oneOf", "anyOf") for name, pair in unions(union).items()},
    "a oneOf within a oneOf": (
        {"oneOf": NESTED},
        {"oneOf": [NESTED[0], thing("k", k={"const": "c"}, x=I)]},
        "breaking",
        "breaking",
    ),
    "contentEncoding": (
        {**S, "contentEncoding": "base64"},
        {**S, "contentEncoding": "base16"},
        "undecided",
        "undecided",
    ),
    "contentEncoding added": (S, BASE64, "undecided", "undecided"),
    "contentMediaType": (
        {**S, "contentMediaType": "text/a"},
        {**S, "contentMediaType": "text/b"},
        "undecided",
        "undecided",
    ),
    "an object closed": (thing(a=S), {**thing(a=S), "additionalProperties": False}, "warning", "compatible"),
    "an object opened": ({**thing(a=S), "additionalProperties": False}, thing(a=S), "compatible", "warning"),
    "an object closed by unevaluatedProperties": (
        thing(a=S),
        {**thing(a=S), "unevaluatedProperties": False},
        "warning",
        "compatible",
    ),
    "an object opened by unevaluatedProperties": (
        {**thing(a=S), "unevaluatedProperties": False},
        thing(a=S),
        "compatible",
        "warning",
    ),
    "a read-only property": (
        thing(a={**S, "readOnly": True}),
        thing(a={**I, "readOnly": True}),
        "compatible",
        "breaking",
    ),
    "a write-only property": (
        thing(a={**S, "writeOnly": True}),
        thing(a={**I, "writeOnly": True}),
        "breaking",
        "compatible",
    ),
    "constants added": (
        {"oneOf": [{"const": 1}, {"const": 2}]},
        {"oneOf": [{"const": 1}, {"const": 2}, {"const": 3}]},
        "compatible",
        "warning",
    ),
    "constants as an enum": ({"oneOf": [{"const": 1}, {"const": 2}]}, {"enum": [2, 1]}, "no change", "no change"),
    "constants removed": ({"anyOf": [{"const": 1}, {"const": 2}]}, {"anyOf": [{"const": 1}]}, "breaking", "compatible"),
    "a constant replaced": ({"const": "a"}, {"const": "b"}, "breaking", "warning"),
    "pattern: any text": ({**S, "pattern": "^[a-z]+$"}, {**S, "pattern": ".*"}, "compatible", "breaking"),
    "pattern: any text against none": ({**S, "pattern": ".*"}, S, "compatible", "compatible"),
    "pattern: a wider class": (
        {**S, "pattern": "^[a-f0-9]+$"},
        {**S, "pattern": "^[a-z0-9]+$"},
        "compatible",
        "breaking",
    ),
    "pattern: an anchor": ({**S, "pattern": "^a"}, {**S, "pattern": "a"}, "compatible", "breaking"),
    "pattern: alternation": ({**S, "pattern": "^(a|b)$"}, {**S, "pattern": "^(a|b|c)$"}, "compatible", "breaking"),
    "pattern: written in another way": (
        {**S, "pattern": r"^(?:a|b)\d{2}$"},
        {**S, "pattern": "^[ab][0-9][0-9]$"},
        "compatible",
        "compatible",
    ),
    "pattern: a length": ({**S, "pattern": "^[a-z]{2,5}$"}, {**S, "minLength": 2}, "compatible", "breaking"),
    "pattern: too large": (
        {**S, "pattern": "^(a|b)*a(a|b){25}$"},
        {**S, "pattern": "^(a|b)*a[ab]{25}$"},
        "undecided",
        "undecided",
    ),
    "patternProperties": (
        thing(d={"type": "object"}),
        thing(d={"type": "object", "patternProperties": {"^x-": S}}),
        "breaking",
        "compatible",
    ),
    "propertyNames": (
        {"type": "object", "propertyNames": {"pattern": "^[a-z]+$"}},
        {"type": "object", "propertyNames": {"pattern": "^[a-f]+$"}},
        "breaking",
        "compatible",
    ),
    "multipleOf added": (I, {**I, "multipleOf": 3}, "breaking", "compatible"),
    "multipleOf removed": ({**I, "multipleOf": 3}, I, "compatible", "breaking"),
    "a number without end": (
        thing(a={"type": "number", "minimum": 10**400}),
        thing(a={"type": "number", "minimum": -(10**400)}),
        "compatible",
        "breaking",
    ),
    "a large closed object": (
        {**thing(**{f"a{n}": {**S, "description": "d" * 40} for n in range(300)}), "additionalProperties": False},
        {**thing(**{f"a{n}": {**S, "description": "d" * 40} for n in range(301)}), "additionalProperties": False},
        "compatible",
        "breaking",
    ),
}


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("direction", ["request", "response"])
def test_a_kind_of_change_gets_its_verdict(name: str, direction: str) -> None:
    old, new, *expected = KINDS[name]
    report = both(old, new, direction)
    assert verdict(report) == expected[direction == "response"], report.findings
    assert both(old, old, direction).verdict == "no change"


PETS = {"Cat": CAT, "Dog": DOG}
MAPPED = {"propertyName": "pet", "mapping": {"cat": "#/components/schemas/Cat", "dog": "#/components/schemas/Dog"}}
PARENT = {**thing("t", t=S), "discriminator": {"propertyName": "t"}}


def pets(**more: Any) -> Any:
    return {"oneOf": [ref("Cat"), ref("Dog")], "discriminator": {**MAPPED, **more}}, PETS


def family(cat: Any, **parent: Any) -> Any:
    """Return a parent, and a child that extends it."""
    return ref("Pet"), {"Pet": {**PARENT, **parent}, "Cat": {"allOf": [ref("Pet"), cat]}}


DISCRIMINATED: dict[str, Pair] = {
    "another property": (pets(), pets(propertyName="kind"), "undecided", "undecided"),
    "a value for another one": (
        pets(),
        pets(mapping={"cat": "#/components/schemas/Dog", "dog": "#/components/schemas/Cat"}),
        "breaking",
        "breaking",
    ),
    "a value renamed": (
        pets(),
        pets(mapping={"kitty": "#/components/schemas/Cat", "dog": "#/components/schemas/Dog"}),
        "breaking",
        "breaking",
    ),
    "a type of an alternative": (
        pets(),
        (pets()[0], {**PETS, "Cat": thing("pet", pet=S, meow=I)}),
        "breaking",
        "breaking",
    ),
    "a child of the mapping alone": (
        ({**PARENT, "discriminator": {"propertyName": "t", "mapping": {"cat": "Cat"}}}, {"Cat": thing("t", t=S, m=S)}),
        ({**PARENT, "discriminator": {"propertyName": "t", "mapping": {"cat": "Cat"}}}, {"Cat": thing("t", t=S, m=I)}),
        "breaking",
        "breaking",
    ),
    "a child by allOf": (family(thing(m=S)), family(thing(m=I)), "breaking", "breaking"),
    "a child by allOf that its parent lists": (
        family(thing(m=S), oneOf=[ref("Cat")]),
        family(thing(m=I), oneOf=[ref("Cat")]),
        "breaking",
        "breaking",
    ),
    "what all children share": (
        family(thing(m=S)),
        family(thing(m=S), properties={"t": S, "u": S}, required=["t", "u"]),
        "breaking",
        "compatible",
    ),
}


@pytest.mark.parametrize("name", DISCRIMINATED)
@pytest.mark.parametrize("direction", ["request", "response"])
def test_a_change_around_a_discriminator_gets_its_verdict(name: str, direction: str) -> None:
    old, new, *expected = DISCRIMINATED[name]
    report = both(old, new, direction)
    assert verdict(report) == expected[direction == "response"], report.findings
    assert both(old, old, direction).verdict == "no change"


R = {"R": thing("x", x=S)}
NULLABLE: dict[str, Pair] = {
    "an alternative that is only nullable": (
        ({"anyOf": [ref("R"), {"nullable": True}]}, R),
        ({"anyOf": [ref("R"), {"nullable": True}]}, {"R": thing("x", x=I)}),
        "breaking",
        "breaking",
    ),
    "allOf and anyOf": (
        ({"allOf": [ref("R")], "nullable": True}, R),
        ({"anyOf": [ref("R"), {"nullable": True}]}, R),
        "no change",
        "no change",
    ),
    "beside a reference": (({"$ref": ref("R")["$ref"], "nullable": True}, R), (ref("R"), R), "breaking", "compatible"),
}


@pytest.mark.parametrize("name", NULLABLE)
@pytest.mark.parametrize("direction", ["request", "response"])
def test_nullable_means_or_null(name: str, direction: str) -> None:
    old, new, *expected = NULLABLE[name]
    report = both(old, new, direction, "3.0.3")
    assert verdict(report) == expected[direction == "response"], report.findings


@pytest.mark.parametrize("direction", ["request", "response"])
@pytest.mark.parametrize("union", ["anyOf", "oneOf"])
def test_nullable_of_3_0_and_null_of_3_1_are_the_same(union: str, direction: str) -> None:
    old = document(thing(r={"allOf": [ref("R")], "nullable": True}), direction, "3.0.3", R)
    new = document(thing(r={union: [ref("R"), {"type": "null"}]}), direction, schemas=R)
    assert {finding.severity for finding in compare(old, new).findings} == {"docs"}
