"""Schemas in the canonical form of jsonschema_rs, which decides by the letter whether one takes all of another."""

from typing import Any

import jsonschema_rs

from abeja_datasets_contract.diff.schemas.converted import larger_than
from abeja_datasets_contract.diff.schemas.fixpoint import Verdict
from abeja_datasets_contract.diff.schemas.schemas import Schemas
from abeja_datasets_contract.diff.schemas.shapes import Shapes
from abeja_datasets_contract.openapi.families import UNIONS
from abeja_datasets_contract.openapi.keywords import Compared, compared

NULL = {"type": "null"}
Canonical = jsonschema_rs.CanonicalSchema | None
_MOST = 5_000
"""Of more schemas and values than this, written out, none is canonicalized."""
_CLOSED = 4
"""Where more alternatives than this are closed together, canonicalizing takes seconds, and soon hours."""
VARIANTS = 2
"""Unions inside each other, of which each alternative is compared with all that stands around."""


def canonical(schema: Any) -> Canonical:
    """Canonicalize a schema; None where it is none that JSON Schema knows (a misspelt type, a broken pattern).

    So it is for one that is too large with all that it refers to written out, as canonicalizing does, and for one that
    closes many alternatives.
    """
    if larger_than(schema, _MOST) or _closes_many(schema):
        return None
    try:
        return jsonschema_rs.canonicalize(schema, draft=jsonschema_rs.Draft202012, validate_formats=True, offline=True)
    except (ValueError, OverflowError):
        return None


def _closes_many(schema: Any) -> bool:
    """Return whether `unevaluatedProperties` stands beside many alternatives somewhere in a schema."""
    definitions = schema.get("$defs", {}) if isinstance(schema, dict) else {}
    todo = [schema]
    while todo:
        node = todo.pop()
        if isinstance(node, dict):
            if "unevaluatedProperties" in node and _alternatives(node, definitions, frozenset()) > _CLOSED:
                return True
            todo.extend(node.values())
        elif isinstance(node, list):
            todo.extend(node)
    return False


def _alternatives(node: Any, definitions: dict[str, Any], seen: frozenset[str]) -> int:
    """Count the alternatives of a value, those inside each other too, no further than needed."""
    if not isinstance(node, dict) or len(seen) > _CLOSED:
        return 0
    name = str(node.get("$ref", "")).removeprefix("#/$defs/")
    parts = [*node.get("allOf", []), *([definitions[name]] if name in definitions and name not in seen else [])]
    total = sum(_alternatives(part, definitions, seen | {name}) for part in parts)
    for part in (part for union in UNIONS for part in node.get(union, [])):
        total += max(1, _alternatives(part, definitions, seen | {name}))
        if total > _CLOSED:
            break
    return total


def covers(covering: Canonical, sent: Canonical) -> Verdict:
    """Return whether a schema takes every value of another."""
    if covering is None or sent is None:
        return Verdict.UNKNOWN
    try:
        contained = covering.covers(sent)
    except jsonschema_rs.canonical.CanonicalizationError:
        return Verdict.UNKNOWN
    if contained == jsonschema_rs.canonical.Containment.YES:
        return Verdict.YES
    return Verdict.NO if contained == jsonschema_rs.canonical.Containment.NO else Verdict.UNKNOWN


def apart(one: Canonical, other: Canonical) -> bool:
    """Return whether no value is one of both schemas; False where this is not known."""
    if one is None or other is None:
        return False
    try:
        return bool(one.intersect(other).satisfiability() == jsonschema_rs.canonical.Satisfiability.NO)
    except jsonschema_rs.canonical.CanonicalizationError:
        return False


def surface(shapes: Shapes, schemas: Schemas, pointer: str, left: int = VARIANTS) -> dict[str, Any]:
    """Return what a schema says of the value itself, and of properties no more than the values they are fixed to."""
    shape = shapes.at(pointer)
    parts: list[Any] = []
    unions = shape.unions if left else []  # deeper, it says less than the schema does
    for place in shape.pointers:
        body, null = schemas.body(place)
        part = {key: body[key] for key in body if key == "required" or compared(key) == Compared.VALUE}
        properties = {
            name: {"enum": p["enum"]}
            for name, p in body.get("properties", {}).items()
            if isinstance(p, dict) and "enum" in p
        }
        if properties:
            part["properties"] = properties
        parts.append({"anyOf": [part, NULL]} if null else part)
    parts += [{"anyOf": [surface(shapes, schemas, place, left - 1) for place in union.branches]} for union in unions]
    if "false" in shape.keywords:
        parts.append(False)
    whole: dict[str, Any] = {"allOf": parts or [True]}
    return {"anyOf": [whole, NULL]} if shape.null else whole
