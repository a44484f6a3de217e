"""The pages that the lists of the index do not name: they come after the others, so that no page is lost."""

from pathlib import Path
from typing import Final

_DOCS: Final = Path(__file__).parents[1]
_INDEX: Final = _DOCS / "index.md"


def unlisted() -> str:
    """Return the names of these pages, a line each."""
    named = set(_INDEX.read_text(encoding="utf-8").splitlines())
    pages = sorted(path.relative_to(_DOCS).with_suffix("").as_posix() for path in _DOCS.rglob("*.md"))
    return "\n".join(page for page in pages if page not in named and page != _INDEX.stem)
