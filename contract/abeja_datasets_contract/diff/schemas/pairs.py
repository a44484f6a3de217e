"""Two schemas side by side: where they differ, and which schemas inside them correspond."""

import json
from dataclasses import dataclass, field
from typing import Any

from abeja_datasets_contract.diff.schemas.changes import Change, Inner, Kind
from abeja_datasets_contract.diff.schemas.declared import declared
from abeja_datasets_contract.diff.schemas.shapes import UNIONS, WHOLE, Shape, Shapes
from abeja_datasets_contract.openapi.dialect import SCALARS
from abeja_datasets_contract.openapi.pointers import child, join, split


@dataclass
class Pair:
    """Two schemas compared.

    Attributes:
        sent: the pointer of what is sent.
        covering: the pointer of what has to take it.
        changes: where they differ, besides what is inside.
        inside: the schemas inside that correspond.
        branches: those among the alternatives; they apply to the value itself.
        partners: of each alternative sent, the one of the other side that corresponds.
        unions: alternatives that differ, judged as a whole where no branch explains it.
        loose: properties whose values the pairs inside do not tell all of.
        has_unions: whether either side has alternatives.
        by_branches: whether the sent side is alternatives alone and the other has none, which each of them has to obey.
    """

    sent: str
    covering: str
    changes: list[Change] = field(default_factory=list)
    inside: list[Inner] = field(default_factory=list)
    branches: list[Inner] = field(default_factory=list)
    partners: dict[str, str] = field(default_factory=dict)
    unions: list[Change] = field(default_factory=list)
    loose: list[Change] = field(default_factory=list)
    has_unions: bool = False
    by_branches: bool = False


class Pairs:
    """Compares the schemas of two documents pair by pair, each pair once."""

    def __init__(self, sent: Shapes, covering: Shapes) -> None:
        self._sent = sent
        self._covering = covering
        self._pairs: dict[tuple[str, str], Pair] = {}

    def at(self, sent: str, covering: str) -> Pair:
        """Compare the schema at `sent` with that at `covering`."""
        key = (sent, covering)
        if key not in self._pairs:
            pair = Pair(sent, covering)
            left, right = self._sent.at(sent), self._covering.at(covering)
            pair.has_unions = left.conditional or right.conditional
            pair.by_branches = bool(left.only_union) and not right.conditional
            if not pair.by_branches:
                _compare_keywords(pair, left, right)
                _compare_required(pair, left, right)
                self._compare_properties(pair, left, right)
                self._compare_extra(pair, left, right)
                _compare_items(pair, left, right)
            for union in UNIONS:
                self._compare_union(pair, left, right, union)
            pair.inside, pair.branches = (
                [self._resolve(inner) for inner in found] for found in (pair.inside, pair.branches)
            )
            self._pairs[key] = pair
        return self._pairs[key]

    def _resolve(self, inner: Inner) -> Inner:
        """Name each schema by where it is written, so that what several places refer to is compared once."""
        return inner._replace(
            sent=self._sent.document.schema(inner.sent), covering=self._covering.document.schema(inner.covering)
        )

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
        if here and "additionalProperties" not in right.keywords:
            place = child(here[0][0], "additionalProperties")
            pair.changes.append(Change(Kind.LOOSER, "additionalProperties", place, pair.covering))

    def _compare_union(self, pair: Pair, left: Shape, right: Shape, union: str) -> None:
        for holder, branches in right.keywords.get(union, []):
            others = left.keywords.get(union, [])
            place = child(others[0][0], union) if others else pair.sent
            pair.unions.append(Change(Kind.KEYWORD, union, place, child(holder, union), holder))
            if others:
                self._match(pair, union, (others[0][0], others[0][1]), (holder, branches))
        if left.only_union == union and not right.conditional:
            holder, branches = left.keywords[union][0]
            for index in range(len(branches)):
                place = child(holder, union, index)
                pair.branches.append(Inner(("branch", union, str(index)), place, pair.covering))
        elif union in left.keywords and union not in right.keywords:
            pair.changes.append(Change(Kind.LOOSER, union, child(left.keywords[union][0][0], union), pair.covering))

    def _match(self, pair: Pair, union: str, sent: tuple[str, list[Any]], covering: tuple[str, list[Any]]) -> None:
        lefts = {child(sent[0], union, index): branch for index, branch in enumerate(sent[1])}
        rights = {child(covering[0], union, index): branch for index, branch in enumerate(covering[1])}
        for name in (_target, _mark, self._discriminating, _type):
            named: dict[str, list[str]] = {}
            for pointer, branch in rights.items():
                named.setdefault(name(branch), []).append(pointer)
            for pointer in list(lefts):
                key = name(lefts[pointer])
                if key and named.get(key):
                    other = named[key].pop(0)
                    step = ("branch", union, split(pointer)[-1])
                    pair.branches.append(Inner(step, pointer, other))
                    pair.partners[pointer] = other
                    del lefts[pointer], rights[other]
        for pointer in lefts:
            pair.changes.append(Change(Kind.BRANCH, union, pointer, child(covering[0], union), covering[0]))
        for pointer in rights:
            pair.changes.append(Change(Kind.LOOSER, union, child(sent[0], union), pointer))

    def _discriminating(self, branch: Any) -> str:
        """Tell branches by the values that a property such as `type` is fixed to."""
        properties = branch.get("properties", {}) if isinstance(branch, dict) else {}
        fixed = {
            name: part.get("enum", [part.get("const")])
            for name, part in properties.items()
            if isinstance(part, dict) and ("const" in part or "enum" in part)
        }
        return _mark(fixed) if fixed else ""


def _by_alternatives(shapes: Shapes, pointer: str, shape: Shape) -> frozenset[str]:
    """Name the properties of which only some alternatives speak: those came or went with these."""
    return declared(shapes.document.at(pointer), shapes.document).declared if shape.conditional else frozenset()


def _target(branch: Any) -> str:
    return join(*split(branch["$ref"])) if isinstance(branch, dict) and isinstance(branch.get("$ref"), str) else ""


def _mark(branch: Any) -> str:
    return json.dumps(branch, sort_keys=True)


def _type(branch: Any) -> str:
    return str(branch.get("type", "")) if isinstance(branch, dict) else ""


def _compare_keywords(pair: Pair, left: Shape, right: Shape) -> None:
    if left.null and not right.null:
        pair.changes.append(Change(Kind.NULL, "null", pair.sent, pair.covering))
    elif right.null and not left.null:
        pair.changes.append(Change(Kind.NULLABLE, "null", pair.sent, pair.covering))
    for keyword in (*SCALARS, *WHOLE, "false"):
        said = [value for _, value in left.keywords.get(keyword, [])]
        place = left.keywords[keyword][0][0] if said else pair.sent
        for holder, value in right.keywords.get(keyword, []):
            if keyword in WHOLE or not any(_equal(keyword, value, other) for other in said):
                kind = Kind.ENUM if keyword == "enum" and said else Kind.KEYWORD
                at = place if keyword == "false" else child(place, keyword) if said else place
                pair.changes.append(
                    Change(kind, keyword, at, holder if keyword == "false" else child(holder, keyword), holder)
                )
        if said and keyword not in right.keywords:
            pair.changes.append(Change(Kind.LOOSER, keyword, child(place, keyword), pair.covering))


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
