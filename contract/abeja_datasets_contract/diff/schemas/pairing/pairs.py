"""Two schemas side by side: where they differ, and which schemas inside them correspond."""

from abeja_datasets_contract.diff.schemas.changes import Inner
from abeja_datasets_contract.diff.schemas.pairing.keywords import compare_items, compare_keywords, compare_required
from abeja_datasets_contract.diff.schemas.pairing.pair import Pair
from abeja_datasets_contract.diff.schemas.pairing.properties import PropertyPairs
from abeja_datasets_contract.diff.schemas.pairing.unions import UnionPairs
from abeja_datasets_contract.diff.schemas.shape import Shape, variant
from abeja_datasets_contract.diff.schemas.shapes import Shapes


class Pairs:
    """Compares the schemas of two documents pair by pair, each pair once."""

    def __init__(self, sent: Shapes, covering: Shapes) -> None:
        self._sent = sent
        self._covering = covering
        self._properties = PropertyPairs(sent, covering)
        self._unions = UnionPairs(sent, covering)
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
                compare_keywords(pair, left, right)
                compare_required(pair, left, right)
                self._properties.compare(pair, left, right)
                compare_items(pair, left, right)
            self._unions.compare(pair, left, right)
            pair.inside, pair.branches = (
                [self._resolve(inner) for inner in found] for found in (pair.inside, pair.branches)
            )
            self._pairs[key] = pair
        return self._pairs[key]

    def _shapes(self, sent: str, covering: str) -> tuple[Shape, Shape]:
        """Return both shapes; the only alternative of one side is read as a part where the other side has no union."""
        left, right = self._sent.at(sent), self._covering.at(covering)
        if right.unions and not left.unions:
            right = self._covering.at(_single(covering, right))
        elif left.unions and not right.unions:
            left = self._sent.at(_single(sent, left))
        return left, right

    def _resolve(self, inner: Inner) -> Inner:
        """Name each schema by where it is written, so that what several places refer to is compared once."""
        return inner._replace(sent=self._sent.written(inner.sent), covering=self._covering.written(inner.covering))


def _forms(shape: Shape) -> tuple[bool, list[tuple[str, int]]]:
    """Return whether null is allowed besides, and the keyword and the number of alternatives of each union."""
    return shape.null, sorted((union.keyword, len(union.branches)) for union in shape.unions)


def _single(pointer: str, shape: Shape) -> str:
    for union in shape.unions:
        if len(union.branches) == 1:
            pointer = variant(pointer, union.branches[0])
    return pointer
