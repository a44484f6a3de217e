"""The shapes of schemas, gathered from all that speaks of a value: the schema, its references and its `allOf`."""

from functools import cache
from typing import Any

from abeja_datasets_contract.diff.schemas.declared import Declared, Names
from abeja_datasets_contract.diff.schemas.shape import CHOSEN, Shape, Union, is_null, is_variant
from abeja_datasets_contract.openapi.dialect import AS_BASE, modern
from abeja_datasets_contract.openapi.document import Document
from abeja_datasets_contract.openapi.families import UNIONS, target_of
from abeja_datasets_contract.openapi.keywords import Compared, compared
from abeja_datasets_contract.openapi.pointers import child

_MOST = 100
"""Of more alternatives than this, those of unions within stay where they are."""


class Shapes:
    """The shapes of the schemas of a document, and of their variants."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._names = Declared(document)
        self._shapes: dict[str, Shape] = {}
        self._flat = cache(self._find_flat)

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

    def flat(self, union: Union, *, null: bool) -> Union:
        """Return a union with the alternatives of the unions that are alternatives of it.

        As many values are taken as before, or fewer: `oneOf` refuses what several of its alternatives take. A union
        with a discriminator stays whole, as does one that would have too many alternatives, or one of them twice.

        Args:
            union: the union.
            null: whether a union within may allow null, which is then left out of the alternatives.
        """
        return self._flat(union, null=null)

    def _find_flat(self, union: Union, *, null: bool) -> Union:
        if "discriminator" in self.document.mapping(union.holder):
            return union
        found: dict[str, tuple[str, ...]] = {}
        todo = [(place, union.route(place), frozenset({union.holder})) for place in union.branches]
        while todo:
            place, route, above = todo.pop(0)
            inner = self._within(place, null=null)
            if place in found or len(found) + len(todo) > _MOST:
                return union
            if inner is None or inner.holder in above:
                found[place] = route
            else:
                more = above | {inner.holder}
                todo[:0] = [(branch, (*route, *inner.route(branch)), more) for branch in inner.branches]
        routes = tuple(found.values())
        return union if tuple(found) == union.branches else union._replace(branches=tuple(found), routes=routes)

    def _within(self, place: str, *, null: bool) -> Union | None:
        """Return the union which is all that an alternative says, if its own alternatives may stand in its place."""
        shape = self.at(place)
        union = shape.only_union_besides_type if null or not shape.null else None
        if union is None or "discriminator" in self.document.mapping(union.holder):
            return None
        typed = (self.at(branch).types for branch in union.branches)
        return union if all(types and types <= shape.types for types in typed) or not shape.types else None

    def _taken(self, union: Union, chosen: list[str]) -> str:
        """Return the alternative of a union that a variant takes, also out of a union within; else an empty text."""
        branches = union.branches if not chosen else (*union.branches, *self.flat(union, null=True).branches)
        return next((place for place in branches if place in chosen), "")

    def _gather(self, start: str, shape: Shape) -> None:
        """Gather what a schema says, and all that applies to the same value.

        `outermost` holds while nothing else was said yet: only then is a null that a part allows one of the whole.
        """
        start, *chosen = start.split(CHOSEN)
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
        for keyword, value in schema.items():
            if compared(keyword) not in (None, Compared.CODE):
                shape.keywords.setdefault(keyword, []).append((pointer, value))
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
            taken = self._taken(Union(keyword, pointer, tuple(branches)), chosen)
            if taken:
                found.append((taken, False, outermost))
                continue
            if outermost and len(unions) == 1 and "allOf" not in schema and sum(map(is_null, parts)) == 1:
                shape.null = True
                branches = [place for place, part in zip(branches, parts, strict=True) if not is_null(part)]
                if len(branches) == 1:
                    found.append((branches[0], False, True))
                    continue
            shape.unions.append(Union(keyword, pointer, tuple(branches)))
        return found
