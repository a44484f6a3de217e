"""The references within the data of a document, each a pointer of it; and circles of them, which are refused."""

from collections.abc import Iterator, Mapping
from typing import Any

from abeja_datasets_contract.openapi.document import Document
from abeja_datasets_contract.openapi.errors import DocumentError
from abeja_datasets_contract.openapi.families import parents, target_of
from abeja_datasets_contract.openapi.places import Place, is_named, place_of, place_of_item
from abeja_datasets_contract.openapi.pointers import child, join, split

_HERE = ("allOf", "anyOf", "oneOf")
_HERE_ONE = ("not", "if", "then", "else")


def references(node: Any, pointer: str = "#", place: Place = "object") -> Iterator[tuple[str, str]]:
    """Return the pointer of each object with a `$ref`, and where that leads."""
    if isinstance(node, dict):
        if not is_named(place) and isinstance(node.get("$ref"), str):
            yield pointer, node["$ref"]
        for key, value in node.items():
            inside = place_of(place, key, value) if isinstance(value, (dict, list)) else None
            if inside:
                yield from references(value, child(pointer, key), inside)
    elif isinstance(node, list):
        for index, value in enumerate(node):
            if isinstance(value, (dict, list)):
                yield from references(value, child(pointer, index), place_of_item(place))


def check_circles(document: Document, references: Mapping[str, str]) -> None:
    """Check that no references lead around in a circle that no value could ever leave.

    Recursive schemas, whose circle passes a property or an item, are fine.

    Args:
        document: the document.
        references: where each object with a reference leads.

    Raises:
        DocumentError: some do.
    """
    done: set[str] = set()
    for pointer in references:
        _check_circle(document, pointer, done)


def _check_circle(document: Document, start: str, done: set[str]) -> None:
    """Walk what applies to the same value (references and combinations), depth first, without recursion."""
    path: list[str] = []
    on_path: set[str] = set()
    todo: list[tuple[str, bool]] = [(start, False)]
    while todo:
        pointer, leaving = todo.pop()
        if leaving:
            on_path.discard(path.pop())
            done.add(pointer)
        elif pointer in on_path:
            raise DocumentError(f"{document.where(pointer)}: a circle of references that no value can leave")
        elif pointer not in done:
            path.append(pointer)
            on_path.add(pointer)
            todo.append((pointer, True))
            todo.extend((target, False) for target in _applied_here(document, pointer))


def _applied_here(document: Document, pointer: str) -> Iterator[str]:
    node = document.at(pointer)
    if not isinstance(node, dict):
        return
    if isinstance(node.get("$ref"), str):
        yield join(*split(node["$ref"]))
    for key in _HERE:
        branches = node.get(key)
        if isinstance(branches, list):
            for index, branch in enumerate(branches):
                # A child that extends its parent means the parent without its alternatives.
                if key == "allOf" or pointer not in parents(document, target_of(branch)):
                    yield child(pointer, key, index)
    yield from (child(pointer, key) for key in _HERE_ONE if isinstance(node.get(key), dict))
