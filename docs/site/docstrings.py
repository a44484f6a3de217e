"""Reading docstrings, which are written for `help()`, as reStructuredText."""

import re
from collections.abc import Iterator
from typing import Any, Final

_ENTRY: Final = re.compile(r" *- ")


def separate_lists(_app: Any, _kind: str, _name: str, _object: Any, _options: Any, lines: list[str]) -> None:
    """Put an empty line before and after each list: `help()` needs none, reStructuredText does.

    Args:
        lines: the docstring; it is changed in place.
    """
    lines[:] = [*_separated(lines)]


def _separated(lines: list[str]) -> Iterator[str]:
    last = ""
    for line in lines:
        if (_ENTRY.match(line) and last.strip() and (not _ENTRY.match(last) or _indent(last) != _indent(line))) or (
            _ENTRY.match(last) and line.strip() and not _ENTRY.match(line) and _indent(line) <= _indent(last)
        ):
            yield ""
        yield line
        last = line


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
