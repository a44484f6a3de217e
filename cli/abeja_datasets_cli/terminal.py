"""Text that comes from files and servers, made safe for a terminal. This module needs no extra."""

import re
import unicodedata
from typing import Final

_HARMLESS: Final = frozenset("\n\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}")
_CONTROL: Final = re.compile(r"[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""What a terminal may obey, or shows in another order, and JSON does not escape."""


def safe(text: str, mark: str | None = None) -> str:
    """Return a text without characters that move the cursor, change colours or turn the order of others.

    Args:
        text: from a file or a server.
        mark: stands in their places; None for their escapes, as Python writes them.
    """
    if text.isprintable():
        return text
    return "".join([character if _is_shown(character) else mark or _escape(character) for character in text])


def safe_json(text: str) -> str:
    """Return JSON text with such characters escaped as JSON escapes them: the value is the same."""
    return text if text.isprintable() else _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _is_shown(character: str) -> bool:
    return character.isprintable() or character in _HARMLESS or unicodedata.category(character) == "Zs"


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode()
