"""Requests and responses that show a break: what they look like, and that none is shown that does not hold."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from abeja_datasets_contract.diff import Counterexample, Document, compare
from abeja_datasets_contract.diff.messages.messages import line

Edit = Callable[[Any], object]
KEY = {"type": "apiKey", "in": "header", "name": "X-Key"}
THING = {"type": "object", "properties": {"a": {"type": "string"}}}
TEXT, WHOLE = {"schema": {"type": "string"}}, {"schema": {"type": "integer"}}


def base() -> Any:
    content = {"application/json": {"schema": THING}}  # one object, which no edit changes from inside
    operation = {
        "operationId": "x",
        "security": [{"oauth": ["read"]}],
        "parameters": [
            {"name": "id", "in": "path", "required": True, **TEXT},
            {"name": "X-Trace", "in": "header", **TEXT},
            {"name": "session", "in": "cookie", **WHOLE},
        ],
        "requestBody": {"content": {**content, "image/*": {}}},
        "responses": {"200": {"description": "d", "content": dict(content)}},
    }
    latest = {"operationId": "latest", "responses": {"200": {"description": "d", "content": dict(content)}}}
    schemes = {"key": KEY, "oauth": {"type": "oauth2", "flows": {}}, "bearer": {"type": "http", "scheme": "bearer"}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {"/x/{id}": {"put": operation}, "/x/latest": {"get": latest}},
        "components": {"securitySchemes": schemes},
    }


def x(d: Any) -> Any:
    return d["paths"]["/x/{id}"]["put"]


def responses(d: Any) -> Any:
    return x(d)["responses"]


def shown(edit: Edit, prepare: Edit = lambda _: None) -> list[Counterexample | None]:
    old = base()
    prepare(old)
    new = copy.deepcopy(old)
    edit(new)
    found = compare(Document("old", old), Document("new", new)).findings
    return [finding.counterexample for finding in found if finding.severity == "breaking"]


PUT = "PUT /x/1, Authorization: Bearer …, Authorization: Bearer … with the scope read"
SHOWN: dict[str, tuple[Edit, str]] = {
    "an operation": (lambda d: d["paths"].pop("/x/{id}"), PUT),
    "a header": (
        lambda d: x(d)["parameters"].pop(1), PUT.replace(", ", ", X-Trace: text, ", 1),
    ),
    "a cookie": (lambda d: x(d)["parameters"].pop(2), PUT.replace(", ", ", Cookie: session=0, ", 1)),
    "a cookie that is now required": (lambda d: x(d)["parameters"][2].update(required=True), PUT),
    "a header that is now required": (
        lambda d: x(d)["parameters"].append({"name": "q", "in": "header", "required": True, **TEXT}), PUT,
    ),
    "a scope": (lambda d: x(d).update(security=[{"oauth": ["read", "write"]}]), PUT),
    "a body that is now required": (lambda d: x(d)["requestBody"].update(required=True), PUT),
    "a body": (lambda d: x(d).pop("requestBody"), f"{PUT}, application/json {{}}"),
    "a range of media types": (lambda d: x(d)["requestBody"]["content"].pop("image/*"), f'{PUT}, image/png "text"'),
    "a property": (
        lambda d: x(d)["requestBody"]["content"].update(
            {"application/json": {"schema": {"type": "object", "properties": {"b": {}}}}}
        ),
        f'{PUT}, application/json {{"a": "text"}}',
    ),
    "a range of statuses": (lambda d: responses(d).update({"4XX": {"description": "d"}}), "400"),
    "any other status": (lambda d: responses(d).update(default={"description": "d"}), "500"),
    "a response without its body": (lambda d: responses(d)["200"].pop("content"), "200"),
}  # fmt: skip


@pytest.mark.parametrize("name", SHOWN)
def test_a_message_shows_it(name: str) -> None:
    edit, says = SHOWN[name]
    (example,) = shown(edit)
    assert example is not None
    assert line(example.value) == says
    assert (example.form == "response") == says[0].isdecimal()


def test_a_header_that_came_always_shows_by_the_response_without_it() -> None:
    def described(d: Any) -> None:
        responses(d)["200"]["headers"] = {"X-Left": {"required": True, **WHOLE}, "X-Kept": {"required": True, **WHOLE}}

    (example,) = shown(lambda d: responses(d)["200"]["headers"].pop("X-Left"), described)
    assert example is not None
    assert line(example.value) == "200, X-Kept: 0, application/json {}"


def free(d: Any) -> None:
    d["paths"]["/x/{id}"]["get"] = {"operationId": "get", "responses": {}}


SILENT: dict[str, tuple[Edit, Edit]] = {
    "the request is one of another path": (lambda d: d["paths"].pop("/x/latest"), free),
    "two schemes ask for the same": (lambda d: x(d).update(security=[{"bearer": []}]),
                                     lambda d: x(d).update(security=[{"oauth": []}])),
    "no value is there for it": (lambda d: d["paths"].pop("/x/{id}"),
                                 lambda d: x(d)["parameters"][0].update(schema=False)),
    "its schema is none": (lambda d: d["paths"].pop("/x/{id}"),
                           lambda d: x(d)["parameters"][0].update(schema={"type": "strin"})),
    "a media type goes that another stands for": (lambda d: responses(d)["200"]["content"].pop("text/xml"),
                                                  lambda d: responses(d)["200"]["content"].update({"text/xml": {}})),
}  # fmt: skip


@pytest.mark.parametrize("name", SILENT)
def test_what_would_not_hold_is_not_shown(name: str) -> None:
    edit, prepare = SILENT[name]
    assert shown(edit, prepare) == [None]
