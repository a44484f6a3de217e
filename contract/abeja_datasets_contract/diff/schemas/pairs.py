"""Two schemas side by side: where they differ, and which schemas inside them correspond."""

import json
from dataclasses import dataclass, field
from typing import Any

from abeja_datasets_contract.diff.schemas.changes import Change, Inner, Kind, Step
from abeja_datasets_contract.diff.schemas.matching import Match, Matcher, discriminator_of, values_of
from abeja_datasets_contract.diff.schemas.practice import MAPPED
from abeja_datasets_contract.diff.schemas.shapes import WHOLE, Shape, Shapes, Union, variant
from abeja_datasets_contract.openapi.dialect import CONTENT, SCALARS
from abeja_datasets_contract.openapi.families import target_of
from abeja_datasets_contract.openapi.pointers import child, split


@dataclass
class Pair:
    """Two schemas compared.

    Attributes:
        sent: the pointer of what is sent.
        covering: the pointer of what has to take it.
        changes: where they differ, besides what is inside.
        inside: the schemas inside that correspond.
        branches: those among the alternatives; they apply to the value itself.
        matches: the unions of both sides whose alternatives were matched.
        unions: alternatives that differ, judged as a whole where no branch explains it.
        unjudged: changes that JSON Schema does not judge: of discriminators, and of the encoding of texts.
        loose: properties whose values the pairs inside do not describe wholly.
        has_unions: whether either side has alternatives.
        rewritten: whether the sides have unions of other keywords, or of other numbers of alternatives.
        by_branches: whether the sent side is alternatives alone and the other has none, which each of them has to obey.
    """

    sent: str
    covering: str
    changes: list[Change] = field(default_factory=list)
    inside: list[Inner] = field(default_factory=list)
    branches: list[Inner] = field(default_factory=list)
    matches: list[Match] = field(default_factory=list)
    unions: dict[Change, Union] = field(default_factory=dict)
    unjudged: list[Change] = field(default_factory=list)
    loose: list[Change] = field(default_factory=list)
    has_unions: bool = False
    rewritten: bool = False
    by_branches: bool = False


class Pairs:
    """Compares the schemas of two documents pair by pair, each pair once."""

    def __init__(self, sent: Shapes, covering: Shapes) -> None:
        self._sent = sent
        self._covering = covering
        self._matcher = Matcher(sent, covering)
        self._pairs: dict[tuple[str, str], Pair] = {}

    def at(self, sent: str, covering: str) -> Pair:
        """Compare the schema at `sent` with that at `covering`."""
        key = (sent, covering)
        if key not in self._pairs:
            pair = Pair(sent, covering)
            pair.rewritten = _forms(self._sent.at(sent)) != _forms(self._covering.at(covering))
            left, right = self._shapes(sent, covering)
            pair.has_unions = left.conditional or right.conditional
            pair.by_branches = bool(left.only_union) and not right.conditional
            if not pair.by_branches:
                _compare_keywords(pair, left, right)
                _compare_required(pair, left, right)
                self._compare_properties(pair, left, right)
                self._compare_extra(pair, left, right)
                _compare_items(pair, left, right)
            self._compare_unions(pair, left, right)
            pair.inside, pair.branches = (
                [self._resolve(inner) for inner in found] for found in (pair.inside, pair.branches)
            )
            self._pairs[key] = pair
        return self._pairs[key]

    def _shapes(self, sent: str, covering: str) -> tuple[Shape, Shape]:
        """Return both shapes; the only alternative of one side is read as a part where the other side has no union."""
        left, right = self._sent.at(sent), self._covering.at(covering)
        if right.unions and not left.unions:
            right = self._covering.at(_flat(covering, right))
        elif left.unions and not right.unions:
            left = self._sent.at(_flat(sent, left))
        return left, right

    def _resolve(self, inner: Inner) -> Inner:
        """Name each schema by where it is written, so that what several places refer to is compared once."""
        return inner._replace(sent=self._sent.written(inner.sent), covering=self._covering.written(inner.covering))

    def _compare_properties(self, pair: Pair, left: Shape, right: Shape) -> None:
        for name, places in right.properties.items():
            own = left.properties.get(name, [])
            if not own and name not in _by_alternatives(self._sent, pair.sent, left):
                pair.changes.append(Change(Kind.ADDED, name, pair.sent, places[0]))
            shared = len(own) > 1 and any(self._sent.at(place).structured for place in own)
            if shared or not (own or left.sealed):
                pair.loose.extend(Change(Kind.LOOSE, name, pair.sent, place) for place in places)
            for index, place in enumerate(places if own else []):
                pair.inside.append(Inner(("property", name), own[min(index, len(own) - 1)], place))
        for name, places in left.properties.items():
            if name not in right.properties and name not in _by_alternatives(self._covering, pair.covering, right):
                pair.changes.append(Change(Kind.REMOVED, name, places[0], pair.covering))

    def _compare_extra(self, pair: Pair, left: Shape, right: Shape) -> None:
        """Compare what is said of properties without a name: those that the same schema object does not name."""
        here = left.keywords.get("additionalProperties", [])
        for holder, value in right.keywords.get("additionalProperties", []):
            place = child(holder, "additionalProperties")
            others = left.properties.keys() - self._covering.document.at(holder).get("properties", {}).keys()
            if isinstance(value, dict):
                pair.inside.extend(
                    Inner(("property", name), left.properties[name][0], place) for name in sorted(others)
                )
            if here and isinstance(value, dict) and isinstance(here[0][1], dict):
                pair.inside.append(Inner(("extra",), child(here[0][0], "additionalProperties"), place))
                told = True
            else:
                told = left.sealed or bool(here and here[0][1] is False)
            if "patternProperties" in left.keywords or not (told or value is True) or (others and value is False):
                at = child(here[0][0], "additionalProperties") if here else pair.sent
                pair.changes.append(Change(Kind.KEYWORD, "additionalProperties", at, place, holder))
            elif value is False and not (here and here[0][1] is False):
                pair.changes.append(Change(Kind.CLOSED, "additionalProperties", pair.sent, place, holder))
        if here and "additionalProperties" not in right.keywords:
            place = child(here[0][0], "additionalProperties")
            pair.changes.append(Change(Kind.LOOSER, "additionalProperties", place, pair.covering))

    def _compare_unions(self, pair: Pair, left: Shape, right: Shape) -> None:
        rest = list(left.unions)
        for union in right.unions:
            other = next((one for one in rest if one.keyword == union.keyword), rest[0] if rest else None)
            place = child(other.holder, other.keyword) if other else pair.sent
            at = child(union.holder, union.keyword)
            pair.unions[Change(Kind.KEYWORD, union.keyword, place, at, union.holder)] = union
            if other:
                rest.remove(other)
                self._match(pair, self._matcher.match(other, union))
        alone = left.only_union
        if alone and not right.conditional:
            for place in alone.branches:
                pair.branches.append(Inner(_step(place), place, pair.covering))
        else:
            for union in rest if not right.unions else ():
                place = child(union.holder, union.keyword)
                pair.changes.append(Change(Kind.LOOSER, union.keyword, place, pair.covering))

    def _match(self, pair: Pair, match: Match) -> None:
        pair.matches.append(match)
        sent, covering = (child(union.holder, union.keyword) for union in (match.sent, match.covering))
        for place, partners in match.partners.items():
            pair.branches.extend(Inner(_step(place), place, partner) for partner in partners)
        for place in match.alone:
            pair.changes.append(Change(Kind.BRANCH, match.covering.keyword, place, covering, match.covering.holder))
        for place in match.more:
            pair.changes.append(Change(Kind.LOOSER, match.sent.keyword, sent, place))
        self._compare_discriminators(pair, match)

    def _compare_discriminators(self, pair: Pair, match: Match) -> None:
        """Compare what a discriminator says: which property it is, and which values stand for the alternatives."""
        names = discriminator_of(self._sent, match.sent), discriminator_of(self._covering, match.covering)
        places = (child(match.sent.holder, "discriminator"), child(match.covering.holder, "discriminator"))
        if (all(names) and names[0] != names[1]) or self._is_unlisted(match):
            pair.unjudged.append(Change(Kind.DISCRIMINATOR, "", *places, match.covering.holder))
        if match.firm:
            for place, partners in match.partners.items():
                known = {value for one in partners for value in values_of(self._covering, match.covering, one)}
                moved = self._moved(match, place, partners)
                lost = [value for value in values_of(self._sent, match.sent, place) if moved or value not in known]
                pair.unjudged.extend(
                    Change(Kind.DISCRIMINATOR, value, *places, match.covering.holder) for value in lost
                )

    def _is_unlisted(self, match: Match) -> bool:
        """Return whether the sent union lists an alternative that only the mapping of the covering one names."""
        listed = [left for left in match.partners if self._is_listed(self._sent, match.sent, left)]
        return not all(
            self._is_listed(self._covering, match.covering, right) for left in listed for right in match.partners[left]
        )

    @staticmethod
    def _is_listed(shapes: Shapes, union: Union, place: str) -> bool:
        """Return whether a union lists an alternative, which the mapping of its discriminator may name alone."""
        mapped = shapes.document.mapping(union.holder).get(MAPPED, [])
        return not mapped or target_of(shapes.document.at(place)) not in mapped

    def _moved(self, match: Match, place: str, partners: list[str]) -> bool:
        """Return whether the values of an alternative stand for others now, though it is still one of them."""
        target = target_of(self._sent.document.at(place))
        targets = [target_of(self._covering.document.at(other)) for other in match.covering.branches]
        return target in targets and target not in [target_of(self._covering.document.at(one)) for one in partners]


def _forms(shape: Shape) -> list[tuple[str, int]]:
    """Return the keyword and the number of alternatives of each union."""
    return sorted((union.keyword, len(union.branches)) for union in shape.unions)


def _flat(pointer: str, shape: Shape) -> str:
    for union in shape.unions:
        if len(union.branches) == 1:
            pointer = variant(pointer, union.branches[0])
    return pointer


def _step(branch: str) -> Step:
    """Return the step to an alternative."""
    return ("branch", *split(branch)[-2:])


def _by_alternatives(shapes: Shapes, pointer: str, shape: Shape) -> frozenset[str]:
    """Name the properties of which only some alternatives speak: those came or went with these."""
    return shapes.declared(pointer).declared if shape.conditional else frozenset()


def _mark(branch: Any) -> str:
    return json.dumps(branch, sort_keys=True)


def _compare_keywords(pair: Pair, left: Shape, right: Shape) -> None:
    if left.null and not right.null:
        pair.changes.append(Change(Kind.NULL, "null", pair.sent, pair.covering))
    elif right.null and not left.null:
        pair.changes.append(Change(Kind.NULLABLE, "null", pair.sent, pair.covering))
    for keyword in CONTENT:
        if left.first(keyword) != right.first(keyword):
            ends = (pair.sent, pair.covering)
            pair.unjudged.append(
                Change(Kind.CONTENT, keyword, *(_at(*end, keyword) for end in zip(ends, (left, right), strict=True)))
            )
    for keyword in (*SCALARS, *WHOLE, "false"):
        own = left.keywords.get(keyword, [])
        said = [value for _, value in own]
        for index, (holder, value) in enumerate(right.keywords.get(keyword, [])):
            place = own[min(index, len(own) - 1)][0] if own else pair.sent
            place = holder if holder in [one for one, _ in own] else place
            if keyword in WHOLE or not any(_equal(keyword, value, other) for other in said):
                kind = Kind.ENUM if keyword == "enum" and said else Kind.KEYWORD
                at = place if keyword == "false" else child(place, keyword) if said else place
                pair.changes.append(
                    Change(kind, keyword, at, holder if keyword == "false" else child(holder, keyword), holder)
                )
        if said and keyword not in right.keywords:
            pair.changes.append(Change(Kind.LOOSER, keyword, child(own[0][0], keyword), pair.covering))


def _at(pointer: str, shape: Shape, keyword: str) -> str:
    """Return where a keyword of a shape stands; the schema itself where it has none."""
    return child(shape.keywords[keyword][0][0], keyword) if keyword in shape.keywords else pointer


def _equal(keyword: str, one: Any, other: Any) -> bool:
    if keyword in ("type", "enum") and isinstance(one, list) and isinstance(other, list):
        return {_mark(value) for value in one} == {_mark(value) for value in other}
    return bool(_mark(one) == _mark(other))


def _compare_required(pair: Pair, left: Shape, right: Shape) -> None:
    for name, holder in right.required.items():
        if name not in left.required:
            pair.changes.append(
                Change(Kind.MISSING, name, left.properties.get(name, [pair.sent])[0], child(holder, "required"), holder)
            )
    for name, holder in left.required.items():
        if name not in right.required and name in right.properties:
            pair.changes.append(Change(Kind.OPTIONAL, name, child(holder, "required"), right.properties[name][0]))


def _compare_items(pair: Pair, left: Shape, right: Shape) -> None:
    here = left.keywords.get("items", [])
    for holder, value in right.keywords.get("items", []):
        place = child(holder, "items")
        if here and isinstance(value, dict) and isinstance(here[0][1], dict) and "prefixItems" not in left.keywords:
            pair.inside.append(Inner(("item",), child(here[0][0], "items"), place))
        elif value is not True:
            at = child(here[0][0], "items") if here else pair.sent
            pair.changes.append(Change(Kind.KEYWORD, "items", at, place, holder))
    if here and "items" not in right.keywords:
        pair.changes.append(Change(Kind.LOOSER, "items", child(here[0][0], "items"), pair.covering))
