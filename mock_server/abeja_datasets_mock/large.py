"""Large JSON texts, parsed and written in turns with other requests.

Python's own parser and writer hold the interpreter until they are done: seconds for 10 MiB of small values. Here both
get a few members at a time.
"""

import itertools
import json
import re
from collections.abc import Generator
from json.decoder import scanstring  # type: ignore[attr-defined]  # documented in the module's source alone
from typing import Any

LARGE = 64 * 1024
"""Bytes from which a text is large."""

_WINDOW = 4096
"""Characters that Python's own parser takes at once."""

_RUN = 256
"""Members that Python's own writer takes at once."""

_FEW = 8
_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_LEVELS = 3


def _nested(levels: int) -> str:
    """Return the pattern of an array or object with so many levels."""
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
    top: list[Any] = []
    open_containers: list[tuple[str, Any]] = [("", top)]
    key: Any = None
    place = _skip(text, 0)
    while True:
        yield
        start = text[place : place + 1]
        if start and start in _CLOSING:
            if len(open_containers) > deepest:
                raise TooDeep
            container: Any = [] if start == "[" else {}
            _put(open_containers[-1][1], key, container)
            open_containers.append((start, container))
            place = _skip(text, place + 1)
            if text[place : place + 1] != _CLOSING[start]:
                if len(open_containers) + _LEVELS <= deepest:
                    place = yield from _run(text, place, start, container, decoder)
                key, place = _key(text, place, start)
                continue
        else:
            try:
                value, place = decoder.scan_once(text, place)  # type: ignore[attr-defined]  # as raw_decode does
            except StopIteration as error:
                raise json.JSONDecodeError("Expecting value", text, error.value) from None
            _put(open_containers[-1][1], key, value)
            place = _skip(text, place)
        while len(open_containers) > 1 and text[place : place + 1] == _CLOSING[open_containers[-1][0]]:
            open_containers.pop()
            place = _skip(text, place + 1)
        if len(open_containers) == 1:
            break
        if text[place : place + 1] != ",":
            raise json.JSONDecodeError("Expecting ',' delimiter", text, place)
        kind, container = open_containers[-1]
        place = _skip(text, place + 1)
        if len(open_containers) + _LEVELS <= deepest:
            place = yield from _run(text, place, kind, container, decoder)
        key, place = _key(text, place, kind)
    if place != len(text):
        raise json.JSONDecodeError("Extra data", text, place)
    return top[0]


def _run(text: str, place: int, kind: str, container: Any, decoder: json.JSONDecoder) -> Generator[None, None, int]:
    """Parse members that have few levels, many at once, but for the last one; return the place of the next."""
    while found := _members_at(text, place, place + _WINDOW):
        try:
            members = decoder.decode(f"{kind}{text[place : found.end() - 1]}{_CLOSING[kind]}")
        except json.JSONDecodeError:
            # The next one is parsed alone, so that the error tells its place in the text.
            return place
        (container.extend if kind == "[" else container.update)(members)
        place = _skip(text, found.end())
        yield
    return place


def _skip(text: str, place: int) -> int:
    found = _space(text, place)
    return found.end() if found else place


def _key(text: str, place: int, kind: str) -> tuple[Any, int]:
    """Read the key of a member of an object, up to its value; an array has none."""
    if kind == "[":
        return None, place
    if text[place : place + 1] != '"':
        raise json.JSONDecodeError("Expecting property name enclosed in double quotes", text, place)
    key, place = scanstring(text, place + 1)
    place = _skip(text, place)
    if text[place : place + 1] != ":":
        raise json.JSONDecodeError("Expecting ':' delimiter", text, place)
    return key, _skip(text, place + 1)


def _put(container: Any, key: Any, value: Any) -> None:
    if isinstance(container, list):
        container.append(value)
    else:
        container[key] = value


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
            todo += [member for member in members[-_RUN:] if isinstance(member, list | dict) and len(member) > _FEW]
            del members[-_RUN:]
            yield


def encoding(value: Any, encoder: json.JSONEncoder) -> Generator[None, None, str]:
    """Write a value as `encoder`, which puts no spaces, does; each step takes well under a millisecond."""
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
        else:
            todo.append(piece)
    return "".join(pieces)


def _pieces(value: Any, encoder: json.JSONEncoder) -> Generator[Any, None, None]:
    """Generate the text of a value in pieces; for a large member, a generator of its pieces."""
    if not isinstance(value, list | dict):
        yield encoder.encode(value)
        return
    is_list = isinstance(value, list)
    yield "[" if is_list else "{"
    separator = ""
    members = iter(value if is_list else value.items())
    while run := list(itertools.islice(members, _RUN)):
        if all(_is_small(member if is_list else member[1], _LEVELS) for member in run):
            yield separator + encoder.encode(run if is_list else dict(run))[1:-1]
            separator = ","
            continue
        for member in run:
            yield separator if is_list else f"{separator}{encoder.encode(member[0])}:"
            yield _pieces(member if is_list else member[1], encoder)
            separator = ","
    yield "]" if is_list else "}"


def _is_small(value: Any, levels: int) -> bool:
    """Return whether a value has few members on few levels."""
    if not isinstance(value, list | dict):
        return True
    if len(value) > _FEW or not levels:
        return False
    return all(_is_small(member, levels - 1) for member in (value.values() if isinstance(value, dict) else value))
