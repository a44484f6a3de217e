"""The schemas of a document as JSON Schema that validators and `canonicalize` take, for one direction.

The side whose values are being sent is *closed*: an object that declares properties has only those. Only so is a new
optional property no break: what a caller never heard of, it never sent. Closing goes around `allOf` and its like, by
`unevaluatedProperties: false` on the object as a whole, and never into conditions (`not`, `if`, `contains`).
"""

from dataclasses import replace
from typing import Any

from abeja_datasets_contract.diff.schemas.converted import referred, said
from abeja_datasets_contract.diff.schemas.converting import Conversion, Direction, Way, close_object
from abeja_datasets_contract.diff.schemas.sameness import Said
from abeja_datasets_contract.diff.schemas.shape import is_variant
from abeja_datasets_contract.diff.schemas.shapes import Shapes
from abeja_datasets_contract.openapi.document import Document
from abeja_datasets_contract.openapi.families import UNIONS


class Schemas:
    """The schemas of one document in one direction, closed or as written. Results are kept: they must not be changed.

    Args:
        document: where they stand.
        direction: in requests, properties that are `readOnly` need not (closed: can't) be there; in responses, those
            that are `writeOnly`.
        closed: whether this is the side whose values are being sent.
        enums: by the pointer of a schema, values that its `enum` takes too.
        shapes: those of the document, where they are known.

    Attributes:
        hides: returns whether a property's schema says that this direction does not carry it.
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
        self._said: dict[str, Said] = {}
        self._shapes = shapes or Shapes(document)
        self._conversion = Conversion(document, direction, self.enums, closed=closed)
        self.hides = self._conversion.hides
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
                self._nodes[pointer] = self._conversion.value(self.document.at(pointer), pointer, Way(self.closed))
        return self._nodes[pointer]

    def _variant(self, pointer: str) -> Any:
        """Convert a schema with some of its alternatives taken, flat: all that applies to the value side by side."""
        shape, names = self._shapes.at(pointer), self._shapes.declared(pointer)
        way = Way(self.closed, names.shared if self.closed else frozenset())
        parts: list[Any] = []
        for place in shape.pointers:
            open_unions = {union.keyword for union in shape.unions if union.holder == place}
            left_out = {"$ref", "allOf", *UNIONS} - open_unions
            raw = self.document.at(place)
            raw = {} if self.document.is_3_0 and "$ref" in raw else raw  # what stands beside it is ignored
            kept, nullable = self._conversion.body({key: raw[key] for key in raw if key not in left_out}, place, way)
            parts.append({"anyOf": [kept, {"type": "null"}]} if nullable else kept)
        if "false" in shape.keywords:
            parts.append(False)
        schema: dict[str, Any] = {"allOf": parts or [True]}
        if self.closed and names.declared:
            close_object(schema, names)
        return {"anyOf": [schema, {"type": "null"}]} if shape.null else schema

    def body(self, pointer: str) -> tuple[dict[str, Any], bool]:
        """Return the keywords of the schema object at a pointer, and whether null is allowed besides."""
        raw = self.document.at(pointer)
        return self._conversion.body(raw, pointer, Way(self.closed)) if isinstance(raw, dict) else ({}, False)

    def any_of(self, pointers: list[str]) -> dict[str, Any]:
        """Return a schema that takes what any of some schemas takes."""
        schema: dict[str, Any] = {"anyOf": [self.node(pointer) for pointer in pointers]}
        definitions = self.definitions(schema)
        return {**schema, "$defs": definitions} if definitions else schema

    def definitions(self, schema: Any) -> dict[str, Any]:
        """Return all that a schema of this class refers to, directly or not, by the names that its references use."""
        found: dict[str, Any] = {}
        todo = [*referred(schema)]
        while todo:
            name = todo.pop()
            if name not in found:
                found[name], more = self.definition(name)
                todo.extend(more)
        return dict(sorted(found.items()))

    def definition(self, name: str) -> tuple[Any, frozenset[str]]:
        """Return a definition, and the names of those that it refers to itself."""
        if name not in self._definitions:
            pointer, way = self._conversion.targets[name]
            convert = self._conversion.close if way.whole and way.closed else self._conversion.part
            definition = convert(self.document.at(pointer), pointer, replace(way, whole=False))
            self._definitions[name] = (definition, frozenset(referred(definition)))
        return self._definitions[name]

    def said(self, pointer: str) -> Said:
        """Return what the schema at a pointer says by itself, to compare it with that of another document."""
        return said(self.node(pointer))

    def said_by(self, name: str) -> Said:
        """Return what a definition says by itself."""
        if name not in self._said:
            self._said[name] = said(self.definition(name)[0])
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
