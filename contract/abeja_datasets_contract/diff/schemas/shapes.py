"""What a schema says of a value, gathered from all the places that say it: itself, its references and its `allOf`."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from abeja_datasets_contract.diff.schemas.declared import Declared, Names
from abeja_datasets_contract.openapi.dialect import AS_BASE, CONTENT, OTHERS, SCALARS, modern
from abeja_datasets_contract.openapi.document import Document
from abeja_datasets_contract.openapi.families import UNIONS, target_of
from abeja_datasets_contract.openapi.pointers import child

WHOLE = ("not", "if", "contains", "propertyNames", "patternProperties", "dependentSchemas", "unevaluatedProperties",
         "unevaluatedItems", "prefixItems", *OTHERS)  # fmt: skip
"""Keywords that are compared as a whole."""
INNER = ("items", "additionalProperties")


class Union(NamedTuple):
    """The alternatives of one `anyOf` or `oneOf`.

    Attributes:
        keyword: which of the two.
        holder: the pointer of the schema object that holds it.
        branches: the pointers of the alternatives, without those that are null alone where the shape says that.
    """

    keyword: str
    holder: str
    branches: tuple[str, ...]


@dataclass
class Shape:
    """What is said of one value.

    Attributes:
        pointers: the schema objects that say it.
        keywords: by name, what it says, with the pointer of the schema object that does; unions are not among them.
        unions: its alternatives.
        properties: by name, the pointers of the schemas of each property.
        required: by name, the pointer of the schema object that requires it.
        null: whether null is allowed besides.
    """

    pointers: dict[str, None] = field(default_factory=dict)
    keywords: dict[str, list[tuple[str, Any]]] = field(default_factory=dict)
    unions: list[Union] = field(default_factory=list)
    properties: dict[str, list[str]] = field(default_factory=dict)
    required: dict[str, str] = field(default_factory=dict)
    null: bool = False

    @property
    def conditional(self) -> bool:
        """Whether it says something by alternatives, so that no keyword says all of its kind."""
        return bool(self.unions) or any(
            keyword in self.keywords for keyword in ("if", "not", "false", "dependentSchemas")
        )

    @property
    def only_union(self) -> Union | None:
        """The union which is all that it says; None where it says more, or has none."""
        alone = len(self.unions) == 1 and not (self.keywords or self.properties or self.required or self.null)
        return self.unions[0] if alone else None

    @property
    def only_union_besides_type(self) -> Union | None:
        """Like `only_union`, but a type may stand beside it."""
        keywords = {key: value for key, value in self.keywords.items() if key != "type"}
        return Shape(self.pointers, keywords, self.unions, self.properties, self.required).only_union

    @property
    def sealed(self) -> bool:
        """Whether it has, once closed, the properties it declares itself and no others."""
        more = ("if", "patternProperties", "dependentSchemas", "unevaluatedProperties")
        told = bool(self.properties) and self.required.keys() <= self.properties.keys()
        closed = all(value is False for _, value in self.keywords.get("additionalProperties", []))
        return told and closed and not self.unions and not any(keyword in self.keywords for keyword in more)

    @property
    def structured(self) -> bool:
        """Whether closing could change what it takes."""
        return bool(self.properties or self.unions) or any(keyword in self.keywords for keyword in (*INNER, *WHOLE))

    @property
    def types(self) -> frozenset[str]:
        """The types that it names; none where it names none."""
        named = self.keywords.get("type", [])
        kinds = named[0][1] if named else []
        return frozenset([kinds] if isinstance(kinds, str) else [str(kind) for kind in kinds])

    def first(self, keyword: str) -> Any:
        """Return what the first schema object with this keyword says; None without one."""
        return self.keywords[keyword][0][1] if keyword in self.keywords else None


_CHOSEN = "\n"
"""Stands in the name of a variant between the pointer of its schema and those of the alternatives that it takes."""


def variant(pointer: str, branch: str) -> str:
    """Return the name of a schema whose union is replaced by one of its alternatives."""
    return f"{pointer}{_CHOSEN}{branch}"


def depth(pointer: str) -> int:
    """Return how many alternatives a variant takes; 0 for a schema as it is written."""
    return pointer.count(_CHOSEN)


def is_variant(pointer: str) -> bool:
    """Return whether this names a variant; such a name is none of the document's."""
    return _CHOSEN in pointer


class Shapes:
    """The shapes of the schemas of a document, and of their variants."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._names = Declared(document)
        self._shapes: dict[str, Shape] = {}

    def written(self, pointer: str) -> str:
        """Return where a schema is written, its references followed."""
        return pointer if is_variant(pointer) else self.document.schema(pointer)

    def declared(self, pointer: str) -> Names:
        """Return the properties that a schema speaks of, also in its alternatives."""
        if not is_variant(pointer):
            return self._names.of(self.document.at(pointer))
        shape = self.at(pointer)
        parts = [self._names.of(self.document.at(place)) for union in shape.unions for place in union.branches]
        named = {name for _, patterns in shape.keywords.get("patternProperties", []) for name in patterns}
        shared = {name for name, places in shape.properties.items() if len(places) > 1}
        return Names(
            frozenset({*shape.properties, *named}).union(*(part.declared for part in parts)),
            frozenset(shape.required).union(*(part.required for part in parts)),
            frozenset(shared).union(*((part.declared & {*shape.properties}) | part.shared for part in parts)),
        )

    def at(self, pointer: str) -> Shape:
        """Return the shape of the schema at a pointer."""
        if pointer not in self._shapes:
            shape = Shape()
            self._gather(pointer, shape)
            self._shapes[pointer] = shape
        return self._shapes[pointer]

    def _gather(self, start: str, shape: Shape) -> None:
        """Gather what a schema says, and all that applies to the same value.

        `outermost` holds while nothing else was said yet: only then is a null that a part allows one of the whole.
        """
        start, *chosen = start.split(_CHOSEN)
        todo = [(start, False, True)]
        while todo:
            pointer, base, outermost = todo.pop(0)
            raw = self.document.at(pointer)
            if raw is False:
                shape.keywords.setdefault("false", []).append((pointer, True))
            if pointer in shape.pointers or not isinstance(raw, dict):
                continue
            shape.pointers[pointer] = None
            schema, nullable = modern(raw, is_3_0=self.document.is_3_0)
            shape.null = shape.null or (nullable and outermost)
            self._note(shape, pointer, schema)
            alone = outermost and not set(schema) - {"$ref", "allOf", "examples", *UNIONS}
            todo += [] if base else self._note_unions(shape, pointer, schema, chosen, outermost=alone)
            inner = [(target_of(schema), bool(schema.get(AS_BASE)))] if "$ref" in schema else []
            inner += [(child(pointer, "allOf", index), False) for index in range(len(schema.get("allOf", [])))]
            todo += [(place, as_base, alone and len(inner) == 1) for place, as_base in inner]
        shape.null = shape.null and not chosen  # null is another alternative than the one that is taken

    def _note(self, shape: Shape, pointer: str, schema: dict[str, Any]) -> None:
        for keyword in (*SCALARS, *WHOLE, *INNER, *CONTENT):
            if keyword in schema:
                shape.keywords.setdefault(keyword, []).append((pointer, schema[keyword]))
        for name in schema.get("properties", {}):
            shape.properties.setdefault(name, []).append(child(pointer, "properties", name))
        for name in schema.get("required", []):
            shape.required.setdefault(name, pointer)

    def _note_unions(
        self, shape: Shape, pointer: str, schema: dict[str, Any], chosen: list[str], *, outermost: bool
    ) -> list[tuple[str, bool, bool]]:
        """Note the unions of a schema object; return the alternatives that are taken, or the only ones beside null."""
        unions = [keyword for keyword in UNIONS if schema.get(keyword)]
        found: list[tuple[str, bool, bool]] = []
        for keyword in unions:
            parts = schema[keyword]
            branches = [child(pointer, keyword, index) for index in range(len(parts))]
            taken = [place for place in branches if place in chosen]
            if taken:
                found.append((taken[0], False, outermost))
                continue
            if outermost and len(unions) == 1 and "allOf" not in schema and sum(map(is_null, parts)) == 1:
                shape.null = True
                branches = [place for place, part in zip(branches, parts, strict=True) if not is_null(part)]
                if len(branches) == 1:
                    found.append((branches[0], False, True))
                    continue
            shape.unions.append(Union(keyword, pointer, tuple(branches)))
        return found


def is_null(part: Any) -> bool:
    """Return whether a schema takes null alone."""
    if not isinstance(part, dict):
        return False
    return part.get("type") in ("null", ["null"]) or part.get("enum") == [None] or part.get("const", 0) is None
