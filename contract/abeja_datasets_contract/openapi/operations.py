"""The operations of a document, matched between two of them by method and path."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from abeja_datasets_contract.openapi.document import Document
from abeja_datasets_contract.openapi.pointers import child, join

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
_IGNORED_HEADERS = frozenset({"accept", "content-type", "authorization"})
"""Header parameters of these names are ignored, as the OpenAPI Specification says."""


class Parameter(NamedTuple):
    """A parameter of an operation.

    Attributes:
        location: `path`, `query`, `header` or `cookie`.
        name: as the document has it.
        pointer: where it stands, its reference followed.
        raw: the parameter object.
    """

    location: str
    name: str
    pointer: str
    raw: dict[str, Any]


class Operation(NamedTuple):
    """An operation.

    Attributes:
        name: its operationId, or `GET /path` without one.
        method: in small letters.
        path: as the document has it.
        pointer: where it stands.
        raw: the operation object.
        parameters: by what they are matched by: their location and name, or their number in the path.
    """

    name: str
    method: str
    path: str
    pointer: str
    raw: dict[str, Any]
    parameters: dict[tuple[str, str], Parameter]


def operations(document: Document) -> dict[tuple[str, str], Operation]:
    """Return the operations by method and path, the names of the path's parameters left out."""
    found = {}
    for path, item in document.data.get("paths", {}).items():
        pointer = document.follow(join("paths", path)) if isinstance(item, dict) else ""
        raw_item = document.at(pointer) if pointer else None
        for method in METHODS:
            if isinstance(raw_item, dict) and isinstance(raw_item.get(method), dict):
                raw = raw_item[method]
                name = str(raw.get("operationId") or f"{method.upper()} {path}")
                place = child(pointer, method)
                parameters = dict(_parameters(document, path, pointer, place))
                key = (method, re.sub(r"\{[^}]*\}", "{}", path))
                found[key] = Operation(name, method, path, place, raw, parameters)
    return found


def _parameters(
    document: Document, path: str, item: str, operation: str
) -> Iterator[tuple[tuple[str, str], Parameter]]:
    places = re.findall(r"\{([^}]*)\}", path)
    for holder in (item, operation):
        for index in range(len(document.at(holder).get("parameters", []))):
            pointer = document.follow(child(holder, "parameters", index))
            raw = document.at(pointer)
            if not isinstance(raw, dict) or not isinstance(raw.get("name"), str):
                continue
            location, name = str(raw.get("in")), raw["name"]
            if location == "header" and name.lower() in _IGNORED_HEADERS:
                continue
            key = name.lower() if location == "header" else name
            if location == "path" and name in places:
                key = str(places.index(name))
            yield (location, key), Parameter(location, name, pointer, raw)
