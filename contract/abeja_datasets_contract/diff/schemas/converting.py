"""Converts the schema objects of a document into JSON Schema, closed or as written, for one direction."""

import json
from dataclasses import dataclass, replace
from typing import Any, Literal

from abeja_datasets_contract.diff.schemas.converted import definition_name
from abeja_datasets_contract.diff.schemas.declared import Declared, Names
from abeja_datasets_contract.diff.schemas.practice import MAPPED
from abeja_datasets_contract.openapi.dialect import AS_BASE, is_kept, modern
from abeja_datasets_contract.openapi.document import Document
from abeja_datasets_contract.openapi.families import UNIONS
from abeja_datasets_contract.openapi.keywords import KEYWORDS, Inside, holds
from abeja_datasets_contract.openapi.pointers import child, join, split

Direction = Literal["request", "response"]
_HIDDEN = {"request": "readOnly", "response": "writeOnly"}


@dataclass(frozen=True)
class Way:
    """How a schema is converted.

    Attributes:
        closed: whether objects in it are closed.
        shared: properties which several schemas of the same value describe, so that none of these can be closed alone.
        base: whether it is meant without its alternatives.
        whole: whether what it refers to is closed there, as all that is said of a value.
    """

    closed: bool
    shared: frozenset[str] = frozenset()
    base: bool = False
    whole: bool = False


class Conversion:
    """Converts the schema objects of one document.

    Args:
        document: where they stand.
        direction: the direction in which values are sent.
        closed: whether this is the side whose values are being sent.
        enums: by the pointer of a schema, values that its `enum` takes too.

    Attributes:
        targets: by the name of a definition, the schema that it is and how that is converted.
    """

    def __init__(self, document: Document, direction: Direction, enums: dict[str, list[Any]], *, closed: bool) -> None:
        self.document = document
        self.direction = direction
        self.closed = closed
        self.enums = enums
        self.targets: dict[str, tuple[str, Way]] = {}
        self._hidden: dict[int, bool] = {}
        self._names = Declared(document)

    def hides(self, raw: Any) -> bool:
        """Return whether a property's schema says that this direction does not carry it."""
        if not isinstance(raw, dict):
            return False
        if id(raw) not in self._hidden:
            self._hidden[id(raw)] = False
            parts = [self.document.at(raw["$ref"])] if isinstance(raw.get("$ref"), str) else raw.get("allOf", [])
            said = raw.get(_HIDDEN[self.direction]) is True
            self._hidden[id(raw)] = said or any(self.hides(part) for part in parts)
        return self._hidden[id(raw)]

    def value(self, raw: Any, pointer: str, way: Way) -> Any:
        """Convert a schema that is all that is said of a value, so that it can be closed."""
        if not isinstance(raw, dict):
            return raw
        closes = "unevaluatedProperties" in raw or (way.closed and self._names.of(raw, base=way.base).declared)
        if closes and _refers(raw) and not _only_refers(raw):
            # `canonicalize` overflows the stack where a circle of alternatives is closed at a place without a name.
            return {"$ref": self._named_reference(pointer, replace(way, whole=True))}
        return self.close(raw, pointer, way) if way.closed else self.part(raw, pointer, way)

    def close(self, raw: dict[str, Any], pointer: str, way: Way) -> Any:
        """Convert a schema and close it; one that only refers to another one is closed there."""
        names = self._names.of(raw, base=way.base)
        if names.declared and _only_refers(raw):
            return self.part(raw, pointer, replace(way, whole=True))
        schema = self.part(raw, pointer, replace(way, shared=names.shared))
        if names.declared and isinstance(schema, dict):
            schema = dict(schema)
            close_object(schema, names)
        return schema

    def part(self, raw: Any, pointer: str, way: Way) -> Any:
        """Convert a schema that is not closed in itself: one of several that speak of a value."""
        if not isinstance(raw, dict):
            return raw
        schema, nullable = self.body(raw, pointer, way)
        return {"anyOf": [schema, {"type": "null"}]} if nullable else schema

    def body(self, raw: dict[str, Any], pointer: str, way: Way) -> tuple[dict[str, Any], bool]:
        """Convert the keywords of a schema object; return whether null is allowed besides, too."""
        schema, nullable = modern(raw, is_3_0=self.document.is_3_0)
        as_base = bool(schema.pop(AS_BASE, False))
        if way.base:
            schema = {key: value for key, value in schema.items() if key not in UNIONS}
            way = replace(way, base=False)
        if pointer in self.enums and isinstance(schema.get("enum"), list):
            schema["enum"] = [*schema["enum"], *self.enums[pointer]]
        if raw.get(_HIDDEN[self.direction]) is True:
            schema[_HIDDEN[self.direction]] = True  # an annotation, so that `mark` sees it
        if isinstance(raw.get("discriminator"), dict):
            chosen = [raw["discriminator"], raw.get(MAPPED)]
            schema["$comment"] = json.dumps(chosen, sort_keys=True)  # read by `said` alone
        self._hide(schema)
        if "$ref" in schema:
            schema["$ref"] = self._reference(schema["$ref"], replace(way, base=as_base))
        for key, value in list(schema.items()):
            schema[key] = self._inside(key, value, child(pointer, key), way)
        return schema, nullable

    def _reference(self, target: str, way: Way) -> str:
        return self._named_reference(join(*split(target)), way)

    def _named_reference(self, pointer: str, way: Way) -> str:
        name = definition_name(pointer)
        if way.closed != self.closed:
            name += "_as_written"
        if way.base:
            name += "_as_base"
        if way.whole:
            name += "_closed"
        if way.shared:
            name += "_sharing_" + "_".join(definition_name(part) for part in sorted(way.shared))
        self.targets[name] = (pointer, way)
        return f"#/$defs/{name}"

    def _inside(self, key: str, value: Any, pointer: str, way: Way) -> Any:
        inner = replace(way, shared=frozenset())
        held = holds(key)
        if held == "{schema}" and isinstance(value, dict):
            return {name: self._named(key, name, part, child(pointer, name), way) for name, part in value.items()}
        if held == "[schema]" and isinstance(value, list):
            return [self._branch(key, part, child(pointer, index), way) for index, part in enumerate(value)]
        if held != "schema":
            return value
        if KEYWORDS[key].inside == Inside.VALUE:
            return self.value(value, pointer, inner)
        return self.part(value, pointer, way if KEYWORDS[key].inside == Inside.PART else Way(closed=False))

    def _named(self, key: str, name: str, raw: Any, pointer: str, way: Way) -> Any:
        if KEYWORDS[key].inside == Inside.PART:
            return self.part(raw, pointer, way)
        inner = replace(way, shared=frozenset())
        shared = key == "properties" and name in way.shared
        return self.part(raw, pointer, inner) if shared else self.value(raw, pointer, inner)

    def _branch(self, key: str, raw: Any, pointer: str, way: Way) -> Any:
        if KEYWORDS[key].inside == Inside.VALUE:
            return self.value(raw, pointer, replace(way, shared=frozenset()))
        schema = self.part(raw, pointer, way)
        free = way.closed and key in UNIONS and isinstance(raw, dict) and raw.get("type") == "object"
        if free and not raw.get("required") and not self._names.of(raw).declared:
            return {"additionalProperties": True, **schema}  # free in form, whatever its neighbours declare
        return schema

    def _hide(self, schema: dict[str, Any]) -> None:
        """Take out the properties that this direction does not carry: read-only ones of requests, and so on."""
        properties = schema.get("properties", {})
        hidden = {name for name, part in properties.items() if self.hides(part)}
        if hidden:
            schema["required"] = [name for name in schema.get("required", []) if name not in hidden]
            if self.closed:
                schema["properties"] = {name: part for name, part in properties.items() if name not in hidden}


def _refers(raw: Any) -> bool:
    """Return whether a schema, or one of those that it combines, is a reference."""
    if not isinstance(raw, dict):
        return False
    parts = [part for key in ("allOf", *UNIONS) for part in raw.get(key, [])]
    return "$ref" in raw or any(map(_refers, [*parts, raw.get("then"), raw.get("else")]))


def _only_refers(raw: dict[str, Any]) -> bool:
    return "$ref" in raw and not any(map(is_kept, raw.keys() - {"$ref", AS_BASE, "examples"}))


def close_object(schema: dict[str, Any], names: Names) -> None:
    """Take no properties but those declared. A required one counts as declared, lest no object be possible."""
    undeclared = dict.fromkeys(sorted(names.required - names.declared), True)
    schema.setdefault("unevaluatedProperties", False)
    if undeclared:
        schema["properties"] = {**schema.get("properties", {}), **undeclared}
