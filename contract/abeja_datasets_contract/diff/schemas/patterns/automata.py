"""Patterns of ECMA 262 as automata of positions (Glushkov): which characters stand where, and what may follow."""

from collections.abc import Iterable
from dataclasses import dataclass, field

LAST = 0x10FFFF
POSITIONS = 2_000
"""A pattern of more positions, its repetitions written out, is too large to decide."""
Ranges = tuple[tuple[int, int], ...]
"""Characters, as ranges of their codes with both ends."""
BREAKS: Ranges = ((10, 10), (13, 13), (8232, 8233))
ALL: Ranges = ((0, LAST),)


class NotRegular(ValueError):
    """A pattern that is not read: a back reference, a lookaround, an anchor in its middle, or too long a one."""


@dataclass
class Part:
    """A part of a pattern while it is read: the positions it can begin and end at, and whether it may be empty."""

    first: frozenset[int] = frozenset()
    last: frozenset[int] = frozenset()
    empty: bool = True


@dataclass
class Automaton:
    """The positions of a pattern.

    Attributes:
        signs: by position, the characters that stand there.
        follow: by position, those that may come next.
        first: those that a text may begin at.
        last: those that it may end at.
        empty: whether it matches the empty text.
    """

    signs: list[Ranges] = field(default_factory=list)
    follow: list[set[int]] = field(default_factory=list)
    first: frozenset[int] = frozenset()
    last: frozenset[int] = frozenset()
    empty: bool = False

    def add(self, signs: Ranges) -> Part:
        """Add a position."""
        if len(self.signs) >= POSITIONS:
            raise NotRegular
        self.signs.append(signs)
        self.follow.append(set())
        here = frozenset({len(self.signs) - 1})
        return Part(here, here, empty=False)

    def chain(self, one: Part, other: Part) -> Part:
        """Put one part behind another."""
        for place in one.last:
            self.follow[place] |= other.first
        return Part(
            one.first | other.first if one.empty else one.first,
            one.last | other.last if other.empty else other.last,
            empty=one.empty and other.empty,
        )

    def loop(self, part: Part) -> Part:
        """Repeat a part any number of times."""
        for place in part.last:
            self.follow[place] |= part.first
        return Part(part.first, part.last, empty=True)


def either(parts: Iterable[Part]) -> Part:
    """Return the part that is one of several."""
    found = Part(empty=False)
    for part in parts:
        found = Part(found.first | part.first, found.last | part.last, empty=found.empty or part.empty)
    return found


def without(ranges: Ranges) -> Ranges:
    """Return the characters that are not among these."""
    found, low = [], 0
    for start, end in sorted(ranges):
        if start > low:
            found.append((low, start - 1))
        low = max(low, end + 1)
    return (*found, *([(low, LAST)] if low <= LAST else []))
