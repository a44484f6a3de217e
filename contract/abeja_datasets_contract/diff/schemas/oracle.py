"""Whether all that one side sends is taken by the other: yes, no or unknown.

`jsonschema_rs.canonicalize(…).covers(…)` decides by the letter. Recursive schemas, which it leaves open, and large ones
are compared pair by pair. Alternatives are compared with their partners besides: as objects are open, by the letter
most values of an alternative are also values of another one, which nobody means who writes a union.
"""

from functools import cache
from itertools import combinations
from typing import Any, Literal, NamedTuple

import jsonschema_rs

from abeja_datasets_contract.diff.schemas.changes import Change, Inner, Kind
from abeja_datasets_contract.diff.schemas.fixpoint import Fixpoint, Lookup, Verdict
from abeja_datasets_contract.diff.schemas.graph import besides
from abeja_datasets_contract.diff.schemas.languages import contained
from abeja_datasets_contract.diff.schemas.matching import Match, fit
from abeja_datasets_contract.diff.schemas.pairs import Pair, Pairs
from abeja_datasets_contract.diff.schemas.sameness import Sameness
from abeja_datasets_contract.diff.schemas.schemas import Schemas, larger_than
from abeja_datasets_contract.diff.schemas.shapes import Shapes, Union, depth, variant
from abeja_datasets_contract.openapi.dialect import SCALARS

YES, NO, UNKNOWN = Verdict.YES, Verdict.NO, Verdict.UNKNOWN
_TOGETHER = {"if": ("if", "then", "else"), "contains": ("contains", "minContains", "maxContains")}
_NULL = {"type": "null"}
_OF_TEXTS = ("pattern", "minLength", "maxLength")
_LONG = 300
"""Lengths over this are not compared with patterns."""
_DEEP = 8_000
"""Schemas that take more characters than this are decided by their parts alone: as a whole they take seconds."""
_BUDGET = 20_000
"""So many judgments of pairs are made for one place before it is too large to decide."""
_TOTAL = 60_000
"""So many judgments of pairs are made for all the places of one direction."""
_MOST = 5_000
"""Of more schemas and values than this, written out, none is canonicalized."""
_VARIANTS = 2
"""Unions inside each other, of which each alternative is compared with all that stands around."""
_MANY = 40
"""Alternatives of more than this are not compared each with each, but with their partners alone."""


def canonical(schema: Any) -> jsonschema_rs.CanonicalSchema | None:
    """Canonicalize a schema; None where it is none that JSON Schema knows (a misspelt type, a broken pattern).

    So it is for one that is too large with all that it refers to written out, as canonicalizing does.
    """
    if larger_than(schema, _MOST):
        return None
    try:
        return jsonschema_rs.canonicalize(schema, draft=jsonschema_rs.Draft202012, validate_formats=True, offline=True)
    except (ValueError, OverflowError):
        return None


def covers(covering: jsonschema_rs.CanonicalSchema | None, sent: jsonschema_rs.CanonicalSchema | None) -> Verdict:
    """Return whether a schema takes every value of another."""
    if covering is None or sent is None:
        return UNKNOWN
    try:
        response = covering.covers(sent)
    except jsonschema_rs.canonical.CanonicalizationError:
        return UNKNOWN
    if response == jsonschema_rs.canonical.Containment.YES:
        return YES
    return NO if response == jsonschema_rs.canonical.Containment.NO else UNKNOWN


class _Question(NamedTuple):
    """What is asked of two schemas.

    Attributes:
        how: `letter`, whether one takes all that the other sends; `pairs`, whether each alternative inside them is
            taken by the one that corresponds.
    """

    how: Literal["letter", "pairs"]
    sent: str
    covering: str


class Oracle:
    """Decides for the schemas of one direction.

    Args:
        sent: the schemas of the side whose values are sent, closed.
        covering: those of the other side, as written.
    """

    def __init__(self, sent: Schemas, covering: Schemas) -> None:
        self.sent = sent
        self.covering = covering
        self._sent_shapes = Shapes(sent.document)
        self._covering_shapes = Shapes(covering.document)
        self.as_written = Schemas(sent.document, sent.direction, closed=False, shapes=self._sent_shapes)
        self.pairs = Pairs(self._sent_shapes, self._covering_shapes)
        self._sameness = Sameness(self.as_written.said_by, covering.said_by)
        self._solved = Fixpoint[_Question](self._answer, _BUDGET, _TOTAL)
        self.same = cache(self._same)
        self.judge = cache(self._judge)
        self.deep = cache(self._deep)
        self._canonical = cache(lambda place: canonical(sent.whole(place)))
        self._surface = cache(lambda place: canonical(surface(self._sent_shapes, sent, place)))
        self._covering_surface = cache(lambda place: canonical(surface(self._covering_shapes, covering, place)))
        self._disjoint = cache(self._are_disjoint)

    def _same(self, sent: str, covering: str) -> bool:
        """Return whether two schemas say the same by the same names."""
        return self._sameness.same(self.as_written.said(sent), self.covering.said(covering))

    def decide(self, sent: str, covering: str) -> Verdict:
        """Return whether the schema at `covering` takes all that the schema at `sent` describes."""
        return min(self._solved.solve(_Question(how, sent, covering)) for how in ("letter", "pairs"))

    @property
    def gave_up(self) -> bool:
        """Whether something was too large to decide."""
        return self._solved.gave_up

    @property
    def spent(self) -> bool:
        """Whether nothing more is decided."""
        return self._solved.spent

    def _answer(self, question: _Question, look_up: Lookup[_Question]) -> Verdict:
        how, sent, covering = question
        if self.same(sent, covering):
            return YES
        pair = self.pairs.at(sent, covering)
        return self._by_letter(pair, look_up) if how == "letter" else self._by_pairs(pair, look_up)

    def _by_letter(self, pair: Pair, look_up: Lookup[_Question]) -> Verdict:
        """Decide a pair by its keywords and by the pairs inside it.

        What is sent obeys a schema if it obeys each of its keywords, and `properties` if each property sent obeys its
        schema. Where alternatives meet, one may take what another refuses, and then only the whole can tell.
        """
        sent, covering = pair.sent, pair.covering
        if pair.by_branches:
            return worst({look_up(_Question("letter", inner.sent, inner.covering)) for inner in pair.branches})
        verdicts = {self.judge(sent, covering, change) for change in (*pair.changes, *pair.loose)}
        verdicts |= {self._union(pair, union, look_up) for union in pair.unions}
        unsure = pair.has_unions or worst(verdicts) == UNKNOWN
        verdicts |= {
            NO if self.lacks(pair, inner) else look_up(_Question("letter", inner.sent, inner.covering))
            for inner in pair.inside
            if self.carries(pair, inner)
        }
        verdict = worst(verdicts)
        return self.deep(sent, covering, verdict) if verdict != YES and unsure else verdict

    def _by_pairs(self, pair: Pair, look_up: Lookup[_Question]) -> Verdict:
        """Decide a pair by its alternatives: each has to be taken by the one that corresponds, or by a closed one."""
        verdicts = {self.judge(pair.sent, pair.covering, change) for change in pair.unjudged}
        verdicts |= {look_up(_Question("pairs", i.sent, i.covering)) for i in pair.inside if self.carries(pair, i)}
        if pair.by_branches:
            verdicts |= {look_up(_Question("pairs", inner.sent, inner.covering)) for inner in pair.branches}
        for match in pair.matches[:1]:
            verdicts |= {self._partnered(pair, match, branch, look_up) for branch in match.sent.branches}
        if not pair.matches and not self._sent_shapes.at(pair.sent).conditional:
            union = self._covering_shapes.at(pair.covering).only_union_besides_type
            verdicts |= {self._fitting(pair, union, look_up)} if union and self._describes(pair.sent) else set()
        return worst(verdicts)

    def _fitting(self, pair: Pair, union: Union, look_up: Lookup[_Question]) -> Verdict:
        """Decide for a schema that meets alternatives: the one that fits best has to take it, or a closed one."""
        here = self._sent_shapes.at(pair.sent)
        best = max(union.branches, key=lambda place: fit(here, self._covering_shapes.at(place)))
        found = NO
        if fit(here, self._covering_shapes.at(best)) > 0:
            found = look_up(_Question("letter", pair.sent, variant(pair.covering, best)))
        return found if found == YES else max(found, self._some_closed(pair.sent, pair.covering, union, look_up))

    def _partnered(self, pair: Pair, match: Match, branch: str, look_up: Lookup[_Question]) -> Verdict:
        """Decide for one alternative sent, with all that is said beside the union."""
        # Deep inside each other, alternatives are compared without what stands around: else they would multiply.
        deep = depth(pair.sent) >= _VARIANTS
        sent = branch if deep else variant(pair.sent, branch)
        found = YES
        for partner in match.partners.get(branch, []):
            covering = partner if deep else variant(pair.covering, partner)
            verdict = look_up(_Question("pairs", sent, covering))
            if self._describes(branch):
                verdict = min(verdict, look_up(_Question("letter", sent, covering)))
            found = min(found, verdict)
        if branch in match.alone and self._describes(branch):
            found = NO
        if found != YES and not match.firm:
            found = max(found, NO if deep else self._some_closed(sent, pair.covering, match.covering, look_up))
        return found

    def _describes(self, branch: str) -> bool:
        """Return whether an alternative describes objects: of other values, the letter says what is meant."""
        return bool(self._sent_shapes.declared(branch).declared)

    def _some_closed(self, sent: str, covering: str, union: Union, look_up: Lookup[_Question]) -> Verdict:
        """Return whether some alternative takes all that is sent, and describes all properties of it."""
        if len(union.branches) > _MANY:
            return NO
        names = self._sent_shapes.declared(sent).declared
        rights = [variant(covering, branch) for branch in union.branches]
        able = [right for right in rights if self._has_place(right, names)]
        both: tuple[Literal["letter", "pairs"], ...] = ("letter", "pairs")
        return max((min(look_up(_Question(how, sent, right)) for how in both) for right in able), default=NO)

    def _has_place(self, covering: str, names: frozenset[str]) -> bool:
        """Return whether a schema describes properties of these names, or is free in form."""
        declared = self._covering_shapes.declared(covering).declared
        keywords = self._covering_shapes.at(covering).keywords
        free = "patternProperties" in keywords or isinstance(
            self._covering_shapes.at(covering).first("additionalProperties"), dict
        )
        return names <= declared or not declared or free

    def carries(self, pair: Pair, inner: Inner) -> bool:
        """Return whether values inside a pair are sent at all, or required though they are not."""
        hidden = inner.step[0] == "property" and self.sent.hides(self.sent.document.at(inner.sent))
        return not hidden or self.lacks(pair, inner)

    def lacks(self, pair: Pair, inner: Inner) -> bool:
        """Return whether a property that the covering side requires is one that the sent side does not carry."""
        return (
            inner.step[0] == "property"
            and inner.step[1] in self._covering_shapes.at(pair.covering).required
            and self.sent.hides(self.sent.document.at(inner.sent))
            and not self.covering.hides(self.covering.document.at(inner.covering))
        )

    def _deep(self, sent: str, covering: str, otherwise: Verdict) -> Verdict:
        if not (self._small(sent) and self.covering.small(covering, _DEEP)):
            return otherwise if otherwise != NO else UNKNOWN
        verdict = covers(canonical(self.covering.whole(covering)), self._canonical(sent))
        return otherwise if verdict == UNKNOWN else verdict

    def _judge(self, sent: str, covering: str, change: Change) -> Verdict:
        """Return whether all that is sent obeys what a change names."""
        match change.kind:
            case Kind.DISCRIMINATOR | Kind.CONTENT:
                return NO if change.kind == Kind.DISCRIMINATOR and change.name else UNKNOWN
            case Kind.KEYWORD | Kind.ENUM:
                return self._obeys_keyword(sent, change)
            case Kind.MISSING:
                return self._obeys(sent, self.requires(change.holder, change.name), near=True)
            case Kind.NULL:
                return self._takes_null(covering)
            case Kind.LOOSE:
                return self._obeys_property(sent, change)
        return YES

    def _obeys_property(self, sent: str, change: Change) -> Verdict:
        # Asked before all that the property refers to is put together, which takes long of a large one.
        if self.spent or not (self._small(sent) and self.covering.small(change.covering, _DEEP)):
            return UNKNOWN
        return self._obeys(sent, self.property(change.covering, change.name), near=False)

    def _takes_null(self, covering: str) -> Verdict:
        verdict = covers(self._covering_surface(covering), canonical(_NULL))
        if verdict == NO or not self.covering.small(covering, _DEEP):
            return min(verdict, UNKNOWN)  # the surface says less than the schema
        return covers(canonical(self.covering.whole(covering)), canonical(_NULL))

    def _lists_all(self, change: Change) -> bool:
        """Return whether the covering side lists all the values that the sent side lists."""
        own, null = self.sent.body(change.sent.rpartition("/")[0])
        other, nullable = self.covering.body(change.holder)
        return (nullable or not null) and not besides(own["enum"], other["enum"])

    def _obeys_keyword(self, sent: str, change: Change) -> Verdict:
        if change.kind == Kind.ENUM and self._lists_all(change):
            return YES
        near = change.name in SCALARS
        if change.name == "additionalProperties" and self._sent_shapes.at(sent).sealed:
            return self._fits_names(sent, change)
        if not near and not self.covering.small(change.holder, _DEEP):
            return UNKNOWN
        verdict = self._obeys(sent, self.only(change.holder, change.name), near=near)
        if verdict == UNKNOWN and change.name == "propertyNames":
            return self._by_names(sent, change)
        return self._by_language(sent, change) if verdict == UNKNOWN and change.name in _OF_TEXTS else verdict

    def _fits_names(self, sent: str, change: Change) -> Verdict:
        """Decide for `additionalProperties` by the names of the properties sent, where these are all that there are."""
        body, _ = self.covering.body(change.holder)
        others = self._sent_shapes.at(sent).properties.keys() - body.get("properties", {}).keys()
        if not others or body["additionalProperties"] is not False or "patternProperties" in body:
            return self._obeys(sent, self.only(change.holder, change.name), near=False) if others else YES
        carried = [name for name in others if not self._hides(self._sent_shapes.at(sent).properties[name][0])]
        return NO if carried else YES

    def _hides(self, pointer: str) -> bool:
        return self.sent.hides(self.sent.document.at(pointer))

    def _by_names(self, sent: str, change: Change) -> Verdict:
        """Decide for names of properties, where patterns are all that is said of them."""
        wanted = self.covering.document.mapping(f"{change.holder}/propertyNames")
        said = [value.get("pattern") for _, value in self._sent_shapes.at(sent).keywords.get("propertyNames", [])
                if isinstance(value, dict)]  # fmt: skip
        if not isinstance(wanted.get("pattern"), str) or wanted.keys() - {"pattern", "type"}:
            return UNKNOWN
        verdict, _ = contained([pattern for pattern in said if pattern], wanted["pattern"])
        return YES if verdict == YES else UNKNOWN

    def _by_language(self, sent: str, change: Change) -> Verdict:
        """Decide for a pattern or a length by what the patterns and lengths of the sent side let through."""
        here = self._sent_shapes.at(sent)
        said = [_as_pattern(keyword, value) for keyword in _OF_TEXTS for _, value in here.keywords.get(keyword, [])]
        wanted = _as_pattern(change.name, self.covering.body(change.holder)[0].get(change.name))
        verdict, _ = contained([pattern for pattern in said if pattern], wanted) if wanted else (UNKNOWN, "")
        told = here.conditional or "enum" in here.keywords or "format" in here.keywords
        return UNKNOWN if verdict == NO and told else verdict

    def _obeys(self, sent: str, schema: Any, *, near: bool) -> Verdict:
        """Return whether all that is sent obeys a schema.

        Args:
            sent: what is sent.
            schema: what it has to obey.
            near: whether the schema speaks of nothing that is inside the value, so that the surface mostly tells.
        """
        if self.spent or not (near or self._small(sent)):
            return UNKNOWN
        left = canonical(schema)
        if near:
            verdict = covers(left, self._surface(sent))
            if verdict == YES or not self._sent_shapes.at(sent).conditional:
                return verdict
        return covers(left, self._canonical(sent)) if self._small(sent) else UNKNOWN

    def _small(self, sent: str) -> bool:
        return self.as_written.small(sent, _DEEP)

    def was_so(self, sent: str, change: Change) -> bool:
        """Return whether all that is sent, closed or not, obeys what a keyword says; supposed where it takes long."""
        said = canonical(self.only(change.holder, change.name))
        return not self._small(sent) or covers(said, canonical(self.as_written.whole(sent))) == YES

    def takes_branch(self, pair: Pair, change: Change) -> Verdict:
        """Return whether an alternative of the sent side is taken by some alternative of the other side."""
        match = next(match for match in pair.matches if change.sent in match.alone)
        if self._describes(change.sent):
            sent = variant(pair.sent, change.sent)
            return self._some_closed(sent, pair.covering, match.covering, self._solved.solve)
        verdict = self._branch(match, change.sent, self._solved.solve)
        if verdict != UNKNOWN:
            return verdict
        return self._obeys(change.sent, self.only(change.holder, change.name), near=False)

    def _union(self, pair: Pair, union: Change, look_up: Lookup[_Question]) -> Verdict:
        """Return whether all that is sent obeys a union: branch by branch where that is sound, or else as a whole."""
        here = self._sent_shapes.at(pair.sent)
        rights = pair.unions[union]
        match = next((match for match in pair.matches if match.covering == rights), Match(rights, rights))
        if union.name == "anyOf" or self._disjoint(rights):
            alone = here.only_union_besides_type
            lefts = alone.branches if alone else () if here.conditional else (pair.sent,)
            free = alone is None or alone.keyword != "anyOf"
            if lefts and (free or not any(self._sent_shapes.at(left).structured for left in lefts)):
                verdict = worst({self._branch(match, left, look_up) for left in lefts})
                if verdict != UNKNOWN:
                    return verdict
        whole = self.judge(pair.sent, pair.covering, union)
        return whole if whole != UNKNOWN else self._by_partners(match, look_up)

    def _by_partners(self, match: Match, look_up: Lookup[_Question]) -> Verdict:
        """Return whether each alternative is taken by its partner, where no value can be one of two alternatives."""
        for left in match.sent.branches:
            partners = match.partners.get(left, [])
            if not partners or any(look_up(_Question("letter", left, right)) != YES for right in partners):
                return UNKNOWN
        if match.covering.keyword == "anyOf" or match.firm:
            return YES
        changed = [rights[0] for left, rights in match.partners.items() if not self.same(left, rights[0])]
        changed += match.more  # what only the covering side has may take a value besides its partner
        if len(changed) * len(match.covering.branches) > _MANY**2:
            return UNKNOWN
        pairs = ((one, other) for one in changed for other in match.covering.branches if other != one)
        surfaces = ([self._covering_surface(place) for place in both] for both in pairs)
        return YES if all(_apart(*both) for both in surfaces) else UNKNOWN

    def _branch(self, match: Match, left: str, look_up: Lookup[_Question]) -> Verdict:
        """Return whether an alternative sent is taken by one of the others', which take nothing in common."""
        partners = match.partners.get(left, [])
        near = [r for r in match.covering.branches if not _apart(self._surface(left), self._covering_surface(r))]
        if not near:
            return NO
        tried = [partner for partner in partners if partner in near] or near
        verdicts = [look_up(_Question("letter", left, right)) for right in tried]
        if YES in verdicts:
            return YES
        return NO if len(near) == 1 and verdicts == [NO] else UNKNOWN

    def _are_disjoint(self, union: Union) -> bool:
        surfaces = [self._covering_surface(place) for place in union.branches]
        return len(surfaces) <= _MANY and all(_apart(one, other) for one, other in combinations(surfaces, 2))

    def only(self, holder: str, keyword: str) -> Any:
        """Return a schema of the covering side that says nothing but one keyword, and what belongs to it."""
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
        """Return a schema that says nothing but that an object has a property, if this direction carries it."""
        body, null = self.covering.body(holder)
        schema: dict[str, Any] = {"required": [name] if name in body.get("required", []) else []}
        return {"anyOf": [schema, _NULL]} if null else schema

    def property(self, place: str, name: str) -> Any:
        """Return a schema that says nothing but what a property is, if it is there."""
        return self._with_definitions({"properties": {name: self.covering.node(place)}})

    def _with_definitions(self, schema: dict[str, Any]) -> dict[str, Any]:
        definitions = self.covering.definitions(schema)
        return {**schema, "$defs": definitions} if definitions else schema


def surface(shapes: Shapes, schemas: Schemas, pointer: str, left: int = _VARIANTS) -> dict[str, Any]:
    """Return what a schema says of the value itself, and of properties no more than the values they are fixed to."""
    shape = shapes.at(pointer)
    parts: list[Any] = []
    unions = shape.unions if left else []  # deeper, it says less than the schema does
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
    parts += [{"anyOf": [surface(shapes, schemas, place, left - 1) for place in union.branches]} for union in unions]
    if "false" in shape.keywords:
        parts.append(False)
    whole: dict[str, Any] = {"allOf": parts or [True]}
    return {"anyOf": [whole, _NULL]} if shape.null else whole


def _as_pattern(keyword: str, value: Any) -> str:
    """Return a pattern that says the same as a keyword about texts; an empty text for what is too long."""
    if keyword == "pattern":
        return str(value)
    if not isinstance(value, int) or not 0 <= value <= _LONG:
        return ""
    return f"^[\\s\\S]{{{value},}}$" if keyword == "minLength" else f"^[\\s\\S]{{0,{value}}}$"


def worst(verdicts: set[Verdict]) -> Verdict:
    """Return the verdict on a whole from those on its parts."""
    return min(verdicts, default=YES)


def _apart(one: jsonschema_rs.CanonicalSchema | None, other: jsonschema_rs.CanonicalSchema | None) -> bool:
    if one is None or other is None:
        return False
    try:
        return bool(one.intersect(other).satisfiability() == jsonschema_rs.canonical.Satisfiability.NO)
    except jsonschema_rs.canonical.CanonicalizationError:
        return False
