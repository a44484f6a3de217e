"""A JSON document that may be larger than memory, read value by value, with the text of each."""

import json
from collections.abc import Iterator
from typing import Any, Final

from abeja_datasets_loading.formats.model import FileRefused, Place
from abeja_datasets_loading.formats.sources.text import CHUNK, TextSource
from abeja_datasets_loading.formats.values.json_values import FAILURES, Twice, decode, refusal, space_end

_SPACES: Final = frozenset((" ", "\t", "\n", "\r", ""))
_NUMBER_END: Final = frozenset("0123456789+-.eE")
_TAIL: Final = 16
"""An error within this many characters of what was read may only mean that more is to come (`-Infinity` has 9)."""


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
        self.pieces = 0
        """How many pieces of the text were read."""

    @property
    def place(self) -> Place:
        """The place that was read last."""
        return self._source.place._replace(line=self._line(self._at))

    def peek(self) -> str:
        """Return the next character that is no space; none at the end."""
        while True:
            if self._text[self._at : self._at + 1] in _SPACES:
                self._at = space_end(self._text, self._at)
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
            raise FileRefused(self.place, f"not JSON: {what} where {needed} is needed")
        self._at += 1
        return found

    def value(self) -> tuple[Any, str]:
        """Take the next value; return it with its text.

        Raises:
            FileRefused: there is none.
        """
        if not self.peek():
            raise FileRefused(self.place, "not JSON: the text ends where a value is needed")
        while True:
            try:
                value, end = decode(self._text, self._at)
            except json.JSONDecodeError as error:
                is_cut = error.msg.startswith("Unterminated string") or error.pos >= len(self._text) - _TAIL
                if is_cut and self._more():
                    continue
                self._at = error.pos
                raise FileRefused(self.place, refusal(error)) from None
            except FAILURES as error:
                raise FileRefused(self.place, refusal(error)) from None
            if end == len(self._text) and self._text[end - 1] in _NUMBER_END and self._more():
                continue  # a number may go on
            text = self._text[self._at : end]
            self._at = end
            return value, text

    def leave_out(self) -> None:
        """Take the next value, of which at most one element of an array is in memory at once.

        Raises:
            FileRefused: there is none.
        """
        if self.peek() != "[":
            self.value()
            return
        for _ in self.elements():
            pass

    def held(self) -> str:
        """Return the text that was read and not taken, which may end anywhere."""
        return self._text[self._at :]

    def skip(self, length: int) -> None:
        """Take this many characters of what is held."""
        self._at += length

    def elements(self) -> Iterator[tuple[Any, str]]:
        """Take an array, and iterate over its elements with their texts.

        Raises:
            FileRefused: it is not an array.
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
            FileRefused: it is not an object, or has a key twice.
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
                raise FileRefused(self.place, refusal(Twice(key)))
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
            raise FileRefused(self.place, "not JSON: more follows the end of the document")

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
        self.pieces += 1
        return bool(piece)
