"""The document as the check reads it: operations, their documented responses, and validators compiled from its schemas.

It ships as data of the generated client's package, which is found without being imported.
"""

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

_METHODS = ("get", "put", "post", "delete", "patch")


@dataclass(frozen=True)
class Operation:
    """A documented operation, with every reference in it resolved at the top level."""

    name: str
    """The operationId."""
    method: str
    path: str
    """The template, such as `/organizations/{organization_id}/datasets/`."""
    responses: Mapping[int, Mapping[str, Any]]
    request_schema: Mapping[str, Any] | None
    request_example: Any
    """The documented request; None for an operation without a body."""

    @property
    def successes(self) -> tuple[int, ...]:
        """The documented statuses of success."""
        return tuple(status for status in self.responses if status < 300)  # noqa: PLR2004 - the range of successes


def document_path() -> Path:
    """Tell where the document lies.

    Raises:
        FileNotFoundError: the package that holds it is not installed.
    """
    spec = find_spec("abeja_datasets_openapi")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("the package abeja_datasets_openapi, which holds openapi.yaml, is not installed")
    return Path(spec.submodule_search_locations[0]) / "openapi.yaml"


@functools.cache
def document() -> Mapping[str, Any]:
    """Read the document."""
    with document_path().open("rb") as file:
        loaded: Mapping[str, Any] = yaml.load(file, yaml.CSafeLoader)
    return loaded


def resolve(pointer: str) -> Any:
    """Find what a JSON pointer (`#/a/b`, RFC 6901) names in the document.

    Raises:
        LookupError: nothing.
    """
    node: Any = document()
    for part in pointer.removeprefix("#/").split("/"):
        name = part.replace("~1", "/").replace("~0", "~")
        node = node[int(name)] if isinstance(node, list) else node[name]
    return node


def resolved(node: Any) -> Any:
    """Follow a `$ref` to what it names."""
    while isinstance(node, Mapping) and "$ref" in node:
        node = resolve(node["$ref"])
    return node


@functools.cache
def operations() -> Mapping[str, Operation]:
    """List the operations of the document by operationId, in its order."""
    found = {}
    for path, item in document()["paths"].items():
        for method in _METHODS:
            if method in item:
                content = item[method]
                found[content["operationId"]] = _operation(path, method, content)
    return found


def _operation(path: str, method: str, content: Mapping[str, Any]) -> Operation:
    media = resolved(content.get("requestBody", {})).get("content", {}).get("application/json", {})
    examples = [resolved(example)["value"] for example in media.get("examples", {}).values()]
    return Operation(
        name=content["operationId"],
        method=method.upper(),
        path=path,
        responses={int(status): resolved(response) for status, response in content["responses"].items()},
        request_schema=media.get("schema"),
        request_example=examples[0] if examples else None,
    )


@functools.cache
def optional_properties() -> Mapping[str, frozenset[str]]:
    """List the properties that a response need not have, each with the operations whose responses may lack it.

    What is inside a property that a request has too is left out: that comes back as it was given.
    """
    found: dict[str, set[str]] = {}
    given = frozenset(name for known in operations().values() for name in _given(known.request_schema or {}))
    for operation in operations().values():
        for response in operation.responses.values():
            for media in response.get("content", {}).values():
                for name in _optional(media.get("schema", {}), given):
                    found.setdefault(name, set()).add(operation.name)
    return {name: frozenset(names) for name, names in found.items()}


def _parts(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """List a schema and those that it is composed of, down to the elements of arrays."""
    schema = resolved(schema)
    yield schema
    inner = [part for key in ("allOf", "anyOf", "oneOf") for part in schema.get(key, ())]
    for part in (*inner, schema.get("items", {})):
        if part:
            yield from _parts(part)


def _given(schema: Mapping[str, Any]) -> Iterator[str]:
    return (name for part in _parts(schema) for name in part.get("properties", {}))


def _optional(schema: Mapping[str, Any], given: frozenset[str]) -> Iterator[str]:
    parts = list(_parts(schema))
    required = {name for part in parts for name in part.get("required", ())}
    for part in parts:
        for name, inner in part.get("properties", {}).items():
            if name not in required:
                yield name
            if name not in given:
                yield from _optional(inner, given)


def of_operation(name: str, *parts: str) -> str:
    """Make the pointer to an operation, or to a part of it."""
    operation = operations()[name]
    path = operation.path.replace("~", "~0").replace("/", "~1")
    return "/".join(("#/paths", path, operation.method.lower(), *parts))


def of_parameter(operation: str, parameter: str) -> str:
    """Make the pointer to a query parameter of an operation."""
    declared = resolve(of_operation(operation, "parameters"))
    index = next(index for index, entry in enumerate(declared) if entry.get("name") == parameter)
    return of_operation(operation, "parameters", str(index))


def of_schema(name: str, *parts: str) -> str:
    """Make the pointer to a schema of the components."""
    return "/".join(("#/components/schemas", name, *parts))


INFO = "#/info/description"
"""The pointer to the rules that hold for every operation."""


def validator(schema: Mapping[str, Any]) -> jsonschema_rs.Draft202012Validator:
    """Compile a schema of the document, whose references point into it."""
    root = {**schema, "components": {"schemas": document()["components"]["schemas"]}}
    return jsonschema_rs.Draft202012Validator(root)
