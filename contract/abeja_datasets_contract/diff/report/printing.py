"""Texts and values in one line that a terminal can show."""

import json
from typing import Any


def printable(text: str) -> str:
    """Write control characters, which could do things to a terminal, and what UTF-8 lacks as escapes."""
    return "".join(sign if sign.isprintable() or sign in "\u3000\u00a0" else _escape(sign) for sign in text)


def _escape(sign: str) -> str:
    return sign.encode("unicode_escape").decode("ascii")


def shown(value: Any, most: int = 200) -> str:
    """Return a value as JSON in one line, shortened in its middle."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= most else f"{text[: most - 60]} … {text[-50:]} ({len(text)} characters)"
