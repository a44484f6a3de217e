"""Values of parameters and headers travel as text: an integer that becomes a string changes nothing on the wire."""

import json
from typing import Any

from abeja_datasets_contract.diff.schemas.canonical import canonical, covers
from abeja_datasets_contract.diff.schemas.fixpoint import Verdict
from abeja_datasets_contract.diff.schemas.shape import Shape
from abeja_datasets_contract.diff.schemas.shapes import Shapes
from abeja_datasets_contract.openapi.pointers import child

_PATTERNS = {"integer": "^-?[0-9]+$", "number": "^-?[0-9]+([.][0-9]+)?([eE][-+]?[0-9]+)?$"}
_SCALARS = frozenset({"string", "integer", "number", "boolean", "null"})
_PLAIN = frozenset({"type", "format", "minLength", "maxLength", "pattern", "enum"})
"""Keywords that a schema of texts may have, so that nothing else judges it."""


def scalar(shapes: Shapes, pointer: str) -> bool:
    """Return whether a schema is known to take neither lists nor objects, of which `style` and `explode` speak."""
    return _is_scalar(shapes, pointer, set())


def _is_scalar(shapes: Shapes, pointer: str, seen: set[str]) -> bool:
    shape = shapes.at(pointer)
    values = shape.first("enum")
    if shape.types or isinstance(values, list):
        return shape.types <= _SCALARS and not any(isinstance(value, (dict, list)) for value in values or [])
    if pointer in seen or not shape.unions:
        return False
    seen.add(pointer)
    return any(all(_is_scalar(shapes, branch, seen) for branch in union.branches) for union in shape.unions)


def same_texts(sent: Shapes, covering: Shapes, ends: tuple[str, str]) -> bool:
    """Return whether all values of one schema, written as text, are among the strings of another one; or their items.

    Args:
        sent: the shapes of the side whose values are sent.
        covering: those of the other side.
        ends: the pointers of both schemas.
    """
    here, there = sent.at(ends[0]), covering.at(ends[1])
    if "items" not in here.keywords or "items" not in there.keywords:
        return _same_texts(here, there)
    others = there.keywords.keys() - {"items"}
    equal = all(here.first(keyword) == there.first(keyword) for keyword in others) and not there.unions
    items = [child(shape.keywords["items"][0][0], "items") for shape in (here, there)]
    return equal and same_texts(sent, covering, (sent.written(items[0]), covering.written(items[1])))


def _same_texts(sent: Shape, covering: Shape) -> bool:
    apart = sent.types and sent.types <= {"integer", "number", "boolean"} and "string" in covering.types
    if not apart or covering.unions or sent.unions or not covering.keywords.keys() <= _PLAIN:
        return False
    strings = {key: said[0][1] for key, said in covering.keywords.items() if key != "type"}
    return covers(canonical({"type": "string", **strings}), canonical(_as_text(sent))) == Verdict.YES


def _as_text(sent: Shape) -> Any:
    values = sent.first("enum")
    if isinstance(values, list):
        return {"enum": [value if isinstance(value, str) else json.dumps(value) for value in values]}
    if sent.types == {"boolean"}:
        return {"enum": ["true", "false"]}
    kinds = ["number"] if "number" in sent.types else ["integer"] if "integer" in sent.types else []
    parts: list[Any] = [{"type": "string", "pattern": _PATTERNS[kind]} for kind in kinds]
    return {"anyOf": [*parts, *([{"enum": ["true", "false"]}] if "boolean" in sent.types else [])]}
