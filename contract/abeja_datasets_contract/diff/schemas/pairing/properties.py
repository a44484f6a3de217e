"""The properties of two schemas compared, those with a name and all others."""

from abeja_datasets_contract.diff.schemas.changes import Change, Inner, Kind
from abeja_datasets_contract.diff.schemas.pairing.pair import Pair
from abeja_datasets_contract.diff.schemas.shape import Shape
from abeja_datasets_contract.diff.schemas.shapes import Shapes
from abeja_datasets_contract.openapi.pointers import child


class PropertyPairs:
    """Compares the properties of two schemas, and adds what is found to their pair."""

    def __init__(self, sent: Shapes, covering: Shapes) -> None:
        self._sent = sent
        self._covering = covering

    def compare(self, pair: Pair, left: Shape, right: Shape) -> None:
        """Compare the properties of two shapes."""
        self._compare_named(pair, left, right)
        self._compare_extra(pair, left, right)

    def _compare_named(self, pair: Pair, left: Shape, right: Shape) -> None:
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


def _by_alternatives(shapes: Shapes, pointer: str, shape: Shape) -> frozenset[str]:
    """Name the properties of which only some alternatives speak: those came or went with these."""
    return shapes.declared(pointer).declared if shape.conditional else frozenset()
