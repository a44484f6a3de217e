"""The schemas of a document as JSON Schema that validators and `canonicalize` take, for one direction.

The side whose values are being sent is *closed*: an object that declares properties has only those. Only so is a new
optional property no break: what a caller never heard of, it never sent. Closing goes around `allOf` and its like, by
`unevaluatedProperties: false` on the object as a whole, and never into conditions (`not`, `if`, `contains`).
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from abeja_datasets_contract.diff.schemas.declared import Declared, Names
from abeja_datasets_contract.diff.schemas.sameness import Said
from abeja_datasets_contract.diff.schemas.shape import is_variant
from abeja_datasets_contract.diff.schemas.shapes import Shapes
from abeja_datasets_contract.openapi.dialect import AS_BASE, is_kept, modern
from abeja_datasets_contract.openapi.document import Document
from abeja_datasets_contract.openapi.families import UNIONS
from abeja_datasets_contract.openapi.keywords import KEYWORDS, Inside, holds
from abeja_datasets_contract.openapi.pointers import child, join, split

Direction = Literal["request", "response"]
_HIDDEN = {"request": "readOnly", "response": "writeOnly"}


@dataclass(frozen=True)
class _Way:
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


class Schemas:
    """The schemas of one document in one direction, closed or as written. Results are kept: they must not be changed.

    Args:
        document: where they stand.
        direction: in requests, properties that are `readOnly` need not (closed: can't) be there; in responses, those
            that are `writeOnly`.
        closed: whether this is the side whose values are being sent.
        enums: by the pointer of a schema, values that its `enum` takes too.
        shapes: those of the document, where they are known.
    """

    def __init__(
        self,
        document: Document,
        direction: Direction,
        *,
        closed: bool,
        enums: dict[str, list[Any]] | None = None,
        shapes: Shapes | None = None,
    ) -> None:
        self.document = document
        self.direction = direction
        self.closed = closed
        self.enums = enums or {}
        self._nodes: dict[str, Any] = {}
        self._hidden: dict[int, bool] = {}
        self._said: dict[str, Said] = {}
        self._names = Declared(document)
        self._shapes = shapes or Shapes(document)
        self._targets: dict[str, tuple[str, _Way]] = {}
        self._definitions: dict[str, tuple[Any, frozenset[str]]] = {}

    def whole(self, pointer: str) -> dict[str, Any]:
        """Return a schema with all that it refers to, under `$defs`."""
        node = self.node(pointer)
        definitions = self.definitions(node)
        schema = node if isinstance(node, dict) else {"allOf": [node]}
        return {**schema, "$defs": definitions} if definitions else schema

    def node(self, pointer: str) -> Any:
        """Return a schema by itself, as the schema of a value; its references stay references into `$defs`."""
        if pointer not in self._nodes:
            if is_variant(pointer):
                self._nodes[pointer] = self._variant(pointer)
            else:
                self._nodes[pointer] = self._value(self.document.at(pointer), pointer, _Way(self.closed))
        return self._nodes[pointer]

    def _variant(self, pointer: str) -> Any:
        """Convert a schema with some of its alternatives taken, flat: all that applies to the value side by side."""
        shape, names = self._shapes.at(pointer), self._shapes.declared(pointer)
        way = _Way(self.closed, names.shared if self.closed else frozenset())
        parts: list[Any] = []
        for place in shape.pointers:
            open_unions = {union.keyword for union in shape.unions if union.holder == place}
            left_out = {"$ref", "allOf", *UNIONS} - open_unions
            raw = self.document.at(place)
            raw = {} if self.document.is_3_0 and "$ref" in raw else raw  # what stands beside it is ignored
            kept, nullable = self._body({key: raw[key] for key in raw if key not in left_out}, place, way)
            parts.append({"anyOf": [kept, {"type": "null"}]} if nullable else kept)
        if "false" in shape.keywords:
            parts.append(False)
        schema: dict[str, Any] = {"allOf": parts or [True]}
        if self.closed and names.declared:
            _close(schema, names)
        return {"anyOf": [schema, {"type": "null"}]} if shape.null else schema

    def body(self, pointer: str) -> tuple[dict[str, Any], bool]:
        """Return the keywords of the schema object at a pointer, and whether null is allowed besides."""
        raw = self.document.at(pointer)
        return self._body(raw, pointer, _Way(self.closed)) if isinstance(raw, dict) else ({}, False)

    def any_of(self, pointers: list[str]) -> dict[str, Any]:
        """Return a schema that takes what any of some schemas takes."""
        schema: dict[str, Any] = {"anyOf": [self.node(pointer) for pointer in pointers]}
        definitions = self.definitions(schema)
        return {**schema, "$defs": definitions} if definitions else schema

    def definitions(self, schema: Any) -> dict[str, Any]:
        """Return all that a schema of this class refers to, directly or not, by the names that its references use."""
        found: dict[str, Any] = {}
        todo = [*_referred(schema)]
        while todo:
            name = todo.pop()
            if name not in found:
                found[name], more = self.definition(name)
                todo.extend(more)
        return dict(sorted(found.items()))

    def definition(self, name: str) -> tuple[Any, frozenset[str]]:
        """Return a definition, and the names of those that it refers to itself."""
        if name not in self._definitions:
            pointer, way = self._targets[name]
            convert = self._closed if way.whole and way.closed else self._part
            definition = convert(self.document.at(pointer), pointer, replace(way, whole=False))
            self._definitions[name] = (definition, frozenset(_referred(definition)))
        return self._definitions[name]

    def said(self, pointer: str) -> Said:
        """Return what the schema at a pointer says by itself, to compare it with that of another document."""
        return _said(self.node(pointer))

    def said_by(self, name: str) -> Said:
        """Return what a definition says by itself."""
        if name not in self._said:
            self._said[name] = _said(self.definition(name)[0])
        return self._said[name]

    def small(self, pointer: str, most: int) -> bool:
        """Return whether a schema with all that it refers to takes no more characters than this."""
        said = self.said(pointer)
        seen, todo, left = set[str](), [*said.names], most - len(said.text)
        while todo and left >= 0:
            name = todo.pop()
            if name not in seen:
                seen.add(name)
                said = self.said_by(name)
                left -= len(said.text)
                todo.extend(said.names)
        return left >= 0

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

    def _value(self, raw: Any, pointer: str, way: _Way) -> Any:
        """Convert a schema that is all that is said of a value, so that it can be closed."""
        if not isinstance(raw, dict):
            return raw
        closes = "unevaluatedProperties" in raw or (way.closed and self._names.of(raw, base=way.base).declared)
        if closes and _refers(raw) and not _only_refers(raw):
            # `canonicalize` overflows the stack where a circle of alternatives is closed at a place without a name.
            return {"$ref": self._named_reference(pointer, replace(way, whole=True))}
        return self._closed(raw, pointer, way) if way.closed else self._part(raw, pointer, way)

    def _closed(self, raw: dict[str, Any], pointer: str, way: _Way) -> Any:
        """Convert a schema and close it; one that only refers to another one is closed there."""
        names = self._names.of(raw, base=way.base)
        if names.declared and _only_refers(raw):
            return self._part(raw, pointer, replace(way, whole=True))
        schema = self._part(raw, pointer, replace(way, shared=names.shared))
        if names.declared and isinstance(schema, dict):
            schema = dict(schema)
            _close(schema, names)
        return schema

    def _part(self, raw: Any, pointer: str, way: _Way) -> Any:
        """Convert a schema that is not closed in itself: one of several that speak of a value."""
        if not isinstance(raw, dict):
            return raw
        schema, nullable = self._body(raw, pointer, way)
        return {"anyOf": [schema, {"type": "null"}]} if nullable else schema

    def _body(self, raw: dict[str, Any], pointer: str, way: _Way) -> tuple[dict[str, Any], bool]:
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
            schema["$comment"] = json.dumps(raw["discriminator"], sort_keys=True)  # read by `said` alone
        self._hide(schema)
        if "$ref" in schema:
            schema["$ref"] = self._reference(schema["$ref"], replace(way, base=as_base))
        for key, value in list(schema.items()):
            schema[key] = self._inside(key, value, child(pointer, key), way)
        return schema, nullable

    def _reference(self, target: str, way: _Way) -> str:
        return self._named_reference(join(*split(target)), way)

    def _named_reference(self, pointer: str, way: _Way) -> str:
        name = definition_name(pointer)
        if way.closed != self.closed:
            name += "_as_written"
        if way.base:
            name += "_as_base"
        if way.whole:
            name += "_closed"
        if way.shared:
            name += "_sharing_" + "_".join(definition_name(part) for part in sorted(way.shared))
        self._targets[name] = (pointer, way)
        return f"#/$defs/{name}"

    def _inside(self, key: str, value: Any, pointer: str, way: _Way) -> Any:
        inner = replace(way, shared=frozenset())
        held = holds(key)
        if held == "{schema}" and isinstance(value, dict):
            return {name: self._named(key, name, part, child(pointer, name), way) for name, part in value.items()}
        if held == "[schema]" and isinstance(value, list):
            return [self._branch(key, part, child(pointer, index), way) for index, part in enumerate(value)]
        if held != "schema":
            return value
        if KEYWORDS[key].inside == Inside.VALUE:
            return self._value(value, pointer, inner)
        return self._part(value, pointer, way if KEYWORDS[key].inside == Inside.PART else _Way(closed=False))

    def _named(self, key: str, name: str, raw: Any, pointer: str, way: _Way) -> Any:
        if KEYWORDS[key].inside == Inside.PART:
            return self._part(raw, pointer, way)
        inner = replace(way, shared=frozenset())
        shared = key == "properties" and name in way.shared
        return self._part(raw, pointer, inner) if shared else self._value(raw, pointer, inner)

    def _branch(self, key: str, raw: Any, pointer: str, way: _Way) -> Any:
        if KEYWORDS[key].inside == Inside.VALUE:
            return self._value(raw, pointer, replace(way, shared=frozenset()))
        schema = self._part(raw, pointer, way)
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


def _close(schema: dict[str, Any], names: Names) -> None:
    """Take no properties but those declared. A required one counts as declared, lest no object be possible."""
    undeclared = dict.fromkeys(sorted(names.required - names.declared), True)
    schema.setdefault("unevaluatedProperties", False)
    if undeclared:
        schema["properties"] = {**schema.get("properties", {}), **undeclared}


def definition_name(pointer: str) -> str:
    """Name the target of a reference under `$defs`; the same pointer has the same name in every document."""
    plain = pointer.removeprefix("#/components/schemas/").removeprefix("#/")
    return re.sub(r"[^A-Za-z0-9.-]", lambda match: f"_{ord(match[0]):x}_", plain)


def _referred(schema: Any, *, named: bool = False) -> Iterator[str]:
    """Name the definitions that a converted schema refers to itself."""
    if isinstance(schema, dict):
        if not named and isinstance(schema.get("$ref"), str):
            yield schema["$ref"].removeprefix("#/$defs/")
        for key, value in schema.items():
            if named or key not in ("enum", "examples"):
                yield from _referred(value, named=not named and holds(key) == "{schema}")
    elif isinstance(schema, list):
        for value in schema:
            yield from _referred(value)


def _said(schema: Any) -> Said:
    return Said(json.dumps(without_examples(schema), sort_keys=True), frozenset(_referred(schema)))


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
