"""Reads patterns of ECMA 262 into automata; what is not regular is refused."""

import re

from abeja_datasets_contract.diff.schemas.patterns.automata import (
    ALL,
    POSITIONS,
    Automaton,
    NotRegular,
    Part,
    Ranges,
    either,
    without,
)

_READS = 10_000
"""So many parts of a pattern are read, each again for each of its repetitions."""
_DEEP = 50
"""Groups inside each other are read to this depth."""
_BRACES = re.compile(r"\{(\d+)(,?)(\d*)\}")
_SIMPLE = {"*": (0, None), "+": (1, None), "?": (0, 1)}
_DIGIT: Ranges = ((48, 57),)
_WORD: Ranges = ((48, 57), (65, 90), (95, 95), (97, 122))
_SPACE: Ranges = ((9, 13), (32, 32), (160, 160), (5760, 5760), (8192, 8202), (8232, 8233), (8239, 8239),
                  (8287, 8287), (12288, 12288), (65279, 65279))  # fmt: skip
_CONTROLS = {"n": 10, "t": 9, "r": 13, "f": 12, "v": 11, "0": 0}


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

    def _alternatives(self, *, outermost: bool) -> Part:
        parts = [self._sequence(outermost=outermost)]
        while self._peek("|"):
            self._next()
            parts.append(self._sequence(outermost=outermost))
        return either(parts)

    def _sequence(self, *, outermost: bool) -> Part:
        part = Part()
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

    def _anything(self) -> Part:
        return self._automaton.loop(self._automaton.add(ALL))

    def _repeated(self) -> Part:
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
            self._automaton.loop(parts[-1])
        whole = Part()
        for index, one in enumerate(parts):
            optional = one if index < least else Part(one.first, one.last, empty=True)
            whole = self._automaton.chain(whole, optional)
        return whole if most != 0 else Part()

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
        if least > POSITIONS or (most or 0) > POSITIONS or self._peek("+"):
            raise NotRegular(self._pattern)
        self._at += self._peek("?")  # lazy: the same texts
        return least, most

    def _atom(self) -> Part:
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

    def _group(self) -> Part:
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
            size = 4 if sign == "u" else 2
            digits = self._pattern[self._at : self._at + size]
            if not re.fullmatch(rf"[0-9a-fA-F]{{{size}}}", digits):
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
                if len(high) != 1 or high[0][0] != high[0][1] or high[0][0] < low[0][0]:
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
