"""What stands around schemas, the rarer keywords, and 3.0: each change with its severity and sentence."""

import copy
from collections.abc import Callable
from typing import Any

import jsonschema_rs
import pytest

from abeja_datasets_contract.diff import Document, Report, compare

Edit = Callable[[Any], object]
KEY = {"type": "apiKey", "in": "header", "name": "X-Key"}


def base(version: str = "3.1.0") -> Any:
    thing = {"type": "object", "properties": {"a": {"$ref": "#/components/schemas/A"}}}
    content = {"application/json": {"schema": thing}}
    filters = {"application/json": {"schema": {"type": "array", "items": {"type": "integer"}}}}
    operation = {
        "operationId": "x",
        "tags": ["one"],
        "security": [{"key": []}],
        "parameters": [
            {"name": "size", "in": "query", "allowEmptyValue": True, "schema": {"type": "integer"}},
            {"name": "ids", "in": "query", "schema": {"type": "array", "items": {"type": "integer"}}},
            {"name": "filter", "in": "query", "content": filters},
            {"name": "Accept", "in": "header", "required": True, "schema": {"type": "string"}},
        ],
        "requestBody": {"content": {**copy.deepcopy(content), "text/plain": {}}},
        "responses": {
            "200": {
                "description": "d",
                "content": copy.deepcopy(content),
                "headers": {
                    "X-Left": {"required": True, "schema": {"type": "integer"}},
                    "X-Odd": {"content": filters},
                },
            },
            "4XX": {"description": "d", "content": {"application/json": {}}},
        },
    }
    return {
        "openapi": version,
        "info": {"title": "t", "version": "1"},
        "servers": [{"url": "https://a.example"}],
        "paths": {"/x": {"post": operation}},
        "components": {"securitySchemes": {"key": KEY}, "schemas": {"A": {"type": "string", "pattern": "^[a-f]+$"}}},
    }


def operation(d: Any) -> Any:
    return d["paths"]["/x"]["post"]


def body(d: Any) -> Any:
    return operation(d)["requestBody"]["content"]


def response(d: Any, status: str = "200") -> Any:
    return operation(d)["responses"][status]


def header(d: Any, name: str = "X-Left") -> Any:
    return response(d)["headers"][name]


def scheme(d: Any) -> Any:
    return d["components"]["securitySchemes"]["key"]


def a(d: Any) -> Any:
    return d["components"]["schemas"]["A"]


def report(edit: Edit, version: str = "3.1.0", prepare: Edit = lambda _: None) -> Report:
    old = base(version)
    prepare(old)
    new = copy.deepcopy(old)
    edit(new)
    assert new != old
    return compare(Document("old", old), Document("new", new))


CHANGES: dict[str, tuple[Edit, str]] = {
    "breaking the server https://a.example was removed": (lambda d: d["servers"].clear(), "the server"),
    "breaking server moved": (lambda d: d.update(servers=[{"url": "/b"}]), "https://a.example was removed"),
    "compatible server": (lambda d: d["servers"].append({"url": "/b"}), "the server /b was added"),
    "breaking own server": (lambda d: operation(d).update(servers=[{"url": "/c"}]), "https://a.example was removed"),
    "breaking tag": (lambda d: operation(d).update(tags=["two"]), "the first tag changed from one to two"),
    "compatible webhooks": (lambda d: d.update(webhooks={"w": {}}), "the webhook w was added"),
    "undecided additional operations": (
        lambda d: d["paths"]["/x"].update(additionalOperations={"COPY": {}}),
        "the additional operations of /x changed",
    ),
    "compatible callbacks": (lambda d: operation(d).update(callbacks={"c": {}}), "the callback c of x was added"),
    "undecided encoding": (
        lambda d: body(d)["application/json"].update(encoding={"a": {"contentType": "text/plain"}}),
        "the encoding of the request body as application/json changed",
    ),
    "undecided described": (lambda d: body(d)["text/plain"].update(schema={}), "could be anything before"),
    "compatible described": (
        lambda d: response(d, "4XX")["content"]["application/json"].update(schema={"type": "object"}),
        "response 4XX as application/json is now described",
    ),
    "compatible status": (
        lambda d: operation(d)["responses"].update({"404": {"description": "d", "content": {"application/json": {}}}}),
        "response 404 is now described by itself; `4XX` stood for it",
    ),
    "breaking empty": (lambda d: operation(d)["parameters"][0].pop("allowEmptyValue"), "may no longer be empty"),
    "breaking explode": (lambda d: operation(d)["parameters"][1].update(explode=False), "`explode` changed from True"),
    "breaking content": (
        lambda d: operation(d)["parameters"][2].update(content={"text/plain": {}}), "is written in another way: from"
    ),
    "breaking content schema": (
        lambda d: operation(d)["parameters"][2]["content"]["application/json"]["schema"].update(maxItems=1),
        "`maxItems: 1` was added",
    ),
    "breaking header": (lambda d: response(d)["headers"].pop("X-Left"), "was removed, though it always came"),
    "warning header": (lambda d: response(d)["headers"].pop("X-Odd"), "the header `X-Odd` of response 200 was removed"),
    "breaking no longer always": (lambda d: header(d).pop("required"), "no longer always comes"),
    "compatible always": (lambda d: header(d, "X-Odd").update(required=True), "now always comes"),
    "undecided header": (lambda d: header(d, "X-Odd").update(content={}), "is described in another way"),
    "docs links": (lambda d: response(d).update(links={"next": {}}), "the links of response 200 changed"),
    "breaking scheme": (lambda d: scheme(d).update(name="X-Other"), "no longer accepted"),
    "warning flows": (lambda d: scheme(d).update(flows={"f": {}}), "the OAuth flows of"),
    "breaking scope": (lambda d: operation(d).update(security=[{"key": ["write"]}]), "`key` is no longer accepted"),
    "compatible nobody": (lambda d: operation(d)["security"].append({}), "the credential of nobody is now accepted"),
    "breaking pattern": (lambda d: a(d).update(pattern="^[a-e]+$"), "`pattern` changed from"),
    "breaking false": (lambda d: d["components"]["schemas"].update(A=False), "nothing is accepted here any more"),
    "breaking not": (lambda d: a(d).update({"not": {"const": "abc"}}), "`not` was added"),
    "breaking base64": (lambda d: a(d).update(enum=["abc"]), "`enum`) was added"),
    "breaking unknown type": (lambda d: a(d).update(type="integer"), '`type` changed from "string" to "integer"'),
    "undecided misspelt type": (lambda d: a(d).update(type="strin"), "`type` changed"),
    "undecided broken pattern": (lambda d: a(d).update(pattern="["), "`pattern` changed"),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_around_schemas_or_of_a_rare_keyword_is_told(name: str) -> None:
    edit, says = CHANGES[name]
    found = report(edit)
    severity = name.split(maxsplit=1)[0]
    assert found.findings[0].severity == severity, found.findings
    assert any(says in finding.sentence for finding in found.findings if finding.severity == severity), found.findings


@pytest.mark.parametrize("pattern", [r"^\d{2}-\w+$", "^(?:x|y)?[^a-z]{2,4}$", r"^\u0041(b|c){3}z*$", "^[A-F0-9]+.$"])
def test_an_example_is_made_for_a_pattern(pattern: str) -> None:
    found = report(lambda d: a(d).update(maxLength=1), prepare=lambda d: d["components"]["schemas"].update(
        A={"type": "string", "pattern": pattern, "minLength": 2}))  # fmt: skip
    example = next(f.counterexample for f in found.findings if f.counterexample)
    assert jsonschema_rs.is_valid({"pattern": pattern}, example.value["a"])
    assert len(example.value["a"]) > 1


def nullable(d: Any) -> None:
    d["components"]["schemas"]["B"] = {"type": "string"}
    d["components"]["schemas"]["A"] = {"allOf": [{"$ref": "#/components/schemas/B"}], "nullable": True}


def test_nullable_beside_all_of_is_read_and_its_loss_is_shown_by_null() -> None:
    found = report(lambda d: a(d).pop("nullable"), "3.0.3", nullable)
    (broken,) = [f for f in found.findings if f.severity == "breaking"]
    assert "null is no longer accepted" in broken.sentence
    assert broken.counterexample is not None
    assert broken.counterexample.value == {"a": None}


def test_null_that_responses_gain_breaks_readers() -> None:
    def plain(d: Any) -> None:
        nullable(d)
        del a(d)["nullable"]

    back = report(lambda d: a(d).update(nullable=True), "3.0.3", plain)
    assert {f.audiences[0] for f in back.findings if f.severity == "breaking"} == {"callers reading"}


def test_exclusive_bounds_of_3_0_are_read() -> None:
    def bounded(d: Any) -> None:
        d["components"]["schemas"]["A"] = {"type": "integer", "minimum": 1, "exclusiveMinimum": False, "maximum": 5}

    found = report(lambda d: a(d).update(exclusiveMinimum=True), "3.0.3", bounded)
    (broken,) = [f for f in found.findings if f.severity == "breaking"]
    assert broken.counterexample is not None
    assert broken.counterexample.value == {"a": 1}


def test_what_is_read_only_can_no_longer_be_sent_and_what_is_write_only_no_longer_comes() -> None:
    assert report(lambda d: a(d).update(readOnly=True)).findings[0].severity == "breaking"
    assert report(lambda d: a(d).update(writeOnly=True)).findings[0].severity == "warning"


def requiring(**more: Any) -> Edit:
    """Return an edit that has the thing require `a`, whose schema says this too."""

    def edit(d: Any) -> None:
        a(d).update(more)
        content = d["paths"]["/x"]["post"]["requestBody"]["content"]["application/json"]
        answered = d["paths"]["/x"]["post"]["responses"]["200"]["content"]["application/json"]
        for part in (content, answered):
            part["schema"]["required"] = ["a"]

    return edit


def test_a_required_property_that_no_longer_comes_breaks_readers() -> None:
    found = report(lambda d: a(d).update(writeOnly=True), prepare=requiring())
    (broken,) = [f for f in found.findings if f.severity == "breaking"]
    assert "write-only and no longer comes" in broken.sentence
    assert broken.counterexample is not None
    assert broken.counterexample.value == {}


def test_a_required_property_that_has_to_be_sent_now_breaks_callers() -> None:
    found = report(lambda d: a(d).pop("readOnly"), prepare=requiring(readOnly=True))
    (broken,) = [f for f in found.findings if f.severity == "breaking"]
    assert "no longer read-only" in broken.sentence
    assert broken.counterexample is not None
    assert broken.counterexample.value == {}
