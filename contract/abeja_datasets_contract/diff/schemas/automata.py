"""Patterns of ECMA 262 as automata of positions (Glushkov): which characters stand where, and what may follow."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

LAST = 0x10FFFF
_READS = 10_000
"""So many parts of a pattern are read, each again for each of its repetitions."""
_DEEP = 50
"""Groups inside each other are read to this depth."""
_POSITIONS = 2_000
"""A pattern of more positions, its repetitions written out, is too large to decide."""
_BRACES = re.compile(r"\{(\d+)(,?)(\d*)\}")
_SIMPLE = {"*": (0, None), "+": (1, None), "?": (0, 1)}
Ranges = tuple[tuple[int, int], ...]
"""Characters, as ranges of their codes with both ends."""
_DIGIT: Ranges = ((48, 57),)
_WORD: Ranges = ((48, 57), (65, 90), (95, 95), (97, 122))
_SPACE: Ranges = ((9, 13), (32, 32), (160, 160), (5760, 5760), (8192, 8202), (8232, 8233), (8239, 8239),
                  (8287, 8287), (12288, 12288), (65279, 65279))  # fmt: skip
BREAKS: Ranges = ((10, 10), (13, 13), (8232, 8233))
ALL: Ranges = ((0, LAST),)
_CONTROLS = {"n": 10, "t": 9, "r": 13, "f": 12, "v": 11, "0": 0}


class NotRegular(ValueError):
    """A pattern that is not read: a back reference, a lookaround, an anchor in its middle, or too long a one."""


@dataclass
class _Part:
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

    def add(self, signs: Ranges) -> _Part:
        """Add a position."""
        if len(self.signs) >= _POSITIONS:
            raise NotRegular
        self.signs.append(signs)
        self.follow.append(set())
        here = frozenset({len(self.signs) - 1})
        return _Part(here, here, empty=False)

    def chain(self, one: _Part, other: _Part) -> _Part:
        """Put one part behind another."""
        for place in one.last:
            self.follow[place] |= other.first
        return _Part(
            one.first | other.first if one.empty else one.first,
            one.last | other.last if other.empty else other.last,
            empty=one.empty and other.empty,
        )

    def loop(self, part: _Part) -> _Part:
        """Repeat a part any number of times."""
        for place in part.last:
            self.follow[place] |= part.first
        return _Part(part.first, part.last, empty=True)


def either(parts: Iterable[_Part]) -> _Part:
    """Return the part that is one of several."""
    found = _Part(empty=False)
    for part in parts:
        found = _Part(found.first | part.first, found.last | part.last, empty=found.empty or part.empty)
    return found


class Reader:
    """Reads a pattern into an automaton that matches whole texts.

    Args:
        pattern: the pattern.
        dot: the characters that a dot stands for.
    """

    def __init__(self, pattern: str, dot: Ranges) -> None:
        self._pattern = pattern
        self._dot = dot
        self._reads = _READS
        self._depth = 0
        self._at = 0
        self._automaton = Automaton()

    def read(self) -> Automaton:
        """Return the automaton; a side of an alternative without an anchor takes anything there."""
        whole = self._alternatives(outermost=True)
        if self._at < len(self._pattern):
            raise NotRegular(self._pattern)
        automaton = self._automaton
        automaton.first, automaton.last, automaton.empty = whole.first, whole.last, whole.empty
        return automaton

    def _peek(self, text: str) -> bool:
        return self._pattern.startswith(text, self._at)

    def _next(self) -> str:
        if self._at >= len(self._pattern):
            raise NotRegular(self._pattern)
        self._at += 1
        return self._pattern[self._at - 1]

    def _alternatives(self, *, outermost: bool) -> _Part:
        parts = [self._sequence(outermost=outermost)]
        while self._peek("|"):
            self._next()
            parts.append(self._sequence(outermost=outermost))
        return either(parts)

    def _sequence(self, *, outermost: bool) -> _Part:
        part = _Part()
        if outermost and not self._anchored("^"):
            part = self._anything()
        while self._at < len(self._pattern) and not self._peek("|") and not self._peek(")"):
            if self._peek("$") and outermost:
                self._next()
                if self._at < len(self._pattern) and not self._peek("|"):
                    raise NotRegular(self._pattern)
                return part
            part = self._automaton.chain(part, self._repeated())
        return self._automaton.chain(part, self._anything()) if outermost else part

    def _anchored(self, sign: str) -> bool:
        found = self._peek(sign)
        self._at += found
        return found

    def _anything(self) -> _Part:
        return self._automaton.loop(self._automaton.add(ALL))

    def _repeated(self) -> _Part:
        start = self._at
        part = self._atom()
        end = self._at
        least, most = self._count()
        if (least, most) == (1, 1):
            return part
        # Each repetition has positions of its own; the first ones are those that were read.
        parts = [part]
        for _ in range(max(least, 1 if most is None else most) - 1):
            self._at = start
            parts.append(self._atom())
        self._at = end
        self._count()
        if most is None:
            parts[-1] = self._automaton.loop(parts[-1]) if least == 0 else self._more(parts[-1])
        whole = _Part()
        for index, one in enumerate(parts):
            optional = one if index < least else _Part(one.first, one.last, empty=True)
            whole = self._automaton.chain(whole, optional)
        return whole if most != 0 else _Part()

    def _more(self, part: _Part) -> _Part:
        return _Part(part.first, part.last, empty=self._automaton.loop(part).empty and part.empty)

    def _count(self) -> tuple[int, int | None]:
        least: int = 1
        most: int | None = 1
        braces = _BRACES.match(self._pattern, self._at)
        sign = self._pattern[self._at : self._at + 1]
        if sign in _SIMPLE and sign:
            least, most = _SIMPLE[sign]
            self._at += 1
        elif braces:
            self._at = braces.end()
            least = int(braces[1])
            most = int(braces[3]) if braces[3] else None if braces[2] else least
        else:
            return 1, 1
        if least > _POSITIONS or (most or 0) > _POSITIONS or self._peek("+"):
            raise NotRegular(self._pattern)
        self._at += self._peek("?")  # lazy: the same texts
        return least, most

    def _atom(self) -> _Part:
        self._reads -= 1
        if not self._reads:
            raise NotRegular(self._pattern)
        sign = self._next()
        if sign == "(":
            return self._group()
        if sign in "^$*+?{":
            raise NotRegular(self._pattern)
        if sign == "[":
            return self._automaton.add(self._set())
        if sign == "\\":
            return self._automaton.add(self._escaped())
        return self._automaton.add(self._dot if sign == "." else ((ord(sign), ord(sign)),))

    def _group(self) -> _Part:
        opening = re.compile(r"\?(?::|P?<\w+>)").match(self._pattern, self._at)
        if opening:
            self._at = opening.end()
        elif self._peek("?"):
            raise NotRegular(self._pattern)
        self._depth += 1
        if self._depth > _DEEP:
            raise NotRegular(self._pattern)
        part = self._alternatives(outermost=False)
        self._depth -= 1
        if self._next() != ")":
            raise NotRegular(self._pattern)
        return part

    def _escaped(self) -> Ranges:
        sign = self._next()
        classes = {"d": _DIGIT, "w": _WORD, "s": _SPACE}
        if sign.lower() in classes:
            return classes[sign] if sign in classes else without(classes[sign.lower()])
        if sign in _CONTROLS:
            code = _CONTROLS[sign]
        elif sign in "ux":
            digits = self._pattern[self._at : self._at + (4 if sign == "u" else 2)]
            if not re.fullmatch(r"[0-9a-fA-F]{4}|[0-9a-fA-F]{2}", digits):
                raise NotRegular(self._pattern)
            self._at += len(digits)
            code = int(digits, 16)
        elif sign.isalnum():
            raise NotRegular(self._pattern)
        else:
            code = ord(sign)
        return ((code, code),)

    def _set(self) -> Ranges:
        refused = self._anchored("^")
        found: list[tuple[int, int]] = []
        while not self._peek("]"):
            low = self._one()
            if self._peek("-") and not self._peek("-]") and len(low) == 1 and low[0][0] == low[0][1]:
                self._next()
                high = self._one()
                if len(high) != 1 or high[0][0] < low[0][0]:
                    raise NotRegular(self._pattern)
                low = ((low[0][0], high[0][1]),)
            found.extend(low)
        self._next()
        return without(tuple(found)) if refused else tuple(found)

    def _one(self) -> Ranges:
        sign = self._next()
        if sign == "\\":
            return ((8, 8),) if self._anchored("b") else self._escaped()
        return ((ord(sign), ord(sign)),)


def without(ranges: Ranges) -> Ranges:
    """Return the characters that are not among these."""
    found, low = [], 0
    for start, end in sorted(ranges):
        if start > low:
            found.append((low, start - 1))
        low = max(low, end + 1)
    return (*found, *([(low, LAST)] if low <= LAST else []))
