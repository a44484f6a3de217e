"""Alternatives against one schema: which properties really came or went, and what only the whole can tell."""

from typing import Any

import jsonschema_rs
import pytest

from abeja_datasets_contract.diff import Document, Finding, compare

STRING, NUMBER = {"type": "string"}, {"type": "integer"}


def thing(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def findings(old: Any, new: Any, direction: str) -> list[Finding]:
    report = compare(document("old", old, direction), document("new", new, direction))
    return [finding for finding in report.findings if finding.severity != "docs"]


def document(name: str, schema: Any, direction: str) -> Document:
    content = {"content": {"application/json": {"schema": schema}}}
    operation = {"operationId": "x", "responses": {"200": content if direction == "response" else {}}}
    if direction == "request":
        operation["requestBody"] = content
    return Document(name, {"openapi": "3.1.0", "paths": {"/x": {"post": operation}}})


@pytest.mark.parametrize("union", ["anyOf", "oneOf"])
@pytest.mark.parametrize("direction", ["request", "response"])
def test_a_property_that_moves_into_alternatives_or_out_of_them_neither_came_nor_went(
    union: str, direction: str
) -> None:
    one = {**thing(a=STRING, b=NUMBER), "required": ["a"]}
    alone = {"type": "object", union: [one]}
    for old, new in ((one, alone), (alone, one)):
        found = findings(old, new, direction)
        assert not [f for f in found if f.severity in ("breaking", "undecided")], found
        assert not [f for f in found if "property" in f.sentence], found


def test_a_property_that_no_alternative_has_did_go() -> None:
    old = thing(a=STRING, b=NUMBER)
    found = findings(old, {"type": "object", "anyOf": [thing(a=STRING)]}, "request")
    assert [(f.severity, f.sentence) for f in found if f.severity == "breaking"] == [
        ("breaking", "the request body: property `b` was removed")
    ]


def test_an_alternative_that_responses_gain_breaks_readers_and_one_that_requests_gain_does_not() -> None:
    one, other = ({**thing(kind={"const": kind}), "required": ["kind"]} for kind in ("one", "other"))
    old, new = {"oneOf": [one]}, {"oneOf": [one, other]}
    assert [f.severity for f in findings(old, new, "response")] == ["breaking"]
    assert {f.severity for f in findings(old, new, "request")} == {"compatible"}
    (lost,) = findings(new, old, "request")
    assert lost.severity == "breaking"
    assert lost.counterexample is not None


def test_alternatives_that_overlap_break_where_a_value_fits_two_of_them() -> None:
    old = {"oneOf": [thing(a=STRING)]}
    new = {"oneOf": [thing(a=STRING), thing(b=STRING)]}
    broken = findings(old, new, "request")[0]
    assert broken.severity == "breaking"
    assert broken.counterexample is not None
    assert jsonschema_rs.is_valid(old, broken.counterexample.value)
    assert not jsonschema_rs.is_valid(new, broken.counterexample.value)


def test_alternatives_written_as_one_schema_are_compared_each() -> None:
    old = {"oneOf": [thing(a=STRING), {"type": "array", "items": STRING}]}
    found = findings(old, thing(a=STRING), "request")
    assert [f.severity for f in found if f.severity != "compatible"] == ["breaking"]
    assert found[0].counterexample is not None
    assert isinstance(found[0].counterexample.value, list)
