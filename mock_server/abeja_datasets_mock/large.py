"""Large JSON texts, parsed and written in turns with other requests.

Python's own parser and writer hold the interpreter until they are done: seconds for 10 MiB of small values. Here both
get a few members at a time.
"""

import itertools
import json
import re
from collections.abc import Generator, Iterator
from json.decoder import scanstring  # type: ignore[attr-defined]  # documented in the module's source alone
from typing import Any

from .errors import Refusal

LARGE = 64 * 1024
"""Bytes from which a text is large."""

_WINDOW = 4096
"""Characters that Python's own parser takes at once."""

_RUN = 256
"""Members that Python's own writer takes at once."""

_FEW = 8

_WIDE = 2**64

_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_LEVELS = 3


def _nested(levels: int) -> str:
    """Return the pattern of an array or object with this many levels."""
    inner = f"|{_nested(levels - 1)}" if levels > 1 else ""
    return rf"[\[{{](?:{_STRING}|[^\"\[\]{{}}]{inner})*+[\]}}]"


# Members of an array or object, each with its comma, that have few levels.
_members_at = re.compile(rf"(?:(?:{_STRING}|[^\"\[\]{{}},]|{_nested(_LEVELS)})++,)+", re.DOTALL).match
_space = re.compile(r"[ \t\n\r]*").match
_CLOSING = {"[": "]", "{": "}"}


class TooDeep(Exception):
    """The text has more levels of arrays and objects than are allowed."""


def parsing(text: str, decoder: json.JSONDecoder, deepest: int) -> Generator[None, None, Any]:
    """Parse a text as `decoder` does; each step takes well under a millisecond, but for long strings.

    Raises:
        JSONDecodeError: the text is not JSON.
        TooDeep: the text has more than `deepest` levels.
    """
    parser = _Parser(text, decoder, deepest)
    try:
        return (yield from parser.steps())
    except (ValueError, TooDeep, RecursionError, Refusal):
        # Of the parser, or of what `decoder` calls for numbers. What was parsed may be large.
        yield from releasing(parser.result)
        raise


class _Parser:
    """A text that is parsed, up to a place."""

    def __init__(self, text: str, decoder: json.JSONDecoder, deepest: int) -> None:
        self._text = text
        self._decoder = decoder
        self._deepest = deepest
        self._place = 0
        self._key: Any = None
        self.result: list[Any] = []
        # The containers around the place, each after the character it starts with.
        self._open: list[tuple[str, Any]] = [("", self.result)]

    def steps(self) -> Generator[None, None, Any]:
        self._skip(0)
        while True:
            yield
            is_value = self._value()
            while is_value and self._is_end():
                self._open.pop()
                self._skip(1)
            if len(self._open) == 1:
                break
            if is_value:
                self._expect(",", "Expecting ',' delimiter")
            yield from self._members()
            self._member()
        if self._place != len(self._text):
            raise json.JSONDecodeError("Extra data", self._text, self._place)
        return self.result[0]

    def _value(self) -> bool:
        """Parse a value; return False where it is a container of which only the start was parsed."""
        start = self._next()
        if start and start in _CLOSING:
            self._begin(start)
            return self._is_end()
        try:
            value, self._place = self._decoder.scan_once(self._text, self._place)  # type: ignore[attr-defined]  # as raw_decode
        except StopIteration as error:
            raise json.JSONDecodeError("Expecting value", self._text, error.value) from None
        self._put(value)
        self._skip(0)
        return True

    def _begin(self, start: str) -> None:
        if len(self._open) > self._deepest:
            raise TooDeep
        container: Any = [] if start == "[" else {}
        self._put(container)
        self._open.append((start, container))
        self._skip(1)

    def _members(self) -> Generator[None, None, None]:
        """Parse members that have few levels, many at once, but for the last one."""
        kind, container = self._open[-1]
        if len(self._open) + _LEVELS > self._deepest:
            return
        while found := _members_at(self._text, self._place, self._place + _WINDOW):
            try:
                members = self._decoder.decode(f"{kind}{self._text[self._place : found.end() - 1]}{_CLOSING[kind]}")
            except json.JSONDecodeError:
                # The next one is parsed alone, so that the error names its place in the text.
                return
            (container.extend if kind == "[" else container.update)(members)
            self._place = found.end()
            self._skip(0)
            yield

    def _member(self) -> None:
        """Parse the key of a member of an object, up to its value; an array has none."""
        if self._open[-1][0] == "[":
            return
        if self._next() != '"':
            reason = "Expecting property name enclosed in double quotes"
            raise json.JSONDecodeError(reason, self._text, self._place)
        self._key, self._place = scanstring(self._text, self._place + 1)
        self._skip(0)
        self._expect(":", "Expecting ':' delimiter")

    def _put(self, value: Any) -> None:
        container = self._open[-1][1]
        if isinstance(container, list):
            container.append(value)
        else:
            container[self._key] = value

    def _next(self) -> str:
        return self._text[self._place : self._place + 1]

    def _is_end(self) -> bool:
        """Return whether the innermost container ends here."""
        return len(self._open) > 1 and self._next() == _CLOSING[self._open[-1][0]]

    def _expect(self, character: str, reason: str) -> None:
        if self._next() != character:
            raise json.JSONDecodeError(reason, self._text, self._place)
        self._skip(1)

    def _skip(self, characters: int) -> None:
        """Move on over this many characters, and over space."""
        found = _space(self._text, self._place + characters)
        self._place = found.end() if found else len(self._text)


def releasing(value: Any) -> Generator[None, None, None]:
    """Empty a value, so that its memory is released part by part."""
    todo = [value] if isinstance(value, list | dict) else []
    while todo:
        members = todo.pop()
        if isinstance(members, dict):
            values = list(members.values())
            members.clear()
            members = values
        while members:
            todo += [
                member
                for member in members[-_RUN:]
                if isinstance(member, list | dict) and not _is_small(member, _LEVELS)
            ]
            del members[-_RUN:]
            yield


def encoding(value: Any, encoder: json.JSONEncoder) -> Generator[None, None, str]:
    """Write a value as `encoder`, which puts no spaces, does; each step takes well under a millisecond."""
    texts: list[str] = []
    pieces: list[str] = []
    # What is being written, the innermost last.
    todo: list[Any] = [_pieces(value, encoder)]
    while todo:
        yield
        piece = next(todo[-1], None)
        if piece is None:
            todo.pop()
        elif isinstance(piece, str):
            pieces.append(piece)
            if len(pieces) == _WINDOW:
                # To join millions of pieces at the end would take long.
                texts.append("".join(pieces))
                pieces.clear()
        else:
            todo.append(piece)
    return "".join([*texts, *pieces])


def _pieces(value: Any, encoder: json.JSONEncoder) -> Generator[Any, None, None]:
    """Generate the text of a value in pieces; for a large member, a generator of its pieces."""
    if isinstance(value, str):
        yield from _pieces_of_text(value, encoder)
        return
    if not isinstance(value, list | dict):
        yield encoder.encode(value)
        return
    is_list = isinstance(value, list)
    yield "[" if is_list else "{"
    separator = ""
    members: Iterator[Any] = iter(value if isinstance(value, list) else value.items())
    while run := list(itertools.islice(members, _RUN)):
        if all(_is_small(member, _LEVELS) if is_list else _is_small([*member], _LEVELS + 1) for member in run):
            yield separator + encoder.encode(run if is_list else dict(run))[1:-1]
            separator = ","
            continue
        for member in run:
            yield separator
            if not is_list:
                yield _pieces(member[0], encoder)
                yield ":"
            yield _pieces(member if is_list else member[1], encoder)
            separator = ","
    yield "]" if is_list else "}"


def _pieces_of_text(text: str, encoder: json.JSONEncoder) -> Iterator[str]:
    """Generate the text of a string in pieces: each character is escaped alone."""
    yield '"'
    for start in range(0, len(text), LARGE):
        yield encoder.encode(text[start : start + LARGE])[1:-1]
    yield '"'


def _is_small(value: Any, levels: int) -> bool:
    """Return whether a value has few members on few levels, and no integer or string that takes long to write."""
    if isinstance(value, str):
        return len(value) <= _WINDOW
    if not isinstance(value, list | dict):
        return not isinstance(value, int) or -_WIDE < value < _WIDE
    if len(value) > _FEW or not levels:
        return False
    members = itertools.chain(value, value.values()) if isinstance(value, dict) else value
    return all(_is_small(member, levels - 1) for member in members)
