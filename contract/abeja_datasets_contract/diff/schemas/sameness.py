"""Whether two schemas say the same by the same names, with all that they refer to: each of them is looked at once."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple


class Said(NamedTuple):
    """What a schema says by itself.

    Attributes:
        text: the same for two schemas that say the same.
        names: what it refers to.
    """

    text: str
    names: frozenset[str]


Read = Callable[[str], Said]
"""Returns what the schema of a name says."""


class Sameness:
    """Compares the named schemas of two sides."""

    def __init__(self, left: Read, right: Read) -> None:
        self._left = left
        self._right = right
        self._names: dict[str, bool] = {}

    def same(self, left: Said, right: Said) -> bool:
        """Return whether two schemas say the same, and all that they refer to does."""
        return left.text == right.text and all(self.named(name) for name in left.names)

    def named(self, name: str) -> bool:
        """Return whether a name stands for the same on both sides."""
        if name not in self._names:
            self._compare(name)
        return self._names[name]

    def _compare(self, start: str) -> None:
        """Compare all that a name leads to: what differs, and what refers to that, is not the same."""
        found: dict[str, Iterable[str]] = {}
        users: dict[str, list[str]] = defaultdict(list)
        differing: list[str] = []
        todo = [start]
        while todo:
            name = todo.pop()
            if name in found:
                continue
            left, right = self._left(name), self._right(name)
            found[name] = left.names if left.text == right.text else ()
            known = [self._names.get(other, True) for other in found[name]]
            if left.text != right.text or not all(known):
                differing.append(name)
            for other in found[name]:
                users[other].append(name)
                if other not in self._names:
                    todo.append(other)
        self._names.update(dict.fromkeys(found, True))
        while differing:
            name = differing.pop()
            if self._names[name]:
                self._names[name] = False
                differing.extend(users[name])
