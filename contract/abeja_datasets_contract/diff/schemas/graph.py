"""The pairs of schemas that the places of all operations reach, each once, and which place reaches which pair."""

import json
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from abeja_datasets_contract.diff.schemas.changes import Inner, Step
from abeja_datasets_contract.diff.schemas.pairing.pair import Pair
from abeja_datasets_contract.diff.schemas.pairing.pairs import Pairs

_COUNTED = 1000
Key = tuple[str, str]
"""A pair, by the pointers of what is sent and of what has to take it."""


class PairGraph:
    """The pairs that differ, with all that they lead to.

    Args:
        pairs: compares two schemas.
        same: decides which pairs do not differ; these are left out.
        keep: decides which of the schemas inside a pair are followed.
        starts: where to begin.

    Attributes:
        pairs: by key, those nearest to the first start first.
    """

    def __init__(
        self,
        pairs: Pairs,
        same: Callable[[str, str], bool],
        keep: Callable[[Pair, Inner], bool],
        starts: Iterable[Key],
    ) -> None:
        self.pairs: dict[Key, Pair] = {}
        self._inner: dict[Key, dict[Key, Step]] = {}
        self._users: dict[Key, list[Key]] = {}
        self._same: dict[Key, bool] = {}
        for start in starts:
            self._add(start, pairs, same, keep)

    def _add(
        self, start: Key, pairs: Pairs, same: Callable[[str, str], bool], keep: Callable[[Pair, Inner], bool]
    ) -> None:
        todo = deque([start])
        while todo:
            key = todo.popleft()
            if key in self.pairs or same(*key):
                continue
            pair = self.pairs[key] = pairs.at(*key)
            inner = [one for one in (*pair.inside, *pair.branches) if keep(pair, one)]
            steps = self._inner[key] = {(one.sent, one.covering): one.step for one in reversed(inner)}
            for other in dict.fromkeys((one.sent, one.covering) for one in inner):
                self._users.setdefault(other, []).append(key)
                if other in steps:
                    todo.append(other)

    def size(self, key: Key) -> int:
        """Return to how many pairs one leads, itself included; of many, no more than a thousand are counted."""
        todo, found = [key], {key}
        while todo and len(found) < _COUNTED:
            more = self._inner.get(todo.pop(), {}).keys() - found
            found |= more
            todo += more
        return len(found)

    def users(self, key: Key) -> list[Key]:
        """Return the pairs directly around one."""
        return self._users.get(key, [])

    def reaching(self, keys: Iterable[Key], through: Callable[[Key], bool] = lambda _: True) -> set[Key]:
        """Return the pairs that lead to some of the given ones, and these; only through pairs that are let through."""
        todo = list(keys)
        found = set(todo)
        while todo:
            for user in self.users(todo.pop()):
                if user not in found and through(user):
                    found.add(user)
                    todo.append(user)
        return found

    def steps(self, start: Key, end: Key) -> tuple[Step, ...]:
        """Return the shortest way from a pair to another one that it leads to."""
        came: dict[Key, tuple[Key, Step] | None] = {start: None}
        todo = deque([start])
        while todo and end not in came:
            key = todo.popleft()
            for other, step in reversed(self._inner.get(key, {}).items()):
                if other not in came:
                    came[other] = (key, step)
                    todo.append(other)
        way: list[Step] = []
        before = came.get(end)
        while before:
            way.append(before[1])
            before = came[before[0]]
        return tuple(reversed(way))


def added_values(sent: Any, covering: Any) -> list[Any]:
    """Return the values of an `enum` that are new to the covering side and of a type it knows.

    Readers must expect those. Null is not a value among others: code that never saw it fails on it.
    """
    known = {type(value) for value in covering}
    return [value for value in besides(sent, covering) if value is not None and type(value) in known]


def besides(values: list[Any], others: list[Any]) -> list[Any]:
    """Return the values that are not among others; there may be 100,000 of each."""
    known = {json.dumps(value, sort_keys=True) for value in others}
    return [value for value in values if json.dumps(value, sort_keys=True) not in known]
