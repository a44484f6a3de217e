"""What a scalar of YAML means: by the core schema of YAML 1.2, as the OpenAPI Specification asks.

So `on`, `yes`, `12:30:45` and `2018-05-20` are text, `017` is 17, and `0o17` is 15.
"""

import re
from collections.abc import Callable
from typing import Any

from abeja_datasets_contract.openapi.texts.numbers import integer, not_a_number, real

_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")), **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}  # fmt: skip
_NUMBERS: tuple[tuple[re.Pattern[str], Callable[[str], Any]], ...] = (
    (re.compile(r"[-+]?[0-9]+"), integer),
    (re.compile(r"0o[0-7]+"), lambda text: integer(str(int(text, 8)))),
    (re.compile(r"0x[0-9a-fA-F]+"), lambda text: integer(str(int(text, 16)))),
    (re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"), real),
    (re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"), not_a_number),
)
_FIRST = frozenset("-+.0123456789")
_PREFIX = "tag:yaml.org,2002:"
_TEXTS = frozenset({"!", *(f"{_PREFIX}{name}" for name in ("str", "timestamp", "binary"))})
_TYPES: dict[str, tuple[type, ...]] = {
    f"{_PREFIX}null": (type(None),),
    f"{_PREFIX}bool": (bool,),
    f"{_PREFIX}int": (int,),
    f"{_PREFIX}float": (int, float),
}
KNOWN_TAGS = frozenset({"!", f"{_PREFIX}map", f"{_PREFIX}seq"})
"""Tags of mappings and sequences that mean nothing more."""


def scalar(text: str, tag: str | None, *, plain: bool) -> Any:
    """Return the value of a scalar.

    Args:
        text: the scalar as its quotes leave it.
        tag: its explicit tag; None without one.
        plain: whether it is written without quotes.

    Raises:
        ValueError: its tag is unknown or does not fit, or it is a number that is not read.
    """
    if tag is None:
        return _plain(text) if plain else text
    if tag in _TEXTS:
        return text
    if tag not in _TYPES:
        raise ValueError(f"the tag {tag.removeprefix(_PREFIX)!r} is not read")
    value = _plain(text)
    if type(value) not in _TYPES[tag]:
        raise ValueError(f"{text[:40]!r} is not a value of the tag {tag.removeprefix(_PREFIX)!r}")
    return value


def _plain(text: str) -> Any:
    if text[:1] in _FIRST:
        for pattern, value in _NUMBERS:
            if pattern.fullmatch(text):
                return value(text)
    return _WORDS.get(text, text)
