"""The operations of the document as the wrapper has to carry them: names, parameters, and the fields of bodies."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from abeja_datasets_contract.diff import Document

JSON = "application/json"
WHOLE = "whole"
"""The word of `upkeep.left.reach` for a body that is an argument as it was given."""


class Part(NamedTuple):
    """A parameter, or a field of a body.

    Attributes:
        location: `path`, `query`, `header`, `cookie` or `body`.
        name: as it goes over the wire.
        pointer: its place in the document.
        schema: the schema of its values, references followed.
        required: whether a request must have it.
        words: its description in the document.
        is_styled: whether an array or object, or JSON, goes over the wire in another style than the usual one.
    """

    location: str
    name: str
    pointer: str
    schema: Mapping[str, Any]
    required: bool
    words: str
    is_styled: bool = False


class Operation(NamedTuple):
    """An operation of the document.

    Attributes:
        name: the name of its method: the operationId in snake case.
        operation_id: as the document has it.
        method: in capitals.
        path: the template.
        pointer: its place in the document.
        raw: the operation object.
        parameters: those of the path in the order of the path, then the others in that of the document.
        body: the schema of its JSON body, references followed; None without one.
        body_pointer: the place of its body; empty without one.
        fields: the fields of a body that is an object.
        response: the schema of the JSON of its first success, references followed; empty without one.
        accept: the media type of its successes: JSON where one of them has it, and empty where none has content.
        key: the name of the API key that each request must have; empty where another credential is enough.
    """

    name: str
    operation_id: str
    method: str
    path: str
    pointer: str
    raw: Mapping[str, Any]
    parameters: tuple[Part, ...]
    body: Mapping[str, Any] | None
    body_pointer: str
    fields: tuple[Part, ...]
    response: Mapping[str, Any]
    accept: str
    key: str


def operations_of(document: "Document") -> list[Operation]:
    """List the operations of a document, in its order."""
    from abeja_datasets_contract.openapi.operations import operations

    found = []
    for operation in operations(document).values():
        declared = [_parameter(document, one.pointer, one.raw) for one in operation.parameters.values()]
        order = re.findall(r"\{([^}]*)\}", operation.path)
        declared.sort(key=lambda part: order.index(part.name) if part.name in order else len(order))
        body_pointer, schema_pointer = _body(document, operation.pointer)
        fields = _fields(document, schema_pointer) if schema_pointer else {}
        operation_id = str(operation.raw.get("operationId", ""))
        found.append(
            Operation(
                snake_case(operation_id), operation_id, operation.method.upper(), operation.path, operation.pointer,
                operation.raw, tuple(declared), document.at(schema_pointer) if schema_pointer else None, body_pointer,
                tuple(fields.values()), _response(document, operation.pointer), _accept(document, operation.pointer),
                _key(document, operation.raw),
            )
        )  # fmt: skip
    return found


def snake_case(name: str) -> str:
    """Return a name in snake case, as functions and arguments have it in Python."""
    from abeja_datasets_contract.openapi import names

    return names.snake_case(name)


def _parameter(document: "Document", pointer: str, raw: Mapping[str, Any]) -> Part:
    schema = document.at(document.follow(f"{pointer}/schema")) if "schema" in raw else {}
    words = raw.get("description") or _words(schema)
    is_compound = _mapping(schema).get("type") in ("array", "object")
    is_other = raw.get("explode") is False or raw.get("style", "form") != "form"
    is_styled = "content" in raw or (is_compound and is_other)
    return Part(raw["in"], raw["name"], pointer, _mapping(schema), bool(raw.get("required")), words, is_styled)


def _body(document: "Document", operation: str) -> tuple[str, str]:
    """Find an operation's body and the schema of its JSON; empty texts where there is none."""
    from abeja_datasets_contract.openapi.pointers import child

    if "requestBody" not in document.at(operation):
        return "", ""
    body = document.follow(child(operation, "requestBody"))
    content = document.at(body).get("content", {})
    if not content:
        return "", ""
    if "schema" not in (content.get(JSON) or {}):
        return body, ""
    return body, document.follow(child(body, "content", JSON, "schema"))


def _response(document: "Document", operation: str) -> Mapping[str, Any]:
    from abeja_datasets_contract.openapi.pointers import child

    responses = child(operation, "responses")
    for status in sorted(_mapping(document.at(operation).get("responses"))):
        response = document.follow(child(responses, status))
        media = _mapping(document.at(response).get("content")).get(JSON) or {}
        if status.startswith("2") and "schema" in media:
            schema = _mapping(document.at(document.follow(child(response, "content", JSON, "schema"))))
            return {"type": "object", **schema} if "properties" in schema or "allOf" in schema else schema
    return {}


def _accept(document: "Document", operation: str) -> str:
    """Return the media type of an operation's successes."""
    from abeja_datasets_contract.openapi.pointers import child

    found: list[str] = []
    responses = child(operation, "responses")
    for status in _mapping(document.at(operation).get("responses")):
        if status.startswith("2"):
            found += _mapping(document.at(document.follow(child(responses, status))).get("content"))
    return JSON if JSON in found else next(iter(found), "")


def _key(document: "Document", operation: Mapping[str, Any]) -> str:
    """Return the name of the API key that an operation demands; empty where a credential of the client is enough."""
    schemes = document.mapping("#/components/securitySchemes")
    demanded: list[str] = []
    for requirement in operation.get("security", document.data.get("security", [])):
        keys = [name for name in requirement if _mapping(schemes.get(name)).get("type") == "apiKey"]
        if not keys:
            return ""
        demanded += keys
    return next(iter(demanded), "")


def _fields(document: "Document", pointer: str) -> dict[str, Part]:
    """Collect the fields of an object, those of each part of it that `allOf`, `oneOf` or `anyOf` names too."""
    from abeja_datasets_contract.openapi.pointers import child

    schema = _mapping(document.at(pointer))
    found: dict[str, Part] = {}
    for word in ("allOf", "oneOf", "anyOf"):
        for index in range(len(schema.get(word, ()))):
            inner = _fields(document, document.follow(child(pointer, word, index)))
            # Where one alternative is enough, only what all of them require is required.
            found |= inner if word == "allOf" else {name: part._replace(required=False) for name, part in inner.items()}
    for name in schema.get("properties", {}):
        place = child(pointer, "properties", name)
        raw = _mapping(document.at(place))
        value = _mapping(document.at(document.follow(place)))
        words = str(raw.get("description") or _words(value))
        found[name] = Part("body", name, place, value, False, words)
    for name in schema.get("required", ()):
        if name in found:
            found[name] = found[name]._replace(required=True)
    return found


def _words(schema: Any) -> str:
    return str(_mapping(schema).get("description", ""))


def _mapping(schema: Any) -> Mapping[str, Any]:
    """Return a schema as an object: `true` allows everything."""
    return schema if isinstance(schema, dict) else {}
