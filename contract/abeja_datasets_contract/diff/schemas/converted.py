"""Questions about converted schemas: what they refer to, what they say without examples, and how large they are."""

import json
import re
from collections.abc import Iterator
from typing import Any

from abeja_datasets_contract.diff.schemas.sameness import Said
from abeja_datasets_contract.openapi.keywords import holds


def definition_name(pointer: str) -> str:
    """Name the target of a reference under `$defs`; the same pointer has the same name in every document."""
    plain = pointer.removeprefix("#/components/schemas/").removeprefix("#/")
    return re.sub(r"[^A-Za-z0-9.-]", lambda match: f"_{ord(match[0]):x}_", plain)


def referred(schema: Any, *, named: bool = False) -> Iterator[str]:
    """Name the definitions that a converted schema refers to itself."""
    if isinstance(schema, dict):
        if not named and isinstance(schema.get("$ref"), str):
            yield schema["$ref"].removeprefix("#/$defs/")
        for key, value in schema.items():
            if named or key not in ("enum", "examples"):
                yield from referred(value, named=not named and holds(key) == "{schema}")
    elif isinstance(schema, list):
        for value in schema:
            yield from referred(value)


def said(schema: Any) -> Said:
    """Return what a converted schema says, and what it refers to."""
    return Said(json.dumps(without_examples(schema), sort_keys=True), frozenset(referred(schema)))


def without_examples(schema: Any, *, named: bool = False) -> Any:
    """Return a converted schema without the examples in it."""
    if isinstance(schema, list):
        return [without_examples(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: value
        if key == "enum" and not named
        else without_examples(value, named=not named and (key == "$defs" or holds(key) == "{schema}"))
        for key, value in schema.items()
        if named or key != "examples"
    }


def larger_than(schema: Any, most: int) -> bool:
    """Return whether a schema has more inner schemas and values than this.

    Each reference counts as what it refers to, once around each circle. The work is bounded by `most` as well.
    """
    definitions = schema.get("$defs", {}) if isinstance(schema, dict) else {}
    counts: dict[str, int] = {}
    left = most

    def count(node: Any) -> int:
        nonlocal left
        left -= 1
        if left < 0:
            return most + 1
        if isinstance(node, list):
            return sum(map(count, node))
        if not isinstance(node, dict):
            return 1
        name = str(node.get("$ref", "")).removeprefix("#/$defs/")
        if name in definitions and name not in counts:
            counts[name] = 1
            counts[name] = count(definitions[name])
        total = 1 + counts.get(name, 0)
        for key, part in node.items():
            if total > most:
                break
            total += count(part) if key != "$defs" else 0
        return total

    return count(schema) > most
