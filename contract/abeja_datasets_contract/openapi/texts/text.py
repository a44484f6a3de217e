"""The text of one file as data, with the line of each place."""

import codecs
from collections.abc import Sequence
from typing import Any, Protocol

from abeja_datasets_contract.openapi.errors import DocumentError

MAX_DEPTH = 200
"""A document with more containers inside each other is refused: no API needs them, and readers break on them."""
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF32_BE: "utf-32", codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16",
}  # fmt: skip
"""Byte order marks, those of UTF-32 before those of UTF-16, with which they begin."""


class Text(Protocol):
    """A file that was read.

    Attributes:
        name: what messages call it.
        data: what it holds, as plain JSON data.
    """

    name: str
    data: Any

    def line(self, keys: Sequence[str]) -> int | None:
        """Return the line (from 1) of the place that keys lead to, or of the nearest place around it."""


def too_deep(name: str, line: int) -> DocumentError:
    """Return the error for a text that is nested too deeply."""
    return DocumentError(f"{name}, line {line}: nested too deeply; at most {MAX_DEPTH} levels are read")


def decode(raw: bytes, name: str) -> str:
    """Decode a file by its byte order mark, or else as UTF-8.

    Raises:
        DocumentError: it is not text of that encoding.
    """
    encoding = next((encoding for mark, encoding in _MARKS.items() if raw.startswith(mark)), "utf-8")
    if encoding == "utf-8" and b"\0" in raw[:4]:
        raise DocumentError(
            f"{name}, line 1: not UTF-8 text: it has NUL characters; save UTF-16 with a byte order mark"
        )
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise DocumentError(f"{name}, line {line}: not {encoding[:6].rstrip('-').upper()} text") from error
