"""Texts that a regular expression matches, for the part of ECMA 262 that documents use.

Lookarounds and back references are left out: what is made of such a pattern may not match, so each text is a candidate.
"""

import itertools
import re
from collections.abc import Callable

_CLASSES = {"d": "0519", "w": "aZ0_", "s": " \t", "D": "a-", "W": "- ", "S": "a0"}
_REPEATS = {"*": (0, 3), "+": (1, 3), "?": (0, 1)}
_BRACES = re.compile(r"\{(\d+)(,?)(\d*)\}")
_OPENING = re.compile(r"\?(:|=|!|<=|<!|P?<\w+>)")
_ALL = "a0Z_- .é"

_Maker = Callable[[int], str]
"""Makes one text of a part; each number makes another one, counted around."""


class PatternTexts:
    """Reads a pattern, and makes texts of it."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0

    def some(self, count: int = 12) -> list[str]:
        """Return up to so many different texts; none for a pattern that can't be read."""
        try:
            maker = self._alternatives()
        except (IndexError, ValueError):
            return []
        return list(dict.fromkeys(maker(turn) for turn in range(count)))

    def _peek(self) -> str:
        return self._pattern[self._at : self._at + 1]

    def _next(self) -> str:
        self._at += 1
        return self._pattern[self._at - 1]

    def _alternatives(self) -> _Maker:
        parts = [self._sequence()]
        while self._peek() == "|":
            self._next()
            parts.append(self._sequence())
        return lambda turn: parts[turn % len(parts)](turn // len(parts))

    def _sequence(self) -> _Maker:
        parts: list[_Maker] = []
        while self._peek() not in ("", "|", ")"):
            parts.append(self._repeated(self._atom()))
        return lambda turn: "".join(part(turn + index) for index, part in enumerate(parts))

    def _repeated(self, part: _Maker) -> _Maker:
        least, most = 1, 1
        braces = _BRACES.match(self._pattern, self._at)
        if self._peek() in _REPEATS and self._peek():
            least, most = _REPEATS[self._next()]
        elif braces:
            self._at = braces.end()
            least = int(braces[1])
            most = int(braces[3]) if braces[3] else least + 3 if braces[2] else least
        else:
            return part
        if self._peek() in ("?", "+") and self._peek():
            self._next()  # lazy or possessive: the same texts
        counts = list(dict.fromkeys([least, min(least + 1, most), most]))
        return lambda turn: "".join(part(turn + index) for index in range(counts[turn % len(counts)]))

    def _atom(self) -> _Maker:
        sign = self._next()
        if sign == "(":
            return self._group()
        if sign == "[":
            return _one_of(self._set())
        if sign == "\\":
            return _one_of(self._escaped())
        if sign in "^$":
            return lambda _: ""
        return _one_of(_ALL) if sign == "." else _one_of(sign)

    def _group(self) -> _Maker:
        around = ""
        if self._peek() == "?":
            opening = _OPENING.match(self._pattern, self._at)
            if not opening:
                raise ValueError(self._pattern)
            around = opening[0]
            self._at = opening.end()
        inner = self._alternatives()
        if self._next() != ")":
            raise ValueError(self._pattern)
        return (lambda _: "") if around in ("?=", "?!", "?<=", "?<!") else inner

    def _escaped(self) -> str:
        sign = self._next()
        if sign in "bB":
            return ""
        if sign in "ux":
            digits = 4 if sign == "u" else 2
            self._at += digits
            return chr(int(self._pattern[self._at - digits : self._at], 16))
        return _CLASSES.get(sign, {"n": "\n", "t": "\t", "r": "\r"}.get(sign, sign))

    def _set(self) -> str:
        refused = self._peek() == "^"
        self._at += refused
        found = ""
        while self._peek() != "]" or not found:
            first = self._next()
            first = self._escaped() if first == "\\" else first
            if self._peek() == "-" and self._pattern[self._at + 1] != "]" and len(first) == 1:
                self._next()
                last = self._next()
                last = self._escaped() if last == "\\" else last
                first = _spread(first, last)
            found += first
        self._next()
        return "".join(sign for sign in "aZ0_- .é/" if sign not in found) if refused else found


def _spread(first: str, last: str) -> str:
    """Return a range's ends and what lies between them, in few."""
    low, high = ord(first), ord(last)
    step = max((high - low) // 3, 1)
    return "".join(
        dict.fromkeys([first, last, *(chr(code) for code in itertools.islice(range(low, high, step), 1, 4))])
    )


def _one_of(signs: str) -> _Maker:
    return lambda turn: signs[turn % len(signs)] if signs else ""
