"""Putting pieces that a program makes into pages that a person writes."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

_MARK: Final = re.compile(r"^<!-- made: ([\w-]+) -->$", re.MULTILINE)
_OUT: Final = re.compile(r"\]\((?:\.\./)+(README|ARCHITECTURE|CONTRIBUTING|CHANGELOG)\.md(#[\w-]+)?\)")
_PAGES: Final = {
    "README": "index",
    "ARCHITECTURE": "explanations/architecture",
    "CONTRIBUTING": "contributing",
    "CHANGELOG": "changelog",
}
"""The pages of the site that stand for files beside the folder of the pages."""


def linked(page: str, source: list[str]) -> None:
    """Replace each link to a file beside the folder of the pages by one to its page.

    Args:
        page: the name of the page.
        source: the text of the page; it is changed in place.
    """
    up = "../" * page.count("/")
    source[0] = _OUT.sub(lambda found: f"]({up}{_PAGES[found[1]]}.md{_anchor(found)})", source[0])


def _anchor(found: re.Match[str]) -> str:
    # README has other headings than the index.
    return "" if found[1] == "README" else found[2] or ""


def replaced(source: list[str], pieces: Mapping[str, Callable[[], str]]) -> None:
    """Replace each mark in the text of a page, which Sphinx passes as a list of one, by its piece.

    Args:
        source: the text of the page; it is changed in place.
        pieces: by name, the functions that return Markdown.

    Raises:
        KeyError: the page names a piece that does not exist.
    """
    source[0] = _MARK.sub(lambda found: pieces[found[1]](), source[0])


def marked(folder: Path) -> list[str]:
    """Return the names of the pages in a folder that ask for pieces; these are made again at each build."""
    pages = sorted(folder.rglob("*.md"))
    return [
        page.relative_to(folder).with_suffix("").as_posix()
        for page in pages
        if _MARK.search(page.read_text(encoding="utf-8"))
    ]


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Return a table in Markdown."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)
