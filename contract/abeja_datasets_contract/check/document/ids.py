"""Identifiers in paths: checked and quoted in one place, whatever a response says that an id is."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from abeja_datasets_contract.check.options import Skip

IDS = ("organization_id", "dataset_id", "dataset_item_id")
"""The ids of a path, in the order in which they stand there; by it, renamed ones are known."""
PLACEHOLDER = re.compile(r"\{([^}]*)\}")
_LONGEST = 1000


class MadeUp(str):
    """An id that the check makes up, which may hold control characters."""

    __slots__ = ()


class InvalidIdentifier(Skip):
    """An id of a response that no path can hold."""


def segment(value: Any) -> str:
    """Check an id, and quote it as one segment of a path.

    Raises:
        InvalidIdentifier: it is neither text nor an integer, is empty, `.` or `..`, or is not printable.
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise InvalidIdentifier(f"the id {_shown(value)} is neither text nor an integer")
    try:
        text = str(value)
        quoted = quote(text, safe="")
    except ValueError:  # more digits than Python writes, or a lone surrogate
        raise InvalidIdentifier(f"the id {_shown(value)} can't be written into a path") from None
    if text in ("", ".", ".."):
        raise InvalidIdentifier(f"the id {text!r} names no resource; a path with it is another path")
    if not isinstance(value, MadeUp) and not (text.isprintable() and len(text) <= _LONGEST):
        raise InvalidIdentifier(f"the id {_shown(text)} has unprintable characters, or more than {_LONGEST}")
    return quoted


def path_of(template: str, values: Mapping[str, Any]) -> str:
    """Fill the ids into a path of the document; those that it has other names for, by their order.

    Raises:
        InvalidIdentifier: one of them is none that a path can hold.
    """
    names = iter(ordered(template))
    return PLACEHOLDER.sub(lambda _: segment(values.get(next(names), "")), template)


def ordered(template: str) -> list[str]:
    """Return the names in `IDS` of the placeholders of a path."""
    names = PLACEHOLDER.findall(template)
    return [name if name in IDS else by_order for name, by_order in zip(names, (*IDS, *names), strict=False)]


def _shown(value: Any) -> str:
    try:
        return ascii(value)[:80]
    except (ValueError, RecursionError):
        return f"of type {type(value).__name__}"
