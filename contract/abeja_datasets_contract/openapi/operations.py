"""The operations of a document, matched between two of them by method and path."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from abeja_datasets_contract.openapi.document import Document
from abeja_datasets_contract.openapi.errors import DocumentError
from abeja_datasets_contract.openapi.places import METHODS
from abeja_datasets_contract.openapi.pointers import child, join, split

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
    for path in document.mapping("#/paths"):
        items = list(path_items(document, path))
        for method in METHODS:
            holder = next((item for item in items if isinstance(document.at(item).get(method), dict)), None)
            if holder:
                place = child(holder, method)
                raw = document.at(place)
                name = str(raw.get("operationId") or f"{method.upper()} {path}")
                parameters = dict(_parameters(document, path, (*reversed(items), place)))
                key = (method, re.sub(r"\{[^}]*\}", "{}", path))
                found[key] = Operation(name, method, path, place, raw, parameters)
    return found


def check_path_items(document: Document) -> None:
    """Check that no path has an operation twice: itself, and behind the `$ref` beside it.

    Raises:
        DocumentError: one has; the OpenAPI Specification leaves open which of them counts.
    """
    for path in document.mapping("#/paths"):
        found: dict[str, str] = {}
        for item in path_items(document, path):
            for method in METHODS:
                place = child(item, method)
                if method in document.at(item) and document.at(found.setdefault(method, place)) != document.at(place):
                    other = document.where(place)
                    raise DocumentError(
                        f"{document.where(found[method])}: another {method} of this path is behind its $ref, at "
                        f"{other}; keep one"
                    )


def path_items(document: Document, path: str) -> Iterator[str]:
    """Yield the pointers of a path item and of those that its `$ref` leads to, of which the nearest counts most."""
    return items_from(document, join("paths", path))


def items_from(document: Document, pointer: str | None) -> Iterator[str]:
    """Yield the pointer of a path item, and of those that its `$ref` leads to, one after another."""
    while pointer and isinstance(document.at(pointer), dict):
        yield pointer
        reference = document.at(pointer).get("$ref")
        pointer = join(*split(reference)) if isinstance(reference, str) else None


def _parameters(document: Document, path: str, holders: Iterable[str]) -> Iterator[tuple[tuple[str, str], Parameter]]:
    places = re.findall(r"\{([^}]*)\}", path)
    for holder in holders:
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
