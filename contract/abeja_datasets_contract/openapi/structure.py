"""Whether a document has the shape that the OpenAPI Specification gives it, as far as the comparison relies on that."""

import json
from collections import deque
from collections.abc import Iterator
from typing import Any

from abeja_datasets_contract.openapi.document import Document
from abeja_datasets_contract.openapi.errors import DocumentError
from abeja_datasets_contract.openapi.keywords import KEYWORDS
from abeja_datasets_contract.openapi.places import METHODS
from abeja_datasets_contract.openapi.pointers import child, join, split

_LONGEST = 60
"""Characters of a value that a message shows."""
_OBJECTS: dict[str, dict[str, str]] = {
    "document": {
        "info": "{}", "paths": "{path item}", "components": "components", "servers": "[server]",
        "security": "[requirement]", "webhooks": "{path item}",
    },
    "path item": {"$ref": "text", "parameters": "[parameter]", **dict.fromkeys(METHODS, "operation")},
    "operation": {
        "operationId": "text", "tags": "[text]", "parameters": "[parameter]", "requestBody": "request body",
        "responses": "{response}", "security": "[requirement]", "servers": "[server]", "callbacks": "{callback}",
    },
    "parameter": {
        "$ref": "text", "name": "text", "in": "text", "schema": "schema", "content": "{media type}", "style": "text",
        "required": "flag", "explode": "flag",
    },
    "request body": {"$ref": "text", "content": "{media type}", "required": "flag"},
    "response": {"$ref": "text", "headers": "{header}", "content": "{media type}", "links": "{}"},
    "header": {"$ref": "text", "schema": "schema", "content": "{media type}", "required": "flag"},
    "media type": {"schema": "schema", "encoding": "{}"},
    "server": {"url": "text"},
    "components": {
        "schemas": "{schema}", "parameters": "{parameter}", "responses": "{response}",
        "requestBodies": "{request body}", "headers": "{header}",
        "securitySchemes": "{security scheme}", "pathItems": "{path item}", "callbacks": "{callback}",
    },
    "security scheme": {"$ref": "text", "type": "text", "scheme": "text", "in": "text", "name": "text", "flows": "{}"},
    "schema": {name: keyword.written for name, keyword in KEYWORDS.items() if keyword.written},
}  # fmt: skip
"""By the kind of an object, the kind of what stands at its keys: `[kind]` is a list of it, `{kind}` a mapping to it."""
_PLAIN: dict[str, tuple[str, tuple[type, ...]]] = {
    "text": ("text", (str,)),
    "flag": ("true or false", (bool,)),
    "number": ("a number", (int, float)),
    "bound": ("a number", (int, float, bool)),
    "{}": ("a mapping", (dict,)),
    "[]": ("a list", (list,)),
}


def check_structure(document: Document) -> None:
    """Check that each object, list and value stands where one is expected; what is not known is left alone.

    Raises:
        DocumentError: something else stands there; the message names the first such place.
    """
    todo = deque([("#", "document")])
    seen: set[tuple[str, str]] = set()
    while todo:
        pointer, kind = todo.popleft()
        if (pointer, kind) not in seen:
            seen.add((pointer, kind))
            todo.extend(_check(document, pointer, kind))


def _check(document: Document, pointer: str, kind: str) -> Iterator[tuple[str, str]]:
    """Check one place, and give those inside."""
    here = document.at(pointer)
    if kind == "text or [text]":
        kind = "[text]" if isinstance(here, list) else "text"
    if kind in _PLAIN:
        name, types = _PLAIN[kind]
        _expect(document, pointer, name, good=type(here) in types)
    elif kind == "requirement":
        yield from _inside_mapping(document, pointer, "[text]")
    elif kind.startswith("["):
        _expect(document, pointer, "a list", good=isinstance(here, list))
        yield from ((child(pointer, index), kind[1:-1]) for index in range(len(here)))
    elif kind == "callback":
        yield from _inside_callback(document, pointer)
    elif kind.startswith("{"):
        yield from _inside_mapping(document, pointer, kind[1:-1])
    elif not (kind == "schema" and isinstance(here, bool)):
        _expect(document, pointer, "a mapping", good=isinstance(here, dict))
        yield from ((child(pointer, key), inner) for key, inner in _OBJECTS[kind].items() if key in here)
        if isinstance(here.get("$ref"), str):
            yield join(*split(here["$ref"])), kind


def _inside_callback(document: Document, pointer: str) -> Iterator[tuple[str, str]]:
    """Yield what a callback leads to: the one that it refers to, or its path items by the expressions of their URLs."""
    if "$ref" in document.mapping(pointer):
        _expect(document, child(pointer, "$ref"), "text", good=isinstance(document.at(pointer)["$ref"], str))
        yield join(*split(document.at(pointer)["$ref"])), "callback"
    else:
        yield from _inside_mapping(document, pointer, "path item")


def _inside_mapping(document: Document, pointer: str, kind: str) -> Iterator[tuple[str, str]]:
    here = document.at(pointer)
    _expect(document, pointer, "a mapping", good=isinstance(here, dict))
    # An extension is anything; in `schemas` and `properties` its name is one like others.
    free = kind not in ("schema", "header")
    yield from ((child(pointer, key), kind) for key in here if not (free and key.startswith("x-")))


def _expect(document: Document, pointer: str, name: str, *, good: bool) -> None:
    if not good:
        why = f"{name} is expected here, not {_called(document.at(pointer))}"
        raise DocumentError(f"{document.where(pointer)}: not a valid OpenAPI document: {why}")


def _called(value: Any) -> str:
    if isinstance(value, (dict, list)):
        return "a mapping" if isinstance(value, dict) else "a list"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
