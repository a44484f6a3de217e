"""Parents and children: schemas that a `discriminator` or a union joins, and which extend each other by `allOf`.

A child says `allOf: [{$ref: parent}, …]`, and the parent may name its children, in `oneOf`, in `anyOf` or by a
`discriminator`. Read by the letter, the two would require each other for ever. The child means the parent without its
children.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from abeja_datasets_contract.openapi.document import Document
from abeja_datasets_contract.openapi.pointers import join, split

UNIONS = ("anyOf", "oneOf")


def parents(document: Document, pointer: str) -> set[str]:
    """Return the schemas that the one at a pointer extends by references in `allOf`, directly or not."""
    found: set[str] = set()
    todo = [pointer] if pointer else []
    while todo:
        new = {target for target in _extended(document, todo.pop()) if target not in found}
        found |= new
        todo.extend(new)
    return found


def _extended(document: Document, pointer: str) -> Iterator[str]:
    for part in document.mapping(pointer).get("allOf") or []:
        target = target_of(part)
        if target:
            yield target


def target_of(schema: Any) -> str:
    """Return the pointer that a reference leads to; an empty text for a schema without a reference."""
    if isinstance(schema, dict) and isinstance(schema.get("$ref"), str):
        return join(*split(schema["$ref"]))
    return ""


def mapped(document: Document, schema: Mapping[str, Any]) -> dict[str, str]:
    """Return the targets of the mapping of a schema's discriminator, by its values; what leads nowhere is left out."""
    discriminator = schema.get("discriminator")
    mapping = discriminator.get("mapping") if isinstance(discriminator, dict) else None
    found = {}
    for value, target in mapping.items() if isinstance(mapping, dict) else ():
        pointer = _named(document, target) if isinstance(target, str) else ""
        if pointer:
            found[str(value)] = pointer
    return found


def _named(document: Document, target: str) -> str:
    """Return where a mapping leads: it may hold a reference, or the bare name of a component."""
    for pointer in (join("components", "schemas", target), join(*split(target)) if target.startswith("#/") else ""):
        if pointer and document.mapping(pointer):
            return pointer
    return ""


def alternatives(document: Document, pointer: str) -> list[str]:
    """Return the targets that the schema at a pointer names in its unions and by its discriminator."""
    schema = document.mapping(pointer)
    named = [target_of(part) for union in UNIONS for part in schema.get(union) or []]
    return [target for target in dict.fromkeys([*named, *mapped(document, schema).values()]) if target]
