"""What a schema says of a value, gathered from all the places that say it: itself, its references and its `allOf`."""

from dataclasses import dataclass, field
from typing import Any

from abeja_datasets_contract.openapi.dialect import OTHERS, SCALARS, modern
from abeja_datasets_contract.openapi.document import Document
from abeja_datasets_contract.openapi.pointers import child, join, split

WHOLE = ("not", "if", "contains", "propertyNames", "patternProperties", "dependentSchemas", "unevaluatedProperties",
         "unevaluatedItems", "prefixItems", *OTHERS)  # fmt: skip
"""Keywords that are compared as a whole."""
UNIONS = ("anyOf", "oneOf")
INNER = ("items", "additionalProperties")


@dataclass
class Shape:
    """What is said of one value.

    Attributes:
        pointers: the schema objects that say it.
        keywords: by name, what it says, with the pointer of the schema object that does.
        properties: by name, the pointers of the schemas of each property.
        required: by name, the pointer of the schema object that requires it.
        null: whether null is allowed besides.
    """

    pointers: list[str] = field(default_factory=list)
    keywords: dict[str, list[tuple[str, Any]]] = field(default_factory=dict)
    properties: dict[str, list[str]] = field(default_factory=dict)
    required: dict[str, str] = field(default_factory=dict)
    null: bool = False

    @property
    def conditional(self) -> bool:
        """Whether it says something by alternatives, so that no keyword says all of its kind."""
        return any(keyword in self.keywords for keyword in (*UNIONS, "if", "not", "false", "dependentSchemas"))

    @property
    def only_union(self) -> str:
        """Which of `anyOf` and `oneOf` is all that it says; else an empty text."""
        union = next((key for key in UNIONS if key in self.keywords), "")
        alone = len(self.keywords) == 1 and len(self.keywords.get(union, [])) == 1
        return union if alone and not (self.properties or self.required or self.null) else ""

    @property
    def only_union_besides_type(self) -> str:
        """Like `only_union`, but a type may stand beside it."""
        keywords = {key: value for key, value in self.keywords.items() if key != "type"}
        return Shape(self.pointers, keywords, self.properties, self.required).only_union

    @property
    def sealed(self) -> bool:
        """Whether it has, once closed, the properties it declares itself and no others."""
        more = ("if", "patternProperties", "dependentSchemas", "unevaluatedProperties", "additionalProperties")
        told = bool(self.properties) and self.required.keys() <= self.properties.keys()
        return told and not any(keyword in self.keywords for keyword in (*UNIONS, *more))

    @property
    def structured(self) -> bool:
        """Whether closing could change what it takes."""
        return bool(self.properties) or any(keyword in self.keywords for keyword in (*UNIONS, *INNER, *WHOLE))

    def first(self, keyword: str) -> Any:
        """Give what the first schema object with this keyword says; None without one."""
        return self.keywords[keyword][0][1] if keyword in self.keywords else None


class Shapes:
    """The shapes of the schemas of a document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._shapes: dict[str, Shape] = {}

    def at(self, pointer: str) -> Shape:
        """Give the shape of the schema at a pointer."""
        if pointer not in self._shapes:
            shape = Shape()
            self._gather(pointer, shape)
            self._shapes[pointer] = shape
        return self._shapes[pointer]

    def _gather(self, pointer: str, shape: Shape) -> None:
        raw = self.document.at(pointer)
        if pointer in shape.pointers or not isinstance(raw, dict):
            if raw is False:
                shape.keywords.setdefault("false", []).append((pointer, True))
            return
        shape.pointers.append(pointer)
        schema, nullable = modern(raw, is_3_0=self.document.is_3_0)
        shape.null = shape.null or nullable
        for keyword in (*SCALARS, *WHOLE, *UNIONS, *INNER):
            if keyword in schema:
                shape.keywords.setdefault(keyword, []).append((pointer, schema[keyword]))
        for name in schema.get("properties", {}):
            shape.properties.setdefault(name, []).append(child(pointer, "properties", name))
        for name in schema.get("required", []):
            shape.required.setdefault(name, pointer)
        if isinstance(schema.get("$ref"), str):
            self._gather(join(*split(schema["$ref"])), shape)
        for index in range(len(schema.get("allOf", []))):
            self._gather(child(pointer, "allOf", index), shape)
