"""Ids, as one segment of a URL's path."""

import contextlib
import operator
import re
from typing import TYPE_CHECKING, Any, Final

from abeja_datasets.calls.values import plain
from abeja_datasets.exceptions import InvalidIdentifier
from abeja_datasets.lazy import LazyModule

if TYPE_CHECKING:
    from urllib import parse
else:
    parse = LazyModule("urllib.parse")

Identifier = str | int
"""What the client takes for an id: str or int."""

_UNUSABLE: Final = "[\x00-\x1f\x7f-\x9f\ud800-\udfff]"
"""A pattern, which takes long to compile and is rarely needed."""

_SHORT: Final = 1 << 63


def quoted(name: str, value: object) -> str:
    """Return an id as one segment of a URL's path.

    Args:
        name: what the id is called, for the error.
        value: see `segment`.

    Raises:
        InvalidIdentifier: see `segment`.
    """
    # Nearly every id is one of these, which need no further look. Each call has three of them.
    if type(value) is str and value.isalnum() and value.isascii():
        return value
    if type(value) is int and -_SHORT < value < _SHORT:
        return str(value)
    return parse.quote(segment(name, value), safe="")


def segment(name: str, value: object) -> str:
    """Return the text of an id, ready to be percent-quoted as one path segment.

    Args:
        name: what the id is called, for the error.
        value: a str or an int, an enum of these, or whatever else counts as an integer (`__index__`), but no bool.

    Raises:
        InvalidIdentifier: `value` is no such type, or empty, `.` or `..` (which URLs resolve away: RFC 3986, section
            5.2.4), or holds a control character or a lone surrogate.
    """
    text = value if type(value) is str else _text(name, value)
    if text in ("", ".", ".."):
        raise InvalidIdentifier(f"{name}: {text!r} can't be an id")
    if not text.isprintable() and (found := re.search(_UNUSABLE, text)):
        raise InvalidIdentifier(f"{name}: {text!r:.80} holds {found.group()!r}, which can't be in an id")
    return text


def _text(name: str, given: Any) -> str:
    value = plain(given)
    if isinstance(value, str):
        return value
    if not isinstance(value, bool):
        with contextlib.suppress(TypeError):
            number = operator.index(value)
            try:
                return str(number)
            except ValueError as error:  # thousands of digits
                raise InvalidIdentifier(f"{name}: {error}") from None
    raise InvalidIdentifier(f"{name}: an id is a str or an int, not {type(given).__name__}")
