"""The keywords of two schemas compared, besides their unions."""

import json
from typing import Any

from abeja_datasets_contract.diff.schemas.changes import Change, Inner, Kind
from abeja_datasets_contract.diff.schemas.pairing.pair import Pair
from abeja_datasets_contract.diff.schemas.shape import Shape
from abeja_datasets_contract.openapi.keywords import KEYWORDS, Compared, compared
from abeja_datasets_contract.openapi.pointers import child


def compare_keywords(pair: Pair, left: Shape, right: Shape) -> None:
    """Compare the keywords that hold no schema which is compared by itself."""
    if left.null and not right.null:
        pair.changes.append(Change(Kind.NULL, "null", pair.sent, pair.covering))
    elif right.null and not left.null:
        pair.changes.append(Change(Kind.NULLABLE, "null", pair.sent, pair.covering))
    for keyword, row in KEYWORDS.items():
        if row.compared == Compared.CONTENT and left.first(keyword) != right.first(keyword):
            ends = ((pair.sent, left), (pair.covering, right))
            pair.unjudged.append(Change(Kind.CONTENT, keyword, *(_at(*end, keyword) for end in ends)))
        if row.compared in (Compared.VALUE, Compared.WHOLE):
            _compare_keyword(pair, left, right, keyword)
    _compare_keyword(pair, left, right, "false")


def _compare_keyword(pair: Pair, left: Shape, right: Shape, keyword: str) -> None:
    own = left.keywords.get(keyword, [])
    said = [value for _, value in own]
    for index, (holder, value) in enumerate(right.keywords.get(keyword, [])):
        place = own[min(index, len(own) - 1)][0] if own else pair.sent
        place = holder if holder in [one for one, _ in own] else place
        if compared(keyword) == Compared.WHOLE or not any(_equal(keyword, value, other) for other in said):
            kind = Kind.ENUM if keyword == "enum" and said else Kind.KEYWORD
            at = place if keyword == "false" else child(place, keyword) if said else place
            covering = holder if keyword == "false" else child(holder, keyword)
            pair.changes.append(Change(kind, keyword, at, covering, holder))
    if said and keyword not in right.keywords:
        pair.changes.append(Change(Kind.LOOSER, keyword, child(own[0][0], keyword), pair.covering))


def _at(pointer: str, shape: Shape, keyword: str) -> str:
    """Return where a keyword of a shape stands; the schema itself where it has none."""
    return child(shape.keywords[keyword][0][0], keyword) if keyword in shape.keywords else pointer


def _mark(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _equal(keyword: str, one: Any, other: Any) -> bool:
    if keyword in ("type", "enum") and isinstance(one, list) and isinstance(other, list):
        return {_mark(value) for value in one} == {_mark(value) for value in other}
    return bool(_mark(one) == _mark(other))


def compare_required(pair: Pair, left: Shape, right: Shape) -> None:
    """Compare which properties are required."""
    for name, holder in right.required.items():
        if name not in left.required:
            pair.changes.append(
                Change(Kind.MISSING, name, left.properties.get(name, [pair.sent])[0], child(holder, "required"), holder)
            )
    for name, holder in left.required.items():
        if name not in right.required and name in right.properties:
            pair.changes.append(Change(Kind.OPTIONAL, name, child(holder, "required"), right.properties[name][0]))


def compare_items(pair: Pair, left: Shape, right: Shape) -> None:
    """Compare what is said of the items of arrays."""
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
