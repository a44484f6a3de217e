"""Whether all that one side sends is taken by the other: yes, no or unknown.

`jsonschema_rs.canonicalize(…).covers(…)` decides. Recursive schemas, which it leaves open, are compared pair by pair,
each pair taken to hold while the pairs inside it are looked at (coinduction, as for recursive types).
"""

from functools import cache
from itertools import combinations
from typing import Any, Literal

import jsonschema_rs

from abeja_datasets_contract.diff.schemas.changes import Change, Inner, Kind
from abeja_datasets_contract.diff.schemas.pairs import Pair, Pairs
from abeja_datasets_contract.diff.schemas.schemas import Schemas
from abeja_datasets_contract.diff.schemas.shapes import Shapes
from abeja_datasets_contract.openapi.dialect import SCALARS
from abeja_datasets_contract.openapi.pointers import child

Verdict = Literal["yes", "no", "unknown"]
_TOGETHER = {"if": ("if", "then", "else"), "contains": ("contains", "minContains", "maxContains")}
_NULL = {"type": "null"}
_DEEP = 8_000
"""Schemas that take more characters than this are decided by their parts alone: as a whole they take seconds."""


def canonical(schema: Any) -> jsonschema_rs.CanonicalSchema | None:
    """Canonicalize a schema; None where it is none that JSON Schema knows (a misspelt type, a broken pattern)."""
    try:
        return jsonschema_rs.canonicalize(schema, draft=jsonschema_rs.Draft202012, validate_formats=True, offline=True)
    except ValueError:
        return None


def covers(covering: jsonschema_rs.CanonicalSchema | None, sent: jsonschema_rs.CanonicalSchema | None) -> Verdict:
    """Tell whether a schema takes every value of another."""
    if covering is None or sent is None:
        return "unknown"
    try:
        response = covering.covers(sent)
    except jsonschema_rs.canonical.CanonicalizationError:
        return "unknown"
    if response == jsonschema_rs.canonical.Containment.YES:
        return "yes"
    return "no" if response == jsonschema_rs.canonical.Containment.NO else "unknown"


class Oracle:
    """Decides for the schemas of one direction.

    Args:
        sent: the schemas of the side whose values are sent, closed.
        covering: those of the other side, as written.
    """

    def __init__(self, sent: Schemas, covering: Schemas) -> None:
        self.sent = sent
        self.covering = covering
        self.as_written = Schemas(sent.document, sent.direction, closed=False)
        self._sent_shapes = Shapes(sent.document)
        self._covering_shapes = Shapes(covering.document)
        self.pairs = Pairs(self._sent_shapes, self._covering_shapes)
        self._canonical = cache(self._canonicalize)
        self._surface = cache(self._make_surface)
        self._verdicts: dict[tuple[str, str], Verdict] = {}
        self.judge = cache(self._judge)
        self.deep = cache(self._deep)
        self._covering_surface = cache(lambda place: canonical(surface(self._covering_shapes, covering, place)))
        self._disjoint = cache(self._are_disjoint)

    def same(self, sent: str, covering: str) -> bool:
        """Tell whether two schemas say the same by the same names."""
        return self.as_written.mark(sent) == self.covering.mark(covering)

    def decide(self, sent: str, covering: str) -> Verdict:
        """Tell whether the schema at `covering` takes all that the schema at `sent` describes.

        What is sent obeys a schema if it obeys each of its keywords, and `properties` if each property sent obeys its
        schema. A circle of pairs holds where nothing in it says otherwise, as every value is finite.
        """
        return self._decide(sent, covering, set())

    def _decide(self, sent: str, covering: str, assumed: set[tuple[str, str]]) -> Verdict:
        key = (sent, covering)
        if key in self._verdicts:
            return self._verdicts[key]
        if key in assumed or self.same(sent, covering):
            return "yes"
        outermost = not assumed
        pair = self.pairs.at(sent, covering)
        inside = {*assumed, key}
        verdicts = {self.judge(sent, covering, change) for change in (*pair.changes, *pair.loose)}
        verdicts |= {self._union(pair, union, inside) for union in pair.unions}
        unsure = pair.has_unions or worst(verdicts) == "unknown"
        verdicts |= {self._decide(inner.sent, inner.covering, inside) for inner in pair.inside}
        verdicts |= {"no" for inner in pair.inside if self.lacks(pair, inner)}
        if pair.by_branches:
            verdicts = {self._decide(inner.sent, inner.covering, inside) for inner in pair.branches}
            return self._keep(key, worst(verdicts), final=outermost)
        verdict = worst(verdicts)
        if verdict != "yes" and unsure:
            # An alternative may take what another refuses, and then only the whole can tell.
            verdict = self.deep(sent, covering, verdict)
        return self._keep(key, verdict, final=outermost)

    def lacks(self, pair: Pair, inner: Inner) -> bool:
        """Tell whether a property that the covering side requires is one that the sent side does not carry."""
        return (
            inner.step[0] == "property"
            and inner.step[1] in self._covering_shapes.at(pair.covering).required
            and self.sent.hides(self.sent.document.at(inner.sent))
            and not self.covering.hides(self.covering.document.at(inner.covering))
        )

    def _keep(self, key: tuple[str, str], verdict: Verdict, *, final: bool) -> Verdict:
        if final or verdict == "no":
            self._verdicts[key] = verdict  # another may rest on what was assumed
        return verdict

    def _deep(self, sent: str, covering: str, otherwise: Verdict) -> Verdict:
        if not (self._small(sent) and len(self.covering.mark(covering)) <= _DEEP):
            return otherwise if otherwise != "no" else "unknown"
        verdict = covers(canonical(self.covering.whole(covering)), self._canonical(sent))
        return otherwise if verdict == "unknown" else verdict

    def _judge(self, sent: str, covering: str, change: Change) -> Verdict:
        """Tell whether all that is sent obeys what a change names."""
        match change.kind:
            case Kind.KEYWORD | Kind.ENUM:
                return self._obeys(sent, self.only(change.holder, change.name), near=change.name in SCALARS)
            case Kind.MISSING:
                return self._obeys(sent, self.requires(change.holder, change.name), near=True)
            case Kind.NULL:
                return covers(canonical(self.covering.whole(covering)), canonical(_NULL))
            case Kind.LOOSE:
                return self._obeys(sent, self.property(change.covering, change.name), near=False)
        return "yes"

    def _obeys(self, sent: str, schema: Any, *, near: bool) -> Verdict:
        """Tell whether all that is sent obeys a schema.

        Args:
            sent: what is sent.
            schema: what it has to obey.
            near: whether the schema speaks of nothing that is inside the value, so that the surface mostly tells.
        """
        left = canonical(schema)
        if near:
            verdict = covers(left, self._surface(sent))
            if verdict == "yes" or not self._sent_shapes.at(sent).conditional:
                return verdict
        return covers(left, self._canonical(sent)) if self._small(sent) else "unknown"

    def _small(self, sent: str) -> bool:
        return len(self.as_written.mark(sent)) <= _DEEP

    def was_so(self, sent: str, change: Change) -> bool:
        """Tell whether all that is sent, closed or not, obeys what a keyword says; supposed where it takes long."""
        said = canonical(self.only(change.holder, change.name))
        return not self._small(sent) or covers(said, canonical(self.as_written.whole(sent))) == "yes"

    def takes_branch(self, pair: Pair, change: Change) -> Verdict:
        """Tell whether an alternative of the sent side is taken by some alternative of the other side."""
        rights = [child(change.covering, index) for index in range(len(self.covering.document.at(change.covering)))]
        verdict = self._branch(pair, change.sent, rights, set())
        return (
            self._obeys(change.sent, self.only(change.holder, change.name), near=False)
            if verdict == "unknown"
            else verdict
        )

    def _union(self, pair: Pair, union: Change, assumed: set[tuple[str, str]]) -> Verdict:
        """Tell whether all that is sent obeys a union: branch by branch where that is sound, or else as a whole."""
        here = self._sent_shapes.at(pair.sent)
        if union.name == "anyOf" or self._disjoint(union.holder):
            rights = [child(union.covering, index) for index in range(len(self.covering.document.at(union.covering)))]
            alone = here.only_union_besides_type
            if alone:
                holder, branches = here.keywords[alone][0]
                lefts = [child(holder, alone, index) for index in range(len(branches))]
            else:
                lefts = [] if here.conditional else [pair.sent]
            if lefts and (alone != "anyOf" or not any(self._sent_shapes.at(left).structured for left in lefts)):
                verdict = worst({self._branch(pair, left, rights, assumed) for left in lefts})
                if verdict != "unknown":
                    return verdict
        return self.judge(pair.sent, pair.covering, union)

    def _branch(self, pair: Pair, left: str, rights: list[str], assumed: set[tuple[str, str]]) -> Verdict:
        """Tell whether an alternative sent is taken by one of the others', which take nothing in common."""
        partner = pair.partners.get(left, "")
        near = [right for right in rights if not _apart(self._surface(left), self._covering_surface(right))]
        if not near:
            return "no"
        tried = [partner] if partner in near else near
        verdicts = [self._decide(left, right, assumed) for right in tried]
        if "yes" in verdicts:
            return "yes"
        return "no" if len(near) == 1 and verdicts == ["no"] else "unknown"

    def _are_disjoint(self, holder: str) -> bool:
        count = len(self.covering.document.at(holder)["oneOf"])
        surfaces = [self._covering_surface(child(holder, "oneOf", index)) for index in range(count)]
        return all(_apart(one, other) for one, other in combinations(surfaces, 2))

    def _canonicalize(self, pointer: str) -> jsonschema_rs.CanonicalSchema | None:
        return canonical(self.sent.whole(pointer))

    def _make_surface(self, pointer: str) -> jsonschema_rs.CanonicalSchema | None:
        return canonical(surface(self._sent_shapes, self.sent, pointer))

    def only(self, holder: str, keyword: str) -> Any:
        """Give a schema of the covering side that says nothing but one keyword, and what belongs to it."""
        if keyword == "false":
            return False
        body, null = self.covering.body(holder)
        schema = {key: body[key] for key in _TOGETHER.get(keyword, (keyword,)) if key in body}
        if keyword == "additionalProperties":
            for names in ("properties", "patternProperties"):
                schema[names] = dict.fromkeys(body.get(names, {}), True)
        if keyword == "items" and "prefixItems" in body:
            schema["prefixItems"] = [True] * len(body["prefixItems"])
        if keyword in ("unevaluatedProperties", "unevaluatedItems"):
            schema = body
        return self._with_definitions({"anyOf": [schema, _NULL]} if null else schema)

    def requires(self, holder: str, name: str) -> Any:
        """Give a schema that says nothing but that an object has a property, if this direction carries it."""
        body, null = self.covering.body(holder)
        schema: dict[str, Any] = {"required": [name] if name in body.get("required", []) else []}
        return {"anyOf": [schema, _NULL]} if null else schema

    def property(self, place: str, name: str) -> Any:
        """Give a schema that says nothing but what a property is, if it is there."""
        return self._with_definitions({"properties": {name: self.covering.node(place)}})

    def _with_definitions(self, schema: dict[str, Any]) -> dict[str, Any]:
        definitions = self.covering.definitions(schema)
        return {**schema, "$defs": definitions} if definitions else schema


def surface(shapes: Shapes, schemas: Schemas, pointer: str) -> dict[str, Any]:
    """Give what a schema says of the value itself, and of properties no more than the values they are fixed to."""
    shape = shapes.at(pointer)
    parts: list[Any] = []
    for place in shape.pointers:
        body, null = schemas.body(place)
        part = {key: body[key] for key in (*SCALARS, "required") if key in body}
        properties = {
            name: {"enum": p["enum"]}
            for name, p in body.get("properties", {}).items()
            if isinstance(p, dict) and "enum" in p
        }
        if properties:
            part["properties"] = properties
        parts.append({"anyOf": [part, _NULL]} if null else part)
    for union in ("anyOf", "oneOf"):
        for holder, branches in shape.keywords.get(union, []):
            places = [child(holder, union, index) for index in range(len(branches))]
            parts.append({"anyOf": [surface(shapes, schemas, place) for place in places]})
    whole: dict[str, Any] = {"allOf": parts or [schemas.document.at(pointer)]}
    return {"anyOf": [whole, _NULL]} if shape.null else whole


def worst(verdicts: set[Verdict]) -> Verdict:
    """Give the verdict on a whole from those on its parts."""
    return "no" if "no" in verdicts else "unknown" if "unknown" in verdicts else "yes"


def _apart(one: jsonschema_rs.CanonicalSchema | None, other: jsonschema_rs.CanonicalSchema | None) -> bool:
    if one is None or other is None:
        return False
    try:
        return bool(one.intersect(other).satisfiability() == jsonschema_rs.canonical.Satisfiability.NO)
    except jsonschema_rs.canonical.CanonicalizationError:
        return False
