"""Strict JSON: no NaN, no key twice; with the text of each value, and from files larger than memory."""

import json
import math
import re
from collections.abc import Iterator
from typing import Any, Final

from .model import FileRefused, Invalid, Place
from .sources import CHUNK, TextSource

_SPACE: Final = re.compile(r"[ \t\n\r]*")
_NUMBER_END: Final = frozenset("0123456789+-.eE")
_TAIL: Final = 16
"""An error within so many characters of what was read may only mean that more is to come (`-Infinity` has 9)."""
_TOO_DEEP: Final = "is nested too deeply"


class _Twice(Exception):
    """An object has a key twice."""


class _NoNumber(Exception):
    """NaN or Infinity."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]  # to add returns None
        raise _Twice(twice)
    return value


def _constant(text: str) -> Any:
    raise _NoNumber(text)


def _long_integer(text: str) -> Any:
    try:
        return int(text)
    except ValueError:
        return text


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise Invalid(f"{text[:40]} is greater than any number that programs read from JSON")
    return value


_decoder = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)
_patient = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_int=_long_integer)
_exact = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_float=_finite)
_is_suspicious: Final = re.compile(r"[eE]\+?[0-9]{3}|[0-9]{300}").search
"""Finds each number that no program may read (and perhaps the like in a string)."""
_long: Final = re.compile(r"[0-9.]{18}|[eE]\+?[0-9]{3}")
"""Finds each number that a float may not hold as it is written (and perhaps the like in a string)."""


def _decode(text: str, start: int) -> tuple[Any, int]:
    """Decode a value. Integers that are too long become text: `check` finds them in the text of the value."""
    try:
        return _decoder.raw_decode(text, start)
    except json.JSONDecodeError:
        raise
    except ValueError:
        return _patient.raw_decode(text, start)


def _refusal(error: Exception) -> str:
    if isinstance(error, _Twice):
        return f"an object has the key {json.dumps(str(error)[:60])} twice"
    if isinstance(error, _NoNumber):
        return f"{error} is no JSON value; give null, or leave it out"
    if isinstance(error, RecursionError):
        return _TOO_DEEP
    return f"no JSON: {error.msg}" if isinstance(error, json.JSONDecodeError) else str(error)


_FAILURES: Final = (json.JSONDecodeError, _Twice, _NoNumber, RecursionError)


def parse(text: str) -> Any:
    """Return the one JSON value of a text.

    Raises:
        Invalid: it is no JSON.
    """
    start = _space(text, 0)
    try:
        value, end = (_exact if _is_suspicious(text) else _decoder).raw_decode(text, start)
    except json.JSONDecodeError as error:
        raise Invalid(f"{_refusal(error)} (column {error.colno})") from None
    except _FAILURES as error:
        raise Invalid(_refusal(error)) from None
    except ValueError:
        raise Invalid("an integer has more digits than Python converts (4,300)") from None
    end = _space(text, end)
    if end != len(text):
        raise Invalid(f"no JSON: more follows the value (column {end + 1})")
    return value


def again(text: str) -> Any:
    """Return the value of a text that `JsonFile` returned before, which is known to be JSON.

    Raises:
        Invalid: it has a number that no program reads.
    """
    return parse(text) if _is_suspicious(text) else json.loads(text)


def check(text: str) -> None:
    """Check that a value whose text `JsonFile` returned has only numbers that programs read.

    Raises:
        Invalid: it has another one.
    """
    if _is_suspicious(text):
        parse(text)


def _space(text: str, start: int) -> int:
    match = _SPACE.match(text, start)
    assert match is not None  # noqa: S101 - it matches nothing, too
    return match.end()


class JsonFile:
    """A JSON document that is read value by value.

    Args:
        source: the text.
    """

    def __init__(self, source: TextSource) -> None:
        self._source = source
        self._text = ""
        self._at = 0
        self._lines = 1
        """The line of the start of what is held."""
        self._ended = False
        self._next_long = 0
        """Where the first number of many digits begins that is not passed yet."""

    @property
    def place(self) -> Place:
        """The place that was read last."""
        return self._source.place._replace(line=self._line(self._at))

    def peek(self) -> str:
        """Return the next character that is no space; none at the end."""
        while True:
            self._at = _space(self._text, self._at)
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def take(self, wanted: str) -> str:
        """Take the next character, which must be one of those.

        Raises:
            FileRefused: it is another one.
        """
        found = self.peek()
        if not found or found not in wanted:
            needed = " or ".join(f"“{each}”" for each in wanted)
            what = f"“{found}” stands" if found else "the text ends"
            raise FileRefused(self.place, f"no JSON: {what} where {needed} is needed")
        self._at += 1
        return found

    def value(self) -> tuple[Any, str]:
        """Take the next value; return it with its text.

        Raises:
            FileRefused: there is none.
        """
        if not self.peek():
            raise FileRefused(self.place, "no JSON: the text ends where a value is needed")
        while True:
            try:
                value, end = _decode(self._text, self._at)
            except json.JSONDecodeError as error:
                is_cut = error.msg.startswith("Unterminated string") or error.pos >= len(self._text) - _TAIL
                if is_cut and self._more():
                    continue
                self._at = error.pos
                raise FileRefused(self.place, _refusal(error)) from None
            except _FAILURES as error:
                raise FileRefused(self.place, _refusal(error)) from None
            if end == len(self._text) and self._text[end - 1] in _NUMBER_END and self._more():
                continue  # a number may go on
            text = self._text[self._at : end]
            self._at = end
            return value, text

    def has_long(self, text: str) -> bool:
        """Return whether the value that was taken last, of this text, may have a number of more digits than a float."""
        start = self._at - len(text)
        if self._next_long < start:
            found = _long.search(self._text, start)
            self._next_long = len(self._text) if found is None else found.start()
        return self._next_long < self._at

    def elements(self) -> Iterator[tuple[Any, str]]:
        """Take an array, and iterate over its elements with their texts.

        Raises:
            FileRefused: it is no array.
        """
        self.take("[")
        if self.peek() == "]":
            self.take("]")
            return
        while True:
            yield self.value()
            if self.take(",]") == "]":
                return

    def members(self) -> Iterator[str]:
        """Take an object, and iterate over its keys; take each value before the next key.

        Raises:
            FileRefused: it is no object, or has a key twice.
        """
        self.take("{")
        seen: set[str] = set()
        if self.peek() == "}":
            self.take("}")
            return
        while True:
            if self.peek() != '"':
                self.take('"')
            key, _ = self.value()
            if key in seen:
                raise FileRefused(self.place, _refusal(_Twice(key)))
            seen.add(key)
            self.take(":")
            yield key
            if self.take(",}") == "}":
                return

    def end(self) -> None:
        """Check that nothing follows.

        Raises:
            FileRefused: there is more.
        """
        if self.peek():
            raise FileRefused(self.place, "no JSON: more follows the end of the document")

    def _line(self, at: int) -> int:
        return self._lines + self._text.count("\n", 0, at)

    def _more(self) -> bool:
        if self._ended:
            return False
        held = self._text[self._at :]
        self._lines = self._line(self._at)
        piece = self._source.read(max(CHUNK, len(held)))
        self._ended = not piece
        self._text, self._at = held + piece, 0
        self._next_long = -1
        return bool(piece)
