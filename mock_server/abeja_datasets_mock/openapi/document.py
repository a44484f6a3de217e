"""The contract: the operations of openapi.yaml, with validators compiled from its schemas.

The document ships as data of the generated package, which is found without being imported: this server is independent
evidence against the code generated from the same document.
"""

import functools
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from abeja_datasets_mock.errors import Response

from .examples import documented_response
from .references import resolve
from .validation import Schema

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A documented query parameter.

    Attributes:
        kind: the JSON type that its text is read as; `string` where the document names no single one.
        item_kind: the same for the entries of an array, which is given by repeating the parameter.
        default: None where the document names none.
    """

    name: str
    kind: str
    item_kind: str
    schema: Schema
    default: Any
    required: bool


@dataclass(frozen=True, slots=True)
class Operation:
    """A documented operation.

    Attributes:
        operation_id: without one in the document, method and path.
        body: the schema of its JSON request body; None where it has none.
        body_required: whether a request must have that body.
        is_readable: whether this server can read its requests: no body but a JSON one.
        example: the documented response of a success, for an operation without a handler.
    """

    operation_id: str
    method: str
    path: str
    query: Mapping[str, Parameter]
    body: Schema | None
    body_required: bool
    is_readable: bool
    example: Response | None


@functools.cache
def operations() -> tuple[Operation, ...]:
    """Return the operations of the document, in its order.

    Raises:
        FileNotFoundError: the package that holds the document is not installed.
    """
    with locate().open("rb") as file:
        document = yaml.load(file, yaml.CSafeLoader)
    return tuple(
        _operation(document, path, resolve(document, item), method)
        for path, item in document["paths"].items()
        for method in _METHODS
        if method in resolve(document, item)
    )


def locate() -> Path:
    """Return the path of openapi.yaml, beside the generated package."""
    spec = importlib.util.find_spec("abeja_datasets_openapi")
    for folder in (spec and spec.submodule_search_locations) or ():
        path = Path(folder) / "openapi.yaml"
        if path.is_file():
            return path
    raise FileNotFoundError("openapi.yaml: the package abeja_datasets_openapi, which holds it, is not installed")


def _operation(document: Mapping[str, Any], path: str, item: Mapping[str, Any], method: str) -> Operation:
    content = item[method]
    declared = [resolve(document, entry) for entry in [*item.get("parameters", ()), *content.get("parameters", ())]]
    body = resolve(document, content.get("requestBody", {}))
    media = body.get("content", {}).get("application/json")
    return Operation(
        operation_id=content.get("operationId", f"{method.upper()} {path}"),
        method=method.upper(),
        path=path,
        query={entry["name"]: _parameter(document, entry) for entry in declared if entry["in"] == "query"},
        body=None if media is None else Schema(media.get("schema", {}), document.get("components", {})),
        body_required=bool(body.get("required")),
        is_readable=media is not None or not body.get("content"),
        example=documented_response(document, content),
    )


def _parameter(document: Mapping[str, Any], entry: Mapping[str, Any]) -> Parameter:
    schema = resolve(document, entry.get("schema", {}))
    return Parameter(
        name=entry["name"],
        kind=_kind(schema),
        item_kind=_kind(resolve(document, schema.get("items", {}))),
        schema=Schema(schema, document.get("components", {})),
        default=schema.get("default"),
        required=bool(entry.get("required")),
    )


def _kind(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type")
    return kind if isinstance(kind, str) else "string"
