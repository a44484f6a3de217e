"""Which keys of a document hold names, which hold data, and where a reference stands for what it names."""

from typing import Any, Literal

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
"""The keys of a path item that hold operations."""
_LISTED = frozenset({
    "properties", "patternProperties", "dependentSchemas", "$defs", "definitions", "schemas", "responses", "headers",
    "examples", "requestBodies", "securitySchemes", "links", "callbacks", "paths", "pathItems", "content", "webhooks",
    "encoding", "variables", "parameters",
})  # fmt: skip
NAMED = _LISTED | {"mapping", "scopes", "dependentRequired"}
"""Keys whose mapping goes from names (of properties, statuses, components) to things: its keys are no keywords."""
_DATA = frozenset({"example", "default", "enum", "const", "value", "description", "summary"})
"""Keys below which any JSON stands, or text; a `$ref` there is data."""
_SECTIONS = frozenset({"info", "components", *METHODS})
_ITEMS = frozenset({"content", "servers"})

Place = Literal["object", "inlined", "names", "inlined names", "media types", "servers"]
"""What stands somewhere: an object of OpenAPI, or a mapping from names to such objects, and so on. Where *inlined* is
said, a reference is not a Reference Object of the specification; people still write one to divide a document."""


def is_named(place: Place) -> bool:
    """Return whether the keys of a mapping are names."""
    return place in ("names", "inlined names", "media types")


def is_inlined(place: Place) -> bool:
    """Return whether a reference there is replaced by what it names."""
    return place in ("inlined", "inlined names", "media types")


def place_of(place: Place, key: str, value: Any) -> Place | None:
    """Return what stands at a key of a mapping; None where it is data."""
    if is_named(place):
        return "inlined" if place == "media types" else "object"
    if key in _DATA or key.startswith("x-") or (key == "examples" and isinstance(value, list)):
        return None
    if key in _ITEMS:
        return "media types" if key == "content" else "servers"
    if key in NAMED and isinstance(value, dict):
        return "inlined names" if key in _LISTED else "names"
    return "inlined" if key in _SECTIONS else "object"


def place_of_item(place: Place) -> Place:
    """Return what the items of a list are."""
    return "inlined" if place == "servers" else "object"
