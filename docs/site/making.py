"""Putting pieces that a program makes into pages that a person writes."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

_MARK: Final = re.compile(r"^<!-- made: ([\w-]+) -->$", re.MULTILINE)


def replaced(source: list[str], pieces: Mapping[str, Callable[[], str]]) -> None:
    """Replace each mark in the text of a page, which Sphinx passes as a list of one, by its piece.

    Args:
        source: the text of the page; it is changed in place.
        pieces: by name, the functions that return Markdown.

    Raises:
        KeyError: the page names a piece that does not exist.
    """
    source[0] = _MARK.sub(lambda found: pieces[found[1]](), source[0])


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Return a table in Markdown."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)
