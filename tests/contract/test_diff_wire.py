"""What travels around schemas: parameters as text, media types, forms and servers, each with its verdict."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from abeja_datasets_contract.diff import Document, Report, compare

STRING, INTEGER = {"type": "string"}, {"type": "integer"}
FORM = "application/x-www-form-urlencoded"
Edit = Callable[[Any], object]


def base() -> Any:
    query = {"name": "q", "in": "query", "schema": INTEGER}
    ids = {"name": "ids", "in": "query", "schema": {"type": "array", "items": INTEGER}}
    form = {"schema": {"type": "object", "properties": {"a": {"type": "array", "items": STRING}}}}
    operation = {
        "operationId": "x",
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": STRING}, query, ids],
        "requestBody": {"content": {"application/json": {"schema": STRING}, FORM: form}},
        "responses": {
            "200": {
                "description": "d",
                "headers": {"X-Left": {"required": True, "schema": INTEGER}},
                "content": {"application/json": {"schema": STRING}, "text/*": {"schema": STRING}},
            }
        },
    }
    server = {"url": "https://{region}.a.example/v1", "variables": {"region": {"default": "eu", "enum": ["eu", "us"]}}}
    schemes = {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "servers": [server],
        "security": [{"key": []}],
        "paths": {"/x/{id}": {"post": operation}},
        "components": {"securitySchemes": schemes, "schemas": {"Number": INTEGER, "Text": STRING}},
    }


def operation(d: Any) -> Any:
    return next(iter(d["paths"].values()))["post"]


def query(schema: Any, index: int = 1) -> Edit:
    return lambda d: operation(d)["parameters"][index].update(schema=schema)


def header(schema: Any) -> Edit:
    return lambda d: operation(d)["responses"]["200"]["headers"]["X-Left"].update(schema=schema)


def rename(holder: Callable[[Any], Any], old: str, new: str) -> Edit:
    return lambda d: holder(d).update({new: holder(d).pop(old)})


def sent(d: Any) -> Any:
    return operation(d)["requestBody"]["content"]


def received(d: Any) -> Any:
    return operation(d)["responses"]["200"]["content"]


def rename_path(d: Any) -> None:
    d["paths"] = {"/x/{name}": d["paths"].pop("/x/{id}")}
    operation(d)["parameters"][0]["name"] = "name"


def servers(*urls: str) -> Edit:
    return lambda d: d.update(servers=[{"url": url} for url in urls])


def encoding(**said: Any) -> Edit:
    return lambda d: sent(d)[FORM].update(encoding={"a": said})


REF = {"$ref": "#/components/schemas/Number"}
CHANGES: dict[str, tuple[Edit, str]] = {
    "integer to string": (query(STRING), "warning"),
    "integer to a string without letters": (query({**STRING, "pattern": "^-?[0-9]+$"}), "warning"),
    "integer to a string of letters": (query({**STRING, "pattern": "^[a-z]+$"}), "breaking"),
    "integer to boolean": (query({"type": "boolean"}), "breaking"),
    "items from integer to string": (query({"type": "array", "items": STRING}, 2), "warning"),
    "a scalar as a reference": (query(REF), "no change"),
    "a scalar as a union": (query({"anyOf": [INTEGER, STRING]}), "compatible"),
    "a scalar as a list of types": (query({"type": ["integer", "null"]}), "compatible"),
    "a list as a scalar": (query(STRING, 2), "breaking"),
    "a header from integer to string": (header(STRING), "breaking"),
    "a header as a reference": (header(REF), "no change"),
    "a path parameter renamed": (rename_path, "warning"),
    "a media type in capitals": (rename(received, "application/json", "Application/JSON"), "compatible"),
    "a character set": (rename(received, "application/json", "application/json; charset=utf-8"), "compatible"),
    "a request with a character set": (
        rename(sent, "application/json", "application/json;charset=UTF-8"),
        "compatible",
    ),
    "a request by a range": (rename(sent, "application/json", "application/*"), "compatible"),
    "a response out of a range": (rename(received, "text/*", "text/csv"), "compatible"),
    "a range in a response": (rename(received, "application/json", "application/*"), "warning"),
    "another media type": (rename(received, "application/json", "application/xml"), "breaking"),
    "the name of an API key in capitals": (
        lambda d: d["components"]["securitySchemes"]["key"].update(name="X-KEY"),
        "no change",
    ),
    "a form's encoding as it is": (encoding(style="form", explode=True), "no change"),
    "a form's encoding": (encoding(explode=False), "breaking"),
    "a form's encoding of no property": (
        lambda d: sent(d)[FORM].update(encoding={"b": {"explode": False}}),
        "no change",
    ),
    "a server's variable written out": (servers("https://us.a.example/v1", "https://eu.a.example/v1"), "warning"),
    "a server's slash and case": (lambda d: d["servers"][0].update(url="HTTPS://{region}.a.example/v1/"), "no change"),
    "a value of a server's variable removed": (
        lambda d: d["servers"][0]["variables"]["region"]["enum"].pop(),
        "breaking",
    ),
    "a value of a server's variable added": (
        lambda d: d["servers"][0]["variables"]["region"]["enum"].append("jp"),
        "compatible",
    ),
    "a server's default": (lambda d: d["servers"][0]["variables"]["region"].update(default="us"), "warning"),
    "a server's path": (lambda d: d["servers"][0].update(url="https://{region}.a.example/v2"), "breaking"),
}


def move_base(to: str, prefix: str) -> Edit:
    """Return the edit that gives the servers another path, and puts a prefix before all paths."""

    def edit(d: Any) -> None:
        d["servers"][0]["url"] = f"https://{{region}}.a.example{to}"
        d["paths"] = {f"{prefix}{path}": item for path, item in d["paths"].items()}

    return edit


def move_servers(d: Any) -> None:
    for item in d["paths"].values():
        item["servers"] = copy.deepcopy(d["servers"])
    del d["servers"]


AROUND: dict[str, tuple[Edit, str]] = {
    "a base path moved into the paths": (move_base("", "/v1"), "warning"),
    "a base path moved, with a slash": (move_base("/", "/v1"), "warning"),
    "a base path lost": (move_base("", ""), "breaking"),
    "a base path that became another one": (move_base("", "/v2"), "breaking"),
    "servers named for each path": (move_servers, "no change"),
    "an own server of an operation": (lambda d: operation(d).update(servers=[{"url": "https://b"}]), "breaking"),
    "the servers of an operation as they are": (lambda d: operation(d).update(servers=d["servers"]), "no change"),
    "a server described": (lambda d: d["servers"][0].update(description="d"), "docs"),
    "a path described": (lambda d: d["paths"]["/x/{id}"].update(description="d"), "docs"),
    "a tag described": (lambda d: d.update(tags=[{"name": "t", "description": "d"}]), "docs"),
    "external documentation": (lambda d: d.update(externalDocs={"url": "https://a.example"}), "docs"),
    "a contact": (lambda d: d["info"].update(contact={"name": "n"}), "docs"),
    "an extension without a known meaning": (lambda d: operation(d).update({"x-note": "n"}), "no change"),
    "a level of stability": (lambda d: operation(d).update({"x-stability-level": "beta"}), "warning"),
    "values that may become more": (query({**INTEGER, "x-extensible-enum": [1, 2]}), "warning"),
}


def verdict(report: Report) -> str:
    if report.verdict != "compatible":
        return report.verdict
    return next(severity for severity in ("warning", "compatible", "docs") if report.counts[severity])


@pytest.mark.parametrize("name", [*CHANGES, *AROUND])
def test_a_change_on_the_wire_gets_its_verdict(name: str) -> None:
    edit, expected = {**CHANGES, **AROUND}[name]
    new = copy.deepcopy(base())
    edit(new)
    assert new != base()
    report = compare(Document("old", base()), Document("new", new))
    assert verdict(report) == expected, report.findings


@pytest.mark.parametrize("name", ["integer to string", "items from integer to string", "a path parameter renamed"])
def test_what_changes_nothing_on_the_wire_concerns_generated_code_alone(name: str) -> None:
    new = copy.deepcopy(base())
    CHANGES[name][0](new)
    report = compare(Document("old", base()), Document("new", new))
    assert {finding.audiences for finding in report.findings} == {("generated code",)}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("image/png", "image/png, image/jpeg", "compatible"),
        ("image/png", "image/*", "compatible"),
        ("image/png, image/jpeg", "image/jpeg", "breaking"),
        ("image/png", None, "undecided"),
    ],
)
def test_the_media_types_of_a_part_of_a_form_are_compared(old: str, new: str | None, expected: str) -> None:
    before, after = base(), base()
    for data, content_type in ((before, old), (after, new)):
        sent(data)["multipart/form-data"] = {"schema": {"type": "object", "properties": {"a": STRING}}}
        if content_type:
            sent(data)["multipart/form-data"]["encoding"] = {"a": {"contentType": content_type}}
    assert verdict(compare(Document("old", before), Document("new", after))) == expected
