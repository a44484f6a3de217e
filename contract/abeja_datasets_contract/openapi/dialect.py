"""Schemas of OpenAPI 3.0 and 3.1 as plain JSON Schema 2020-12, one schema object at a time.

What is rewritten: `nullable` and boolean `exclusiveMinimum`/`exclusiveMaximum` of 3.0; `const` as `enum`; the formats
int32 and int64 as the ranges they stand for. Annotations go, but for examples, from which counterexamples are made.
"""

from typing import Any

from abeja_datasets_contract.openapi.keywords import KEYWORDS

AS_BASE = "x-as-base"
"""Beside a `$ref`: what it leads to is meant without its alternatives. The comparison puts it there."""
_EXTRA = frozenset({AS_BASE, "examples"})
_INTEGERS = {"int32": 2**31, "int64": 2**63}
_HINTS = frozenset({"password", *_INTEGERS})
"""Formats that admit every string or are written as ranges; all others stay."""


def modern(raw: dict[str, Any], *, is_3_0: bool) -> tuple[dict[str, Any], bool]:
    """Rewrite one schema object; the schemas inside it stay as they are.

    In 3.0 what stands beside a `$ref` is ignored, as that version says, but for `nullable`, which people write there.

    Returns:
        The schema, and whether null is allowed besides it.
    """
    if is_3_0 and isinstance(raw.get("$ref"), str):
        return {key: raw[key] for key in ("$ref", AS_BASE) if key in raw}, raw.get("nullable") is True
    schema = dict(raw)
    for name in [name for name in schema if name in KEYWORDS and KEYWORDS[name].read_as]:
        schema[KEYWORDS[name].read_as] = [schema.pop(name)]
    if is_3_0:
        _rewrite_bounds(schema)
    nullable = is_3_0 and _rewrite_nullable(schema)
    _rewrite_integers(schema)
    if isinstance(schema.get("type"), list) and len(schema["type"]) == 1:
        schema["type"] = schema["type"][0]
    examples = [schema.pop("example")] if "example" in schema else []
    examples += schema["examples"] if isinstance(schema.get("examples"), list) else []
    examples += [schema["default"]] if "default" in schema else []
    schema["examples"] = examples
    return {key: value for key, value in schema.items() if is_kept(key) and (key != "examples" or value)}, nullable


def is_kept(key: str) -> bool:
    """Return whether a keyword is compared; all others are words for people, or unknown."""
    return key in KEYWORDS or key in _EXTRA


def _rewrite_bounds(schema: dict[str, Any]) -> None:
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if schema.get(exclusive) is True and bound in schema:
            schema[exclusive] = schema.pop(bound)
        elif isinstance(schema.get(exclusive), bool):
            del schema[exclusive]


def _rewrite_nullable(schema: dict[str, Any]) -> bool:
    """Write null as a type, or return that the schema can't express it.

    3.0 gives `nullable` a meaning only beside `type`. Documents also write it beside `allOf` and the like, or as
    `allOf: [{$ref: …}, {nullable: true}]`: read as what it says, that the value may be null. An `enum` beside it takes
    null too.
    """
    parts = schema.get("allOf", [])
    if schema.get("nullable") is not True and not any(only_nullable(part) for part in parts):
        return False
    if isinstance(schema.get("type"), str) and not parts:
        schema["type"] = [schema["type"], "null"]
        if isinstance(schema.get("enum"), list) and None not in schema["enum"]:
            schema["enum"] = [*schema["enum"], None]
        return False
    # Without any of these, null is allowed anyway.
    return any(key in schema for key in ("type", "allOf", "anyOf", "oneOf", "enum", "properties", "items"))


def only_nullable(part: Any) -> bool:
    """Return whether a schema of OpenAPI 3.0 says nothing but that the value may be null."""
    return isinstance(part, dict) and part.get("nullable") is True and not any(map(is_kept, set(part) - {"examples"}))


def _rewrite_integers(schema: dict[str, Any]) -> None:
    size = _INTEGERS.get(str(schema.get("format")))
    kinds = schema.get("type", [])
    if size and {"integer", "number"} & {*([kinds] if isinstance(kinds, str) else kinds)}:
        least, most = schema.get("minimum"), schema.get("maximum")
        schema["minimum"] = max(-size, least) if isinstance(least, (int, float)) else -size
        schema["maximum"] = min(size - 1, most) if isinstance(most, (int, float)) else size - 1
    if schema.get("format") in _HINTS:
        del schema["format"]
