"""The schemas of one direction, those that are sent facing those that have to take them."""

from functools import cache
from typing import Any

from abeja_datasets_contract.diff.schemas.canonical import NULL, canonical, surface
from abeja_datasets_contract.diff.schemas.changes import Inner
from abeja_datasets_contract.diff.schemas.pairing.pair import Pair
from abeja_datasets_contract.diff.schemas.sameness import Sameness
from abeja_datasets_contract.diff.schemas.schemas import Schemas
from abeja_datasets_contract.diff.schemas.shapes import Shapes
from abeja_datasets_contract.openapi.keywords import KEYWORDS

_DEEP = 8_000
"""Schemas that take more characters than this are decided by their parts alone: as a whole they take seconds."""


class Facing:
    """Both sides of a comparison.

    Args:
        sent: the schemas of the side whose values are sent, closed.
        covering: those of the other side, as written.

    Attributes:
        as_written: those of the sent side, not closed.
        covering_closed: those of the covering side, closed.
        same: returns whether two schemas say the same by the same names.
        whole: returns all that a schema of the sent side says, in canonical form.
        surface: returns what one says of the value itself, in canonical form.
        covering_surface: the same for the covering side.
    """

    def __init__(self, sent: Schemas, covering: Schemas) -> None:
        self.sent, self.covering = sent, covering
        self.sent_shapes, self.covering_shapes = Shapes(sent.document), Shapes(covering.document)
        self.as_written = Schemas(sent.document, sent.direction, closed=False, shapes=self.sent_shapes)
        self.covering_closed = Schemas(covering.document, covering.direction, closed=True, enums=covering.enums,
                                       shapes=self.covering_shapes)  # fmt: skip
        self._sameness = Sameness(self.as_written.said_by, covering.said_by)
        self.same = cache(self._same)
        self.whole = cache(lambda place: canonical(sent.whole(place)))
        self.surface = cache(lambda place: canonical(surface(self.sent_shapes, sent, place)))
        self.covering_surface = cache(lambda place: canonical(surface(self.covering_shapes, covering, place)))

    def _same(self, sent: str, covering: str) -> bool:
        return self._sameness.same(self.as_written.said(sent), self.covering.said(covering))

    def is_small(self, sent: str, covering: str = "") -> bool:
        """Return whether a schema of the sent side is small enough to be decided as a whole, and so is the other."""
        return self.as_written.small(sent, _DEEP) and (not covering or self.covering.small(covering, _DEEP))

    def is_covering_small(self, covering: str) -> bool:
        """Return whether a schema of the covering side is small enough to be decided as a whole."""
        return self.covering.small(covering, _DEEP)

    def describes(self, branch: str) -> bool:
        """Return whether an alternative describes objects: of other values, the letter says what is meant."""
        return bool(self.sent_shapes.declared(branch).declared)

    def hides(self, sent: str) -> bool:
        """Return whether a property of the sent side is not carried in this direction."""
        return self.sent.hides(self.sent.document.at(sent))

    def carries(self, pair: Pair, inner: Inner) -> bool:
        """Return whether values inside a pair are sent at all, or required though they are not."""
        hidden = inner.step[0] == "property" and self.hides(inner.sent)
        return not hidden or self.lacks(pair, inner)

    def lacks(self, pair: Pair, inner: Inner) -> bool:
        """Return whether a property that the covering side requires is one that the sent side does not carry."""
        return (
            inner.step[0] == "property"
            and inner.step[1] in self.covering_shapes.at(pair.covering).required
            and self.hides(inner.sent)
            and not self.covering.hides(self.covering.document.at(inner.covering))
        )

    def only(self, holder: str, keyword: str) -> Any:
        """Return a schema of the covering side that says nothing but one keyword, and what belongs to it."""
        if keyword == "false":
            return False
        body, null = self.covering.body(holder)
        schema = {key: body[key] for key in _together(keyword) if key in body}
        if keyword == "additionalProperties":
            for names in ("properties", "patternProperties"):
                schema[names] = dict.fromkeys(body.get(names, {}), True)
        if keyword == "items" and "prefixItems" in body:
            schema["prefixItems"] = [True] * len(body["prefixItems"])
        if keyword in ("unevaluatedProperties", "unevaluatedItems"):
            schema = body
        return self._with_definitions({"anyOf": [schema, NULL]} if null else schema)

    def requires(self, holder: str, name: str) -> Any:
        """Return a schema that says nothing but that an object has a property, if this direction carries it."""
        body, null = self.covering.body(holder)
        schema: dict[str, Any] = {"required": [name] if name in body.get("required", []) else []}
        return {"anyOf": [schema, NULL]} if null else schema

    def property(self, place: str, name: str) -> Any:
        """Return a schema that says nothing but what a property is, if it is there."""
        return self._with_definitions({"properties": {name: self.covering.node(place)}})

    def _with_definitions(self, schema: dict[str, Any]) -> dict[str, Any]:
        definitions = self.covering.definitions(schema)
        return {**schema, "$defs": definitions} if definitions else schema


def _together(keyword: str) -> tuple[str, ...]:
    """Return a keyword with those that mean something only beside it."""
    return (keyword, *(KEYWORDS[keyword].together if keyword in KEYWORDS else ()))
