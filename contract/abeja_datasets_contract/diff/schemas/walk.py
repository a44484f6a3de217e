"""The pairs of schemas that a slot reaches, each with the shortest way to it."""

from collections import deque
from collections.abc import Iterator
from typing import Any, NamedTuple

from abeja_datasets_contract.diff.schemas.changes import Step
from abeja_datasets_contract.diff.schemas.oracle import Oracle
from abeja_datasets_contract.diff.schemas.pairs import Pair


class Reached(NamedTuple):
    """A pair that differs, and how to get there.

    Attributes:
        pair: the pair.
        steps: the way from the value of the slot.
        above: the pairs on that way, the outermost first.
    """

    pair: Pair
    steps: tuple[Step, ...]
    above: tuple[Pair, ...] = ()


def walk(oracle: Oracle, sent: str, covering: str) -> Iterator[Reached]:
    """Give the pairs inside two schemas that do not say the same, breadth first, each once."""
    seen = {(sent, covering)}
    todo: deque[tuple[str, str, tuple[Step, ...], tuple[Pair, ...]]] = deque([(sent, covering, (), ())])
    while todo:
        left, right, steps, above = todo.popleft()
        if oracle.same(left, right):
            continue
        pair = oracle.pairs.at(left, right)
        yield Reached(pair, steps, above)
        for inner in (*(one for one in pair.inside if oracle.carries(pair, one)), *pair.branches):
            key = (inner.sent, inner.covering)
            if key not in seen:
                seen.add(key)
                todo.append((*key, (*steps, inner.step), (*above, pair)))


def added_values(sent: Any, covering: Any) -> list[Any]:
    """Give the values of an `enum` that are new to the covering side and of a type it knows.

    Readers must expect those. Null is no value among others: code that never saw it fails on it.
    """
    known = {type(value) for value in covering}
    return [value for value in sent if value not in covering and value is not None and type(value) in known]
