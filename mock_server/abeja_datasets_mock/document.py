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

from .validation import Schema

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A documented query parameter; `default` is None where the document names none."""

    name: str
    is_integer: bool
    schema: Schema
    default: Any


@dataclass(frozen=True, slots=True)
class Operation:
    """A documented operation. `body` is the schema of its request body, or None where it takes none."""

    operation_id: str
    method: str
    path: str
    query: Mapping[str, Parameter]
    body: Schema | None


@functools.cache
def operations() -> tuple[Operation, ...]:
    """List the operations of the document, in its order.

    Raises:
        FileNotFoundError: the package that holds the document is not installed.
    """
    with locate().open("rb") as file:
        document = yaml.load(file, yaml.CSafeLoader)
    return tuple(
        _operation(document, path, item, method)
        for path, item in document["paths"].items()
        for method in _METHODS
        if method in item
    )


def locate() -> Path:
    """Find openapi.yaml beside the generated package."""
    spec = importlib.util.find_spec("abeja_datasets_openapi")
    for folder in (spec and spec.submodule_search_locations) or ():
        path = Path(folder) / "openapi.yaml"
        if path.is_file():
            return path
    raise FileNotFoundError("openapi.yaml: the package abeja_datasets_openapi, which holds it, is not installed")


def _operation(document: Mapping[str, Any], path: str, item: Mapping[str, Any], method: str) -> Operation:
    content = item[method]
    declared = [_resolve(document, entry) for entry in [*item.get("parameters", ()), *content.get("parameters", ())]]
    body = content.get("requestBody")
    media = None if body is None else _resolve(document, body)["content"]["application/json"]
    return Operation(
        operation_id=content["operationId"],
        method=method.upper(),
        path=path,
        query={entry["name"]: _parameter(document, entry) for entry in declared if entry["in"] == "query"},
        body=None if media is None else Schema(media["schema"], document["components"]),
    )


def _parameter(document: Mapping[str, Any], entry: Mapping[str, Any]) -> Parameter:
    schema = _resolve(document, entry["schema"])
    return Parameter(
        name=entry["name"],
        is_integer=schema.get("type") == "integer",
        schema=Schema(schema, document["components"]),
        default=schema.get("default"),
    )


def _resolve(document: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a `$ref` within the document."""
    while "$ref" in node:
        target: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node
