"""A document as people mean it, where the letter of OpenAPI says something else or less.

- A discriminator's mapping may name alternatives that no union lists, and a parent may name no alternatives at all.
- A child which extends its parent by `allOf` means the parent without the parent's alternatives.
- `{nullable: true}` as an alternative of OpenAPI 3.0 is null.
- A union of constants is an `enum`.

What is added stands at places that the document does not have; all others keep their pointers.
"""

import copy
import json
from collections.abc import Iterator
from typing import Any

from abeja_datasets_contract.openapi.dialect import AS_BASE, only_nullable
from abeja_datasets_contract.openapi.document import Document
from abeja_datasets_contract.openapi.families import UNIONS, alternatives, mapped, parents, target_of
from abeja_datasets_contract.openapi.pointers import join

_WORDS = frozenset({"title", "description", "deprecated", "example", "examples", "type"})
"""Keywords that may stand beside a constant without a change of its meaning."""
CONSTANTS = "x-constants"
"""The key at which a union of constants leaves what it says of each."""

MAPPED = "x-mapped"
"""The key at which a union leaves the alternatives that only the mapping of its discriminator names."""


def as_meant(document: Document) -> Document:
    """Return a document of the same places which says by the letter what the given one means."""
    read = document.copy(copy.deepcopy(document.data))
    _add_children(read)
    for schema in _mappings(read.data):
        _rewrite_null(read, schema)
        _rewrite_constants(schema)
    return read


def _mappings(node: Any) -> Iterator[dict[str, Any]]:
    todo, seen = [node], set[int]()
    while todo:
        here = todo.pop()
        if id(here) in seen:
            continue
        seen.add(id(here))  # what YAML names by an anchor stands at several places
        if isinstance(here, dict):
            yield here
            todo.extend(here.values())
        elif isinstance(here, list):
            todo.extend(here)


def _add_children(document: Document) -> None:
    schemas = document.mapping("#/components/schemas")
    above = {join("components", "schemas", name): set[str]() for name in schemas}
    above = {pointer: parents(document, pointer) for pointer in above}
    for schema in [one for one in _mappings(document.data) if isinstance(one.get("discriminator"), dict)]:
        _add_alternatives(document, schema, [])
    for pointer in above:
        children = [child for child, up in above.items() if pointer in up and _is_child(document, child, pointer)]
        _add_alternatives(document, document.mapping(pointer), children, pointer)
        if {*children} & {*alternatives(document, pointer)}:
            for child in children:
                _extend_base(document, child, pointer)


def _is_child(document: Document, child: str, parent: str) -> bool:
    """Return whether a schema extends a parent: one that is only another name for it does not."""
    schema = document.mapping(child)
    return child in alternatives(document, parent) or len(schema.get("allOf", [])) > 1 or "properties" in schema


def _add_alternatives(document: Document, schema: dict[str, Any], children: list[str], pointer: str = "") -> None:
    """Add the alternatives that the discriminator of a schema means, and that no union of it lists."""
    if not isinstance(schema.get("discriminator"), dict):
        return
    union = next((key for key in UNIONS if schema.get(key)), "")
    listed = {target_of(part) for part in schema.get(union, [])}
    meant = dict.fromkeys([*mapped(document, schema).values(), *([] if union else children)])
    more = [{"$ref": target} for target in meant if target not in listed and target != pointer]
    if union and more:
        schema[union] = [*schema[union], *more]
        schema[MAPPED] = [part["$ref"] for part in more]
    elif more:
        schema["anyOf"] = [*more, {}]  # the parent itself is one, too


def _extend_base(document: Document, child: str, parent: str) -> None:
    for part in document.mapping(child).get("allOf", []):
        if target_of(part) == parent:
            part[AS_BASE] = True


def _rewrite_null(document: Document, schema: dict[str, Any]) -> None:
    for union in UNIONS:
        parts = schema.get(union)
        if document.is_3_0 and isinstance(parts, list) and len(parts) > 1:
            schema[union] = [{"type": "null"} if only_nullable(part) else part for part in parts]


def _rewrite_constants(schema: dict[str, Any]) -> None:
    for union in UNIONS:
        parts = schema.get(union)
        if isinstance(parts, list) and parts and "enum" not in schema and all(map(_is_constant, parts)):
            values = [value for part in schema.pop(union) for value in _values(part)]
            schema["enum"] = [value for index, value in enumerate(values) if value not in values[:index]]
            schema[CONSTANTS] = parts
            return


def _is_constant(part: Any) -> bool:
    return isinstance(part, dict) and ("const" in part or _one(part)) and not set(part) - _WORDS - {"const", "enum"}


def words_of_constants(parts: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return what a union of constants says of each of them, besides its value."""
    return {
        json.dumps(value): {key: said for key, said in part.items() if key in _WORDS}
        for part in parts
        for value in _values(part)
    }


def _one(part: dict[str, Any]) -> bool:
    return isinstance(part.get("enum"), list) and len(part["enum"]) == 1


def _values(part: dict[str, Any]) -> list[Any]:
    return [part["const"]] if "const" in part else list(part["enum"])
