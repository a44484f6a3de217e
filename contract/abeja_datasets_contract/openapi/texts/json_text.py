"""JSON as data, with the line of each place."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from abeja_datasets_contract.openapi.errors import DocumentError
from abeja_datasets_contract.openapi.pointers import child, join
from abeja_datasets_contract.openapi.texts.numbers import RefusedNumberError, integer, not_a_number, real
from abeja_datasets_contract.openapi.texts.text import MAX_DEPTH, too_deep

_BRACKETS = re.compile(r"[\[\]{}]")
_TOKENS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\[\],\n]|[^\s{}\[\],:"]+')


class _RepeatedKeyError(ValueError):
    pass


class JsonText:
    """A JSON file.

    Args:
        text: its text.
        name: what messages call it.

    Raises:
        DocumentError: it is not JSON, nested too deeply, or has a key twice in one object; the message names the line.
    """

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        self._text = text
        self._lines: dict[str, int] | None = None
        if _may_be_deep(text):
            self._check_depth()
        self.data = self._parsed()

    def line(self, keys: Sequence[str]) -> int | None:
        """Return the line (from 1) of the place that keys lead to, or of the nearest place around it."""
        if self._lines is None:
            self._lines = {"#": 1}
            for pointer, line, _ in _places(self._text):
                self._lines.setdefault(pointer, line)
        pointer = join(*keys)
        while pointer not in self._lines:
            pointer = pointer.rpartition("/")[0]
        return self._lines[pointer]

    def _parsed(self) -> Any:
        try:
            return json.loads(
                self._text, object_pairs_hook=_object, parse_int=integer, parse_float=real, parse_constant=not_a_number
            )
        except json.JSONDecodeError as error:
            place = f"line {error.lineno}, column {error.colno}"
            raise DocumentError(f"{self.name}, {place}: broken JSON: {error.msg}") from error
        except RecursionError:  # broken, so that its brackets could not be counted
            raise too_deep(self.name, 1) from None
        except _RepeatedKeyError as error:
            raise self._repeated() from error
        except RefusedNumberError as error:
            raise DocumentError(f"{self.name}, line {self._line_of(error.text)}: {error}") from error

    def _check_depth(self) -> None:
        depth, line = 0, 1
        for match in _TOKENS.finditer(self._text):
            line += match[0] == "\n"
            depth += (match[0] in ("[", "{")) - (match[0] in ("]", "}"))
            if depth > MAX_DEPTH:
                raise too_deep(self.name, line)

    def _repeated(self) -> DocumentError:
        seen: dict[str, int] = {}
        for pointer, line, is_key in _places(self._text):
            if is_key and pointer in seen:
                key = pointer.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
                first = f"; the first is on line {seen[pointer]}"
                return DocumentError(f"{self.name}, line {line}: the key {key!r} appears twice in one object{first}")
            seen[pointer] = line
        return DocumentError(f"{self.name}: a key appears twice in one object")

    def _line_of(self, number: str) -> int:
        """Return the line of a number, which `json` passes on without its place."""
        places = (match.start() for match in _TOKENS.finditer(self._text) if match[0].startswith(number))
        return self._text.count("\n", 0, next(places, 0)) + 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _RepeatedKeyError
    return found


def _may_be_deep(text: str) -> bool:
    """Return by a glance, which is sure only where it says no, whether a text is nested too deeply."""
    depth = 0
    for match in _BRACKETS.finditer(text):
        depth += 1 if match[0] in "[{" else -1
        if depth > MAX_DEPTH // 2:
            return True
    return False


def _places(text: str) -> Iterator[tuple[str, int, bool]]:
    """Yield the pointer and the line of each place of a JSON text, and whether a key leads to it."""
    stack: list[tuple[str, int]] = []  # the pointer of each open container, and the next index (-1: an object)
    line, key = 1, ""
    for match in _TOKENS.finditer(text):
        token = match[0]
        if token == "\n":
            line += 1
        elif token in "}]":
            stack.pop()
        elif token == ",":
            key = ""
        elif stack and stack[-1][1] < 0 and not key and token not in "{[":
            key = child(stack[-1][0], json.loads(token))
            yield key, line, True
        else:
            here = key if stack and stack[-1][1] < 0 else _next_index(stack)
            yield here, line, False
            if token in "{[":
                stack.append((here, -1 if token == "{" else 0))
                key = ""


def _next_index(stack: list[tuple[str, int]]) -> str:
    if not stack:
        return "#"
    pointer, index = stack[-1]
    stack[-1] = (pointer, index + 1)
    return child(pointer, index)
