"""The references of a document: local, complete and not in a circle, or refused."""

from collections.abc import Iterator
from typing import Any

from abeja_datasets_contract.openapi.document import Document
from abeja_datasets_contract.openapi.errors import DocumentError
from abeja_datasets_contract.openapi.families import parents, target_of
from abeja_datasets_contract.openapi.pointers import child, join, split

NAMED = frozenset({
    "properties", "patternProperties", "dependentSchemas", "$defs", "definitions", "schemas", "responses", "headers",
    "examples", "requestBodies", "securitySchemes", "links", "callbacks", "paths", "pathItems", "content", "webhooks",
    "encoding", "variables", "mapping", "parameters", "scopes", "dependentRequired",
})  # fmt: skip
"""Keys whose mapping goes from names (of properties, statuses, components) to things: its keys are no keywords."""
_DATA = frozenset({"example", "default", "enum", "const", "value"})
"""Keys below which any JSON stands; a `$ref` there is data."""
_HERE = ("allOf", "anyOf", "oneOf")
_HERE_ONE = ("not", "if", "then", "else")


def check_references(document: Document) -> None:
    """Check every reference of a document.

    Raises:
        DocumentError: one leads out of the document (nothing is fetched), nowhere, or around in a circle that no value
            could ever leave. Recursive schemas, whose circle passes a property or an item, are fine.
    """
    targets: dict[str, str] = {}
    for pointer, target in references(document.data):
        wrong = _wrong(document, target)
        if wrong:
            raise DocumentError(f"{document.where(child(pointer, '$ref'))}: the reference {target!r} leads {wrong}")
        targets[pointer] = join(*split(target))
    done: set[str] = set()
    for pointer in targets:
        _check_circle(document, pointer, done)


def _wrong(document: Document, target: str) -> str:
    """Return where a reference leads that can't be followed; an empty text for one that can."""
    if not target.startswith("#"):
        return "out of the document; nothing is fetched"
    if target[1:2] not in ("", "/"):
        return "to an anchor, which is not read; write a JSON pointer (#/...)"
    try:
        document.at(target)
    except KeyError:
        return "nowhere"
    return ""


def references(node: Any, pointer: str = "#", *, named: bool = False) -> Iterator[tuple[str, str]]:
    """Return the pointer of each object with a `$ref`, and where that leads."""
    if isinstance(node, dict):
        if not named and isinstance(node.get("$ref"), str):
            yield pointer, node["$ref"]
        for key, value in node.items():
            if named or not (key in _DATA or key.startswith("x-")):
                yield from references(
                    value, child(pointer, key), named=not named and key in NAMED and isinstance(value, dict)
                )
    elif isinstance(node, list):
        for index, value in enumerate(node):
            if isinstance(value, (dict, list)):
                yield from references(value, child(pointer, index))


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
