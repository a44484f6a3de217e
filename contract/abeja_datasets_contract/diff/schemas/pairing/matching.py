"""Which alternatives of two unions correspond: by discriminator, name, text or constants, or else by best fit."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from abeja_datasets_contract.diff.schemas.shape import Shape, Union
from abeja_datasets_contract.diff.schemas.shapes import Shapes
from abeja_datasets_contract.openapi.families import mapped, target_of
from abeja_datasets_contract.openapi.pointers import split

_MOST = 10_000
"""Of more combinations than this, no best fit is looked for."""


@dataclass
class Match:
    """Two unions whose alternatives were matched.

    Attributes:
        sent: the union whose values are sent.
        covering: the other one.
        partners: by alternative sent, the ones that correspond: several, where a discriminator names it several times.
        alone: the alternatives sent to which none corresponds.
        more: the alternatives of the other side to which none corresponds.
        firm: whether a discriminator decides which alternative applies.
    """

    sent: Union
    covering: Union
    partners: dict[str, list[str]] = field(default_factory=dict)
    alone: list[str] = field(default_factory=list)
    more: list[str] = field(default_factory=list)
    firm: bool = False


class Matcher:
    """Matches the unions of two documents."""

    def __init__(self, sent: Shapes, covering: Shapes) -> None:
        self._sent = sent
        self._covering = covering

    def match(self, sent: Union, covering: Union) -> Match:
        """Match the alternatives of two unions."""
        match = Match(sent, covering)
        lefts, rights = list(sent.branches), list(covering.branches)
        match.firm = discriminator_of(self._sent, sent) == discriminator_of(self._covering, covering) != ""
        if match.firm:
            self._by(match, lefts, rights, values_of, several=True)
        for name in (_name, _text, _constants):
            self._by(match, lefts, rights, name)
        self._by_fit(match, lefts, rights)
        match.alone, match.more = lefts, rights
        return match

    def _by(
        self,
        match: Match,
        lefts: list[str],
        rights: list[str],
        keys: Callable[[Shapes, Union, str], Iterable[str]],
        *,
        several: bool = False,
    ) -> None:
        named: dict[str, list[str]] = {}
        for place in rights:
            for key in keys(self._covering, match.covering, place):
                named.setdefault(key, []).append(place)
        for place in list(lefts):
            for key in keys(self._sent, match.sent, place):
                found = next((other for other in named.get(key, []) if several or other in rights), None)
                if found and (several or place in lefts):
                    self._pair(match, lefts, rights, place, found)

    def _by_fit(self, match: Match, lefts: list[str], rights: list[str]) -> None:
        if len(lefts) * len(rights) > _MOST:
            return
        sides = ((self._sent, match.sent), (self._covering, match.covering))
        names = [shapes.at(place).properties.keys() for shapes, union in sides for place in union.branches]
        shared = frozenset.intersection(*map(frozenset, names)) if len(names) > len(sides) else frozenset()
        scored = [(self._fit(left, right, shared), left, right) for left in lefts for right in rights]
        for score, left, right in sorted(scored, key=lambda one: -one[0]):
            if score > 0 and left in lefts and right in rights:
                self._pair(match, lefts, rights, left, right)

    def _fit(self, left: str, right: str, shared: frozenset[str]) -> float:
        fixed, others = fixed_values(self._sent, left), fixed_values(self._covering, right)
        if any(not [value for value in fixed[name] if value in others[name]] for name in fixed.keys() & others.keys()):
            return 0
        return fit(self._sent.at(left), self._covering.at(right), shared)

    @staticmethod
    def _pair(match: Match, lefts: list[str], rights: list[str], left: str, right: str) -> None:
        partners = match.partners.setdefault(left, [])
        if right not in partners:
            partners.append(right)
        for places, place in ((lefts, left), (rights, right)):
            if place in places:
                places.remove(place)


def fit(one: Shape, other: Shape, shared: frozenset[str] = frozenset()) -> float:
    """Return how well two schemas fit, from 0 to 1: by their types, and by the properties that both have.

    Args:
        one: a schema.
        other: another one.
        shared: properties that all alternatives have, and that distinguish none.
    """
    if one.types and other.types and not _alike(one.types) & _alike(other.types):
        return 0
    names, others = one.properties.keys() - shared, other.properties.keys() - shared
    if names and others:
        return len(names & others) / len(names | others)
    if names or others:
        return 0.1
    return 0.5 if one.types == other.types else 0.2


def _alike(types: frozenset[str]) -> frozenset[str]:
    return types | {"number"} if "integer" in types else types


def discriminator_of(shapes: Shapes, union: Union) -> str:
    """Return the property that distinguishes the alternatives of a union; an empty text without one."""
    discriminator = shapes.document.mapping(union.holder).get("discriminator")
    return str(discriminator.get("propertyName", "")) if isinstance(discriminator, dict) else ""


def values_of(shapes: Shapes, union: Union, place: str) -> list[str]:
    """Return the values of the discriminator that stand for an alternative, as texts.

    What the alternative itself says of the property counts; then the mapping; then the name of its schema.
    """
    name = discriminator_of(shapes, union)
    fixed = fixed_values(shapes, place).get(name)
    if fixed is not None:
        return [_plain(value) for value in fixed]
    target = target_of(shapes.document.at(place))
    values = [value for value, found in mapped(shapes.document, shapes.document.mapping(union.holder)).items()
              if found == target]  # fmt: skip
    return values or ([split(target)[-1]] if target else [])


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _name(shapes: Shapes, _: Union, place: str) -> list[str]:
    target = target_of(shapes.document.at(place))
    return [target] if target else []


def _text(shapes: Shapes, _: Union, place: str) -> list[str]:
    return [json.dumps(shapes.document.at(place), sort_keys=True)]


def _constants(shapes: Shapes, _: Union, place: str) -> list[str]:
    fixed = fixed_values(shapes, place)
    return [json.dumps(fixed, sort_keys=True)] if fixed else []


def fixed_values(shapes: Shapes, place: str) -> dict[str, list[Any]]:
    """Return the values that the properties of an alternative are fixed to, such as those of `type`."""
    found = {}
    for name, places in shapes.at(place).properties.items():
        part = shapes.document.at(places[0])
        if isinstance(part, dict) and ("const" in part or isinstance(part.get("enum"), list)):
            found[name] = [part["const"]] if "const" in part else part["enum"]
    return found
